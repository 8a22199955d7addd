//! What is known of files and of their volumes, and changing it.

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{CreateOptions, FILE_READ_ATTRIBUTES, OpenRequest};

use crate::files::{self, Class, FILE_BASIC_INFORMATION, FILE_NETWORK_OPEN_INFORMATION, Told};
use crate::ntdll::ntioapi::{IO_STATUS_BLOCK, new_path, path_of};
use crate::ntdll::structs::OBJECT_ATTRIBUTES;

/// Writes what is told, and how many bytes that is. A name that is cut is no failure but a warning.
fn give(told: &Told, to: Ptr<u8>, length: u32, block: Out<IO_STATUS_BLOCK>) -> NtResult<NTSTATUS> {
    let (status, written) = told.give(to, length as usize)?;
    block.set(IO_STATUS_BLOCK { Status: status.0 as usize, Information: written })?;
    Ok(status)
}

fn status(result: NtResult<NTSTATUS>) -> NTSTATUS {
    result.unwrap_or_else(|status| status)
}

/// Tells times and attributes of a file by its name.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryAttributesFile(
    cx: &Cx,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    FileInformation: Out<FILE_BASIC_INFORMATION>,
) -> NtResult<()> {
    let (path, _) = path_of(cx, ObjectAttributes)?;
    Ok(FileInformation.set(FILE_BASIC_INFORMATION::new(&cx.process.files.query(&path)?))?)
}

/// Tells times, sizes and attributes of a file by its name.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryFullAttributesFile(
    cx: &Cx,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    FileInformation: Out<FILE_NETWORK_OPEN_INFORMATION>,
) -> NtResult<()> {
    let (path, _) = path_of(cx, ObjectAttributes)?;
    Ok(FileInformation.set(FILE_NETWORK_OPEN_INFORMATION::new(&cx.process.files.query(&path)?))?)
}

/// Tells one thing of a file by its name.
#[shim(partial = "FileStatInformation and FileCaseSensitiveInformation")]
pub(in crate::ntdll) fn NtQueryInformationByName(
    cx: &Cx,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: Class,
) -> NTSTATUS {
    let work = || {
        if !matches!(FileInformationClass, Class::FileStatInformation | Class::FileCaseSensitiveInformation) {
            return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS);
        }
        let (path, _) = path_of(cx, ObjectAttributes)?;
        let existing = OpenRequest::existing(FILE_READ_ATTRIBUTES);
        let options = existing.options | CreateOptions::OPEN_REPARSE_POINT;
        let opened = cx.process.files.open(&path, &OpenRequest { options, ..existing })?;
        let width = FileInformation.width();
        let told = files::tell(cx, &opened.file, FILE_READ_ATTRIBUTES, FileInformationClass, width)?;
        give(&told, FileInformation, Length, IoStatusBlock)
    };
    status(work())
}

/// Tells one thing of an open file.
#[shim(
    partial = "no reparse points, quotas, object identifiers and hard links' names; files have one stream and no extended attributes"
)]
pub(in crate::ntdll) fn NtQueryInformationFile(
    cx: &Cx,
    FileHandle: HANDLE,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: Class,
) -> NTSTATUS {
    let told = files::query(cx, FileHandle, FileInformationClass, Length as usize, FileInformation.width());
    status(told.and_then(|told| give(&told, FileInformation, Length, IoStatusBlock)))
}

/// Tells one thing of the volume or device behind an open file.
#[shim(partial = "volume, sizes, device, attributes and sectors; no quotas and object identifiers")]
pub(in crate::ntdll) fn NtQueryVolumeInformationFile(
    cx: &Cx,
    FileHandle: HANDLE,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FsInformation: Ptr<u8>,
    Length: u32,
    FsInformationClass: u32,
) -> NTSTATUS {
    let told = files::query_volume(cx, FileHandle, FsInformationClass, Length as usize, FsInformation.width());
    status(told.and_then(|told| give(&told, FsInformation, Length, IoStatusBlock)))
}

/// Changes one thing of an open file.
#[shim(
    partial = "times and attributes, name, links, deletion, position, sizes, completion port and whom it tells; the mode stays as it is"
)]
pub(in crate::ntdll) fn NtSetInformationFile(
    cx: &Cx,
    FileHandle: HANDLE,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: Class,
) -> NtResult<()> {
    files::set(cx, FileHandle, FileInformationClass, (FileInformation, Length as usize), new_path)?;
    Ok(IoStatusBlock.set(IO_STATUS_BLOCK { Status: 0, Information: 0 })?)
}
