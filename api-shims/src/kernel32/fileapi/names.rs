//! Other names of files, names for temporary ones.

use abi::{HANDLE, NTSTATUS, PCSTR, PCWSTR, PSTR, PWSTR, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{Disposition, FILE_GENERIC_WRITE, OpenRequest};
use syscall_xlate::path::dos;

use super::transfer::with_file;
use crate::text;

abi::flags! {
    /// How the final path is given.
    pub(in crate::kernel32) struct GETFINALPATHNAMEBYHANDLE_FLAGS: u32 {
        VOLUME_NAME_GUID = 0x1;
        VOLUME_NAME_NT = 0x2;
        VOLUME_NAME_NONE = 0x4;
        FILE_NAME_OPENED = 0x8;
    }
}

/// Gives the path of an open file, with links followed.
#[shim(partial = "volumes by drive letter or not at all")]
pub(in crate::kernel32) fn GetFinalPathNameByHandleA(
    cx: &Cx,
    hFile: HANDLE,
    lpszFilePath: PSTR,
    cchFilePath: u32,
    dwFlags: GETFINALPATHNAMEBYHANDLE_FLAGS,
) -> Win32Result<u32> {
    text::give_ansi(&text::to_ansi(cx, &final_path(cx, hFile, dwFlags)?), lpszFilePath, cchFilePath)
}

/// Gives the path of an open file, with links followed.
#[shim(partial = "volumes by drive letter or not at all")]
pub(in crate::kernel32) fn GetFinalPathNameByHandleW(
    cx: &Cx,
    hFile: HANDLE,
    lpszFilePath: PWSTR,
    cchFilePath: u32,
    dwFlags: GETFINALPATHNAMEBYHANDLE_FLAGS,
) -> Win32Result<u32> {
    text::give_wide(&final_path(cx, hFile, dwFlags)?, lpszFilePath, cchFilePath)
}

fn final_path(cx: &Cx, handle: HANDLE, flags: GETFINALPATHNAMEBYHANDLE_FLAGS) -> Win32Result<Vec<u16>> {
    use GETFINALPATHNAMEBYHANDLE_FLAGS as F;
    if flags.intersects(F::VOLUME_NAME_GUID | F::VOLUME_NAME_NT) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let host = with_file(cx, handle, |file| file.host_path().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST))?;
    let path = cx.process.files.drives.to_dos(&host);
    Ok(if flags.contains(F::VOLUME_NAME_NONE) {
        path.get(2..).unwrap_or_default().to_vec()
    } else {
        [text::wide(r"\\?\"), path].concat()
    })
}

/// Gives the long form of a path, with the case it has on disk.
#[shim(full)]
pub(in crate::kernel32) fn GetLongPathNameA(
    cx: &Cx,
    lpszShortPath: PCSTR,
    lpszLongPath: PSTR,
    cchBuffer: u32,
) -> Win32Result<u32> {
    let long = long_path(cx, &text::to_wide(cx, &lpszShortPath.read()?))?;
    text::give_ansi(&text::to_ansi(cx, &long), lpszLongPath, cchBuffer)
}

/// Gives the long form of a path, with the case it has on disk.
#[shim(full)]
pub(in crate::kernel32) fn GetLongPathNameW(
    cx: &Cx,
    lpszShortPath: PCWSTR,
    lpszLongPath: PWSTR,
    cchBuffer: u32,
) -> Win32Result<u32> {
    text::give_wide(&long_path(cx, &lpszShortPath.read()?)?, lpszLongPath, cchBuffer)
}

/// The path as the caller wrote it, with each name as it is on disk.
fn long_path(cx: &Cx, path: &[u16]) -> Win32Result<Vec<u16>> {
    let files = &cx.process.files;
    let found = files.true_name(&files.drives.nt_path(path)?)?;
    let is_absolute = dos::form(path) == dos::Form::DriveAbsolute;
    // Names have as many units on disk, whatever their case: a relative path is the end of the full one.
    let kept = found.len().checked_sub(path.len()).and_then(|start| found.get(start..));
    let same = |found: &[u16]| syscall_xlate::nls::case::eq_ignoring_case(&slashes(path), found);
    Ok(match kept {
        Some(end) if same(end) => end.to_vec(),
        _ if is_absolute => found,
        _ => path.to_vec(),
    })
}

fn slashes(path: &[u16]) -> Vec<u16> {
    path.iter().map(|&unit| if unit == u16::from(b'/') { u16::from(b'\\') } else { unit }).collect()
}

/// Gives the short form of a path. There are none: the path as it is.
#[shim(full)]
pub(in crate::kernel32) fn GetShortPathNameA(
    cx: &Cx,
    lpszLongPath: PCSTR,
    lpszShortPath: PSTR,
    cchBuffer: u32,
) -> Win32Result<u32> {
    let path = lpszLongPath.read()?;
    must_exist(cx, &text::to_wide(cx, &path))?;
    text::give_ansi(&path, lpszShortPath, cchBuffer)
}

/// Gives the short form of a path. There are none: the path as it is, as on a volume without short names.
#[shim(full)]
pub(in crate::kernel32) fn GetShortPathNameW(
    cx: &Cx,
    lpszLongPath: PCWSTR,
    lpszShortPath: PWSTR,
    cchBuffer: u32,
) -> Win32Result<u32> {
    let path = lpszLongPath.read()?;
    must_exist(cx, &path)?;
    text::give_wide(&path, lpszShortPath, cchBuffer)
}

fn must_exist(cx: &Cx, path: &[u16]) -> Win32Result<()> {
    let files = &cx.process.files;
    files.query(&files.drives.nt_path(path)?)?;
    Ok(())
}

/// Makes a name for a temporary file, and the file.
#[shim(full)]
pub(in crate::kernel32) fn GetTempFileNameA(
    cx: &Cx,
    lpPathName: PCSTR,
    lpPrefixString: PCSTR,
    uUnique: u32,
    lpTempFileName: PSTR,
) -> Win32Result<u32> {
    let prefix = lpPrefixString.opt().map(PCSTR::read).transpose()?.unwrap_or_default();
    let (name, number) = temporary(cx, text::to_wide(cx, &lpPathName.read()?), &text::to_wide(cx, &prefix), uUnique)?;
    lpTempFileName.write_z(&text::to_ansi(cx, &name))?;
    Ok(number)
}

/// Makes a name for a temporary file, and the file.
#[shim(full)]
pub(in crate::kernel32) fn GetTempFileNameW(
    cx: &Cx,
    lpPathName: PCWSTR,
    lpPrefixString: PCWSTR,
    uUnique: u32,
    lpTempFileName: PWSTR,
) -> Win32Result<u32> {
    let prefix = lpPrefixString.opt().map(PCWSTR::read).transpose()?.unwrap_or_default();
    let (name, number) = temporary(cx, lpPathName.read()?, &prefix, uUnique)?;
    lpTempFileName.write_z(&name)?;
    Ok(number)
}

/// The folder, at most three letters, four hexadecimal digits and `.TMP` (documented). Without a number given, the first that is free is
/// taken, from the clock on, and the file made.
fn temporary(cx: &Cx, mut folder: Vec<u16>, prefix: &[u16], unique: u32) -> Win32Result<(Vec<u16>, u32)> {
    let files = &cx.process.files;
    if folder.last().is_none_or(|&last| last != u16::from(b'\\') && last != u16::from(b'/')) {
        folder.push(u16::from(b'\\'));
    }
    if !files.query(&files.drives.nt_path(&folder)?).is_ok_and(|known| known.is_directory()) {
        return Err(WIN32_ERROR::ERROR_DIRECTORY.into());
    }
    let name = |number: u32| {
        let digits = text::wide(&format!("{number:X}.tmp"));
        [&folder[..], &prefix[..prefix.len().min(3)], &digits].concat()
    };
    if unique & 0xffff != 0 {
        return Ok((name(unique & 0xffff), unique & 0xffff));
    }
    let first = (syscall_xlate::time::system_time() / 10_000) as u32;
    for number in (0..0xffff).map(|offset: u32| first.wrapping_add(offset) & 0xffff).filter(|&number| number != 0) {
        let path = name(number);
        let request = OpenRequest { disposition: Disposition::Create, ..OpenRequest::existing(FILE_GENERIC_WRITE) };
        match files.open(&files.drives.nt_path(&path)?, &request) {
            Ok(_) => return Ok((path, number)),
            Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION) => {}
            Err(status) => return Err(status.into()),
        }
    }
    Err(WIN32_ERROR::ERROR_FILE_EXISTS.into())
}

/// Says whether file functions take names in the ANSI code page.
#[shim(full)]
pub(in crate::kernel32) fn AreFileApisANSI() -> bool {
    true
}

/// Has file functions take names in the OEM code page.
#[shim(stub = "names stay in the ANSI code page: the two differ only beyond ASCII, where programs use the W functions")]
pub(in crate::kernel32) fn SetFileApisToOEM() {}

/// Has file functions take names in the ANSI code page, as they do.
#[shim(full)]
pub(in crate::kernel32) fn SetFileApisToANSI() {}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn volumes_and_long_names() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetVolumePathNameW", &[guest.wide(r"z:\usr\bin"), guest.buffer(16), 8]);
            guest.call("kernel32!GetLongPathNameW", &[guest.wide(r"Z:\USR"), guest.buffer(32), 16]);
            guest.call("kernel32!GetLongPathNameW", &[guest.wide(r"Z:\missing"), guest.buffer(32), 16]);
            guest.call(
                "kernel32!GetTempFileNameW",
                &[guest.wide(r"Z:\tmp"), guest.wide("prefix"), 0x1a2b, guest.buffer(520)],
            );
            guest.call("kernel32!GetVolumeInformationW", &[guest.wide(r"Z:\"), 0, 0, 0, 0, 0, guest.buffer(16), 8]);
            guest.call("kernel32!GetVolumeInformationW", &[guest.wide(r"Z:"), 0, 0, 0, 0, 0, 0, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetVolumePathNameW(lpszFileName="z:\\usr\\bin", lpszVolumePathName="Z:\\", cchBufferLength=8) = TRUE
        kernel32!GetLongPathNameW(lpszShortPath="Z:\\USR", lpszLongPath="Z:\\usr", cchBuffer=16) = 6
        kernel32!GetLongPathNameW(lpszShortPath="Z:\\missing", lpszLongPath=@3, cchBuffer=16) = 0 (ERROR_FILE_NOT_FOUND)
        kernel32!GetTempFileNameW(lpPathName="Z:\\tmp", lpPrefixString="prefix", uUnique=6699, lpTempFileName="Z:\\tmp\\pre1A2B.tmp") = 6699
        kernel32!GetVolumeInformationW(lpRootPathName="Z:\\", lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer="NTFS", nFileSystemNameSize=8) = TRUE
        kernel32!GetVolumeInformationW(lpRootPathName="Z:", lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer=NULL, nFileSystemNameSize=0) = FALSE (ERROR_INVALID_NAME)
        "#);
    }
}
