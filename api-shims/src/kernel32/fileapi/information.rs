//! Attributes, times, identity.

use abi::{HANDLE, In, Invalid, Out, PCSTR, PCWSTR, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{FILE_ATTRIBUTE, FILE_WRITE_ATTRIBUTES, File, Information, OpenRequest, Times};
use syscall_xlate::object::access::SYNCHRONIZE;

use super::transfer::with_file;
use crate::kernel32::structs::{BY_HANDLE_FILE_INFORMATION, FILETIME, WIN32_FILE_ATTRIBUTE_DATA};
use crate::text;

/// `GetFileExInfoStandard`, the only information level there is.
const GET_FILE_EX_INFO_STANDARD: u32 = 0;

/// Gives a file's attributes.
#[shim(full)]
pub(in crate::kernel32) fn GetFileAttributesA(cx: &Cx, lpFileName: PCSTR) -> Win32Result<Invalid<FILE_ATTRIBUTE>> {
    Ok(Invalid(query(cx, &text::to_wide(cx, &lpFileName.read()?))?.attributes))
}

/// Gives a file's attributes.
#[shim(full)]
pub(in crate::kernel32) fn GetFileAttributesW(cx: &Cx, lpFileName: PCWSTR) -> Win32Result<Invalid<FILE_ATTRIBUTE>> {
    Ok(Invalid(query(cx, &lpFileName.read()?)?.attributes))
}

/// Gives a file's attributes, times and size.
#[shim(full)]
pub(in crate::kernel32) fn GetFileAttributesExA(
    cx: &Cx,
    lpFileName: PCSTR,
    fInfoLevelId: u32,
    lpFileInformation: Out<WIN32_FILE_ATTRIBUTE_DATA>,
) -> Win32Result<()> {
    let path = text::to_wide(cx, &lpFileName.read()?);
    attributes_ex(cx, &path, fInfoLevelId, lpFileInformation)
}

/// Gives a file's attributes, times and size.
#[shim(full)]
pub(in crate::kernel32) fn GetFileAttributesExW(
    cx: &Cx,
    lpFileName: PCWSTR,
    fInfoLevelId: u32,
    lpFileInformation: Out<WIN32_FILE_ATTRIBUTE_DATA>,
) -> Win32Result<()> {
    attributes_ex(cx, &lpFileName.read()?, fInfoLevelId, lpFileInformation)
}

fn attributes_ex(cx: &Cx, path: &[u16], level: u32, result: Out<WIN32_FILE_ATTRIBUTE_DATA>) -> Win32Result<()> {
    if level != GET_FILE_EX_INFO_STANDARD {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let known = query(cx, path)?;
    Ok(result.set(WIN32_FILE_ATTRIBUTE_DATA::new(&known))?)
}

fn query(cx: &Cx, path: &[u16]) -> Win32Result<Information> {
    let files = &cx.process.files;
    Ok(files.query(&files.drives.nt_path(path)?)?)
}

/// Gives what is known of an open file.
#[shim(full)]
pub(in crate::kernel32) fn GetFileInformationByHandle(
    cx: &Cx,
    hFile: HANDLE,
    lpFileInformation: Out<BY_HANDLE_FILE_INFORMATION>,
) -> Win32Result<()> {
    let known = with_file(cx, hFile, File::information)?;
    let data = WIN32_FILE_ATTRIBUTE_DATA::new(&known);
    Ok(lpFileInformation.set(BY_HANDLE_FILE_INFORMATION {
        dwFileAttributes: data.dwFileAttributes,
        ftCreationTime: data.ftCreationTime,
        ftLastAccessTime: data.ftLastAccessTime,
        ftLastWriteTime: data.ftLastWriteTime,
        dwVolumeSerialNumber: known.volume,
        nFileSizeHigh: data.nFileSizeHigh,
        nFileSizeLow: data.nFileSizeLow,
        nNumberOfLinks: known.links,
        nFileIndexHigh: (known.index >> 32) as u32,
        nFileIndexLow: known.index as u32,
    })?)
}

/// Gives an open file's times.
#[shim(full)]
pub(in crate::kernel32) fn GetFileTime(
    cx: &Cx,
    hFile: HANDLE,
    lpCreationTime: Out<FILETIME>,
    lpLastAccessTime: Out<FILETIME>,
    lpLastWriteTime: Out<FILETIME>,
) -> Win32Result<()> {
    let known = with_file(cx, hFile, File::information)?;
    lpCreationTime.set_opt(FILETIME::new(known.created))?;
    lpLastAccessTime.set_opt(FILETIME::new(known.accessed))?;
    Ok(lpLastWriteTime.set_opt(FILETIME::new(known.written))?)
}

/// Sets a file's attributes.
#[shim(full)]
pub(in crate::kernel32) fn SetFileAttributesA(
    cx: &Cx,
    lpFileName: PCSTR,
    dwFileAttributes: FILE_ATTRIBUTE,
) -> Win32Result<()> {
    set_attributes(cx, &text::to_wide(cx, &lpFileName.read()?), dwFileAttributes)
}

/// Sets a file's attributes.
#[shim(full)]
pub(in crate::kernel32) fn SetFileAttributesW(
    cx: &Cx,
    lpFileName: PCWSTR,
    dwFileAttributes: FILE_ATTRIBUTE,
) -> Win32Result<()> {
    set_attributes(cx, &lpFileName.read()?, dwFileAttributes)
}

fn set_attributes(cx: &Cx, path: &[u16], attributes: FILE_ATTRIBUTE) -> Win32Result<()> {
    let files = &cx.process.files;
    let request = OpenRequest::existing(FILE_WRITE_ATTRIBUTES | SYNCHRONIZE);
    let opened = files.open(&files.drives.nt_path(path)?, &request)?;
    Ok(opened.file.set_attributes(attributes)?)
}

/// Sets an open file's times.
#[shim(full)]
pub(in crate::kernel32) fn SetFileTime(
    cx: &Cx,
    hFile: HANDLE,
    lpCreationTime: In<FILETIME>,
    lpLastAccessTime: In<FILETIME>,
    lpLastWriteTime: In<FILETIME>,
) -> Win32Result<()> {
    let times =
        Times { created: time(lpCreationTime)?, accessed: time(lpLastAccessTime)?, written: time(lpLastWriteTime)? };
    with_file(cx, hFile, |file| file.set_times(times))
}

/// The time to set; NULL and zero leave a time as it is.
fn time(pointer: In<FILETIME>) -> Win32Result<Option<i64>> {
    let time = pointer.opt().map(In::read).transpose()?;
    Ok(time.map(FILETIME::units).filter(|&units| units != 0))
}
