//! Attributes and times, set.
//!
//! Read-only is the host's: no write permission for anybody. What the host cannot express, other attributes and a creation time
//! that was set, is kept in an extended attribute, which is there only when needed. On a file system without extended attributes
//! it is lost, as on FAT.

use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

use abi::{NTSTATUS, NtResult};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, Timespec, Timestamps, UTIME_OMIT, XattrFlags, chmod, getxattr, removexattr, setxattr,
    stat, utimensat,
};
use rustix::io::Errno;

use super::info::{self, FILE_ATTRIBUTE};
use super::{File, errno};
use crate::time::FILETIME_OF_UNIX_EPOCH;

const XATTR: &str = "user.exeunt.dos";

/// The content of the extended attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub attributes: FILE_ATTRIBUTE,
    pub created: Option<i64>,
}

/// Attributes that the host does not have.
const STORABLE: FILE_ATTRIBUTE = FILE_ATTRIBUTE::FILE_ATTRIBUTE_HIDDEN
    .union(FILE_ATTRIBUTE::FILE_ATTRIBUTE_SYSTEM)
    .union(FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE)
    .union(FILE_ATTRIBUTE::FILE_ATTRIBUTE_TEMPORARY)
    .union(FILE_ATTRIBUTE::FILE_ATTRIBUTE_OFFLINE)
    .union(FILE_ATTRIBUTE::FILE_ATTRIBUTE_NOT_CONTENT_INDEXED);

impl Stored {
    const LEN: usize = 12;

    fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let [a, b, c, d, time @ ..] = bytes;
        let created = i64::from_le_bytes(time);
        Self {
            attributes: FILE_ATTRIBUTE::from_bits_retain(u32::from_le_bytes([a, b, c, d])) & STORABLE,
            created: (created != 0).then_some(created),
        }
    }

    fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&self.attributes.bits().to_le_bytes());
        bytes[4..].copy_from_slice(&self.created.unwrap_or(0).to_le_bytes());
        bytes
    }
}

/// What is stored beside the file at a host path.
pub(super) fn stored(path: &Path) -> Option<Stored> {
    let mut bytes = [0; Stored::LEN];
    match getxattr(path, XATTR, &mut bytes) {
        Ok(Stored::LEN) => Some(Stored::from_bytes(bytes)),
        _ => None,
    }
}

/// A path that leads to an open file, also to one opened without any access.
pub(super) fn proc_path(fd: impl AsFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()))
}

/// Times to be set, as FILETIMEs; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Creation.
    pub created: Option<i64>,
    /// Last access.
    pub accessed: Option<i64>,
    /// Last write.
    pub written: Option<i64>,
}

/// Whether attributes and times are the file's own. Those of a device are the machine's: a program that marks `NUL` read-only must not take
/// `/dev/null` away from everybody.
fn has_own(mode: u32) -> bool {
    matches!(FileType::from_raw_mode(mode), FileType::RegularFile | FileType::Directory)
}

/// Sets attributes of the file at a host path; a device has none.
pub(super) fn set_attributes(path: &Path, attributes: FILE_ATTRIBUTE) -> rustix::io::Result<()> {
    let found = stat(path)?;
    if !has_own(found.st_mode) {
        return Ok(());
    }
    let directory = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
    if !directory {
        set_read_only(path, found.st_mode, attributes.contains(FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY))?;
    }
    let old = stored(path);
    let new = Stored { attributes: attributes & STORABLE, created: old.and_then(|old| old.created) };
    store(path, old, new, default_attributes(directory))
}

fn default_attributes(directory: bool) -> FILE_ATTRIBUTE {
    if directory { FILE_ATTRIBUTE::empty() } else { FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE }
}

fn set_read_only(path: &Path, mode: u32, read_only: bool) -> rustix::io::Result<()> {
    let permissions = mode & 0o7777;
    let wanted = match (read_only, permissions & 0o222 == 0) {
        (true, false) => permissions & !0o222,
        // As much as a new file would have: write permission for whom the umask allows it, among those who may read.
        (false, true) => permissions | ((permissions & 0o444) >> 1 & !current_umask()) | 0o200,
        _ => return Ok(()),
    };
    chmod(path, Mode::from_bits_retain(wanted))
}

/// The umask, without changing it for an instant as `umask(2)` would.
fn current_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    umask.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o022)
}

fn store(path: &Path, old: Option<Stored>, new: Stored, default: FILE_ATTRIBUTE) -> rustix::io::Result<()> {
    let plain = Stored { attributes: default, created: None };
    let result = match old {
        Some(old) if old == new => Ok(()),
        Some(_) if new == plain => removexattr(path, XATTR),
        None if new == plain => Ok(()),
        _ => setxattr(path, XATTR, &new.to_bytes(), XattrFlags::empty()),
    };
    match result {
        // The file system cannot keep it, or keeps it from those who may not write: as on FAT, it is lost.
        Err(Errno::OPNOTSUPP | Errno::NOSPC | Errno::ACCESS | Errno::PERM | Errno::NODATA | Errno::ROFS) => Ok(()),
        result => result,
    }
}

/// Sets times of the file at a host path.
pub(super) fn set_times(path: &Path, times: Times) -> rustix::io::Result<()> {
    let spec = |time: Option<i64>| match time {
        Some(time) => {
            let since = time.saturating_sub(FILETIME_OF_UNIX_EPOCH);
            Timespec { tv_sec: since.div_euclid(10_000_000), tv_nsec: since.rem_euclid(10_000_000) * 100 }
        }
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    if times.accessed.is_some() || times.written.is_some() {
        let both = Timestamps { last_access: spec(times.accessed), last_modification: spec(times.written) };
        utimensat(CWD, path, &both, AtFlags::empty())?;
    }
    let Some(created) = times.created else {
        return Ok(());
    };
    let now = info::of_path(path)?;
    if now.created == created {
        return Ok(());
    }
    let new = Stored { attributes: now.attributes & STORABLE, created: Some(created) };
    store(path, stored(path), new, default_attributes(now.is_directory()))
}

impl File {
    /// Whether it has attributes and times of its own.
    pub(super) fn has_own_attributes(&self) -> bool {
        rustix::fs::fstat(&self.fd).is_ok_and(|found| has_own(found.st_mode))
    }

    /// Sets attributes; `FILE_ATTRIBUTE_NORMAL` clears all.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_REQUEST` for a device or a pipe; the host's, as a status.
    pub fn set_attributes(&self, attributes: FILE_ATTRIBUTE) -> NtResult<()> {
        if !self.has_own_attributes() {
            return Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST);
        }
        set_attributes(&proc_path(&self.fd), attributes).map_err(errno::status)
    }

    /// Sets times.
    ///
    /// # Errors
    /// As [`Self::set_attributes`].
    pub fn set_times(&self, times: Times) -> NtResult<()> {
        if !self.has_own_attributes() {
            return Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST);
        }
        set_times(&proc_path(&self.fd), times).map_err(errno::status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp_dir::TempDir;

    #[test]
    fn a_device_keeps_its_permissions() {
        let path = Path::new("/dev/null");
        let before = stat(path).unwrap();
        set_attributes(path, FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY).unwrap();
        let after = stat(path).unwrap();
        assert_eq!((before.st_mode, before.st_mtime), (after.st_mode, after.st_mtime));
    }

    #[test]
    fn read_only_is_a_permission() {
        let root = TempDir::new();
        let path = root.path().join("file");
        std::fs::write(&path, "").unwrap();
        set_attributes(&path, FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE)
            .unwrap();
        assert_eq!(stat(&path).unwrap().st_mode & 0o222, 0);
        assert!(info::of_path(&path).unwrap().is_read_only());
        set_attributes(&path, FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE).unwrap();
        assert!(!info::of_path(&path).unwrap().is_read_only());
    }

    #[test]
    fn times_come_back() {
        let root = TempDir::new();
        let path = root.path().join("file");
        std::fs::write(&path, "").unwrap();
        let time = 0x01d0_0000_1234_5680;
        set_times(&path, Times { accessed: Some(time), written: Some(time + 10), ..Times::default() }).unwrap();
        let now = info::of_path(&path).unwrap();
        assert_eq!((now.accessed, now.written), (time, time + 10));
    }

    #[test]
    fn what_the_host_cannot_express_is_stored_where_it_can_be() {
        let root = TempDir::new();
        let path = root.path().join("file");
        std::fs::write(&path, "").unwrap();
        let hidden = FILE_ATTRIBUTE::FILE_ATTRIBUTE_HIDDEN;
        set_attributes(&path, hidden).unwrap();
        set_times(&path, Times { created: Some(77), ..Times::default() }).unwrap();
        let Some(stored) = stored(&path) else {
            return;
        };
        assert_eq!(stored, Stored { attributes: hidden, created: Some(77) });
        assert_eq!(info::of_path(&path).unwrap().created, 77);
    }
}
