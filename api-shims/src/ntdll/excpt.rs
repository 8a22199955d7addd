//! excpt.h: what compilers generate calls of for structured exception handling.

use abi::{CONTEXT, EXCEPTION_RECORD, PCONTEXT, Ptr, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::exception::{DISPATCHER_CONTEXT, c_specific_handler};

/// The handler of functions with `__try` blocks in C: asks their filters, runs their termination handlers.
#[shim(full)]
pub(crate) fn __C_specific_handler(
    cx: &Cx,
    caller: &CONTEXT,
    ExceptionRecord: Ptr<EXCEPTION_RECORD>,
    EstablisherFrame: Ptr<u8>,
    ContextRecord: PCONTEXT,
    DispatcherContext: Ptr<DISPATCHER_CONTEXT>,
) -> Win32Result<u32> {
    let (record, frame) = (ExceptionRecord.address(), EstablisherFrame.address());
    Ok(c_specific_handler(cx, caller, [record, frame, ContextRecord.0, DispatcherContext.address()])?)
}
