//! errhandlingapi.h: errors and exceptions.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS, Out, PCONTEXT, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::exception::{self, EXCEPTION_POINTERS, List, Position};
use syscall_xlate::{Cx, ProcessState, ThreadState};

use crate::state;

abi::flags! {
    /// Which serious errors the program handles itself.
    pub(super) struct ERROR_MODE: u32 {
        SEM_FAILCRITICALERRORS = 0x1;
        SEM_NOGPFAULTERRORBOX = 0x2;
        SEM_NOALIGNMENTFAULTEXCEPT = 0x4;
        SEM_NOOPENFILEERRORBOX = 0x8000;
    }
}

/// The process's error mode. Nothing depends on it: there is nobody to show a box to, and the processor mends unaligned accesses.
#[derive(Default)]
struct ProcessErrorMode(AtomicU32);

impl ProcessState for ProcessErrorMode {
    const SLOT: usize = state::process::ERROR_MODE;
}

/// What `ProcessDefaultHardErrorMode` tells: the error mode.
pub(crate) fn hard_error_mode(cx: &Cx) -> u32 {
    cx.process.state::<ProcessErrorMode>().0.load(Ordering::Relaxed)
}

/// Sets what [`hard_error_mode`] tells.
pub(crate) fn set_hard_error_mode(cx: &Cx, mode: u32) {
    cx.process.state::<ProcessErrorMode>().0.store(mode, Ordering::Relaxed);
}

/// The thread's own error mode.
#[derive(Default)]
struct ThreadErrorMode(Cell<ERROR_MODE>);

impl ThreadState for ThreadErrorMode {
    const SLOT: usize = state::thread::ERROR_MODE;
}

/// Where `First` puts a handler.
fn position(First: u32) -> Position {
    if First == 0 { Position::Last } else { Position::First }
}

/// Adds a handler that is told when execution goes on after an exception.
#[shim(full)]
pub(crate) fn AddVectoredContinueHandler(cx: &Cx, First: u32, Handler: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.process.vectored.add(List::Continue, position(First), Handler.address()))
}

/// Adds a handler that is asked before those of the frames.
#[shim(full)]
pub(crate) fn AddVectoredExceptionHandler(cx: &Cx, First: u32, Handler: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.process.vectored.add(List::Exception, position(First), Handler.address()))
}

/// Gives the process's error mode.
#[shim(full)]
pub(super) fn GetErrorMode(cx: &Cx) -> ERROR_MODE {
    ERROR_MODE::from_bits_retain(cx.process.state::<ProcessErrorMode>().0.load(Ordering::Relaxed))
}

/// Gives the calling thread's own error mode.
#[shim(full)]
pub(super) fn GetThreadErrorMode(cx: &Cx) -> ERROR_MODE {
    cx.thread.state::<ThreadErrorMode>().0.get()
}

/// Gives the calling thread's last error.
#[shim(full)]
pub(super) fn GetLastError(cx: &Cx) -> WIN32_ERROR {
    cx.thread.last_error()
}

/// Raises an exception in the calling thread.
#[shim(full)]
pub(super) fn RaiseException(
    cx: &Cx,
    caller: &CONTEXT,
    dwExceptionCode: u32,
    dwExceptionFlags: u32,
    nNumberOfArguments: u32,
    lpArguments: Ptr<u64>,
) -> Win32Result<()> {
    let count = nNumberOfArguments.min(15) as usize;
    let parameters = match lpArguments.opt() {
        Some(arguments) => arguments.read_slice(count)?,
        None => Vec::new(),
    };
    // Bit 28 is reserved, and cleared.
    let mut exception = Exception::new(NTSTATUS(dwExceptionCode & !0x1000_0000), &parameters);
    drop(parameters);
    exception.flags = dwExceptionFlags & exception::flags::NONCONTINUABLE;
    exception::raise(cx, caller, &exception)
}

/// Ends the process with an exception that no handler is asked about.
#[shim(full)]
pub(super) fn RaiseFailFastException(
    cx: &Cx,
    caller: &CONTEXT,
    pExceptionRecord: Ptr<EXCEPTION_RECORD>,
    pContextRecord: PCONTEXT,
    dwFlags: u32,
) -> Win32Result<()> {
    // FAIL_FAST_GENERATE_EXCEPTION_ADDRESS: the record has no address of its own.
    let generates = dwFlags & 1 != 0;
    let context = if pContextRecord.0 == 0 { *caller } else { CONTEXT::read(pContextRecord.0)? };
    let mut record = match pExceptionRecord.opt() {
        Some(record) => record.read()?,
        None => EXCEPTION_RECORD::new(&Exception::new(NTSTATUS::STATUS_FAIL_FAST_EXCEPTION, &[]), caller.Rip),
    };
    if generates {
        record.ExceptionAddress = caller.Rip as usize;
    }
    cx.fail_fast(&record, &context)
}

/// Removes a handler that is told when execution goes on.
#[shim(full)]
pub(crate) fn RemoveVectoredContinueHandler(cx: &Cx, Handle: Ptr<u8>) -> u32 {
    u32::from(cx.process.vectored.remove(List::Continue, Handle.address()))
}

/// Removes a handler that is asked before those of the frames.
#[shim(full)]
pub(crate) fn RemoveVectoredExceptionHandler(cx: &Cx, Handle: Ptr<u8>) -> u32 {
    u32::from(cx.process.vectored.remove(List::Exception, Handle.address()))
}

/// Sets the process's error mode; gives the one before.
#[shim(full)]
pub(super) fn SetErrorMode(cx: &Cx, uMode: ERROR_MODE) -> ERROR_MODE {
    let mode = &cx.process.state::<ProcessErrorMode>().0;
    // Documented: attempts to clear SEM_NOALIGNMENTFAULTEXCEPT are ignored.
    let stays = ERROR_MODE::SEM_NOALIGNMENTFAULTEXCEPT.bits();
    let next = |before: u32| uMode.bits() | before & stays;
    ERROR_MODE::from_bits_retain(mode.update(Ordering::Relaxed, Ordering::Relaxed, next))
}

/// Sets the calling thread's last error.
#[shim(full)]
pub(super) fn SetLastError(cx: &Cx, dwErrCode: u32) {
    cx.thread.set_last_error(WIN32_ERROR(dwErrCode));
}

/// Sets the calling thread's own error mode; gives the one before.
///
/// `SEM_NOALIGNMENTFAULTEXCEPT` is the process's alone
/// (<https://learn.microsoft.com/windows/win32/api/errhandlingapi/nf-errhandlingapi-setthreaderrormode>).
#[shim(full)]
pub(super) fn SetThreadErrorMode(cx: &Cx, dwNewMode: ERROR_MODE, lpOldMode: Out<ERROR_MODE>) -> Win32Result<()> {
    let allowed =
        ERROR_MODE::SEM_FAILCRITICALERRORS | ERROR_MODE::SEM_NOGPFAULTERRORBOX | ERROR_MODE::SEM_NOOPENFILEERRORBOX;
    if !allowed.contains(dwNewMode) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let before = cx.thread.state::<ThreadErrorMode>().0.replace(dwNewMode);
    Ok(lpOldMode.set_opt(before)?)
}

/// Sets the function that is asked about exceptions that nobody handled; gives the one before.
#[shim(full)]
pub(super) fn SetUnhandledExceptionFilter(cx: &Cx, lpTopLevelExceptionFilter: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.process.vectored.set_filter(lpTopLevelExceptionFilter.address()))
}

/// Asks the function set for exceptions that nobody handled; without one the process ends with a report.
///
/// With `SEM_NOGPFAULTERRORBOX` the handler is to run instead
/// (<https://learn.microsoft.com/windows/win32/api/errhandlingapi/nf-errhandlingapi-unhandledexceptionfilter>).
#[shim(full)]
pub(super) fn UnhandledExceptionFilter(cx: &Cx, ExceptionInfo: Ptr<EXCEPTION_POINTERS>) -> Win32Result<i32> {
    let quiet = ERROR_MODE::from_bits_retain(hard_error_mode(cx)).contains(ERROR_MODE::SEM_NOGPFAULTERRORBOX);
    if quiet && cx.process.vectored.filter() == 0 {
        return Ok(exception::answer::EXECUTE_HANDLER);
    }
    Ok(cx.unhandled_exception(ExceptionInfo.address())?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn the_error_modes_are_kept() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let old = guest.buffer(4);
            guest.call("kernel32!GetErrorMode", &[]);
            guest.call("kernel32!SetErrorMode", &[0x8001]);
            guest.call("kernel32!SetErrorMode", &[4]);
            guest.call("kernel32!SetErrorMode", &[2]);
            guest.call("kernel32!GetErrorMode", &[]);
            guest.call("kernel32!SetThreadErrorMode", &[3, old]);
            guest.call("kernel32!SetThreadErrorMode", &[0x8000, old]);
            guest.call("kernel32!SetThreadErrorMode", &[4, old]);
            guest.call("kernel32!SetThreadErrorMode", &[1, 0]);
            guest.call("kernel32!GetThreadErrorMode", &[]);
        });
        assert_snapshot!(trace, @r"
        kernel32!GetErrorMode() = 0
        kernel32!SetErrorMode(uMode=SEM_FAILCRITICALERRORS|SEM_NOOPENFILEERRORBOX) = 0
        kernel32!SetErrorMode(uMode=SEM_NOALIGNMENTFAULTEXCEPT) = SEM_FAILCRITICALERRORS|SEM_NOOPENFILEERRORBOX
        kernel32!SetErrorMode(uMode=SEM_NOGPFAULTERRORBOX) = SEM_NOALIGNMENTFAULTEXCEPT
        kernel32!GetErrorMode() = SEM_NOGPFAULTERRORBOX|SEM_NOALIGNMENTFAULTEXCEPT
        kernel32!SetThreadErrorMode(dwNewMode=SEM_FAILCRITICALERRORS|SEM_NOGPFAULTERRORBOX, lpOldMode=&0) = TRUE
        kernel32!SetThreadErrorMode(dwNewMode=SEM_NOOPENFILEERRORBOX, lpOldMode=&SEM_FAILCRITICALERRORS|SEM_NOGPFAULTERRORBOX) = TRUE
        kernel32!SetThreadErrorMode(dwNewMode=SEM_NOALIGNMENTFAULTEXCEPT, lpOldMode=@1) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetThreadErrorMode(dwNewMode=SEM_FAILCRITICALERRORS, lpOldMode=NULL) = TRUE
        kernel32!GetThreadErrorMode() = SEM_FAILCRITICALERRORS
        ");
    }

    #[test]
    fn the_last_error_is_the_thread_s() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!SetLastError", &[2]);
            assert_eq!(guest.call("kernel32!GetLastError", &[]), 2);
        });
        assert_snapshot!(trace, @r"
        kernel32!SetLastError(dwErrCode=2)
        kernel32!GetLastError() = ERROR_FILE_NOT_FOUND
        ");
    }
}
