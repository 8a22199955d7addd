//! The books: which allocations there are, and where there is room.

use std::collections::BTreeMap;
use std::sync::Arc;

use abi::{NTSTATUS, NtResult};

use crate::low;
use crate::service::code;

use super::commits::Commits;
use super::host::{self, Source};
use super::overlapping;
use super::place::Place;
use super::ranges::Ranges;
use super::runs::Runs;
use super::{GRANULE, MemoryType, PAGE, PAGE_NOACCESS, Page, Protection, Region, RegionState};

#[derive(Debug)]
pub(super) struct Books {
    pub(super) allocations: BTreeMap<u64, Allocation>,
    /// Where memory without a wish for an address goes: first here, then there.
    pub(super) places: [(u64, u64); 2],
    /// No granule below this one is free in the first of the places.
    pub(super) search_from: u64,
    /// Pages that are kept in memory.
    pub(super) locked: Ranges,
    /// Pages whose contents the guest has offered, and cannot access until it takes them back.
    pub(super) offered: Ranges,
}

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) size: u64,
    pub(super) protection: u32,
    pub(super) kind: MemoryType,
    /// Mapped by others, who unmap it.
    pub(super) foreign: bool,
    pub(super) placeholder: Placeholder,
    /// The host keeps a book of its written pages.
    pub(super) watched: bool,
    /// For a view of a section whose pages are committed one by one: which are, and where in the section the view begins.
    pub(super) commits: Option<(Arc<Commits>, u64)>,
    pub(super) runs: Runs,
}

/// Whether an allocation has to do with placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// It never was one.
    No,
    /// It is one: a reservation that stands for what will replace it.
    Is,
    /// It has replaced one, and can become one again.
    Replaced,
}

impl Books {
    /// The allocation an address is in, and its start.
    pub(super) fn at(&mut self, address: u64) -> Option<(u64, &mut Allocation)> {
        let (&start, allocation) = self.allocations.range_mut(..=address).next_back()?;
        (address - start < allocation.size).then_some((start, allocation))
    }

    /// The allocation that holds a whole range.
    pub(super) fn holding(&mut self, from: u64, to: u64) -> NtResult<(u64, &mut Allocation)> {
        let found = self.at(from).filter(|(start, allocation)| to <= start + allocation.size);
        found.ok_or(NTSTATUS::STATUS_CONFLICTING_ADDRESSES)
    }

    /// Maps memory where it is to be; gives back where.
    pub(super) fn map(
        &mut self,
        place: Place,
        size: u64,
        protection: libc::c_int,
        source: Source<'_>,
    ) -> NtResult<u64> {
        let (top_down, requirements) = match place {
            Place::At(at) => {
                let end = at.checked_add(size).filter(|&end| at >= GRANULE && end <= low::END);
                let free = end.is_some_and(|end| self.next_taken(at) >= end) && self.at(at).is_none();
                return match free && host::map(at, size, protection, source)?.is_some() {
                    true => Ok(at),
                    false => Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES),
                };
            }
            Place::Placeholder(at) => {
                self.placeholder(at, size)?;
                host::replace(at, size, protection, source)?;
                return Ok(at);
            }
            Place::Anywhere { top_down, requirements } => (top_down, requirements),
        };
        let (places, align) = match requirements.bounds() {
            None => (self.places, GRANULE),
            Some((low, high, align)) => ([(low, high), (high, high)], align),
        };
        // What the books do not know of is found out when the host refuses, and looked up once then.
        let mut foreign = Vec::new();
        for _ in 0..2 {
            let [first, second] = places;
            for (low, high) in if top_down { [second, first] } else { [first, second] } {
                let mut from = if low == self.places[0].0 { self.search_from } else { low };
                let mut to = high;
                while let Some(at) = match top_down {
                    true => self.highest_gap(low, to, size, align, &foreign),
                    false => self.lowest_gap(from, high, size, align, &foreign),
                } {
                    if host::map(at, size, protection, source)?.is_some() {
                        if at == self.search_from {
                            self.search_from = (at + size).next_multiple_of(GRANULE);
                        }
                        return Ok(at);
                    }
                    if foreign.is_empty() {
                        foreign = host::mappings();
                        continue;
                    }
                    (from, to) = (at + align, at + size - GRANULE.min(size));
                }
            }
        }
        Err(NTSTATUS::STATUS_NO_MEMORY)
    }

    /// The lowest multiple of `align` in `from..to` with room for `size` bytes.
    pub(super) fn lowest_gap(
        &self,
        from: u64,
        to: u64,
        size: u64,
        align: u64,
        foreign: &[host::Mapping],
    ) -> Option<u64> {
        let mut at = from.checked_next_multiple_of(align)?;
        if let Some((&start, before)) = self.allocations.range(..at).next_back() {
            at = at.max((start + before.size).checked_next_multiple_of(align)?);
        }
        while at.checked_add(size)? <= to {
            let end = at + size;
            let taken = self.allocations.range(at..end).next().map(|(&start, allocation)| start + allocation.size);
            let taken = taken.or_else(|| overlapping(foreign, at, end).map(|mapping| mapping.end));
            match taken {
                None => return Some(at),
                Some(behind) => at = behind.checked_next_multiple_of(align)?,
            }
        }
        None
    }

    /// The highest multiple of `align` in `from..to` with room for `size` bytes.
    pub(super) fn highest_gap(
        &self,
        from: u64,
        to: u64,
        size: u64,
        align: u64,
        foreign: &[host::Mapping],
    ) -> Option<u64> {
        let mut at = to.checked_sub(size)? / align * align;
        while at >= from {
            let end = at + size;
            let below = self.allocations.range(..end).next_back();
            let taken = below.filter(|(start, allocation)| *start + allocation.size > at).map(|(&start, _)| start);
            let taken = taken.or_else(|| overlapping(foreign, at, end).map(|mapping| mapping.start));
            match taken {
                None => return Some(at),
                Some(start) => at = start.checked_sub(size)? / align * align,
            }
        }
        None
    }

    pub(super) fn next_taken(&self, from: u64) -> u64 {
        self.allocations.range(from..).next().map_or(u64::MAX, |(&start, _)| start)
    }

    /// Checks that a placeholder of exactly this size is at an address.
    pub(super) fn placeholder(&self, at: u64, size: u64) -> NtResult<()> {
        let found = self.allocations.get(&at);
        match found.is_some_and(|found| found.placeholder == Placeholder::Is && found.size == size) {
            true => Ok(()),
            false => Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES),
        }
    }

    /// Forgets that pages were locked or offered: what is mapped there is new.
    pub(super) fn forget(&mut self, from: u64, to: u64) {
        self.locked.remove(from, to);
        self.offered.remove(from, to);
    }

    /// Takes `from..to` out of the allocation at `start`, which may leave a part before and a part behind.
    pub(super) fn cut(&mut self, start: u64, from: u64, to: u64) {
        self.forget(from, to);
        let Some(allocation) = self.allocations.remove(&start) else { return };
        let end = start + allocation.size;
        for (part, part_end) in [(start, from), (to, end)] {
            if part < part_end {
                let size = part_end - part;
                let mut runs = Runs::new(size, Page::Reserved);
                for (run, run_end, page) in allocation.runs.within(part - start, part_end - start) {
                    runs.set(run - (part - start), run_end - (part - start), page);
                }
                let commits = allocation.commits.as_ref().map(|(of, at)| (Arc::clone(of), at + (part - start)));
                self.allocations.insert(part, Allocation { size, runs, commits, ..allocation });
            }
        }
        // A part that does not begin at a granule cannot be given out, and what lies elsewhere is not searched from here.
        let freed = from.next_multiple_of(GRANULE);
        if freed >= self.places[0].0 {
            self.search_from = self.search_from.min(freed);
        }
    }
}

impl Allocation {
    /// An allocation of our own making, nothing special.
    pub(super) fn new(size: u64, protection: u32, kind: MemoryType, page: Page) -> Self {
        Self {
            size,
            protection,
            kind,
            foreign: false,
            placeholder: Placeholder::No,
            watched: false,
            commits: None,
            runs: Runs::new(size, page),
        }
    }

    /// A placeholder.
    pub(super) fn placeholder(size: u64) -> Self {
        let plain = Self::new(size, PAGE_NOACCESS, MemoryType::Private, Page::Reserved);
        Self { placeholder: Placeholder::Is, ..plain }
    }

    pub(super) fn check_private(&self) -> NtResult<()> {
        match self.kind {
            MemoryType::Private => Ok(()),
            _ => Err(NTSTATUS::STATUS_UNABLE_TO_DELETE_SECTION),
        }
    }

    /// `base` and `size` as whole pages within the allocation at `start`; all of it for a size of 0.
    pub(super) fn range(&self, start: u64, base: u64, size: u64) -> NtResult<(u64, u64)> {
        let end = start + self.size;
        let from = base / PAGE * PAGE;
        if size == 0 {
            return if from == start { Ok((start, end)) } else { Err(NTSTATUS::STATUS_UNABLE_TO_FREE_VM) };
        }
        let to = base.checked_add(size).filter(|&to| to <= end).ok_or(NTSTATUS::STATUS_UNABLE_TO_FREE_VM)?;
        Ok((from, to.next_multiple_of(PAGE)))
    }

    pub(super) fn commit(&mut self, start: u64, from: u64, to: u64, protection: Protection) -> NtResult<()> {
        if self.kind == MemoryType::Image || self.placeholder == Placeholder::Is {
            return Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES);
        }
        self.seal(start, from, to, protection)?;
        host::protect(from, to - from, protection.host())?;
        self.runs.set(from - start, to - start, Page::Committed(protection));
        Ok(())
    }

    /// Makes pages that will be code fit to be looked at, before anybody can run it. Those that are code already stay as they are: others may be
    /// running it.
    pub(super) fn seal(&self, start: u64, from: u64, to: u64, protection: Protection) -> NtResult<()> {
        if !protection.is_only_code() || code::is_expected() {
            return Ok(());
        }
        let runs = self.runs.within(from - start, to - start);
        runs.filter(|(_, _, page)| !matches!(page, Page::Committed(old) if old.host() & libc::PROT_EXEC != 0))
            .try_for_each(|(from, to, _)| host::seal(start + from, to - from))
    }

    pub(super) fn region(&self, start: u64, base: u64) -> Region {
        let (page, end) = self.runs.at(base - start);
        let (state, protect) = match page {
            Page::Reserved => (RegionState::Reserved, 0),
            Page::Committed(protection) => (RegionState::Committed, protection.bits()),
        };
        Region {
            base,
            size: start + end - base,
            allocation_base: start,
            allocation_protect: self.protection,
            state,
            protect,
            kind: Some(self.kind),
        }
    }
}
