//! processthreadsapi.h: the registers of threads, and stopping them.

use std::sync::Arc;

use abi::{CONTEXT, HANDLE, Invalid, PCONTEXT, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::thread;

/// Gives a thread's registers, those that the context's flags ask for.
#[shim(
    partial = "debug registers are 0; not of a thread that has not begun, or is in a call whose caller cannot be found"
)]
pub(in crate::kernel32) fn GetThreadContext(cx: &Cx, hThread: HANDLE, lpContext: PCONTEXT) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::GET_CONTEXT)?;
    let mut context = CONTEXT::read(lpContext.0)?;
    if !Arc::ptr_eq(&thread, cx.thread.object()) {
        context.take(&cx.thread_context(&thread)?, context.ContextFlags);
    }
    // Of the caller itself: documented as not valid, so what it brought is as good as any.
    Ok(context.write(lpContext.0)?)
}

/// Changes a suspended thread's registers, those that the context's flags name.
#[shim(partial = "debug registers are left alone; not of a thread that has not begun or is in a call")]
pub(in crate::kernel32) fn SetThreadContext(cx: &Cx, hThread: HANDLE, lpContext: PCONTEXT) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::SET_CONTEXT)?;
    let new = CONTEXT::read(lpContext.0)?;
    Ok(cx.set_thread_context(&thread, |context| context.take(&new, new.ContextFlags))?)
}

/// Suspends a thread once more; gives how often it was suspended before.
#[shim(full)]
pub(in crate::kernel32) fn SuspendThread(cx: &Cx, hThread: HANDLE) -> Win32Result<Invalid<u32>> {
    Ok(Invalid(cx.suspend_thread(&*cx.thread_of(hThread, thread::SUSPEND_RESUME)?)?))
}

/// Ends a thread without telling anybody.
#[shim(partial = "a thread that reads from a pipe or the console ends at the first wait after that")]
pub(in crate::kernel32) fn TerminateThread(cx: &Cx, hThread: HANDLE, dwExitCode: u32) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::TERMINATE)?;
    if Arc::ptr_eq(&thread, cx.thread.object()) {
        // Nothing is owned when it ends here.
        drop(thread);
        cx.terminate_thread(cx.thread.object(), dwExitCode);
    } else {
        cx.terminate_thread(&thread, dwExitCode);
    }
    Ok(())
}
