//! The guest's address space: what is reserved and committed where, with which protection.
//!
//! The host's kernel maps in pages, knows no reservations and merges what looks alike, so the books are kept here: allocations in
//! granules of 64 KiB, each with the state of its pages. All changes to guest memory of this kind go through them. Foreign mappings, the
//! host's own included, are reported from the kernel's list.

mod books;
mod commits;
mod host;
mod place;
mod placeholder;
mod protection;
mod ranges;
mod region;
mod resident;
mod runs;
#[cfg(test)]
mod tests;
mod watch;
mod written;

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use abi::{NTSTATUS, NtResult, bitflags};

pub use commits::Commits;
pub use host::{GRANULE, PAGE};
pub use place::{Place, Requirements};
pub use protection::*;
pub use region::{MemoryType, Region, RegionState};
pub use runs::Page;

use crate::service::code;
use crate::{demand, low, unwind};
use books::{Allocation, Books, Placeholder};
use host::Source;
use ranges::Ranges;
use region::foreign_region;
use runs::Runs;
use watch::Watcher;

bitflags::bitflags! {
    /// What [`AddressSpace::allocate`] is to do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Allocate: u32 {
        /// `MEM_COMMIT`
        const COMMIT = 0x1000;
        /// `MEM_RESERVE`
        const RESERVE = 0x2000;
        /// `MEM_REPLACE_PLACEHOLDER`
        const REPLACE_PLACEHOLDER = 0x4000;
        /// `MEM_RESERVE_PLACEHOLDER`
        const RESERVE_PLACEHOLDER = 0x4_0000;
        /// `MEM_RESET`: the contents may go.
        const RESET = 0x8_0000;
        /// `MEM_TOP_DOWN`
        const TOP_DOWN = 0x10_0000;
        /// `MEM_WRITE_WATCH`
        const WRITE_WATCH = 0x20_0000;
        /// `MEM_PHYSICAL`
        const PHYSICAL = 0x40_0000;
        /// `MEM_RESET_UNDO`
        const RESET_UNDO = 0x100_0000;
        /// `MEM_LARGE_PAGES`
        const LARGE_PAGES = 0x2000_0000;
    }
}

/// The highest address of the guest's, as `GetSystemInfo` tells.
pub const HIGHEST: u64 = 0x7fff_fffe_ffff;
/// Where memory without a wish for an address is placed first: above the usual bases of images, which are taken at their word.
const PLACES: [(u64, u64); 2] = [(0x10_0000_0000, 0x20_0000_0000), (0x100_0000_0000, low::END)];

/// A guest's address space.
#[derive(Debug)]
pub struct AddressSpace {
    // Leaf lock. Guest memory is not touched while it is held, so that a fault handler may take it.
    books: Mutex<Books>,
    commit_limit: u64,
    /// Made when memory is to be watched first; `None` in it where the host cannot.
    watcher: OnceLock<Option<Watcher>>,
}

/// A view to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct ViewRequest<'a> {
    /// What it shows.
    pub file: BorrowedFd<'a>,
    /// From where on, in bytes.
    pub offset: u64,
    /// How many bytes of it.
    pub size: u64,
    /// Where.
    pub place: Place,
    /// The view's protection, which the caller has checked against the section's.
    pub protection: Protection,
    /// For a section whose pages are committed one by one.
    pub commits: Option<&'a Arc<Commits>>,
}

impl Default for AddressSpace {
    fn default() -> Self {
        Self::placed(PLACES)
    }
}

impl AddressSpace {
    fn placed(places: [(u64, u64); 2]) -> Self {
        let books = Books {
            allocations: BTreeMap::new(),
            places,
            search_from: places[0].0,
            locked: Ranges::default(),
            offered: Ranges::default(),
        };
        Self { books: Mutex::new(books), commit_limit: host::commit_limit(), watcher: OnceLock::new() }
    }

    /// The most bytes that can be committed.
    pub const fn commit_limit(&self) -> u64 {
        self.commit_limit
    }

    /// Reserves or commits (`NtAllocateVirtualMemory`); gives back base and size as they were rounded. Committing without a base also
    /// reserves.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a size of 0 or flags that do not go together, `STATUS_INVALID_PAGE_PROTECTION`,
    /// `STATUS_CONFLICTING_ADDRESSES` where memory is taken or not reserved, `STATUS_NO_MEMORY`, `STATUS_COMMITMENT_LIMIT`,
    /// `STATUS_NOT_SUPPORTED` for physical pages, and for write watch where the host cannot watch, `STATUS_PRIVILEGE_NOT_HELD` for large
    /// pages.
    pub fn allocate(&self, base: u64, size: u64, how: u32, protection: u32) -> NtResult<(u64, u64)> {
        self.allocate_within(base, size, how, protection, Requirements::NONE)
    }

    /// As [`Self::allocate`], with requirements for the address that is chosen for a base of 0.
    ///
    /// # Errors
    /// As [`Self::allocate`]; `STATUS_NO_MEMORY` where the requirements leave no room.
    pub fn allocate_within(
        &self,
        base: u64,
        size: u64,
        how: u32,
        protection: u32,
        requirements: Requirements,
    ) -> NtResult<(u64, u64)> {
        let how = Allocate::from_bits(how).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        if how.intersects(Allocate::RESERVE_PLACEHOLDER | Allocate::REPLACE_PLACEHOLDER) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.allocate_as(base, size, how, protection, requirements)
    }

    /// As [`Self::allocate_within`], and placeholders (`NtAllocateVirtualMemoryEx`): makes one, or replaces the one of exactly this base
    /// and size.
    ///
    /// # Errors
    /// As [`Self::allocate_within`]; `STATUS_INVALID_PARAMETER` also for requirements together with a base, a size that is not whole
    /// pages, a base that is not a granule's unless it is a placeholder's; `STATUS_CONFLICTING_ADDRESSES` where no such placeholder is.
    pub fn allocate_extended(
        &self,
        base: u64,
        size: u64,
        how: u32,
        protection: u32,
        requirements: Requirements,
    ) -> NtResult<(u64, u64)> {
        let how = Allocate::from_bits(how).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let reserves = how.contains(Allocate::RESERVE);
        let [makes, replaces] =
            [Allocate::RESERVE_PLACEHOLDER, Allocate::REPLACE_PLACEHOLDER].map(|flag| how.contains(flag));
        let step = if reserves && !replaces { GRANULE } else { PAGE };
        let placeholder = Allocate::RESERVE | Allocate::RESERVE_PLACEHOLDER | Allocate::TOP_DOWN;
        let sound = size.is_multiple_of(PAGE)
            && base.is_multiple_of(step)
            && (base == 0 || requirements == Requirements::NONE)
            && (!makes || reserves && placeholder.contains(how) && protection == PAGE_NOACCESS)
            && (!replaces || reserves && base != 0);
        if !sound {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.allocate_as(base, size, how, protection, requirements)
    }

    fn allocate_as(
        &self,
        base: u64,
        size: u64,
        how: Allocate,
        protection: u32,
        requirements: Requirements,
    ) -> NtResult<(u64, u64)> {
        let resets = how & (Allocate::RESET | Allocate::RESET_UNDO);
        let sound =
            if resets.is_empty() { how.intersects(Allocate::COMMIT | Allocate::RESERVE) } else { how == resets };
        let watches = how.contains(Allocate::WRITE_WATCH);
        if size == 0 || !sound || resets == Allocate::RESET | Allocate::RESET_UNDO {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let protection = Protection::private(protection)?;
        if how.contains(Allocate::LARGE_PAGES) {
            return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
        }
        if how.contains(Allocate::PHYSICAL) || watches && self.watcher().is_none() {
            return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
        }
        // Documented: a watched region is one that is reserved so.
        if watches && !how.contains(Allocate::RESERVE) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let end = base.checked_add(size).filter(|&end| end <= HIGHEST + 1).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        if how.contains(Allocate::COMMIT) && size > self.commit_limit {
            return Err(NTSTATUS::STATUS_COMMITMENT_LIMIT);
        }
        if how.contains(Allocate::RESERVE) || base == 0 && resets.is_empty() {
            return self.reserve(base, end, how, protection, requirements);
        }
        let (from, to) = (base / PAGE * PAGE, end.next_multiple_of(PAGE));
        let mut books = self.lock();
        let (start, allocation) = books.holding(from, to)?;
        if resets.is_empty() {
            if allocation.commits.is_some() {
                books.commit_view(start, from, to, protection)?;
            } else {
                allocation.commit(start, from, to, protection)?;
                books.offered.remove(from, to);
            }
        }
        Ok((from, to - from))
    }

    fn reserve(
        &self,
        base: u64,
        end: u64,
        how: Allocate,
        protection: Protection,
        requirements: Requirements,
    ) -> NtResult<(u64, u64)> {
        let committed = how.contains(Allocate::COMMIT);
        let page = if committed { Page::Committed(protection) } else { Page::Reserved };
        let host_protection = if committed { protection.host() } else { libc::PROT_NONE };
        let replaces = how.contains(Allocate::REPLACE_PLACEHOLDER);
        let from = if replaces { base } else { base / GRANULE * GRANULE };
        let size = (end - from).next_multiple_of(PAGE);
        let place = match base {
            0 => Place::Anywhere { top_down: how.contains(Allocate::TOP_DOWN), requirements },
            _ if replaces => Place::Placeholder(from),
            _ => Place::At(from),
        };
        let watcher = how.contains(Allocate::WRITE_WATCH).then(|| self.watcher()).flatten();
        let mut books = self.lock();
        let start = books.map(place, size, host_protection, Source::Anonymous)?;
        let mut allocation = match how.contains(Allocate::RESERVE_PLACEHOLDER) {
            true => Allocation::placeholder(size),
            false => Allocation::new(size, protection.bits(), MemoryType::Private, page),
        };
        if replaces {
            allocation.placeholder = Placeholder::Replaced;
        }
        allocation.watched = watcher.is_some();
        let watched = watcher.map_or(Ok(()), |watcher| watcher.watch(start, size));
        books.allocations.insert(start, allocation);
        if let Err(status) = watched {
            host::unmap(start, size);
            books.cut(start, start, start + size);
            return Err(status);
        }
        Ok((start, size))
    }

    /// Gives committed pages back and keeps their addresses (`MEM_DECOMMIT`); gives back base and size as they were rounded. A size of 0
    /// at an allocation's start means all of it.
    ///
    /// # Errors
    /// `STATUS_MEMORY_NOT_ALLOCATED`; `STATUS_UNABLE_TO_DELETE_SECTION` for a view or a module; `STATUS_UNABLE_TO_FREE_VM` where the
    /// range is not within one allocation.
    pub fn decommit(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let mut books = self.lock();
        let (start, allocation) = books.at(base).ok_or(NTSTATUS::STATUS_MEMORY_NOT_ALLOCATED)?;
        allocation.check_private()?;
        let (from, to) = allocation.range(start, base, size)?;
        host::discard(from, to - from)?;
        allocation.runs.set(from - start, to - start, Page::Reserved);
        let watched = allocation.watched;
        books.forget(from, to);
        if watched && let Some(watcher) = self.watcher() {
            watcher.watch(from, to - from)?;
        }
        Ok((from, to - from))
    }

    /// Frees an allocation (`MEM_RELEASE`), or the part of it that a size other than 0 says; gives back base and size as they were
    /// rounded.
    ///
    /// # Errors
    /// As [`Self::decommit`]; `STATUS_MEMORY_NOT_ALLOCATED` also where a size of 0 comes with a base that is not an allocation's start.
    pub fn release(&self, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let mut books = self.lock();
        let (start, allocation) = books.at(base).ok_or(NTSTATUS::STATUS_MEMORY_NOT_ALLOCATED)?;
        allocation.check_private()?;
        if size == 0 && base / PAGE * PAGE != start {
            return Err(NTSTATUS::STATUS_MEMORY_NOT_ALLOCATED);
        }
        let (from, to) = allocation.range(start, base, size)?;
        if !allocation.foreign {
            host::unmap(from, to - from);
        }
        books.cut(start, from, to);
        Ok((from, to - from))
    }

    /// Changes the protection of committed pages (`NtProtectVirtualMemory`); gives back base and size as they were rounded, and the
    /// first page's old protection.
    ///
    /// # Errors
    /// `STATUS_INVALID_PAGE_PROTECTION`, `STATUS_CONFLICTING_ADDRESSES` where the range is not within one allocation,
    /// `STATUS_NOT_COMMITTED`, `STATUS_SECTION_PROTECTION` for more than a view allows.
    pub fn protect(&self, base: u64, size: u64, protection: u32) -> NtResult<(u64, u64, u32)> {
        let protection = Protection::new(protection)?;
        let from = base / PAGE * PAGE;
        let to = base.checked_add(size).filter(|&end| end <= HIGHEST + 1 && size != 0);
        let to = to.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?.next_multiple_of(PAGE);
        let mut books = self.lock();
        if books.at(from).is_none() {
            drop(books);
            return protect_foreign(from, to, protection);
        }
        let (start, allocation) = books.holding(from, to)?;
        if allocation.kind == MemoryType::Private && protection.is_write_copy() {
            return Err(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION);
        }
        let (from_in, to_in) = (from - start, to - start);
        if allocation.runs.within(from_in, to_in).any(|(_, _, page)| page == Page::Reserved) {
            return Err(NTSTATUS::STATUS_NOT_COMMITTED);
        }
        let Page::Committed(old) = allocation.runs.at(from_in).0 else { return Err(NTSTATUS::STATUS_NOT_COMMITTED) };
        if allocation.kind == MemoryType::Image {
            demand::settle(from, to - from);
        }
        if allocation.kind == MemoryType::Mapped && protection.executes() {
            // Another view may write it.
            code::appears_writable();
        }
        allocation.seal(start, from, to, protection)?;
        if allocation.kind == MemoryType::Image && protection::is_writable(protection.bits()) {
            unwind::forget();
        }
        host::protect(from, to - from, protection.host())?;
        allocation.runs.set(from_in, to_in, Page::Committed(protection));
        books.offered.remove(from, to);
        Ok((from, to - from, old.bits()))
    }

    /// What is at an address (`VirtualQuery`).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` above [`HIGHEST`].
    pub fn query(&self, address: u64) -> NtResult<Region> {
        if address > HIGHEST {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let base = address / PAGE * PAGE;
        let mut books = self.lock();
        if let Some((start, allocation)) = books.at(base) {
            return Ok(allocation.region(start, base));
        }
        let before =
            books.allocations.range(..base).next_back().map_or(0, |(&start, allocation)| start + allocation.size);
        let after = books.allocations.range(base..).next().map_or(HIGHEST + 1, |(&start, _)| start);
        drop(books);
        Ok(foreign_region(base, before, after))
    }

    /// Whether an address is in a module, on a page that nobody can write.
    pub(crate) fn is_settled(&self, address: u64) -> bool {
        let image = |region: Region| region.kind == Some(MemoryType::Image) && !protection::is_writable(region.protect);
        self.query(address).is_ok_and(image)
    }

    /// Maps a view of a section; gives back where.
    ///
    /// # Errors
    /// `STATUS_CONFLICTING_ADDRESSES`, `STATUS_NO_MEMORY`, `STATUS_ACCESS_DENIED` when the file is not open for this.
    pub fn map_view(&self, request: ViewRequest<'_>) -> NtResult<u64> {
        let ViewRequest { file, offset, protection, place, commits, .. } = request;
        let size = request.size.checked_next_multiple_of(PAGE).ok_or(NTSTATUS::STATUS_NO_MEMORY)?;
        let source =
            if protection.is_write_copy() { Source::Private(file, offset) } else { Source::Shared(file, offset) };
        let (page, host_protection) = match commits {
            None => (Page::Committed(protection), protection.host()),
            Some(_) => (Page::Reserved, libc::PROT_NONE),
        };
        if commits.is_some() && protection.executes() {
            // What is committed later may have been written by another view.
            code::appears_writable();
        }
        let mut books = self.lock();
        let start = books.map(place, size, host_protection, source)?;
        let mut view = Allocation::new(size, protection.bits(), MemoryType::Mapped, page);
        view.commits = commits.map(|commits| (Arc::clone(commits), offset));
        if matches!(place, Place::Placeholder(_)) {
            view.placeholder = Placeholder::Replaced;
        }
        books.allocations.insert(start, view);
        books.open_view(start)?;
        Ok(start)
    }

    /// Unmaps the view that an address is in; gives back the view's start.
    ///
    /// # Errors
    /// `STATUS_NOT_MAPPED_VIEW`.
    pub fn unmap_view(&self, address: u64) -> NtResult<u64> {
        let mut books = self.lock();
        let (start, allocation) = books.at(address).ok_or(NTSTATUS::STATUS_NOT_MAPPED_VIEW)?;
        if allocation.kind != MemoryType::Mapped {
            return Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW);
        }
        let size = allocation.size;
        host::unmap(start, size);
        books.cut(start, start, start + size);
        Ok(start)
    }

    /// Writes the changed pages of a view to its file; a size of 0 means up to the view's end.
    ///
    /// # Errors
    /// `STATUS_NOT_MAPPED_VIEW`.
    pub fn flush_view(&self, base: u64, size: u64) -> NtResult<()> {
        let (from, to) = {
            let mut books = self.lock();
            let (start, allocation) = books.at(base).ok_or(NTSTATUS::STATUS_NOT_MAPPED_VIEW)?;
            if allocation.kind != MemoryType::Mapped {
                return Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW);
            }
            match size {
                0 => (base / PAGE * PAGE, start + allocation.size),
                _ => allocation.range(start, base, size)?,
            }
        };
        host::flush(from, to - from)
    }

    /// Enters memory that others have mapped and will unmap: modules, stacks, blocks. `pages` are its parts with their states, as
    /// offsets from `base`; what they leave out is reserved.
    pub fn register(
        &self,
        base: u64,
        size: u64,
        kind: MemoryType,
        allocation_protect: u32,
        pages: impl IntoIterator<Item = (u64, u64, Page)>,
    ) {
        let mut runs = Runs::new(size.next_multiple_of(PAGE), Page::Reserved);
        for (from, to, page) in pages {
            runs.set(from / PAGE * PAGE, to.next_multiple_of(PAGE), page);
        }
        let size = size.next_multiple_of(PAGE);
        let known = Allocation::new(size, allocation_protect, kind, Page::Reserved);
        let allocation = Allocation { foreign: true, runs, ..known };
        self.lock().allocations.insert(base, allocation);
    }

    /// Enters a module: `sections` are offset, size and protection of its headers and sections.
    pub fn register_image(&self, base: u64, size: u64, sections: impl IntoIterator<Item = (u64, u64, Protection)>) {
        let pages =
            sections.into_iter().map(|(from, size, protection)| (from, from + size, Page::Committed(protection)));
        self.register(base, size, MemoryType::Image, PAGE_EXECUTE_WRITECOPY, pages);
    }

    /// Takes an entry of [`Self::register`] out. The memory is the caller's business.
    pub fn unregister(&self, base: u64) {
        let mut books = self.lock();
        if books.allocations.get(&base).is_some_and(|allocation| allocation.foreign)
            && let Some(gone) = books.allocations.remove(&base)
        {
            code::goes(base, gone.size);
        }
    }

    /// Does something while a range is code that cannot be written, and stays so meanwhile. Views of sections may be written elsewhere.
    pub(crate) fn if_only_code(&self, address: u64, size: u64, act: impl FnOnce()) {
        let (from, to) = (address / PAGE * PAGE, address.saturating_add(size).next_multiple_of(PAGE));
        let mut books = self.lock();
        let Ok((start, allocation)) = books.holding(from, to) else { return };
        if allocation.kind == MemoryType::Mapped {
            return;
        }
        let is_code = |page| matches!(page, Page::Committed(protection) if protection.is_only_code());
        if allocation.runs.within(from - start, to - start).all(|(_, _, page)| is_code(page)) {
            act();
        }
    }

    /// For the fault handler: whether the page at `address` was a guard page. If so it is none any more, and the guest gets
    /// `STATUS_GUARD_PAGE_VIOLATION`, this one time.
    pub fn guard_hit(&self, address: u64) -> bool {
        let page = address / PAGE * PAGE;
        let mut books = self.lock();
        let Some((start, allocation)) = books.at(page) else { return false };
        match allocation.runs.at(page - start).0 {
            Page::Committed(protection) if protection.is_guard() => {
                let opened = protection.without_guard();
                if host::protect(page, PAGE, opened.host()).is_err() {
                    return false;
                }
                allocation.runs.set(page - start, page - start + PAGE, Page::Committed(opened));
                true
            }
            _ => false,
        }
    }

    fn watcher(&self) -> Option<&Watcher> {
        self.watcher.get_or_init(Watcher::new).as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address space ends with its process, or with a test.
impl Drop for AddressSpace {
    fn drop(&mut self) {
        for (start, allocation) in &self.lock().allocations {
            if !allocation.foreign {
                host::unmap(*start, allocation.size);
            }
        }
    }
}

/// Lets guest code that was only readable run; the caller knows what is in it. False without memory.
pub(crate) fn open_code(address: u64, size: u64) -> bool {
    host::protect(address, size, libc::PROT_READ | libc::PROT_EXEC).is_ok()
}

/// Changes the protection of memory the books do not know of: from the host's heap, for example, where a guest makes code.
fn protect_foreign(from: u64, to: u64, protection: Protection) -> NtResult<(u64, u64, u32)> {
    let mappings = host::mappings();
    // Files are the host's own code and data; those stay as they are.
    let found = overlapping(&mappings, from, to)
        .filter(|mapping| mapping.start <= from && to <= mapping.end)
        .filter(|mapping| mapping.name.is_empty() || mapping.name == "[heap]")
        .filter(|_| !protection.is_guard());
    let old = found.ok_or(NTSTATUS::STATUS_CONFLICTING_ADDRESSES)?.protection;
    if from >= low::END {
        code::appears_abroad(from, to - from, protection.executes())?;
    } else if protection.is_only_code() && !old.executes() {
        host::seal(from, to - from)?;
    }
    host::protect(from, to - from, protection.host())?;
    Ok((from, to - from, old.bits()))
}

fn overlapping(mappings: &[host::Mapping], from: u64, to: u64) -> Option<&host::Mapping> {
    let at = mappings.partition_point(|mapping| mapping.end <= from);
    mappings.get(at).filter(|mapping| mapping.start < to)
}
