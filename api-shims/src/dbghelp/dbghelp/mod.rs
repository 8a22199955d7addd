//! dbghelp.h: images, stacks, symbols; here what there is none of.

pub(super) mod image;
pub(super) mod stack;
pub(super) mod symbols;

use abi::{HANDLE, Out, PCWSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};

/// Says how many functions are inlined at an address.
#[shim(stub = "functions expanded into others are not told of: none is known")]
pub(super) fn SymAddrIncludeInlineTrace(hProcess: HANDLE, Address: u64) -> u32 {
    let _ = (hProcess, Address);
    0
}

/// Says which functions are inlined at an address.
#[shim(stub = "functions expanded into others are not told of: none is known")]
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
    Err(WIN32_ERROR::ERROR_MOD_NOT_FOUND.into())
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
#[shim(stub = "symbols are looked for beside the module and where it was linked: there are no others")]
pub(super) fn SymGetSearchPathW(hProcess: HANDLE, SearchPathA: PWSTR, SearchPathLength: u32) -> Win32Result<()> {
    let _ = (hProcess, SearchPathA, SearchPathLength);
    Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())
}

/// Sets the folders that symbols are looked for in.
#[shim(stub = "symbols are looked for beside the module and where it was linked: there are no others")]
pub(super) fn SymSetSearchPathW(hProcess: HANDLE, SearchPathA: PCWSTR) -> Win32Result<()> {
    let _ = (hProcess, SearchPathA);
    Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())
}
