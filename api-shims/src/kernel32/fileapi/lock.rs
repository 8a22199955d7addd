//! Locking ranges of files.

use abi::{HANDLE, In, InOut, NTSTATUS, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use super::transfer::with_file;
use crate::kernel32::structs::OVERLAPPED;

abi::flags! {
    /// How a range is locked.
    pub(in crate::kernel32) struct LOCK_FILE_FLAGS: u32 {
        LOCKFILE_FAIL_IMMEDIATELY = 0x1;
        LOCKFILE_EXCLUSIVE_LOCK = 0x2;
    }
}

/// Locks a range of a file against other handles, waiting for it if need be.
#[shim(partial = "other processes are not kept out; an overlapped request waits too")]
pub(in crate::kernel32) fn LockFileEx(
    cx: &Cx,
    hFile: HANDLE,
    dwFlags: LOCK_FILE_FLAGS,
    dwReserved: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
    lpOverlapped: In<OVERLAPPED>,
) -> Win32Result<()> {
    check(dwReserved)?;
    let wait = !dwFlags.contains(LOCK_FILE_FLAGS::LOCKFILE_FAIL_IMMEDIATELY);
    let exclusive = dwFlags.contains(LOCK_FILE_FLAGS::LOCKFILE_EXCLUSIVE_LOCK);
    let request = lpOverlapped.read()?;
    let context = request.context(lpOverlapped.address());
    let start = start(request);
    let len = u64::from(nNumberOfBytesToLockHigh) << 32 | u64::from(nNumberOfBytesToLockLow);
    with_file(cx, hFile, |file| {
        file.lock(start, len, exclusive, wait)?;
        file.completed(context, NTSTATUS::STATUS_SUCCESS, 0);
        Ok(())
    })
}

/// Unlocks a range of a file.
#[shim(partial = "other processes were not kept out")]
pub(in crate::kernel32) fn UnlockFileEx(
    cx: &Cx,
    hFile: HANDLE,
    dwReserved: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
    lpOverlapped: InOut<OVERLAPPED>,
) -> Win32Result<()> {
    check(dwReserved)?;
    let start = start(lpOverlapped.read()?);
    let len = u64::from(nNumberOfBytesToUnlockHigh) << 32 | u64::from(nNumberOfBytesToUnlockLow);
    with_file(cx, hFile, |file| file.unlock(start, len))
}

fn check(reserved: u32) -> Win32Result<()> {
    if reserved == 0 { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

fn start(request: OVERLAPPED) -> u64 {
    u64::from(request.OffsetHigh) << 32 | u64::from(request.Offset)
}
