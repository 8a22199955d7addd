//! Fiber-local storage: slots with a callback for what is in them when a thread ends or the index is given back.
//!
//! Without fibers of its own a thread is one fiber.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use abi::{NTSTATUS, NtResult};

use crate::Cx;

/// Slots in a block.
const BLOCK: usize = 128;
const BLOCKS: usize = 32;
/// Indices a process has (`FLS_MAXIMUM_AVAILABLE` of Windows 10).
pub const INDICES: u32 = 4080;

/// A thread's values.
#[derive(Debug, Default)]
pub struct Values {
    blocks: [OnceLock<Box<[AtomicU64; BLOCK]>>; BLOCKS],
}

impl Values {
    fn slot(&self, index: u32) -> Option<&AtomicU64> {
        let index = index as usize;
        self.blocks.get(index / BLOCK)?.get().map(|block| &block[index % BLOCK])
    }

    /// The value at an index, 0 at first.
    #[inline]
    pub fn get(&self, index: u32) -> u64 {
        self.slot(index).map_or(0, |slot| slot.load(Ordering::Relaxed))
    }

    /// Sets the value at an index that the process has taken.
    pub fn set(&self, index: u32, value: u64) {
        if let Some(block) = self.blocks.get(index as usize / BLOCK) {
            let block = block.get_or_init(|| Box::new([const { AtomicU64::new(0) }; BLOCK]));
            block[index as usize % BLOCK].store(value, Ordering::Relaxed);
        }
    }

    fn take(&self, index: u32) -> u64 {
        self.slot(index).map_or(0, |slot| slot.swap(0, Ordering::Relaxed))
    }
}

/// The indices of a process, and all threads' values.
#[derive(Debug, Default)]
pub struct FiberStorage {
    taken: TakenBits,
    // Leaf lock.
    shared: Mutex<Shared>,
}

#[derive(Debug)]
struct TakenBits([AtomicU64; INDICES.div_ceil(64) as usize]);

impl Default for TakenBits {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; INDICES.div_ceil(64) as usize])
    }
}

#[derive(Debug, Default)]
struct Shared {
    /// The callback of each taken index, 0 for none.
    callbacks: Vec<u64>,
    threads: Vec<Weak<Values>>,
}

impl FiberStorage {
    /// A new thread's values.
    pub(crate) fn new_thread(&self) -> Arc<Values> {
        let values = Arc::new(Values::default());
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.threads.retain(|thread| thread.strong_count() != 0);
        shared.threads.push(Arc::downgrade(&values));
        values
    }

    /// True for an index that is taken.
    #[inline]
    pub fn is_taken(&self, index: u32) -> bool {
        let word = self.taken.0.get(index as usize / 64);
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (index % 64) & 1 != 0)
    }

    /// Takes an index, whose value is 0 in every thread. The callback may be 0.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY` when all are taken.
    pub fn allocate(&self, callback: u64) -> NtResult<u32> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        // Index 0 is never given out, as on Windows.
        let index = (1..INDICES).find(|&index| !self.is_taken(index)).ok_or(NTSTATUS::STATUS_NO_MEMORY)?;
        if shared.callbacks.len() <= index as usize {
            shared.callbacks.resize(index as usize + 1, 0);
        }
        shared.callbacks[index as usize] = callback;
        self.taken.0[index as usize / 64].fetch_or(1 << (index % 64), Ordering::Relaxed);
        Ok(index)
    }

    /// Gives an index back: its callback, and the values the threads had.
    fn release(&self, index: u32) -> NtResult<(u64, Vec<u64>)> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_taken(index) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.taken.0[index as usize / 64].fetch_and(!(1 << (index % 64)), Ordering::Relaxed);
        let values = shared.threads.iter().filter_map(Weak::upgrade).map(|thread| thread.take(index));
        let values = values.filter(|&value| value != 0).collect();
        let callback = shared.callbacks.get_mut(index as usize).map(std::mem::take).unwrap_or_default();
        Ok((callback, values))
    }

    /// The next value of a thread that has a callback, taken out.
    pub(crate) fn next_with_callback(&self, values: &Values, from: u32) -> Option<(u32, u64, u64)> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        (from..shared.callbacks.len() as u32).find_map(|index| {
            let callback = shared.callbacks[index as usize];
            let value = if callback != 0 && self.is_taken(index) { values.take(index) } else { 0 };
            (value != 0).then_some((index, callback, value))
        })
    }
}

impl Cx<'_> {
    /// Gives an index back; its callback runs for each value that a thread has there.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an index that is not taken.
    pub fn free_fls_index(&self, index: u32) -> NtResult<()> {
        let (callback, values) = self.process.fls.release(index)?;
        if callback != 0 {
            for value in values {
                self.call_guest(callback, [value]);
            }
        }
        Ok(())
    }

    /// Runs the callbacks for this thread's values, which are gone then.
    pub(crate) fn run_fls_callbacks(&self) {
        let mut from = 0;
        while let Some((index, callback, value)) = self.process.fls.next_with_callback(self.thread.fls(), from) {
            self.call_guest(callback, [value]);
            from = index + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_empty_in_every_thread_when_taken_again() {
        let storage = FiberStorage::default();
        let (first, second) = (storage.new_thread(), storage.new_thread());
        let index = storage.allocate(7).unwrap();
        first.set(index, 1);
        second.set(index, 2);
        assert_eq!((first.get(index), second.get(index), first.get(index + 1)), (1, 2, 0));
        assert_eq!(storage.release(index), Ok((7, vec![1, 2])));
        assert_eq!(storage.release(index), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        assert_eq!(storage.allocate(0), Ok(index));
        assert_eq!(first.get(index), 0);
    }

    #[test]
    fn values_with_a_callback_are_taken_out_in_order() {
        let storage = FiberStorage::default();
        let values = storage.new_thread();
        let indices: Vec<u32> = [9, 0, 8].map(|callback| storage.allocate(callback).unwrap()).to_vec();
        indices.iter().for_each(|&index| values.set(index, u64::from(index) * 10));
        let (first, callback, value) = storage.next_with_callback(&values, 0).unwrap();
        assert_eq!((first, callback, value), (indices[0], 9, u64::from(indices[0]) * 10));
        let (last, callback, _) = storage.next_with_callback(&values, first + 1).unwrap();
        assert_eq!((last, callback), (indices[2], 8));
        assert_eq!(storage.next_with_callback(&values, last + 1), None);
    }

    #[test]
    fn indices_run_out() {
        let storage = FiberStorage::default();
        assert_eq!((1..INDICES).filter(|_| storage.allocate(0).is_ok()).count() as u32, INDICES - 1);
        assert_eq!(storage.allocate(0), Err(NTSTATUS::STATUS_NO_MEMORY));
        assert!(!storage.is_taken(u32::MAX));
        Values::default().set(u32::MAX, 1);
    }
}
