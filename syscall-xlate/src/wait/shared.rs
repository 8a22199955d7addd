//! The signal state of an object that processes share.
//!
//! One atomic word in shared memory, and a second one to sleep on. There is no queue: whoever signals wakes all who sleep, and they compete.
//! So nothing is lost when one of them dies. What a process that dies between its two steps does not tell, that it has signalled, and that
//! it owned a mutant, sleepers find out: they look again from time to time ([`super::mixed`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::dispatcher::{Passed, Signal};
use super::timed::{self, Timed};
use crate::object::{Place, Record, Registry};

/// Somebody sleeps.
pub(super) const SLEEPERS: u64 = 1 << 63;
/// An event's or timer's signal. An event's state is nothing else.
pub(super) const SIGNALLED: u64 = 1;
/// A mutant whose owner ended without releasing it.
const ABANDONED: u64 = 1 << 62;
/// A mutant's owner: its process's number among those who share, and its thread's identifier.
const OWNER: u64 = ABANDONED - 1;

/// The signal state of a shared object.
#[derive(Debug)]
pub(super) struct Shared {
    signal: Signal,
    place: Place,
    /// It is a timer's.
    timed: bool,
}

/// What a thread that cannot pass may sleep on.
pub(super) struct Sleep<'a> {
    pub word: &'a AtomicU32,
    pub expected: u32,
    /// Longer than this nobody sleeps on it: then a timer is due.
    pub longest: Option<Duration>,
}

impl Shared {
    /// The state of an object that exists.
    pub(super) const fn new(signal: Signal, place: Place) -> Self {
        Self { signal, place, timed: false }
    }

    /// As [`Self::new`], for one that nobody sees yet: signalled, with this count, or owned by this thread.
    pub(super) fn with_state(signal: Signal, place: Place, state: u32) -> Self {
        let shared = Self::new(signal, place);
        let state = match (signal, state) {
            (Signal::Mutant, 1..) => shared.owner_id(state),
            _ => u64::from(state),
        };
        shared.place.record().state.store(state, Ordering::Relaxed);
        shared
    }

    /// The same for a timer.
    pub(super) fn into_timed(mut self) -> Self {
        self.timed = true;
        self
    }

    /// The timer whose state it is, if it is one.
    pub(super) fn timer(&self) -> Option<Timed<'_>> {
        self.timed.then_some(Timed(self))
    }

    pub(super) fn record(&self) -> &Record {
        self.place.record()
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        self.place.registry()
    }

    /// The state, without the bit of those who sleep.
    pub(super) fn state(&self) -> u64 {
        self.load() & !SLEEPERS
    }

    fn load(&self) -> u64 {
        if self.timed { timed::expire(self.record()) } else { self.record().state.load(Ordering::Acquire) }
    }

    /// Whether a thread that owns nothing could pass.
    pub(super) fn is_signalled(&self) -> bool {
        self.allows(self.state())
    }

    /// Changes the state of an event or semaphore to what `step` gives, if it gives one, and wakes whom that concerns. Gives back the state
    /// before, and whether it changed.
    pub(super) fn update(&self, step: impl Fn(u64) -> Option<u64>) -> (u64, bool) {
        let word = &self.place.record().state;
        let mut state = word.load(Ordering::Acquire);
        loop {
            let before = state & !SLEEPERS;
            let Some(next) = step(before) else { return (before, false) };
            let wakes = self.allows(next);
            let kept = if wakes { 0 } else { state & SLEEPERS };
            match word.compare_exchange_weak(state, next & !SLEEPERS | kept, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    if wakes && state & SLEEPERS != 0 {
                        self.wake();
                    }
                    return (before, true);
                }
                Err(now) => state = now,
            }
        }
    }

    /// Signals an event and takes the signal away at once. Who sleeps may miss it, as the documentation of `PulseEvent` warns.
    pub(super) fn pulse(&self) -> bool {
        let before = self.update(|_| Some(1)).0;
        self.update(|_| Some(0));
        before != 0
    }

    /// Passes if that is possible at once.
    pub(super) fn try_pass(&self, thread: u32) -> Option<Passed> {
        let record = self.place.record();
        let mut state = self.load();
        loop {
            let next = match self.signal {
                Signal::Mutant if state & OWNER == self.owner_id(thread) => {
                    let passes = record.recursion.load(Ordering::Relaxed);
                    // As far as Windows counts.
                    let again = passes.checked_add(1).filter(|&again| again <= i32::MAX as u32)?;
                    record.recursion.store(again, Ordering::Relaxed);
                    return Some(Passed::Plain);
                }
                _ if !self.allows(state & !SLEEPERS) => return None,
                Signal::Notification => return Some(Passed::Plain),
                Signal::Synchronization => state & !SLEEPERS & !SIGNALLED,
                Signal::Semaphore => (state & !SLEEPERS) - 1,
                Signal::Mutant => self.owner_id(thread),
            };
            match record.state.compare_exchange_weak(
                state,
                next | state & SLEEPERS,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) if self.signal == Signal::Mutant => {
                    record.recursion.store(0, Ordering::Relaxed);
                    return Some(if state & ABANDONED != 0 { Passed::Abandoned } else { Passed::Plain });
                }
                Ok(_) => return Some(Passed::Plain),
                Err(now) => state = now,
            }
        }
    }

    /// Whether [`Self::try_pass`] would be possible.
    pub(super) fn would_pass(&self, thread: u32) -> bool {
        let state = self.state();
        self.allows(state) || (self.signal == Signal::Mutant && state & OWNER == self.owner_id(thread))
    }

    /// Undoes [`Self::try_pass`].
    pub(super) fn pass_back(&self, thread: u32, passed: Passed) {
        match (self.signal, passed) {
            (Signal::Notification, _) => {}
            (Signal::Synchronization, _) => _ = self.update(|state| Some(state | SIGNALLED)),
            (Signal::Semaphore, _) => _ = self.update(|count| count.checked_add(1)),
            (Signal::Mutant, Passed::Plain) => _ = self.release(thread),
            (Signal::Mutant, Passed::Abandoned) => _ = self.abandon(thread),
        }
    }

    /// Releases a mutant once; gives back how often its owner had passed, or `None` if `thread` is not the owner.
    pub(super) fn release(&self, thread: u32) -> Option<u32> {
        if self.state() & OWNER != self.owner_id(thread) {
            return None;
        }
        let recursion = &self.place.record().recursion;
        match recursion.load(Ordering::Relaxed) {
            0 => {
                self.update(|_| Some(0));
                Some(1)
            }
            again => {
                recursion.store(again - 1, Ordering::Relaxed);
                Some(again.saturating_add(1))
            }
        }
    }

    /// Frees a mutant whose owner has ended; true if `thread` was the owner.
    pub(super) fn abandon(&self, thread: u32) -> bool {
        let owner = self.owner_id(thread);
        self.update(|state| (state & OWNER == owner).then_some(ABANDONED)).1
    }

    /// Frees a mutant whose owner's process has died.
    pub(super) fn look_after_owner(&self) {
        let owner = self.state() & OWNER;
        if self.signal == Signal::Mutant && owner != 0 && !self.place.registry().lives((owner >> 32) as u32) {
            self.update(|state| (state & OWNER == owner).then_some(ABANDONED));
        }
    }

    /// A mutant's owner, how often it passed, and whether the mutant is abandoned.
    pub(super) fn owner(&self) -> (Option<(u32, u32)>, bool) {
        let state = self.state();
        let times = self.place.record().recursion.load(Ordering::Relaxed).saturating_add(1);
        ((state & OWNER != 0).then_some((state as u32, times)), state & ABANDONED != 0)
    }

    /// What to sleep on until something changes; `None` when the thread could pass.
    pub(super) fn prepare_sleep(&self, thread: u32) -> Option<Sleep<'_>> {
        let record = self.place.record();
        let expected = record.changes.load(Ordering::Acquire);
        let mut state = self.load();
        loop {
            if self.allows(state & !SLEEPERS) || self.would_pass(thread) {
                return None;
            }
            match record.state.compare_exchange_weak(state, state | SLEEPERS, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    let longest = if self.timed { timed::left(state) } else { None };
                    return Some(Sleep { word: &record.changes, expected, longest });
                }
                Err(now) => state = now,
            }
        }
    }

    /// Wakes all who sleep.
    pub(super) fn wake(&self) {
        let changes = &self.place.record().changes;
        changes.fetch_add(1, Ordering::AcqRel);
        super::futex::wake_shared(changes);
    }

    /// Whether a state lets somebody pass who owns nothing.
    const fn allows(&self, state: u64) -> bool {
        match self.signal {
            Signal::Mutant => state & OWNER == 0,
            Signal::Semaphore => state != 0,
            Signal::Notification | Signal::Synchronization => state & SIGNALLED != 0,
        }
    }

    /// A thread of this process as a mutant's owner.
    fn owner_id(&self, thread: u32) -> u64 {
        u64::from(self.place.registry().process()) << 32 | u64::from(thread)
    }
}
