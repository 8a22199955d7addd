//! eh.h and excpt.h: what a program sets for exceptions, and what ends it.

use std::sync::atomic::Ordering;

use abi::{CrtResult, Exception, NTSTATUS, Ptr, fault, shim};
use syscall_xlate::{Cx, cxx};

use super::guest::ok;
use super::host;
use super::onexit::abort_program;
use super::state::process;
use super::wchar::duplicated;

/// `EXCEPTION_CONTINUE_SEARCH` of a filter.
const FILTER_CONTINUE_SEARCH: i32 = 0;

/// The signal of an exception, as the runtime's filter has them.
fn signal_of(code: NTSTATUS) -> Option<i32> {
    /// `SIGILL`
    const ILLEGAL: i32 = 4;
    /// `SIGFPE`
    const FLOATING: i32 = 8;
    /// `SIGSEGV`
    const VIOLATION: i32 = 11;
    match code {
        NTSTATUS::STATUS_ACCESS_VIOLATION => Some(VIOLATION),
        NTSTATUS::STATUS_ILLEGAL_INSTRUCTION | NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION => Some(ILLEGAL),
        NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND
        | NTSTATUS::STATUS_FLOAT_DIVIDE_BY_ZERO
        | NTSTATUS::STATUS_FLOAT_INEXACT_RESULT
        | NTSTATUS::STATUS_FLOAT_INVALID_OPERATION
        | NTSTATUS::STATUS_FLOAT_OVERFLOW
        | NTSTATUS::STATUS_FLOAT_STACK_CHECK
        | NTSTATUS::STATUS_FLOAT_UNDERFLOW => Some(FLOATING),
        _ => None,
    }
}

/// Calls the signal handler for an exception; without one the system decides.
fn filter(cx: &Cx, code: u32, pointers: u64) -> CrtResult<i32> {
    /// `EXCEPTION_CONTINUE_EXECUTION`
    const CONTINUE_EXECUTION: i32 = -1;
    if signal_of(NTSTATUS(code)).is_some_and(|signal| super::signal::deliver(cx, signal)) {
        return ok(CONTINUE_EXECUTION);
    }
    ok(cx.unhandled_exception(pointers)?)
}

/// Says what to do with an exception that reached the program's outermost frame: calls the signal handler for it, or asks the system.
#[shim(full)]
pub(crate) fn _XcptFilter(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    filter(cx, xcptnum, pxcptinfoptrs.address())
}

/// Says what to do with an exception that reached the program's outermost frame: calls the signal handler for it, or asks the system.
#[shim(full)]
pub(crate) fn _seh_filter_exe(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    filter(cx, xcptnum, pxcptinfoptrs.address())
}

/// Says what to do with an exception that reached a DLL's outermost frame: C++ exceptions as for a program, the others go on.
#[shim(full)]
pub(crate) fn _seh_filter_dll(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    if NTSTATUS(xcptnum) == cxx::EXCEPTION {
        filter(cx, xcptnum, pxcptinfoptrs.address())
    } else {
        ok(FILTER_CONTINUE_SEARCH)
    }
}

fn end(cx: &Cx, handler: u64) -> CrtResult<()> {
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    abort_program(cx)
}

/// Ends the program: calls the terminate handler, then aborts.
#[shim(full, name = "terminate")]
pub(crate) fn terminate(cx: &Cx) -> CrtResult<()> {
    end(cx, process(cx).terminate.load(Ordering::Relaxed))
}

/// Ends the program because a function threw what it had promised not to.
#[shim(full, name = "unexpected")]
pub(crate) fn unexpected(cx: &Cx) -> CrtResult<()> {
    let handler = process(cx).unexpected.load(Ordering::Relaxed);
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    terminate(cx)
}

/// Sets the terminate handler; gives the one before.
#[shim(full)]
pub(crate) fn set_terminate(cx: &Cx, termFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).terminate.swap(termFunction.address(), Ordering::Relaxed))
}

/// Gives the terminate handler.
#[shim(full)]
pub(crate) fn _get_terminate(cx: &Cx) -> Ptr<u8> {
    Ptr::at(process(cx).terminate.load(Ordering::Relaxed))
}

/// Sets the unexpected handler; gives the one before.
#[shim(full)]
pub(crate) fn set_unexpected(cx: &Cx, unexpFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).unexpected.swap(unexpFunction.address(), Ordering::Relaxed))
}

/// Ends the program because a pure virtual function was called.
#[shim(full)]
pub(crate) fn _purecall(cx: &Cx) -> CrtResult<()> {
    let handler = process(cx).purecall.load(Ordering::Relaxed);
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    if let Some(stderr) = host::standard_handle(cx, 2) {
        let _ = host::write(cx, stderr, b"\r\nruntime error R6025\r\n- pure virtual function call\r\n");
    }
    abort_program(cx)
}

/// Sets what is called when a pure virtual function is; gives what was before.
#[shim(full)]
pub(crate) fn _set_purecall_handler(cx: &Cx, handler: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).purecall.swap(handler.address(), Ordering::Relaxed))
}

/// Sets what is called for an invalid parameter; gives what was before.
#[shim(partial = "the handler is kept and not called: the function gives its error")]
pub(crate) fn _set_invalid_parameter_handler(cx: &Cx, pNew: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).invalid_parameter.swap(pNew.address(), Ordering::Relaxed))
}

/// Gives what is called for an invalid parameter.
#[shim(full)]
pub(crate) fn _get_invalid_parameter_handler(cx: &Cx) -> Ptr<u8> {
    Ptr::at(process(cx).invalid_parameter.load(Ordering::Relaxed))
}

/// Sets what is called for an invalid parameter on this thread; gives what was before.
#[shim(partial = "the handler is kept and not called: the function gives its error")]
pub(crate) fn _set_thread_local_invalid_parameter_handler(cx: &Cx, pNew: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.thread.state::<super::state::PerThread>().invalid_parameter.replace(pNew.address()))
}

/// `STATUS_INVALID_CRUNTIME_PARAMETER`
const INVALID_PARAMETER: NTSTATUS = NTSTATUS(0xC000_0417);

/// Reports an invalid parameter: calls the handler, or raises an exception.
fn invalid_parameter(cx: &Cx) -> CrtResult<()> {
    let own = cx.thread.state::<super::state::PerThread>().invalid_parameter.get();
    let handler = if own != 0 { own } else { process(cx).invalid_parameter.load(Ordering::Relaxed) };
    match handler {
        0 => Err(Exception::new(INVALID_PARAMETER, &[]).into()),
        handler => {
            cx.call_guest(handler, [0, 0, 0, 0, 0]);
            ok(())
        }
    }
}

/// Reports an invalid parameter.
#[shim(full)]
pub(crate) fn _invalid_parameter_noinfo(cx: &Cx) -> CrtResult<()> {
    invalid_parameter(cx)
}

/// Reports an invalid parameter and ends the program.
#[shim(full)]
pub(crate) fn _invalid_parameter_noinfo_noreturn(cx: &Cx) -> CrtResult<()> {
    invalid_parameter(cx)?;
    Err(Exception::new(INVALID_PARAMETER, &[]).into())
}

/// Copies a `std::exception`'s text: a structure of a pointer and whether the text must be freed.
#[shim(full)]
pub(crate) fn __std_exception_copy(cx: &Cx, from: Ptr<u8>, to: Ptr<u8>) -> CrtResult<()> {
    let text = fault::load_u64(from.address())?;
    let owned = fault::load_u8(from.address().wrapping_add(8))? != 0;
    let text = if owned && text != 0 { duplicated::<u8>(cx, text)?.0.address() } else { text };
    fault::store_u64(to.address(), text)?;
    fault::store_u8(to.address().wrapping_add(8), u8::from(owned && text != 0))?;
    ok(())
}

/// Frees a `std::exception`'s text.
#[shim(full)]
pub(crate) fn __std_exception_destroy(cx: &Cx, data: Ptr<u8>) -> CrtResult<()> {
    if fault::load_u8(data.address().wrapping_add(8))? != 0 {
        host::free(cx, fault::load_u64(data.address())?);
    }
    fault::store_u64(data.address(), 0)?;
    fault::store_u8(data.address().wrapping_add(8), 0)?;
    ok(())
}

/// Sets the function that makes C++ exceptions of others; gives the one before.
#[shim(full)]
pub(crate) fn _set_se_translator(cx: &Cx, seTransFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.thread.state::<super::state::PerThread>().translator.replace(seTransFunction.address()))
}

/// Ends the program with a message, because its stack was overwritten.
#[shim(full)]
pub(crate) fn __report_gsfailure(cx: &Cx, stackCookie: u64) -> CrtResult<()> {
    let _ = (cx, stackCookie);
    Err(Exception::new(NTSTATUS::STATUS_STACK_BUFFER_OVERRUN, &[2]).into())
}
