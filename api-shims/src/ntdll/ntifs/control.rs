//! Control codes, and locks on ranges of files.

use abi::{BOOLEAN, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{FILE_READ_DATA, FILE_WRITE_DATA, File};

use crate::files::{self, CONTROL_CODE, Control};
use crate::ntdll::ntioapi::{IO_STATUS_BLOCK, Told};

/// Asks a file system for something of its own.
#[shim(partial = "links, holes, allocated ranges and a look into a pipe; done before the call returns")]
pub(in crate::ntdll) fn NtFsControlFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FsControlCode: CONTROL_CODE,
    InputBuffer: Ptr<u8>,
    InputBufferLength: u32,
    OutputBuffer: Ptr<u8>,
    OutputBufferLength: u32,
) -> NTSTATUS {
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let input = (InputBuffer, InputBufferLength as usize);
    let output = (OutputBuffer, OutputBufferLength as usize);
    control(cx, FileHandle, &told, &Control { code: FsControlCode, input, output })
}

/// What both services of this kind do.
pub(in crate::ntdll) fn control(cx: &Cx, handle: HANDLE, told: &Told, request: &Control) -> NTSTATUS {
    let work = || -> NtResult<NTSTATUS> {
        let file = cx.process.handles.get::<File>(handle, 0)?;
        told.begin(cx)?;
        let (status, bytes) = files::control(cx, &file, request);
        told.end(cx, &file, status, bytes)
    };
    work().unwrap_or_else(|status| status)
}

/// Locks a range of a file against other handles, waiting for it if need be.
#[shim(partial = "other processes are not kept out; keys do not tell locks apart; done before the call returns")]
pub(in crate::ntdll) fn NtLockFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    ByteOffset: Ptr<i64>,
    Length: Ptr<i64>,
    Key: u32,
    FailImmediately: BOOLEAN,
    ExclusiveLock: BOOLEAN,
) -> NtResult<()> {
    let _ = Key;
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let (start, len) = (ByteOffset.read()? as u64, Length.read()? as u64);
    let file = lockable(cx, FileHandle)?;
    told.begin(cx)?;
    file.lock(start, len, ExclusiveLock.0, !FailImmediately.0)?;
    told.end(cx, &file, NTSTATUS::STATUS_SUCCESS, 0).map(drop)
}

/// Unlocks a range of a file.
#[shim(partial = "other processes were not kept out; keys do not tell locks apart")]
pub(in crate::ntdll) fn NtUnlockFile(
    cx: &Cx,
    FileHandle: HANDLE,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    ByteOffset: Ptr<i64>,
    Length: Ptr<i64>,
    Key: u32,
) -> NtResult<()> {
    let _ = Key;
    let (start, len) = (ByteOffset.read()? as u64, Length.read()? as u64);
    lockable(cx, FileHandle)?.unlock(start, len)?;
    Ok(IoStatusBlock.set(IO_STATUS_BLOCK { Status: 0, Information: 0 })?)
}

/// A file whose handle has the right to read or to write: one of them is enough.
fn lockable(cx: &Cx, handle: HANDLE) -> NtResult<std::sync::Arc<File>> {
    let handles = &cx.process.handles;
    handles.get::<File>(handle, FILE_READ_DATA).or_else(|_| handles.get::<File>(handle, FILE_WRITE_DATA))
}
