//! Sections, which Win32 calls file mappings: memory of a file, or of no file, that views show.

mod shared;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::{NTSTATUS, NtResult, bitflags};
use rustix::fs::{MemfdFlags, fstat, ftruncate, memfd_create};

use crate::memory::{
    self, AddressSpace, Commits, GRANULE, PAGE, PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
    PAGE_EXECUTE_WRITECOPY, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, Protection, ViewRequest,
};
use crate::object::access::STANDARD_RIGHTS_REQUIRED;
use crate::object::{Access, GenericMapping, Kind, Object, Place, Sharing};

/// `SECTION_QUERY`
pub const QUERY: Access = 0x01;
/// `SECTION_MAP_WRITE`
pub const MAP_WRITE: Access = 0x02;
/// `SECTION_MAP_READ`
pub const MAP_READ: Access = 0x04;
/// `SECTION_MAP_EXECUTE`
pub const MAP_EXECUTE: Access = 0x08;
/// `SECTION_EXTEND_SIZE`
pub const EXTEND_SIZE: Access = 0x10;
/// `SECTION_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | 0x1f;
/// What generic rights mean for a section.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0005, write: 0x0002_0002, execute: 0x0002_0008, all: ALL_ACCESS };

/// The largest section: more than any address space shows.
const LARGEST: u64 = 1 << 46;

bitflags::bitflags! {
    /// How a section is made (`SEC_*`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SectionFlags: u32 {
        /// `SEC_FILE`
        const FILE = 0x80_0000;
        /// `SEC_IMAGE`
        const IMAGE = 0x100_0000;
        /// `SEC_RESERVE`: pages of views are reserved only, until they are committed for all views.
        const RESERVE = 0x400_0000;
        /// `SEC_COMMIT`
        const COMMIT = 0x800_0000;
        /// `SEC_NOCACHE`
        const NOCACHE = 0x1000_0000;
        /// `SEC_WRITECOMBINE`
        const WRITECOMBINE = 0x4000_0000;
        /// `SEC_LARGE_PAGES`
        const LARGE_PAGES = 0x8000_0000;
    }
}

/// A section.
#[derive(Debug)]
pub struct Section {
    memory: OwnedFd,
    /// Its size; of one that processes share, that is in its place.
    size: AtomicU64,
    protection: Protection,
    of_file: bool,
    /// Where other processes find it.
    place: Option<Place>,
    /// For `SEC_RESERVE`: which pages are committed.
    commits: Option<Arc<Commits>>,
}

/// A part of a section to be shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// From here on, in bytes.
    pub offset: u64,
    /// So many bytes; 0: up to the end.
    pub size: u64,
    /// Where.
    pub place: memory::Place,
    /// `PAGE_*`
    pub protection: u32,
}

impl Object for Section {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Section
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::Section, open: shared::open })
    }
}

impl Section {
    /// A section of a file, or of zeroed memory for `None`. A size of 0 is the file's; a larger one makes the file grow. That the file is
    /// open for what `protection` needs is the caller's to check.
    ///
    /// # Errors
    /// `STATUS_INVALID_PAGE_PROTECTION`, `STATUS_INVALID_PARAMETER` for flags that do not go together or memory of size 0,
    /// `STATUS_MAPPED_FILE_SIZE_ZERO`, `STATUS_SECTION_TOO_BIG` where a file that is not written would have to grow,
    /// `STATUS_NOT_SUPPORTED` for images, `STATUS_PRIVILEGE_NOT_HELD` for large pages.
    pub fn new(file: Option<BorrowedFd<'_>>, size: u64, protection: u32, flags: u32) -> NtResult<Self> {
        Self::new_in(None, file, size, protection, flags)
    }

    /// As [`Self::new`], in a place that processes share if there is one.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn new_in(
        place: Option<Place>,
        file: Option<BorrowedFd<'_>>,
        size: u64,
        protection: u32,
        flags: u32,
    ) -> NtResult<Self> {
        let protection = Protection::new(protection)?;
        let flags = SectionFlags::from_bits(flags).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        if !matches!(
            protection.bits(),
            PAGE_READONLY
                | PAGE_READWRITE
                | PAGE_WRITECOPY
                | PAGE_EXECUTE
                | PAGE_EXECUTE_READ
                | PAGE_EXECUTE_READWRITE
                | PAGE_EXECUTE_WRITECOPY
        ) {
            return Err(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION);
        }
        if flags.contains(SectionFlags::LARGE_PAGES) {
            return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
        }
        if flags.contains(SectionFlags::IMAGE) {
            return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
        }
        if flags.contains(SectionFlags::COMMIT | SectionFlags::RESERVE) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        if size > LARGEST {
            return Err(NTSTATUS::STATUS_SECTION_TOO_BIG);
        }
        match file {
            None => Self::of_memory(place, size, protection, flags.contains(SectionFlags::RESERVE)),
            Some(file) => Self::of_file(place, file, size, protection),
        }
    }

    fn of_memory(place: Option<Place>, size: u64, protection: Protection, reserves: bool) -> NtResult<Self> {
        if size == 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let size = size.next_multiple_of(PAGE);
        let memory = match &place {
            None => {
                memfd_create("section", MemfdFlags::CLOEXEC).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?
            }
            Some(place) => shared::make_memory(place)?,
        };
        ftruncate(&memory, size).map_err(|_| NTSTATUS::STATUS_NO_MEMORY)?;
        // Of one that other processes find, all is committed at once: what they commit, we would not know.
        let commits = (reserves && place.is_none()).then(|| Commits::new(size));
        let section = Self { memory, size: size.into(), protection, of_file: false, place: None, commits };
        Ok(section.put_into(place))
    }

    fn of_file(place: Option<Place>, file: BorrowedFd<'_>, size: u64, protection: Protection) -> NtResult<Self> {
        let length = fstat(file).map_err(|_| NTSTATUS::STATUS_INVALID_FILE_FOR_SECTION)?.st_size.max(0) as u64;
        let size = match (size, length) {
            (0, 0) => return Err(NTSTATUS::STATUS_MAPPED_FILE_SIZE_ZERO),
            (0, length) => length,
            (size, length) if size > length && !protection.writes() => {
                return Err(NTSTATUS::STATUS_SECTION_TOO_BIG);
            }
            (size, length) => {
                if size > length {
                    ftruncate(file, size).map_err(|_| NTSTATUS::STATUS_DISK_FULL)?;
                }
                size
            }
        };
        let memory = file.try_clone_to_owned().map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?;
        if let Some(place) = &place {
            shared::link_file(place, &memory)?;
        }
        let section = Self { memory, size: size.into(), protection, of_file: true, place: None, commits: None };
        Ok(section.put_into(place))
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size_word().load(Ordering::Acquire)
    }

    fn size_word(&self) -> &AtomicU64 {
        self.place.as_ref().map_or(&self.size, |place| &place.record().state)
    }

    /// How it was made, as `NtQuerySection` tells it.
    pub const fn flags(&self) -> SectionFlags {
        match (self.of_file, &self.commits) {
            (true, _) => SectionFlags::FILE,
            (false, Some(_)) => SectionFlags::RESERVE,
            (false, None) => SectionFlags::COMMIT,
        }
    }

    /// Makes it so large, and its file with it, unless it is larger; gives back its size.
    ///
    /// # Errors
    /// `STATUS_SECTION_NOT_EXTENDED` for one that no file is behind, or a file that is not written, `STATUS_SECTION_TOO_BIG`,
    /// `STATUS_DISK_FULL`.
    pub fn extend(&self, size: u64) -> NtResult<u64> {
        if !self.of_file {
            return Err(NTSTATUS::STATUS_SECTION_NOT_EXTENDED);
        }
        if size > LARGEST {
            return Err(NTSTATUS::STATUS_SECTION_TOO_BIG);
        }
        let before = self.size();
        if size <= before {
            return Ok(before);
        }
        let length = fstat(&self.memory).map_err(|_| NTSTATUS::STATUS_SECTION_NOT_EXTENDED)?.st_size.max(0) as u64;
        if size > length {
            if !self.protection.writes() {
                return Err(NTSTATUS::STATUS_SECTION_NOT_EXTENDED);
            }
            ftruncate(&self.memory, size).map_err(|_| NTSTATUS::STATUS_DISK_FULL)?;
        }
        Ok(self.size_word().fetch_max(size, Ordering::AcqRel).max(size))
    }

    /// The protection it was made with.
    pub const fn protection(&self) -> Protection {
        self.protection
    }

    /// True when a file is behind it.
    pub const fn is_of_file(&self) -> bool {
        self.of_file
    }

    /// Shows a part of it; gives back where and how many bytes.
    ///
    /// # Errors
    /// `STATUS_MAPPED_ALIGNMENT` for an offset or address that is not a multiple of 64 KiB (of a page in place of a placeholder),
    /// `STATUS_INVALID_VIEW_SIZE` past the end, `STATUS_SECTION_PROTECTION` for more than the section allows, and those of
    /// [`AddressSpace::map_view`].
    pub fn map(&self, memory: &AddressSpace, view: View) -> NtResult<(u64, u64)> {
        let View { offset, size, place, protection } = view;
        let protection = Protection::new(protection)?;
        let aligned = match place {
            memory::Place::Anywhere { .. } => offset.is_multiple_of(GRANULE),
            memory::Place::At(at) => offset.is_multiple_of(GRANULE) && at.is_multiple_of(GRANULE),
            memory::Place::Placeholder(at) => offset.is_multiple_of(PAGE) && at.is_multiple_of(PAGE),
        };
        if !aligned {
            return Err(NTSTATUS::STATUS_MAPPED_ALIGNMENT);
        }
        if !self.allows(protection) {
            return Err(NTSTATUS::STATUS_SECTION_PROTECTION);
        }
        let left =
            self.size().checked_sub(offset).filter(|&left| left != 0).ok_or(NTSTATUS::STATUS_INVALID_VIEW_SIZE)?;
        let size = if size == 0 { left } else { size };
        if size > left.next_multiple_of(PAGE) {
            return Err(NTSTATUS::STATUS_INVALID_VIEW_SIZE);
        }
        let base = memory.map_view(ViewRequest {
            file: self.memory.as_fd(),
            offset,
            size,
            place,
            protection,
            commits: self.commits.as_ref(),
        })?;
        Ok((base, size.next_multiple_of(PAGE)))
    }

    /// A view may do what the section may; copying on write needs no right to write, but what the section does not execute no view does.
    const fn allows(&self, view: Protection) -> bool {
        let writes = !view.writes() || self.protection.writes();
        let executes = !view.executes() || self.protection.executes();
        writes && executes && !view.is_guard()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use abi::fault;

    use super::*;
    use crate::memory::{MemoryType, RegionState};

    const COMMIT: u32 = 0x800_0000;

    fn part(offset: u64, size: u64, protection: u32) -> View {
        View { offset, size, place: memory::Place::ANYWHERE, protection }
    }

    fn file(bytes: &[u8]) -> std::fs::File {
        let fd = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
        let mut file = std::fs::File::from(fd);
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn views_of_one_section_show_the_same_memory() {
        let memory = AddressSpace::default();
        let section = Section::new(None, 3 * GRANULE, PAGE_READWRITE, COMMIT).unwrap();
        let (first, size) = section.map(&memory, part(0, 0, PAGE_READWRITE)).unwrap();
        let (second, _) = section.map(&memory, part(GRANULE, PAGE, PAGE_READONLY)).unwrap();
        assert_eq!((size, section.size()), (3 * GRANULE, 3 * GRANULE));
        fault::store_u32(first + GRANULE, 7).unwrap();
        assert_eq!(fault::load_u32(second), Ok(7));
        let region = memory.query(second).unwrap();
        assert_eq!(
            (region.kind, region.state, region.protect),
            (Some(MemoryType::Mapped), RegionState::Committed, PAGE_READONLY)
        );
        drop(section);
        assert_eq!(fault::load_u32(first + GRANULE), Ok(7));
        assert_eq!(memory.unmap_view(first + PAGE), Ok(first));
        assert_eq!(memory.unmap_view(first), Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW));
        assert_eq!(memory.release(second, 0), Err(NTSTATUS::STATUS_UNABLE_TO_DELETE_SECTION));
        memory.unmap_view(second).unwrap();
    }

    #[test]
    fn pages_of_a_reserved_section_are_committed_for_all_views() {
        let memory = AddressSpace::default();
        let section = Section::new(None, 4 * GRANULE, PAGE_READWRITE, 0x400_0000).unwrap();
        let (first, _) = section.map(&memory, part(0, 0, PAGE_READWRITE)).unwrap();
        let (second, _) = section.map(&memory, part(GRANULE, 0, PAGE_READONLY)).unwrap();
        assert_eq!(memory.query(first).unwrap().state, RegionState::Reserved);
        assert_eq!(memory.query(first).unwrap().size, 4 * GRANULE);
        memory.allocate(first + GRANULE, 2 * PAGE, 0x1000, PAGE_READWRITE).unwrap();
        fault::store_u32(first + GRANULE, 7).unwrap();
        assert_eq!(fault::load_u32(second), Ok(7));
        let region = memory.query(second).unwrap();
        assert_eq!((region.state, region.protect, region.size), (RegionState::Committed, PAGE_READONLY, 2 * PAGE));
        let (third, _) = section.map(&memory, part(GRANULE, PAGE, PAGE_READWRITE)).unwrap();
        assert_eq!(fault::load_u32(third), Ok(7));
        let refused = Err(NTSTATUS::STATUS_SECTION_PROTECTION);
        assert_eq!(memory.allocate(second + 4 * PAGE, PAGE, 0x1000, PAGE_READWRITE), refused);
        assert_eq!(memory.decommit(first + GRANULE, PAGE), Err(NTSTATUS::STATUS_UNABLE_TO_DELETE_SECTION));
    }

    #[test]
    fn a_file_grows_to_the_size_and_a_copy_stays_private() {
        let memory = AddressSpace::default();
        let host = file(b"0123456789");
        let section = Section::new(Some(host.as_fd()), 5000, PAGE_READWRITE, COMMIT).unwrap();
        assert_eq!(host.metadata().unwrap().len(), 5000);
        let (shared, _) = section.map(&memory, part(0, 0, PAGE_READWRITE)).unwrap();
        let (copy, _) = section.map(&memory, part(0, 10, PAGE_WRITECOPY)).unwrap();
        fault::store_u8(copy, b'x').unwrap();
        assert_eq!(fault::load_u8(shared), Ok(b'0'));
        fault::store_u8(shared + 1, b'y').unwrap();
        memory.flush_view(shared, 0).unwrap();
        let mut byte = [0];
        std::os::unix::fs::FileExt::read_at(&host, &mut byte, 1).unwrap();
        assert_eq!(byte, *b"y");
    }

    #[test]
    fn a_section_of_a_file_grows_and_one_of_memory_does_not() {
        let memory = AddressSpace::default();
        let host = file(b"0123456789");
        let section = Section::new(Some(host.as_fd()), 0, PAGE_READWRITE, COMMIT).unwrap();
        assert_eq!((section.flags(), section.size()), (SectionFlags::FILE, 10));
        assert_eq!((section.extend(5), section.extend(2 * GRANULE)), (Ok(10), Ok(2 * GRANULE)));
        assert_eq!(host.metadata().unwrap().len(), 2 * GRANULE);
        assert!(section.map(&memory, part(GRANULE, PAGE, PAGE_READWRITE)).is_ok());
        assert_eq!(section.extend(u64::MAX), Err(NTSTATUS::STATUS_SECTION_TOO_BIG));
        let fixed = Section::new(None, 1, PAGE_READWRITE, COMMIT).unwrap();
        assert_eq!(
            (fixed.flags(), fixed.extend(PAGE + 1)),
            (SectionFlags::COMMIT, Err(NTSTATUS::STATUS_SECTION_NOT_EXTENDED))
        );
        let read = Section::new(Some(host.as_fd()), 0, PAGE_READONLY, COMMIT).unwrap();
        assert_eq!(read.extend(3 * GRANULE), Err(NTSTATUS::STATUS_SECTION_NOT_EXTENDED));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let memory = AddressSpace::default();
        let new = |size, protection, flags| Section::new(None, size, protection, flags).err();
        assert_eq!(new(0, PAGE_READWRITE, COMMIT), Some(NTSTATUS::STATUS_INVALID_PARAMETER));
        assert_eq!(new(1, 0, COMMIT), Some(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION));
        assert_eq!(new(1, 1, COMMIT), Some(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION));
        assert_eq!(new(u64::MAX, PAGE_READWRITE, COMMIT), Some(NTSTATUS::STATUS_SECTION_TOO_BIG));
        assert_eq!(new(1, PAGE_READWRITE, 0xc00_0000), Some(NTSTATUS::STATUS_INVALID_PARAMETER));
        let of_file = |bytes, size| Section::new(Some(file(bytes).as_fd()), size, PAGE_READONLY, COMMIT).err();
        assert_eq!(of_file(b"", 0), Some(NTSTATUS::STATUS_MAPPED_FILE_SIZE_ZERO));
        assert_eq!(of_file(b"abc", 4), Some(NTSTATUS::STATUS_SECTION_TOO_BIG));
        let section = Section::new(None, 2 * GRANULE, PAGE_READONLY, COMMIT).unwrap();
        let map = |offset, size, protection| section.map(&memory, part(offset, size, protection)).err();
        assert_eq!(map(4096, 0, PAGE_READONLY), Some(NTSTATUS::STATUS_MAPPED_ALIGNMENT));
        assert_eq!(map(2 * GRANULE, 0, PAGE_READONLY), Some(NTSTATUS::STATUS_INVALID_VIEW_SIZE));
        assert_eq!(map(GRANULE, GRANULE + 1, PAGE_READONLY), Some(NTSTATUS::STATUS_INVALID_VIEW_SIZE));
        assert_eq!(map(0, u64::MAX, PAGE_READONLY), Some(NTSTATUS::STATUS_INVALID_VIEW_SIZE));
        assert_eq!(map(0, 0, PAGE_READWRITE), Some(NTSTATUS::STATUS_SECTION_PROTECTION));
        assert_eq!(map(0, 0, PAGE_EXECUTE_READ), Some(NTSTATUS::STATUS_SECTION_PROTECTION));
    }
}
