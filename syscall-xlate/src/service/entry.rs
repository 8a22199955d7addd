//! Where a raw system call enters: the number is in EAX and the first argument in R10, as for the kernel of Windows.
//!
//! The stack at the instruction is not that of a call: it may be misaligned, and what a function may use of its caller's is the program's
//! own. So the arguments are copied to a frame of ours, as many as the service has.

use std::arch::global_asm;
use std::mem::offset_of;

use abi::NTSTATUS;

use super::{Entry, Header};
use crate::{gate, teb};

/// Arguments on the stack begin here, from the stack pointer at the instruction: behind a return address and the home space.
const ARGUMENTS: u64 = 0x28;

global_asm!(
    ".pushsection .text.exeunt_service,\"ax\",@progbits",
    ".globl exeunt_service_call",
    ".hidden exeunt_service_call",
    ".globl exeunt_service_jump",
    ".hidden exeunt_service_jump",
    ".globl exeunt_service_copy",
    ".hidden exeunt_service_copy",
    ".globl exeunt_service_copied",
    ".hidden exeunt_service_copied",
    ".globl exeunt_service_no_stack",
    ".hidden exeunt_service_no_stack",
    ".p2align 4",
    "exeunt_service_call:",
    ".cfi_startproc",
    "lea r11, [rsp + {arguments} + 8]",
    "jmp 2f",
    ".cfi_endproc",
    ".p2align 4",
    "exeunt_service_jump:",
    ".cfi_startproc",
    "lea r11, [rsp + {arguments}]",
    "2:",
    "push rbp",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset rbp, 0",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "and rsp, -16",
    "mov rcx, r10",
    "mov eax, eax",
    "3:",
    "mov r10, gs:[{services}]",
    "cmp eax, [r10 + {count}]",
    "jae 7f",
    "shl rax, {entry_shift}",
    "add rax, [r10 + {entries}]",
    "mov r10, rax",
    "cmp qword ptr [r10 + {function}], 0",
    "je 6f",
    "mov rax, [r10 + {context}]",
    "mov gs:[{traced}], rax",
    "mov eax, [r10 + {stack}]",
    "test eax, eax",
    "jz 5f",
    "test al, 1",
    "jz 4f",
    "push rax",
    "4:",
    "exeunt_service_copy:",
    "push qword ptr [r11 + 8 * rax - 8]",
    "exeunt_service_copied:",
    "dec eax",
    "jnz 4b",
    "5:",
    "sub rsp, 32",
    "call qword ptr [r10 + {function}]",
    "8:",
    "mov rsp, rbp",
    "pop rbp",
    ".cfi_remember_state",
    ".cfi_def_cfa rsp, 8",
    // As the instruction leaves it, where it is one.
    "mov rcx, [rsp]",
    "ret",
    ".cfi_restore_state",
    // No service has this number, or the table is not filled yet.
    "6:",
    "mov eax, [r10 + {number}]",
    "7:",
    "push rcx",
    "push rdx",
    "push r8",
    "push r9",
    "push rax",
    "push r11",
    "mov ecx, eax",
    "sub rsp, 32",
    "call {slow}",
    "add rsp, 32",
    "mov r10, rax",
    "pop r11",
    "pop rax",
    "pop r9",
    "pop r8",
    "pop rdx",
    "pop rcx",
    "test r10d, r10d",
    "jz 3b",
    "mov eax, r10d",
    "jmp 8b",
    // The arguments cannot be read.
    "exeunt_service_no_stack:",
    "mov eax, {access_violation}",
    "jmp 8b",
    ".cfi_endproc",
    ".popsection",
    arguments = const ARGUMENTS,
    services = const teb::offset::SERVICES,
    traced = const teb::offset::TRACED_EXPORT,
    count = const offset_of!(Header, count),
    entries = const offset_of!(Header, entries),
    entry_shift = const size_of::<Entry>().ilog2(),
    function = const offset_of!(Entry, function),
    context = const offset_of!(Entry, context),
    stack = const offset_of!(Entry, stack_arguments),
    number = const offset_of!(Entry, number),
    access_violation = const NTSTATUS::STATUS_ACCESS_VIOLATION.0,
    slow = sym slow,
);

const _: () = assert!(size_of::<Entry>().is_power_of_two());

unsafe extern "C" {
    static exeunt_service_call: u8;
    static exeunt_service_jump: u8;
    static exeunt_service_copy: u8;
    static exeunt_service_copied: u8;
    static exeunt_service_no_stack: u8;
}

/// Where code enters that goes on at the address on top of the stack, which is not part of its own stack.
pub(crate) fn call() -> u64 {
    &raw const exeunt_service_call as u64
}

/// Where code enters in place of `syscall; ret`: the address on top of the stack is its own return address.
pub(crate) fn jump() -> u64 {
    &raw const exeunt_service_jump as u64
}

/// Where to go on when the instruction at `rip` faults while it copies arguments: with a status, as on Windows.
pub(crate) fn fixup(rip: u64) -> Option<u64> {
    let copying = &raw const exeunt_service_copy as u64..&raw const exeunt_service_copied as u64;
    copying.contains(&rip).then_some(&raw const exeunt_service_no_stack as u64)
}

/// For a number that the table does not lead on from: 0 when it does now, else the status.
extern "win64" fn slow(number: u32) -> u32 {
    let Some(cx) = gate::current() else { return NTSTATUS::STATUS_INVALID_SYSTEM_SERVICE.0 };
    match cx.process.services.fill(cx.process) {
        true => 0,
        false => {
            cx.process.services.note_unknown(&cx, number);
            NTSTATUS::STATUS_INVALID_SYSTEM_SERVICE.0
        }
    }
}
