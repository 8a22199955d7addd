//! sys/stat.h and sys/utime.h: what is known of files, and their times.

use abi::{CrtResult, Errno, In, Out, PCSTR, PCWSTR, guest_struct, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{Information, Times};

use super::wide;
use crate::crt::files::files;
use crate::crt::guest::ok;
use crate::crt::host;

/// 1601 to 1970 in seconds.
const SINCE_1601: i64 = 11_644_473_600;

/// Seconds since 1970 of a FILETIME.
pub(in crate::crt) fn unix_time(filetime: i64) -> i64 {
    filetime.div_euclid(10_000_000) - SINCE_1601
}

/// The FILETIME of seconds since 1970.
fn filetime(seconds: i64) -> Option<i64> {
    seconds.checked_add(SINCE_1601)?.checked_mul(10_000_000)
}

guest_struct! {
    /// `struct _stat64`: 64-bit times and size.
    pub(crate) struct _stat64 {
        st_dev: u32, st_ino: u16, st_mode: u16, st_nlink: i16, st_uid: i16, st_gid: i16, st_rdev: u32,
        st_size: i64, st_atime: i64, st_mtime: i64, st_ctime: i64,
    }
    /// `struct _stat64i32`: 64-bit times, 32-bit size.
    pub(crate) struct _stat64i32 {
        st_dev: u32, st_ino: u16, st_mode: u16, st_nlink: i16, st_uid: i16, st_gid: i16, st_rdev: u32,
        st_size: i32, st_atime: i64, st_mtime: i64, st_ctime: i64,
    }
    /// `struct _stat32i64`: 32-bit times, 64-bit size.
    pub(crate) struct _stat32i64 {
        st_dev: u32, st_ino: u16, st_mode: u16, st_nlink: i16, st_uid: i16, st_gid: i16, st_rdev: u32,
        st_size: i64, st_atime: i32, st_mtime: i32, st_ctime: i32,
    }
    /// `struct _stat32`: 32-bit times and size.
    pub(crate) struct _stat32 {
        st_dev: u32, st_ino: u16, st_mode: u16, st_nlink: i16, st_uid: i16, st_gid: i16, st_rdev: u32,
        st_size: i32, st_atime: i32, st_mtime: i32, st_ctime: i32,
    }
    /// `struct __utimbuf64`
    pub(crate) struct __utimbuf64 { actime: i64, modtime: i64 }
    /// `struct __utimbuf32`
    pub(crate) struct __utimbuf32 { actime: i32, modtime: i32 }
}

/// `_S_IFDIR`
const FOLDER: u16 = 0x4000;
/// `_S_IFREG`
const REGULAR: u16 = 0x8000;
/// `_S_IFCHR`
const CHARACTER: u16 = 0x2000;
/// `_S_IFIFO`
const FIFO: u16 = 0x1000;
/// `_S_IREAD` for all three groups.
const READ: u16 = 0o444;
/// `_S_IWRITE` for all three groups.
const WRITE: u16 = 0o222;
/// `_S_IEXEC` for all three groups.
const EXECUTE: u16 = 0o111;

/// What the structures hold, in its largest form.
struct Facts {
    mode: u16,
    device: u32,
    links: i16,
    size: i64,
    times: [i64; 3],
}

fn of_information(information: &Information, path: Option<&[u16]>, device: u32) -> Facts {
    let mut mode = if information.is_directory() { FOLDER | EXECUTE } else { REGULAR } | READ;
    if information.is_directory() || !information.is_read_only() {
        mode |= WRITE;
    }
    if path.is_some_and(is_executable) {
        mode |= EXECUTE;
    }
    Facts {
        mode,
        device,
        links: 1,
        size: information.size as i64,
        times: [information.accessed, information.written, information.created].map(unix_time),
    }
}

/// Documented: execution is a matter of the file name's extension.
fn is_executable(path: &[u16]) -> bool {
    let Some(dot) = path.iter().rposition(|&unit| unit == u16::from(b'.')) else { return false };
    let extension = String::from_utf16_lossy(&path[dot + 1..]).to_ascii_lowercase();
    matches!(extension.as_str(), "exe" | "com" | "bat" | "cmd")
}

fn of_path(cx: &Cx, path: &[u16]) -> Result<Facts, Errno> {
    if path.iter().any(|&unit| unit == u16::from(b'*') || unit == u16::from(b'?')) {
        return Err(Errno::ENOENT);
    }
    let information = host::query(cx, path).map_err(|_| Errno::ENOENT)?;
    let full = host::full_path(cx, path)?;
    // The drive's number: A is 0.
    let device = full.first().map_or(0, |&letter| u32::from(letter).wrapping_sub(0x41) & 31);
    Ok(of_information(&information, Some(path), device))
}

fn of_descriptor(cx: &Cx, fd: i32) -> Result<Facts, Errno> {
    let descriptor = files(cx).descriptor(fd)?;
    if descriptor.is_device || descriptor.is_pipe {
        let mode = if descriptor.is_pipe { FIFO } else { CHARACTER };
        return Ok(Facts { mode, device: fd as u32, links: 1, size: 0, times: [0; 3] });
    }
    Ok(of_information(&host::information(cx, descriptor.handle)?, None, 0))
}

macro_rules! stats {
    ($($structure:ident: $narrow:ident $wide:ident $descriptor:ident, $size:ty, $time:ty;)*) => {$(
        /// Gives what is known of the file at a path.
        #[shim(full)]
        pub(crate) fn $narrow(cx: &Cx, path: PCSTR, buffer: Out<$structure>) -> CrtResult<i32> {
            if path.is_null() || buffer.is_null() {
                return Err(Errno::EINVAL.into());
            }
            let facts = of_path(cx, &wide::<u8>(cx, path.address())?)?;
            buffer.set($structure::from_facts(&facts)?)?;
            ok(0)
        }

        /// Gives what is known of the file at a path.
        #[shim(full)]
        pub(crate) fn $wide(cx: &Cx, path: PCWSTR, buffer: Out<$structure>) -> CrtResult<i32> {
            if path.is_null() || buffer.is_null() {
                return Err(Errno::EINVAL.into());
            }
            let facts = of_path(cx, &path.read()?)?;
            buffer.set($structure::from_facts(&facts)?)?;
            ok(0)
        }

        /// Gives what is known of an open file.
        #[shim(full)]
        pub(crate) fn $descriptor(cx: &Cx, fd: i32, buffer: Out<$structure>) -> CrtResult<i32> {
            if buffer.is_null() {
                return Err(Errno::EINVAL.into());
            }
            let facts = of_descriptor(cx, fd)?;
            buffer.set($structure::from_facts(&facts)?)?;
            ok(0)
        }

        impl $structure {
            fn from_facts(facts: &Facts) -> Result<Self, Errno> {
                // A size that does not fit is EOVERFLOW (132 in the SDK's errno.h); a time that does not is -1.
                let time = |time: i64| <$time>::try_from(time).unwrap_or(-1);
                Ok(Self {
                    st_dev: facts.device,
                    st_ino: 0,
                    st_mode: facts.mode,
                    st_nlink: facts.links,
                    st_uid: 0,
                    st_gid: 0,
                    st_rdev: facts.device,
                    st_size: <$size>::try_from(facts.size).map_err(|_| Errno(132))?,
                    st_atime: time(facts.times[0]),
                    st_mtime: time(facts.times[1]),
                    st_ctime: time(facts.times[2]),
                })
            }
        }
    )*};
}
stats! {
    _stat64: _stat64_path _wstat64 _fstat64, i64, i64;
    _stat64i32: _stat64i32_path _wstat64i32 _fstat64i32, i32, i64;
    _stat32i64: _stat32i64_path _wstat32i64 _fstat32i64, i64, i32;
    _stat32: _stat32_path _wstat32 _fstat32, i32, i32;
}

/// `None` for a time that no file can have.
fn times(accessed: i64, written: i64) -> Result<Times, Errno> {
    let accessed = filetime(accessed).ok_or(Errno::EINVAL)?;
    let written = filetime(written).ok_or(Errno::EINVAL)?;
    Ok(Times { accessed: Some(accessed), written: Some(written), ..Times::default() })
}

macro_rules! utimes {
    ($($structure:ident: $narrow:ident $wide:ident $descriptor:ident;)*) => {$(
        /// Sets the times of the file at a path, to now for NULL.
        #[shim(full)]
        pub(crate) fn $narrow(cx: &Cx, filename: PCSTR, times: In<$structure>) -> CrtResult<i32> {
            if filename.is_null() {
                return Err(Errno::EINVAL.into());
            }
            let times = times.opt().map(|times| times.read()).transpose()?;
            let path = wide::<u8>(cx, filename.address())?;
            host::set_path_times(cx, &path, $structure::times(times)?)?;
            ok(0)
        }

        /// Sets the times of the file at a path, to now for NULL.
        #[shim(full)]
        pub(crate) fn $wide(cx: &Cx, filename: PCWSTR, times: In<$structure>) -> CrtResult<i32> {
            if filename.is_null() {
                return Err(Errno::EINVAL.into());
            }
            let times = times.opt().map(|times| times.read()).transpose()?;
            host::set_path_times(cx, &filename.read()?, $structure::times(times)?)?;
            ok(0)
        }

        /// Sets the times of an open file, to now for NULL.
        #[shim(full)]
        pub(crate) fn $descriptor(cx: &Cx, fd: i32, times: In<$structure>) -> CrtResult<i32> {
            let times = times.opt().map(|times| times.read()).transpose()?;
            let descriptor = files(cx).descriptor(fd)?;
            host::set_times(cx, descriptor.handle, $structure::times(times)?)?;
            ok(0)
        }

        impl $structure {
            fn times(given: Option<Self>) -> Result<Times, Errno> {
                let now = unix_time(host::now() as i64);
                given.map_or_else(|| times(now, now), |given| times(given.actime.into(), given.modtime.into()))
            }
        }
    )*};
}
utimes! {
    __utimbuf64: _utime64 _wutime64 _futime64;
    __utimbuf32: _utime32 _wutime32 _futime32;
}
