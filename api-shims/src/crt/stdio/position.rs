//! stdio.h: positions, buffers and the state of streams.

use abi::{CrtResult, Errno, Fault, In, Out, Ptr, Refusal, shim};
use syscall_xlate::Cx;

use super::FILE;
use crate::crt::files::{Use, files, flush_all, with_file};
use crate::crt::guest::ok;
use crate::crt::host;
use crate::crt::state::process;
use crate::crt::stream::{BUFFER_SIZE, Buffering, Whence};

fn seek(cx: &Cx, stream: u64, offset: i64, origin: i32) -> Result<(), Refusal<Errno>> {
    let whence = Whence::from_c(origin).ok_or(Errno::EINVAL)?;
    with_file(cx, stream, Use::Other, |_, stream, handle, settings| {
        stream.seek(handle, settings, offset, whence)?;
        Ok(())
    })
}

fn tell(cx: &Cx, stream: u64) -> Result<i64, Refusal<Errno>> {
    let position = with_file(cx, stream, Use::Other, |_, stream, handle, settings| {
        stream.tell(handle, settings).map_err(Refusal::<Errno>::from)
    })?;
    i64::try_from(position).map_err(|_| Errno::EINVAL.into())
}

/// Moves a stream's position.
#[shim(full)]
pub(crate) fn fseek(cx: &Cx, stream: FILE, offset: i32, origin: i32) -> CrtResult<i32> {
    seek(cx, stream.address(), offset.into(), origin)?;
    ok(0)
}

/// Moves a stream's position.
#[shim(full)]
pub(crate) fn _fseeki64(cx: &Cx, stream: FILE, offset: i64, origin: i32) -> CrtResult<i32> {
    seek(cx, stream.address(), offset, origin)?;
    ok(0)
}

/// Gives a stream's position.
#[shim(full)]
pub(crate) fn ftell(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    // Documented: a position that is no `long` fails with EINVAL.
    ok(i32::try_from(tell(cx, stream.address())?).map_err(|_| Errno::EINVAL)?)
}

/// Gives a stream's position.
#[shim(full)]
pub(crate) fn _ftelli64(cx: &Cx, stream: FILE) -> CrtResult<i64> {
    ok(tell(cx, stream.address())?)
}

/// Moves a stream to the beginning and clears its error.
#[shim(full)]
pub(crate) fn rewind(cx: &Cx, stream: FILE) -> CrtResult<()> {
    let _ = seek(cx, stream.address(), 0, 0);
    clearerr(cx, stream)
}

/// Stores a stream's position.
#[shim(full)]
pub(crate) fn fgetpos(cx: &Cx, stream: FILE, pos: Out<i64>) -> CrtResult<i32> {
    pos.set(tell(cx, stream.address())?)?;
    ok(0)
}

/// Moves a stream to a stored position.
#[shim(full)]
pub(crate) fn fsetpos(cx: &Cx, stream: FILE, pos: In<i64>) -> CrtResult<i32> {
    seek(cx, stream.address(), pos.read()?, 0)?;
    ok(0)
}

/// Writes what a stream holds back; all streams for NULL.
#[shim(full)]
pub(crate) fn fflush(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    if stream.is_null() {
        files(cx);
        flush_all(cx, true);
        return ok(0);
    }
    with_file(cx, stream.address(), Use::Other, |file, stream, handle, settings| {
        stream.flush(handle, settings)?;
        if file.commit {
            host::commit(handle.cx, handle.handle)?;
        }
        Ok::<_, Refusal<Errno>>(abi::Crt(0))
    })
}

/// Writes what all streams hold back; gives how many streams are open.
#[shim(full)]
pub(crate) fn _flushall(cx: &Cx) -> i32 {
    files(cx);
    flush_all(cx, true)
}

/// Says whether a stream is at its end.
#[shim(full)]
pub(crate) fn feof(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    let file = files(cx).file(stream.address())?;
    ok(if file.stream().eof { 0x10 } else { 0 })
}

/// Says whether a stream has had an error.
#[shim(full)]
pub(crate) fn ferror(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    let file = files(cx).file(stream.address())?;
    ok(if file.stream().error { 0x20 } else { 0 })
}

/// Clears a stream's end and error.
#[shim(full)]
pub(crate) fn clearerr(cx: &Cx, stream: FILE) -> CrtResult<()> {
    with_file(cx, stream.address(), Use::Other, |_, stream, _, _| {
        stream.clear_error();
        Ok::<_, Refusal<Errno>>(abi::Crt(()))
    })
}

/// Clears a stream's end and error.
#[shim(full)]
pub(crate) fn clearerr_s(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    clearerr(cx, stream)?;
    ok(0)
}

/// `_IONBF`
const UNBUFFERED: i32 = 4;
/// `_IOFBF`
const FULL: i32 = 0;
/// `_IOLBF`
const LINE: i32 = 0x40;

/// Sets a stream's buffering. The runtime keeps a buffer of its own, whatever the program offers.
#[shim(full)]
pub(crate) fn setvbuf(cx: &Cx, stream: FILE, buffer: Ptr<u8>, mode: i32, size: usize) -> CrtResult<i32> {
    let _ = buffer;
    let buffering = match mode {
        UNBUFFERED => Buffering::None,
        FULL | LINE if (2..=i32::MAX as usize).contains(&size) => Buffering::Full,
        _ => return Err(Errno::EINVAL.into()),
    };
    let size = if buffering == Buffering::None { BUFFER_SIZE } else { size };
    with_file(cx, stream.address(), Use::Other, |_, stream, handle, settings| {
        stream.flush(handle, settings)?;
        stream.set_buffering(buffering, size);
        Ok::<_, Refusal<Errno>>(abi::Crt(0))
    })
}

/// Sets whether a stream is buffered.
#[shim(full)]
pub(crate) fn setbuf(cx: &Cx, stream: FILE, buffer: Ptr<u8>) -> CrtResult<()> {
    let mode = if buffer.is_null() { UNBUFFERED } else { FULL };
    setvbuf(cx, stream, buffer, mode, 512)?;
    ok(())
}

/// Gives a stream's descriptor.
#[shim(full)]
pub(crate) fn _fileno(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    ok(files(cx).file(stream.address())?.fd)
}

/// Takes a stream's lock.
#[shim(full)]
pub(crate) fn _lock_file(cx: &Cx, file: FILE) -> CrtResult<()> {
    let thread = cx.thread.id();
    files(cx).file(file.address())?.lock.acquire(thread);
    ok(())
}

/// Releases a stream's lock.
#[shim(full)]
pub(crate) fn _unlock_file(cx: &Cx, file: FILE) -> CrtResult<()> {
    let thread = cx.thread.id();
    files(cx).file(file.address())?.lock.release(thread);
    ok(())
}

/// Gives the most streams that may be open at once.
#[shim(full)]
pub(crate) fn _getmaxstdio(cx: &Cx) -> i32 {
    match process(cx).most_streams.load(std::sync::atomic::Ordering::Relaxed) {
        0 => 512,
        most => most,
    }
}

/// Sets the most streams that may be open at once.
#[shim(full)]
pub(crate) fn _setmaxstdio(cx: &Cx, newmax: i32) -> CrtResult<i32> {
    if !(20..=8192).contains(&newmax) {
        return Err(Errno::EINVAL.into());
    }
    process(cx).most_streams.store(newmax, std::sync::atomic::Ordering::Relaxed);
    ok(newmax)
}

/// Gives the addresses of a stream's buffer pointers, for C++ file streams.
#[shim(partial = "the pointers are always NULL: the buffer is the runtime's own")]
pub(crate) fn _get_stream_buffer_pointers(
    cx: &Cx,
    stream: FILE,
    base: Out<u64>,
    pointer: Out<u64>,
    count: Out<u64>,
) -> CrtResult<i32> {
    files(cx).file(stream.address())?;
    let write = |out: Out<u64>, offset: u64| -> Result<(), Fault> { out.set_opt(stream.address() + offset) };
    write(base, 16)?;
    write(pointer, 0)?;
    write(count, 8)?;
    ok(0)
}
