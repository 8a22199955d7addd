//! The bytes of an image: a read-only private mapping of a file, or memory.
//!
//! A file that another process truncates while it is mapped raises SIGBUS here as it does for native programs.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags};

use super::{ImageError, ImageErrorKind};

/// Where an image's bytes are.
pub(crate) enum Source {
    Memory(Vec<u8>),
    File(MappedFile),
}

impl Source {
    /// Opens a regular, non-empty file without ever waiting for a pipe's other end.
    pub(super) fn open(path: &Path) -> Result<Self, ImageError> {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(path)
            .map_err(|error| host_error(&error))?;
        let metadata = file.metadata().map_err(|error| host_error(&error))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Err(ImageErrorKind::IsDirectory.into());
        }
        if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
            return Err(ImageErrorKind::NotRegular.into());
        }
        if metadata.size() == 0 {
            return Err(ImageErrorKind::Empty.into());
        }
        MappedFile::new(file, metadata.size()).map(Self::File).map_err(|error| host_error(&error))
    }

    /// The open file behind the bytes, whose offsets equal those of the bytes.
    pub(crate) fn file(&self) -> Option<&File> {
        match self {
            Self::Memory(_) => None,
            Self::File(mapped) => Some(&mapped.file),
        }
    }
}

impl Deref for Source {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Memory(bytes) => bytes,
            Self::File(mapped) => mapped.bytes(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

fn host_error(error: &io::Error) -> ImageError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ImageErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ImageErrorKind::PermissionDenied,
        io::ErrorKind::IsADirectory => ImageErrorKind::IsDirectory,
        // A socket in the file system: open(2) says ENXIO.
        _ if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => ImageErrorKind::NotRegular,
        kind => ImageErrorKind::Host(kind, error.to_string()),
    }
    .into()
}

/// A whole file, mapped privately and read-only.
#[derive(Debug)]
pub(crate) struct MappedFile {
    file: File,
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping is read-only and owned by this value; nothing in it is tied to a thread.
unsafe impl Send for MappedFile {}
// SAFETY: shared access only reads.
unsafe impl Sync for MappedFile {}

impl MappedFile {
    fn new(file: File, length: u64) -> io::Result<Self> {
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        // SAFETY: a new mapping at an address the kernel chooses touches no existing memory.
        let start =
            unsafe { rustix::mm::mmap(std::ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, &file, 0)? };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::Other)?;
        Ok(Self { file, start, length })
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `start` is a live read-only mapping of `length` bytes until drop.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the range is this value's own mapping, and no borrow of it outlives the value.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
