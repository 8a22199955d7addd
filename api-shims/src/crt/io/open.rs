//! io.h: opening files, and what is done by path.

use abi::{CrtResult, Errno, Fault, Out, PCSTR, PCWSTR, Ptr, Refusal, VaList, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{Disposition, Share};

use super::fmode;
use crate::crt::files::{Descriptor, files};
use crate::crt::guest::{GuestUnit, ok, read_text, status, write_text};
use crate::crt::host::{self, Opening};
use crate::crt::state::process;
use crate::crt::stream::mode::{
    O_ACCMODE, O_APPEND, O_CREAT, O_EXCL, O_NOINHERIT, O_SHORT_LIVED, O_TEMPORARY, O_TRUNC, O_WRONLY, translation,
};
use crate::crt::stream::{CTRL_Z, Translation, Whence};

/// `_S_IWRITE`
const WRITABLE: i32 = 0x80;

/// What others may do, by `_SH_*`: compatibility 0, `_SH_DENYRW` 0x10, `_SH_DENYWR` 0x20, `_SH_DENYRD` 0x30, `_SH_DENYNO` 0x40,
/// `_SH_SECURE` 0x80.
fn sharing(flag: i32, writes: bool) -> Option<Share> {
    Some(match flag {
        0x10 => Share::empty(),
        0x20 => Share::READ,
        0x30 => Share::WRITE,
        0 | 0x40 => Share::READ | Share::WRITE,
        0x80 if writes => Share::empty(),
        0x80 => Share::READ,
        _ => return None,
    })
}

/// Opens a file and gives it a descriptor.
pub(in crate::crt) fn open_file(cx: &Cx, path: &[u16], oflag: i32, share: i32, pmode: i32) -> Result<i32, Errno> {
    let access = oflag & O_ACCMODE;
    if access == O_ACCMODE {
        return Err(Errno::EINVAL);
    }
    let writes = access != 0;
    let disposition = match (oflag & O_CREAT != 0, oflag & O_EXCL != 0, oflag & O_TRUNC != 0) {
        (true, true, _) => Disposition::Create,
        (true, false, true) => Disposition::OverwriteIf,
        (true, false, false) => Disposition::OpenIf,
        (false, _, true) => Disposition::Overwrite,
        (false, _, false) => Disposition::Open,
    };
    let umask = process(cx).umask.load(std::sync::atomic::Ordering::Relaxed);
    let opening = Opening {
        reads: access != O_WRONLY,
        writes,
        share: sharing(share, writes).ok_or(Errno::EINVAL)?,
        disposition,
        read_only: oflag & O_CREAT != 0 && pmode & !umask & WRITABLE == 0,
        temporary: oflag & O_SHORT_LIVED != 0,
        delete_on_close: oflag & O_TEMPORARY != 0,
        inherit: oflag & O_NOINHERIT == 0,
    };
    let handle = host::open(cx, path, &opening)?;
    let translation = translation(oflag, fmode(cx));
    let mut descriptor = Descriptor::new(cx, handle, translation, oflag & O_APPEND != 0);
    descriptor.no_inherit = oflag & O_NOINHERIT != 0;
    if translation == Translation::Text && access == 2 && !descriptor.is_device && !descriptor.is_pipe {
        remove_control_z(cx, &descriptor)?;
    }
    if descriptor.append && access == 2 {
        let _ = host::seek(cx, handle, 0, Whence::Set);
    }
    files(cx).add(descriptor).inspect_err(|_| {
        let _ = host::close(cx, handle);
    })
}

/// Documented for `_open`: a Ctrl-Z at the end of a text file opened for reading and writing is removed, so that appending works.
fn remove_control_z(cx: &Cx, descriptor: &Descriptor) -> Result<(), Errno> {
    let handle = descriptor.handle;
    let mut last = [0];
    if host::seek(cx, handle, -1, Whence::End).is_ok() && host::read(cx, handle, &mut last)? == 1 && last[0] == CTRL_Z {
        let end = host::seek(cx, handle, -1, Whence::End)?;
        host::set_size(cx, handle, end)?;
    }
    let _ = host::seek(cx, handle, 0, Whence::Set);
    Ok(())
}

/// A path in guest memory, of either kind.
fn path<U: GuestUnit>(cx: &Cx, address: u64) -> Result<Vec<u16>, Refusal<Errno>> {
    if address == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(wide::<U>(cx, address)?)
}

/// A text in guest memory as UTF-16; narrow text is in the ANSI code page.
pub(in crate::crt) fn wide<U: GuestUnit>(cx: &Cx, address: u64) -> Result<Vec<u16>, Fault> {
    let units = read_text::<U>(address)?;
    if U::WIDE {
        return Ok(units.into_iter().map(|unit| unit.into() as u16).collect());
    }
    let bytes: Vec<u8> = units.into_iter().map(|unit| unit.into() as u8).collect();
    Ok(host::widen_path(cx, &bytes))
}

/// UTF-16 as units of the caller's kind.
pub(in crate::crt) fn units<U: GuestUnit>(cx: &Cx, text: &[u16]) -> Vec<U> {
    if U::WIDE {
        return text.iter().map(|&unit| U::from_int(unit.into())).collect();
    }
    host::narrow_path(cx, text).into_iter().map(U::from).collect()
}

/// `pmode`, which is there only with `_O_CREAT`.
fn permission(oflag: i32, list: &mut VaList) -> Result<i32, Fault> {
    Ok(if oflag & O_CREAT != 0 { list.next_u32()? as i32 } else { WRITABLE })
}

/// Opens a file.
#[shim(full, variadic)]
pub(crate) fn _open(cx: &Cx, filename: PCSTR, oflag: i32, pmode: VaList) -> CrtResult<i32> {
    let mut pmode = pmode;
    let path = path::<u8>(cx, filename.address())?;
    ok(open_file(cx, &path, oflag, 0x40, permission(oflag, &mut pmode)?)?)
}

/// Opens a file.
#[shim(full, variadic)]
pub(crate) fn _wopen(cx: &Cx, filename: PCWSTR, oflag: i32, pmode: VaList) -> CrtResult<i32> {
    let mut pmode = pmode;
    let path = path::<u16>(cx, filename.address())?;
    ok(open_file(cx, &path, oflag, 0x40, permission(oflag, &mut pmode)?)?)
}

/// Opens a file, with a say in how others may.
#[shim(full, variadic)]
pub(crate) fn _sopen(cx: &Cx, filename: PCSTR, oflag: i32, shflag: i32, pmode: VaList) -> CrtResult<i32> {
    let mut pmode = pmode;
    let path = path::<u8>(cx, filename.address())?;
    ok(open_file(cx, &path, oflag, shflag, permission(oflag, &mut pmode)?)?)
}

/// Opens a file, with a say in how others may.
#[shim(full, variadic)]
pub(crate) fn _wsopen(cx: &Cx, filename: PCWSTR, oflag: i32, shflag: i32, pmode: VaList) -> CrtResult<i32> {
    let mut pmode = pmode;
    let path = path::<u16>(cx, filename.address())?;
    ok(open_file(cx, &path, oflag, shflag, permission(oflag, &mut pmode)?)?)
}

fn open_stored<U: GuestUnit>(
    cx: &Cx,
    pfh: Out<i32>,
    filename: u64,
    oflag: i32,
    shflag: i32,
    pmode: i32,
) -> CrtResult<i32> {
    if pfh.is_null() || filename == 0 {
        return status(cx, Err(Errno::EINVAL));
    }
    let path = path::<U>(cx, filename)?;
    match open_file(cx, &path, oflag, shflag, pmode) {
        Ok(fd) => {
            pfh.set(fd)?;
            ok(0)
        }
        Err(error) => {
            pfh.set(-1)?;
            status(cx, Err(error))
        }
    }
}

/// Opens a file; stores the descriptor and gives the error.
#[shim(full)]
pub(crate) fn _sopen_s(cx: &Cx, pfh: Out<i32>, filename: PCSTR, oflag: i32, shflag: i32, pmode: i32) -> CrtResult<i32> {
    open_stored::<u8>(cx, pfh, filename.address(), oflag, shflag, pmode)
}

/// Opens a file; stores the descriptor and gives the error.
#[shim(full)]
pub(crate) fn _wsopen_s(
    cx: &Cx,
    pfh: Out<i32>,
    filename: PCWSTR,
    oflag: i32,
    shflag: i32,
    pmode: i32,
) -> CrtResult<i32> {
    open_stored::<u16>(cx, pfh, filename.address(), oflag, shflag, pmode)
}

/// Opens a file; the last argument says whether sharing is checked.
#[shim(full)]
pub(crate) fn _sopen_dispatch(
    cx: &Cx,
    filename: PCSTR,
    oflag: i32,
    shflag: i32,
    pmode: i32,
    pfh: Out<i32>,
    secure: i32,
) -> CrtResult<i32> {
    let _ = secure;
    open_stored::<u8>(cx, pfh, filename.address(), oflag, shflag, pmode)
}

/// Opens a file; the last argument says whether sharing is checked.
#[shim(full)]
pub(crate) fn _wsopen_dispatch(
    cx: &Cx,
    filename: PCWSTR,
    oflag: i32,
    shflag: i32,
    pmode: i32,
    pfh: Out<i32>,
    secure: i32,
) -> CrtResult<i32> {
    let _ = secure;
    open_stored::<u16>(cx, pfh, filename.address(), oflag, shflag, pmode)
}

/// `_O_CREAT | _O_TRUNC | _O_RDWR`
const CREATE: i32 = O_CREAT | O_TRUNC | 2;

/// Creates or empties a file.
#[shim(full)]
pub(crate) fn _creat(cx: &Cx, filename: PCSTR, pmode: i32) -> CrtResult<i32> {
    ok(open_file(cx, &path::<u8>(cx, filename.address())?, CREATE, 0x40, pmode)?)
}

/// Creates or empties a file.
#[shim(full)]
pub(crate) fn _wcreat(cx: &Cx, filename: PCWSTR, pmode: i32) -> CrtResult<i32> {
    ok(open_file(cx, &path::<u16>(cx, filename.address())?, CREATE, 0x40, pmode)?)
}

/// Sets the permission mask of files that are created; gives the one before.
#[shim(full)]
pub(crate) fn _umask(cx: &Cx, pmode: i32) -> i32 {
    process(cx).umask.swap(pmode & 0x180, std::sync::atomic::Ordering::Relaxed)
}

macro_rules! by_path {
    ($($(#[$doc:meta])* $narrow:ident / $wide:ident ($($param:ident: $type:ty),*): |$cx:ident, $path:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $narrow($cx: &Cx, path: PCSTR $(, $param: $type)*) -> CrtResult<i32> {
            let $path = &self::path::<u8>($cx, path.address())?;
            $body?;
            ok(0)
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $wide($cx: &Cx, path: PCWSTR $(, $param: $type)*) -> CrtResult<i32> {
            let $path = &self::path::<u16>($cx, path.address())?;
            $body?;
            ok(0)
        }
    )*};
}
by_path! {
    /// Deletes a file.
    _unlink / _wunlink(): |cx, path| host::delete(cx, path);
    /// Makes a folder.
    _mkdir / _wmkdir(): |cx, path| host::make_folder(cx, path);
    /// Deletes an empty folder.
    _rmdir / _wrmdir(): |cx, path| host::remove_folder(cx, path);
    /// Makes a folder the current one.
    _chdir / _wchdir(): |cx, path| host::set_current_folder(cx, path);
    /// Makes a file writable or not.
    _chmod / _wchmod(pmode: i32): |cx, path| host::set_read_only(cx, path, pmode & WRITABLE == 0);
    /// Says whether a file is there and, with mode 2, whether it may be written.
    _access / _waccess(mode: i32): |cx, path| access(cx, path, mode);
}

fn access(cx: &Cx, path: &[u16], mode: i32) -> Result<(), Errno> {
    let information = host::query(cx, path)?;
    if mode & 2 != 0 && information.is_read_only() && !information.is_directory() {
        return Err(Errno::EACCES);
    }
    Ok(())
}

/// As `_access`; gives the error.
#[shim(full)]
pub(crate) fn _access_s(cx: &Cx, path: PCSTR, mode: i32) -> CrtResult<i32> {
    let path = self::path::<u8>(cx, path.address())?;
    status(cx, access(cx, &path, mode))
}

/// As `_waccess`; gives the error.
#[shim(full)]
pub(crate) fn _waccess_s(cx: &Cx, path: PCWSTR, mode: i32) -> CrtResult<i32> {
    let path = self::path::<u16>(cx, path.address())?;
    status(cx, access(cx, &path, mode))
}

/// Writes a path to the guest's buffer, or to a new block where it has none.
fn give<U: GuestUnit>(cx: &Cx, buffer: u64, room: i64, text: &[u16]) -> CrtResult<Ptr<U>> {
    let text = units::<U>(cx, text);
    if buffer == 0 {
        let size = (text.len() + 1).max(usize::try_from(room).unwrap_or(0)) * U::SIZE as usize;
        let block = host::allocate(cx, size, false).ok_or(Errno::ENOMEM)?;
        write_text(block, &text)?;
        return ok(Ptr::at(block));
    }
    if room <= 0 {
        return Err(Errno::EINVAL.into());
    }
    if text.len() as i64 >= room {
        return Err(Errno::ERANGE.into());
    }
    write_text(buffer, &text)?;
    ok(Ptr::at(buffer))
}

/// Gives the current folder.
#[shim(full)]
pub(crate) fn _getcwd(cx: &Cx, buffer: Ptr<u8>, maxlen: i32) -> CrtResult<Ptr<u8>> {
    give(cx, buffer.address(), maxlen.into(), &host::current_folder(cx))
}

/// Gives the current folder.
#[shim(full)]
pub(crate) fn _wgetcwd(cx: &Cx, buffer: Ptr<u16>, maxlen: i32) -> CrtResult<Ptr<u16>> {
    give(cx, buffer.address(), maxlen.into(), &host::current_folder(cx))
}

/// The current folder of a drive: 0 the current one, 1 A, and so on.
fn folder_of(cx: &Cx, drive: i32) -> Result<Vec<u16>, Errno> {
    match drive {
        0 => Ok(host::current_folder(cx)),
        1..=26 => {
            let letter = b'A' + drive as u8 - 1;
            if !host::drive_letters(cx).contains(&letter) {
                return Err(Errno::EACCES);
            }
            host::full_path(cx, &[letter.into(), b':'.into()])
        }
        _ => Err(Errno::EACCES),
    }
}

/// Gives the current folder of a drive.
#[shim(full)]
pub(crate) fn _getdcwd(cx: &Cx, drive: i32, buffer: Ptr<u8>, maxlen: i32) -> CrtResult<Ptr<u8>> {
    give(cx, buffer.address(), maxlen.into(), &folder_of(cx, drive)?)
}

/// Gives the current folder of a drive.
#[shim(full)]
pub(crate) fn _wgetdcwd(cx: &Cx, drive: i32, buffer: Ptr<u16>, maxlen: i32) -> CrtResult<Ptr<u16>> {
    give(cx, buffer.address(), maxlen.into(), &folder_of(cx, drive)?)
}

/// Gives the full path of a path.
#[shim(full)]
pub(crate) fn _fullpath(cx: &Cx, absPath: Ptr<u8>, relPath: PCSTR, maxLength: usize) -> CrtResult<Ptr<u8>> {
    let path = relPath.opt().map(|_| path::<u8>(cx, relPath.address())).transpose()?.unwrap_or_default();
    give(cx, absPath.address(), maxLength as i64, &host::full_path(cx, &path)?)
}

/// Gives the full path of a path.
#[shim(full)]
pub(crate) fn _wfullpath(cx: &Cx, absPath: Ptr<u16>, relPath: PCWSTR, maxLength: usize) -> CrtResult<Ptr<u16>> {
    let path = relPath.opt().map(|_| path::<u16>(cx, relPath.address())).transpose()?.unwrap_or_default();
    give(cx, absPath.address(), maxLength as i64, &host::full_path(cx, &path)?)
}

/// Gives the current drive: 1 for A, and so on.
#[shim(full)]
pub(crate) fn _getdrive(cx: &Cx) -> i32 {
    match host::current_folder(cx).first() {
        Some(&letter @ 0x41..=0x5a) => i32::from(letter) - 0x40,
        _ => 0,
    }
}

/// Makes a drive the current one.
#[shim(full)]
pub(crate) fn _chdrive(cx: &Cx, drive: i32) -> CrtResult<i32> {
    let folder = folder_of(cx, if drive == 0 { -1 } else { drive })?;
    host::set_current_folder(cx, &folder)?;
    ok(0)
}

fn make_name<U: GuestUnit>(cx: &Cx, template: u64, size: Option<usize>) -> Result<Result<(), Errno>, Fault> {
    const PLACES: usize = 6;
    let text = read_text::<U>(template)?;
    let pattern_ends =
        text.len() >= PLACES && text[text.len() - PLACES..].iter().all(|&unit| unit.into() == u32::from(b'X'));
    if !pattern_ends || size.is_some_and(|size| size <= text.len()) {
        return Ok(Err(Errno::EINVAL));
    }
    // A letter and five digits of the process: documented.
    for letter in b'a'..=b'z' {
        let mut name = text[..text.len() - PLACES].to_vec();
        name.push(U::from(letter));
        name.extend(format!("{:05}", cx.process.id() % 100_000).bytes().map(U::from));
        write_text(template, &name)?;
        if !host::exists(cx, &wide::<U>(cx, template)?) {
            return Ok(Ok(()));
        }
    }
    write_text::<U>(template, &[])?;
    Ok(Err(Errno::EEXIST))
}

/// Makes a template the name of a file that is not there.
#[shim(full)]
pub(crate) fn _mktemp(cx: &Cx, nameTemplate: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    make_name::<u8>(cx, nameTemplate.address(), None)??;
    ok(nameTemplate)
}

/// Makes a template the name of a file that is not there.
#[shim(full)]
pub(crate) fn _wmktemp(cx: &Cx, nameTemplate: Ptr<u16>) -> CrtResult<Ptr<u16>> {
    make_name::<u16>(cx, nameTemplate.address(), None)??;
    ok(nameTemplate)
}

/// Makes a template the name of a file that is not there.
#[shim(full)]
pub(crate) fn _mktemp_s(cx: &Cx, nameTemplate: Ptr<u8>, sizeInChars: usize) -> CrtResult<i32> {
    if nameTemplate.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    status(cx, make_name::<u8>(cx, nameTemplate.address(), Some(sizeInChars))?)
}
