//! dbghelp.h: walks up stacks, what they need of function tables and modules, and the symbols that there are not.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use abi::{CONTEXT, HANDLE, Out, PCONTEXT, PCSTR, PCWSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::unwind::{RUNTIME_FUNCTION, unwind_leaf};
use syscall_xlate::{Cx, ProcessState};

use crate::state;

/// `IMAGE_FILE_MACHINE_AMD64`
const MACHINE_AMD64: u32 = 0x8664;
/// `AddrModeFlat`
const MODE_FLAT: u32 = 3;
/// `SYMOPT_UNDNAME`, the option that is set at first.
const FIRST_OPTIONS: u32 = 2;

abi::guest_struct! {
    /// An address in a mode; all are flat.
    pub(super) struct ADDRESS64 { Offset: u64, Segment: u16, Mode: u32 }

    /// What a walk has come to: the part that it fills. In the header, members for others and for kernel debuggers follow.
    pub(super) struct STACKFRAME64 {
        AddrPC: ADDRESS64,
        AddrReturn: ADDRESS64,
        AddrFrame: ADDRESS64,
        AddrStack: ADDRESS64,
        AddrBStore: ADDRESS64,
        FuncTableEntry: u64,
        Params: [u64; 4],
        Far: u32,
        Virtual: u32,
    }
}

/// What a program has set for the symbols of its process.
struct Symbols {
    options: AtomicU32,
    initialized: AtomicBool,
}

impl Default for Symbols {
    fn default() -> Self {
        Self { options: AtomicU32::new(FIRST_OPTIONS), initialized: AtomicBool::new(false) }
    }
}

impl ProcessState for Symbols {
    const SLOT: usize = state::process::SYMBOLS;
}

fn flat(offset: u64) -> ADDRESS64 {
    ADDRESS64 { Offset: offset, Segment: 0, Mode: MODE_FLAT }
}

/// Tells of the frame that the context is in, and turns the context into that of its caller; false where the walk has ended.
fn walk(cx: &Cx, machine: u32, frame: Ptr<STACKFRAME64>, at: PCONTEXT) -> Win32Result<bool> {
    if machine != MACHINE_AMD64 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let own = CONTEXT::read(at.0)?;
    if own.Rip == 0 {
        return Ok(false);
    }
    let mut caller = own;
    let entry = cx.lookup_function(own.Rip);
    let unwound = match &entry {
        Some(entry) => cx.virtual_unwind(entry, own.Rip, &mut caller).is_ok(),
        None => unwind_leaf(&mut caller).is_ok(),
    };
    // Stacks grow: what does not lead upwards leads nowhere.
    if !unwound || caller.rsp() <= own.rsp() {
        caller.Rip = 0;
    }
    frame.write(&STACKFRAME64 {
        AddrPC: flat(own.Rip),
        AddrReturn: flat(caller.Rip),
        AddrFrame: flat(own.integer[abi::register::RBP]),
        AddrStack: flat(own.rsp()),
        AddrBStore: ADDRESS64::default(),
        FuncTableEntry: entry.map_or(0, |entry| entry.address),
        Params: [0; 4],
        Far: 0,
        Virtual: 1,
    })?;
    caller.write(at.0)?;
    Ok(true)
}

/// Goes one frame up a stack: from that of the context, which it tells of, to its caller's.
#[shim(
    partial = "this process's memory and tables are used; the routines given are not called, and parameters are not told"
)]
pub(super) fn StackWalk64(
    cx: &Cx,
    MachineType: u32,
    hProcess: HANDLE,
    hThread: HANDLE,
    StackFrame: Ptr<STACKFRAME64>,
    ContextRecord: PCONTEXT,
    ReadMemoryRoutine: Ptr<u8>,
    FunctionTableAccessRoutine: Ptr<u8>,
    GetModuleBaseRoutine: Ptr<u8>,
    TranslateAddress: Ptr<u8>,
) -> Win32Result<bool> {
    let _ = (hProcess, hThread, ReadMemoryRoutine, FunctionTableAccessRoutine, GetModuleBaseRoutine, TranslateAddress);
    walk(cx, MachineType, StackFrame, ContextRecord)
}

/// Goes one frame up a stack, as [`StackWalk64`]; functions that are inlined are not told of.
#[shim(
    partial = "this process's memory and tables are used; the routines given are not called; inlined functions are not told of"
)]
pub(super) fn StackWalkEx(
    cx: &Cx,
    MachineType: u32,
    hProcess: HANDLE,
    hThread: HANDLE,
    StackFrame: Ptr<STACKFRAME64>,
    ContextRecord: PCONTEXT,
    ReadMemoryRoutine: Ptr<u8>,
    FunctionTableAccessRoutine: Ptr<u8>,
    GetModuleBaseRoutine: Ptr<u8>,
    TranslateAddress: Ptr<u8>,
    Flags: u32,
) -> Win32Result<bool> {
    let _ = (hProcess, hThread, ReadMemoryRoutine, FunctionTableAccessRoutine, GetModuleBaseRoutine);
    let _ = (TranslateAddress, Flags);
    walk(cx, MachineType, StackFrame, ContextRecord)
}

/// Finds the entry of the function that an address is in.
#[shim(partial = "only this process's")]
pub(super) fn SymFunctionTableAccess64(cx: &Cx, hProcess: HANDLE, AddrBase: u64) -> Ptr<RUNTIME_FUNCTION> {
    let _ = hProcess;
    cx.lookup_function(AddrBase).map_or(Ptr::NULL, |entry| Ptr::at(entry.address))
}

/// Gives the base of the module that an address is in; 0 where there is none.
#[shim(partial = "only this process's")]
pub(super) fn SymGetModuleBase64(cx: &Cx, hProcess: HANDLE, qwAddr: u64) -> u64 {
    let _ = hProcess;
    cx.process.module_of(qwAddr).map_or(0, |module| module.base())
}

/// Gives the options that are set.
#[shim(full)]
pub(super) fn SymGetOptions(cx: &Cx) -> u32 {
    cx.process.state::<Symbols>().options.load(Ordering::Relaxed)
}

/// Sets options, and gives them.
#[shim(stub = "nothing depends on them")]
pub(super) fn SymSetOptions(cx: &Cx, SymOptions: u32) -> u32 {
    cx.process.state::<Symbols>().options.store(SymOptions, Ordering::Relaxed);
    SymOptions
}

/// Begins: a process can do so once, until it cleans up.
fn initialize(cx: &Cx) -> Win32Result<()> {
    match cx.process.state::<Symbols>().initialized.swap(true, Ordering::Relaxed) {
        false => Ok(()),
        true => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Begins to use symbols.
#[shim(stub = "no symbols are read")]
pub(super) fn SymInitialize(cx: &Cx, hProcess: HANDLE, UserSearchPath: PCSTR, fInvadeProcess: bool) -> Win32Result<()> {
    let _ = (hProcess, UserSearchPath, fInvadeProcess);
    initialize(cx)
}

/// Begins to use symbols.
#[shim(stub = "no symbols are read")]
pub(super) fn SymInitializeW(
    cx: &Cx,
    hProcess: HANDLE,
    UserSearchPath: PCWSTR,
    fInvadeProcess: bool,
) -> Win32Result<()> {
    let _ = (hProcess, UserSearchPath, fInvadeProcess);
    initialize(cx)
}

/// Ends the use of symbols.
#[shim(full)]
pub(super) fn SymCleanup(cx: &Cx, hProcess: HANDLE) -> Win32Result<()> {
    let _ = hProcess;
    match cx.process.state::<Symbols>().initialized.swap(false, Ordering::Relaxed) {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
    }
}

/// What is said of every symbol and line.
fn none_there() -> Win32Result<()> {
    Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND.into())
}

/// Finds the symbol at an address.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymFromAddr(hProcess: HANDLE, Address: u64, Displacement: Out<u64>, Symbol: Ptr<u8>) -> Win32Result<()> {
    let _ = (hProcess, Address, Displacement, Symbol);
    none_there()
}

/// Finds the symbol at an address.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymFromAddrW(hProcess: HANDLE, Address: u64, Displacement: Out<u64>, Symbol: Ptr<u8>) -> Win32Result<()> {
    let _ = (hProcess, Address, Displacement, Symbol);
    none_there()
}

/// Finds the symbol of a function, inlined or not, at an address.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymFromInlineContextW(
    hProcess: HANDLE,
    Address: u64,
    InlineContext: u32,
    Displacement: Out<u64>,
    Symbol: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hProcess, Address, InlineContext, Displacement, Symbol);
    none_there()
}

/// Finds the source line of an address.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymGetLineFromAddr64(
    hProcess: HANDLE,
    qwAddr: u64,
    pdwDisplacement: Out<u32>,
    Line64: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hProcess, qwAddr, pdwDisplacement, Line64);
    none_there()
}

/// Finds the source line of an address.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymGetLineFromAddrW64(
    hProcess: HANDLE,
    dwAddr: u64,
    pdwDisplacement: Out<u32>,
    Line: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hProcess, dwAddr, pdwDisplacement, Line);
    none_there()
}

/// Finds the source line of an address in a function, inlined or not.
#[shim(stub = "no symbols are read: there is none")]
pub(super) fn SymGetLineFromInlineContextW(
    hProcess: HANDLE,
    dwAddr: u64,
    InlineContext: u32,
    qwModuleBaseAddress: u64,
    pdwDisplacement: Out<u32>,
    Line: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hProcess, dwAddr, InlineContext, qwModuleBaseAddress, pdwDisplacement, Line);
    none_there()
}

/// Says how many functions are inlined at an address.
#[shim(stub = "no symbols are read: none is known")]
pub(super) fn SymAddrIncludeInlineTrace(hProcess: HANDLE, Address: u64) -> u32 {
    let _ = (hProcess, Address);
    0
}

/// Says which functions are inlined at an address.
#[shim(stub = "no symbols are read: none is known")]
pub(super) fn SymQueryInlineTrace(
    hProcess: HANDLE,
    StartAddress: u64,
    StartContext: u32,
    StartRetAddress: u64,
    CurAddress: u64,
    CurContext: Out<u32>,
    CurFrameIndex: Out<u32>,
) -> Win32Result<()> {
    let _ = (hProcess, StartAddress, StartContext, StartRetAddress, CurAddress, CurContext, CurFrameIndex);
    none_there()
}

/// Calls a function for each module that is loaded.
#[shim(stub = "the function is not called")]
pub(super) fn EnumerateLoadedModulesW64(
    hProcess: HANDLE,
    EnumLoadedModulesCallback: Ptr<u8>,
    UserContext: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (hProcess, EnumLoadedModulesCallback, UserContext);
    Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())
}

/// Gives the folders that symbols are looked for in.
#[shim(stub = "no symbols are read: there are none")]
pub(super) fn SymGetSearchPathW(hProcess: HANDLE, SearchPathA: PWSTR, SearchPathLength: u32) -> Win32Result<()> {
    let _ = (hProcess, SearchPathA, SearchPathLength);
    Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())
}

/// Sets the folders that symbols are looked for in.
#[shim(stub = "no symbols are read, wherever they are")]
pub(super) fn SymSetSearchPathW(hProcess: HANDLE, SearchPathA: PCWSTR) -> Win32Result<()> {
    let _ = (hProcess, SearchPathA);
    Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())
}
