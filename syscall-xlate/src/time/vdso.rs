//! The host's clocks, read in its vDSO by a call that saves no vector register.
//!
//! A guest's caller expects ten vector registers to survive which the host's convention gives away, so that the entry of a shim which calls
//! any host function saves and restores them: a fifth of what reading a clock costs. The vDSO uses none of them. That it does not is not
//! promised, so its instructions are looked at before it is first called this way; where it might, it is called as any function.

use std::arch::asm;
use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The vDSO's `clock_gettime`, or one of these.
static FUNCTION: AtomicUsize = AtomicUsize::new(NOT_LOOKED_FOR);
const NOT_LOOKED_FOR: usize = 0;
const NOT_TO_BE_HAD: usize = 1;

/// Instructions that are looked at; Linux 6.12 has some 200.
const MOST_INSTRUCTIONS: usize = 2000;
/// An instruction's most bytes.
const LONGEST: usize = 15;
const PAGE: usize = 4096;

/// What a clock shows.
#[inline(always)]
pub(super) fn now(clock: ClockId) -> Timespec {
    let function = FUNCTION.load(Ordering::Relaxed);
    let mut time = MaybeUninit::<Timespec>::uninit();
    if function > NOT_TO_BE_HAD {
        let failed: i32;
        // SAFETY: `int clock_gettime(clockid_t, struct timespec *)` in the System V convention, all of whose instructions `is_plain`.
        unsafe {
            asm!("call {}", in(reg) function, inout("rdi") clock as u64 => _, inout("rsi") time.as_mut_ptr() => _,
                lateout("eax") failed, out("rcx") _, out("rdx") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        if failed == 0 {
            // SAFETY: it has succeeded, so it has written the time.
            return unsafe { time.assume_init() };
        }
    }
    slowly(clock, &mut time);
    // SAFETY: `slowly` has written it.
    unsafe { time.assume_init() }
}

/// As [`now`], by the host's library. In the guest's convention, so that who calls it need not save vector registers.
#[cold]
#[inline(never)]
extern "win64" fn slowly(clock: ClockId, time: &mut MaybeUninit<Timespec>) {
    if FUNCTION.load(Ordering::Relaxed) == NOT_LOOKED_FOR {
        FUNCTION.store(find().filter(|&at| is_plain(at)).unwrap_or(NOT_TO_BE_HAD), Ordering::Relaxed);
    }
    time.write(clock_gettime(clock));
}

/// The address of the vDSO's function.
fn find() -> Option<usize> {
    // SAFETY: it is in the process already, or is not loaded: nothing is initialized.
    let vdso = unsafe { Library::open(Some("linux-vdso.so.1"), RTLD_NOW | RTLD_LOCAL | libc::RTLD_NOLOAD) }.ok()?;
    // SAFETY: only its address is taken.
    let function = unsafe { vdso.get::<*const ()>(b"__vdso_clock_gettime\0") }.ok()?;
    Some(*function as usize)
}

/// True when no instruction that can be come to from `entry` names a vector register.
fn is_plain(entry: usize) -> bool {
    let (mut looked_at, mut ahead) = (BTreeSet::new(), vec![entry as u64]);
    while let Some(at) = ahead.pop() {
        if !looked_at.insert(at) {
            continue;
        }
        let instruction = decode(at);
        if looked_at.len() > MOST_INSTRUCTIONS || !is_plain_instruction(&instruction) {
            return false;
        }
        match instruction.flow_control() {
            FlowControl::Next => ahead.push(instruction.next_ip()),
            // `syscall` counts as a call.
            FlowControl::Call if instruction.mnemonic() == Mnemonic::Syscall => ahead.push(instruction.next_ip()),
            FlowControl::Call | FlowControl::ConditionalBranch => {
                ahead.extend([instruction.next_ip(), instruction.near_branch_target()]);
            }
            FlowControl::UnconditionalBranch => ahead.push(instruction.near_branch_target()),
            FlowControl::Return => {}
            _ => return false,
        }
    }
    true
}

fn decode(at: u64) -> Instruction {
    // What goes on over the end of a page is not read: the next one may be no code, or not there.
    let rest = PAGE - at as usize % PAGE;
    // SAFETY: the vDSO's own branches lead here, so that this page is its code, which is readable and does not change.
    let bytes = unsafe { slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(at as usize), LONGEST.min(rest)) };
    Decoder::with_ip(64, bytes, at, DecoderOptions::NONE).decode()
}

fn is_plain_instruction(instruction: &Instruction) -> bool {
    let changes_all = matches!(
        instruction.mnemonic(),
        Mnemonic::INVALID
            | Mnemonic::Vzeroall
            | Mnemonic::Vzeroupper
            | Mnemonic::Fxrstor
            | Mnemonic::Fxrstor64
            | Mnemonic::Xrstor
            | Mnemonic::Xrstor64
    );
    let names_one = (0..instruction.op_count()).any(|operand| instruction.op_register(operand).is_vector_register());
    !changes_all && !names_one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_host_s() {
        for clock in [ClockId::Monotonic, ClockId::Realtime, ClockId::MonotonicCoarse, ClockId::Boottime] {
            let before = clock_gettime(clock);
            let (first, second) = (now(clock), now(clock));
            let after = clock_gettime(clock);
            let order = [before, first, second, after].map(|time| (time.tv_sec, time.tv_nsec));
            assert!(order.is_sorted(), "{clock:?}: {order:?}");
        }
    }

    #[test]
    fn code_that_names_vector_registers_is_told_from_other_code() {
        let plain = |code: &'static [u8]| is_plain(code.as_ptr() as usize);
        // `jne +1; nop; call +0; ret`
        assert!(plain(&[0x75, 0x01, 0x90, 0xe8, 0x00, 0x00, 0x00, 0x00, 0xc3]));
        // `syscall; ret`
        assert!(plain(&[0x0f, 0x05, 0xc3]));
        // `jne +1; ret; movaps xmm6, xmm0; ret`
        assert!(!plain(&[0x75, 0x01, 0xc3, 0x0f, 0x28, 0xf0, 0xc3]));
        // `vzeroall; ret`
        assert!(!plain(&[0xc5, 0xfc, 0x77, 0xc3]));
        // `jmp rax`
        assert!(!plain(&[0xff, 0xe0]));
    }
}
