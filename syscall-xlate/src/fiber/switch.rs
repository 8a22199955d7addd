//! From one fiber to another, in the Windows x64 convention.
//!
//! The registers that a function keeps lie on the stack of the fiber that is left, and nothing of ours but them: no frame of a shim's sleeps
//! there, and any thread can go on with it.

use std::arch::naked_asm;

use abi::{Entry, Exception, Param, ParamKind, Row, Shim, Support, Value, fault};

use crate::stack::Stack;
use crate::{enter, exception, gate, trace};

/// Bytes below the pushed registers: home space for four arguments, xmm6 to xmm15, and the floating-point control words.
const FRAME: u64 = 32 + 160 + 8;
/// Where the control words are in them.
const CONTROL: u64 = 192;
/// Bytes of the pushed registers.
const PUSHED: u64 = 64;

/// Where a switch goes.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Jump {
    /// The stack pointer that the other fiber was left with.
    pub(super) rsp: u64,
    /// A word that becomes 0 as soon as nothing is on the stack that is left.
    pub(super) left: *const u32,
    /// Not 0 if the other fiber has control words of its own.
    pub(super) float: u64,
}

#[unsafe(naked)]
unsafe extern "win64" fn switch_entry<const TRACED: bool>(_fiber: u64) {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        "push rbx",
        "push rdi",
        "push rsi",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        ".cfi_adjust_cfa_offset {pushed}",
        "sub rsp, {frame}",
        ".cfi_adjust_cfa_offset {frame}",
        "movups [rsp + 32], xmm6",
        "movups [rsp + 48], xmm7",
        "movups [rsp + 64], xmm8",
        "movups [rsp + 80], xmm9",
        "movups [rsp + 96], xmm10",
        "movups [rsp + 112], xmm11",
        "movups [rsp + 128], xmm12",
        "movups [rsp + 144], xmm13",
        "movups [rsp + 160], xmm14",
        "movups [rsp + 176], xmm15",
        "stmxcsr [rsp + {control}]",
        "fnstcw [rsp + {control} + 4]",
        "mov rdx, rsp",
        "call {switch}",
        "mov rsp, [rax]",
        "mov rcx, [rax + 8]",
        "mov rdx, [rax + 16]",
        "mov dword ptr [rcx], 0",
        "test rdx, rdx",
        "jz 2f",
        "ldmxcsr [rsp + {control}]",
        "fldcw [rsp + {control} + 4]",
        "2:",
        "movups xmm6, [rsp + 32]",
        "movups xmm7, [rsp + 48]",
        "movups xmm8, [rsp + 64]",
        "movups xmm9, [rsp + 80]",
        "movups xmm10, [rsp + 96]",
        "movups xmm11, [rsp + 112]",
        "movups xmm12, [rsp + 128]",
        "movups xmm13, [rsp + 144]",
        "movups xmm14, [rsp + 160]",
        "movups xmm15, [rsp + 176]",
        "add rsp, {frame}",
        ".cfi_adjust_cfa_offset -{frame}",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rsi",
        "pop rdi",
        "pop rbx",
        "pop rbp",
        ".cfi_adjust_cfa_offset -{pushed}",
        "ret",
        ".cfi_endproc",
        pushed = const PUSHED,
        frame = const FRAME,
        control = const CONTROL,
        switch = sym switch::<TRACED>,
    )
}

/// Where a new fiber begins: below it there is nothing.
#[unsafe(naked)]
unsafe extern "win64" fn begin() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "sub rsp, 32",
        "cld",
        "call {run}",
        "ud2",
        ".cfi_endproc",
        run = sym super::run,
    )
}

/// Makes the fiber at `target` the thread's; gives where to go on. Nothing is owned while a fiber that cannot be is reported to the guest.
extern "win64" fn switch<const TRACED: bool>(target: u64, rsp: u64) -> *const Jump {
    let Some(cx) = gate::current() else { std::process::abort() };
    if TRACED {
        let call = trace::begin(&cx, &SwitchToFiber::ROW, &[Value::address(target)]);
        trace::end(&cx, call, &(), || []);
    }
    loop {
        match cx.exchange_fiber(target, rsp) {
            Ok(jump) => return jump,
            Err(status) => exception::raise_from_shim(&cx, &Exception::new(status, &[])),
        }
    }
}

/// Puts onto an unused stack what a switch expects there; gives the stack pointer for it.
pub(super) fn prepare(stack: &Stack) -> Result<u64, abi::Fault> {
    // Home space for the first function, and 16-byte alignment once the return address is popped.
    let first = stack.base() - 0x48;
    fault::store_u64(first, begin as *const () as u64)?;
    let rsp = first - PUSHED - FRAME;
    fault::store_u32(rsp + CONTROL, enter::MXCSR_VALUE)?;
    fault::store_u16(rsp + CONTROL + 4, enter::FPCSR_VALUE)?;
    Ok(rsp)
}

/// `SwitchToFiber`
pub enum SwitchToFiber {}

impl Shim for SwitchToFiber {
    const ROW: Row = Row {
        name: "SwitchToFiber",
        doc: "Goes on with another fiber.",
        support: Support::Full,
        params: &[Param { name: "lpFiber", ty: "Ptr<u8>", size: 8, size32: 4, kind: ParamKind::Pointer }],
        ret: "()",
        module: "api_shims::kernel32::winbase",
        variadic: false,
        plain: Entry(switch_entry::<false> as unsafe extern "win64" fn(u64) as *const ()),
        traced: Entry(switch_entry::<true> as unsafe extern "win64" fn(u64) as *const ()),
    };
}
