//! Changing a file, by class of information.

use abi::{HANDLE, NtResult, Ptr, WIN32_ERROR, Wide, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::File;

use crate::files;
use crate::kernel32::winbase::FILE_INFO_BY_HANDLE_CLASS;

/// Changes an open file.
#[shim(partial = "times and attributes, name, deletion, size; a new name's folder is ignored")]
pub(in crate::kernel32) fn SetFileInformationByHandle(
    cx: &Cx,
    hFile: HANDLE,
    FileInformationClass: FILE_INFO_BY_HANDLE_CLASS,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Win32Result<()> {
    use FILE_INFO_BY_HANDLE_CLASS as Class;
    let class = match FileInformationClass {
        Class::FileBasicInfo
        | Class::FileRenameInfo
        | Class::FileRenameInfoEx
        | Class::FileDispositionInfo
        | Class::FileDispositionInfoEx
        | Class::FileAllocationInfo
        | Class::FileEndOfFileInfo
        | Class::FileIoPriorityHintInfo => FileInformationClass.service(),
        _ => None,
    };
    let class = class.ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    Ok(files::set(cx, hFile, class, (lpFileInformation, dwBufferSize as usize), new_path)?)
}

/// A new name is a path as other functions take it.
fn new_path(cx: &Cx, _: &File, _: HANDLE, name: &[u16]) -> NtResult<Wide> {
    cx.process.files.drives.nt_path(name)
}
