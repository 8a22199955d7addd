//! dbghelp.h: walking stacks.

use abi::{CONTEXT, HANDLE, InOut, PCONTEXT, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

/// `IMAGE_FILE_MACHINE_AMD64`
const AMD64: u32 = 0x8664;
/// `AddrModeFlat`
const FLAT: u32 = 3;
/// Bytes of home space that a caller leaves for its first four arguments lie behind the return address.
const HOME: u64 = 8;

abi::guest_struct! {
    /// An address.
    pub(in crate::dbghelp) struct ADDRESS64 {
        pub(in crate::dbghelp) Offset: u64,
        pub(in crate::dbghelp) Segment: u16,
        pub(in crate::dbghelp) Mode: u32,
    }

    /// A frame. The structures of both functions begin with it; what follows is only of 32-bit processes and debuggers of the kernel.
    pub(in crate::dbghelp) struct STACKFRAME64 {
        pub(in crate::dbghelp) AddrPC: ADDRESS64,
        pub(in crate::dbghelp) AddrReturn: ADDRESS64,
        pub(in crate::dbghelp) AddrFrame: ADDRESS64,
        pub(in crate::dbghelp) AddrStack: ADDRESS64,
        pub(in crate::dbghelp) AddrBStore: ADDRESS64,
        pub(in crate::dbghelp) FuncTableEntry: Ptr<u8>,
        pub(in crate::dbghelp) Params: [u64; 4],
        pub(in crate::dbghelp) Far: u32,
        pub(in crate::dbghelp) Virtual: u32,
        /// Ours: the first says that the walk has begun.
        pub(in crate::dbghelp) Reserved: [u64; 3],
    }
}

/// Gives the next frame of a stack, the innermost at first.
#[shim(
    partial = "x86-64 stacks of the caller's own process only; reads memory and finds functions by itself, without the callbacks"
)]
pub(in crate::dbghelp) fn StackWalk64(
    cx: &Cx,
    MachineType: u32,
    hProcess: HANDLE,
    hThread: HANDLE,
    StackFrame: InOut<STACKFRAME64>,
    ContextRecord: PCONTEXT,
    ReadMemoryRoutine: Ptr<u8>,
    FunctionTableAccessRoutine: Ptr<u8>,
    GetModuleBaseRoutine: Ptr<u8>,
    TranslateAddress: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hThread, ReadMemoryRoutine, FunctionTableAccessRoutine, GetModuleBaseRoutine, TranslateAddress);
    walk(cx, MachineType, hProcess, StackFrame, ContextRecord)
}

/// Gives the next frame of a stack, the innermost at first.
#[shim(
    partial = "x86-64 stacks of the caller's own process only; reads memory and finds functions by itself, without the callbacks; no frames of functions expanded into others"
)]
pub(in crate::dbghelp) fn StackWalkEx(
    cx: &Cx,
    MachineType: u32,
    hProcess: HANDLE,
    hThread: HANDLE,
    StackFrame: InOut<STACKFRAME64>,
    ContextRecord: PCONTEXT,
    ReadMemoryRoutine: Ptr<u8>,
    FunctionTableAccessRoutine: Ptr<u8>,
    GetModuleBaseRoutine: Ptr<u8>,
    TranslateAddress: Ptr<u8>,
    Flags: u32,
) -> Win32Result<()> {
    let _ = (hThread, ReadMemoryRoutine, FunctionTableAccessRoutine, GetModuleBaseRoutine, TranslateAddress, Flags);
    walk(cx, MachineType, hProcess, StackFrame, ContextRecord)
}

fn walk(
    cx: &Cx,
    machine: u32,
    process: HANDLE,
    frame: InOut<STACKFRAME64>,
    context_record: PCONTEXT,
) -> Win32Result<()> {
    if machine != AMD64 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    if !cx.is_own_process(process, 0)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let mut next = frame.read()?;
    let mut context = CONTEXT::read(context_record.0)?;
    let begun = next.Reserved.first().is_some_and(|&begun| begun != 0);
    if begun && !cx.to_caller(&mut context) || context.Rip == 0 {
        return Err(WIN32_ERROR::ERROR_NO_MORE_ITEMS.into());
    }
    let mut caller = context;
    let returns = if cx.to_caller(&mut caller) { caller.Rip } else { 0 };
    let flat = |offset: u64| ADDRESS64 { Offset: offset, Segment: 0, Mode: FLAT };
    let entry = cx.lookup_function(context.Rip).map_or(0, |entry| entry.address);
    next.AddrPC = flat(context.Rip);
    next.AddrReturn = flat(returns);
    next.AddrStack = flat(context.rsp());
    // Below the return address: where a frame pointer would point to.
    next.AddrFrame = flat(if returns == 0 { context.rsp() } else { caller.rsp().wrapping_sub(2 * HOME) });
    next.FuncTableEntry = Ptr::at(entry);
    for (index, parameter) in next.Params.iter_mut().enumerate() {
        let at = caller.rsp().wrapping_add(8 * index as u64);
        *parameter = if returns == 0 { 0 } else { Ptr::<u64>::at(at).read().unwrap_or_default() };
    }
    (next.Far, next.Virtual, next.Reserved) = (0, u32::from(begun), [1, 0, 0]);
    context.write(context_record.0)?;
    Ok(frame.set(next)?)
}

/// Gives the entry of the function that an address is in.
#[shim(partial = "of the caller's own process only")]
pub(in crate::dbghelp) fn SymFunctionTableAccess64(cx: &Cx, hProcess: HANDLE, AddrBase: u64) -> Win32Result<Ptr<u8>> {
    let _ = hProcess;
    Ok(Ptr::at(cx.lookup_function(AddrBase).map_or(0, |entry| entry.address)))
}

/// Gives the base of the module that an address is in.
#[shim(partial = "of the caller's own process only")]
pub(in crate::dbghelp) fn SymGetModuleBase64(cx: &Cx, hProcess: HANDLE, qwAddr: u64) -> Win32Result<u64> {
    let _ = hProcess;
    match cx.process.module_of(qwAddr) {
        Some(module) => Ok(module.base()),
        None => Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND.into()),
    }
}
