//! The memory that processes share: a file of records, one for each named object.
//!
//! A process may die between any two of its instructions. So a record's state is one atomic word, and a record is written in full before
//! the word that makes it valid.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering};

/// Records there are.
pub(super) const RECORDS: u32 = 1 << 16;

/// One object. All zero: never used.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Record {
    /// Hashes of its name: whatever its case, and as it is.
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
    /// A timer's periods in milliseconds: of every other setting.
    pub(crate) periods: [AtomicU32; 2],
    /// The directory that its name is in.
    pub(super) directory: AtomicU64,
}

impl Record {
    /// The kind of a record whose object is gone.
    pub(super) const FREE: u32 = u32::MAX;
}

/// UTF-16 units that there are for a record's texts.
const TEXT: usize = 382;

/// An object's name in its directory, for those who list that, and where a symbolic link leads. Written before the record is valid.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Text {
    /// Units of the name; 0 where it is too long.
    name: AtomicU16,
    target: AtomicU16,
    units: [AtomicU16; TEXT],
}

impl Text {
    /// Keeps a name if there is room for it, and no target.
    pub(super) fn set_name(&self, name: &[u16]) {
        self.target.store(0, Ordering::Relaxed);
        let fits = self.put(0, name);
        self.name.store(if fits { name.len() as u16 } else { 0 }, Ordering::Relaxed);
    }

    pub(crate) fn name(&self) -> Vec<u16> {
        self.get(0, self.name.load(Ordering::Relaxed))
    }

    /// Keeps a target behind the name; false where there is no room for it.
    pub(crate) fn set_target(&self, target: &[u16]) -> bool {
        let start = self.name.load(Ordering::Relaxed);
        let fits = start != 0 && self.put(usize::from(start), target);
        self.target.store(if fits { target.len() as u16 } else { 0 }, Ordering::Relaxed);
        fits
    }

    pub(crate) fn target(&self) -> Vec<u16> {
        self.get(usize::from(self.name.load(Ordering::Relaxed)), self.target.load(Ordering::Relaxed))
    }

    fn put(&self, start: usize, text: &[u16]) -> bool {
        let Some(units) = self.units.get(start..).filter(|units| units.len() >= text.len()) else { return false };
        units.iter().zip(text).for_each(|(to, &from)| to.store(from, Ordering::Relaxed));
        true
    }

    fn get(&self, start: usize, len: u16) -> Vec<u16> {
        let units = self.units.get(start..).unwrap_or_default().iter();
        units.take(len.into()).map(|unit| unit.load(Ordering::Relaxed)).collect()
    }
}

/// Records in a block, of which a segment knows whether one was ever used.
pub(super) const BLOCK: u32 = RECORDS / 1024;

/// What stands in front of the records.
#[repr(C, align(64))]
#[derive(Debug)]
pub(super) struct Header {
    /// The next process's number, and that of the next file of a section.
    pub(super) next: AtomicU64,
    /// The next directory's identifier.
    pub(super) directories: AtomicU64,
    /// Which [`BLOCK`]s have been used, a bit for each: looking at the others would make them take memory.
    used: [AtomicU64; 16],
}

const SIZE: usize = size_of::<Header>() + RECORDS as usize * (size_of::<Record>() + size_of::<Text>());

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

    /// The texts of the record with this index.
    pub(super) fn text(&self, index: u32) -> &Text {
        let index = (index % RECORDS) as usize;
        // SAFETY: as `record`; the texts follow the records, aligned as they are.
        unsafe { self.base.add(1).cast::<Record>().add(RECORDS as usize).cast::<Text>().add(index).as_ref() }
    }

    /// Says that the record with this index is used.
    pub(super) fn note_use(&self, index: u32) {
        let block = (index % RECORDS / BLOCK) as usize;
        self.header().used[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
    }

    /// The indices of records that may have been used.
    pub(super) fn used(&self) -> impl Iterator<Item = u32> {
        let block_used = |block: u32| {
            let word = self.header().used[block as usize / 64].load(Ordering::Relaxed);
            word >> (block % 64) & 1 != 0
        };
        (0..RECORDS / BLOCK)
            .filter(move |&block| block_used(block))
            .flat_map(|block| block * BLOCK..(block + 1) * BLOCK)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into the mapping any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), SIZE) };
    }
}
