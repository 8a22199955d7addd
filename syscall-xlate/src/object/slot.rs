//! One place of the handle table.
//!
//! A handle is looked up with one atomic exchange and one store: a lock of its own for each handle, held for a few instructions.

use std::cell::UnsafeCell;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::table::HandleFlags;
use super::{Access, Object};

/// What a handle stands for.
pub(super) struct Entry {
    pub object: Arc<dyn Object>,
    pub access: Access,
    pub flags: HandleFlags,
}

/// A place, taken or free.
#[derive(Default)]
pub(super) struct Slot {
    locked: AtomicBool,
    entry: UnsafeCell<Option<Entry>>,
}

// SAFETY: `entry` is touched only by who holds `locked`, and an `Entry` may be sent and shared.
unsafe impl Sync for Slot {}

/// Spins before the processor is given to somebody else.
const SPINS: u32 = 100;

impl Slot {
    /// Runs `work` on what is in the place. `work` must be short and must not come back here.
    #[inline(always)]
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Option<Entry>) -> R) -> R {
        struct Unlock<'a>(&'a AtomicBool);
        impl Drop for Unlock<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        if self.locked.swap(true, Ordering::Acquire) {
            self.wait();
        }
        let _unlock = Unlock(&self.locked);
        // SAFETY: we hold the lock.
        work(unsafe { &mut *self.entry.get() })
    }

    #[cold]
    #[inline(never)]
    extern "win64" fn wait(&self) {
        let mut spins = 0;
        while self.locked.load(Ordering::Relaxed) || self.locked.swap(true, Ordering::Acquire) {
            spins += 1;
            if spins < SPINS { hint::spin_loop() } else { thread::yield_now() }
        }
    }
}
