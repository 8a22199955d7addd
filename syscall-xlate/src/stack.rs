//! A guest thread's stack.
//!
//! From below: a page no one may touch, room for the shims, the guest's guard pages, the guest's stack. The guest meets its guard where
//! Windows would put it. A shim that is called with little stack left runs on through the guard, which the fault handler opens for it,
//! into its own room. The guest does not: when the shim comes back to it or calls it back beyond the guard, it is told that its stack has
//! overflowed (`exception/overflow.rs`).

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::low::Block;
use crate::spare::Spare;

const PAGE: u64 = 4096;
/// Below everything.
const BOTTOM_GUARD: u64 = 16 * PAGE;
/// What a shim may need when the guest has left nothing.
const SHIM_ROOM: u64 = 64 * PAGE;
/// What a guest may be sure of for its handlers of a stack overflow, in bytes: the dispatcher needs the rest.
pub(crate) const MOST_GUARANTEE: u32 = 0x2_0000;
/// Windows keeps a guard page and a last one it never gives away; the default guarantee adds one more.
const GUEST_GUARD: u64 = 3 * PAGE;

/// Windows' default for an image that asks for none ("Thread Stack Size").
pub const DEFAULT_SIZE: u64 = 1 << 20;

/// What a stack that is used again keeps of its memory, at its base. Few threads use more.
const KEPT: u64 = 4 * PAGE;
/// Stacks that are kept.
static SPARE: Spare<Stack, 8> = Spare::new();

/// The largest stack that is taken at its word.
const LARGEST: u64 = 1 << 40;

/// Who may go through the guard pages.
mod guard {
    /// Nobody.
    pub(super) const CLOSED: u8 = 0;
    /// A shim, which the guest called with too little left for it.
    pub(super) const LENT: u8 = 1;
    /// The guest too: it has been told that its stack has overflowed.
    pub(super) const OPEN: u8 = 2;
}

/// A stack. Its memory is the kernel's to commit, page by page.
#[derive(Debug)]
pub(crate) struct Stack {
    block: Block,
    guard: u64,
    state: AtomicU8,
}

impl Stack {
    /// A stack with `size` bytes for the guest; 0 means the default.
    ///
    /// # Errors
    /// The host's error when there is no room.
    pub(crate) fn new(size: u64) -> io::Result<Self> {
        let size = if size == 0 { DEFAULT_SIZE } else { size.min(LARGEST).next_multiple_of(0x1_0000) };
        if let Some(spare) = SPARE.take(|stack| stack.base() - stack.limit() == size) {
            return Ok(spare);
        }
        let block = Block::new((BOTTOM_GUARD + SHIM_ROOM + GUEST_GUARD + size) as usize, true)?;
        let guard = block.address() + BOTTOM_GUARD + SHIM_ROOM;
        block.protect(block.address() + BOTTOM_GUARD, guard, true)?;
        block.protect(guard + GUEST_GUARD, block.end(), true)?;
        Ok(Self { block, guard, state: AtomicU8::new(guard::CLOSED) })
    }

    /// Keeps it for the next thread, if it can be as a new one is.
    pub(crate) fn keep(self) {
        if self.renew() {
            SPARE.give(self);
        }
    }

    /// Makes it as a new one is. False where the guest has done something to it that cannot be undone.
    fn renew(&self) -> bool {
        let kept = self.base() - KEPT.min(self.base() - self.limit());
        self.state.swap(guard::CLOSED, Ordering::Relaxed) == guard::CLOSED
            && self.block.discard(self.limit(), kept).is_ok()
            && self.block.protect(self.limit(), kept, true).is_ok()
            && self.block.renew(kept, self.base())
    }

    /// The address behind its highest byte.
    pub(crate) fn base(&self) -> u64 {
        self.block.end()
    }

    /// The lowest address the guest may use.
    pub(crate) fn limit(&self) -> u64 {
        self.guard + GUEST_GUARD
    }

    /// The lowest address of the guest's part, guard included.
    pub(crate) fn allocation_base(&self) -> u64 {
        self.guard
    }

    /// The lowest address that anything may use.
    pub(crate) fn lowest(&self) -> u64 {
        self.block.address() + BOTTOM_GUARD
    }

    /// True when `address` is on the stack, guard and room of the shims included.
    pub(crate) fn contains(&self, address: u64) -> bool {
        (self.lowest()..self.base()).contains(&address)
    }

    /// True when `address` is in the guest's guard pages.
    pub(crate) fn in_guard(&self, address: u64) -> bool {
        (self.guard..self.limit()).contains(&address)
    }

    /// True when `address` is below all that anything may use, on the pages that end a runaway.
    pub(crate) fn is_below(&self, address: u64) -> bool {
        (self.block.address()..self.lowest()).contains(&address)
    }

    /// Lends the guard to host code that runs through it. False when it is open already. Async-signal-safe.
    pub(crate) fn lend_guard(&self) -> bool {
        self.state.compare_exchange(guard::CLOSED, guard::LENT, Ordering::Relaxed, Ordering::Relaxed).is_ok()
            && self.block.protect(self.guard, self.limit(), true).is_ok()
    }

    /// Leaves the guard to the guest, whose stack has overflowed. Async-signal-safe.
    pub(crate) fn open_guard(&self) {
        // When a shim has it, its pages are open.
        if !self.lend_guard() && !self.is_lent() {
            return;
        }
        self.state.store(guard::OPEN, Ordering::Relaxed);
    }

    /// True when a shim went through the guard, and the guest does not know of it.
    #[inline(always)]
    pub(crate) fn is_lent(&self) -> bool {
        self.state.load(Ordering::Relaxed) == guard::LENT
    }

    /// Closes the guard again, for a guest that has come back from a stack overflow. False when it is in the guard still, where RSP is `rsp`.
    pub(crate) fn close_guard(&self, rsp: u64) -> bool {
        rsp >= self.limit()
            && (self.state.swap(guard::CLOSED, Ordering::Relaxed) == guard::CLOSED
                || self.block.protect(self.guard, self.limit(), false).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use abi::fault;

    use super::*;

    #[test]
    fn a_stack_that_is_used_again_is_as_new() {
        crate::signals::install();
        const SIZE: u64 = 0x7_0000;
        let stack = Stack::new(SIZE).unwrap();
        let base = stack.base();
        let used = [stack.limit(), base - KEPT - 8, base - KEPT, base - 8];
        used.iter().for_each(|&at| fault::store_u64(at, 7).unwrap());
        stack.block.protect(stack.limit(), base, false).unwrap();
        stack.keep();
        let again = Stack::new(SIZE).unwrap();
        assert_eq!(again.base(), base);
        assert_eq!(used.map(fault::load_u64), [Ok(0); 4]);
        assert!(used.map(|at| fault::store_u64(at, 7)).iter().all(Result::is_ok));
        assert!(fault::store_u64(again.limit() - 8, 7).is_err());
        again.lend_guard();
        again.keep();
        assert_ne!(Stack::new(SIZE).unwrap().base(), base, "its guard is open");
    }

    #[test]
    fn a_lent_guard_is_told_from_one_the_guest_has() {
        let stack = Stack::new(0).unwrap();
        assert!(stack.lend_guard() && stack.is_lent());
        assert!(!stack.lend_guard(), "twice");
        assert!(!stack.close_guard(stack.limit() - 8), "from within");
        assert!(stack.is_lent());
        stack.open_guard();
        assert!(!stack.is_lent());
        assert!(!stack.lend_guard(), "what the guest has");
        assert!(stack.close_guard(stack.limit()) && stack.lend_guard());
    }
}
