//! Renaming and links.

use std::path::Path;

use abi::{NTSTATUS, NtResult};
use rustix::fs::{CWD, RenameFlags, lstat, renameat_with, stat};
use rustix::io::Errno;

use super::info;
use super::{File, FileSystem, Medium, errno};

impl FileSystem {
    /// Renames or moves an open file to an NT path (`FileRenameInformation`). The handle needs `DELETE`.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_COLLISION` if something is there and is not to be replaced, `STATUS_ACCESS_DENIED` if it is a folder,
    /// read-only, or open without sharing deletion, `STATUS_NOT_SAME_DEVICE` across file systems, `STATUS_OBJECT_PATH_NOT_FOUND`.
    pub fn rename(&self, file: &File, to: &[u16], replace: bool) -> NtResult<()> {
        let from = file.name_on_host()?;
        let place = self.lookup.for_creation(&self.location(to)?)?;
        let mut target = place.path;
        if place.exists {
            let (here, there) = (stat_any(&from)?, stat_any(&target)?);
            if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) {
                // The file itself under another spelling: only the case changes.
                if let Some(wanted) = self.location(to)?.components.last() {
                    target.set_file_name(os_name(wanted));
                }
                rustix::fs::rename(&from, &target).map_err(errno::status)?;
                file.set_name_on_host(&target);
                return Ok(());
            }
            if !replace {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
            }
            self.check_replaceable(&target)?;
        }
        let before = self.lookup.before_creation(&target);
        let renamed = if place.exists {
            rustix::fs::rename(&from, &target)
        } else {
            match renameat_with(CWD, &from, CWD, &target, RenameFlags::NOREPLACE) {
                // File systems that cannot refuse to replace: nothing was there just now.
                Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(&from, &target),
                result => result,
            }
        };
        renamed.map_err(|error| match error {
            // A folder into itself.
            Errno::INVAL => NTSTATUS::STATUS_SHARING_VIOLATION,
            Errno::NOENT => NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND,
            Errno::ISDIR | Errno::NOTDIR => NTSTATUS::STATUS_ACCESS_DENIED,
            error => errno::status(error),
        })?;
        self.lookup.created(&target, before);
        file.set_name_on_host(&target);
        Ok(())
    }

    /// # Errors
    /// `STATUS_ACCESS_DENIED` if what is at `target` must not be replaced.
    fn check_replaceable(&self, target: &Path) -> NtResult<()> {
        let information = info::of_path(target).map_err(errno::status)?;
        let found = stat_any(target)?;
        if information.is_directory()
            || information.is_read_only()
            || self.open_files.forbids_deletion((found.st_dev, found.st_ino))
        {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        Ok(())
    }

    /// Gives an open file another name (`FileLinkInformation`).
    ///
    /// # Errors
    /// Those of [`Self::rename`]; `STATUS_FILE_IS_A_DIRECTORY` for a folder.
    pub fn link(&self, file: &File, to: &[u16], replace: bool) -> NtResult<()> {
        if matches!(file.medium, Medium::Directory) {
            return Err(NTSTATUS::STATUS_FILE_IS_A_DIRECTORY);
        }
        let from = file.name_on_host()?;
        let place = self.lookup.for_creation(&self.location(to)?)?;
        if place.exists {
            if !replace {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
            }
            self.check_replaceable(&place.path)?;
            rustix::fs::unlink(&place.path).map_err(errno::status)?;
        }
        let before = self.lookup.before_creation(&place.path);
        rustix::fs::linkat(CWD, &from, CWD, &place.path, rustix::fs::AtFlags::SYMLINK_FOLLOW).map_err(errno::status)?;
        self.lookup.created(&place.path, before);
        Ok(())
    }

    /// Makes a symbolic link at the NT path `at` that leads to the NT path `target`.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_COLLISION` if something is there, `STATUS_OBJECT_PATH_NOT_FOUND`.
    pub fn symbolic_link(&self, at: &[u16], target: &[u16]) -> NtResult<()> {
        let target = self.location(target)?;
        let leads_to = self.lookup.existing(&target).unwrap_or_else(|_| target.exact());
        let place = self.lookup.for_creation(&self.location(at)?)?;
        if place.exists {
            return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
        }
        rustix::fs::symlink(&leads_to, &place.path).map_err(errno::status)
    }
}

fn stat_any(path: &Path) -> NtResult<rustix::fs::Stat> {
    stat(path).or_else(|_| lstat(path)).map_err(errno::status)
}

fn os_name(name: &[u16]) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(crate::path::name::to_host(name))
}
