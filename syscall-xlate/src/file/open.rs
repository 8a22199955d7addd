//! Opening and creating: the semantics of `NtCreateFile`
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntcreatefile>).

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use abi::{NTSTATUS, NtResult};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open};
use rustix::io::Errno;

use super::info::{self, FILE_ATTRIBUTE};
use super::{
    Access, FILE_APPEND_DATA, FILE_EXECUTE, FILE_MAPPING, FILE_READ_DATA, FILE_WRITE_DATA, File, FileSystem, Medium,
    attributes, errno,
};
use crate::console::{Console, End};
use crate::object::access::DELETE;
use crate::path::{Device, Location, Target};

abi::bitflags::bitflags! {
    /// What other openers may do (`FILE_SHARE_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Share: u32 {
        /// Read.
        const READ = 1;
        /// Write.
        const WRITE = 2;
        /// Delete and rename.
        const DELETE = 4;
    }

    /// Options of opening (`CreateOptions`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct CreateOptions: u32 {
        /// `FILE_DIRECTORY_FILE`: only a folder will do.
        const DIRECTORY_FILE = 0x1;
        /// `FILE_WRITE_THROUGH`: writes return when the data is on disk.
        const WRITE_THROUGH = 0x2;
        /// `FILE_SYNCHRONOUS_IO_ALERT`
        const SYNCHRONOUS_IO_ALERT = 0x10;
        /// `FILE_SYNCHRONOUS_IO_NONALERT`
        const SYNCHRONOUS_IO_NONALERT = 0x20;
        /// `FILE_NON_DIRECTORY_FILE`: a folder will not do.
        const NON_DIRECTORY_FILE = 0x40;
        /// `FILE_DELETE_ON_CLOSE`
        const DELETE_ON_CLOSE = 0x1000;
        /// `FILE_OPEN_FOR_BACKUP_INTENT`
        const OPEN_FOR_BACKUP_INTENT = 0x4000;
        /// `FILE_OPEN_REPARSE_POINT`: a symbolic link itself, not what it leads to.
        const OPEN_REPARSE_POINT = 0x20_0000;
        const _ = !0;
    }
}

/// What to do with a file that is there, and with one that is not (`CreateDisposition`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Replace, or create.
    Supersede,
    /// Open, or fail.
    Open,
    /// Fail, or create.
    Create,
    /// Open, or create.
    OpenIf,
    /// Empty, or fail.
    Overwrite,
    /// Empty, or create.
    OverwriteIf,
}

impl Disposition {
    /// The disposition of this number.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for one there is not.
    pub fn from_nt(disposition: u32) -> NtResult<Self> {
        Ok(match disposition {
            0 => Self::Supersede,
            1 => Self::Open,
            2 => Self::Create,
            3 => Self::OpenIf,
            4 => Self::Overwrite,
            5 => Self::OverwriteIf,
            _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        })
    }

    fn creates(self) -> bool {
        !matches!(self, Self::Open | Self::Overwrite)
    }

    fn empties(self) -> bool {
        matches!(self, Self::Supersede | Self::Overwrite | Self::OverwriteIf)
    }
}

/// What was done (`IO_STATUS_BLOCK.Information`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `FILE_SUPERSEDED`
    Superseded = 0,
    /// `FILE_OPENED`
    Opened = 1,
    /// `FILE_CREATED`
    Created = 2,
    /// `FILE_OVERWRITTEN`
    Overwritten = 3,
}

/// How to open a file.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest {
    /// Rights wanted; generic ones are allowed.
    pub access: Access,
    /// Attributes of a file that is made.
    pub attributes: FILE_ATTRIBUTE,
    /// What others may do.
    pub share: Share,
    /// What to do with what is there or not.
    pub disposition: Disposition,
    /// Options.
    pub options: CreateOptions,
}

impl OpenRequest {
    /// Opens what is there, shared with everybody.
    pub const fn existing(access: Access) -> Self {
        Self {
            access,
            attributes: FILE_ATTRIBUTE::empty(),
            share: Share::all(),
            disposition: Disposition::Open,
            options: CreateOptions::SYNCHRONOUS_IO_NONALERT,
        }
    }
}

/// An opened file.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: File,
    /// The rights its handle carries.
    pub access: Access,
    /// What was done.
    pub action: Action,
}

/// A host descriptor and what is known of it.
struct HostFile {
    fd: OwnedFd,
    stat: Stat,
    path: std::path::PathBuf,
    created: bool,
}

const NEW_FILE: Mode = Mode::from_raw_mode(0o666);
const NEW_DIRECTORY: Mode = Mode::from_raw_mode(0o777);

impl FileSystem {
    /// Opens or creates what an NT path names.
    ///
    /// # Errors
    /// As documented for `NtCreateFile`: `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_OBJECT_PATH_NOT_FOUND`,
    /// `STATUS_OBJECT_NAME_INVALID`, `STATUS_OBJECT_NAME_COLLISION`, `STATUS_SHARING_VIOLATION`, `STATUS_ACCESS_DENIED`,
    /// `STATUS_FILE_IS_A_DIRECTORY`, `STATUS_NOT_A_DIRECTORY`, `STATUS_DELETE_PENDING`, ...
    pub fn open(&self, nt_path: &[u16], request: &OpenRequest) -> NtResult<Opened> {
        let request = OpenRequest { access: FILE_MAPPING.map(request.access), ..*request };
        check(&request)?;
        match self.drives.target(nt_path)? {
            Target::File(location) => self.open_file(&location, &request),
            Target::Device(device) => open_device(device, &request, &self.console),
            Target::Volume(letter) => {
                let root = self.drives.root(letter).ok_or(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)?;
                let fd = open(&*root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(errno::status)?;
                let file = File::new(fd, Medium::Volume, request.access, request.options, &root, None);
                Ok(Opened { file, access: request.access, action: Action::Opened })
            }
            Target::Pipe(_) => Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
        }
    }

    fn open_file(&self, location: &Location, request: &OpenRequest) -> NtResult<Opened> {
        if location.names_directory && request.options.contains(CreateOptions::NON_DIRECTORY_FILE) {
            return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
        }
        let host = self.open_host(location, request)?;
        let result = self.admit(&host, request);
        if result.is_err() && host.created {
            // Nothing is left of a file that could not be opened after all.
            let _ = std::fs::remove_file(&host.path);
        }
        let (medium, registration, action) = result?;
        let access = request.access;
        let file = File::new(host.fd, medium, access, request.options, &host.path, registration);
        Ok(Opened { file, access, action })
    }

    /// Opens or creates on the host, without emptying.
    fn open_host(&self, location: &Location, request: &OpenRequest) -> NtResult<HostFile> {
        let flags = host_flags(request);
        if request.disposition != Disposition::Create {
            let mut path = std::path::PathBuf::new();
            let opened = self.lookup.with_existing(location, |at| {
                let fd = open_existing(at, flags, request)?;
                path = at.to_owned();
                Ok(fd)
            });
            match opened {
                Ok(fd) => return host_file(fd, path, false),
                Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) if request.disposition.creates() => {}
                Err(status) => return Err(status),
            }
        }
        let place = self.lookup.for_creation(location)?;
        if place.exists {
            if request.disposition == Disposition::Create {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
            }
            let fd = open_existing(&place.path, flags, request).map_err(errno::status)?;
            return host_file(fd, place.path, false);
        }
        let before = self.lookup.before_creation(&place.path);
        let directory = request.options.contains(CreateOptions::DIRECTORY_FILE);
        let made = if directory {
            rustix::fs::mkdir(&place.path, NEW_DIRECTORY)
                .and_then(|()| open(&place.path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()))
        } else {
            // Without O_PATH: it would not create.
            let flags = flags.difference(OFlags::PATH) | OFlags::CREATE | OFlags::EXCL;
            open(&place.path, flags, NEW_FILE)
        };
        match made {
            Ok(fd) => {
                self.lookup.created(&place.path, before);
                host_file(fd, place.path, true)
            }
            // Somebody was quicker, or it is a dangling link.
            Err(Errno::EXIST) if request.disposition != Disposition::Create => {
                let fd = open(&place.path, flags.difference(OFlags::PATH) | OFlags::CREATE, NEW_FILE);
                host_file(fd.map_err(errno::status)?, place.path, false)
            }
            // Where even the directory is missing now, the path is.
            Err(Errno::NOENT) => Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            Err(error) => Err(errno::status(error)),
        }
    }

    /// Decides whether what was opened may be, registers it, and empties it if that was asked for.
    fn admit(&self, host: &HostFile, request: &OpenRequest) -> NtResult<(Medium, Option<super::Registration>, Action)> {
        let kind = FileType::from_raw_mode(host.stat.st_mode);
        let options = request.options;
        match kind {
            FileType::Directory if options.contains(CreateOptions::NON_DIRECTORY_FILE) => {
                return Err(NTSTATUS::STATUS_FILE_IS_A_DIRECTORY);
            }
            FileType::Directory if !host.created && request.disposition.empties() => {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
            }
            FileType::Directory => {}
            _ if options.contains(CreateOptions::DIRECTORY_FILE) => {
                return Err(NTSTATUS::STATUS_NOT_A_DIRECTORY);
            }
            _ => {}
        }
        let medium = match kind {
            FileType::RegularFile | FileType::BlockDevice | FileType::Symlink | FileType::Unknown => Medium::Disk,
            FileType::Directory => Medium::Directory,
            FileType::Fifo | FileType::Socket => Medium::Pipe,
            FileType::CharacterDevice if rustix::termios::isatty(&host.fd) => self.terminal(request.access),
            FileType::CharacterDevice => Medium::Character,
        };
        if !matches!(medium, Medium::Disk | Medium::Directory) {
            return Ok((medium, None, Action::Opened));
        }
        let writes = request.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0 || request.disposition.empties();
        let disk_file = matches!(medium, Medium::Disk);
        if disk_file && !host.created && (writes || options.contains(CreateOptions::DELETE_ON_CLOSE)) {
            self.check_writable(host, request)?;
        }
        let key = (host.stat.st_dev, host.stat.st_ino);
        let registration = self.open_files.register(key, request.access, request.share)?;
        if disk_file
            && (host.created || request.disposition.empties())
            && let Err(status) = empty(host, request)
        {
            registration.close();
            return Err(status);
        }
        let action = match request.disposition {
            _ if host.created => Action::Created,
            Disposition::Supersede => Action::Superseded,
            Disposition::Overwrite | Disposition::OverwriteIf => Action::Overwritten,
            _ => Action::Opened,
        };
        Ok((medium, Some(registration), action))
    }

    /// # Errors
    /// `STATUS_ACCESS_DENIED` for a read-only file, and for emptying a hidden or system file without saying so
    /// (documented for `CreateFile` with `CREATE_ALWAYS`); `STATUS_CANNOT_DELETE`.
    fn check_writable(&self, host: &HostFile, request: &OpenRequest) -> NtResult<()> {
        let information = info::of_fd(&host.fd).map_err(errno::status)?;
        let special = FILE_ATTRIBUTE::FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE::FILE_ATTRIBUTE_SYSTEM;
        let unsaid = information.attributes & special & !request.attributes;
        if request.disposition.empties() && !unsaid.is_empty() {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        if !information.is_read_only() {
            return Ok(());
        }
        let writes = request.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0 || request.disposition.empties();
        Err(if writes { NTSTATUS::STATUS_ACCESS_DENIED } else { NTSTATUS::STATUS_CANNOT_DELETE })
    }
}

fn check(request: &OpenRequest) -> NtResult<()> {
    let options = request.options;
    let both = CreateOptions::DIRECTORY_FILE | CreateOptions::NON_DIRECTORY_FILE;
    let synchronous = CreateOptions::SYNCHRONOUS_IO_ALERT | CreateOptions::SYNCHRONOUS_IO_NONALERT;
    let directory = options.contains(CreateOptions::DIRECTORY_FILE);
    if options.contains(both)
        || options.contains(synchronous)
        || (directory && !matches!(request.disposition, Disposition::Create | Disposition::Open | Disposition::OpenIf))
        || (options.contains(CreateOptions::DELETE_ON_CLOSE) && request.access & DELETE == 0)
    {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    Ok(())
}

fn host_flags(request: &OpenRequest) -> OFlags {
    let access = request.access;
    let reads = access & (FILE_READ_DATA | FILE_EXECUTE) != 0;
    let writes = access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0;
    let mut flags = OFlags::CLOEXEC | OFlags::NOCTTY;
    flags |= match (reads, writes) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        (true, false) => OFlags::RDONLY,
        // Nothing of the contents: needs no permission, and does not wait for the other end of a pipe.
        (false, false) => OFlags::PATH,
    };
    if access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == FILE_APPEND_DATA {
        flags |= OFlags::APPEND;
    }
    if request.options.contains(CreateOptions::WRITE_THROUGH) && writes {
        flags |= OFlags::DSYNC;
    }
    if request.options.contains(CreateOptions::OPEN_REPARSE_POINT) && !reads && !writes {
        flags |= OFlags::NOFOLLOW;
    }
    flags
}

fn open_existing(path: &Path, flags: OFlags, request: &OpenRequest) -> rustix::io::Result<OwnedFd> {
    match open(path, flags, Mode::empty()) {
        // A folder opened for writing: what is written are its attributes and entries.
        Err(Errno::ISDIR) => open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()),
        Err(Errno::ACCESS) if request.access & (FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA) == 0 => {
            open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
        }
        result => result,
    }
}

fn host_file(fd: OwnedFd, path: std::path::PathBuf, created: bool) -> NtResult<HostFile> {
    let stat = fstat(&fd).map_err(errno::status)?;
    Ok(HostFile { fd, stat, path, created })
}

/// Empties the file, if it is not new, and gives it the attributes asked for.
fn empty(host: &HostFile, request: &OpenRequest) -> NtResult<()> {
    let by_fd = attributes::proc_path(&host.fd);
    if !host.created {
        let writes = request.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0;
        if writes {
            rustix::fs::ftruncate(&host.fd, 0).map_err(errno::status)?;
        } else {
            std::fs::OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(&by_fd)
                .map_err(|error| errno::io_status(&error))?;
        }
    }
    // A new or emptied file is marked for archiving, whatever is asked for (documented for CreateFile).
    let wanted = request.attributes | FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE;
    let plain = FILE_ATTRIBUTE::FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE::FILE_ATTRIBUTE_NORMAL;
    if plain.contains(wanted) && host.created {
        return Ok(());
    }
    attributes::set_attributes(&by_fd, wanted).map_err(errno::status)
}

fn open_device(device: Device, request: &OpenRequest, console: &Arc<Console>) -> NtResult<Opened> {
    let reads = request.access & FILE_READ_DATA != 0;
    let writes = request.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0;
    let (path, medium) = match device {
        Device::Null => ("/dev/null", Medium::Character),
        // Documented: CON is either end, by the access, and cannot be opened for both.
        Device::Console if reads && writes => return Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
        Device::ConsoleInput => ("/dev/tty", Medium::Console(Arc::clone(console), End::Input)),
        Device::ConsoleOutput => ("/dev/tty", Medium::Console(Arc::clone(console), End::Output)),
        Device::Console => {
            ("/dev/tty", Medium::Console(Arc::clone(console), if reads { End::Input } else { End::Output }))
        }
    };
    let fd =
        open(path, OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty()).map_err(|error| match error {
            // No terminal, no console.
            Errno::NXIO => NTSTATUS::STATUS_INVALID_HANDLE,
            error => errno::status(error),
        })?;
    let file = File::new(fd, medium, request.access, request.options, Path::new(""), None);
    Ok(Opened { file, access: request.access, action: Action::Opened })
}
