//! stdio.h and wchar.h: reading and writing wide characters and lines.

use abi::{CrtResult, Errno, PCWSTR, PWSTR, Ptr, Refusal, bulk, shim};
use syscall_xlate::Cx;

use super::{FILE, WEOF};
use crate::crt::files::{Use, with_file};
use crate::crt::guest::{ok, read_text, write_text};
use crate::crt::locale;
use crate::crt::stream::wide::WideError;
use crate::crt::variables::standard_stream;

fn refusal(error: WideError<Errno>) -> Refusal<Errno> {
    match error {
        WideError::Raw(error) => error.into(),
        WideError::Encoding => Errno::EILSEQ.into(),
    }
}

fn put_text(cx: &Cx, stream: u64, text: &[u16]) -> Result<(), Refusal<Errno>> {
    let encoding = locale::encoding(cx);
    with_file(cx, stream, Use::Write, |_, stream, handle, settings| {
        let result = stream.put_wide(handle, settings, encoding, text).map_err(refusal);
        stream.settle(handle, settings)?;
        result
    })
}

fn get_unit(cx: &Cx, stream: u64) -> CrtResult<u16> {
    let encoding = locale::encoding(cx);
    with_file(cx, stream, Use::Read, |_, stream, handle, settings| {
        ok(stream.get_wide(handle, settings, encoding).map_err(refusal)?.unwrap_or(WEOF))
    })
}

/// Writes a wide character to a stream.
#[shim(full)]
pub(crate) fn fputwc(cx: &Cx, c: u16, stream: FILE) -> CrtResult<u16> {
    put_text(cx, stream.address(), &[c])?;
    ok(c)
}

/// Writes a wide character to a stream.
#[shim(full)]
pub(crate) fn putwc(cx: &Cx, c: u16, stream: FILE) -> CrtResult<u16> {
    fputwc(cx, c, stream)
}

/// Writes a wide character to standard output.
#[shim(full)]
pub(crate) fn putwchar(cx: &Cx, c: u16) -> CrtResult<u16> {
    put_text(cx, standard_stream(cx, 1)?, &[c])?;
    ok(c)
}

/// Reads a wide character from a stream.
#[shim(full)]
pub(crate) fn fgetwc(cx: &Cx, stream: FILE) -> CrtResult<u16> {
    get_unit(cx, stream.address())
}

/// Reads a wide character from a stream.
#[shim(full)]
pub(crate) fn getwc(cx: &Cx, stream: FILE) -> CrtResult<u16> {
    get_unit(cx, stream.address())
}

/// Reads a wide character from standard input.
#[shim(full)]
pub(crate) fn getwchar(cx: &Cx) -> CrtResult<u16> {
    get_unit(cx, standard_stream(cx, 0)?)
}

/// Puts a wide character back into a stream.
#[shim(full)]
pub(crate) fn ungetwc(cx: &Cx, c: u16, stream: FILE) -> CrtResult<u16> {
    if c == WEOF {
        return ok(WEOF);
    }
    with_file(cx, stream.address(), Use::Read, |_, stream, _, _| {
        stream.unget_wide(c);
        Ok::<_, Refusal<Errno>>(abi::Crt(c))
    })
}

/// Writes a wide string to a stream.
#[shim(full)]
pub(crate) fn fputws(cx: &Cx, str: PCWSTR, stream: FILE) -> CrtResult<i32> {
    put_text(cx, stream.address(), &read_text::<u16>(str.address())?)?;
    ok(0)
}

/// Writes a wide string and a new line to standard output.
#[shim(full)]
pub(crate) fn _putws(cx: &Cx, str: PCWSTR) -> CrtResult<i32> {
    let length = bulk::length16(str.address())?;
    let mut text = str.ptr().read_slice(length)?;
    text.push(b'\n'.into());
    put_text(cx, standard_stream(cx, 1)?, &text)?;
    ok(0)
}

/// A wide line of at most `limit` units; empty at the end of the file.
fn line(cx: &Cx, stream: u64, limit: usize) -> Result<Vec<u16>, Refusal<Errno>> {
    let encoding = locale::encoding(cx);
    with_file(cx, stream, Use::Read, |_, stream, handle, settings| {
        let mut line = Vec::new();
        while line.len() < limit {
            let Some(unit) = stream.get_wide(handle, settings, encoding).map_err(refusal)? else { break };
            line.push(unit);
            if unit == u16::from(b'\n') {
                break;
            }
        }
        Ok(line)
    })
}

/// Reads a wide line, new line included, into a buffer.
#[shim(full)]
pub(crate) fn fgetws(cx: &Cx, str: PWSTR, numChars: i32, stream: FILE) -> CrtResult<Ptr<u16>> {
    let Some(room) = usize::try_from(numChars).ok().filter(|&room| room > 0 && !str.is_null()) else {
        return Err(Errno::EINVAL.into());
    };
    let line = line(cx, stream.address(), room - 1)?;
    if line.is_empty() && room > 1 {
        return ok(Ptr::NULL);
    }
    write_text(str.address(), &line)?;
    ok(str.ptr())
}

/// Reads a wide line from standard input, without its new line, into a buffer of unknown size.
#[shim(full)]
pub(crate) fn _getws(cx: &Cx, buffer: PWSTR) -> CrtResult<Ptr<u16>> {
    let mut line = line(cx, standard_stream(cx, 0)?, usize::MAX)?;
    if line.is_empty() {
        return ok(Ptr::NULL);
    }
    line.pop_if(|&mut last| last == u16::from(b'\n'));
    write_text(buffer.address(), &line)?;
    ok(buffer.ptr())
}
