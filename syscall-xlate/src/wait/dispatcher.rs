//! The signal state of an object.
//!
//! One atomic word. While nobody is blocked, signalling and passing are one compare-exchange. A thread that must block sets `SLOW` in
//! the word and queues itself under the mutex; from then on every change goes through the mutex, until the queue is empty again.

use std::sync::atomic::AtomicU64;

/// What signalling an object means for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// All pass, and the object stays signalled: manual-reset events, threads, processes.
    Notification,
    /// One passes, and the object is no longer signalled: auto-reset events.
    Synchronization,
    /// As many pass as the count says.
    Semaphore,
    /// One thread passes and owns the object until it releases it as often as it passed.
    Mutant,
}

/// The signal state of an object, and the threads that wait for it.
#[derive(Debug)]
pub struct Dispatcher {
    signal: Signal,
    state: AtomicU64,
}

impl Dispatcher {
    /// A state that starts signalled (for a semaphore: with a count of 1; for a mutant: free), or does not.
    pub const fn new(signal: Signal, signalled: bool) -> Self {
        Self { signal, state: AtomicU64::new(signalled as u64) }
    }
}
