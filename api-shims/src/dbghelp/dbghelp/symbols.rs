//! dbghelp.h: symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{HANDLE, Out, PCSTR, PCWSTR, PSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use loader::symbols::undecorated;
use syscall_xlate::Cx;
use syscall_xlate::ProcessState;
use syscall_xlate::symbols::Symbol;

use crate::{state, text};

/// `SYMFLAG_FUNCTION`
const FUNCTION: u32 = 0x800;
/// `SymTagFunction`
const TAG_FUNCTION: u32 = 5;
/// Where a symbol's name begins in `SYMBOL_INFO`, and the bytes in front that are read and written as a whole.
const NAME: u64 = 84;
/// `SYMOPT_UNDNAME`, the option that is set at first.
const FIRST_OPTIONS: u32 = 2;
/// `UNDNAME_NAME_ONLY`
const NAME_ONLY: u32 = 0x1000;

abi::guest_struct! {
    /// A symbol, without its name.
    pub(in crate::dbghelp) struct SYMBOL_INFO {
        SizeOfStruct: u32,
        TypeIndex: u32,
        Reserved: [u64; 2],
        Index: u32,
        Size: u32,
        ModBase: u64,
        Flags: u32,
        Value: u64,
        Address: u64,
        Register: u32,
        Scope: u32,
        Tag: u32,
        NameLen: u32,
        MaxNameLen: u32,
        Name: u32,
    }

    /// A line.
    pub(in crate::dbghelp) struct IMAGEHLP_LINE64 {
        SizeOfStruct: u32,
        Key: Ptr<u8>,
        LineNumber: u32,
        FileName: Ptr<u8>,
        Address: u64,
    }
}

/// Who has asked for symbols.
#[derive(Default)]
struct Sessions(Mutex<State>);

struct State {
    options: u32,
    /// Those that have not been ended, by the handles that the program calls them by: whether all modules count as loaded.
    open: BTreeMap<u64, bool>,
    /// Bases of modules that were loaded one by one.
    loaded: BTreeSet<(u64, u64)>,
    /// Names of source files that programs have pointers to.
    files: BTreeMap<Vec<u8>, Box<[u8]>>,
}

impl Default for State {
    fn default() -> Self {
        Self { options: FIRST_OPTIONS, open: BTreeMap::new(), loaded: BTreeSet::new(), files: BTreeMap::new() }
    }
}

impl ProcessState for Sessions {
    const SLOT: usize = state::process::DEBUG_HELP;
}

fn sessions<'a>(cx: &'a Cx<'_>) -> MutexGuard<'a, State> {
    cx.process.state::<Sessions>().0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the options.
#[shim(partial = "no option changes anything: names are always undecorated")]
pub(in crate::dbghelp) fn SymGetOptions(cx: &Cx) -> u32 {
    sessions(cx).options
}

/// Sets the options.
#[shim(partial = "no option changes anything: names are always undecorated")]
pub(in crate::dbghelp) fn SymSetOptions(cx: &Cx, SymOptions: u32) -> u32 {
    sessions(cx).options = SymOptions;
    SymOptions
}

/// Begins a session.
#[shim(
    partial = "of the caller's own process only; symbols are looked for beside the module and where it was linked, not on the path"
)]
pub(in crate::dbghelp) fn SymInitialize(
    cx: &Cx,
    hProcess: HANDLE,
    UserSearchPath: PCSTR,
    fInvadeProcess: bool,
) -> Win32Result<()> {
    let _ = UserSearchPath;
    begin(cx, hProcess, fInvadeProcess)
}

/// Begins a session.
#[shim(
    partial = "of the caller's own process only; symbols are looked for beside the module and where it was linked, not on the path"
)]
pub(in crate::dbghelp) fn SymInitializeW(
    cx: &Cx,
    hProcess: HANDLE,
    UserSearchPath: PCWSTR,
    fInvadeProcess: bool,
) -> Win32Result<()> {
    let _ = UserSearchPath;
    begin(cx, hProcess, fInvadeProcess)
}

fn begin(cx: &Cx, process: HANDLE, invade: bool) -> Win32Result<()> {
    let mut state = sessions(cx);
    if state.open.contains_key(&process.0) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    state.open.insert(process.0, invade);
    Ok(())
}

/// Ends a session.
#[shim(full)]
pub(in crate::dbghelp) fn SymCleanup(cx: &Cx, hProcess: HANDLE) -> Win32Result<()> {
    let mut state = sessions(cx);
    state.loaded.retain(|&(process, _)| process != hProcess.0);
    match state.open.remove(&hProcess.0) {
        Some(_) => Ok(()),
        None => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
    }
}

/// Has all modules of the process count as loaded.
#[shim(full)]
pub(in crate::dbghelp) fn SymRefreshModuleList(cx: &Cx, hProcess: HANDLE) -> Win32Result<()> {
    match sessions(cx).open.get_mut(&hProcess.0) {
        Some(invaded) => {
            *invaded = true;
            Ok(())
        }
        None => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
    }
}

/// Loads the symbols of a module.
#[shim(partial = "of modules that the process has, by their address")]
pub(in crate::dbghelp) fn SymLoadModule64(
    cx: &Cx,
    hProcess: HANDLE,
    hFile: HANDLE,
    ImageName: PCSTR,
    ModuleName: PCSTR,
    BaseOfDll: u64,
    SizeOfDll: u32,
) -> Win32Result<u64> {
    let _ = (hFile, ImageName, ModuleName, SizeOfDll);
    load(cx, hProcess, BaseOfDll)
}

/// Loads the symbols of a module.
#[shim(partial = "of modules that the process has, by their address")]
pub(in crate::dbghelp) fn SymLoadModuleEx(
    cx: &Cx,
    hProcess: HANDLE,
    hFile: HANDLE,
    ImageName: PCSTR,
    ModuleName: PCSTR,
    BaseOfDll: u64,
    DllSize: u32,
    Data: Ptr<u8>,
    Flags: u32,
) -> Win32Result<u64> {
    let _ = (hFile, ImageName, ModuleName, DllSize, Data, Flags);
    load(cx, hProcess, BaseOfDll)
}

/// Loads the symbols of a module.
#[shim(partial = "of modules that the process has, by their address")]
pub(in crate::dbghelp) fn SymLoadModuleExW(
    cx: &Cx,
    hProcess: HANDLE,
    hFile: HANDLE,
    ImageName: PCWSTR,
    ModuleName: PCWSTR,
    BaseOfDll: u64,
    DllSize: u32,
    Data: Ptr<u8>,
    Flags: u32,
) -> Win32Result<u64> {
    let _ = (hFile, ImageName, ModuleName, DllSize, Data, Flags);
    load(cx, hProcess, BaseOfDll)
}

/// Gives the base, or 0 without an error when the module was loaded before.
fn load(cx: &Cx, process: HANDLE, base: u64) -> Win32Result<u64> {
    let known = base != 0 && cx.process.module_at(base).is_some();
    let mut state = sessions(cx);
    match state.open.get(&process.0) {
        None => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
        Some(_) if !known => Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND.into()),
        Some(true) => Ok(0),
        Some(false) => Ok(if state.loaded.insert((process.0, base)) { base } else { 0 }),
    }
}

/// What is at an address, in a module that counts as loaded, and the module's base.
fn find(cx: &Cx, process: HANDLE, address: u64) -> Win32Result<(Symbol, u64)> {
    let module = cx.process.module_of(address);
    let loaded = |state: &State, base: u64| match state.open.get(&process.0) {
        None => Err(WIN32_ERROR::ERROR_INVALID_HANDLE),
        Some(all) if *all || state.loaded.contains(&(process.0, base)) => Ok(()),
        Some(_) => Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND),
    };
    let base = module.map_or(0, |module| module.base());
    loaded(&sessions(cx), base)?;
    if base == 0 {
        return Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND.into());
    }
    Ok((cx.symbol_at(address).ok_or(WIN32_ERROR::ERROR_INVALID_ADDRESS)?, base))
}

/// Tells of the function that an address is in, with its name in units of `T`.
fn from_address<T: abi::Guest + Clone + Default>(
    cx: &Cx,
    process: HANDLE,
    address: u64,
    displacement: Out<u64>,
    symbol: Ptr<SYMBOL_INFO>,
    units: impl FnOnce(&str) -> Vec<T>,
) -> Win32Result<()> {
    let info = symbol.read()?;
    let (found, base) = find(cx, process, address)?;
    let mut name = units(&found.name);
    let len = name.len() as u32;
    // The room counts the closing zero.
    name.truncate((info.MaxNameLen as usize).saturating_sub(1));
    displacement.set_opt(found.offset.into())?;
    symbol.write(&SYMBOL_INFO {
        TypeIndex: 0,
        Reserved: [0; 2],
        Index: 0,
        Size: 0,
        ModBase: base,
        Flags: FUNCTION,
        Value: 0,
        Address: address - u64::from(found.offset),
        Register: 0,
        Scope: 0,
        Tag: TAG_FUNCTION,
        NameLen: len,
        ..info
    })?;
    if info.MaxNameLen != 0 {
        name.push(T::default());
        Ptr::<T>::at(symbol.address().wrapping_add(NAME)).write_slice(&name)?;
    }
    Ok(())
}

/// Tells of the function that an address is in.
#[shim(partial = "functions only; without their sizes and types; the name is undecorated")]
pub(in crate::dbghelp) fn SymFromAddr(
    cx: &Cx,
    hProcess: HANDLE,
    Address: u64,
    Displacement: Out<u64>,
    Symbol: Ptr<SYMBOL_INFO>,
) -> Win32Result<()> {
    from_address(cx, hProcess, Address, Displacement, Symbol, |name| text::to_ansi(cx, &text::wide(name)))
}

/// Tells of the function that an address is in.
#[shim(partial = "functions only; without their sizes and types; the name is undecorated")]
pub(in crate::dbghelp) fn SymFromAddrW(
    cx: &Cx,
    hProcess: HANDLE,
    Address: u64,
    Displacement: Out<u64>,
    Symbol: Ptr<SYMBOL_INFO>,
) -> Win32Result<()> {
    from_address(cx, hProcess, Address, Displacement, Symbol, text::wide)
}

/// Tells of the function that an address is in.
#[shim(
    partial = "functions only, not those expanded into others; without their sizes and types; the name is undecorated"
)]
pub(in crate::dbghelp) fn SymFromInlineContextW(
    cx: &Cx,
    hProcess: HANDLE,
    Address: u64,
    InlineContext: u32,
    Displacement: Out<u64>,
    Symbol: Ptr<SYMBOL_INFO>,
) -> Win32Result<()> {
    let _ = InlineContext;
    from_address(cx, hProcess, Address, Displacement, Symbol, text::wide)
}

/// Tells the source line of an address. `bytes` makes the bytes of the file's name.
fn line_of(
    cx: &Cx,
    process: HANDLE,
    address: u64,
    displacement: Out<u32>,
    line: Ptr<IMAGEHLP_LINE64>,
    bytes: impl FnOnce(&str) -> Vec<u8>,
) -> Win32Result<()> {
    let info = line.read()?;
    let (found, _) = find(cx, process, address)?;
    let (file, number) = found.line.ok_or(WIN32_ERROR::ERROR_INVALID_ADDRESS)?;
    let bytes = bytes(&file);
    // It stays where it is for as long as the process is there.
    let name = sessions(cx).files.entry(bytes.clone()).or_insert_with(|| bytes.into()).as_ptr() as u64;
    displacement.set(0)?;
    Ok(line.write(&IMAGEHLP_LINE64 { LineNumber: number, FileName: Ptr::at(name), Address: address, ..info })?)
}

/// Tells the source line of an address.
#[shim(partial = "the line counts as beginning at the address; the file is named as the compiler knew it")]
pub(in crate::dbghelp) fn SymGetLineFromAddr64(
    cx: &Cx,
    hProcess: HANDLE,
    qwAddr: u64,
    pdwDisplacement: Out<u32>,
    Line64: Ptr<IMAGEHLP_LINE64>,
) -> Win32Result<()> {
    line_of(cx, hProcess, qwAddr, pdwDisplacement, Line64, |file| {
        let mut bytes = text::to_ansi(cx, &text::wide(file));
        bytes.push(0);
        bytes
    })
}

/// Tells the source line of an address.
#[shim(partial = "the line counts as beginning at the address; the file is named as the compiler knew it")]
pub(in crate::dbghelp) fn SymGetLineFromAddrW64(
    cx: &Cx,
    hProcess: HANDLE,
    dwAddr: u64,
    pdwDisplacement: Out<u32>,
    Line: Ptr<IMAGEHLP_LINE64>,
) -> Win32Result<()> {
    line_of(cx, hProcess, dwAddr, pdwDisplacement, Line, wide_bytes)
}

/// Text in UTF-16 with its closing zero.
fn wide_bytes(text: &str) -> Vec<u8> {
    text::wide(text).into_iter().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Tells the source line of an address.
#[shim(
    partial = "of the function that was called, not of one expanded into it; the line counts as beginning at the address; the file is named as the compiler knew it"
)]
pub(in crate::dbghelp) fn SymGetLineFromInlineContextW(
    cx: &Cx,
    hProcess: HANDLE,
    dwAddr: u64,
    InlineContext: u32,
    qwModuleBaseAddress: u64,
    pdwDisplacement: Out<u32>,
    Line: Ptr<IMAGEHLP_LINE64>,
) -> Win32Result<()> {
    let _ = (InlineContext, qwModuleBaseAddress);
    line_of(cx, hProcess, dwAddr, pdwDisplacement, Line, wide_bytes)
}

/// Gives a name of Visual C++'s as it was written; others as they are.
#[shim(partial = "of the flags only UNDNAME_NAME_ONLY counts")]
pub(in crate::dbghelp) fn UnDecorateSymbolName(
    cx: &Cx,
    name: PCSTR,
    outputString: PSTR,
    maxStringLength: u32,
    flags: u32,
) -> Win32Result<u32> {
    let _ = cx;
    let decorated = name.read()?;
    if maxStringLength == 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let text = String::from_utf8_lossy(&decorated).into_owned();
    let mut bytes = undecorated(&text, flags & NAME_ONLY != 0).map_or(decorated.to_vec(), String::into_bytes);
    bytes.truncate(maxStringLength as usize - 1);
    outputString.write_z(&bytes)?;
    Ok(bytes.len() as u32)
}
