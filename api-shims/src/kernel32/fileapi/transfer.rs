//! Reading, writing, position, size.

use abi::{Buffer, HANDLE, InOut, Invalid, NTSTATUS, NtResult, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{At, File, Medium, SeekFrom};

use crate::kernel32::structs::OVERLAPPED;

abi::choices! {
    /// From where a position is counted.
    pub(in crate::kernel32) struct MOVE_METHOD: u32 {
        FILE_BEGIN = 0;
        FILE_CURRENT = 1;
        FILE_END = 2;
    }

    /// What is behind a handle.
    pub(in crate::kernel32) struct FILE_TYPE: u32 {
        FILE_TYPE_UNKNOWN = 0;
        FILE_TYPE_DISK = 1;
        FILE_TYPE_CHAR = 2;
        FILE_TYPE_PIPE = 3;
    }
}

/// `INVALID_SET_FILE_POINTER` and `INVALID_FILE_SIZE`.
const INVALID: u32 = u32::MAX;

/// Runs `work` on the file of a handle.
pub(in crate::kernel32) fn with_file<R>(
    cx: &Cx,
    handle: HANDLE,
    work: impl FnOnce(&File) -> NtResult<R>,
) -> Win32Result<R> {
    // A reference of our own: the work may take long, and others use the handle meanwhile.
    Ok(work(&*cx.process.handles.get::<File>(handle, 0)?)?)
}

/// Makes what was written last.
#[shim(full)]
pub(in crate::kernel32) fn FlushFileBuffers(cx: &Cx, hFile: HANDLE) -> Win32Result<()> {
    with_file(cx, hFile, File::flush)
}

/// Gives the low half of a file's size, and the high one if asked.
#[shim(full)]
pub(in crate::kernel32) fn GetFileSize(cx: &Cx, hFile: HANDLE, lpFileSizeHigh: Out<u32>) -> Win32Result<Invalid<u32>> {
    let size = with_file(cx, hFile, File::size)?;
    lpFileSizeHigh.set_opt((size >> 32) as u32)?;
    if size as u32 == INVALID {
        // Documented: the caller tells this size from a failure by the last error.
        cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    }
    Ok(Invalid(size as u32))
}

/// Gives a file's size in bytes.
#[shim(full)]
pub(in crate::kernel32) fn GetFileSizeEx(cx: &Cx, hFile: HANDLE, lpFileSize: Out<i64>) -> Win32Result<()> {
    let size = with_file(cx, hFile, File::size)?;
    Ok(lpFileSize.set(size as i64)?)
}

/// Says what is behind a handle.
#[shim(full)]
pub(in crate::kernel32) fn GetFileType(cx: &Cx, hFile: HANDLE) -> Win32Result<FILE_TYPE> {
    let kind = with_file(cx, hFile, |file| {
        Ok(match file.medium() {
            Medium::Disk | Medium::Directory | Medium::Volume => FILE_TYPE::FILE_TYPE_DISK,
            Medium::Character | Medium::Console(..) => FILE_TYPE::FILE_TYPE_CHAR,
            Medium::Pipe => FILE_TYPE::FILE_TYPE_PIPE,
        })
    })?;
    cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    Ok(kind)
}

/// Locks a range of a file against other handles.
#[shim(partial = "other processes are not kept out")]
pub(in crate::kernel32) fn LockFile(
    cx: &Cx,
    hFile: HANDLE,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
) -> Win32Result<()> {
    let (start, len) = range(dwFileOffsetLow, dwFileOffsetHigh, nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
    with_file(cx, hFile, |file| file.lock(start, len, true, false))
}

/// Unlocks a range of a file.
#[shim(partial = "other processes were not kept out")]
pub(in crate::kernel32) fn UnlockFile(
    cx: &Cx,
    hFile: HANDLE,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
) -> Win32Result<()> {
    let (start, len) = range(dwFileOffsetLow, dwFileOffsetHigh, nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh);
    with_file(cx, hFile, |file| file.unlock(start, len))
}

fn range(start_low: u32, start_high: u32, len_low: u32, len_high: u32) -> (u64, u64) {
    let join = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
    (join(start_low, start_high), join(len_low, len_high))
}

/// Reads from a file, pipe or device.
#[shim(partial = "an overlapped read is done before the call returns")]
pub(in crate::kernel32) fn ReadFile(
    cx: &Cx,
    hFile: HANDLE,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToRead: u32,
    lpNumberOfBytesRead: Out<u32>,
    lpOverlapped: Ptr<OVERLAPPED>,
) -> Win32Result<()> {
    let buffer = Buffer::new(lpBuffer, nNumberOfBytesToRead as usize);
    let done = transfer(cx, hFile, lpNumberOfBytesRead, lpOverlapped, |file, at| file.read(buffer, at));
    match done {
        // At its end a file reads nothing; only an overlapped read is told.
        Err(NTSTATUS::STATUS_END_OF_FILE) if lpOverlapped.is_null() => Ok(()),
        done => Ok(done?),
    }
}

/// Writes to a file, pipe or device.
#[shim(partial = "an overlapped write is done before the call returns")]
pub(in crate::kernel32) fn WriteFile(
    cx: &Cx,
    hFile: HANDLE,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToWrite: u32,
    lpNumberOfBytesWritten: Out<u32>,
    lpOverlapped: Ptr<OVERLAPPED>,
) -> Win32Result<()> {
    let buffer = Buffer::new(lpBuffer, nNumberOfBytesToWrite as usize);
    Ok(transfer(cx, hFile, lpNumberOfBytesWritten, lpOverlapped, |file, at| file.write(buffer, at))?)
}

fn transfer(
    cx: &Cx,
    handle: HANDLE,
    done: Out<u32>,
    overlapped: Ptr<OVERLAPPED>,
    work: impl FnOnce(&File, At) -> NtResult<usize>,
) -> NtResult<()> {
    done.set_opt(0)?;
    let Some(overlapped) = overlapped.opt() else {
        let count = work(&*cx.process.handles.get::<File>(handle, 0)?, At::Position)?;
        return Ok(done.set_opt(count as u32)?);
    };
    let mut request = overlapped.read()?;
    let at = match u64::from(request.OffsetHigh) << 32 | u64::from(request.Offset) {
        u64::MAX => At::End,
        offset => At::Offset(offset),
    };
    let file = cx.process.handles.get::<File>(handle, 0)?;
    let result = work(&file, at);
    let status = result.err().unwrap_or(NTSTATUS::STATUS_SUCCESS);
    request.Internal = u64::from(status.0) as usize;
    request.InternalHigh = *result.as_ref().unwrap_or(&0);
    overlapped.write(&request)?;
    if !request.hEvent.is_null() {
        cx.process.handles.with::<syscall_xlate::sync::Event, _>(request.hEvent, 0, |event| event.set())?;
    }
    file.completed(request.context(overlapped.address()), status, request.InternalHigh as u64);
    Ok(done.set_opt(result? as u32)?)
}

/// Makes a file end at its current position.
#[shim(full)]
pub(in crate::kernel32) fn SetEndOfFile(cx: &Cx, hFile: HANDLE) -> Win32Result<()> {
    with_file(cx, hFile, |file| file.set_end(file.position()?))
}

/// Moves a file's position; gives its low half, and the high one where it was passed in.
#[shim(full)]
pub(in crate::kernel32) fn SetFilePointer(
    cx: &Cx,
    hFile: HANDLE,
    lDistanceToMove: i32,
    lpDistanceToMoveHigh: InOut<i32>,
    dwMoveMethod: MOVE_METHOD,
) -> Win32Result<Invalid<u32>> {
    let distance = match lpDistanceToMoveHigh.opt() {
        Some(high) => i64::from(high.read()?) << 32 | i64::from(lDistanceToMove as u32),
        None => i64::from(lDistanceToMove),
    };
    let position = moved(cx, hFile, distance, dwMoveMethod)?;
    match lpDistanceToMoveHigh.opt() {
        Some(high) => high.set((position >> 32) as i32)?,
        None if position > u64::from(INVALID) => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
        None => {}
    }
    // Documented: the caller tells -1 from a failure by the last error.
    cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    Ok(Invalid(position as u32))
}

/// Moves a file's position.
#[shim(full)]
pub(in crate::kernel32) fn SetFilePointerEx(
    cx: &Cx,
    hFile: HANDLE,
    liDistanceToMove: i64,
    lpNewFilePointer: Out<i64>,
    dwMoveMethod: MOVE_METHOD,
) -> Win32Result<()> {
    let position = moved(cx, hFile, liDistanceToMove, dwMoveMethod)?;
    Ok(lpNewFilePointer.set_opt(position as i64)?)
}

fn moved(cx: &Cx, handle: HANDLE, distance: i64, method: MOVE_METHOD) -> Win32Result<u64> {
    let from = match method {
        MOVE_METHOD::FILE_BEGIN => SeekFrom::Start,
        MOVE_METHOD::FILE_CURRENT => SeekFrom::Current,
        MOVE_METHOD::FILE_END => SeekFrom::End,
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
    let position = cx.process.handles.with::<File, _>(handle, 0, |file| file.seek(distance, from))?;
    Ok(position.map_err(|status| match status {
        NTSTATUS::STATUS_INVALID_PARAMETER => WIN32_ERROR::ERROR_NEGATIVE_SEEK,
        status => status.into(),
    })?)
}
