//! What is where, as a guest is told.

use super::{HIGHEST, PAGE_NOACCESS, host};

/// What an allocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryType {
    /// `MEM_PRIVATE`
    Private,
    /// `MEM_MAPPED`: a view of a section.
    Mapped,
    /// `MEM_IMAGE`: a view of a module.
    Image,
}

impl MemoryType {
    /// As the guest spells it.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Private => 0x2_0000,
            Self::Mapped => 0x4_0000,
            Self::Image => 0x100_0000,
        }
    }
}

/// The state of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionState {
    /// `MEM_FREE`
    Free,
    /// `MEM_RESERVE`
    Reserved,
    /// `MEM_COMMIT`
    Committed,
}

impl RegionState {
    /// As the guest spells it.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Free => 0x1_0000,
            Self::Reserved => 0x2000,
            Self::Committed => 0x1000,
        }
    }
}

/// What `VirtualQuery` tells: pages alike, from the one asked for on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The page asked for.
    pub base: u64,
    /// Bytes from there to the end of the pages alike.
    pub size: u64,
    /// Start of the allocation; 0 for free memory.
    pub allocation_base: u64,
    /// `PAGE_*` the allocation was made with; 0 for free memory.
    pub allocation_protect: u32,
    /// Free, reserved or committed.
    pub state: RegionState,
    /// `PAGE_*` of committed pages; `PAGE_NOACCESS` for free ones, 0 for reserved ones.
    pub protect: u32,
    /// What it is; none for free memory.
    pub kind: Option<MemoryType>,
}

/// What is at a page the books do not know of, between two allocations they know.
pub(super) fn foreign_region(base: u64, before: u64, after: u64) -> Region {
    let mappings = host::mappings();
    let at = mappings.partition_point(|mapping| mapping.end <= base);
    match mappings.get(at) {
        Some(mapping) if mapping.start <= base => {
            let kind = if mapping.name.starts_with('/') { MemoryType::Image } else { MemoryType::Private };
            Region {
                base,
                size: mapping.end.min(after) - base,
                allocation_base: mapping.start.max(before),
                allocation_protect: mapping.protection.bits(),
                state: RegionState::Committed,
                protect: mapping.protection.bits(),
                kind: Some(kind),
            }
        }
        next => {
            let end = next.map_or(HIGHEST + 1, |mapping| mapping.start).min(after).min(HIGHEST + 1);
            Region {
                base,
                size: end.saturating_sub(base),
                allocation_base: 0,
                allocation_protect: 0,
                state: RegionState::Free,
                protect: PAGE_NOACCESS,
                kind: None,
            }
        }
    }
}
