//! The memory that processes share: a file of records, one for each named object.
//!
//! A process may die between any two of its instructions. So a record's state is one atomic word, and a record is written in full before
//! the word that makes it valid.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Records there are.
pub(super) const RECORDS: u32 = 1 << 16;

/// One object. All zero: never used.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Record {
    /// Hash of its name.
    pub(super) name: [AtomicU64; 2],
    /// Its type, [`Record::FREE`] for none, or 0 for never used. Written last.
    pub(super) kind: AtomicU32,
    /// Grows with each change that may let somebody pass; who waits sleeps on it.
    pub(crate) changes: AtomicU32,
    /// The signal state.
    pub(crate) state: AtomicU64,
    /// What the type keeps of it: the kind of event, a semaphore's limit.
    pub(crate) detail: AtomicU64,
    /// How often a mutant's owner passed beyond the first time: only the owner looks at it.
    pub(crate) recursion: AtomicU32,
}

impl Record {
    /// The kind of a record whose object is gone.
    pub(super) const FREE: u32 = u32::MAX;
}

/// What stands in front of the records.
#[repr(C, align(64))]
#[derive(Debug)]
pub(super) struct Header {
    /// The next process's number, and that of the next file of a section.
    pub(super) next: AtomicU64,
}

const SIZE: usize = size_of::<Header>() + RECORDS as usize * size_of::<Record>();

/// The mapped file.
#[derive(Debug)]
pub(super) struct Segment {
    base: NonNull<Header>,
}

// SAFETY: it is shared memory of atomic words.
unsafe impl Send for Segment {}
// SAFETY: as above.
unsafe impl Sync for Segment {}

impl Segment {
    /// Makes a file an empty segment.
    ///
    /// # Errors
    /// The host's.
    pub(super) fn clear(file: &File) -> io::Result<()> {
        file.set_len(0)?;
        file.set_len(SIZE as u64)
    }

    /// Maps a file.
    ///
    /// # Errors
    /// The host's, and `InvalidData` for a file of another size.
    pub(super) fn map(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() != SIZE as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a fresh mapping that replaces nothing.
        let base = unsafe { libc::mmap(ptr::null_mut(), SIZE, access, flags, file.as_raw_fd(), 0) };
        match NonNull::new(base) {
            Some(mapped) if base != libc::MAP_FAILED => Ok(Self { base: mapped.cast() }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub(super) fn header(&self) -> &Header {
        // SAFETY: the mapping begins with it, lives as long as `self`, and has atomic words only.
        unsafe { self.base.as_ref() }
    }

    /// The record with this index below [`RECORDS`].
    pub(super) fn record(&self, index: u32) -> &Record {
        let index = (index % RECORDS) as usize;
        // SAFETY: as `header`; the records follow it, aligned as it is.
        unsafe { self.base.add(1).cast::<Record>().add(index).as_ref() }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into the mapping any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), SIZE) };
    }
}
