//! Alerts by a thread's identifier, and calls queued with more options.

use abi::{HANDLE, NTSTATUS, NtResult, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::thread;
use syscall_xlate::wait::Apc;

use crate::ntdll::winternl::timeout;

/// Lets a thread of this process go on that waits for it, now or the next time.
#[shim(full)]
pub(in crate::ntdll) fn NtAlertThreadByThreadId(cx: &Cx, ThreadId: HANDLE) -> NtResult<()> {
    cx.alert_thread(u32::try_from(ThreadId.0).map_err(|_| NTSTATUS::STATUS_INVALID_CID)?)
}

/// Waits until the calling thread is alerted by its identifier. The address is for debuggers.
#[shim(full)]
pub(in crate::ntdll) fn NtWaitForAlertByThreadId(cx: &Cx, Address: Ptr<u8>, Timeout: Ptr<i64>) -> NTSTATUS {
    let _ = Address;
    let woken = timeout(Timeout).and_then(|limit| cx.wait_for_alert(limit));
    cx.end_if_terminated();
    woken.unwrap_or_else(|status| status)
}

/// Queues a call to a thread, which runs it when it waits alertably.
#[shim(partial = "no reserves, and no special calls, which do not wait for the thread to wait")]
pub(in crate::ntdll) fn NtQueueApcThreadEx(
    cx: &Cx,
    ThreadHandle: HANDLE,
    ReserveHandle: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcArgument1: Ptr<u8>,
    ApcArgument2: Ptr<u8>,
    ApcArgument3: Ptr<u8>,
) -> NtResult<()> {
    let thread = cx.thread_of(ThreadHandle, thread::SET_CONTEXT)?;
    if !ReserveHandle.is_null() {
        return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
    }
    let arguments = [ApcArgument1, ApcArgument2, ApcArgument3].map(Ptr::address);
    match thread.waiter().queue_apc(Apc { routine: ApcRoutine.address(), arguments }) {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_UNSUCCESSFUL),
    }
}
