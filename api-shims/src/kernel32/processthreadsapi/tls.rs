//! Dynamic thread-local storage.

use abi::{Invalid, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

/// Takes an index whose slot is NULL in every thread.
#[shim(full)]
pub(in crate::kernel32) fn TlsAlloc(cx: &Cx) -> Win32Result<Invalid<u32>> {
    Ok(Invalid(cx.process.take_tls_index().ok_or(WIN32_ERROR::ERROR_NO_MORE_ITEMS)?))
}

/// Gives an index back.
#[shim(full)]
pub(in crate::kernel32) fn TlsFree(cx: &Cx, dwTlsIndex: u32) -> Win32Result<()> {
    if cx.process.give_back_tls_index(dwTlsIndex) { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

/// Gives the calling thread's value of an index.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn TlsGetValue(cx: &Cx, dwTlsIndex: u32) -> Ptr<u8> {
    // Documented: success sets the last error, so that a NULL value is known from a failure.
    let (value, error) = match cx.thread.tls(dwTlsIndex) {
        Some(value) => (value, WIN32_ERROR::ERROR_SUCCESS),
        None => (0, WIN32_ERROR::ERROR_INVALID_PARAMETER),
    };
    cx.thread.set_last_error(error);
    Ptr::at(value)
}

/// Sets the calling thread's value of an index.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn TlsSetValue(cx: &Cx, dwTlsIndex: u32, lpTlsValue: Ptr<u8>) -> Win32Result<()> {
    if cx.thread.set_tls(dwTlsIndex, lpTlsValue.address()) {
        Ok(())
    } else {
        Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into())
    }
}
