//! The books: which allocations there are, and where there is room.

use std::collections::BTreeMap;

use abi::{NTSTATUS, NtResult};

use crate::low;
use crate::service::code;

use super::host::{self, Source};
use super::overlapping;
use super::runs::Runs;
use super::{GRANULE, MemoryType, PAGE, Page, Protection, Region, RegionState};

#[derive(Debug)]
pub(super) struct Books {
    pub(super) allocations: BTreeMap<u64, Allocation>,
    /// Where memory without a wish for an address goes: first here, then there.
    pub(super) places: [(u64, u64); 2],
    /// No granule below this one is free in the first of the places.
    pub(super) search_from: u64,
}

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) size: u64,
    pub(super) protection: u32,
    pub(super) kind: MemoryType,
    /// Mapped by others, who unmap it.
    pub(super) foreign: bool,
    pub(super) runs: Runs,
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

    /// Maps memory at an address, or where there is room; gives back where.
    pub(super) fn map(
        &mut self,
        wanted: Option<u64>,
        size: u64,
        top_down: bool,
        protection: libc::c_int,
        source: Source<'_>,
    ) -> NtResult<u64> {
        if let Some(at) = wanted {
            let free =
                at >= GRANULE && at + size <= low::END && self.next_taken(at) >= at + size && self.at(at).is_none();
            return match free && host::map(at, size, protection, source)?.is_some() {
                true => Ok(at),
                false => Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES),
            };
        }
        // What the books do not know of is found out when the host refuses, and looked up once then.
        let mut foreign = Vec::new();
        for _ in 0..2 {
            let [first, second] = self.places;
            for (low, high) in if top_down { [second, first] } else { [first, second] } {
                let mut from = if low == first.0 { self.search_from } else { low };
                let mut to = high;
                while let Some(at) = match top_down {
                    true => self.highest_gap(low, to, size, &foreign),
                    false => self.lowest_gap(from, high, size, &foreign),
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
                    (from, to) = (at + GRANULE, at + size - GRANULE.min(size));
                }
            }
        }
        Err(NTSTATUS::STATUS_NO_MEMORY)
    }

    /// The lowest granule in `from..to` with room for `size` bytes.
    pub(super) fn lowest_gap(&self, from: u64, to: u64, size: u64, foreign: &[host::Mapping]) -> Option<u64> {
        let mut at = from.next_multiple_of(GRANULE);
        if let Some((&start, before)) = self.allocations.range(..at).next_back() {
            at = at.max((start + before.size).next_multiple_of(GRANULE));
        }
        while at.checked_add(size)? <= to {
            let end = at + size;
            let taken = self.allocations.range(at..end).next().map(|(&start, allocation)| start + allocation.size);
            let taken = taken.or_else(|| overlapping(foreign, at, end).map(|mapping| mapping.end));
            match taken {
                None => return Some(at),
                Some(behind) => at = behind.next_multiple_of(GRANULE),
            }
        }
        None
    }

    /// The highest granule in `from..to` with room for `size` bytes.
    pub(super) fn highest_gap(&self, from: u64, to: u64, size: u64, foreign: &[host::Mapping]) -> Option<u64> {
        let mut at = to.checked_sub(size)? / GRANULE * GRANULE;
        while at >= from {
            let end = at + size;
            let below = self.allocations.range(..end).next_back();
            let taken = below.filter(|(start, allocation)| *start + allocation.size > at).map(|(&start, _)| start);
            let taken = taken.or_else(|| overlapping(foreign, at, end).map(|mapping| mapping.start));
            match taken {
                None => return Some(at),
                Some(start) => at = start.checked_sub(size)? / GRANULE * GRANULE,
            }
        }
        None
    }

    pub(super) fn next_taken(&self, from: u64) -> u64 {
        self.allocations.range(from..).next().map_or(u64::MAX, |(&start, _)| start)
    }

    /// Takes `from..to` out of the allocation at `start`, which may leave a part before and a part behind.
    pub(super) fn cut(&mut self, start: u64, from: u64, to: u64) {
        let Some(allocation) = self.allocations.remove(&start) else { return };
        let end = start + allocation.size;
        for (part, part_end) in [(start, from), (to, end)] {
            if part < part_end {
                let size = part_end - part;
                let mut runs = Runs::new(size, Page::Reserved);
                for (run, run_end, page) in allocation.runs.within(part - start, part_end - start) {
                    runs.set(run - (part - start), run_end - (part - start), page);
                }
                self.allocations.insert(part, Allocation { size, runs, ..allocation });
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
        if self.kind == MemoryType::Image {
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
