//! Address ranges for images, below everything of the host's.

use std::fs::File;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use region::Protection;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use super::MapError;
use crate::bytes::align_up;

/// Lowest address of a guest image: Windows gives nobody the first 64 KiB.
pub const GUEST_START: u64 = 0x1_0000;
/// End of the addresses of guest images. Host code lies above, which is how the two are told apart.
pub const GUEST_END: u64 = 0x5500_0000_0000;

/// Where images that cannot have their preferred base go: above what linkers choose as such.
const AREA_START: u64 = 0x7_0000_0000;
/// Windows places images at multiples of this.
const GRANULARITY: u64 = 0x1_0000;
/// How many places are tried before giving up.
const ATTEMPTS: u32 = 4096;

/// The next place to try, so that images lie next to each other in the order of loading.
static NEXT: AtomicU64 = AtomicU64::new(AREA_START);

const WRITABLE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// A range of this process's memory, zeroed and writable at first. Dropping it unmaps it.
#[derive(Debug)]
pub struct Reservation {
    base: u64,
    size: usize,
}

impl Reservation {
    /// Reserves exactly `base..base + size`, `None` when any of it is taken or not for guest images.
    pub fn at(base: u64, size: usize) -> Result<Option<Self>, MapError> {
        Self::with_flags(base, size, WRITABLE, MapFlags::empty())
    }

    /// Reserves `size` bytes in a free place of the area for images.
    pub fn anywhere(size: usize) -> Result<Self, MapError> {
        Self::search(size, WRITABLE, MapFlags::empty())
    }

    /// Like [`Reservation::anywhere`] with the pages present, for memory that is written all over at once.
    pub(crate) fn populated(size: usize) -> Result<Self, MapError> {
        Self::search(size, WRITABLE, MapFlags::POPULATE)
    }

    /// Like [`Reservation::anywhere`], but nobody can access it before it is opened.
    pub(crate) fn inaccessible(size: usize) -> Result<Self, MapError> {
        Self::search(size, ProtFlags::empty(), MapFlags::empty())
    }

    fn search(size: usize, access: ProtFlags, flags: MapFlags) -> Result<Self, MapError> {
        let full = || MapError::NoAddressSpace { size: size as u64 };
        let step = align_up(size as u64, GRANULARITY).filter(|&step| step < GUEST_END - AREA_START).ok_or_else(full)?;
        for _ in 0..ATTEMPTS {
            let mut base = NEXT.fetch_add(step, Ordering::Relaxed);
            if base < AREA_START || base > GUEST_END - step {
                NEXT.store(AREA_START + step, Ordering::Relaxed);
                base = AREA_START;
            }
            if let Some(found) = Self::with_flags(base, size, access, flags)? {
                return Ok(found);
            }
        }
        Err(full())
    }

    fn with_flags(base: u64, size: usize, access: ProtFlags, extra: MapFlags) -> Result<Option<Self>, MapError> {
        let fits = base.checked_add(size as u64).is_some_and(|end| base >= GUEST_START && end <= GUEST_END);
        if !fits || size == 0 {
            return Ok(None);
        }
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE | extra;
        // SAFETY: FIXED_NOREPLACE never replaces an existing mapping; where the kernel is too old to know it, the address is a
        // hint and a mapping elsewhere is given back below.
        let start =
            unsafe { rustix::mm::mmap_anonymous(ptr::without_provenance_mut(base as usize), size, access, flags) };
        let start = match start {
            Ok(start) => start,
            // EPERM: below vm.mmap_min_addr.
            Err(Errno::EXIST | Errno::PERM) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let reservation = Self { base: start.expose_provenance() as u64, size };
        Ok((reservation.base == base).then_some(reservation))
    }

    /// Address of the first byte.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The memory. Only called before [`Reservation::protect`] and before the guest knows of it.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the range is this value's own mapping, readable and writable until `protect`, after which the owners in this
        // crate do not call this; `&mut self` makes the borrow the only one.
        unsafe { std::slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(self.base as usize), self.size) }
    }

    /// As [`Reservation::bytes_mut`], of the part that [`Reservation::open`] has made writable: `range` is of offsets in bytes.
    pub(crate) fn part_mut(&mut self, range: Range<u32>) -> &mut [u8] {
        let end = (range.end as usize).min(self.size);
        let start = (range.start as usize).min(end);
        let address = ptr::with_exposed_provenance_mut(self.base as usize + start);
        // SAFETY: as for `bytes_mut`; the part lies within the mapping.
        unsafe { std::slice::from_raw_parts_mut(address, end - start) }
    }

    /// Makes a part readable and writable; `range` is of offsets in bytes.
    pub(crate) fn open(&self, range: Range<u32>) -> Result<(), MapError> {
        self.protect(range.start, range.end, Protection::READ_WRITE)
    }

    /// Moves the memory, part by part, over a reservation of the same size that begins at `base`, whose pages it replaces. Each part,
    /// given as offsets in bytes, has one protection, and is there at once and whole.
    pub(crate) fn move_to(self, base: u64, parts: &[Range<u32>]) -> Result<(), MapError> {
        let fits = base >= GUEST_START && base.checked_add(self.size as u64).is_some_and(|end| end <= GUEST_END);
        if !fits || parts.iter().any(|part| part.start > part.end || part.end as usize > self.size) {
            return Err(MapError::NoAddressSpace { size: self.size as u64 });
        }
        for part in parts {
            let size = (part.end - part.start) as usize;
            let from = ptr::with_exposed_provenance_mut((self.base + u64::from(part.start)) as usize);
            let to = ptr::with_exposed_provenance_mut((base + u64::from(part.start)) as usize);
            // SAFETY: the part is this value's own and nobody borrows from it. What it replaces is guest memory of the caller's, which
            // nobody could access until now.
            unsafe { rustix::mm::mremap_fixed(from, size, size, rustix::mm::MremapFlags::MAYMOVE, to)? };
        }
        // Nothing of it is left here, and the place may be another's already.
        std::mem::forget(self);
        Ok(())
    }

    /// Replaces `length` bytes at `offset` by a private, writable mapping of the file. All three are multiples of the page size.
    pub(super) fn map_file(&mut self, offset: u32, length: u32, file: &File, position: u32) -> Result<(), MapError> {
        if u64::from(offset) + u64::from(length) > self.size as u64 {
            return Err(MapError::Outside { rva: offset });
        }
        let start = ptr::with_exposed_provenance_mut((self.base + u64::from(offset)) as usize);
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the range lies in this value's own mapping, and `&mut self` says that nobody borrows from it.
        unsafe {
            rustix::mm::mmap(
                start,
                length as usize,
                protection,
                MapFlags::PRIVATE | MapFlags::FIXED,
                file,
                position.into(),
            )?
        };
        Ok(())
    }

    /// Asks for huge pages for `length` bytes at `start`, a multiple of the page size, which are about to be written: a page fault for each
    /// small page would cost more than the copy.
    pub(super) fn expect_writes(&mut self, start: u32, length: u32) {
        if u64::from(start) + u64::from(length) > self.size as u64 {
            return;
        }
        let start = ptr::with_exposed_provenance_mut((self.base + u64::from(start)) as usize);
        // SAFETY: the range is this value's own mapping, and the advice changes no contents.
        let _ = unsafe { rustix::mm::madvise(start, length as usize, rustix::mm::Advice::LinuxHugepage) };
    }

    /// Protects the pages from `start` to `end`, offsets in bytes. An empty range is nothing to do.
    pub(crate) fn protect(&self, start: u32, end: u32, protection: Protection) -> Result<(), MapError> {
        if start >= end {
            return Ok(());
        }
        if end as usize > self.size {
            return Err(MapError::Outside { rva: start });
        }
        let address = ptr::with_exposed_provenance::<u8>((self.base + u64::from(start)) as usize);
        // SAFETY: the pages are this value's own, and no borrow of them is held by the callers in this crate.
        unsafe { region::protect(address, (end - start) as usize, protection) }.map_err(|error| match error {
            region::Error::SystemCall(errno) => MapError::Host(std::io::Error::from_raw_os_error(errno)),
            other => MapError::Host(std::io::Error::other(other)),
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the range is this value's own mapping; whoever dropped it promised that no guest code runs in it.
        let _ = unsafe { rustix::mm::munmap(ptr::with_exposed_provenance_mut(self.base as usize), self.size) };
    }
}

/// Copies memory of a mapped test image.
#[cfg(test)]
pub(crate) fn peek(address: u64, length: usize) -> Vec<u8> {
    let start = ptr::with_exposed_provenance::<u8>(address as usize);
    // SAFETY: tests ask for readable pages of images that they keep mapped, and nothing runs in those.
    unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
}
