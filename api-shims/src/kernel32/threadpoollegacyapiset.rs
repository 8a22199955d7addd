//! threadpoollegacyapiset.h: the thread pool as it was before Windows Vista.

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::pool::{self, WT_EXECUTE};

/// Changes when a timer is due. One that was due once for all stays as it is.
#[shim(full)]
pub(super) fn ChangeTimerQueueTimer(
    cx: &Cx,
    TimerQueue: HANDLE,
    Timer: HANDLE,
    DueTime: u32,
    Period: u32,
) -> Win32Result<()> {
    Ok(pool::change_timer(cx, TimerQueue, Timer, DueTime, Period)?)
}

/// Makes a queue of timers.
#[shim(full)]
pub(super) fn CreateTimerQueue(cx: &Cx) -> Win32Result<HANDLE> {
    Ok(HANDLE(cx.create_group()))
}

/// Has a function called when a time has come, once or again and again.
#[shim(
    partial = "callbacks for the timer's or a persistent thread, and for the I/O thread, share one thread of the pool"
)]
pub(super) fn CreateTimerQueueTimer(
    cx: &Cx,
    phNewTimer: Out<HANDLE>,
    TimerQueue: HANDLE,
    Callback: Ptr<u8>,
    Parameter: Ptr<u8>,
    DueTime: u32,
    Period: u32,
    Flags: WT_EXECUTE,
) -> Win32Result<()> {
    Ok(pool::create_timer(cx, phNewTimer, TimerQueue, [Callback, Parameter], [DueTime, Period], Flags)?)
}

/// Takes all timers of a queue back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn DeleteTimerQueueEx(cx: &Cx, TimerQueue: HANDLE, CompletionEvent: HANDLE) -> Win32Result<()> {
    ended(cx, pool::delete_queue(cx, TimerQueue, CompletionEvent))
}

/// Takes a timer back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn DeleteTimerQueueTimer(
    cx: &Cx,
    TimerQueue: HANDLE,
    Timer: HANDLE,
    CompletionEvent: HANDLE,
) -> Win32Result<()> {
    ended(cx, pool::delete_timer(cx, TimerQueue, Timer, CompletionEvent))
}

/// Has a function called by a thread of the pool.
#[shim(partial = "callbacks for the I/O thread run on any; nobody is impersonated")]
pub(super) fn QueueUserWorkItem(cx: &Cx, Function: Ptr<u8>, Context: Ptr<u8>, Flags: WT_EXECUTE) -> Win32Result<()> {
    Ok(pool::queue_work(cx, Function, Context, Flags)?)
}

/// Takes a registered wait back; an event, or the caller, can wait for the callbacks that are left.
#[shim(full)]
pub(super) fn UnregisterWaitEx(cx: &Cx, WaitHandle: HANDLE, CompletionEvent: HANDLE) -> Win32Result<()> {
    ended(cx, pool::unregister_wait(cx, WaitHandle, CompletionEvent))
}

/// What these functions give, after a wait that may have ended because the thread is to end.
pub(super) fn ended(cx: &Cx, result: NtResult<()>) -> Win32Result<()> {
    cx.end_if_terminated();
    match result {
        Err(NTSTATUS::STATUS_PENDING) => Err(WIN32_ERROR::ERROR_IO_PENDING.into()),
        result => Ok(result?),
    }
}
