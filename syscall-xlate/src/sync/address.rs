//! Sleeping on a place in guest memory: what `WaitOnAddress` does, and what critical sections, slim locks, condition variables and
//! one-time initialization are built on.
//!
//! Sleepers are kept by address in a table of our own, so that the word may have any size and alignment and the memory may go away.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::Fault;

use crate::sync::stop::block;
use crate::wait::{Timeout, futex};

const BUCKETS: usize = 64;
const ASLEEP: u32 = 0;
const WOKEN: u32 = 1;

/// The threads of a process that sleep on addresses.
#[derive(Debug)]
pub struct AddressWaits {
    // Leaf locks. Guest memory is read while one is held, by accesses that cannot fail otherwise than with a fault.
    buckets: [Mutex<Vec<Sleeper>>; BUCKETS],
}

impl Default for AddressWaits {
    fn default() -> Self {
        Self { buckets: [const { Mutex::new(Vec::new()) }; BUCKETS] }
    }
}

#[derive(Debug)]
struct Sleeper {
    address: u64,
    word: Arc<AtomicU32>,
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slept {
    /// Somebody woke it, or there was no reason to sleep.
    Woken,
    /// Time was up.
    Timeout,
}

impl AddressWaits {
    /// Sleeps until [`Self::wake`] is called for `address`, unless `reason` finds that there is none to. `reason` runs where no wake-up
    /// can come between its answer and the sleep.
    ///
    /// # Errors
    /// What `reason` gives.
    pub fn sleep(
        &self,
        address: u64,
        timeout: Timeout,
        reason: impl FnOnce() -> Result<bool, Fault>,
    ) -> Result<Slept, Fault> {
        let deadline = timeout.deadline();
        let word = {
            let mut bucket = self.bucket(address);
            if !reason()? {
                return Ok(Slept::Woken);
            }
            if deadline.is_over() {
                return Ok(Slept::Timeout);
            }
            let word = Arc::new(AtomicU32::new(ASLEEP));
            bucket.push(Sleeper { address, word: Arc::clone(&word) });
            word
        };
        let _blocked = block();
        while word.load(Ordering::Acquire) == ASLEEP {
            if !futex::sleep(&word, ASLEEP, deadline) {
                let mut bucket = self.bucket(address);
                // Who took it out of the bucket has woken it, even if that was at the last moment.
                let Some(at) = bucket.iter().position(|sleeper| Arc::ptr_eq(&sleeper.word, &word)) else {
                    return Ok(Slept::Woken);
                };
                bucket.remove(at);
                return Ok(Slept::Timeout);
            }
        }
        Ok(Slept::Woken)
    }

    /// Sleeps while the `size` bytes (1, 2, 4 or 8) at `address` are those of `compare` (`WaitOnAddress`).
    ///
    /// # Errors
    /// A [`Fault`] where they cannot be read.
    pub fn wait(&self, address: u64, size: u64, compare: u64, timeout: Timeout) -> Result<Slept, Fault> {
        self.sleep(address, timeout, || {
            Ok(match size {
                1 => u64::from(abi::fault::load_u8(address)?) == compare,
                2 => u64::from(abi::fault::load_u16(address)?) == compare,
                4 => u64::from(abi::fault::load_u32(address)?) == compare,
                _ => abi::fault::load_u64(address)? == compare,
            })
        })
    }

    /// Wakes the `count` threads that have slept longest on `address`.
    pub fn wake(&self, address: u64, count: usize) {
        let mut woken = Vec::new();
        {
            let mut bucket = self.bucket(address);
            let mut at = 0;
            while at < bucket.len() && woken.len() < count {
                if bucket[at].address == address {
                    woken.push(bucket.remove(at).word);
                } else {
                    at += 1;
                }
            }
        }
        for word in woken {
            word.store(WOKEN, Ordering::Release);
            futex::wake(&word, 1);
        }
    }

    fn bucket(&self, address: u64) -> MutexGuard<'_, Vec<Sleeper>> {
        let hash = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        self.buckets[hash as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use super::*;

    /// The address of a word of the test's, as if it were the guest's.
    pub(in crate::sync) fn at(word: &AtomicU64) -> u64 {
        word.as_ptr() as u64
    }

    #[test]
    fn a_sleep_needs_the_compared_value() {
        let waits = AddressWaits::default();
        let word = AtomicU64::new(0x0102_0304_0506_0708);
        for (size, value) in [(1, 8), (2, 0x708), (4, 0x0506_0708), (8, 0x0102_0304_0506_0708)] {
            assert_eq!(waits.wait(at(&word), size, value + 1, Timeout::Infinite), Ok(Slept::Woken));
            assert_eq!(waits.wait(at(&word), size, value, Timeout::Relative(100)), Ok(Slept::Timeout));
            assert_eq!(waits.wait(at(&word), size, value, Timeout::NOW), Ok(Slept::Timeout));
        }
        crate::signals::install();
        assert!(waits.wait(8, 4, 0, Timeout::Infinite).is_err());
    }

    #[test]
    fn no_wake_up_is_lost_between_two_threads() {
        let waits = AddressWaits::default();
        let word = AtomicU64::new(0);
        let take_turns = |mine: u64| {
            for _ in 0..5000 {
                while word.load(Ordering::Acquire) != mine {
                    waits.wait(at(&word), 8, 1 - mine, Timeout::Infinite).unwrap();
                }
                word.store(1 - mine, Ordering::Release);
                waits.wake(at(&word), 1);
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| take_turns(0));
            scope.spawn(|| take_turns(1));
        });
    }

    #[test]
    fn as_many_are_woken_as_asked_for() {
        let waits = AddressWaits::default();
        let word = AtomicU64::new(0);
        let awake = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    waits.wait(at(&word), 8, 0, Timeout::Infinite).unwrap();
                    awake.fetch_add(1, Ordering::AcqRel);
                });
            }
            while waits.bucket(at(&word)).len() < 4 {
                thread::yield_now();
            }
            waits.wake(at(&word) + 8, usize::MAX);
            waits.wake(at(&word), 1);
            assert_eq!(waits.bucket(at(&word)).len(), 3);
            waits.wake(at(&word), usize::MAX);
        });
        assert_eq!(awake.into_inner(), 4);
    }
}
