//! stdio.h: reading and writing bytes and lines.

use abi::{CrtResult, Errno, PCSTR, PSTR, Ptr, Refusal, bulk, fault, shim};
use syscall_xlate::Cx;

use super::{EOF, FILE};
use crate::crt::files::{Use, with_file};
use crate::crt::guest::{ok, write_text};
use crate::crt::variables::standard_stream;

/// Bytes copied between guest and stream at once.
const BLOCK: usize = 64 * 1024;

fn put_byte(cx: &Cx, stream: u64, byte: u8) -> CrtResult<i32> {
    with_file(cx, stream, Use::Write, |_, stream, handle, settings| {
        if settings.translation.is_wide() {
            return Err(Refusal::from(Errno::EINVAL));
        }
        stream.put(handle, settings, &[byte])?;
        stream.settle(handle, settings)?;
        ok(byte.into())
    })
}

fn get_byte(cx: &Cx, stream: u64) -> CrtResult<i32> {
    with_file(cx, stream, Use::Read, |_, stream, handle, settings| {
        let byte = stream.get(handle, settings).map_err(Refusal::from)?;
        ok(byte.map_or(EOF, i32::from))
    })
}

/// Writes a byte to a stream.
#[shim(full)]
pub(crate) fn fputc(cx: &Cx, c: i32, stream: FILE) -> CrtResult<i32> {
    put_byte(cx, stream.address(), c as u8)
}

/// Writes a byte to a stream.
#[shim(full)]
pub(crate) fn putc(cx: &Cx, c: i32, stream: FILE) -> CrtResult<i32> {
    put_byte(cx, stream.address(), c as u8)
}

/// Writes a byte to standard output.
#[shim(full)]
pub(crate) fn putchar(cx: &Cx, c: i32) -> CrtResult<i32> {
    put_byte(cx, standard_stream(cx, 1)?, c as u8)
}

/// Writes a byte to a stream whose buffer the header's macro found full; the buffer it looks at is always full.
#[shim(full)]
pub(crate) fn _flsbuf(cx: &Cx, c: i32, stream: FILE) -> CrtResult<i32> {
    put_byte(cx, stream.address(), c as u8)
}

/// Reads a byte from a stream.
#[shim(full)]
pub(crate) fn fgetc(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    get_byte(cx, stream.address())
}

/// Reads a byte from a stream.
#[shim(full)]
pub(crate) fn getc(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    get_byte(cx, stream.address())
}

/// Reads a byte from standard input.
#[shim(full)]
pub(crate) fn getchar(cx: &Cx) -> CrtResult<i32> {
    get_byte(cx, standard_stream(cx, 0)?)
}

/// Reads a byte from a stream whose buffer the header's macro found empty; the buffer it looks at is always empty.
#[shim(full)]
pub(crate) fn _filbuf(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    get_byte(cx, stream.address())
}

/// Puts a byte back into a stream.
#[shim(full)]
pub(crate) fn ungetc(cx: &Cx, c: i32, stream: FILE) -> CrtResult<i32> {
    if c == EOF {
        return ok(EOF);
    }
    with_file(cx, stream.address(), Use::Read, |_, stream, _, _| {
        let room = stream.unget(c as u8);
        Ok::<_, Refusal<Errno>>(abi::Crt(if room { c & 0xff } else { EOF }))
    })
}

/// Writes bytes of guest memory to a stream; gives how many the stream took.
fn put_memory(cx: &Cx, stream: u64, from: u64, length: usize) -> Result<usize, Refusal<Errno>> {
    with_file(cx, stream, Use::Write, |_, stream, handle, settings| {
        if settings.translation.is_wide() {
            return Err(Refusal::from(Errno::EINVAL));
        }
        let mut block = vec![0; length.min(BLOCK)];
        let mut done = 0;
        while done < length {
            let now = (length - done).min(BLOCK);
            fault::read(from.wrapping_add(done as u64), &mut block[..now])?;
            stream.put(handle, settings, &block[..now])?;
            done += now;
        }
        stream.settle(handle, settings)?;
        Ok(done)
    })
}

/// Writes a string to a stream.
#[shim(full)]
pub(crate) fn fputs(cx: &Cx, str: PCSTR, stream: FILE) -> CrtResult<i32> {
    let length = bulk::length8(str.address())?;
    put_memory(cx, stream.address(), str.address(), length)?;
    ok(0)
}

/// Writes a string and a new line to standard output.
#[shim(full)]
pub(crate) fn puts(cx: &Cx, str: PCSTR) -> CrtResult<i32> {
    let mut text = str.read()?;
    text.push(b'\n');
    with_file(cx, standard_stream(cx, 1)?, Use::Write, |_, stream, handle, settings| {
        if settings.translation.is_wide() {
            return Err(Refusal::from(Errno::EINVAL));
        }
        stream.put(handle, settings, &text)?;
        stream.settle(handle, settings)?;
        ok(0)
    })
}

/// Reads a line, new line included, into a buffer.
#[shim(full)]
pub(crate) fn fgets(cx: &Cx, str: PSTR, numChars: i32, stream: FILE) -> CrtResult<Ptr<u8>> {
    let Some(room) = usize::try_from(numChars).ok().filter(|&room| room > 0 && !str.is_null()) else {
        return Err(Errno::EINVAL.into());
    };
    let mut line = Vec::new();
    let result = with_file(cx, stream.address(), Use::Read, |_, stream, handle, settings| {
        let result: Result<(), Errno> = stream.read_line(handle, settings, room - 1, &mut line);
        result.map_err(Refusal::from)
    });
    if line.is_empty() && room > 1 {
        result?;
        return ok(Ptr::NULL);
    }
    write_text(str.address(), &line)?;
    ok(str.ptr())
}

/// Reads a line from standard input, without its new line, into a buffer of unknown size.
#[shim(full)]
pub(crate) fn gets(cx: &Cx, buffer: PSTR) -> CrtResult<Ptr<u8>> {
    let mut line = Vec::new();
    let result = with_file(cx, standard_stream(cx, 0)?, Use::Read, |_, stream, handle, settings| {
        stream.read_line(handle, settings, usize::MAX, &mut line).map_err(Refusal::<Errno>::from)
    });
    if line.is_empty() {
        result?;
        return ok(Ptr::NULL);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    write_text(buffer.address(), &line)?;
    ok(buffer.ptr())
}

/// Reads a line from standard input, without its new line, into a buffer.
#[shim(full)]
pub(crate) fn gets_s(cx: &Cx, buffer: Ptr<u8>, sizeInCharacters: usize) -> CrtResult<Ptr<u8>> {
    if buffer.is_null() || sizeInCharacters == 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut line = Vec::new();
    let result = with_file(cx, standard_stream(cx, 0)?, Use::Read, |_, stream, handle, settings| {
        stream.read_line(handle, settings, usize::MAX, &mut line).map_err(Refusal::<Errno>::from)
    });
    if line.is_empty() {
        result?;
        return ok(Ptr::NULL);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    if line.len() >= sizeInCharacters {
        fault::store_u8(buffer.address(), 0)?;
        return Err(Errno::ERANGE.into());
    }
    write_text(buffer.address(), &line)?;
    ok(buffer)
}

/// The bytes of `count` items of `size` bytes; 0 where there is nothing to do.
fn total(size: usize, count: usize) -> Result<usize, Refusal<Errno>> {
    size.checked_mul(count).ok_or_else(|| Errno::EINVAL.into())
}

/// Reads items into a block; gives how many whole ones came.
#[shim(full)]
pub(crate) fn fread(cx: &Cx, buffer: Ptr<u8>, size: usize, count: usize, stream: FILE) -> CrtResult<Items> {
    let length = total(size, count)?;
    if length == 0 {
        return ok(Items(0));
    }
    let mut block = vec![0; length.min(BLOCK)];
    let mut done = 0;
    let result: Result<(), Refusal<Errno>> =
        with_file(cx, stream.address(), Use::Read, |_, stream, handle, settings| {
            while done < length {
                let now = (length - done).min(BLOCK);
                let got = stream.read(handle, settings, &mut block[..now])?;
                fault::write(buffer.address().wrapping_add(done as u64), &block[..got])?;
                done += got;
                if got < now {
                    break;
                }
            }
            Ok(())
        });
    match result {
        Err(refusal @ Refusal::Raises(_)) => Err(refusal),
        Err(refusal) if done == 0 => Err(refusal),
        _ => ok(Items(done / size)),
    }
}

/// Writes items of a block; gives how many were taken.
#[shim(full)]
pub(crate) fn fwrite(cx: &Cx, buffer: Ptr<u8>, size: usize, count: usize, stream: FILE) -> CrtResult<Items> {
    let length = total(size, count)?;
    if length == 0 {
        return ok(Items(0));
    }
    let done = put_memory(cx, stream.address(), buffer.address(), length)?;
    ok(Items(done / size))
}

/// A count of items, where failure is 0.
pub(crate) struct Items(usize);

impl abi::Ret for Items {
    type Raw = u64;
    fn outcome(self) -> abi::Outcome<u64> {
        abi::Outcome::value(self.0 as u64)
    }
    fn result(&self) -> abi::Value {
        abi::Value::Unsigned(self.0 as u64)
    }
}

impl abi::CrtFailure for Items {
    fn failed() -> Self {
        Self(0)
    }
}

/// Reads a 32-bit word from a stream.
#[shim(full)]
pub(crate) fn _getw(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    let mut bytes = [0; 4];
    let got = with_file(cx, stream.address(), Use::Read, |_, stream, handle, settings| {
        stream.read(handle, settings, &mut bytes).map_err(Refusal::<Errno>::from)
    })?;
    ok(if got == 4 { i32::from_le_bytes(bytes) } else { EOF })
}

/// Writes a 32-bit word to a stream.
#[shim(full)]
pub(crate) fn _putw(cx: &Cx, binint: i32, stream: FILE) -> CrtResult<i32> {
    with_file(cx, stream.address(), Use::Write, |_, stream, handle, settings| {
        stream.put(handle, settings, &binint.to_le_bytes())?;
        stream.settle(handle, settings)?;
        Ok::<_, Refusal<Errno>>(abi::Crt(binint))
    })
}

/// Prints a message and the text of the last C error to standard error.
#[shim(full)]
pub(crate) fn perror(cx: &Cx, message: PCSTR) -> CrtResult<()> {
    let number = fault::load_u32(cx.thread.errno_address())? as i32;
    let mut text = Vec::new();
    if let Some(message) = message.opt() {
        let message = message.read()?;
        if !message.is_empty() {
            text.extend_from_slice(&message);
            text.extend_from_slice(b": ");
        }
    }
    text.extend_from_slice(crate::crt::string::errors::text(number).as_bytes());
    text.push(b'\n');
    with_file(cx, standard_stream(cx, 2)?, Use::Write, |_, stream, handle, settings| {
        stream.put(handle, settings, &text)?;
        stream.settle(handle, settings)?;
        Ok::<_, Refusal<Errno>>(abi::Crt(()))
    })
}
