//! The older thread pool: what has no header of its own.

use abi::{HANDLE, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::File;
use syscall_xlate::pool::{Callback, Environment, Shape};

use crate::kernel32::threadpoollegacyapiset::ended;
use crate::pool::{self, WT_EXECUTE};

/// Has a function called for each operation on a file that is completed.
#[shim(full)]
pub(in crate::kernel32) fn BindIoCompletionCallback(
    cx: &Cx,
    FileHandle: HANDLE,
    Function: Ptr<u8>,
    Flags: u32,
) -> Win32Result<()> {
    // "This parameter must be zero."
    if Flags != 0 || Function.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let file = cx.process.handles.get::<File>(FileHandle, 0)?;
    let callback = Callback { shape: Shape::Overlapped, routine: Function.address(), context: 0 };
    let item = cx.create_item(callback, Environment::default())?;
    Ok(cx.bind_file(&item, &file).inspect_err(|_| cx.close_item(&item))?)
}

/// Takes all timers of a queue back.
#[shim(full)]
pub(in crate::kernel32) fn DeleteTimerQueue(cx: &Cx, TimerQueue: HANDLE) -> Win32Result<()> {
    ended(cx, pool::delete_queue(cx, TimerQueue, HANDLE::NULL))
}

/// Has a function called when an object is signalled, or when that takes too long.
#[shim(
    partial = "a mutex is owned by a thread that never releases it; callbacks for the wait's or a persistent thread share one thread"
)]
pub(in crate::kernel32) fn RegisterWaitForSingleObject(
    cx: &Cx,
    phNewWaitObject: Out<HANDLE>,
    hObject: HANDLE,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    dwMilliseconds: u32,
    dwFlags: WT_EXECUTE,
) -> Win32Result<()> {
    Ok(pool::register_wait(cx, phNewWaitObject, hObject, [Callback, Context], dwMilliseconds, dwFlags)?)
}

/// Takes a registered wait back.
#[shim(full)]
pub(in crate::kernel32) fn UnregisterWait(cx: &Cx, WaitHandle: HANDLE) -> Win32Result<()> {
    ended(cx, pool::unregister_wait(cx, WaitHandle, HANDLE::NULL))
}
