//! `setjmp` and `longjmp` in the Windows x64 convention.
//!
//! `_JUMP_BUFFER` (the SDK's `setjmp.h`): frame, rbx, rsp, rbp, rsi, rdi, r12 to r15, rip, MXCSR, x87 control word, xmm6 to xmm15. These
//! enter from the guest without the gate's call path: they keep or replace the caller's registers and touch nothing of ours. A fault in them
//! is the guest's. A jump whose buffer has a frame unwinds to it.

use std::arch::naked_asm;

use abi::{CONTEXT, Entry, FromCaller, Param, ParamKind, Row, Shim, Support, caller_entry};

use crate::{exception, gate};

#[unsafe(naked)]
unsafe extern "win64" fn save(_buffer: u64, _frame: u64) -> u64 {
    naked_asm!(
        ".cfi_startproc",
        "xor eax, eax",
        "mov [rcx], rdx",
        "mov [rcx + 8], rbx",
        "lea rax, [rsp + 8]",
        "mov [rcx + 16], rax",
        "mov [rcx + 24], rbp",
        "mov [rcx + 32], rsi",
        "mov [rcx + 40], rdi",
        "mov [rcx + 48], r12",
        "mov [rcx + 56], r13",
        "mov [rcx + 64], r14",
        "mov [rcx + 72], r15",
        "mov rax, [rsp]",
        "mov [rcx + 80], rax",
        "stmxcsr [rcx + 88]",
        "fnstcw [rcx + 92]",
        "movdqu [rcx + 96], xmm6",
        "movdqu [rcx + 112], xmm7",
        "movdqu [rcx + 128], xmm8",
        "movdqu [rcx + 144], xmm9",
        "movdqu [rcx + 160], xmm10",
        "movdqu [rcx + 176], xmm11",
        "movdqu [rcx + 192], xmm12",
        "movdqu [rcx + 208], xmm13",
        "movdqu [rcx + 224], xmm14",
        "movdqu [rcx + 240], xmm15",
        "xor eax, eax",
        "ret",
        ".cfi_endproc",
    )
}

#[unsafe(naked)]
unsafe extern "win64" fn restore(_buffer: u64, _value: u64) -> u64 {
    naked_asm!(
        ".cfi_startproc",
        "cmp qword ptr [rcx], 0",
        "je 3f",
        // The registers that frames are found by, as the caller has them.
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "sub rsp, {frame}",
        ".cfi_adjust_cfa_offset {frame}",
        "mov [rsp + 32 + 24], rbx",
        "lea rax, [rsp + {frame} + 8]",
        "mov [rsp + 32 + 32], rax",
        "mov [rsp + 32 + 40], rbp",
        "mov [rsp + 32 + 48], rsi",
        "mov [rsp + 32 + 56], rdi",
        "mov [rsp + 32 + 96], r12",
        "mov [rsp + 32 + 104], r13",
        "mov [rsp + 32 + 112], r14",
        "mov [rsp + 32 + 120], r15",
        "lea rdx, [rsp + 32]",
        "call {leaves_nothing}",
        "add rsp, {frame}",
        ".cfi_adjust_cfa_offset -{frame}",
        "mov rcx, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "test al, al",
        "jz {unwind}",
        "3:",
        "mov eax, edx",
        "test eax, eax",
        "jnz 2f",
        "inc eax",
        "2:",
        "mov rbx, [rcx + 8]",
        "mov rbp, [rcx + 24]",
        "mov rsi, [rcx + 32]",
        "mov rdi, [rcx + 40]",
        "mov r12, [rcx + 48]",
        "mov r13, [rcx + 56]",
        "mov r14, [rcx + 64]",
        "mov r15, [rcx + 72]",
        "ldmxcsr [rcx + 88]",
        "fldcw [rcx + 92]",
        "movdqu xmm6, [rcx + 96]",
        "movdqu xmm7, [rcx + 112]",
        "movdqu xmm8, [rcx + 128]",
        "movdqu xmm9, [rcx + 144]",
        "movdqu xmm10, [rcx + 160]",
        "movdqu xmm11, [rcx + 176]",
        "movdqu xmm12, [rcx + 192]",
        "movdqu xmm13, [rcx + 208]",
        "movdqu xmm14, [rcx + 224]",
        "movdqu xmm15, [rcx + 240]",
        "mov rdx, [rcx + 80]",
        "mov rsp, [rcx + 16]",
        "jmp rdx",
        ".cfi_endproc",
        frame = const FRAME,
        leaves_nothing = sym leaves_nothing,
        unwind = sym caller_entry::<Longjmp, false>,
    )
}

/// Bytes that [`restore`] takes of the stack to look up it: home space, the integer registers by their numbers, and what aligns it.
const FRAME: usize = 32 + 8 * 16 + 8;

/// Whether none of the frames up to that which the buffer at `buffer` names has a termination handler: the jump need not unwind.
extern "win64" fn leaves_nothing(buffer: u64, registers: &mut [u64; 16]) -> bool {
    let Some(cx) = gate::current() else { std::process::abort() };
    exception::leaves_nothing(&cx, buffer, registers)
}

/// The longest of the two functions above, in bytes of code.
const LONGEST: u64 = 320;

/// True for an address in the functions that work on the guest's buffer: a fault there is the guest's.
pub(crate) fn is_jump(rip: u64) -> bool {
    let within = |start: u64| rip.wrapping_sub(start) < LONGEST;
    within(save as *const () as u64) || within(restore as *const () as u64)
}

impl FromCaller for Longjmp {
    extern "win64" fn enter<const TRACED: bool>(caller: &CONTEXT, slots: u64) -> u64 {
        let Some(cx) = gate::current() else { std::process::abort() };
        let value = gate::argument_slot(slots + 8) as u32;
        match exception::long_jump(&cx, caller, gate::argument_slot(slots), value) {
            Ok(never) => match never {},
            Err(fault) => exception::raise(&cx, caller, &fault.into()),
        }
    }
}

const BUFFER: Param = Param { name: "env", ty: "Ptr<u8>", size: 8, size32: 4, kind: ParamKind::Pointer };

const fn row(name: &'static str, doc: &'static str, support: Support, params: &'static [Param], entry: Entry) -> Row {
    Row {
        name,
        doc,
        support,
        params,
        ret: "i32",
        module: "api_shims::crt::setjmp",
        variadic: false,
        plain: entry,
        traced: entry,
    }
}

/// `_setjmp`, also as `_setjmpex`, `__intrinsic_setjmp` and `__intrinsic_setjmpex`: the second argument is the caller's frame.
pub enum Setjmp {}

impl Shim for Setjmp {
    const ROW: Row = row(
        "_setjmp",
        "Keeps the place that longjmp goes back to.",
        Support::Full,
        &[BUFFER, Param { name: "frame", ty: "u64", size: 8, size32: 4, kind: ParamKind::Value }],
        Entry(save as unsafe extern "win64" fn(u64, u64) -> u64 as *const ()),
    );
}

/// `longjmp`
pub enum Longjmp {}

impl Shim for Longjmp {
    const ROW: Row = row(
        "longjmp",
        "Goes back to where setjmp was called.",
        Support::Full,
        &[BUFFER, Param { name: "value", ty: "i32", size: 4, size32: 4, kind: ParamKind::Value }],
        Entry(restore as unsafe extern "win64" fn(u64, u64) -> u64 as *const ()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saves, jumps back with 7, and gives what came of it, in one frame of plain assembly.
    #[unsafe(naked)]
    unsafe extern "win64" fn round_trip(_buffer: u64) -> u64 {
        naked_asm!(
            "push rbx",
            "sub rsp, 32",
            "mov rbx, rcx",
            "xor edx, edx",
            "call {save}",
            "test eax, eax",
            "jnz 2f",
            "mov rcx, rbx",
            "mov edx, 7",
            "mov rbx, -1",
            "call {restore}",
            "2:",
            "add rsp, 32",
            "pop rbx",
            "ret",
            save = sym save,
            restore = sym restore,
        )
    }

    #[test]
    fn the_functions_are_no_longer_than_said() {
        // Both end with an instruction that `is_jump` must still cover: neither is longer than the sum of its instructions' encodings.
        assert!(!is_jump(round_trip as *const () as u64) || LONGEST < 4096);
        assert!(is_jump(save as *const () as u64) && is_jump(restore as *const () as u64));
    }

    #[test]
    fn a_jump_comes_back_with_its_value_and_the_kept_registers() {
        let mut buffer = [0u128; 16];
        // SAFETY: the buffer is as large as a jump buffer and outlives the call.
        assert_eq!(unsafe { round_trip(buffer.as_mut_ptr() as u64) }, 7);
    }
}
