//! Dynamic thread-local storage: the indices of a process.
//!
//! The values are in each thread's TEB: 64 slots in it, and 1,024 more in a block that it points to once one is needed. Documented
//! are at least 64 indices and at most 1,088 (<https://learn.microsoft.com/windows/win32/procthread/thread-local-storage>).

use std::sync::{Mutex, PoisonError};

/// Indices in the TEB itself.
pub(crate) const SLOTS: u32 = 64;
/// Indices in the block it points to.
pub(crate) const EXPANSION_SLOTS: u32 = 1024;

/// Which indices are taken.
pub(crate) struct TlsIndexes(Mutex<Vec<bool>>);

impl Default for TlsIndexes {
    /// The first one is the system's: on Windows its DLLs have taken the lowest before a program runs, and there are programs that take 0 for no
    /// index (Rust's standard library does).
    fn default() -> Self {
        Self(Mutex::new(vec![true]))
    }
}

impl TlsIndexes {
    /// Takes the lowest free index; `None` when all are taken.
    pub(crate) fn take(&self) -> Option<u32> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = taken.iter().position(|taken| !taken).unwrap_or(taken.len());
        if index >= (SLOTS + EXPANSION_SLOTS) as usize {
            return None;
        }
        if index == taken.len() {
            taken.push(true);
        } else {
            taken[index] = true;
        }
        Some(index as u32)
    }

    /// Gives an index back; false when it was not taken.
    pub(crate) fn give_back(&self, index: u32) -> bool {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        index != 0 && taken.get_mut(index as usize).is_some_and(std::mem::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_index_is_taken_and_they_run_out() {
        let indexes = TlsIndexes::default();
        let all: Vec<_> = std::iter::from_fn(|| indexes.take()).collect();
        assert_eq!(all, (1..1088).collect::<Vec<_>>());
        assert!(indexes.give_back(7));
        assert!(!indexes.give_back(7) && !indexes.give_back(5000) && !indexes.give_back(0));
        assert_eq!(indexes.take(), Some(7));
    }
}
