//! What is known of a file: attributes, times, sizes, identity.

use std::os::fd::AsFd;
use std::path::Path;

use abi::{NTSTATUS, NtResult};
use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, StatxTimestamp, statx};

use super::{File, attributes, errno};
use crate::time::FILETIME_OF_UNIX_EPOCH;

abi::flags! {
    /// File attributes (<https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>).
    pub struct FILE_ATTRIBUTE: u32 {
        FILE_ATTRIBUTE_READONLY = 0x1;
        FILE_ATTRIBUTE_HIDDEN = 0x2;
        FILE_ATTRIBUTE_SYSTEM = 0x4;
        FILE_ATTRIBUTE_DIRECTORY = 0x10;
        FILE_ATTRIBUTE_ARCHIVE = 0x20;
        FILE_ATTRIBUTE_NORMAL = 0x80;
        FILE_ATTRIBUTE_TEMPORARY = 0x100;
        FILE_ATTRIBUTE_REPARSE_POINT = 0x400;
        FILE_ATTRIBUTE_OFFLINE = 0x1000;
        FILE_ATTRIBUTE_NOT_CONTENT_INDEXED = 0x2000;
    }
}

/// What is known of a file. Times are FILETIMEs: 100 ns since 1601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Information {
    /// Attributes.
    pub attributes: FILE_ATTRIBUTE,
    /// When it was created.
    pub created: i64,
    /// When it was last read.
    pub accessed: i64,
    /// When its contents were last written.
    pub written: i64,
    /// When anything of it last changed.
    pub changed: i64,
    /// Length in bytes; 0 for a folder.
    pub size: u64,
    /// Bytes it takes on disk.
    pub allocated: u64,
    /// Names it has.
    pub links: u32,
    /// Serial number of its volume.
    pub volume: u32,
    /// Its number on the volume.
    pub index: u64,
}

impl Information {
    /// True for a folder.
    pub fn is_directory(&self) -> bool {
        self.attributes.contains(FILE_ATTRIBUTE::FILE_ATTRIBUTE_DIRECTORY)
    }

    /// True for a file that must not be written.
    pub fn is_read_only(&self) -> bool {
        self.attributes.contains(FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY)
    }
}

/// What is told of the options a file was opened with: `FILE_WRITE_THROUGH`, `FILE_SEQUENTIAL_ONLY`, `FILE_NO_INTERMEDIATE_BUFFERING`, both
/// `FILE_SYNCHRONOUS_IO_*`, `FILE_DELETE_ON_CLOSE`.
const MODES: u32 = 0x103e;

const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);

/// What is known of the file at a host path. A dangling symbolic link is a reparse point.
pub(super) fn of_path(path: &Path) -> rustix::io::Result<Information> {
    match statx(CWD, path, AtFlags::empty(), WANTED) {
        Ok(found) => Ok(from_statx(&found, || attributes::stored(path))),
        Err(error) => {
            let link = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, WANTED)?;
            if FileType::from_raw_mode(u32::from(link.stx_mode)) != FileType::Symlink {
                return Err(error);
            }
            let mut information = from_statx(&link, || None);
            information.attributes = FILE_ATTRIBUTE::FILE_ATTRIBUTE_REPARSE_POINT;
            Ok(information)
        }
    }
}

/// What is known of an open file.
pub(super) fn of_fd(fd: impl AsFd) -> rustix::io::Result<Information> {
    let found = statx(&fd, "", AtFlags::EMPTY_PATH, WANTED)?;
    Ok(from_statx(&found, || attributes::stored(&attributes::proc_path(&fd))))
}

fn from_statx(found: &Statx, stored: impl FnOnce() -> Option<attributes::Stored>) -> Information {
    let kind = FileType::from_raw_mode(u32::from(found.stx_mode));
    let has_stored = matches!(kind, FileType::RegularFile | FileType::Directory);
    let stored = if has_stored { stored() } else { None };
    let mut attributes = match (&stored, kind) {
        (Some(stored), _) => stored.attributes,
        (None, FileType::RegularFile) => FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE,
        (None, _) => FILE_ATTRIBUTE::empty(),
    };
    let directory = kind == FileType::Directory;
    if directory {
        attributes |= FILE_ATTRIBUTE::FILE_ATTRIBUTE_DIRECTORY;
    } else if kind == FileType::RegularFile && found.stx_mode & 0o222 == 0 {
        attributes |= FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY;
    }
    if kind == FileType::Symlink {
        attributes |= FILE_ATTRIBUTE::FILE_ATTRIBUTE_REPARSE_POINT;
    }
    if attributes.is_empty() {
        attributes = FILE_ATTRIBUTE::FILE_ATTRIBUTE_NORMAL;
    }
    let written = filetime(&found.stx_mtime);
    let born = if found.stx_mask & StatxFlags::BTIME.bits() != 0 { filetime(&found.stx_btime) } else { written };
    Information {
        attributes,
        created: stored.and_then(|stored| stored.created).unwrap_or(born),
        accessed: filetime(&found.stx_atime),
        written,
        changed: filetime(&found.stx_ctime),
        size: if directory { 0 } else { found.stx_size },
        allocated: if directory { 0 } else { found.stx_blocks.saturating_mul(512) },
        links: found.stx_nlink,
        volume: volume_serial(found.stx_dev_major, found.stx_dev_minor),
        index: found.stx_ino,
    }
}

/// A volume's serial number: the host's device number.
pub(super) fn volume_serial(major: u32, minor: u32) -> u32 {
    major << 20 | minor
}

fn filetime(time: &StatxTimestamp) -> i64 {
    let since_1970 = time.tv_sec.saturating_mul(10_000_000).saturating_add(i64::from(time.tv_nsec / 100));
    since_1970.saturating_add(FILETIME_OF_UNIX_EPOCH)
}

impl File {
    /// What is known of the file.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn information(&self) -> NtResult<Information> {
        of_fd(&self.fd).map_err(errno::status)
    }

    /// How it is read and written: the `FILE_*` options that it was opened with and that `FILE_MODE_INFORMATION` tells of.
    pub fn mode(&self) -> u32 {
        self.options.bits() & MODES
    }

    /// Changes how it is read and written: it stays as it was opened, and only that can be asked for.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for what is no mode, or another kind of synchronous operations, `STATUS_NOT_SUPPORTED` for another mode.
    pub fn set_mode(&self, mode: u32) -> NtResult<()> {
        /// `FILE_WRITE_THROUGH`, `FILE_SEQUENTIAL_ONLY` and both `FILE_SYNCHRONOUS_IO_*`.
        const CHANGEABLE: u32 = 0x36;
        let synchronous = mode & 0x30 != 0;
        if mode & !CHANGEABLE != 0 || mode & 0x30 == 0x30 || synchronous != self.is_synchronous() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        if mode == self.mode() & CHANGEABLE { Ok(()) } else { Err(NTSTATUS::STATUS_NOT_SUPPORTED) }
    }

    /// Length in bytes.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_REQUEST` for what has no length.
    pub fn size(&self) -> NtResult<u64> {
        let found = rustix::fs::fstat(&self.fd).map_err(errno::status)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => Ok(found.st_size as u64),
            FileType::Directory => Ok(0),
            _ => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
        }
    }
}
