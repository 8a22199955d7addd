//! The process's view of the host's files.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use abi::{NTSTATUS, NtResult, bitflags};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, lstat, stat};

use super::info::{self, FILE_ATTRIBUTE, Information};
use super::node::{Closing, OpenFiles, Registration};
use super::{
    Access, CreateOptions, FILE_APPEND_DATA, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_WRITE_DATA, File, Medium,
    attributes, errno,
};
use crate::console::{Console, End};
use crate::path::{Drives, Location, Lookup, Target};

bitflags::bitflags! {
    /// Whether and how a file is deleted (`FILE_DISPOSITION_*`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Deletion: u32 {
        /// It is to go.
        const DELETE = 0x1;
        /// Its name goes now, whoever has it open.
        const POSIX_SEMANTICS = 0x2;
        /// Not while it is mapped as an image. None of ours is: images are copied.
        const FORCE_IMAGE_SECTION_CHECK = 0x4;
        /// Meant is `FILE_DELETE_ON_CLOSE`.
        const ON_CLOSE = 0x8;
        /// A read-only file goes, too.
        const IGNORE_READONLY = 0x10;
    }
}

/// The drives of a process, and which of their files it has open.
pub struct FileSystem {
    /// The drives and current directories.
    pub drives: Drives,
    pub(super) lookup: Lookup,
    pub(super) open_files: Arc<OpenFiles>,
    pub(super) console: Arc<Console>,
}

impl FileSystem {
    /// A file system with these drives. Terminals that are opened belong to `console`.
    pub fn new(drives: Drives, console: Arc<Console>) -> Self {
        Self { drives, lookup: Lookup::default(), open_files: Arc::default(), console }
    }

    /// The place in a drive that an NT path names.
    ///
    /// # Errors
    /// Those of [`Drives::target`]; `STATUS_OBJECT_NAME_INVALID` for what is no file.
    pub(super) fn location(&self, nt_path: &[u16]) -> NtResult<Location> {
        match self.drives.target(nt_path)? {
            Target::File(location) => Ok(location),
            _ => Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID),
        }
    }

    /// The host path of the file that an NT path names.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_OBJECT_PATH_NOT_FOUND`, and those of [`Drives::target`].
    pub fn host_path(&self, nt_path: &[u16]) -> NtResult<PathBuf> {
        let location = self.location(nt_path)?;
        self.lookup.with_existing(&location, |path| lstat(path).map(|_| path.to_owned()))
    }

    /// The host path of what an NT path names; with the spelling given where nothing is there.
    ///
    /// # Errors
    /// Those of [`Drives::target`].
    pub fn host_path_or_new(&self, nt_path: &[u16]) -> NtResult<PathBuf> {
        let location = self.location(nt_path)?;
        let found = self.lookup.with_existing(&location, |path| lstat(path).map(|_| path.to_owned()));
        Ok(found.unwrap_or_else(|_| location.exact()))
    }

    /// What is known of the file that an NT path names, without opening it.
    ///
    /// # Errors
    /// Those of [`Self::host_path`].
    pub fn query(&self, nt_path: &[u16]) -> NtResult<Information> {
        let location = match self.drives.target(nt_path)? {
            Target::File(location) => location,
            // Devices have no attributes but that of being one (observed: NUL is an archive).
            Target::Device(_) => {
                let attributes = FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE;
                return Ok(Information { attributes, ..Information::default() });
            }
            _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        };
        let information = self.lookup.with_existing(&location, info::of_path)?;
        if location.names_directory && !information.is_directory() {
            return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
        }
        Ok(information)
    }

    /// The names on disk of the path's components, with the case they have there (`GetLongPathName`), as a Windows path.
    ///
    /// # Errors
    /// Those of [`Self::host_path`].
    pub fn true_name(&self, nt_path: &[u16]) -> NtResult<Vec<u16>> {
        Ok(self.drives.to_dos(&self.host_path(nt_path)?))
    }

    /// A file around a descriptor that was not opened here: a standard stream, or one inherited. `end` is which end of the console it is
    /// if it is a terminal. What may be done with it is what the host allows.
    ///
    /// # Errors
    /// The host's, as a status: `STATUS_INVALID_HANDLE` for no descriptor.
    pub fn adopt(&self, fd: OwnedFd, end: End) -> NtResult<File> {
        let found = fstat(&fd).map_err(errno::status)?;
        let flags = fcntl_getfl(&fd).map_err(errno::status)?;
        let mut access = 0;
        if !flags.contains(OFlags::WRONLY) {
            access |= FILE_GENERIC_READ;
        }
        if flags.intersects(OFlags::WRONLY | OFlags::RDWR) {
            access |= FILE_GENERIC_WRITE;
        }
        let medium = match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => Medium::Directory,
            FileType::Fifo | FileType::Socket => Medium::Pipe,
            FileType::CharacterDevice if rustix::termios::isatty(&fd) => Medium::Console(self.console.clone(), end),
            FileType::CharacterDevice => Medium::Character,
            _ => Medium::Disk,
        };
        Ok(File::new(fd, medium, access, CreateOptions::SYNCHRONOUS_IO_NONALERT, Path::new(""), None))
    }

    /// A terminal that was opened by its path.
    pub(super) fn terminal(&self, access: Access) -> Medium {
        let writes = access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0;
        Medium::Console(self.console.clone(), if writes { End::Output } else { End::Input })
    }
}

impl File {
    pub(super) fn new(
        fd: OwnedFd,
        medium: Medium,
        access: Access,
        options: CreateOptions,
        path: &Path,
        registration: Option<Registration>,
    ) -> Self {
        Self {
            fd,
            medium,
            access,
            options,
            path: Mutex::new(path.to_owned()),
            registration,
            search: Mutex::new(None),
            completion: OnceLock::new(),
            notification_modes: AtomicU8::new(0),
        }
    }

    /// What is behind the handle.
    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    /// The console, and which end of it this is, if it is one.
    pub fn console(&self) -> Option<(&Arc<Console>, End)> {
        match &self.medium {
            Medium::Console(console, end) => Some((console, *end)),
            _ => None,
        }
    }

    /// The rights it was opened with.
    pub fn access(&self) -> Access {
        self.access
    }

    /// True when operations wait for their end and there is a current position; false for overlapped ones.
    pub fn is_synchronous(&self) -> bool {
        self.options.intersects(CreateOptions::SYNCHRONOUS_IO_ALERT | CreateOptions::SYNCHRONOUS_IO_NONALERT)
    }

    /// The host path it has now. `None` for what has no name.
    pub fn host_path(&self) -> Option<PathBuf> {
        if !matches!(self.medium, Medium::Disk | Medium::Directory | Medium::Volume) {
            return None;
        }
        std::fs::read_link(attributes::proc_path(&self.fd)).ok().filter(|path| path.is_absolute())
    }

    /// The host path by which to delete or rename it: the one it was opened by, which may be a link, as long as it leads here.
    pub(super) fn name_on_host(&self) -> NtResult<PathBuf> {
        let opened = self.path.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let here = fstat(&self.fd).map_err(errno::status)?;
        if !opened.as_os_str().is_empty() {
            let leads_here = |found: rustix::fs::Stat| (found.st_dev, found.st_ino) == (here.st_dev, here.st_ino);
            if stat(&opened).is_ok_and(leads_here) || lstat(&opened).is_ok_and(leads_here) {
                return Ok(opened);
            }
        }
        self.host_path().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
    }

    pub(super) fn set_name_on_host(&self, path: &Path) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = path.to_owned();
    }

    /// Says that the file goes when its last handle is closed, or that it stays after all (`FileDispositionInformation`).
    ///
    /// # Errors
    /// `STATUS_CANNOT_DELETE` for a read-only file, `STATUS_DIRECTORY_NOT_EMPTY`, `STATUS_INVALID_DEVICE_REQUEST` for what is no file.
    pub fn set_disposition(&self, delete: bool) -> NtResult<()> {
        self.dispose(if delete { Deletion::DELETE } else { Deletion::empty() })
    }

    /// The same with the options of `FileDispositionInformationEx`.
    ///
    /// # Errors
    /// Those of [`Self::set_disposition`]; `STATUS_NOT_SUPPORTED` for changing `FILE_DELETE_ON_CLOSE`, `STATUS_INVALID_PARAMETER` for flags
    /// there are not.
    pub fn dispose(&self, how: Deletion) -> NtResult<()> {
        let registration = self.registration.as_ref().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST)?;
        if !Deletion::all().contains(how) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        if how.contains(Deletion::ON_CLOSE) {
            return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
        }
        if !how.contains(Deletion::DELETE) {
            registration.set_delete_pending(false);
            return Ok(());
        }
        self.check_deletable(how.contains(Deletion::IGNORE_READONLY))?;
        if how.contains(Deletion::POSIX_SEMANTICS) {
            return remove(&self.name_on_host()?, matches!(self.medium, Medium::Directory));
        }
        registration.set_delete_pending(true);
        Ok(())
    }

    /// True when the file goes with its last handle.
    pub fn is_delete_pending(&self) -> bool {
        self.registration.as_ref().is_some_and(Registration::is_delete_pending)
    }

    /// Deletes the name now, whoever else has the file open (`FILE_DISPOSITION_POSIX_SEMANTICS`, as `DeleteFile` does it since
    /// Windows 10 1809).
    ///
    /// # Errors
    /// Those of [`Self::set_disposition`].
    pub fn delete_now(&self) -> NtResult<()> {
        self.dispose(Deletion::DELETE | Deletion::POSIX_SEMANTICS)
    }

    fn check_deletable(&self, ignore_read_only: bool) -> NtResult<()> {
        let information = self.information()?;
        if information.is_read_only() && !ignore_read_only {
            return Err(NTSTATUS::STATUS_CANNOT_DELETE);
        }
        if matches!(self.medium, Medium::Directory) {
            let path = self.name_on_host()?;
            if path.parent().is_none() {
                return Err(NTSTATUS::STATUS_CANNOT_DELETE);
            }
            let is_link = lstat(&path).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink);
            let mut entries = std::fs::read_dir(&path).map_err(|error| errno::io_status(&error))?;
            if !is_link && entries.next().is_some() {
                return Err(NTSTATUS::STATUS_DIRECTORY_NOT_EMPTY);
            }
        }
        Ok(())
    }
}

fn remove(path: &Path, directory: bool) -> NtResult<()> {
    let result = match lstat(path).map(|found| FileType::from_raw_mode(found.st_mode)) {
        Ok(FileType::Symlink) => rustix::fs::unlink(path),
        _ if directory => rustix::fs::rmdir(path),
        _ => rustix::fs::unlink(path),
    };
    result.map_err(errno::status)
}

impl Drop for File {
    fn drop(&mut self) {
        let Some(registration) = &self.registration else {
            return;
        };
        if self.options.contains(CreateOptions::DELETE_ON_CLOSE) {
            registration.set_delete_pending(true);
        }
        // The name is looked up before the place in the table is given up: nobody may open the file between.
        let name = if registration.is_delete_pending() { self.name_on_host().ok() } else { None };
        if registration.close() == Closing::Delete
            && let Some(name) = name
        {
            // Closing a handle cannot fail; a file that cannot be deleted stays, as on Windows.
            let _ = remove(&name, matches!(self.medium, Medium::Directory));
        }
    }
}
