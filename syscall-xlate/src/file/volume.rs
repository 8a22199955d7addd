//! Volumes: drives, their kind, name and space.

use abi::{NTSTATUS, NtResult};
use rustix::fs::{StatVfs, fstatvfs, stat, statvfs};

use super::{File, FileSystem, Medium, errno, info};

/// The kind of a drive (`GetDriveType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveType {
    /// `DRIVE_NO_ROOT_DIR`: there is none.
    NoRootDirectory = 1,
    /// `DRIVE_FIXED`
    Fixed = 3,
}

/// Space on a volume, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in a sector.
    pub sector: u32,
    /// Sectors in a cluster.
    pub sectors_per_cluster: u32,
    /// All of it.
    pub total: u64,
    /// What nobody uses.
    pub free: u64,
    /// What this user may still use.
    pub available: u64,
}

/// What is known of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeInformation {
    /// Its label; ours have none.
    pub label: Vec<u16>,
    /// Serial number.
    pub serial: u32,
    /// Longest name of a component, in characters.
    pub longest_name: u32,
    /// `FILE_*` flags of the file system.
    pub flags: u32,
    /// The file system's name.
    pub file_system: &'static str,
}

const SECTOR: u32 = 512;

impl Space {
    fn of(found: &StatVfs) -> Self {
        let block = found.f_frsize.max(u64::from(SECTOR));
        Self {
            sector: SECTOR,
            sectors_per_cluster: u32::try_from(block / u64::from(SECTOR)).unwrap_or(8),
            total: found.f_blocks.saturating_mul(found.f_frsize),
            free: found.f_bfree.saturating_mul(found.f_frsize),
            available: found.f_bavail.saturating_mul(found.f_frsize),
        }
    }

    /// Bytes in a cluster.
    pub fn cluster(&self) -> u64 {
        u64::from(self.sector) * u64::from(self.sectors_per_cluster)
    }
}

/// `FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_HARD_LINKS |
/// FILE_SUPPORTS_EXTENDED_ATTRIBUTES`. Not `FILE_CASE_SENSITIVE_SEARCH`: lookup ignores case.
const FLAGS: u32 = 0x2 | 0x4 | 0x40 | 0x40_0000 | 0x80_0000;

impl FileSystem {
    /// The kind of the drive with this upper-case letter.
    pub fn drive_type(&self, letter: u8) -> DriveType {
        if self.drives.root(letter).is_some() { DriveType::Fixed } else { DriveType::NoRootDirectory }
    }

    /// Space where an NT path leads to.
    ///
    /// # Errors
    /// Those of [`Self::host_path`].
    pub fn space(&self, nt_path: &[u16]) -> NtResult<Space> {
        Ok(Space::of(&self.lookup.with_existing(&self.location(nt_path)?, |path| statvfs(path))?))
    }

    /// What is known of the volume that an NT path leads to.
    ///
    /// # Errors
    /// Those of [`Self::host_path`].
    pub fn volume(&self, nt_path: &[u16]) -> NtResult<VolumeInformation> {
        let path = self.lookup.existing(&self.location(nt_path)?)?;
        let found = stat(&path).map_err(errno::status)?;
        Ok(VolumeInformation::of(info::volume_serial(rustix::fs::major(found.st_dev), rustix::fs::minor(found.st_dev))))
    }
}

impl VolumeInformation {
    /// It is said to be NTFS: programs know what that can do.
    const fn of(serial: u32) -> Self {
        Self { label: Vec::new(), serial, longest_name: 255, flags: FLAGS, file_system: "NTFS" }
    }
}

impl File {
    /// What is known of the volume that it is on.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_REQUEST` for what is on none; the host's, as a status.
    pub fn volume(&self) -> NtResult<VolumeInformation> {
        match self.medium {
            Medium::Disk | Medium::Directory | Medium::Volume => Ok(VolumeInformation::of(self.information()?.volume)),
            Medium::Pipe | Medium::Character | Medium::Console(..) => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
        }
    }
    /// Space on the volume that it is on.
    ///
    /// # Errors
    /// Those of [`Self::volume`].
    pub fn space(&self) -> NtResult<Space> {
        match self.medium {
            Medium::Disk | Medium::Directory | Medium::Volume => {
                Ok(Space::of(&fstatvfs(&self.fd).map_err(errno::status)?))
            }
            Medium::Pipe | Medium::Character | Medium::Console(..) => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
        }
    }
}
