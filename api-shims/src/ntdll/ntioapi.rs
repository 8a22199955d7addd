//! ntioapi.h: completion ports. A header that Microsoft does not publish; the names are those of its symbols.

use abi::{BOOLEAN, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::completion::{self, CompletionPort, Packet};
use syscall_xlate::wait::Woken;

use super::structs::OBJECT_ATTRIBUTES;
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

/// Makes a completion port, or opens the one of this name.
#[shim(partial = "names are known in this process only; no folder but BaseNamedObjects")]
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
