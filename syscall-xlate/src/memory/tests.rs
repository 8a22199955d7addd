use std::sync::atomic::{AtomicU64, Ordering};

use abi::fault;

use super::*;

const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const BOTH: u32 = COMMIT | RESERVE;
const TOP_DOWN: u32 = 0x10_0000;

/// An address space with places of its own, so that tests do not meet.
pub(super) fn space() -> AddressSpace {
    static NEXT: AtomicU64 = AtomicU64::new(0x200_0000_0000);
    let low = NEXT.fetch_add(3 << 40, Ordering::Relaxed);
    AddressSpace::placed([(low, low + (1 << 40)), (low + (1 << 40), low + (3 << 40))])
}

pub(super) fn shape(memory: &AddressSpace, address: u64) -> (u64, RegionState, u32) {
    let region = memory.query(address).unwrap();
    assert_eq!(region.base, address / PAGE * PAGE);
    (region.size / PAGE, region.state, region.protect)
}

#[test]
fn pages_are_committed_protected_and_decommitted_one_by_one() {
    let memory = space();
    let (base, size) = memory.allocate(0, 0x2_0001, RESERVE, PAGE_READWRITE).unwrap();
    assert_eq!((base % GRANULE, size), (0, 0x2_1000));
    assert_eq!(shape(&memory, base), (33, RegionState::Reserved, 0));
    assert_eq!(memory.allocate(base + 0x1800, 0x1000, COMMIT, PAGE_READWRITE), Ok((base + 0x1000, 0x2000)));
    fault::store_u64(base + 0x2ff8, 7).unwrap();
    assert_eq!(shape(&memory, base), (1, RegionState::Reserved, 0));
    assert_eq!(shape(&memory, base + 0x1234), (2, RegionState::Committed, PAGE_READWRITE));
    assert_eq!(shape(&memory, base + 0x2000), (1, RegionState::Committed, PAGE_READWRITE));
    assert_eq!(shape(&memory, base + 0x3000), (30, RegionState::Reserved, 0));
    assert_eq!(memory.protect(base + 0x2000, 1, PAGE_READONLY), Ok((base + 0x2000, 0x1000, PAGE_READWRITE)));
    assert_eq!(shape(&memory, base + 0x1000), (1, RegionState::Committed, PAGE_READWRITE));
    assert_eq!(fault::load_u64(base + 0x2ff8), Ok(7));
    assert_eq!(memory.decommit(base + 0x2000, 1), Ok((base + 0x2000, 0x1000)));
    assert_eq!(shape(&memory, base + 0x2000), (31, RegionState::Reserved, 0));
    memory.allocate(base + 0x2000, 1, COMMIT, PAGE_READWRITE).unwrap();
    assert_eq!(fault::load_u64(base + 0x2ff8), Ok(0));
    assert_eq!(memory.release(base, 0), Ok((base, 0x2_1000)));
    assert_eq!(memory.query(base).unwrap().state, RegionState::Free);
}

#[test]
fn a_freed_address_is_given_out_again() {
    let memory = space();
    let (first, _) = memory.allocate(0, 1, BOTH, PAGE_READWRITE).unwrap();
    let (second, _) = memory.allocate(0, 1, BOTH, PAGE_READWRITE).unwrap();
    assert!(second >= first + GRANULE);
    memory.release(first, 0).unwrap();
    assert_eq!(memory.allocate(0, GRANULE, BOTH, PAGE_READWRITE).unwrap().0, first);
}

#[test]
fn a_wish_for_an_address_is_met_or_refused() {
    let memory = space();
    let (free, _) = memory.allocate(0, 4 * GRANULE, RESERVE, PAGE_READWRITE).unwrap();
    memory.release(free, 0).unwrap();
    let (base, size) = memory.allocate(free + GRANULE + 5, 0x1000, RESERVE, PAGE_READWRITE).unwrap();
    assert_eq!((base, size), (free + GRANULE, 0x2000));
    let conflict = Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES);
    assert_eq!(memory.allocate(free, 2 * GRANULE, RESERVE, PAGE_READWRITE), conflict);
    assert_eq!(memory.allocate(base, 1, RESERVE, PAGE_READWRITE), conflict);
    assert_eq!(memory.allocate(0x1000, 1, RESERVE, PAGE_READWRITE), conflict);
    assert_eq!(memory.allocate(free, 1, COMMIT, PAGE_READWRITE), conflict);
    assert_eq!(memory.allocate(base, 0x3000, COMMIT, PAGE_READWRITE), conflict);
    let here = shape as *const () as u64;
    assert_eq!(memory.allocate(here, 1, RESERVE, PAGE_READWRITE), conflict);
}

#[test]
fn top_down_is_above_bottom_up() {
    let memory = space();
    let (low, _) = memory.allocate(0, 1, RESERVE, PAGE_READWRITE).unwrap();
    let (high, _) = memory.allocate(0, 1, RESERVE | TOP_DOWN, PAGE_READWRITE).unwrap();
    let (next, _) = memory.allocate(0, 1, RESERVE | TOP_DOWN, PAGE_READWRITE).unwrap();
    assert!(low < next && next < high && high < low::END);
}

#[test]
fn absurd_requests_are_refused() {
    let memory = space();
    let invalid = Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    assert_eq!(memory.allocate(0, 0, BOTH, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(0, 1, 0, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(0, 1, BOTH | 1, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(u64::MAX, 2, BOTH, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(0x1_0000, u64::MAX, BOTH, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(0, u64::MAX, BOTH, PAGE_READWRITE), invalid);
    assert_eq!(memory.allocate(0, 0x7000_0000_0000, RESERVE, PAGE_READWRITE), Err(NTSTATUS::STATUS_NO_MEMORY));
    assert_eq!(memory.allocate(0, 1 << 44, BOTH, PAGE_READWRITE), Err(NTSTATUS::STATUS_COMMITMENT_LIMIT));
    let protection = Err(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION);
    for bad in [0, 3, PAGE_WRITECOPY, PAGE_NOACCESS | PAGE_GUARD, 0x1000] {
        assert_eq!(memory.allocate(0, 1, BOTH, bad), protection);
    }
    assert!(memory.release(0x1234_0000, 0).is_err());
    assert!(memory.query(HIGHEST + 1).is_err());
    assert!(memory.protect(0, 1, PAGE_READWRITE).is_err());
    assert!(memory.protect(u64::MAX, 2, PAGE_READWRITE).is_err());
}

#[test]
fn terabytes_can_be_reserved() {
    let memory = space();
    let (base, _) = memory.allocate(0, 2 << 40, RESERVE, PAGE_NOACCESS).unwrap();
    memory.allocate(base + (1 << 40), 0x1000, COMMIT, PAGE_READWRITE).unwrap();
    fault::store_u8(base + (1 << 40), 1).unwrap();
    assert_eq!(memory.query(base).unwrap().size, 1 << 40);
}

#[test]
fn a_release_takes_the_base_or_a_part() {
    let memory = space();
    let (base, _) = memory.allocate(0, 8 * PAGE, BOTH, PAGE_READWRITE).unwrap();
    assert_eq!(memory.release(base + PAGE, 0), Err(NTSTATUS::STATUS_MEMORY_NOT_ALLOCATED));
    assert_eq!(memory.release(base + PAGE, 8 * PAGE), Err(NTSTATUS::STATUS_UNABLE_TO_FREE_VM));
    assert_eq!(memory.release(base + 2 * PAGE, PAGE), Ok((base + 2 * PAGE, PAGE)));
    assert_eq!(shape(&memory, base), (2, RegionState::Committed, PAGE_READWRITE));
    assert_eq!(shape(&memory, base + 2 * PAGE).1, RegionState::Free);
    assert_eq!(memory.query(base + 3 * PAGE).unwrap().allocation_base, base + 3 * PAGE);
    assert_eq!(memory.release(base + 3 * PAGE, 0), Ok((base + 3 * PAGE, 5 * PAGE)));
}

#[test]
fn only_committed_pages_can_be_protected() {
    let memory = space();
    let (base, _) = memory.allocate(0, 4 * PAGE, RESERVE, PAGE_READWRITE).unwrap();
    memory.allocate(base, PAGE, COMMIT, PAGE_READWRITE).unwrap();
    assert_eq!(memory.protect(base, 2 * PAGE, PAGE_READONLY), Err(NTSTATUS::STATUS_NOT_COMMITTED));
    assert_eq!(memory.protect(base, 5 * PAGE, PAGE_READONLY), Err(NTSTATUS::STATUS_CONFLICTING_ADDRESSES));
    assert_eq!(memory.protect(base, PAGE, PAGE_EXECUTE_READ).map(|done| done.2), Ok(PAGE_READWRITE));
    assert_eq!(memory.query(base).unwrap().allocation_protect, PAGE_READWRITE);
}

#[test]
fn a_guard_page_is_hit_once() {
    let memory = space();
    let (base, _) = memory.allocate(0, 2 * PAGE, BOTH, PAGE_READWRITE | PAGE_GUARD).unwrap();
    assert_eq!(shape(&memory, base), (2, RegionState::Committed, PAGE_READWRITE | PAGE_GUARD));
    assert!(memory.guard_hit(base + 5));
    assert!(!memory.guard_hit(base + 5));
    fault::store_u8(base, 1).unwrap();
    assert_eq!(shape(&memory, base), (1, RegionState::Committed, PAGE_READWRITE));
    assert_eq!(shape(&memory, base + PAGE), (1, RegionState::Committed, PAGE_READWRITE | PAGE_GUARD));
    assert!(!memory.guard_hit(0x10));
}

#[test]
fn the_hosts_memory_is_reported_as_committed() {
    let memory = space();
    let code = memory.query(shape as *const () as u64).unwrap();
    assert_eq!(
        (code.state, code.kind, code.protect),
        (RegionState::Committed, Some(MemoryType::Image), PAGE_EXECUTE_READ)
    );
    let boxed = Box::new(1u64);
    let data = memory.query(&raw const *boxed as u64).unwrap();
    assert_eq!(
        (data.state, data.kind, data.protect),
        (RegionState::Committed, Some(MemoryType::Private), PAGE_READWRITE)
    );
    assert_eq!(memory.query(0).unwrap().state, RegionState::Free);
}

#[test]
fn the_hosts_heap_can_be_protected_but_not_its_code() {
    let memory = space();
    let block = vec![7u8; 1 << 20];
    let page = (block.as_ptr() as u64 + 2 * PAGE) / PAGE * PAGE;
    assert_eq!(memory.protect(page, 1, PAGE_READONLY).map(|done| done.2), Ok(PAGE_READWRITE));
    assert_eq!(memory.protect(page, 1, PAGE_READWRITE).map(|done| done.2), Ok(PAGE_READONLY));
    assert!(memory.protect(page, 1, PAGE_READWRITE | PAGE_GUARD).is_err());
    assert!(memory.protect(shape as *const () as u64, 1, PAGE_READWRITE).is_err());
    assert!(memory.query(page).unwrap().size > 0);
}

#[test]
fn a_registered_module_shows_its_sections() {
    let memory = space();
    let (base, _) = memory.allocate(0, 4 * PAGE, BOTH, PAGE_READWRITE).unwrap();
    let of = |bits| Protection::new(bits).unwrap();
    let other = space();
    other.register_image(base, 4 * PAGE, [(0, PAGE, of(PAGE_READONLY)), (PAGE, 2 * PAGE, of(PAGE_EXECUTE_READ))]);
    let code = other.query(base + PAGE).unwrap();
    assert_eq!((code.allocation_base, code.size, code.protect), (base, 2 * PAGE, PAGE_EXECUTE_READ));
    assert_eq!((code.kind, code.allocation_protect), (Some(MemoryType::Image), PAGE_EXECUTE_WRITECOPY));
    assert_eq!(other.release(base, 0), Err(NTSTATUS::STATUS_UNABLE_TO_DELETE_SECTION));
    other.unregister(base);
    drop(other);
    fault::store_u8(base, 1).unwrap();
}

#[test]
fn threads_never_get_the_same_memory() {
    let memory = space();
    std::thread::scope(|scope| {
        for thread in 1..=4u64 {
            let memory = &memory;
            scope.spawn(move || {
                for _ in 0..300 {
                    let (base, _) = memory.allocate(0, GRANULE, BOTH, PAGE_READWRITE).unwrap();
                    assert_eq!(fault::load_u64(base), Ok(0));
                    fault::store_u64(base, thread).unwrap();
                    std::thread::yield_now();
                    assert_eq!(fault::load_u64(base), Ok(thread));
                    memory.release(base, 0).unwrap();
                }
            });
        }
    });
}
