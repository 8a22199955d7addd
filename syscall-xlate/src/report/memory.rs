//! What is at an address, in words.

use std::fmt;

use crate::memory::{
    MemoryType, PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, PAGE_GUARD,
    PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, RegionState,
};
use crate::{Cx, low};

/// Addresses below this are never mapped: a pointer that is null, or an offset from one.
const LOWEST: u64 = 0x1_0000;

/// What is at an address.
pub(super) struct There<'a>(pub(super) &'a Cx<'a>, pub(super) u64);

impl fmt::Display for There<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cx, address) = (self.0, self.1);
        if address < LOWEST {
            return f.write_str("near the null address, where nothing ever is");
        }
        if !low::is_canonical(address) {
            return f.write_str("no address that the processor knows");
        }
        let stack = cx.thread.stack();
        if stack.is_some_and(|stack| stack.in_guard(address)) {
            return f.write_str("the guard page of the thread's stack");
        }
        if stack.is_some_and(|stack| stack.is_below(address)) {
            return f.write_str("below the thread's stack");
        }
        let Ok(region) = cx.process.memory.query(address) else {
            return f.write_str("above all that a program may use");
        };
        match (region.state, region.protect & !0xff00) {
            (RegionState::Free, _) => return f.write_str("free memory"),
            (RegionState::Reserved, _) => f.write_str("reserved memory that is not committed")?,
            (RegionState::Committed, _) if region.protect & PAGE_GUARD != 0 => f.write_str("a guard page")?,
            (RegionState::Committed, PAGE_NOACCESS) => f.write_str("memory without access")?,
            (RegionState::Committed, PAGE_READONLY) => f.write_str("read-only memory")?,
            (RegionState::Committed, PAGE_READWRITE | PAGE_WRITECOPY) => f.write_str("memory without code")?,
            (RegionState::Committed, PAGE_EXECUTE | PAGE_EXECUTE_READ) => f.write_str("read-only code")?,
            (RegionState::Committed, PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY) => {
                f.write_str("writable code")?
            }
            (RegionState::Committed, _) => f.write_str("memory")?,
        }
        if stack.is_some_and(|stack| stack.contains(address)) {
            return f.write_str(" on the thread's stack");
        }
        if let Some(module) = cx.process.module_of(address) {
            write!(f, " in {}", module.name())?;
            let section = module.rva_of(address).and_then(|rva| module.image()?.section_at(rva));
            return match section {
                Some(section) => write!(f, ", section {}", section.name),
                None => Ok(()),
            };
        }
        match (address >= low::END, region.kind) {
            (true, _) => f.write_str(" that a heap or exeunt has"),
            (false, Some(MemoryType::Mapped)) => f.write_str(" in a view of a section"),
            (false, _) => write!(f, " in the allocation at {:#x}", region.allocation_base),
        }
    }
}
