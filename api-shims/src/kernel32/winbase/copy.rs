//! Copying, moving and linking files.

use abi::{In, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{self, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES, FileSystem, OpenRequest};
use syscall_xlate::object::access::DELETE;

use crate::kernel32::structs::SECURITY_ATTRIBUTES;
use crate::text;

abi::flags! {
    /// How a file is moved.
    pub(in crate::kernel32) struct MOVE_FILE_FLAGS: u32 {
        MOVEFILE_REPLACE_EXISTING = 0x1;
        MOVEFILE_COPY_ALLOWED = 0x2;
        MOVEFILE_DELAY_UNTIL_REBOOT = 0x4;
        MOVEFILE_WRITE_THROUGH = 0x8;
        MOVEFILE_CREATE_HARDLINK = 0x10;
        MOVEFILE_FAIL_IF_NOT_TRACKABLE = 0x20;
    }

    /// How a file is copied.
    pub(in crate::kernel32) struct COPYFILE_FLAGS: u32 {
        COPY_FILE_FAIL_IF_EXISTS = 0x1;
        COPY_FILE_RESTARTABLE = 0x2;
        COPY_FILE_OPEN_SOURCE_FOR_WRITE = 0x4;
        COPY_FILE_ALLOW_DECRYPTED_DESTINATION = 0x8;
        COPY_FILE_COPY_SYMLINK = 0x800;
        COPY_FILE_NO_BUFFERING = 0x1000;
    }

    /// How a symbolic link is made.
    pub(in crate::kernel32) struct SYMBOLIC_LINK_FLAGS: u32 {
        SYMBOLIC_LINK_FLAG_DIRECTORY = 0x1;
        SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE = 0x2;
    }
}

/// Copies a file.
#[shim(full)]
pub(in crate::kernel32) fn CopyFileA(
    cx: &Cx,
    lpExistingFileName: PCSTR,
    lpNewFileName: PCSTR,
    bFailIfExists: bool,
) -> Win32Result<()> {
    copy(cx, &ansi(cx, lpExistingFileName)?, &ansi(cx, lpNewFileName)?, bFailIfExists)
}

/// Copies a file.
#[shim(full)]
pub(in crate::kernel32) fn CopyFileW(
    cx: &Cx,
    lpExistingFileName: PCWSTR,
    lpNewFileName: PCWSTR,
    bFailIfExists: bool,
) -> Win32Result<()> {
    copy(cx, &lpExistingFileName.read()?, &lpNewFileName.read()?, bFailIfExists)
}

/// Copies a file, telling how far it is.
#[shim(partial = "the progress routine is not called")]
pub(in crate::kernel32) fn CopyFileExW(
    cx: &Cx,
    lpExistingFileName: PCWSTR,
    lpNewFileName: PCWSTR,
    lpProgressRoutine: Ptr<u8>,
    lpData: Ptr<u8>,
    pbCancel: In<u32>,
    dwCopyFlags: COPYFILE_FLAGS,
) -> Win32Result<()> {
    let _ = (lpProgressRoutine, lpData);
    if pbCancel.opt().map(In::read).transpose()?.is_some_and(|cancel| cancel != 0) {
        return Err(WIN32_ERROR::ERROR_REQUEST_ABORTED.into());
    }
    let fail = dwCopyFlags.contains(COPYFILE_FLAGS::COPY_FILE_FAIL_IF_EXISTS);
    copy(cx, &lpExistingFileName.read()?, &lpNewFileName.read()?, fail)
}

fn copy(cx: &Cx, from: &[u16], to: &[u16], fail_if_exists: bool) -> Win32Result<()> {
    let files = &cx.process.files;
    let copied = file::copy(files, &files.drives.nt_path(from)?, &files.drives.nt_path(to)?, fail_if_exists);
    exists(copied)
}

/// Functions of this header say `ERROR_FILE_EXISTS` where others say `ERROR_ALREADY_EXISTS`.
fn exists(result: abi::NtResult<()>) -> Win32Result<()> {
    Ok(result.map_err(|status| match status {
        abi::NTSTATUS::STATUS_OBJECT_NAME_COLLISION => WIN32_ERROR::ERROR_FILE_EXISTS,
        status => status.into(),
    })?)
}

fn ansi(cx: &Cx, text: PCSTR) -> Win32Result<Vec<u16>> {
    Ok(text::to_wide(cx, &text.read()?))
}

/// Moves or renames a file or folder.
#[shim(full)]
pub(in crate::kernel32) fn MoveFileA(cx: &Cx, lpExistingFileName: PCSTR, lpNewFileName: PCSTR) -> Win32Result<()> {
    let new = ansi(cx, lpNewFileName)?;
    move_file(cx, &ansi(cx, lpExistingFileName)?, Some(&new), MOVE_FILE_FLAGS::MOVEFILE_COPY_ALLOWED)
}

/// Moves or renames a file or folder.
#[shim(full)]
pub(in crate::kernel32) fn MoveFileW(cx: &Cx, lpExistingFileName: PCWSTR, lpNewFileName: PCWSTR) -> Win32Result<()> {
    let new = lpNewFileName.read()?;
    move_file(cx, &lpExistingFileName.read()?, Some(&new), MOVE_FILE_FLAGS::MOVEFILE_COPY_ALLOWED)
}

/// Moves or renames a file or folder.
#[shim(partial = "nothing is put off to the next start")]
pub(in crate::kernel32) fn MoveFileExA(
    cx: &Cx,
    lpExistingFileName: PCSTR,
    lpNewFileName: PCSTR,
    dwFlags: MOVE_FILE_FLAGS,
) -> Win32Result<()> {
    let new = lpNewFileName.opt().map(|name| ansi(cx, name)).transpose()?;
    move_file(cx, &ansi(cx, lpExistingFileName)?, new.as_deref(), dwFlags)
}

/// Moves or renames a file or folder.
#[shim(partial = "nothing is put off to the next start")]
pub(in crate::kernel32) fn MoveFileExW(
    cx: &Cx,
    lpExistingFileName: PCWSTR,
    lpNewFileName: PCWSTR,
    dwFlags: MOVE_FILE_FLAGS,
) -> Win32Result<()> {
    let new = lpNewFileName.opt().map(PCWSTR::read).transpose()?;
    move_file(cx, &lpExistingFileName.read()?, new.as_deref(), dwFlags)
}

fn move_file(cx: &Cx, from: &[u16], to: Option<&[u16]>, flags: MOVE_FILE_FLAGS) -> Win32Result<()> {
    let files = &cx.process.files;
    if flags.contains(MOVE_FILE_FLAGS::MOVEFILE_DELAY_UNTIL_REBOOT) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let Some(to) = to else {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    };
    let (from, to) = (files.drives.nt_path(from)?, files.drives.nt_path(to)?);
    let replace = flags.contains(MOVE_FILE_FLAGS::MOVEFILE_REPLACE_EXISTING);
    let opened = files.open(&from, &OpenRequest::existing(DELETE | FILE_READ_ATTRIBUTES))?;
    match files.rename(&opened.file, &to, replace) {
        Err(abi::NTSTATUS::STATUS_NOT_SAME_DEVICE) if flags.contains(MOVE_FILE_FLAGS::MOVEFILE_COPY_ALLOWED) => {
            drop(opened);
            Ok(file::move_across(files, &from, &to, replace)?)
        }
        result => Ok(result?),
    }
}

/// Gives a file another name.
#[shim(full)]
pub(in crate::kernel32) fn CreateHardLinkA(
    cx: &Cx,
    lpFileName: PCSTR,
    lpExistingFileName: PCSTR,
    lpSecurityAttributes: In<SECURITY_ATTRIBUTES>,
) -> Win32Result<()> {
    // Reserved: NULL.
    let _ = lpSecurityAttributes;
    link(&cx.process.files, &ansi(cx, lpFileName)?, &ansi(cx, lpExistingFileName)?)
}

/// Gives a file another name.
#[shim(full)]
pub(in crate::kernel32) fn CreateHardLinkW(
    cx: &Cx,
    lpFileName: PCWSTR,
    lpExistingFileName: PCWSTR,
    lpSecurityAttributes: In<SECURITY_ATTRIBUTES>,
) -> Win32Result<()> {
    // Reserved: NULL.
    let _ = lpSecurityAttributes;
    link(&cx.process.files, &lpFileName.read()?, &lpExistingFileName.read()?)
}

fn link(files: &FileSystem, new: &[u16], existing: &[u16]) -> Win32Result<()> {
    let opened = files.open(&files.drives.nt_path(existing)?, &OpenRequest::existing(FILE_WRITE_ATTRIBUTES))?;
    Ok(files.link(&opened.file, &files.drives.nt_path(new)?, false)?)
}

/// Makes a symbolic link.
#[shim(partial = "a relative target becomes absolute")]
pub(in crate::kernel32) fn CreateSymbolicLinkW(
    cx: &Cx,
    lpSymlinkFileName: PCWSTR,
    lpTargetFileName: PCWSTR,
    dwFlags: SYMBOLIC_LINK_FLAGS,
) -> Win32Result<bool> {
    // The host's links are the same for files and folders.
    let _ = dwFlags;
    let drives = &cx.process.files.drives;
    let link = drives.full_path(&lpSymlinkFileName.read()?).ok_or(WIN32_ERROR::ERROR_PATH_NOT_FOUND)?;
    let mut target = lpTargetFileName.read()?;
    if syscall_xlate::path::dos::form(&target) == syscall_xlate::path::dos::Form::Relative {
        // Relative to the link's folder, not to the current one.
        let folder = syscall_xlate::path::dos::file_part(&link).unwrap_or(link.len());
        target = [&link[..folder], &target].concat();
    }
    cx.process.files.symbolic_link(&drives.nt_path(&link)?, &drives.nt_path(&target)?)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn what_is_missing_cannot_be_moved_or_copied() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (from, to) = (guest.wide(r"C:\missing"), guest.wide(r"C:\other"));
            guest.call("kernel32!MoveFileW", &[from, to]);
            guest.call("kernel32!CopyFileW", &[from, to, 0]);
            guest.call("kernel32!MoveFileExW", &[from, 0, 4]);
            guest.call("kernel32!CreateHardLinkW", &[to, from, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!MoveFileW(lpExistingFileName="C:\\missing", lpNewFileName="C:\\other") = FALSE (ERROR_FILE_NOT_FOUND)
        kernel32!CopyFileW(lpExistingFileName="C:\\missing", lpNewFileName="C:\\other", bFailIfExists=FALSE) = FALSE (ERROR_FILE_NOT_FOUND)
        kernel32!MoveFileExW(lpExistingFileName="C:\\missing", lpNewFileName=NULL, dwFlags=MOVEFILE_DELAY_UNTIL_REBOOT) = FALSE (ERROR_NOT_SUPPORTED)
        kernel32!CreateHardLinkW(lpFileName="C:\\other", lpExistingFileName="C:\\missing", lpSecurityAttributes=NULL) = FALSE (ERROR_FILE_NOT_FOUND)
        "#);
    }
}
