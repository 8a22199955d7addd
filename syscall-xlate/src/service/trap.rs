//! System call instructions that trap: `syscall` by Syscall User Dispatch, `int 2e` by the fault that it is on Linux.
//!
//! Runs in signal handlers, on threads that were in guest code and so hold no lock of ours.

use abi::{Exception, NTSTATUS, fault};

use super::{code, entry, patch};
use crate::{Cx, exception};

/// `int 2e`, Windows' system call before there was `syscall`, and still another one.
const INT_2E: [u8; 2] = [0xcd, 0x2e];
/// `int 80`, 32-bit Linux' system call and nothing on Windows.
const INT_80: [u8; 2] = [0xcd, 0x80];
/// All these instructions, and the last bytes of `syscall` with prefixes, in bytes.
const LENGTH: u64 = 2;

/// What becomes of a trap.
pub(crate) enum Trapped {
    /// The frame has been changed: the thread goes on in the service.
    Service,
    /// It is this exception of the guest's.
    Exception(Exception),
}

/// A system call instruction of the guest's was about to enter the host's kernel.
pub(crate) fn dispatched(cx: &Cx<'_>, frame: &mut libc::ucontext_t) -> Trapped {
    let registers = &mut frame.uc_mcontext.gregs;
    let behind = registers[libc::REG_RIP as usize] as u64;
    let mut bytes = [0; 2];
    if fault::read(behind.wrapping_sub(LENGTH), &mut bytes).is_ok() && bytes == INT_80 {
        registers[libc::REG_RIP as usize] -= LENGTH as i64;
        return Trapped::Exception(Exception::new(NTSTATUS::STATUS_ACCESS_VIOLATION, &[0, u64::MAX]));
    }
    enter(cx, frame, behind);
    Trapped::Service
}

/// A system call of our own, at an instruction that is not in the C library: done by one that is. False when it is the guest's.
pub(crate) fn did_for_host(frame: &mut libc::ucontext_t) -> bool {
    let registers = &mut frame.uc_mcontext.gregs;
    if code::is_guest((registers[libc::REG_RIP as usize] as u64).wrapping_sub(LENGTH)) {
        return false;
    }
    let argument = |register: libc::c_int| registers[register as usize];
    // SAFETY: the very call that our code makes, whose registers these are; errno is as before.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        let result = libc::syscall(
            argument(libc::REG_RAX),
            argument(libc::REG_RDI),
            argument(libc::REG_RSI),
            argument(libc::REG_RDX),
            argument(libc::REG_R10),
            argument(libc::REG_R8),
            argument(libc::REG_R9),
        );
        registers[libc::REG_RAX as usize] = if result == -1 { -i64::from(*errno) } else { result };
        *errno = before;
    }
    true
}

/// Whether a general protection fault of the guest's is `int 2e`; the thread goes on in the service then.
pub(crate) fn refused(cx: &Cx<'_>, frame: &mut libc::ucontext_t) -> bool {
    let rip = frame.uc_mcontext.gregs[libc::REG_RIP as usize] as u64;
    let mut bytes = [0; 2];
    let is_service = code::is_guest(rip) && fault::read(rip, &mut bytes).is_ok() && bytes == INT_2E;
    if is_service {
        enter(cx, frame, rip + LENGTH);
    }
    is_service
}

/// Lets the interrupted thread call the service, as if the instruction were a call, and go on at `behind`.
fn enter(cx: &Cx<'_>, frame: &mut libc::ucontext_t, behind: u64) {
    let registers = &mut frame.uc_mcontext.gregs;
    let number = registers[libc::REG_RAX as usize] as u32;
    patch::after_trap(cx, behind - LENGTH, number);
    let rsp = (registers[libc::REG_RSP as usize] as u64).wrapping_sub(8);
    // What the instruction leaves in these on Windows.
    registers[libc::REG_RCX as usize] = behind as i64;
    registers[libc::REG_R11 as usize] = registers[libc::REG_EFL as usize];
    if fault::store_u64(rsp, behind).is_err() {
        registers[libc::REG_RAX as usize] = i64::from(NTSTATUS::STATUS_ACCESS_VIOLATION.0);
        registers[libc::REG_RIP as usize] = behind as i64;
        return;
    }
    registers[libc::REG_RSP as usize] = rsp as i64;
    registers[libc::REG_RIP as usize] = entry::call() as i64;
    registers[libc::REG_EFL as usize] &= !exception::NOT_WHILE_DISPATCHING;
}
