//! Onto the guest's stack and back.
//!
//! A guest thread is a host thread that runs on a stack of the guest's. [`enter`] switches to it and calls guest code; the
//! guest comes back by returning, or from anywhere deeper through [`leave`], which drops all frames between.

use std::arch::naked_asm;

/// Windows' initial MXCSR: all exceptions masked, round to nearest (Microsoft's x64 calling convention, "MxCsr").
const MXCSR: u32 = 0x1f80;

/// Windows' initial x87 control word: 53-bit precision, all exceptions masked (Microsoft's x64 calling convention, "FPCSR").
const FPCSR: u16 = 0x027f;

pub(crate) static MXCSR_VALUE: u32 = MXCSR;
pub(crate) static FPCSR_VALUE: u16 = FPCSR;

/// Calls `entry(argument)` in the guest's calling convention on the stack that ends at `stack_top`.
///
/// `saved` receives the host's stack pointer, for [`leave`]. Returns what the guest returns, or what [`leave`] was given. The floating-point
/// control words are Windows' in between and the host's after.
///
/// # Safety
/// `stack_top` is 16-byte aligned and the end of a writable stack no one else uses; `entry` is code.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn enter(stack_top: u64, entry: u64, argument: u64, saved: *mut u64) -> u64 {
    naked_asm!(
        // A walk up the guest's stack ends here.
        ".cfi_startproc",
        ".cfi_undefined rip",
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "mov [rcx], rsp",
        "mov rbx, rsp",
        "ldmxcsr [rip + {mxcsr}]",
        "fldcw [rip + {fpcsr}]",
        "mov rsp, rdi",
        // Home space for four arguments, and a zero return address below which no frame lies.
        "sub rsp, 48",
        "mov qword ptr [rsp + 32], 0",
        "mov rcx, rdx",
        "xor ebp, ebp",
        "call rsi",
        "mov rsp, rbx",
        "cld",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        ".cfi_endproc",
        mxcsr = sym MXCSR_VALUE,
        fpcsr = sym FPCSR_VALUE,
    )
}

/// Makes the [`enter`] that stored `saved` return `value`. All frames above it are dropped without running anything of theirs.
///
/// # Safety
/// `saved` was stored by an `enter` of this thread that has not returned, and no frame between owns anything.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn leave(saved: u64, value: u64) -> ! {
    naked_asm!(
        "mov rsp, rdi",
        "mov rax, rsi",
        "cld",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> (Vec<u128>, u64) {
        let stack = vec![0u128; 8192];
        let top = stack.as_ptr_range().end as u64;
        (stack, top)
    }

    extern "win64" fn add_one(value: u64) -> u64 {
        value + 1
    }

    extern "win64" fn leaves(saved: *const u64) -> u64 {
        // SAFETY: `saved` was filled by the enter below, and no frame here owns anything.
        unsafe { leave(*saved, 77) }
    }

    extern "win64" fn control_words(_: u64) -> u64 {
        let (mut mxcsr, mut fpcsr) = (0u32, 0u16);
        // SAFETY: stores two control words to locals.
        unsafe { std::arch::asm!("stmxcsr [{}]", "fnstcw [{}]", in(reg) &raw mut mxcsr, in(reg) &raw mut fpcsr) };
        u64::from(mxcsr) << 16 | u64::from(fpcsr)
    }

    #[test]
    fn the_guest_returns_or_leaves() {
        let (_stack, top) = stack();
        let mut saved = 0u64;
        // SAFETY: the stack is ours, the entries are functions above.
        unsafe {
            assert_eq!(enter(top, add_one as *const () as u64, 41, &raw mut saved), 42);
            assert_eq!(enter(top, leaves as *const () as u64, &raw const saved as u64, &raw mut saved), 77);
        }
    }

    #[test]
    fn the_guest_sees_windows_control_words() {
        let (_stack, top) = stack();
        let mut saved = 0u64;
        // SAFETY: as above.
        let words = unsafe { enter(top, control_words as *const () as u64, 0, &raw mut saved) };
        assert_eq!((words >> 16, words & 0xffff), (0x1f80, 0x27f));
    }
}
