//! The few places of exception handling that registers cannot be left to the compiler at: taking and giving a whole register set, and the calls
//! of the guest's that a walk up the stack must recognise.

use std::arch::global_asm;
use std::mem::offset_of;

use abi::{CONTEXT, Fault, fault, register};

use super::dispatch;

global_asm!(
    // DW_CFA_expression: the register was saved at an offset, of 64 to 8191, from RBX (DW_OP_breg3).
    ".macro exeunt_saved register, at",
    ".cfi_escape 0x10, \\register, 3, 0x73, ((\\at) & 0x7f) | 0x80, (\\at) >> 7",
    ".endm",
    ".pushsection .text.exeunt_exception,\"ax\",@progbits",
    // Global, so that code that link-time optimisation moves elsewhere still finds them.
    ".globl exeunt_capture",
    ".hidden exeunt_capture",
    ".globl exeunt_restore",
    ".hidden exeunt_restore",
    ".globl exeunt_restore_end",
    ".hidden exeunt_restore_end",
    ".globl exeunt_call_handler",
    ".hidden exeunt_call_handler",
    ".globl exeunt_handler_returns",
    ".hidden exeunt_handler_returns",
    ".globl exeunt_call_under",
    ".hidden exeunt_call_under",
    ".globl exeunt_under_returns",
    ".hidden exeunt_under_returns",
    ".globl exeunt_interrupted",
    ".hidden exeunt_interrupted",
    ".globl exeunt_interrupted_returns",
    ".hidden exeunt_interrupted_returns",
    // rdi: a context. Fills it with the registers of the caller as they are after the return; volatile ones as they happen to be.
    ".p2align 4",
    "exeunt_capture:",
    ".cfi_startproc",
    "mov [rdi + {integer}], rax",
    "mov [rdi + {integer} + 8], rcx",
    "mov [rdi + {integer} + 16], rdx",
    "mov [rdi + {integer} + 24], rbx",
    "lea rax, [rsp + 8]",
    "mov [rdi + {integer} + 32], rax",
    "mov [rdi + {integer} + 40], rbp",
    "mov [rdi + {integer} + 48], rsi",
    "mov [rdi + {integer} + 56], rdi",
    "mov [rdi + {integer} + 64], r8",
    "mov [rdi + {integer} + 72], r9",
    "mov [rdi + {integer} + 80], r10",
    "mov [rdi + {integer} + 88], r11",
    "mov [rdi + {integer} + 96], r12",
    "mov [rdi + {integer} + 104], r13",
    "mov [rdi + {integer} + 112], r14",
    "mov [rdi + {integer} + 120], r15",
    "mov rax, [rsp]",
    "mov [rdi + {rip}], rax",
    "fxsave64 [rdi + {fxsave}]",
    "stmxcsr [rdi + {mxcsr}]",
    "mov [rdi + {segments}], cs",
    "mov [rdi + {segments} + 2], ds",
    "mov [rdi + {segments} + 4], es",
    "mov [rdi + {segments} + 6], fs",
    "mov [rdi + {segments} + 8], gs",
    "mov [rdi + {segments} + 10], ss",
    "mov dword ptr [rdi + {eflags}], 0x202",
    "mov dword ptr [rdi + {flags}], {full}",
    "ret",
    ".cfi_endproc",
    // rdi: a context, rsi: an XSAVE area, rdx: which parts to take of it, those that a context has room for not among them, or 0. Goes on with
    // what they say.
    ".p2align 4",
    "exeunt_restore:",
    ".cfi_startproc",
    ".cfi_undefined rip",
    "test rdx, rdx",
    "jz 2f",
    "mov rax, rdx",
    "shr rdx, 32",
    "xrstor64 [rsi]",
    "2:",
    "fxrstor64 [rdi + {fxsave}]",
    "ldmxcsr [rdi + {mxcsr}]",
    "mov eax, ss",
    "push rax",
    "push qword ptr [rdi + {integer} + 32]",
    "mov eax, [rdi + {eflags}]",
    "push rax",
    "mov eax, cs",
    "push rax",
    "push qword ptr [rdi + {rip}]",
    "mov rax, [rdi + {integer}]",
    "mov rcx, [rdi + {integer} + 8]",
    "mov rdx, [rdi + {integer} + 16]",
    "mov rbx, [rdi + {integer} + 24]",
    "mov rbp, [rdi + {integer} + 40]",
    "mov rsi, [rdi + {integer} + 48]",
    "mov r8, [rdi + {integer} + 64]",
    "mov r9, [rdi + {integer} + 72]",
    "mov r10, [rdi + {integer} + 80]",
    "mov r11, [rdi + {integer} + 88]",
    "mov r12, [rdi + {integer} + 96]",
    "mov r13, [rdi + {integer} + 104]",
    "mov r14, [rdi + {integer} + 112]",
    "mov r15, [rdi + {integer} + 120]",
    "mov rdi, [rdi + {integer} + 56]",
    "iretq",
    "exeunt_restore_end:",
    ".cfi_endproc",
    // Calls a language handler: rdi to rcx are its four arguments, r8 the handler, r9 1 when it is called to unwind, the first on the stack the
    // context in whose name. The dispatcher context, the flag and that context stay where a walk finds them.
    ".p2align 4",
    "exeunt_call_handler:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset rbp, 0",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "sub rsp, 64",
    "mov [rbp - 8], rcx",
    "mov [rbp - 16], r9",
    "mov rax, [rbp + 16]",
    "mov [rbp - 24], rax",
    "mov rax, r8",
    "mov r9, rcx",
    "mov r8, rdx",
    "mov rdx, rsi",
    "mov rcx, rdi",
    "call rax",
    "exeunt_handler_returns:",
    "mov rsp, rbp",
    "pop rbp",
    ".cfi_def_cfa rsp, 8",
    "cld",
    "ret",
    ".cfi_endproc",
    // Calls a function of the guest's, rdi, with one argument, rsi, in the name of the context rdx: a walk goes on with that.
    ".p2align 4",
    "exeunt_call_under:",
    ".cfi_startproc",
    "push rbx",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset rbx, 0",
    "sub rsp, 32",
    ".cfi_adjust_cfa_offset 32",
    "mov rbx, rdx",
    "mov rcx, rsi",
    "call rdi",
    "exeunt_under_returns:",
    "add rsp, 32",
    ".cfi_adjust_cfa_offset -32",
    "pop rbx",
    ".cfi_adjust_cfa_offset -8",
    "cld",
    "ret",
    ".cfi_endproc",
    // Where a signal handler sends a thread: rdi: the record, rbx: the context, r12: the XSAVE area or 0, r13: its parts; rsp is aligned.
    ".p2align 4",
    // Our own walks know it by its address. Debuggers go on with the context by what is described here.
    "exeunt_interrupted:",
    ".cfi_startproc",
    ".cfi_signal_frame",
    // DW_CFA_def_cfa_expression: what RSP was, DW_OP_deref.
    ".cfi_escape 0x0f, 4, 0x73, (({integer} + 32) & 0x7f) | 0x80, ({integer} + 32) >> 7, 0x06",
    "exeunt_saved 0, {integer}",
    "exeunt_saved 1, {integer} + 16",
    "exeunt_saved 2, {integer} + 8",
    "exeunt_saved 3, {integer} + 24",
    "exeunt_saved 4, {integer} + 48",
    "exeunt_saved 5, {integer} + 56",
    "exeunt_saved 6, {integer} + 40",
    "exeunt_saved 8, {integer} + 64",
    "exeunt_saved 9, {integer} + 72",
    "exeunt_saved 10, {integer} + 80",
    "exeunt_saved 11, {integer} + 88",
    "exeunt_saved 12, {integer} + 96",
    "exeunt_saved 13, {integer} + 104",
    "exeunt_saved 14, {integer} + 112",
    "exeunt_saved 15, {integer} + 120",
    "exeunt_saved 16, {rip}",
    "fninit",
    "fldcw [rip + {fpcsr}]",
    "ldmxcsr [rip + {mxcsr_value}]",
    "mov rsi, rbx",
    "call {dispatch}",
    "exeunt_interrupted_returns:",
    "mov rdi, rbx",
    "mov rsi, r12",
    "mov rdx, r13",
    "call {resume}",
    "ud2",
    ".cfi_endproc",
    ".popsection",
    integer = const offset_of!(CONTEXT, integer),
    rip = const offset_of!(CONTEXT, Rip),
    fxsave = const offset_of!(CONTEXT, x87),
    mxcsr = const offset_of!(CONTEXT, MxCsr),
    segments = const offset_of!(CONTEXT, segments),
    eflags = const offset_of!(CONTEXT, EFlags),
    flags = const offset_of!(CONTEXT, ContextFlags),
    full = const CONTEXT::FULL | CONTEXT::SEGMENTS,
    fpcsr = sym crate::enter::FPCSR_VALUE,
    mxcsr_value = sym crate::enter::MXCSR_VALUE,
    dispatch = sym dispatch::interrupted,
    resume = sym resume,
);

unsafe extern "sysv64" {
    fn exeunt_capture(context: *mut CONTEXT);
    fn exeunt_restore(context: *const CONTEXT, area: *const u8, parts: u64) -> !;
    fn exeunt_call_handler(
        record: u64,
        frame: u64,
        context: u64,
        dispatcher: u64,
        handler: u64,
        unwinding: u64,
        outer: u64,
    ) -> u64;
    fn exeunt_call_under(function: u64, argument: u64, context: u64) -> u64;
    static exeunt_restore_end: u8;
    static exeunt_handler_returns: u8;
    static exeunt_under_returns: u8;
    static exeunt_interrupted: u8;
    static exeunt_interrupted_returns: u8;
}

/// The registers here and now.
#[inline(never)]
pub(crate) fn capture() -> CONTEXT {
    let mut context = CONTEXT::ZERO;
    // SAFETY: fills the context, which is aligned.
    unsafe { exeunt_capture(&raw mut context) };
    // In the caller of this function: its own frame is gone when the caller uses what it captured.
    match crate::unwind::host::unwind_host(&mut context) {
        Ok(_) => context,
        Err(_) => CONTEXT { Rip: 0, ..context },
    }
}

/// Flags that a program may set: CF, PF, AF, ZF, SF, TF, DF, OF, AC, ID.
const USER_FLAGS: u32 = 0x0024_0dd5;
/// Flags that are always set: IF and the reserved one.
const FIXED_FLAGS: u32 = 0x202;
/// Bits of MXCSR that may be set.
const MXCSR_BITS: u32 = 0xffff;
/// Offset of MXCSR in an `fxsave` area.
const FXSAVE_MXCSR: usize = 24;

/// Goes on with the registers of `context`. Floating-point registers stay as they are where its flags do not include them.
pub(crate) fn restore(context: &mut CONTEXT) -> ! {
    make_sane(context);
    // SAFETY: a context that the processor takes; where it leads is the guest's to answer for.
    unsafe { exeunt_restore(&raw const *context, std::ptr::null(), 0) }
}

/// Makes of a context that the guest may have written one that the processor takes.
pub(super) fn make_sane(sane: &mut CONTEXT) {
    if sane.ContextFlags & CONTEXT::FLOATING_POINT & !CONTEXT::AMD64 == 0 {
        let mut now = CONTEXT::ZERO;
        // SAFETY: fills the context, which is aligned.
        unsafe { exeunt_capture(&raw mut now) };
        (sane.x87, sane.xmm, sane.MxCsr) = (now.x87, now.xmm, now.MxCsr);
    }
    sane.EFlags = sane.EFlags & USER_FLAGS | FIXED_FLAGS;
    sane.MxCsr &= MXCSR_BITS;
    if let Some(field) = sane.x87.get_mut(FXSAVE_MXCSR..FXSAVE_MXCSR + 4) {
        field.copy_from_slice(&sane.MxCsr.to_le_bytes());
    }
}

/// An XSAVE area in which all is as it is at first: `MXCSR`, and no part in use.
#[repr(C, align(64))]
struct InitialArea([u32; 256]);

static INITIAL: InitialArea = InitialArea({
    let mut words = [0; 256];
    words[FXSAVE_MXCSR / 4] = 0x1f80;
    words
});

/// Goes on after an interruption, with what its handlers left in the context; the parts of the registers that a context has no room for come from
/// the area, or are as they are at first where there is none (0). The stack may be a small one: nothing is copied.
extern "sysv64" fn resume(context: u64, area: u64, parts: u64) -> ! {
    if !sane_in_place(context, area, parts).is_ok_and(|sane| sane) {
        resume_without_floating_point(context);
    }
    let area = if area == 0 { (&raw const INITIAL).cast() } else { area as *const u8 };
    // SAFETY: as in `restore`; the area was written by the kernel for this thread.
    unsafe { exeunt_restore(context as *const CONTEXT, area, parts) }
}

/// [`make_sane`] where the context is, and for the area; false where the context has no floating-point registers.
fn sane_in_place(context: u64, area: u64, parts: u64) -> Result<bool, Fault> {
    let at = |offset: usize| context.wrapping_add(offset as u64);
    if fault::load_u32(at(offset_of!(CONTEXT, ContextFlags)))? & CONTEXT::FLOATING_POINT & !CONTEXT::AMD64 == 0 {
        return Ok(false);
    }
    let eflags = at(offset_of!(CONTEXT, EFlags));
    fault::store_u32(eflags, fault::load_u32(eflags)? & USER_FLAGS | FIXED_FLAGS)?;
    let mxcsr = fault::load_u32(at(offset_of!(CONTEXT, MxCsr)))? & MXCSR_BITS;
    fault::store_u32(at(offset_of!(CONTEXT, MxCsr)), mxcsr)?;
    fault::store_u32(at(offset_of!(CONTEXT, x87) + FXSAVE_MXCSR), mxcsr)?;
    if area != 0 {
        fault::store_u32(area + FXSAVE_MXCSR as u64, mxcsr)?;
        // The first word behind the legacy part says which parts are in use.
        fault::store_u64(area + 512, fault::load_u64(area + 512)? & parts)?;
    }
    Ok(true)
}

#[cold]
#[inline(never)]
fn resume_without_floating_point(context: u64) -> ! {
    match CONTEXT::read(context) {
        Ok(mut context) => restore(&mut context),
        Err(_) => std::process::abort(),
    }
}

/// True for an instruction of [`restore`]: a fault there is one of the context's.
pub(crate) fn is_restoring(rip: u64) -> bool {
    (exeunt_restore as *const () as u64..&raw const exeunt_restore_end as u64).contains(&rip)
}

/// Calls a language handler in the name of the context at `outer`, with which a walk from the handler goes on; gives its disposition.
pub(super) fn call_handler(arguments: [u64; 4], handler: u64, unwinding: bool, outer: u64) -> u32 {
    let [record, frame, context, dispatcher] = arguments;
    // SAFETY: the handler is the guest's; a wrong address faults in the guest.
    unsafe { exeunt_call_handler(record, frame, context, dispatcher, handler, u64::from(unwinding), outer) as u32 }
}

/// Calls a function of the guest's whose caller is, for all who look, the frame of the context at `context`.
pub(super) fn call_under(function: u64, argument: u64, context: u64) -> u64 {
    // SAFETY: the function is the guest's; a wrong address faults in the guest.
    unsafe { exeunt_call_under(function, argument, context) }
}

/// Where an interrupted thread goes on.
pub(super) fn interrupted_entry() -> u64 {
    &raw const exeunt_interrupted as u64
}

/// What a walk up the stack comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossing {
    /// The call of a handler for an exception, with this dispatcher context.
    Exception(u64),
    /// The call of a handler to unwind, with this dispatcher context.
    Unwind(u64),
    /// Code that runs in the name of a context.
    Interrupted,
}

impl Crossing {
    /// Whether it matters to who walks.
    pub(crate) const fn is_told(self) -> bool {
        !matches!(self, Self::Interrupted)
    }
}

/// What `context`, at a return address of ours, is at, and the address of the context that a walk goes on with.
pub(crate) fn crossing(context: &CONTEXT) -> Option<(Crossing, u64)> {
    let rip = context.Rip;
    if rip == &raw const exeunt_handler_returns as u64 {
        let frame = context.integer[register::RBP];
        let dispatcher = fault::load_u64(frame.wrapping_sub(8)).ok()?;
        let unwinding = fault::load_u64(frame.wrapping_sub(16)).ok()?;
        let outer = fault::load_u64(frame.wrapping_sub(24)).ok()?;
        let crossing = if unwinding == 0 { Crossing::Exception(dispatcher) } else { Crossing::Unwind(dispatcher) };
        Some((crossing, outer))
    } else if rip == &raw const exeunt_under_returns as u64 || rip == &raw const exeunt_interrupted_returns as u64 {
        Some((Crossing::Interrupted, context.integer[register::RBX]))
    } else {
        None
    }
}
