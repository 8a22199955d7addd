//! What a file system is asked for by control code: where a link leads, holes, ranges.

use std::os::unix::ffi::OsStrExt;

use abi::{NTSTATUS, NtResult};
use rustix::fs::{FallocateFlags, FileType, SeekFrom, fallocate, fstat, readlinkat, seek};
use rustix::io::Errno;

use super::{FILE_READ_DATA, FILE_WRITE_DATA, File, FileSystem, Medium, errno};
use crate::path::{name, wide};

/// Where a symbolic link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTarget {
    /// As a Windows path.
    pub path: Vec<u16>,
    /// It is taken from the link's folder.
    pub relative: bool,
}

/// A part of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where it begins.
    pub start: u64,
    /// How long it is.
    pub len: u64,
}

impl FileSystem {
    /// Where a file leads that was opened with `FILE_OPEN_REPARSE_POINT`.
    ///
    /// # Errors
    /// `STATUS_NOT_A_REPARSE_POINT` for what is no symbolic link.
    pub fn link_target(&self, file: &File) -> NtResult<LinkTarget> {
        let found = fstat(&file.fd).map_err(errno::status)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::Symlink {
            return Err(NTSTATUS::STATUS_NOT_A_REPARSE_POINT);
        }
        let target = readlinkat(&file.fd, "", Vec::new()).map_err(errno::status)?;
        let bytes = target.as_bytes();
        if bytes.first() == Some(&b'/') {
            let host = std::path::Path::new(std::ffi::OsStr::from_bytes(bytes));
            return Ok(LinkTarget { path: self.drives.to_dos(host), relative: false });
        }
        let names: Vec<Vec<u16>> = bytes.split(|&byte| byte == b'/').map(name::from_host).collect();
        Ok(LinkTarget { path: names.join(&wide("\\")[..]), relative: true })
    }
}

impl File {
    /// Makes a part of a file read as zeros, and gives back the disk space of it (`FSCTL_SET_ZERO_DATA`). What is behind the end stays there.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to write, `STATUS_INVALID_PARAMETER` for an end before the start,
    /// `STATUS_INVALID_DEVICE_REQUEST` for what is no file.
    pub fn zero(&self, start: u64, end: u64) -> NtResult<()> {
        self.check_disk(FILE_WRITE_DATA)?;
        if end < start || i64::try_from(end).is_err() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let end = end.min(self.size()?);
        if end <= start {
            return Ok(());
        }
        match fallocate(&self.fd, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, start, end - start) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.write_zeros(start, end),
            result => result.map_err(errno::status),
        }
    }

    fn write_zeros(&self, mut start: u64, end: u64) -> NtResult<()> {
        const ZEROS: [u8; 4096] = [0; 4096];
        while start < end {
            let len = ZEROS.len().min((end - start) as usize);
            match rustix::io::pwrite(&self.fd, ZEROS.get(..len).unwrap_or_default(), start).map_err(errno::status)? {
                0 => return Err(NTSTATUS::STATUS_DISK_FULL),
                done => start += done as u64,
            }
        }
        Ok(())
    }

    /// The parts of a part of a file that take disk space (`FSCTL_QUERY_ALLOCATED_RANGES`), at most `most` of them.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to read, `STATUS_INVALID_PARAMETER` for numbers that are not offsets,
    /// `STATUS_INVALID_DEVICE_REQUEST` for what is no file.
    pub fn allocated_ranges(&self, within: Range, most: usize) -> NtResult<Vec<Range>> {
        self.check_disk(FILE_READ_DATA)?;
        let end = within.start.checked_add(within.len).filter(|&end| i64::try_from(end).is_ok());
        let end = end.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?.min(self.size()?);
        // By a descriptor of its own: looking moves the position.
        let own = std::fs::File::open(super::attributes::proc_path(&self.fd)).map_err(|e| errno::io_status(&e))?;
        let (mut ranges, mut at) = (Vec::new(), within.start);
        while at < end && ranges.len() < most {
            let start = match seek(&own, SeekFrom::Data(at)) {
                Ok(start) if start < end => start,
                Ok(_) | Err(Errno::NXIO) => break,
                Err(error) => return Err(errno::status(error)),
            };
            let behind = seek(&own, SeekFrom::Hole(start)).map_err(errno::status)?.min(end);
            ranges.push(Range { start, len: behind.saturating_sub(start) });
            at = behind.max(start + 1);
        }
        Ok(ranges)
    }

    /// Says that parts of a file without data need take no space (`FSCTL_SET_SPARSE`). On the host none do.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to write, `STATUS_INVALID_DEVICE_REQUEST` for what is no file.
    pub fn make_sparse(&self) -> NtResult<()> {
        self.check_disk(FILE_WRITE_DATA)
    }

    fn check_disk(&self, access: super::Access) -> NtResult<()> {
        match self.medium {
            Medium::Disk if self.access & access != 0 => Ok(()),
            Medium::Disk => Err(NTSTATUS::STATUS_ACCESS_DENIED),
            _ => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
        }
    }
}
