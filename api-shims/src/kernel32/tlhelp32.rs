//! tlhelp32.h: snapshots of what runs in the system. None is taken: programs look elsewhere, or do without.

use abi::{HANDLE, Invalid, Ptr, WIN32_ERROR, Win32Result, shim};

/// Takes a snapshot of processes, threads, heaps and modules.
#[shim(stub = "no snapshots are taken")]
pub(super) fn CreateToolhelp32Snapshot(dwFlags: u32, th32ProcessID: u32) -> Win32Result<Invalid<HANDLE>> {
    let _ = (dwFlags, th32ProcessID);
    Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into())
}

/// Gives the first module of a snapshot.
#[shim(stub = "there are no snapshots")]
pub(super) fn Module32FirstW(hSnapshot: HANDLE, lpme: Ptr<u8>) -> Win32Result<()> {
    let _ = (hSnapshot, lpme);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Gives the next module of a snapshot.
#[shim(stub = "there are no snapshots")]
pub(super) fn Module32NextW(hSnapshot: HANDLE, lpme: Ptr<u8>) -> Win32Result<()> {
    let _ = (hSnapshot, lpme);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}
