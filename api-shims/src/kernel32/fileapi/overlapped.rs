//! Reading and writing whose end is told by a call that is queued to the caller.

use abi::{Buffer, HANDLE, NTSTATUS, NtResult, Ptr, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{At, File};
use syscall_xlate::wait::Apc;

use crate::kernel32::structs::OVERLAPPED;

/// Reads from a file; a function is called when the caller waits alertably.
#[shim(partial = "done before the call returns")]
pub(in crate::kernel32) fn ReadFileEx(
    cx: &Cx,
    hFile: HANDLE,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToRead: u32,
    lpOverlapped: Ptr<OVERLAPPED>,
    lpCompletionRoutine: Ptr<u8>,
) -> Win32Result<()> {
    let buffer = Buffer::new(lpBuffer, nNumberOfBytesToRead as usize);
    Ok(transfer(cx, hFile, lpOverlapped, lpCompletionRoutine, |file, at| file.read(buffer, at))?)
}

/// Writes to a file; a function is called when the caller waits alertably.
#[shim(partial = "done before the call returns")]
pub(in crate::kernel32) fn WriteFileEx(
    cx: &Cx,
    hFile: HANDLE,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToWrite: u32,
    lpOverlapped: Ptr<OVERLAPPED>,
    lpCompletionRoutine: Ptr<u8>,
) -> Win32Result<()> {
    let buffer = Buffer::new(lpBuffer, nNumberOfBytesToWrite as usize);
    Ok(transfer(cx, hFile, lpOverlapped, lpCompletionRoutine, |file, at| file.write(buffer, at))?)
}

fn transfer(
    cx: &Cx,
    handle: HANDLE,
    overlapped: Ptr<OVERLAPPED>,
    routine: Ptr<u8>,
    work: impl FnOnce(&File, At) -> NtResult<usize>,
) -> NtResult<()> {
    let mut request = overlapped.read()?;
    let offset = u64::from(request.OffsetHigh) << 32 | u64::from(request.Offset);
    let at = if offset == u64::MAX { At::End } else { At::Offset(offset) };
    let file = cx.process.handles.get::<File>(handle, 0)?;
    // A file that waits for the end of its operations tells nobody of it.
    if file.is_synchronous() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let done = work(&file, at)?;
    (request.Internal, request.InternalHigh) = (NTSTATUS::STATUS_SUCCESS.0 as usize, done);
    overlapped.write(&request)?;
    let arguments = [0, done as u64, overlapped.address()];
    cx.thread.object().waiter().queue_apc(Apc { routine: routine.address(), arguments });
    Ok(())
}
