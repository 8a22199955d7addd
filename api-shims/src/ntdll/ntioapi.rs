//! ntioapi.h: completion ports, opening, reading and writing files. A header that Microsoft does not publish; the names are those of its symbols.

use std::path::Path;
use std::sync::Arc;

use abi::{BOOLEAN, HANDLE, NTSTATUS, NtResult, Out, Ptr, Wide, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{At, CreateOptions, Disposition, FILE_ATTRIBUTE, File, Medium, OpenRequest, Share};
use syscall_xlate::object::HandleFlags;
use syscall_xlate::object::access::DELETE;
use syscall_xlate::sync::completion::{self, CompletionPort, Packet};
use syscall_xlate::sync::{event, thread};
use syscall_xlate::wait::{Apc, Woken};

use super::ntexapi::{check, open};
use super::structs::{INHERIT, OBJECT_ATTRIBUTES};
use super::winternl::{create, finish, timeout};

abi::guest_struct! {
    /// How an operation ended.
    pub(super) struct IO_STATUS_BLOCK {
        pub(super) Status: usize,
        pub(super) Information: usize,
    }

    /// A packet of a completion port.
    pub(super) struct FILE_IO_COMPLETION_INFORMATION {
        KeyContext: Ptr<u8>,
        ApcContext: Ptr<u8>,
        IoStatusBlock: IO_STATUS_BLOCK,
    }
}

impl FILE_IO_COMPLETION_INFORMATION {
    fn new(packet: &Packet) -> Self {
        Self {
            KeyContext: Ptr::at(packet.key),
            ApcContext: Ptr::at(packet.context),
            IoStatusBlock: IO_STATUS_BLOCK {
                Status: packet.status.0 as usize,
                Information: packet.information as usize,
            },
        }
    }
}

/// The path that attributes name, from the folder that they say, and the flags of a handle to it.
pub(super) fn path_of(cx: &Cx, attributes: Ptr<OBJECT_ATTRIBUTES>) -> NtResult<(Wide, HandleFlags)> {
    let attributes = attributes.read()?;
    let name = match attributes.ObjectName.opt() {
        None => Wide::new(),
        Some(name) => name.read()?.text()?,
    };
    let flags = if attributes.Attributes & INHERIT != 0 { HandleFlags::INHERIT } else { HandleFlags::empty() };
    if attributes.RootDirectory.is_null() {
        return Ok((name, flags));
    }
    let folder = cx.process.handles.get::<File>(attributes.RootDirectory, 0)?;
    let folder = folder.host_path().ok_or(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)?;
    Ok((below(cx, &folder, &name)?, flags))
}

/// The path of a name below a folder of the host's. A name that begins with a separator is none.
fn below(cx: &Cx, folder: &Path, name: &[u16]) -> NtResult<Wide> {
    let separator = u16::from(b'\\');
    if name.first() == Some(&separator) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let drives = &cx.process.files.drives;
    let mut path = drives.to_dos(folder);
    if !name.is_empty() {
        if path.last() != Some(&separator) {
            path.push(separator);
        }
        path.extend_from_slice(name);
    }
    drives.nt_path(&path)
}

/// The path of a new name for a file: from the folder that is told, or in its own folder, or from the top
/// (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/ns-ntifs-_file_rename_information>).
pub(super) fn new_path(cx: &Cx, file: &File, root: HANDLE, name: &[u16]) -> NtResult<Wide> {
    let separator = u16::from(b'\\');
    if !root.is_null() {
        let folder = cx.process.handles.get::<File>(root, 0)?;
        let folder = folder.host_path().ok_or(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)?;
        return below(cx, &folder, name);
    }
    if name.first() == Some(&separator) {
        return Ok(name.to_vec());
    }
    if name.contains(&separator) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let own = file.host_path().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST)?;
    below(cx, own.parent().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?, name)
}

/// Opens a file and says what was done.
fn open_file(
    cx: &Cx,
    handle: Out<HANDLE>,
    attributes: Ptr<OBJECT_ATTRIBUTES>,
    block: Out<IO_STATUS_BLOCK>,
    request: &OpenRequest,
) -> NtResult<()> {
    handle.set(HANDLE::NULL)?;
    let (path, flags) = path_of(cx, attributes)?;
    let opened = cx.process.files.open(&path, request)?;
    let action = opened.action;
    let new = cx.process.handles.insert(Arc::new(opened.file), opened.access, flags)?;
    block.set(IO_STATUS_BLOCK { Status: 0, Information: action as usize })?;
    Ok(handle.set(new)?)
}

/// Opens or creates a file, folder or device.
#[shim(partial = "AllocationSize and extended attributes are ignored")]
pub(super) fn NtCreateFile(
    cx: &Cx,
    FileHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    AllocationSize: Ptr<i64>,
    FileAttributes: FILE_ATTRIBUTE,
    ShareAccess: u32,
    CreateDisposition: u32,
    CreateOptions: u32,
    EaBuffer: Ptr<u8>,
    EaLength: u32,
) -> NtResult<()> {
    let _ = (AllocationSize, EaBuffer, EaLength);
    let request = OpenRequest {
        access: DesiredAccess,
        attributes: FileAttributes,
        share: Share::from_bits_truncate(ShareAccess),
        disposition: Disposition::from_nt(CreateDisposition)?,
        options: syscall_xlate::file::CreateOptions::from_bits_retain(CreateOptions),
    };
    open_file(cx, FileHandle, ObjectAttributes, IoStatusBlock, &request)
}

/// Opens a file, folder or device that is there.
#[shim(full)]
pub(super) fn NtOpenFile(
    cx: &Cx,
    FileHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    ShareAccess: u32,
    OpenOptions: u32,
) -> NtResult<()> {
    let request = OpenRequest {
        share: Share::from_bits_truncate(ShareAccess),
        options: CreateOptions::from_bits_retain(OpenOptions),
        ..OpenRequest::existing(DesiredAccess)
    };
    open_file(cx, FileHandle, ObjectAttributes, IoStatusBlock, &request)
}

/// Deletes a file.
#[shim(full)]
pub(super) fn NtDeleteFile(cx: &Cx, ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>) -> NtResult<()> {
    let (path, _) = path_of(cx, ObjectAttributes)?;
    let opened = cx.process.files.open(&path, &OpenRequest::existing(DELETE))?;
    opened.file.set_disposition(true)
}

/// Writes what was written to a file to its disk.
#[shim(full)]
pub(super) fn NtFlushBuffersFile(cx: &Cx, FileHandle: HANDLE, IoStatusBlock: Out<IO_STATUS_BLOCK>) -> NtResult<()> {
    cx.process.handles.get::<File>(FileHandle, 0)?.flush()?;
    Ok(IoStatusBlock.set(IO_STATUS_BLOCK { Status: 0, Information: 0 })?)
}

/// Writes what was written to a file to its disk, as the flags say.
#[shim(partial = "flags that ask for less are ignored: all is written")]
pub(super) fn NtFlushBuffersFileEx(
    cx: &Cx,
    FileHandle: HANDLE,
    Flags: u32,
    Parameters: Ptr<u8>,
    ParametersSize: u32,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
) -> NtResult<()> {
    let _ = (Flags, Parameters, ParametersSize);
    cx.process.handles.get::<File>(FileHandle, 0)?.flush()?;
    Ok(IoStatusBlock.set(IO_STATUS_BLOCK { Status: 0, Information: 0 })?)
}

/// Takes back the operations on a file that the calling thread has begun.
#[shim(full)]
pub(super) fn NtCancelIoFile(cx: &Cx, FileHandle: HANDLE, IoStatusBlock: Out<IO_STATUS_BLOCK>) -> NtResult<()> {
    // None is under way: what is begun is done before its call returns.
    cx.process.handles.get::<File>(FileHandle, 0)?;
    Ok(IoStatusBlock.set(IO_STATUS_BLOCK { Status: 0, Information: 0 })?)
}

/// Takes back operations on a file.
#[shim(partial = "a read that blocks another thread goes on")]
pub(super) fn NtCancelIoFileEx(
    cx: &Cx,
    FileHandle: HANDLE,
    IoRequestToCancel: Ptr<IO_STATUS_BLOCK>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
) -> NtResult<()> {
    let _ = IoRequestToCancel;
    cx.process.handles.get::<File>(FileHandle, 0)?;
    let none = NTSTATUS::STATUS_NOT_FOUND;
    IoStatusBlock.set(IO_STATUS_BLOCK { Status: none.0 as usize, Information: 0 })?;
    Err(none)
}

/// Takes back the operation that a thread is in.
#[shim(partial = "an operation that blocks the thread goes on")]
pub(super) fn NtCancelSynchronousIoFile(
    cx: &Cx,
    ThreadHandle: HANDLE,
    IoRequestToCancel: Ptr<IO_STATUS_BLOCK>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
) -> NtResult<()> {
    let _ = IoRequestToCancel;
    cx.thread_of(ThreadHandle, thread::TERMINATE)?;
    let none = NTSTATUS::STATUS_NOT_FOUND;
    IoStatusBlock.set(IO_STATUS_BLOCK { Status: none.0 as usize, Information: 0 })?;
    Err(none)
}

/// Reads from a file, pipe or device.
#[shim(partial = "done before the call returns; Key is ignored")]
pub(super) fn NtReadFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: Ptr<u32>,
) -> NtResult<()> {
    let _ = Key;
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let buffer = abi::Buffer::new(Buffer, Length as usize);
    transfer(cx, FileHandle, &told, ByteOffset, |file, at| file.read(buffer, at))
}

/// Writes to a file, pipe or device.
#[shim(partial = "done before the call returns; Key is ignored")]
pub(super) fn NtWriteFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: Ptr<u32>,
) -> NtResult<()> {
    let _ = Key;
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let buffer = abi::Buffer::new(Buffer, Length as usize);
    transfer(cx, FileHandle, &told, ByteOffset, |file, at| file.write(buffer, at))
}

/// Who is told of the end of an operation.
pub(super) struct Told {
    pub(super) event: HANDLE,
    pub(super) routine: Ptr<u8>,
    pub(super) context: Ptr<u8>,
    pub(super) block: Out<IO_STATUS_BLOCK>,
}

impl Told {
    /// Before the operation.
    pub(super) fn begin(&self, cx: &Cx) -> NtResult<()> {
        if !self.event.is_null() {
            event::reset(&cx.process.handles, self.event)?;
        }
        Ok(())
    }

    /// The operation has ended so. Gives its status.
    pub(super) fn end(&self, cx: &Cx, file: &File, status: NTSTATUS, information: usize) -> NtResult<NTSTATUS> {
        self.block.set(IO_STATUS_BLOCK { Status: status.0 as usize, Information: information })?;
        if !self.event.is_null() {
            event::set(&cx.process.handles, self.event)?;
        }
        if status.is_success() {
            match self.routine.opt() {
                Some(routine) => {
                    let arguments = [self.context.address(), self.block.ptr().address(), 0];
                    cx.thread.object().waiter().queue_apc(Apc { routine: routine.address(), arguments });
                }
                None => file.completed(self.context.address(), status, information as u64),
            }
        }
        Ok(status)
    }
}

/// `FILE_WRITE_TO_END_OF_FILE` and `FILE_USE_FILE_POINTER_POSITION`, as offsets.
const AT_END: i64 = -1;
const AT_POSITION: i64 = -2;

fn transfer(
    cx: &Cx,
    handle: HANDLE,
    told: &Told,
    offset: Ptr<i64>,
    work: impl FnOnce(&File, At) -> NtResult<usize>,
) -> NtResult<()> {
    let file = cx.process.handles.get::<File>(handle, 0)?;
    let at = match offset.opt().map(Ptr::read).transpose()? {
        // Documented: who may have several transfers under way has no current position.
        None | Some(AT_POSITION) if matches!(file.medium(), Medium::Disk) && !file.is_synchronous() => {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        None | Some(AT_POSITION) => At::Position,
        Some(AT_END) => At::End,
        Some(offset) => At::Offset(u64::try_from(offset).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)?),
    };
    told.begin(cx)?;
    let (status, count) = match work(&file, at) {
        Ok(count) => (NTSTATUS::STATUS_SUCCESS, count),
        Err(status) => (status, 0),
    };
    match told.end(cx, &file, status, count)? {
        NTSTATUS::STATUS_SUCCESS => Ok(()),
        status => Err(status),
    }
}

/// Makes a completion port, or opens the one of this name.
#[shim(partial = "names are known in this process only")]
pub(super) fn NtCreateIoCompletion(
    cx: &Cx,
    IoCompletionHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    Count: u32,
) -> NTSTATUS {
    let make = |_| Ok(CompletionPort::new(Count));
    create(cx, IoCompletionHandle, ObjectAttributes, completion::MAPPING, DesiredAccess, make)
}

/// Opens the completion port of a name.
#[shim(partial = "names are known in this process only")]
pub(super) fn NtOpenIoCompletion(
    cx: &Cx,
    IoCompletionHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<CompletionPort>(cx, IoCompletionHandle, DesiredAccess, ObjectAttributes, completion::MAPPING)
}

/// Tells how many packets a completion port has.
#[shim(full)]
pub(super) fn NtQueryIoCompletion(
    cx: &Cx,
    IoCompletionHandle: HANDLE,
    IoCompletionInformationClass: u32,
    IoCompletionInformation: Out<i32>,
    IoCompletionInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let size = check(IoCompletionInformationClass, IoCompletionInformation.ptr(), IoCompletionInformationLength)?;
    let port = completion::queue(&cx.process.handles, IoCompletionHandle, completion::QUERY_STATE)?;
    IoCompletionInformation.set(port.depth() as i32)?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Takes a packet from a completion port, waiting for it.
#[shim(full)]
pub(super) fn NtRemoveIoCompletion(
    cx: &Cx,
    IoCompletionHandle: HANDLE,
    KeyContext: Out<Ptr<u8>>,
    ApcContext: Out<Ptr<u8>>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    let take = |packets: Vec<Packet>| -> NtResult<()> {
        if let Some(packet) = packets.first().map(FILE_IO_COMPLETION_INFORMATION::new) {
            KeyContext.set(packet.KeyContext)?;
            ApcContext.set(packet.ApcContext)?;
            IoStatusBlock.set(packet.IoStatusBlock)?;
        }
        Ok(())
    };
    remove(cx, IoCompletionHandle, 1, Timeout, false, take)
}

/// Takes several packets from a completion port, waiting until there is one.
#[shim(full)]
pub(super) fn NtRemoveIoCompletionEx(
    cx: &Cx,
    IoCompletionHandle: HANDLE,
    IoCompletionInformation: Ptr<FILE_IO_COMPLETION_INFORMATION>,
    Count: u32,
    NumEntriesRemoved: Out<u32>,
    Timeout: Ptr<i64>,
    Alertable: BOOLEAN,
) -> NTSTATUS {
    if Count == 0 {
        return NTSTATUS::STATUS_INVALID_PARAMETER;
    }
    let take = |packets: Vec<Packet>| -> NtResult<()> {
        let entries: Vec<_> = packets.iter().map(FILE_IO_COMPLETION_INFORMATION::new).collect();
        IoCompletionInformation.write_slice(&entries)?;
        Ok(NumEntriesRemoved.set(entries.len() as u32)?)
    };
    remove(cx, IoCompletionHandle, Count, Timeout, Alertable.0, take)
}

fn remove(
    cx: &Cx,
    port: HANDLE,
    most: u32,
    limit: Ptr<i64>,
    alertable: bool,
    take: impl FnOnce(Vec<Packet>) -> NtResult<()>,
) -> NTSTATUS {
    let work = || -> NtResult<Woken> {
        let timeout = timeout(limit)?;
        let queue = completion::queue(&cx.process.handles, port, completion::MODIFY_STATE)?;
        match queue.remove(cx.thread.object().waiter(), most as usize, alertable, timeout) {
            Ok(packets) => take(packets).map(|()| Woken::Object(0)),
            Err(woken) => Ok(woken),
        }
    };
    match work() {
        Ok(woken) => finish(cx, woken),
        Err(status) => status,
    }
}

/// Queues a packet.
#[shim(full)]
pub(super) fn NtSetIoCompletion(
    cx: &Cx,
    IoCompletionHandle: HANDLE,
    KeyContext: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatus: u32,
    IoStatusInformation: usize,
) -> NtResult<()> {
    completion::queue(&cx.process.handles, IoCompletionHandle, completion::MODIFY_STATE)?.post(Packet {
        key: KeyContext.address(),
        context: ApcContext.address(),
        status: NTSTATUS(IoStatus),
        information: IoStatusInformation as u64,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use abi::NTSTATUS;
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn packets_are_queued_and_taken() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, now, block) = (guest.buffer(8), guest.buffer(8), guest.buffer(16));
            guest.call("ntdll!NtCreateIoCompletion", &[at, 0x1f_0003, 0, 0]);
            let port = abi::fault::load_u64(at).unwrap();
            for key in 1..=3 {
                let failed = NTSTATUS::STATUS_PIPE_BROKEN.0.into();
                guest.call("ntdll!NtSetIoCompletion", &[port, key, 0, failed, 10 * key]);
            }
            let (key, context) = (guest.buffer(8), guest.buffer(8));
            guest.call("ntdll!NtRemoveIoCompletion", &[port, key, context, block, now]);
            let (entries, count) = (guest.buffer(4 * 32), guest.buffer(4));
            guest.call("ntdll!NtRemoveIoCompletionEx", &[port, entries, 0, count, now, 0]);
            guest.call("ntdll!NtRemoveIoCompletionEx", &[port, entries, 4, count, now, 0]);
            guest.call("ntdll!NtRemoveIoCompletionEx", &[port, entries, 4, count, now, 1]);
            guest.call("ntdll!NtRemoveIoCompletion", &[0, key, context, block, now]);
            let failed = guest.call("kernel32!PostQueuedCompletionStatus", &[at, 0, 0, 0]);
            assert_eq!(failed, 0);
            guest.call("ntdll!NtSetIoCompletion", &[port, 5, 6, NTSTATUS::STATUS_PIPE_BROKEN.0.into(), 7]);
            let (bytes, overlapped) = (guest.buffer(4), guest.buffer(8));
            guest.call("kernel32!GetQueuedCompletionStatus", &[port, bytes, key, overlapped, 0]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateIoCompletion(IoCompletionHandle=&h1, DesiredAccess=2031619, ObjectAttributes=NULL, Count=0) = STATUS_SUCCESS
        ntdll!NtSetIoCompletion(IoCompletionHandle=h1, KeyContext=@2, ApcContext=NULL, IoStatus=3221225803, IoStatusInformation=10) = STATUS_SUCCESS
        ntdll!NtSetIoCompletion(IoCompletionHandle=h1, KeyContext=@3, ApcContext=NULL, IoStatus=3221225803, IoStatusInformation=20) = STATUS_SUCCESS
        ntdll!NtSetIoCompletion(IoCompletionHandle=h1, KeyContext=@4, ApcContext=NULL, IoStatus=3221225803, IoStatusInformation=30) = STATUS_SUCCESS
        ntdll!NtRemoveIoCompletion(IoCompletionHandle=h1, KeyContext=&@2, ApcContext=&NULL, IoStatusBlock=&{Status=3221225803, Information=10}, Timeout=@8) = STATUS_SUCCESS
        ntdll!NtRemoveIoCompletionEx(IoCompletionHandle=h1, IoCompletionInformation=@9, Count=0, NumEntriesRemoved=@10, Timeout=@8, Alertable=FALSE) = STATUS_INVALID_PARAMETER
        ntdll!NtRemoveIoCompletionEx(IoCompletionHandle=h1, IoCompletionInformation=@9, Count=4, NumEntriesRemoved=&2, Timeout=@8, Alertable=FALSE) = STATUS_SUCCESS
        ntdll!NtRemoveIoCompletionEx(IoCompletionHandle=h1, IoCompletionInformation=@9, Count=4, NumEntriesRemoved=&2, Timeout=@8, Alertable=TRUE) = STATUS_TIMEOUT
        ntdll!NtRemoveIoCompletion(IoCompletionHandle=0x0, KeyContext=@5, ApcContext=@6, IoStatusBlock=@7, Timeout=@8) = STATUS_INVALID_HANDLE
        kernel32!PostQueuedCompletionStatus(CompletionPort=h2, dwNumberOfBytesTransferred=0, dwCompletionKey=0, lpOverlapped=NULL) = FALSE (ERROR_INVALID_HANDLE)
        ntdll!NtSetIoCompletion(IoCompletionHandle=h1, KeyContext=@11, ApcContext=@12, IoStatus=3221225803, IoStatusInformation=7) = STATUS_SUCCESS
        kernel32!GetQueuedCompletionStatus(CompletionPort=h1, lpNumberOfBytesTransferred=@13, lpCompletionKey=@5, lpOverlapped=@14, dwMilliseconds=0) = FALSE (ERROR_BROKEN_PIPE)
        ");
    }
}
