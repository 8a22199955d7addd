//! The signal state of an object.
//!
//! One atomic word. While nobody is blocked, signalling and passing are one compare-exchange. A thread that must block sets `SLOW` in
//! the word and queues itself under the mutex; from then on every change goes through the mutex, until the queue is empty again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::due::Due;
use super::shared::Shared;
use super::timed::Timed;
use super::waiter::Waiter;
use crate::object::Place;

/// What signalling an object means for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// All pass, and the object stays signalled: manual-reset events, threads, processes.
    Notification,
    /// One passes, and the object is no longer signalled: auto-reset events.
    Synchronization,
    /// As many pass as the count in the low half of the word says.
    Semaphore,
    /// One thread passes and owns the object until it releases it as often as it passed. The low half of the word is the owner's
    /// identifier, the upper half says how often it passed beyond the first time, and whether an owner died.
    Mutant,
}

/// Every change goes through the mutex.
const SLOW: u64 = 1 << 63;
/// A mutant whose owner ended without releasing it.
const ABANDONED: u64 = 1 << 62;
/// Where a mutant's recursion count begins.
const RECURSION: u64 = 1 << 32;
const RECURSION_LIMIT: u64 = (1 << 30) - 1;
const LOW: u64 = 0xffff_ffff;

/// How a thread passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The object was signalled.
    Plain,
    /// The mutant was free because its owner ended without releasing it.
    Abandoned,
}

/// The signal state of an object, and the threads that wait for it.
#[derive(Debug)]
pub struct Dispatcher {
    signal: Signal,
    /// What a semaphore's count may grow to.
    limit: u32,
    state: AtomicU64,
    // Several are taken only in the order of their addresses. A waiter's alert queue may be locked while one is held.
    queue: Mutex<Vec<Queued>>,
    /// When it signals itself.
    due: Due,
    /// Where the state is instead, when processes share the object. `state` is [`SLOW`] then, and nobody is queued.
    shared: Option<Shared>,
}

/// A blocked thread in the queue of one object.
#[derive(Debug)]
pub(super) struct Queued {
    pub waiter: Arc<Waiter>,
    /// Which of the objects it waits for this is.
    pub index: u32,
    /// It needs all of its objects at once: it is told to look again and takes nothing.
    pub all: bool,
}

impl Dispatcher {
    /// A state that starts signalled, or does not.
    pub const fn new(signal: Signal, signalled: bool) -> Self {
        Self::with(signal, signalled as u64, None)
    }

    /// A new state that processes share if there is a place for it: signalled with this count, or owned by this thread.
    pub fn new_in(place: Option<Place>, signal: Signal, state: u32) -> Self {
        match place {
            None => Self::with(signal, u64::from(state), None),
            Some(place) => Self::with(signal, SLOW, Some(Shared::with_state(signal, place, state))),
        }
    }

    /// The state that another process has put into a place.
    pub fn open_in(place: Place, signal: Signal) -> Self {
        Self::with(signal, SLOW, Some(Shared::new(signal, place)))
    }

    const fn with(signal: Signal, state: u64, shared: Option<Shared>) -> Self {
        Self {
            signal,
            limit: u32::MAX,
            state: AtomicU64::new(state),
            queue: Mutex::new(Vec::new()),
            due: Due::never(),
            shared,
        }
    }

    /// The same for a timer: of one that processes share, the state says when it is due.
    pub fn timed(mut self) -> Self {
        self.shared = self.shared.map(Shared::into_timed);
        self
    }

    /// The timer whose state processes share, if it is one.
    pub(crate) fn timer(&self) -> Option<Timed<'_>> {
        self.shared.as_ref().and_then(Shared::timer)
    }

    /// The state that processes share, if they do.
    pub(super) const fn shared(&self) -> Option<&Shared> {
        self.shared.as_ref()
    }

    /// The same for a semaphore that does not grow beyond this count.
    pub const fn limited(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// What a semaphore's count may grow to.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// What signalling it means.
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// Signals; gives back whether it was signalled before. For events and what behaves like one.
    #[inline]
    pub fn set(&self) -> bool {
        self.update(|_| Some(1)).0 != 0
    }

    /// Takes the signal away; gives back whether it was signalled. For events and what behaves like one.
    #[inline]
    pub fn reset(&self) -> bool {
        self.update(|_| Some(0)).0 != 0
    }

    /// Has it signal itself at a time, or never. Not for one that processes share. A signal that it has stays.
    pub fn signal_at(&self, due: Option<Instant>) {
        debug_assert!(due.is_none() || self.shared.is_none(), "nobody else sees when it is due");
        self.due.set(due);
        if due.is_some() {
            self.lock().have_all_look_again();
        }
    }

    /// Signals if the time has come for that.
    #[inline]
    pub fn signal_if_due(&self) {
        if self.due.comes() {
            self.set();
        }
    }

    /// When it signals itself.
    pub(crate) fn due(&self) -> &Due {
        &self.due
    }

    /// Lets pass who waits now, and leaves the event unsignalled; gives back whether it was signalled.
    pub fn pulse(&self) -> bool {
        if let Some(shared) = &self.shared {
            return shared.pulse();
        }
        let mut locked = self.lock();
        let before = locked.state;
        locked.state = 1;
        locked.release_waiters();
        locked.state = 0;
        before != 0
    }

    /// True when a wait would not block a thread that owns nothing.
    pub fn is_signalled(&self) -> bool {
        if let Some(shared) = &self.shared {
            return shared.is_signalled();
        }
        let state = self.settled();
        match self.signal {
            Signal::Mutant => state & LOW == 0,
            _ => state & LOW != 0,
        }
    }

    /// The state without [`SLOW`]. While a thread is blocked, what it will be once whoever changes it now is done: a thread that
    /// was let pass sees the signal that woke it.
    fn settled(&self) -> u64 {
        match self.state.load(Ordering::Acquire) {
            state if state & SLOW == 0 => state,
            _ => self.shared.as_ref().map_or_else(|| self.lock().state, Shared::state),
        }
    }

    /// A semaphore's count.
    pub fn count(&self) -> u32 {
        self.settled() as u32
    }

    /// A mutant's owner, how often it passed, and whether the mutant is abandoned; `None` when it is free.
    pub fn owner(&self) -> (Option<(u32, u32)>, bool) {
        if let Some(shared) = &self.shared {
            return shared.owner();
        }
        let state = self.settled();
        let times = (state & !ABANDONED) / RECURSION + 1;
        let owner = (state & LOW != 0).then_some((state as u32, times as u32));
        (owner, state & ABANDONED != 0)
    }

    /// Adds to a semaphore's count unless that exceeds its limit; gives back the count before, or `None`.
    #[inline]
    pub fn add(&self, count: u32) -> Option<u32> {
        let (before, changed) = self.update(|state| within(state, count, self.limit));
        changed.then_some(before as u32)
    }

    /// Releases a mutant once; gives back how often its owner had passed, or `None` if `thread` is not the owner.
    #[inline]
    pub fn release(&self, thread: u32) -> Option<u32> {
        if let Some(shared) = &self.shared {
            return shared.release(thread);
        }
        let (before, changed) = self.update(|state| released(state, thread));
        changed.then_some(times(before))
    }

    /// Frees a mutant whose owner has ended; true if `thread` was the owner.
    pub fn abandon(&self, thread: u32) -> bool {
        if let Some(shared) = &self.shared {
            return shared.abandon(thread);
        }
        self.update(|state| (state & LOW == u64::from(thread)).then_some(ABANDONED)).1
    }

    /// Signals if nobody is blocked, and gives back whether it was signalled; `None` when [`Self::set`] must do it.
    #[inline(always)]
    pub fn try_set(&self) -> Option<bool> {
        self.try_store(1)
    }

    /// As [`Self::try_set`], for [`Self::reset`].
    #[inline(always)]
    pub fn try_reset(&self) -> Option<bool> {
        self.try_store(0)
    }

    #[inline(always)]
    fn try_store(&self, next: u64) -> Option<bool> {
        self.try_update(|_| Some(next)).map(|(before, _)| before != 0)
    }

    /// [`Self::add`] if nobody is blocked; `None` when that must do it.
    #[inline(always)]
    pub fn try_add(&self, count: u32) -> Option<Option<u32>> {
        let (before, changed) = self.try_update(|state| within(state, count, self.limit))?;
        Some(changed.then_some(before as u32))
    }

    /// [`Self::release`] if nobody is blocked; `None` when that must do it.
    #[inline(always)]
    pub fn try_release(&self, thread: u32) -> Option<Option<u32>> {
        let (before, changed) = self.try_update(|state| released(state, thread))?;
        Some(changed.then_some(times(before)))
    }

    /// Passes if nobody is blocked and the object is signalled. `None` says nothing: [`super::one`] must find out.
    #[inline(always)]
    pub fn try_pass_fast(&self, thread: u32) -> Option<Passed> {
        let mut state = self.state.load(Ordering::Acquire);
        while state & SLOW == 0 {
            let (next, passed) = self.pass(state, thread)?;
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(passed),
                Err(now) => state = now,
            }
        }
        None
    }

    /// Passes if that is possible at once.
    #[inline]
    pub(super) fn try_pass(&self, thread: u32) -> Option<Passed> {
        self.try_pass_fast(thread).or_else(|| match &self.shared {
            Some(shared) => shared.try_pass(thread),
            None if self.state.load(Ordering::Acquire) & SLOW != 0 => self.lock().pass(thread),
            None => None,
        })
    }

    /// The state after `thread` has passed, if it can.
    #[inline(always)]
    fn pass(&self, state: u64, thread: u32) -> Option<(u64, Passed)> {
        match self.signal {
            Signal::Notification => (state != 0).then_some((state, Passed::Plain)),
            Signal::Synchronization => (state != 0).then_some((0, Passed::Plain)),
            Signal::Semaphore => (state != 0).then(|| (state - 1, Passed::Plain)),
            Signal::Mutant if state & LOW == 0 => {
                let passed = if state & ABANDONED != 0 { Passed::Abandoned } else { Passed::Plain };
                Some((u64::from(thread), passed))
            }
            Signal::Mutant => {
                let again =
                    state & LOW == u64::from(thread) && (state / RECURSION) & RECURSION_LIMIT != RECURSION_LIMIT;
                again.then_some((state + RECURSION, Passed::Plain))
            }
        }
    }

    /// Changes the state to what `step` gives, if it gives one, and lets pass whom that allows to. Gives back the state before.
    #[inline]
    fn update(&self, step: impl Fn(u64) -> Option<u64>) -> (u64, bool) {
        self.try_update(&step).unwrap_or_else(|| self.update_slowly(&step))
    }

    /// The same if nobody is blocked.
    #[inline(always)]
    fn try_update(&self, step: impl Fn(u64) -> Option<u64>) -> Option<(u64, bool)> {
        let mut state = self.state.load(Ordering::Acquire);
        while state & SLOW == 0 {
            let Some(next) = step(state) else { return Some((state, false)) };
            // Also when nothing changes: what this thread wrote before must be seen by who resets the event after this.
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((state, true)),
                Err(now) => state = now,
            }
        }
        None
    }

    #[cold]
    #[inline(never)]
    fn update_slowly(&self, step: &dyn Fn(u64) -> Option<u64>) -> (u64, bool) {
        if let Some(shared) = &self.shared {
            return shared.update(step);
        }
        let mut locked = self.lock();
        let before = locked.state;
        let Some(next) = step(before) else { return (before, false) };
        locked.state = next;
        locked.release_waiters();
        (before, true)
    }

    /// Takes the mutex, and the state with it.
    pub(super) fn lock(&self) -> Locked<'_> {
        debug_assert!(self.shared.is_none(), "a shared object has no queue");
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state.fetch_or(SLOW, Ordering::AcqRel) & !SLOW;
        Locked { dispatcher: self, queue, state, woken: Released::default() }
    }

    /// Threads in the queue.
    #[cfg(test)]
    pub(super) fn waiters(&self) -> usize {
        self.lock().queue.len()
    }

    /// True when a thread is blocked.
    #[cfg(test)]
    pub(crate) fn has_waiters(&self) -> bool {
        self.waiters() != 0
    }

    /// Takes a thread out of the queue.
    pub(super) fn forget(&self, waiter: &Arc<Waiter>) {
        self.lock().queue.retain(|queued| !Arc::ptr_eq(&queued.waiter, waiter));
    }
}

/// A semaphore's count with `count` more, up to `limit`.
#[inline(always)]
fn within(state: u64, count: u32, limit: u32) -> Option<u64> {
    (u64::from(count) + state <= u64::from(limit)).then_some(state + u64::from(count))
}

/// A mutant's state once `thread` has released it once more, if it is its owner.
#[inline(always)]
fn released(state: u64, thread: u32) -> Option<u64> {
    match state {
        _ if state & LOW != u64::from(thread) => None,
        _ if (state / RECURSION) & RECURSION_LIMIT != 0 => Some(state - RECURSION),
        _ => Some(0),
    }
}

/// How often a mutant's owner has passed.
const fn times(state: u64) -> u32 {
    ((state & !ABANDONED) / RECURSION) as u32 + 1
}

/// A dispatcher whose state and queue only the holder changes.
pub(super) struct Locked<'a> {
    dispatcher: &'a Dispatcher,
    state: u64,
    // Dropped in this order: who is woken finds the mutex free, not held by the thread whose processor it has been given.
    queue: MutexGuard<'a, Vec<Queued>>,
    woken: Released,
}

/// Threads to wake once the new state can be seen.
#[derive(Default)]
struct Released(Vec<Arc<Waiter>>);

impl Drop for Released {
    fn drop(&mut self) {
        self.0.iter().for_each(|waiter| waiter.release());
    }
}

impl Locked<'_> {
    /// Passes if possible.
    pub(super) fn pass(&mut self, thread: u32) -> Option<Passed> {
        let (state, passed) = self.dispatcher.pass(self.state, thread)?;
        self.state = state;
        Some(passed)
    }

    /// Whether [`Self::pass`] would be possible.
    pub(super) fn would_pass(&self, thread: u32) -> bool {
        self.dispatcher.pass(self.state, thread).is_some()
    }

    /// Queues a thread that has to block.
    pub(super) fn enqueue(&mut self, queued: Queued) {
        self.queue.push(queued);
    }

    /// Has the queued threads see for themselves what has changed.
    fn have_all_look_again(&mut self) {
        let told = self.queue.iter().filter(|queued| queued.waiter.look_again());
        self.woken.0.extend(told.map(|queued| Arc::clone(&queued.waiter)));
    }

    /// Lets queued threads pass, first come first served, while the state allows it.
    fn release_waiters(&mut self) {
        let mut at = 0;
        while let Some(queued) = self.queue.get(at) {
            let Some((state, passed)) = self.dispatcher.pass(self.state, queued.waiter.thread()) else { break };
            if queued.all {
                self.woken.0.extend(queued.waiter.look_again().then(|| Arc::clone(&queued.waiter)));
                at += 1;
            } else if queued.waiter.satisfy(queued.index, passed) {
                self.state = state;
                self.woken.0.push(self.queue.remove(at).waiter);
            } else {
                // Its wait is over; it is about to take itself out.
                at += 1;
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let slow = if self.queue.is_empty() { 0 } else { SLOW };
        self.dispatcher.state.store(self.state | slow, Ordering::Release);
    }
}
