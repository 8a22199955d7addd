//! Copying files.

use std::fs;

use abi::{NTSTATUS, NtResult};

use super::{
    CreateOptions, Disposition, FILE_ATTRIBUTE, FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA, File, FileSystem, OpenRequest, Share, Times, errno,
};
use crate::object::access::DELETE;

const ORDINARY: CreateOptions = CreateOptions::SYNCHRONOUS_IO_NONALERT.union(CreateOptions::NON_DIRECTORY_FILE);

/// Copies a file with its contents, attributes and time of last write (`CopyFile`). Both are NT paths.
///
/// # Errors
/// Those of [`FileSystem::open`]; with `fail_if_exists`, `STATUS_OBJECT_NAME_COLLISION` if something is at `to`.
pub fn copy(files: &FileSystem, from: &[u16], to: &[u16], fail_if_exists: bool) -> NtResult<()> {
    let source = OpenRequest {
        share: Share::READ | Share::WRITE | Share::DELETE,
        options: ORDINARY,
        ..OpenRequest::existing(FILE_READ_DATA | FILE_READ_ATTRIBUTES)
    };
    let source = files.open(from, &source)?.file;
    let information = source.information()?;
    if let Ok(there) = files.query(to)
        && (there.volume, there.index) == (information.volume, information.index)
        && !fail_if_exists
    {
        return Err(NTSTATUS::STATUS_SHARING_VIOLATION);
    }
    let request = OpenRequest {
        access: FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES,
        attributes: information.attributes & !FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY,
        share: Share::empty(),
        disposition: if fail_if_exists { Disposition::Create } else { Disposition::OverwriteIf },
        options: ORDINARY,
    };
    let target = files.open(to, &request)?.file;
    copy_contents(&source, &target)?;
    if !target.has_own_attributes() {
        return Ok(());
    }
    target.set_times(Times { written: Some(information.written), ..Times::default() })?;
    if information.is_read_only() {
        target.set_attributes(information.attributes)?;
    }
    Ok(())
}

/// The host copies by itself, sharing blocks where its file system can.
fn copy_contents(source: &File, target: &File) -> NtResult<()> {
    use std::os::fd::AsFd;
    let clone = |file: &File| file.as_fd().try_clone_to_owned().map(fs::File::from);
    let copied = clone(source).and_then(|mut from| std::io::copy(&mut from, &mut clone(target)?));
    copied.map(drop).map_err(|error| errno::io_status(&error))
}

/// Moves a file to another file system: copies it and deletes the original (`MOVEFILE_COPY_ALLOWED`).
///
/// # Errors
/// Those of [`copy`]; `STATUS_NOT_SAME_DEVICE` for a folder.
pub fn move_across(files: &FileSystem, from: &[u16], to: &[u16], replace: bool) -> NtResult<()> {
    if files.query(from)?.is_directory() {
        return Err(NTSTATUS::STATUS_NOT_SAME_DEVICE);
    }
    copy(files, from, to, !replace)?;
    files.open(from, &OpenRequest::existing(DELETE))?.file.delete_now()
}
