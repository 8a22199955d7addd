//! ntrtl.h: the older thread pool and its timer queues. A header that Microsoft does not publish; the names are those of its symbols.

use abi::{HANDLE, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;

use crate::pool::{self, WT_EXECUTE};

/// Makes a timer in a queue.
#[shim(
    partial = "callbacks for the timer's or a persistent thread, and for the I/O thread, share one thread of the pool"
)]
pub(super) fn RtlCreateTimer(
    cx: &Cx,
    TimerQueueHandle: HANDLE,
    Handle: Out<HANDLE>,
    Function: Ptr<u8>,
    Context: Ptr<u8>,
    DueTime: u32,
    Period: u32,
    Flags: WT_EXECUTE,
) -> NtResult<()> {
    pool::create_timer(cx, Handle, TimerQueueHandle, [Function, Context], [DueTime, Period], Flags)
}

/// Makes a queue of timers.
#[shim(full)]
pub(super) fn RtlCreateTimerQueue(cx: &Cx, TimerQueueHandle: Out<HANDLE>) -> NtResult<()> {
    Ok(TimerQueueHandle.set(HANDLE(cx.create_group()))?)
}

/// Takes a timer back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn RtlDeleteTimer(cx: &Cx, TimerQueueHandle: HANDLE, TimerToCancel: HANDLE, Event: HANDLE) -> NtResult<()> {
    ended(cx, pool::delete_timer(cx, TimerQueueHandle, TimerToCancel, Event))
}

/// Takes all timers of a queue back.
#[shim(full)]
pub(super) fn RtlDeleteTimerQueue(cx: &Cx, TimerQueueHandle: HANDLE) -> NtResult<()> {
    ended(cx, pool::delete_queue(cx, TimerQueueHandle, HANDLE::NULL))
}

/// Takes all timers of a queue back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn RtlDeleteTimerQueueEx(cx: &Cx, TimerQueueHandle: HANDLE, Event: HANDLE) -> NtResult<()> {
    ended(cx, pool::delete_queue(cx, TimerQueueHandle, Event))
}

/// Takes a registered wait back.
#[shim(full)]
pub(super) fn RtlDeregisterWait(cx: &Cx, WaitHandle: HANDLE) -> NtResult<()> {
    ended(cx, pool::unregister_wait(cx, WaitHandle, HANDLE::NULL))
}

/// Takes a registered wait back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn RtlDeregisterWaitEx(cx: &Cx, WaitHandle: HANDLE, CompletionEvent: HANDLE) -> NtResult<()> {
    ended(cx, pool::unregister_wait(cx, WaitHandle, CompletionEvent))
}

/// Has a function called by a thread of the pool.
#[shim(partial = "callbacks for the I/O thread run on any; nobody is impersonated")]
pub(super) fn RtlQueueWorkItem(cx: &Cx, Function: Ptr<u8>, Context: Ptr<u8>, Flags: WT_EXECUTE) -> NtResult<()> {
    pool::queue_work(cx, Function, Context, Flags)
}

/// Has a function called when an object is signalled, or when that takes too long.
#[shim(
    partial = "a mutex is owned by a thread that never releases it; callbacks for the wait's or a persistent thread share one thread"
)]
pub(super) fn RtlRegisterWait(
    cx: &Cx,
    WaitHandle: Out<HANDLE>,
    Handle: HANDLE,
    Function: Ptr<u8>,
    Context: Ptr<u8>,
    Milliseconds: u32,
    Flags: WT_EXECUTE,
) -> NtResult<()> {
    pool::register_wait(cx, WaitHandle, Handle, [Function, Context], Milliseconds, Flags)
}

/// Changes when a timer is due. One that was due once for all stays as it is.
#[shim(full)]
pub(super) fn RtlUpdateTimer(
    cx: &Cx,
    TimerQueueHandle: HANDLE,
    TimerHandle: HANDLE,
    DueTime: u32,
    Period: u32,
) -> NtResult<()> {
    pool::change_timer(cx, TimerQueueHandle, TimerHandle, DueTime, Period)
}

/// After a wait that may have ended because the thread is to end.
fn ended(cx: &Cx, result: NtResult<()>) -> NtResult<()> {
    cx.end_if_terminated();
    result
}
