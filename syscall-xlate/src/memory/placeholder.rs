//! Placeholders: reservations that are split, joined, and replaced by memory or views without ever being free in between
//! (<https://learn.microsoft.com/windows/win32/api/memoryapi/nf-memoryapi-virtualalloc2>).

use abi::{NTSTATUS, NtResult};

use super::books::{Allocation, Books, Placeholder};
use super::{AddressSpace, MemoryType, PAGE, host};

impl AddressSpace {
    /// Makes a placeholder of memory (`MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER`): again of an allocation that has replaced one, or of a
    /// part of it, or of a part of a placeholder, which splits it.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for what is not whole pages; `STATUS_MEMORY_NOT_ALLOCATED`; `STATUS_UNABLE_TO_DELETE_SECTION` for a
    /// view; `STATUS_UNABLE_TO_FREE_VM` past the allocation's end; `STATUS_CONFLICTING_ADDRESSES` for memory that never was a
    /// placeholder and for all of one.
    pub fn release_to_placeholder(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        if size == 0 || !base.is_multiple_of(PAGE) || !size.is_multiple_of(PAGE) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let mut books = self.lock();
        let (start, allocation) = books.at(base).ok_or(NTSTATUS::STATUS_MEMORY_NOT_ALLOCATED)?;
        allocation.check_private()?;
        let (from, to) = allocation.range(start, base, size)?;
        match allocation.placeholder {
            Placeholder::Is if to - from < allocation.size => {}
            Placeholder::Replaced => host::discard(from, to - from)?,
            Placeholder::Is | Placeholder::No => return Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES),
        }
        books.put_placeholder(start, from, to);
        Ok((from, to - from))
    }

    /// Joins the placeholders that fill exactly this range (`MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS`).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for what is not whole pages; `STATUS_CONFLICTING_ADDRESSES` where the range is not at least two
    /// placeholders.
    pub fn coalesce_placeholders(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let end =
            base.checked_add(size).filter(|_| size != 0 && base.is_multiple_of(PAGE) && size.is_multiple_of(PAGE));
        let end = end.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let mut books = self.lock();
        let (mut at, mut parts) = (base, Vec::new());
        while at < end {
            let part = books.allocations.get(&at).filter(|part| part.placeholder == Placeholder::Is);
            let part = part.ok_or(NTSTATUS::STATUS_CONFLICTING_ADDRESSES)?;
            parts.push(at);
            at += part.size;
        }
        if at != end || parts.len() < 2 {
            return Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES);
        }
        for part in parts {
            books.allocations.remove(&part);
        }
        books.allocations.insert(base, Allocation::placeholder(size));
        Ok((base, size))
    }

    /// Unmaps the view that an address is in, and leaves a placeholder (`MEM_PRESERVE_PLACEHOLDER`); gives back the view's start.
    ///
    /// # Errors
    /// `STATUS_NOT_MAPPED_VIEW`; `STATUS_CONFLICTING_ADDRESSES` for a view that has not replaced a placeholder.
    pub fn unmap_view_to_placeholder(&self, address: u64) -> NtResult<u64> {
        let mut books = self.lock();
        let (start, view) = books.at(address).ok_or(NTSTATUS::STATUS_NOT_MAPPED_VIEW)?;
        if view.kind != MemoryType::Mapped {
            return Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW);
        }
        if view.placeholder != Placeholder::Replaced {
            return Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES);
        }
        let size = view.size;
        host::discard(start, size)?;
        books.put_placeholder(start, start, start + size);
        Ok(start)
    }
}

impl Books {
    fn put_placeholder(&mut self, start: u64, from: u64, to: u64) {
        self.cut(start, from, to);
        self.allocations.insert(from, Allocation::placeholder(to - from));
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use abi::fault;

    use super::super::tests::{shape, space};
    use super::super::*;

    const MAKE: u32 = 0x2000 | 0x4_0000;
    const REPLACE: u32 = 0x1000 | 0x2000 | 0x4000;
    const CONFLICT: NTSTATUS = NTSTATUS::STATUS_CONFLICTING_ADDRESSES;

    fn make(memory: &AddressSpace, size: u64) -> u64 {
        memory.allocate_extended(0, size, MAKE, PAGE_NOACCESS, Requirements::NONE).unwrap().0
    }

    fn replace(memory: &AddressSpace, base: u64, size: u64) -> NtResult<(u64, u64)> {
        memory.allocate_extended(base, size, REPLACE, PAGE_READWRITE, Requirements::NONE)
    }

    #[test]
    fn a_placeholder_is_split_replaced_and_joined() {
        let memory = space();
        let base = make(&memory, 4 * GRANULE);
        assert_eq!(memory.allocate(base, PAGE, 0x1000, PAGE_READWRITE), Err(CONFLICT));
        assert_eq!(replace(&memory, base, 2 * GRANULE), Err(CONFLICT));
        assert_eq!(memory.release_to_placeholder(base, 4 * GRANULE), Err(CONFLICT));
        memory.release_to_placeholder(base + GRANULE, GRANULE).unwrap();
        assert_eq!(shape(&memory, base), (16, RegionState::Reserved, 0));
        assert_eq!(shape(&memory, base + 2 * GRANULE).0, 32);
        assert_eq!(replace(&memory, base + GRANULE, GRANULE), Ok((base + GRANULE, GRANULE)));
        fault::store_u8(base + GRANULE, 1).unwrap();
        assert_eq!(memory.coalesce_placeholders(base, 4 * GRANULE), Err(CONFLICT));
        memory.release_to_placeholder(base + GRANULE, GRANULE).unwrap();
        assert_eq!(memory.coalesce_placeholders(base, 3 * GRANULE), Err(CONFLICT));
        memory.coalesce_placeholders(base, 4 * GRANULE).unwrap();
        assert_eq!(memory.coalesce_placeholders(base, 4 * GRANULE), Err(CONFLICT));
        assert_eq!(shape(&memory, base).0, 64);
        replace(&memory, base, 4 * GRANULE).unwrap();
        assert_eq!(fault::load_u8(base + GRANULE), Ok(0));
        memory.release(base, 0).unwrap();
        assert_eq!(memory.query(base).unwrap().state, RegionState::Free);
    }

    #[test]
    fn a_view_replaces_a_placeholder_of_its_size() {
        let memory = space();
        let file = rustix::fs::memfd_create("view", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        rustix::fs::ftruncate(&file, 2 * PAGE).unwrap();
        let base = make(&memory, 3 * PAGE);
        let view = |place, size| {
            let protection = Protection::READWRITE;
            memory.map_view(ViewRequest { file: file.as_fd(), offset: 0, size, place, protection, commits: None })
        };
        assert_eq!(view(Place::Placeholder(base), 2 * PAGE), Err(CONFLICT));
        memory.release_to_placeholder(base, PAGE).unwrap();
        assert_eq!(view(Place::Placeholder(base + PAGE), 2 * PAGE), Ok(base + PAGE));
        fault::store_u8(base + PAGE, 7).unwrap();
        assert_eq!(memory.unmap_view_to_placeholder(base + 2 * PAGE), Ok(base + PAGE));
        assert_eq!(shape(&memory, base + PAGE), (2, RegionState::Reserved, 0));
        assert_eq!(view(Place::Placeholder(base + PAGE), 2 * PAGE), Ok(base + PAGE));
        assert_eq!(fault::load_u8(base + PAGE), Ok(7));
        let plain = view(Place::ANYWHERE, PAGE).unwrap();
        assert_eq!(memory.unmap_view_to_placeholder(plain), Err(CONFLICT));
        assert_eq!(memory.unmap_view_to_placeholder(base), Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let memory = space();
        let invalid = Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        let extended = |base, size, how, protection, requirements| {
            memory.allocate_extended(base, size, how, protection, requirements)
        };
        let none = Requirements::NONE;
        let high = Requirements::new(1 << 41, 0, 0).unwrap();
        assert_eq!(memory.allocate(0, GRANULE, MAKE, PAGE_NOACCESS), invalid);
        assert_eq!(extended(0, GRANULE, MAKE, PAGE_READWRITE, none), invalid);
        assert_eq!(extended(0, GRANULE + 1, MAKE, PAGE_NOACCESS, none), invalid);
        assert_eq!(extended(0, GRANULE, MAKE | 0x1000, PAGE_NOACCESS, none), invalid);
        assert_eq!(extended(0, GRANULE, REPLACE, PAGE_READWRITE, none), invalid);
        assert_eq!(extended(GRANULE, GRANULE, 0x2000, PAGE_READWRITE, high), invalid);
        assert_eq!(extended(PAGE, GRANULE, 0x2000, PAGE_READWRITE, none), invalid);
        let (plain, _) = extended(0, GRANULE, 0x3000, PAGE_READWRITE, none).unwrap();
        assert_eq!(memory.release_to_placeholder(plain, PAGE), Err(CONFLICT));
        assert_eq!(memory.release_to_placeholder(plain + 1, PAGE), invalid);
        assert_eq!(memory.coalesce_placeholders(plain, u64::MAX), invalid);
        assert_eq!(memory.coalesce_placeholders(plain, GRANULE), Err(CONFLICT));
    }

    #[test]
    fn requirements_for_the_address_are_met() {
        let memory = space();
        let at = |lowest, highest, alignment, how| {
            let requirements = Requirements::new(lowest, highest, alignment).unwrap();
            memory.allocate_extended(0, 5 * PAGE, how, PAGE_READWRITE, requirements).map(|(base, _)| base)
        };
        let (low, high) = (0x310_0000_0000, 0x310_ffff_ffff);
        let first = at(low, high, 0, 0x2000).unwrap();
        let second = at(low, high, 1 << 30, 0x2000).unwrap();
        let third = at(low, high, 1 << 20, 0x2000 | 0x10_0000).unwrap();
        assert!((low..high).contains(&first) && (low..high).contains(&second) && (low..high).contains(&third));
        assert!(second.is_multiple_of(1 << 30) && third.is_multiple_of(1 << 20) && third > second && second > first);
        assert!(at(0, 0xffff_ffff, 0, 0x2000).unwrap() < 1 << 32);
        assert_eq!(at(low, low + 0xffff, 0, 0x2000), Err(NTSTATUS::STATUS_NO_MEMORY));
        assert_eq!(at(low, 0, 1 << 60, 0x2000), Err(NTSTATUS::STATUS_NO_MEMORY));
    }
}
