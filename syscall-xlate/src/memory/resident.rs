//! What a guest says of the use of its memory: to be kept, used soon, not used for now, not needed.

use abi::{NTSTATUS, NtResult};

use super::host::{self, Advice};
use super::{AddressSpace, MemoryType, PAGE, PAGE_NOACCESS, PAGE_READWRITE, Page, RegionState};

impl AddressSpace {
    /// Keeps pages in memory (`NtLockVirtualMemory`); gives back base and size as they were rounded.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a size of 0; `STATUS_ACCESS_VIOLATION` where not all is committed and accessible;
    /// `STATUS_WORKING_SET_QUOTA` for more than the host lets this user lock.
    pub fn lock_pages(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let (from, to) = pages(base, size)?;
        self.check_accessible(from, to)?;
        let mut books = self.lock();
        if !host::lock(from, to - from) {
            return Err(NTSTATUS::STATUS_WORKING_SET_QUOTA);
        }
        books.locked.insert(from, to);
        Ok((from, to - from))
    }

    /// Lets pages be paged out again; gives back base and size as they were rounded.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a size of 0; `STATUS_NOT_LOCKED` where not all pages are locked.
    pub fn unlock_pages(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let (from, to) = pages(base, size)?;
        let mut books = self.lock();
        if !books.locked.contains(from, to) {
            return Err(NTSTATUS::STATUS_NOT_LOCKED);
        }
        host::unlock(from, to - from);
        books.locked.remove(from, to);
        Ok((from, to - from))
    }

    /// Has pages brought into memory (`PrefetchVirtualMemory`). A hint: what cannot be brought stays where it is.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a size of 0 or an address that is none.
    pub fn prefetch(&self, base: u64, size: u64) -> NtResult<()> {
        let (from, to) = pages(base, size)?;
        host::advise(from, to - from, Advice::Soon);
        Ok(())
    }

    /// Lets contents go, and keeps the pages (`DiscardVirtualMemory`). They are zeros afterwards.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for what is not whole committed pages of one private allocation that can be read and written.
    pub fn discard(&self, base: u64, size: u64) -> NtResult<()> {
        let books = self.whole_read_write(base, size)?;
        let done = !books.locked.meets(base, base + size) && host::advise(base, size, Advice::Discard);
        if done { Ok(()) } else { Err(NTSTATUS::STATUS_INVALID_PARAMETER) }
    }

    /// Gives contents away that the guest can make again (`OfferVirtualMemory`): until it takes them back, it cannot access them.
    ///
    /// # Errors
    /// As [`Self::discard`].
    pub fn offer(&self, base: u64, size: u64) -> NtResult<()> {
        let mut books = self.whole_read_write(base, size)?;
        if books.locked.meets(base, base + size) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        host::advise(base, size, Advice::Later);
        host::protect(base, size, libc::PROT_NONE)?;
        books.offered.insert(base, base + size);
        Ok(())
    }

    /// Takes back what was offered (`ReclaimVirtualMemory`). The host pages it out, but never lets contents go, so they are still there.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` where not all of it is on offer.
    pub fn reclaim(&self, base: u64, size: u64) -> NtResult<()> {
        let end =
            base.checked_add(size).filter(|_| size != 0 && base.is_multiple_of(PAGE) && size.is_multiple_of(PAGE));
        let end = end.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let mut books = self.lock();
        if !books.offered.contains(base, end) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        host::protect(base, size, libc::PROT_READ | libc::PROT_WRITE)?;
        books.offered.remove(base, end);
        Ok(())
    }

    /// The books, when the range is committed pages of one private allocation, to read and write.
    fn whole_read_write(&self, base: u64, size: u64) -> NtResult<std::sync::MutexGuard<'_, super::Books>> {
        let end =
            base.checked_add(size).filter(|_| size != 0 && base.is_multiple_of(PAGE) && size.is_multiple_of(PAGE));
        let end = end.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let mut books = self.lock();
        let (start, allocation) = books.holding(base, end).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let whole = allocation.kind == MemoryType::Private
            && allocation
                .runs
                .within(base - start, end - start)
                .all(|(_, _, page)| matches!(page, Page::Committed(protection) if protection.bits() == PAGE_READWRITE));
        if whole { Ok(books) } else { Err(NTSTATUS::STATUS_INVALID_PARAMETER) }
    }

    /// Refuses a range that is not committed as a whole, or not accessible.
    fn check_accessible(&self, from: u64, to: u64) -> NtResult<()> {
        let mut at = from;
        while at < to {
            let region = self.query(at)?;
            let accessible = region.state == RegionState::Committed && region.protect != PAGE_NOACCESS;
            if !accessible || self.lock().offered.meets(at, to) {
                return Err(NTSTATUS::STATUS_ACCESS_VIOLATION);
            }
            if region.protect & super::PAGE_GUARD != 0 {
                return Err(NTSTATUS::STATUS_GUARD_PAGE_VIOLATION);
            }
            at = region.base + region.size;
        }
        Ok(())
    }
}

/// A range as whole pages.
fn pages(base: u64, size: u64) -> NtResult<(u64, u64)> {
    let end = base.checked_add(size).filter(|&end| size != 0 && end <= super::HIGHEST + 1);
    let end = end.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
    Ok((base / PAGE * PAGE, end.next_multiple_of(PAGE)))
}

#[cfg(test)]
mod tests {
    use abi::fault;

    use super::super::tests::space;
    use super::super::*;

    const BOTH: u32 = 0x3000;
    const INVALID: NtResult<()> = Err(NTSTATUS::STATUS_INVALID_PARAMETER);

    #[test]
    fn only_locked_pages_are_unlocked() {
        let memory = space();
        let (base, size) = memory.allocate(0, 4 * PAGE, BOTH, PAGE_READWRITE).unwrap();
        assert_eq!(memory.unlock_pages(base, size), Err(NTSTATUS::STATUS_NOT_LOCKED));
        assert_eq!(memory.lock_pages(base + 5, PAGE), Ok((base, 2 * PAGE)));
        assert_eq!(memory.unlock_pages(base, size), Err(NTSTATUS::STATUS_NOT_LOCKED));
        assert_eq!(memory.unlock_pages(base, PAGE), Ok((base, PAGE)));
        assert_eq!(memory.unlock_pages(base, PAGE), Err(NTSTATUS::STATUS_NOT_LOCKED));
        memory.decommit(base + PAGE, PAGE).unwrap();
        assert_eq!(memory.unlock_pages(base + PAGE, PAGE), Err(NTSTATUS::STATUS_NOT_LOCKED));
        assert_eq!(memory.lock_pages(base, size), Err(NTSTATUS::STATUS_ACCESS_VIOLATION));
        memory.protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD).unwrap();
        assert_eq!(memory.lock_pages(base, PAGE), Err(NTSTATUS::STATUS_GUARD_PAGE_VIOLATION));
        assert!(memory.lock_pages(base, 0).is_err() && memory.lock_pages(u64::MAX, 2).is_err());
    }

    #[test]
    fn what_is_offered_is_out_of_reach_until_it_is_taken_back() {
        crate::signals::install();
        let memory = space();
        let (base, size) = memory.allocate(0, 4 * PAGE, BOTH, PAGE_READWRITE).unwrap();
        fault::store_u8(base, 7).unwrap();
        assert_eq!(memory.offer(base, 2 * PAGE), Ok(()));
        assert!(fault::load_u8(base).is_err());
        assert_eq!(memory.lock_pages(base, PAGE), Err(NTSTATUS::STATUS_ACCESS_VIOLATION));
        assert_eq!(memory.reclaim(base, size), INVALID);
        assert_eq!(memory.reclaim(base, 2 * PAGE), Ok(()));
        assert_eq!(fault::load_u8(base), Ok(7));
        assert_eq!(memory.reclaim(base, 2 * PAGE), INVALID);
        assert_eq!(memory.offer(base + 1, PAGE), INVALID);
        assert_eq!(memory.offer(base, 5 * PAGE), INVALID);
        memory.protect(base, PAGE, PAGE_READONLY).unwrap();
        assert_eq!(memory.offer(base, PAGE), INVALID);
        assert_eq!(memory.offer(base + PAGE, PAGE), Ok(()));
        memory.protect(base + PAGE, PAGE, PAGE_READONLY).unwrap();
        assert_eq!(fault::load_u8(base + PAGE), Ok(0));
    }

    #[test]
    fn discarded_pages_stay_committed() {
        let memory = space();
        let (base, size) = memory.allocate(0, 2 * PAGE, BOTH, PAGE_READWRITE).unwrap();
        fault::store_u8(base, 7).unwrap();
        assert_eq!(memory.discard(base, size), Ok(()));
        fault::store_u8(base, 8).unwrap();
        assert_eq!(memory.discard(base, 3 * PAGE), INVALID);
        assert_eq!(memory.discard(base, 0), INVALID);
        assert_eq!(memory.prefetch(base, size), Ok(()));
        assert_eq!(memory.prefetch(base, 0), INVALID);
        assert_eq!(memory.prefetch(u64::MAX, 2), INVALID);
    }
}
