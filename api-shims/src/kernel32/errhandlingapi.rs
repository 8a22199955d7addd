//! errhandlingapi.h: errors and exceptions.

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS, PCONTEXT, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::exception::{self, EXCEPTION_POINTERS, List, Position};

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

/// Sets the calling thread's last error.
#[shim(full)]
pub(super) fn SetLastError(cx: &Cx, dwErrCode: u32) {
    cx.thread.set_last_error(WIN32_ERROR(dwErrCode));
}

/// Sets the function that is asked about exceptions that nobody handled; gives the one before.
#[shim(full)]
pub(super) fn SetUnhandledExceptionFilter(cx: &Cx, lpTopLevelExceptionFilter: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.process.vectored.set_filter(lpTopLevelExceptionFilter.address()))
}

/// Asks the function set for exceptions that nobody handled; without one the process ends with a report.
#[shim(full)]
pub(super) fn UnhandledExceptionFilter(cx: &Cx, ExceptionInfo: Ptr<EXCEPTION_POINTERS>) -> Win32Result<i32> {
    Ok(cx.unhandled_exception(ExceptionInfo.address())?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

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
