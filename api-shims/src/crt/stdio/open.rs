//! stdio.h: opening and closing streams.

use abi::{CrtResult, Errno, Out, PCSTR, PCWSTR, Ptr, Refusal, shim};
use syscall_xlate::Cx;

use super::FILE;
use crate::crt::files::{Use, files, with_file};
use crate::crt::guest::{GuestUnit, ok, read_text, status, write_text};
use crate::crt::host;
use crate::crt::io::{close_descriptor, open_file};
use crate::crt::state::{Keep, keep, process};
use crate::crt::stream::Buffering;
use crate::crt::stream::mode::{self, Mode};

/// `_SH_DENYNO`
const SHARE_ALL: i32 = 0x40;
/// `_SH_SECURE`
const SHARE_SECURE: i32 = 0x80;

/// Opens a stream on a path.
fn open(cx: &Cx, path: &[u16], mode: Mode, share: i32) -> Result<u64, Errno> {
    let fd = open_file(cx, path, mode.oflag, share, 0x180)?;
    files(cx).open_stream(cx, fd, mode, None, None).inspect_err(|_| {
        let _ = close_descriptor(cx, fd);
    })
}

fn open_narrow(cx: &Cx, filename: PCSTR, mode: PCSTR, share: i32) -> CrtResult<FILE> {
    if filename.is_null() || mode.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let path = host::widen_path(cx, &filename.read()?);
    let mode = mode::parse(&mode.read()?).ok_or(Errno::EINVAL)?;
    ok(Ptr::at(open(cx, &path, mode, share)?))
}

fn open_wide(cx: &Cx, filename: PCWSTR, mode: PCWSTR, share: i32) -> CrtResult<FILE> {
    if filename.is_null() || mode.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let mode = mode::parse(&mode.read()?).ok_or(Errno::EINVAL)?;
    ok(Ptr::at(open(cx, &filename.read()?, mode, share)?))
}

/// Opens a file as a stream.
#[shim(full)]
pub(crate) fn fopen(cx: &Cx, filename: PCSTR, mode: PCSTR) -> CrtResult<FILE> {
    open_narrow(cx, filename, mode, SHARE_ALL)
}

/// Opens a file as a stream.
#[shim(full)]
pub(crate) fn _wfopen(cx: &Cx, filename: PCWSTR, mode: PCWSTR) -> CrtResult<FILE> {
    open_wide(cx, filename, mode, SHARE_ALL)
}

/// Opens a file as a stream, with a say in how others may.
#[shim(full)]
pub(crate) fn _fsopen(cx: &Cx, filename: PCSTR, mode: PCSTR, shflag: i32) -> CrtResult<FILE> {
    open_narrow(cx, filename, mode, shflag)
}

/// Opens a file as a stream, with a say in how others may.
#[shim(full)]
pub(crate) fn _wfsopen(cx: &Cx, filename: PCWSTR, mode: PCWSTR, shflag: i32) -> CrtResult<FILE> {
    open_wide(cx, filename, mode, shflag)
}

/// The `_s` form of an opening: the stream is stored, the error given.
fn stored(cx: &Cx, pFile: Out<u64>, result: CrtResult<FILE>) -> CrtResult<i32> {
    match result {
        Ok(file) => {
            pFile.set(file.0.address())?;
            ok(0)
        }
        Err(Refusal::Fails(error)) => {
            pFile.set_opt(0)?;
            status(cx, Err(error))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Opens a file as a stream that others may not write.
#[shim(full)]
pub(crate) fn fopen_s(cx: &Cx, pFile: Out<u64>, filename: PCSTR, mode: PCSTR) -> CrtResult<i32> {
    if pFile.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    stored(cx, pFile, open_narrow(cx, filename, mode, SHARE_SECURE))
}

/// Opens a file as a stream that others may not write.
#[shim(full)]
pub(crate) fn _wfopen_s(cx: &Cx, pFile: Out<u64>, filename: PCWSTR, mode: PCWSTR) -> CrtResult<i32> {
    if pFile.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    stored(cx, pFile, open_wide(cx, filename, mode, SHARE_SECURE))
}

fn on_descriptor<U: GuestUnit>(cx: &Cx, fd: i32, mode_text: u64) -> CrtResult<FILE> {
    if mode_text == 0 {
        return Err(Errno::EINVAL.into());
    }
    let mode = mode::parse(&read_text::<U>(mode_text)?).ok_or(Errno::EINVAL)?;
    let descriptor = files(cx).descriptor(fd)?;
    if mode.oflag & (mode::O_TEXT | mode::O_BINARY) != 0 {
        descriptor.set_translation(mode::translation(mode.oflag, 0));
    }
    ok(Ptr::at(files(cx).open_stream(cx, fd, mode, None, None)?))
}

/// Makes a stream of an open descriptor.
#[shim(full)]
pub(crate) fn _fdopen(cx: &Cx, fd: i32, mode: PCSTR) -> CrtResult<FILE> {
    on_descriptor::<u8>(cx, fd, mode.address())
}

/// Makes a stream of an open descriptor.
#[shim(full)]
pub(crate) fn _wfdopen(cx: &Cx, fd: i32, mode: PCWSTR) -> CrtResult<FILE> {
    on_descriptor::<u16>(cx, fd, mode.address())
}

/// Closes a stream's file and leaves its `FILE` to be used again.
fn close(cx: &Cx, stream: u64) -> Result<i32, Refusal<Errno>> {
    let files = files(cx);
    let file = files.file(stream)?;
    let flushed: Result<(), Refusal<Errno>> = with_file(cx, stream, Use::Other, |_, stream, handle, settings| {
        stream.flush(handle, settings).map_err(Refusal::from)
    });
    files.remove_stream(stream)?;
    let closed = close_descriptor(cx, file.fd);
    if let Some(path) = &file.temporary {
        let _ = host::delete(cx, path);
    }
    flushed?;
    closed?;
    Ok(0)
}

/// Closes a stream.
#[shim(full)]
pub(crate) fn fclose(cx: &Cx, stream: FILE) -> CrtResult<i32> {
    ok(close(cx, stream.address())?)
}

/// Closes all streams but the standard ones; gives how many.
#[shim(full)]
pub(crate) fn _fcloseall(cx: &Cx) -> CrtResult<i32> {
    let mut count = 0;
    for file in files(cx).all_streams() {
        if !(0..3).contains(&file.fd) && file.fd != -2 && close(cx, file.address).is_ok() {
            count += 1;
        }
    }
    ok(count)
}

fn reopen(cx: &Cx, path: Option<Vec<u16>>, mode: Mode, stream: u64) -> CrtResult<FILE> {
    let files = files(cx);
    let old_fd = match files.file(stream) {
        Ok(file) => {
            let _: Result<(), Refusal<Errno>> = with_file(cx, stream, Use::Other, |_, stream, handle, settings| {
                stream.flush(handle, settings).map_err(Refusal::from)
            });
            files.remove_stream(stream)?;
            Some(file.fd)
        }
        Err(_) => None,
    };
    // The number is free before the file is opened, so that standard output stays descriptor 1.
    if let Some(fd) = old_fd {
        let _ = close_descriptor(cx, fd);
    }
    let path = path.ok_or(Errno::EINVAL)?;
    let fd = open_file(cx, &path, mode.oflag, SHARE_ALL, 0x180)?;
    files.reopen_stream(stream, fd, mode, Buffering::Full)?;
    ok(Ptr::at(stream))
}

/// Opens another file in the place of a stream.
#[shim(full)]
pub(crate) fn freopen(cx: &Cx, path: PCSTR, mode: PCSTR, stream: FILE) -> CrtResult<FILE> {
    if mode.is_null() || stream.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let mode = mode::parse(&mode.read()?).ok_or(Errno::EINVAL)?;
    let path = path.opt().map(|path| path.read()).transpose()?.map(|path| host::widen_path(cx, &path));
    reopen(cx, path, mode, stream.address())
}

/// Opens another file in the place of a stream.
#[shim(full)]
pub(crate) fn _wfreopen(cx: &Cx, path: PCWSTR, mode: PCWSTR, stream: FILE) -> CrtResult<FILE> {
    if mode.is_null() || stream.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let mode = mode::parse(&mode.read()?).ok_or(Errno::EINVAL)?;
    let path = path.opt().map(|path| path.read()).transpose()?;
    reopen(cx, path, mode, stream.address())
}

/// Opens another file in the place of a stream.
#[shim(full)]
pub(crate) fn freopen_s(cx: &Cx, pFile: Out<u64>, path: PCSTR, mode: PCSTR, stream: FILE) -> CrtResult<i32> {
    if pFile.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    let result = freopen(cx, path, mode, stream);
    stored(cx, pFile, result)
}

/// A name for a temporary file that nothing has yet: in the temporary folder, or the root as the older runtime's `tmpnam` says.
fn temporary_name(cx: &Cx) -> Result<Vec<u16>, Errno> {
    let folder = host::temporary_folder(cx);
    for _ in 0..1000 {
        let number = process(cx).names.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut path = folder.clone();
        path.extend(format!("s{:x}.{number:x}", cx.process.id()).encode_utf16());
        if !host::exists(cx, &path) {
            return Ok(path);
        }
    }
    Err(Errno::ENOENT)
}

/// Makes a file that is gone when its stream is closed.
#[shim(full)]
pub(crate) fn tmpfile(cx: &Cx) -> CrtResult<FILE> {
    let path = temporary_name(cx)?;
    let mode =
        Mode { oflag: mode::O_RDWR | mode::O_CREAT | mode::O_EXCL | mode::O_BINARY | mode::O_TEMPORARY, commit: None };
    let fd = open_file(cx, &path, mode.oflag, SHARE_ALL, 0x180)?;
    ok(Ptr::at(files(cx).open_stream(cx, fd, mode, Some(path), None)?))
}

/// Makes a file that is gone when its stream is closed.
#[shim(full)]
pub(crate) fn tmpfile_s(cx: &Cx, pFilePtr: Out<u64>) -> CrtResult<i32> {
    if pFilePtr.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    let result = tmpfile(cx);
    stored(cx, pFilePtr, result)
}

/// Gives a name that no file has yet.
#[shim(full)]
pub(crate) fn tmpnam(cx: &Cx, str: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    let name = host::narrow_path(cx, &temporary_name(cx)?);
    let address = match str.opt() {
        Some(str) => str.address(),
        None => keep(cx, Keep::Name, name.len() + 1)?,
    };
    write_text(address, &name)?;
    ok(Ptr::at(address))
}

/// Gives a name that no file has yet.
#[shim(full)]
pub(crate) fn _wtmpnam(cx: &Cx, str: Ptr<u16>) -> CrtResult<Ptr<u16>> {
    let name = temporary_name(cx)?;
    let address = match str.opt() {
        Some(str) => str.address(),
        None => keep(cx, Keep::WideName, 2 * name.len() + 2)?,
    };
    write_text(address, &name)?;
    ok(Ptr::at(address))
}

/// Deletes a file.
#[shim(full)]
pub(crate) fn remove(cx: &Cx, path: PCSTR) -> CrtResult<i32> {
    if path.is_null() {
        return Err(Errno::EINVAL.into());
    }
    host::delete(cx, &host::widen_path(cx, &path.read()?))?;
    ok(0)
}

/// Deletes a file.
#[shim(full)]
pub(crate) fn _wremove(cx: &Cx, path: PCWSTR) -> CrtResult<i32> {
    if path.is_null() {
        return Err(Errno::EINVAL.into());
    }
    host::delete(cx, &path.read()?)?;
    ok(0)
}

/// Renames a file or folder; a name that is taken is an error.
#[shim(full)]
pub(crate) fn rename(cx: &Cx, oldname: PCSTR, newname: PCSTR) -> CrtResult<i32> {
    if oldname.is_null() || newname.is_null() {
        return Err(Errno::EINVAL.into());
    }
    host::rename(cx, &host::widen_path(cx, &oldname.read()?), &host::widen_path(cx, &newname.read()?))?;
    ok(0)
}

/// Renames a file or folder; a name that is taken is an error.
#[shim(full)]
pub(crate) fn _wrename(cx: &Cx, oldname: PCWSTR, newname: PCWSTR) -> CrtResult<i32> {
    if oldname.is_null() || newname.is_null() {
        return Err(Errno::EINVAL.into());
    }
    host::rename(cx, &oldname.read()?, &newname.read()?)?;
    ok(0)
}

/// Removes the temporary files of this process from the current folder; gives how many.
#[shim(stub = "temporary files are removed when their streams are closed")]
pub(crate) fn _rmtmp() -> i32 {
    0
}
