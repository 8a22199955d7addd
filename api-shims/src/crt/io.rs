//! io.h: descriptors.

mod open;
mod stat;

pub(crate) use open::*;
pub(crate) use stat::*;

use abi::{CrtResult, Errno, HANDLE, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::stop::block;

use super::files::{Descriptor, Handle, files};
use super::guest::{ok, status};
use super::host;
use super::stream::descriptor::{read, write};
use super::stream::mode::{O_BINARY, O_NOINHERIT, O_TEXT, O_U8TEXT, O_U16TEXT, O_WTEXT, translation};
use super::stream::{Translation, Whence};
use super::variables::{Variable, variable};

/// The default translation of files, as the program set it.
pub(super) fn fmode(cx: &Cx) -> i32 {
    let address = variable(cx, Variable::Fmode).ok();
    address.and_then(|address| fault::load_u32(address).ok()).unwrap_or_default() as i32
}

/// Closes a descriptor and its file.
pub(super) fn close_descriptor(cx: &Cx, fd: i32) -> Result<(), Errno> {
    let descriptor = files(cx).remove(fd)?;
    if (0..3).contains(&fd) && host::standard_handle(cx, fd as usize) == Some(descriptor.handle) {
        host::set_standard_handle(cx, fd as usize, HANDLE::NULL);
    }
    host::close(cx, descriptor.handle)
}

/// Closes a descriptor.
#[shim(full)]
pub(crate) fn _close(cx: &Cx, fd: i32) -> CrtResult<i32> {
    close_descriptor(cx, fd)?;
    ok(0)
}

/// The most that one call reads or writes.
const MOST: usize = i32::MAX as usize;

/// Reads from a descriptor, with line ends translated in text mode; 0 at the end.
#[shim(partial = "a UTF-8 file read as Unicode text gives its bytes")]
pub(crate) fn _read(cx: &Cx, fd: i32, buffer: Ptr<u8>, buffer_size: u32) -> CrtResult<i32> {
    let descriptor = files(cx).descriptor(fd)?;
    let size = buffer_size as usize;
    if size > MOST || (buffer.is_null() && size > 0) {
        return Err(Errno::EINVAL.into());
    }
    let mut block = vec![0; size.min(1 << 20)];
    let mut handle = Handle { cx, handle: descriptor.handle };
    let mut ahead = descriptor.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = read(&mut handle, narrow_translation(&descriptor), &mut ahead, &mut block)?;
    fault::write(buffer.address(), &block[..count])?;
    ok(count as i32)
}

/// What `_read` and `_write` do: they know bytes only, and of the Unicode modes only the line ends of UTF-8.
fn narrow_translation(descriptor: &Descriptor) -> Translation {
    match descriptor.translation() {
        Translation::Utf8 => Translation::Text,
        Translation::Utf16 => Translation::Binary,
        other => other,
    }
}

/// Writes to a descriptor, with line ends translated in text mode.
#[shim(partial = "Unicode text written to a UTF-8 file is taken as bytes")]
pub(crate) fn _write(cx: &Cx, fd: i32, buffer: Ptr<u8>, count: u32) -> CrtResult<i32> {
    let descriptor = files(cx).descriptor(fd)?;
    let count = count as usize;
    if count > MOST || (buffer.is_null() && count > 0) {
        return Err(Errno::EINVAL.into());
    }
    let mut handle = Handle { cx, handle: descriptor.handle };
    let mut block = vec![0; count.min(1 << 20)];
    let mut done = 0;
    while done < count {
        let now = (count - done).min(block.len());
        fault::read(buffer.address().wrapping_add(done as u64), &mut block[..now])?;
        match write(&mut handle, narrow_translation(&descriptor), descriptor.append, &block[..now]) {
            Ok(taken) => done += taken,
            Err(error) if done == 0 => return Err(error.into()),
            Err(_) => break,
        }
    }
    ok(done as i32)
}

fn seek(cx: &Cx, fd: i32, offset: i64, origin: i32) -> Result<i64, Refusal<Errno>> {
    let descriptor = files(cx).descriptor(fd)?;
    let whence = Whence::from_c(origin).ok_or(Errno::EINVAL)?;
    let position = host::seek(cx, descriptor.handle, offset, whence)?;
    let mut ahead = descriptor.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    (ahead.ended, ahead.at_end) = (false, false);
    i64::try_from(position).map_err(|_| Errno::EINVAL.into())
}

/// Moves a descriptor's position.
#[shim(full)]
pub(crate) fn _lseek(cx: &Cx, fd: i32, offset: i32, origin: i32) -> CrtResult<i32> {
    ok(i32::try_from(seek(cx, fd, offset.into(), origin)?).map_err(|_| Errno::EINVAL)?)
}

/// Moves a descriptor's position.
#[shim(full)]
pub(crate) fn _lseeki64(cx: &Cx, fd: i32, offset: i64, origin: i32) -> CrtResult<i64> {
    ok(seek(cx, fd, offset, origin)?)
}

/// Gives a descriptor's position.
#[shim(full)]
pub(crate) fn _tell(cx: &Cx, fd: i32) -> CrtResult<i32> {
    _lseek(cx, fd, 0, 1)
}

/// Gives a descriptor's position.
#[shim(full)]
pub(crate) fn _telli64(cx: &Cx, fd: i32) -> CrtResult<i64> {
    _lseeki64(cx, fd, 0, 1)
}

/// Says whether a descriptor's file is at its end.
#[shim(full)]
pub(crate) fn _eof(cx: &Cx, fd: i32) -> CrtResult<i32> {
    let descriptor = files(cx).descriptor(fd)?;
    if descriptor.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner).at_end {
        return ok(1);
    }
    let here = host::seek(cx, descriptor.handle, 0, Whence::Current)?;
    ok(i32::from(here >= host::file_size(cx, descriptor.handle)?))
}

/// Gives the length of a descriptor's file in bytes.
#[shim(full)]
pub(crate) fn _filelength(cx: &Cx, fd: i32) -> CrtResult<i32> {
    ok(i32::try_from(host::file_size(cx, files(cx).descriptor(fd)?.handle)?).map_err(|_| Errno::EINVAL)?)
}

/// Gives the length of a descriptor's file in bytes.
#[shim(full)]
pub(crate) fn _filelengthi64(cx: &Cx, fd: i32) -> CrtResult<i64> {
    ok(host::file_size(cx, files(cx).descriptor(fd)?.handle)? as i64)
}

/// Makes a descriptor's file longer or shorter.
#[shim(full)]
pub(crate) fn _chsize(cx: &Cx, fd: i32, size: i32) -> CrtResult<i32> {
    change_size(cx, fd, size.into())?;
    ok(0)
}

/// Makes a descriptor's file longer or shorter; gives the error.
#[shim(full)]
pub(crate) fn _chsize_s(cx: &Cx, fd: i32, size: i64) -> CrtResult<i32> {
    status(cx, change_size(cx, fd, size))
}

fn change_size(cx: &Cx, fd: i32, size: i64) -> Result<(), Errno> {
    let descriptor = files(cx).descriptor(fd)?;
    host::set_size(cx, descriptor.handle, u64::try_from(size).map_err(|_| Errno::EINVAL)?)
}

/// Waits until what was written to a descriptor is on its disk.
#[shim(full)]
pub(crate) fn _commit(cx: &Cx, fd: i32) -> CrtResult<i32> {
    let descriptor = files(cx).descriptor(fd)?;
    host::commit(cx, descriptor.handle)?;
    ok(0)
}

/// Says whether a descriptor is a console or another character device.
#[shim(full)]
pub(crate) fn _isatty(cx: &Cx, fd: i32) -> CrtResult<i32> {
    match files(cx).descriptor(fd) {
        Ok(descriptor) => ok(if descriptor.is_device { 0x40 } else { 0 }),
        Err(error) => {
            cx.thread.set_errno(error);
            ok(0)
        }
    }
}

/// Sets a descriptor's translation; gives the one before.
#[shim(full)]
pub(crate) fn _setmode(cx: &Cx, fd: i32, mode: i32) -> CrtResult<i32> {
    if ![O_TEXT, O_BINARY, O_WTEXT, O_U16TEXT, O_U8TEXT].contains(&mode) {
        return Err(Errno::EINVAL.into());
    }
    let descriptor = files(cx).descriptor(fd)?;
    let before = match descriptor.translation() {
        Translation::Binary => O_BINARY,
        Translation::Text => O_TEXT,
        Translation::Utf8 => O_U8TEXT,
        Translation::Utf16 => O_U16TEXT,
    };
    descriptor.set_translation(translation(mode, mode));
    ok(before)
}

/// Gives the handle of a descriptor's file; -2 for a standard stream without one.
#[shim(full)]
pub(crate) fn _get_osfhandle(cx: &Cx, fd: i32) -> CrtResult<i64> {
    if let Ok(descriptor) = files(cx).descriptor(fd) {
        return ok(descriptor.handle.0 as i64);
    }
    if (0..3).contains(&fd) { ok(-2) } else { Err(Errno::EBADF.into()) }
}

/// Gives a file's handle a descriptor, which owns it from then on.
#[shim(full)]
pub(crate) fn _open_osfhandle(cx: &Cx, osfhandle: i64, flags: i32) -> CrtResult<i32> {
    let handle = HANDLE(osfhandle as u64);
    host::information(cx, handle)
        .or_else(|_| cx.process.handles.info(handle).map(|_| Default::default()))
        .map_err(|_| Errno::EBADF)?;
    let mut descriptor = Descriptor::new(
        cx,
        handle,
        translation(flags & (O_TEXT | O_WTEXT | O_U8TEXT | O_U16TEXT), O_BINARY),
        flags & 8 != 0,
    );
    descriptor.no_inherit = flags & O_NOINHERIT != 0;
    ok(files(cx).add(descriptor)?)
}

fn copy_of(cx: &Cx, descriptor: &Descriptor) -> Result<Descriptor, Errno> {
    let handle = host::duplicate(cx, descriptor.handle, true)?;
    Ok(Descriptor::new(cx, handle, descriptor.translation(), descriptor.append))
}

/// Gives a descriptor's file a second descriptor.
#[shim(full)]
pub(crate) fn _dup(cx: &Cx, fd: i32) -> CrtResult<i32> {
    let copy = copy_of(cx, &*files(cx).descriptor(fd)?)?;
    ok(files(cx).add(copy)?)
}

/// Makes one descriptor a second one of another's file.
#[shim(full)]
pub(crate) fn _dup2(cx: &Cx, fd1: i32, fd2: i32) -> CrtResult<i32> {
    let source = files(cx).descriptor(fd1)?;
    if fd1 == fd2 {
        return ok(0);
    }
    let copy = copy_of(cx, &source)?;
    let handle = copy.handle;
    if let Some(before) = files(cx).replace(fd2, copy)? {
        let _ = host::close(cx, before.handle);
    }
    if (0..3).contains(&fd2) {
        host::set_standard_handle(cx, fd2 as usize, handle);
    }
    ok(0)
}

/// Makes a pipe: descriptors to read from and to write to.
#[shim(full)]
pub(crate) fn _pipe(cx: &Cx, pfds: Ptr<i32>, psize: u32, textmode: i32) -> CrtResult<i32> {
    if pfds.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let translation = translation(textmode, fmode(cx));
    let (reader, writer) = host::pipe(cx, psize, textmode & O_NOINHERIT == 0)?;
    let reader = files(cx).add(Descriptor::new(cx, reader, translation, false))?;
    let writer = files(cx).add(Descriptor::new(cx, writer, translation, false))?;
    pfds.write_slice(&[reader, writer])?;
    ok(0)
}

/// Locks or unlocks a range of a descriptor's file from its position on.
#[shim(full)]
pub(crate) fn _locking(cx: &Cx, fd: i32, mode: i32, nbytes: i32) -> CrtResult<i32> {
    /// `_LK_UNLCK`; the modes that lock: `_LK_LOCK` 1, `_LK_NBLCK` 2, `_LK_RLCK` 3, `_LK_NBRLCK` 4.
    const UNLOCK: i32 = 0;
    let descriptor = files(cx).descriptor(fd)?;
    let len = u64::try_from(nbytes).map_err(|_| Errno::EINVAL)?;
    if !(0..=4).contains(&mode) {
        return Err(Errno::EINVAL.into());
    }
    let start = host::seek(cx, descriptor.handle, 0, Whence::Current)?;
    // Documented: the modes that wait try ten times, once a second.
    let tries = if matches!(mode, 1 | 3) { 10 } else { 1 };
    for attempt in 1..=tries {
        match host::lock(cx, descriptor.handle, start, len, mode != UNLOCK) {
            Ok(()) => return ok(0),
            Err(error) if attempt == tries => return Err(if tries > 1 { Errno::EDEADLK } else { error }.into()),
            Err(_) => {
                let _blocked = block();
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
        }
    }
    ok(0)
}
