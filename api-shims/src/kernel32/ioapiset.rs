//! ioapiset.h: device control, completion ports.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::File;
use syscall_xlate::object::HandleFlags;
use syscall_xlate::sync::completion::{self, CompletionPort, Packet, Queue};
use syscall_xlate::sync::{event, thread};
use syscall_xlate::wait::{self, Timeout, Woken};

use super::structs::OVERLAPPED;
use super::synchapi::finish;
use crate::files::{self, CONTROL_CODE, Control};

abi::guest_struct! {
    /// A packet of a completion port.
    pub(super) struct OVERLAPPED_ENTRY {
        lpCompletionKey: usize,
        lpOverlapped: Ptr<OVERLAPPED>,
        Internal: usize,
        dwNumberOfBytesTransferred: u32,
    }
}

/// Takes back the operations on a file that the calling thread has begun.
#[shim(full)]
pub(super) fn CancelIo(cx: &Cx, hFile: HANDLE) -> Win32Result<()> {
    // None is under way: what is begun is done before its call returns.
    Ok(cx.process.handles.get::<File>(hFile, 0).map(drop)?)
}

/// Takes back operations on a file.
#[shim(partial = "a read that blocks another thread goes on")]
pub(super) fn CancelIoEx(cx: &Cx, hFile: HANDLE, lpOverlapped: Ptr<OVERLAPPED>) -> Win32Result<()> {
    let _ = lpOverlapped;
    cx.process.handles.get::<File>(hFile, 0)?;
    // What is begun is done before its call returns, and then there is nothing to take back (documented).
    Err(WIN32_ERROR::ERROR_NOT_FOUND.into())
}

/// Takes back the operation that a thread is in.
#[shim(partial = "an operation that blocks the thread goes on")]
pub(super) fn CancelSynchronousIo(cx: &Cx, hThread: HANDLE) -> Win32Result<()> {
    cx.thread_of(hThread, thread::TERMINATE)?;
    Err(WIN32_ERROR::ERROR_NOT_FOUND.into())
}

/// Makes a completion port, or associates a file with one, or both.
#[shim(full)]
pub(super) fn CreateIoCompletionPort(
    cx: &Cx,
    FileHandle: HANDLE,
    ExistingCompletionPort: HANDLE,
    CompletionKey: usize,
    NumberOfConcurrentThreads: u32,
) -> Win32Result<HANDLE> {
    let handles = &cx.process.handles;
    let associate = |port: &Arc<Queue>| -> NtResult<()> {
        handles.get::<File>(FileHandle, 0)?.associate(Arc::clone(port), CompletionKey as u64)
    };
    match (FileHandle == HANDLE::INVALID, ExistingCompletionPort.is_null()) {
        (true, false) => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
        (false, false) => {
            associate(&completion::queue(handles, ExistingCompletionPort, completion::MODIFY_STATE)?)?;
            return Ok(ExistingCompletionPort);
        }
        _ => {}
    }
    let port = CompletionPort::new(NumberOfConcurrentThreads);
    if FileHandle != HANDLE::INVALID {
        associate(port.queue())?;
    }
    Ok(handles.insert(port, completion::ALL_ACCESS, HandleFlags::empty())?)
}

/// Asks a device or a file system for something of its own.
#[shim(partial = "links, holes, allocated ranges and a look into a pipe; done before the call returns")]
pub(super) fn DeviceIoControl(
    cx: &Cx,
    hDevice: HANDLE,
    dwIoControlCode: CONTROL_CODE,
    lpInBuffer: Ptr<u8>,
    nInBufferSize: u32,
    lpOutBuffer: Ptr<u8>,
    nOutBufferSize: u32,
    lpBytesReturned: Out<u32>,
    lpOverlapped: Ptr<OVERLAPPED>,
) -> Win32Result<()> {
    let file = cx.process.handles.get::<File>(hDevice, 0)?;
    let input = (lpInBuffer, nInBufferSize as usize);
    let output = (lpOutBuffer, nOutBufferSize as usize);
    let (status, bytes) = files::control(cx, &file, &Control { code: dwIoControlCode, input, output });
    lpBytesReturned.set_opt(bytes as u32)?;
    if let Some(overlapped) = lpOverlapped.opt() {
        let mut request = overlapped.read()?;
        (request.Internal, request.InternalHigh) = (status.0 as usize, bytes);
        overlapped.write(&request)?;
        if !request.hEvent.is_null() {
            event::set(&cx.process.handles, HANDLE(request.hEvent.0 & !1))?;
        }
        file.completed(request.context(overlapped.address()), status, bytes as u64);
    }
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}

/// Gives how an overlapped operation ended, waiting for it.
#[shim(full)]
pub(super) fn GetOverlappedResult(
    cx: &Cx,
    hFile: HANDLE,
    lpOverlapped: Ptr<OVERLAPPED>,
    lpNumberOfBytesTransferred: Out<u32>,
    bWait: bool,
) -> Win32Result<()> {
    let limit = if bWait { Timeout::Infinite } else { Timeout::NOW };
    overlapped_result(cx, hFile, lpOverlapped, lpNumberOfBytesTransferred, limit, false)
}

/// Gives how an overlapped operation ended, waiting for it so long, or running the calls queued to the thread.
#[shim(full)]
pub(super) fn GetOverlappedResultEx(
    cx: &Cx,
    hFile: HANDLE,
    lpOverlapped: Ptr<OVERLAPPED>,
    lpNumberOfBytesTransferred: Out<u32>,
    dwMilliseconds: u32,
    bAlertable: bool,
) -> Win32Result<()> {
    let limit = Timeout::from_millis(dwMilliseconds);
    overlapped_result(cx, hFile, lpOverlapped, lpNumberOfBytesTransferred, limit, bAlertable)
}

fn overlapped_result(
    cx: &Cx,
    file: HANDLE,
    overlapped: Ptr<OVERLAPPED>,
    bytes: Out<u32>,
    limit: Timeout,
    alertable: bool,
) -> Win32Result<()> {
    let pending = |request: &OVERLAPPED| NTSTATUS(request.Internal as u32) == NTSTATUS::STATUS_PENDING;
    let mut request = overlapped.read()?;
    if pending(&request) {
        if limit == Timeout::NOW {
            return Err(WIN32_ERROR::ERROR_IO_INCOMPLETE.into());
        }
        // A handle without its low bit, which says that no completion port is told.
        let event = HANDLE(request.hEvent.0 & !1);
        let waited = if event.is_null() { file } else { event };
        let woken = wait::for_handle(&cx.process.handles, cx.thread.object().waiter(), waited, alertable, limit)?;
        if !matches!(woken, Woken::Object(_) | Woken::Abandoned(_)) {
            return Err(ended(cx, woken));
        }
        request = overlapped.read()?;
    }
    bytes.set(request.InternalHigh as u32)?;
    let status = NTSTATUS(request.Internal as u32);
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}

/// Takes a packet from a completion port, waiting for it.
#[shim(full)]
pub(super) fn GetQueuedCompletionStatus(
    cx: &Cx,
    CompletionPort: HANDLE,
    lpNumberOfBytesTransferred: Out<u32>,
    lpCompletionKey: Out<usize>,
    lpOverlapped: Out<Ptr<OVERLAPPED>>,
    dwMilliseconds: u32,
) -> Win32Result<()> {
    lpOverlapped.set(Ptr::NULL)?;
    let packets = match remove(cx, CompletionPort, 1, dwMilliseconds, false)? {
        Ok(packets) => packets,
        Err(woken) => return Err(ended(cx, woken)),
    };
    let Some(packet) = packets.first() else { return Err(WIN32_ERROR::WAIT_TIMEOUT.into()) };
    lpNumberOfBytesTransferred.set(packet.information as u32)?;
    lpCompletionKey.set(packet.key as usize)?;
    lpOverlapped.set(Ptr::at(packet.context))?;
    if packet.status.is_success() { Ok(()) } else { Err(packet.status.into()) }
}

/// Takes several packets from a completion port, waiting until there is one.
#[shim(full)]
pub(super) fn GetQueuedCompletionStatusEx(
    cx: &Cx,
    CompletionPort: HANDLE,
    lpCompletionPortEntries: Ptr<OVERLAPPED_ENTRY>,
    ulCount: u32,
    ulNumEntriesRemoved: Out<u32>,
    dwMilliseconds: u32,
    fAlertable: bool,
) -> Win32Result<()> {
    if ulCount == 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let packets = match remove(cx, CompletionPort, ulCount, dwMilliseconds, fAlertable)? {
        Ok(packets) => packets,
        Err(woken) => return Err(ended(cx, woken)),
    };
    let entries: Vec<_> = packets
        .iter()
        .map(|packet| OVERLAPPED_ENTRY {
            lpCompletionKey: packet.key as usize,
            lpOverlapped: Ptr::at(packet.context),
            Internal: packet.status.0 as usize,
            dwNumberOfBytesTransferred: packet.information as u32,
        })
        .collect();
    lpCompletionPortEntries.write_slice(&entries)?;
    Ok(ulNumEntriesRemoved.set(entries.len() as u32)?)
}

fn remove(cx: &Cx, port: HANDLE, most: u32, millis: u32, alertable: bool) -> NtResult<Result<Vec<Packet>, Woken>> {
    let queue = completion::queue(&cx.process.handles, port, completion::MODIFY_STATE)?;
    Ok(queue.remove(cx.thread.object().waiter(), most as usize, alertable, Timeout::from_millis(millis)))
}

/// Why there is no packet, after the queued calls have run where the wait ended for them.
fn ended(cx: &Cx, woken: Woken) -> abi::Refusal<WIN32_ERROR> {
    finish(cx, woken);
    // Documented for these functions; as statuses they have other errors.
    match woken {
        Woken::Timeout => WIN32_ERROR::WAIT_TIMEOUT.into(),
        Woken::Apc => WIN32_ERROR::WAIT_IO_COMPLETION.into(),
        Woken::Abandoned(_) => WIN32_ERROR::ERROR_ABANDONED_WAIT_0.into(),
        woken => woken.status().into(),
    }
}

/// Queues a packet of the program's own.
#[shim(full)]
pub(super) fn PostQueuedCompletionStatus(
    cx: &Cx,
    CompletionPort: HANDLE,
    dwNumberOfBytesTransferred: u32,
    dwCompletionKey: usize,
    lpOverlapped: Ptr<OVERLAPPED>,
) -> Win32Result<()> {
    completion::queue(&cx.process.handles, CompletionPort, completion::MODIFY_STATE)?.post(Packet {
        key: dwCompletionKey as u64,
        context: lpOverlapped.address(),
        status: NTSTATUS::STATUS_SUCCESS,
        information: u64::from(dwNumberOfBytesTransferred),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use abi::HANDLE;
    use insta::assert_snapshot;
    use syscall_xlate::testing::{self, Guest};

    fn get(guest: &Guest<'_>, port: u64) {
        let (bytes, key, overlapped) = (guest.buffer(4), guest.buffer(8), guest.buffer(8));
        guest.call("kernel32!GetQueuedCompletionStatus", &[port, bytes, key, overlapped, 0]);
    }

    #[test]
    fn packets_are_posted_and_taken() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let port = guest.call("kernel32!CreateIoCompletionPort", &[HANDLE::INVALID.0, 0, 0, 0]);
            for key in 1..=4 {
                guest.call("kernel32!PostQueuedCompletionStatus", &[port, 10 * key, key, 0]);
            }
            get(guest, port);
            let (entries, count) = (guest.buffer(4 * 32), guest.buffer(4));
            guest.call("kernel32!GetQueuedCompletionStatusEx", &[port, entries, 2, count, 0, 0]);
            assert_eq!([0, 24, 32, 56].map(|at| abi::fault::load_u32(entries + at)), [2, 20, 3, 30].map(Ok));
            guest.call("kernel32!GetQueuedCompletionStatusEx", &[port, entries, 4, count, 0, 0]);
            guest.call("kernel32!GetQueuedCompletionStatusEx", &[port, entries, 4, count, 0, 1]);
            guest.call("kernel32!GetQueuedCompletionStatusEx", &[port, entries, 0, count, 0, 0]);
            get(guest, port);
            guest.call("kernel32!CloseHandle", &[port]);
            get(guest, port);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateIoCompletionPort(FileHandle=0xffffffffffffffff, ExistingCompletionPort=0x0, CompletionKey=0, NumberOfConcurrentThreads=0) = h1
        kernel32!PostQueuedCompletionStatus(CompletionPort=h1, dwNumberOfBytesTransferred=10, dwCompletionKey=1, lpOverlapped=NULL) = TRUE
        kernel32!PostQueuedCompletionStatus(CompletionPort=h1, dwNumberOfBytesTransferred=20, dwCompletionKey=2, lpOverlapped=NULL) = TRUE
        kernel32!PostQueuedCompletionStatus(CompletionPort=h1, dwNumberOfBytesTransferred=30, dwCompletionKey=3, lpOverlapped=NULL) = TRUE
        kernel32!PostQueuedCompletionStatus(CompletionPort=h1, dwNumberOfBytesTransferred=40, dwCompletionKey=4, lpOverlapped=NULL) = TRUE
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=&10, lpCompletionKey=&1, lpOverlapped=&NULL, dwMilliseconds=0) = TRUE
        kernel32!GetQueuedCompletionStatusEx(CompletionPort=h1, lpCompletionPortEntries=@4, ulCount=2, ulNumEntriesRemoved=&2, dwMilliseconds=0, fAlertable=FALSE) = TRUE
        kernel32!GetQueuedCompletionStatusEx(CompletionPort=h1, lpCompletionPortEntries=@4, ulCount=4, ulNumEntriesRemoved=&1, dwMilliseconds=0, fAlertable=FALSE) = TRUE
        kernel32!GetQueuedCompletionStatusEx(CompletionPort=h1, lpCompletionPortEntries=@4, ulCount=4, ulNumEntriesRemoved=@5, dwMilliseconds=0, fAlertable=TRUE) = FALSE (WAIT_TIMEOUT)
        kernel32!GetQueuedCompletionStatusEx(CompletionPort=h1, lpCompletionPortEntries=@4, ulCount=0, ulNumEntriesRemoved=@5, dwMilliseconds=0, fAlertable=FALSE) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=@6, lpCompletionKey=@7, lpOverlapped=@8, dwMilliseconds=0) = FALSE (WAIT_TIMEOUT)
        kernel32!CloseHandle(hObject=h1) = TRUE
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=@9, lpCompletionKey=@10, lpOverlapped=@11, dwMilliseconds=0) = FALSE (ERROR_INVALID_HANDLE)
        ");
    }

    #[test]
    fn a_port_needs_an_overlapped_file_and_a_file_no_other_port() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let invalid = HANDLE::INVALID.0;
            let open = |flags| guest.call("kernel32!CreateFileW", &[guest.wide("NUL"), 0xc000_0000, 0, 0, 3, flags, 0]);
            let port = guest.call("kernel32!CreateIoCompletionPort", &[invalid, 0, 0, 0]);
            let (plain, file) = (open(0), open(0x4000_0000));
            for arguments in [[invalid, port, 0, 0], [plain, port, 0, 0], [4000, port, 0, 0], [file, 4000, 0, 0]] {
                guest.call("kernel32!CreateIoCompletionPort", &arguments);
            }
            guest.call("kernel32!CreateIoCompletionPort", &[file, port, 7, 0]);
            guest.call("kernel32!CreateIoCompletionPort", &[file, port, 8, 0]);
            let (overlapped, event) = (guest.buffer(32), guest.call("kernel32!CreateEventW", &[0, 1, 0, 0]));
            guest.call("kernel32!WriteFile", &[file, guest.bytes(b"abc"), 3, 0, overlapped]);
            get(guest, port);
            abi::fault::store_u64(overlapped + 24, event | 1).unwrap();
            guest.call("kernel32!WriteFile", &[file, guest.bytes(b"abc"), 3, 0, overlapped]);
            get(guest, port);
            abi::fault::store_u64(overlapped + 24, event).unwrap();
            guest.call("kernel32!SetFileCompletionNotificationModes", &[file, 4]);
            guest.call("kernel32!SetFileCompletionNotificationModes", &[file, 1]);
            guest.call("kernel32!WriteFile", &[file, guest.bytes(b"abc"), 3, 0, overlapped]);
            get(guest, port);
        });
        assert_snapshot!(trace, @r#"
        kernel32!CreateIoCompletionPort(FileHandle=0xffffffffffffffff, ExistingCompletionPort=0x0, CompletionKey=0, NumberOfConcurrentThreads=0) = h1
        kernel32!CreateFileW(lpFileName="NUL", dwDesiredAccess=GENERIC_READ|GENERIC_WRITE, dwShareMode=0, lpSecurityAttributes=NULL, dwCreationDisposition=OPEN_EXISTING, dwFlagsAndAttributes=0, hTemplateFile=0x0) = h2
        kernel32!CreateFileW(lpFileName="NUL", dwDesiredAccess=GENERIC_READ|GENERIC_WRITE, dwShareMode=0, lpSecurityAttributes=NULL, dwCreationDisposition=OPEN_EXISTING, dwFlagsAndAttributes=FILE_FLAG_OVERLAPPED, hTemplateFile=0x0) = h3
        kernel32!CreateIoCompletionPort(FileHandle=0xffffffffffffffff, ExistingCompletionPort=h1, CompletionKey=0, NumberOfConcurrentThreads=0) = 0x0 (ERROR_INVALID_PARAMETER)
        kernel32!CreateIoCompletionPort(FileHandle=h2, ExistingCompletionPort=h1, CompletionKey=0, NumberOfConcurrentThreads=0) = 0x0 (ERROR_INVALID_PARAMETER)
        kernel32!CreateIoCompletionPort(FileHandle=h4, ExistingCompletionPort=h1, CompletionKey=0, NumberOfConcurrentThreads=0) = 0x0 (ERROR_INVALID_HANDLE)
        kernel32!CreateIoCompletionPort(FileHandle=h3, ExistingCompletionPort=h4, CompletionKey=0, NumberOfConcurrentThreads=0) = 0x0 (ERROR_INVALID_HANDLE)
        kernel32!CreateIoCompletionPort(FileHandle=h3, ExistingCompletionPort=h1, CompletionKey=7, NumberOfConcurrentThreads=0) = h1
        kernel32!CreateIoCompletionPort(FileHandle=h3, ExistingCompletionPort=h1, CompletionKey=8, NumberOfConcurrentThreads=0) = 0x0 (ERROR_INVALID_PARAMETER)
        kernel32!CreateEventW(lpEventAttributes=NULL, bManualReset=TRUE, bInitialState=FALSE, lpName=NULL) = h5
        kernel32!WriteFile(hFile=h3, lpBuffer=@1, nNumberOfBytesToWrite=3, lpNumberOfBytesWritten=NULL, lpOverlapped=@2) = TRUE
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=&3, lpCompletionKey=&7, lpOverlapped=&@2, dwMilliseconds=0) = TRUE
        kernel32!WriteFile(hFile=h3, lpBuffer=@6, nNumberOfBytesToWrite=3, lpNumberOfBytesWritten=NULL, lpOverlapped=@2) = TRUE
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=@7, lpCompletionKey=@8, lpOverlapped=@9, dwMilliseconds=0) = FALSE (WAIT_TIMEOUT)
        kernel32!SetFileCompletionNotificationModes(FileHandle=h3, Flags=0x4) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetFileCompletionNotificationModes(FileHandle=h3, Flags=FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) = TRUE
        kernel32!WriteFile(hFile=h3, lpBuffer=@10, nNumberOfBytesToWrite=3, lpNumberOfBytesWritten=NULL, lpOverlapped=@2) = TRUE
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=@11, lpCompletionKey=@12, lpOverlapped=@13, dwMilliseconds=0) = FALSE (WAIT_TIMEOUT)
        "#);
    }
}
