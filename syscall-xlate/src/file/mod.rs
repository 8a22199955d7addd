//! Files: opening, reading, writing, naming, listing.
//!
//! [`FileSystem`] is the process's view of the host's files: its drives, and which files are open how. [`File`] is what a handle
//! to a file, folder, pipe, device or console stands for.

mod attributes;
mod completion;
mod control;
mod copy;
mod enumerate;
pub mod errno;
mod info;
mod io;
mod node;
mod open;
mod pattern;
mod pipe;
mod rename;
mod system;
#[cfg(test)]
mod tests;
mod volume;

pub use attributes::Times;
pub use completion::NotificationModes;
pub use control::{LinkTarget, Range};
pub use copy::{copy, move_across};
pub use enumerate::{DirectoryEntry, Search, SearchHandle};
pub use info::{FILE_ATTRIBUTE, Information};
pub use io::{At, SeekFrom};
pub use node::Lock;
pub use open::{Action, CreateOptions, Disposition, OpenRequest, Opened, Share};
pub use pattern::{from_win32, matches};
pub use pipe::{PipeState, anonymous_pipe};
pub use system::{Deletion, FileSystem};
pub use volume::{DriveType, Space, VolumeInformation};

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, OnceLock};

use crate::console::{Console, End};
use crate::object::access::{Access, GenericMapping};
use crate::object::{Kind, Object};
use completion::Association;
use node::Registration;

/// `FILE_READ_DATA`, for a folder `FILE_LIST_DIRECTORY`.
pub const FILE_READ_DATA: Access = 0x1;
/// `FILE_WRITE_DATA`, for a folder `FILE_ADD_FILE`.
pub const FILE_WRITE_DATA: Access = 0x2;
/// `FILE_APPEND_DATA`
pub const FILE_APPEND_DATA: Access = 0x4;
/// `FILE_EXECUTE`, for a folder `FILE_TRAVERSE`.
pub const FILE_EXECUTE: Access = 0x20;
/// `FILE_READ_ATTRIBUTES`
pub const FILE_READ_ATTRIBUTES: Access = 0x80;
/// `FILE_WRITE_ATTRIBUTES`
pub const FILE_WRITE_ATTRIBUTES: Access = 0x100;
/// `FILE_GENERIC_READ`
pub const FILE_GENERIC_READ: Access = 0x0012_0089;
/// `FILE_GENERIC_WRITE`
pub const FILE_GENERIC_WRITE: Access = 0x0012_0116;
/// `FILE_ALL_ACCESS`
pub const FILE_ALL_ACCESS: Access = 0x001f_01ff;

/// What generic rights mean for files.
pub const FILE_MAPPING: GenericMapping =
    GenericMapping { read: FILE_GENERIC_READ, write: FILE_GENERIC_WRITE, execute: 0x0012_00a0, all: FILE_ALL_ACCESS };

/// What is behind a [`File`].
#[derive(Clone)]
pub enum Medium {
    /// A regular file or block device.
    Disk,
    /// A folder.
    Directory,
    /// A pipe or socket.
    Pipe,
    /// A character device.
    Character,
    /// A terminal, and which end of it.
    Console(Arc<Console>, End),
    /// A drive (`\\.\C:`).
    Volume,
}

/// An open file, folder, pipe, device or console.
///
/// The current position is the host's, so that it is shared with children that inherit the descriptor.
pub struct File {
    fd: OwnedFd,
    medium: Medium,
    access: Access,
    options: CreateOptions,
    /// The host path it was opened by; empty for what has none. Taken alone.
    path: Mutex<PathBuf>,
    /// Its place in the table of open files; only files and folders have one.
    registration: Option<Registration>,
    /// The listing that `NtQueryDirectoryFile` goes through. Taken alone.
    search: Mutex<Option<Search>>,
    /// The completion port it is associated with.
    completion: OnceLock<Association>,
    /// Bits of [`NotificationModes`].
    notification_modes: AtomicU8,
}

impl Object for File {
    extern "win64" fn kind(&self) -> Kind {
        Kind::File
    }
}

impl AsFd for File {
    /// The host's descriptor, for mapping and for children.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("fd", &self.fd).finish_non_exhaustive()
    }
}
