//! Syscall User Dispatch: the host's kernel sends a signal for each system call instruction outside of our own code.
//!
//! It is a setting of each thread, and makes every system call of ours some 30 ns dearer. So it is made when the first code can be executed
//! that may hold such an instruction: by each thread itself, which is interrupted for it.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Services;
use crate::say::say;
use crate::{Cx, Process, gate, low, signals};

/// `PR_SET_SYSCALL_USER_DISPATCH` (Linux, prctl.h).
const SET_SYSCALL_USER_DISPATCH: libc::c_int = 59;
/// `PR_SYS_DISPATCH_ON`
const ON: libc::c_ulong = 1;
/// The end of the addresses of user code.
const USER_END: u64 = 1 << 47;

/// How long a thread may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose system call instructions trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Traps {
    /// Nobody's.
    Nobody = 0,
    /// Those in the guest's memory.
    Guest = 1,
    /// All but those in the host's libraries. For code of the guest's in blocks of a heap, which lie in the host's memory: our own instructions
    /// trap as well then, and are done by the libraries' ones.
    AllButLibraries = 2,
}

impl Services {
    /// Whether the system call instructions in guest memory trap.
    pub(crate) fn is_armed(&self) -> bool {
        self.all_armed.load(Ordering::Acquire) >= Traps::Guest as u8
    }

    /// Makes system call instructions of all threads of the guest's trap, and of those to come.
    pub(crate) fn arm(&self, process: &Process, traps: Traps) {
        if self.all_armed.load(Ordering::Acquire) >= traps as u8 {
            return;
        }
        self.armed.fetch_max(traps as u8, Ordering::SeqCst);
        let caller = gate::current();
        if let Some(cx) = caller {
            cx.process.services.obey(&cx);
        }
        let begin = Instant::now();
        // A thread that is not found here begins later, and finds out by itself.
        for thread in process.thread_objects.living() {
            while thread.traps() < traps as u8 && begin.elapsed() < PATIENCE && signals::send_stop(thread.host_id()) {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
        self.all_armed.fetch_max(traps as u8, Ordering::Release);
    }

    /// Makes the calling thread's system call instructions trap if they are to.
    pub(crate) fn obey(&self, cx: &Cx<'_>) {
        let (thread, traps) = (cx.thread.object(), self.armed.load(Ordering::SeqCst));
        if thread.traps() >= traps {
            return;
        }
        let start = if traps == Traps::Guest as u8 { low::END } else { libraries() };
        if !arm_this_thread(start) {
            say(format_args!(
                "this kernel has no Syscall User Dispatch: system calls that the program makes by itself reach Linux"
            ));
        }
        thread.set_traps(traps);
    }
}

/// Lets system calls of this thread enter the kernel from `start` on. False where the kernel cannot (before 5.11, and some that only look like
/// Linux).
fn arm_this_thread(start: u64) -> bool {
    // SAFETY: changes what the kernel does at system calls of this thread; there is no selector to be read.
    unsafe { libc::prctl(SET_SYSCALL_USER_DISPATCH, ON, start, USER_END - start, 0) == 0 }
}

/// Where the host's libraries begin, which lie above everything else of the host's but its first stack. [`Traps::AllButLibraries`] needs it
/// in signal handlers: it is found before.
pub(super) fn libraries() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let mut lowest = USER_END;
        // SAFETY: the callback gets the pointer passed here, which is good until the call returns.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut lowest).cast()) };
        lowest
    })
}

unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, lowest: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the loader passes a valid object, and `libraries` its own value.
    let (info, lowest) = unsafe { (&*info, &mut *lowest.cast::<u64>()) };
    // SAFETY: the object's name and program headers, as the loader tells of them.
    let (name, headers) = unsafe {
        (std::ffi::CStr::from_ptr(info.dlpi_name), std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()))
    };
    // The program itself has no name.
    if !name.is_empty() {
        let starts = headers.iter().filter(|header| header.p_type == libc::PT_LOAD).map(|header| header.p_vaddr);
        *lowest = starts.map(|start| info.dlpi_addr + start).fold(*lowest, u64::min);
    }
    0
}
