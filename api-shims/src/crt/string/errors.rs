//! string.h: the texts of errors.

use abi::{CrtResult, Errno, PCSTR, Ptr, shim};
use syscall_xlate::Cx;

use crate::crt::guest::{GuestUnit, ok, status, write_text};
use crate::crt::state::{Keep, keep};

/// The texts of errors 0 to 42, as Microsoft documents them under "errno constants" and `_sys_errlist`.
pub(in crate::crt) const TEXTS: [&str; 43] = [
    "No error",
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted function call",
    "Input/output error",
    "No such device or address",
    "Arg list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Not enough space",
    "Permission denied",
    "Bad address",
    "Unknown error",
    "Resource device",
    "File exists",
    "Improper link",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate I/O control operation",
    "Unknown error",
    "File too large",
    "No space left on device",
    "Invalid seek",
    "Read-only file system",
    "Too many links",
    "Broken pipe",
    "Domain error",
    "Result too large",
    "Unknown error",
    "Resource deadlock avoided",
    "Unknown error",
    "Filename too long",
    "No locks available",
    "Function not implemented",
    "Directory not empty",
    "Illegal byte sequence",
];

/// The text of error `number`.
pub(in crate::crt) fn text(number: i32) -> &'static str {
    usize::try_from(number).ok().and_then(|index| TEXTS.get(index)).copied().unwrap_or("Unknown error")
}

/// Text in the units of the caller.
pub(in crate::crt) fn units<U: GuestUnit>(text: &str) -> Vec<U> {
    text.bytes().map(U::from).collect()
}

/// Gives the text of an error.
#[shim(full)]
pub(crate) fn strerror(cx: &Cx, errnum: i32) -> CrtResult<Ptr<u8>> {
    let address = keep(cx, Keep::Error, 256)?;
    write_text::<u8>(address, &units(text(errnum)))?;
    ok(Ptr::at(address))
}

/// Gives a message followed by the text of the last C error.
#[shim(full)]
pub(crate) fn _strerror(cx: &Cx, strErrMsg: PCSTR) -> CrtResult<Ptr<u8>> {
    let number = abi::fault::load_u32(cx.thread.errno_address())? as i32;
    let mut message = Vec::new();
    if let Some(prefix) = strErrMsg.opt() {
        // Documented: the message is at most 94 characters.
        message = prefix.read_limited(94)?;
        message.extend_from_slice(b": ");
    }
    message.extend_from_slice(text(number).as_bytes());
    message.push(b'\n');
    let address = keep(cx, Keep::Error, 256)?;
    write_text(address, &message)?;
    ok(Ptr::at(address))
}

/// `strerror_s` for either kind of text.
pub(in crate::crt) fn into_buffer<U: GuestUnit>(
    buffer: u64,
    size: usize,
    number: i32,
) -> Result<Result<(), Errno>, abi::Fault> {
    if buffer == 0 || size == 0 {
        return Ok(Err(Errno::EINVAL));
    }
    let mut units = units::<U>(text(number));
    units.truncate(size - 1);
    write_text(buffer, &units)?;
    Ok(Ok(()))
}

/// Writes the text of an error, cut to the buffer.
#[shim(full)]
pub(crate) fn strerror_s(cx: &Cx, buffer: Ptr<u8>, sizeInBytes: usize, errnum: i32) -> CrtResult<i32> {
    status(cx, into_buffer::<u8>(buffer.address(), sizeInBytes, errnum)?)
}
