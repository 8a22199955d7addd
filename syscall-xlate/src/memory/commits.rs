//! Sections whose pages are committed one by one (`SEC_RESERVE`), for all views at once.

use std::sync::{Arc, Mutex, PoisonError};

use abi::{NTSTATUS, NtResult};

use super::books::{Allocation, Books};
use super::host;
use super::runs::Runs;
use super::{Page, Protection};

/// Which pages of a section are committed.
#[derive(Debug)]
pub struct Commits {
    // Taken with the books of the address space held.
    runs: Mutex<Runs>,
}

impl Commits {
    /// None yet, of a section of this size.
    pub fn new(size: u64) -> Arc<Self> {
        Arc::new(Self { runs: Mutex::new(Runs::new(size, Page::Reserved)) })
    }

    fn commit(&self, from: u64, to: u64) {
        // What a page is committed with is its views' business.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).set(from, to, Page::Committed(Protection::READWRITE));
    }

    /// The committed ranges within `from..to`.
    fn within(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.within(from, to).filter(|(_, _, page)| *page != Page::Reserved).map(|(from, to, _)| (from, to)).collect()
    }
}

impl Allocation {
    /// Opens what is committed of the view's part `from..to` of the section, and was only reserved in the view.
    fn open(&mut self, start: u64, section_from: u64, section_to: u64) -> NtResult<()> {
        let Some((commits, offset)) = self.commits.clone() else { return Ok(()) };
        let protection = Protection::new(self.protection)?;
        let (low, high) = (section_from.max(offset), section_to.min(offset + self.size));
        if low >= high {
            return Ok(());
        }
        for (from, to) in commits.within(low, high) {
            let reserved: Vec<_> =
                self.runs.within(from - offset, to - offset).filter(|(_, _, page)| *page == Page::Reserved).collect();
            for (from, to, _) in reserved {
                host::protect(start + from, to - from, protection.host())?;
                self.runs.set(from, to, Page::Committed(protection));
            }
        }
        Ok(())
    }
}

impl Books {
    /// Opens what is committed already of a view that has just been entered.
    pub(super) fn open_view(&mut self, start: u64) -> NtResult<()> {
        self.allocations.get_mut(&start).map_or(Ok(()), |view| view.open(start, 0, u64::MAX))
    }

    /// Commits a part of the view at `start`, in all views of the section: there with the protection that they were mapped with.
    pub(super) fn commit_view(&mut self, start: u64, from: u64, to: u64, protection: Protection) -> NtResult<()> {
        let view = self.allocations.get_mut(&start).ok_or(NTSTATUS::STATUS_CONFLICTING_ADDRESSES)?;
        let (commits, offset) = view.commits.clone().ok_or(NTSTATUS::STATUS_CONFLICTING_ADDRESSES)?;
        let allowed = Protection::new(view.protection)?;
        if protection.writes() && !allowed.writes() || protection.executes() && !allowed.executes() {
            return Err(NTSTATUS::STATUS_SECTION_PROTECTION);
        }
        view.commit(start, from, to, protection)?;
        let (section_from, section_to) = (from - start + offset, to - start + offset);
        commits.commit(section_from, section_to);
        for (&other, allocation) in &mut self.allocations {
            if allocation.commits.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, &commits)) {
                allocation.open(other, section_from, section_to)?;
            }
        }
        Ok(())
    }
}
