//! The signal state of a timer that processes share.
//!
//! It is one word: the signal, when the timer is due next, and which setting it is. Nobody has to be there when it is due: whoever looks
//! at the state afterwards signals first. So who waits sleeps until then, and is woken when the timer is set anew. The period is beside
//! the word, for this setting and the one before in turns.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use abi::NtResult;
use rustix::time::{ClockId, clock_gettime};

use super::shared::{SIGNALLED, SLEEPERS, Shared};
use crate::object::Record;

/// Due times are in units of 100 ns of the monotonic clock, which all processes share; 0 for none.
const DUE_SHIFT: u32 = 1;
const DUE_BITS: u32 = 53;
const LATEST: u64 = (1 << DUE_BITS) - 1;
const GENERATION_SHIFT: u32 = DUE_SHIFT + DUE_BITS;
/// Units of a due time in a millisecond.
const MILLISECOND: u64 = 10_000;

/// A shared timer.
pub(crate) struct Timed<'a>(pub(super) &'a Shared);

impl Timed<'_> {
    /// Takes the signal away and says when the timer is due, and how many milliseconds lie between further times (0: none). Gives back
    /// whether it was signalled, and which setting this is.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when the host has no locks.
    pub(crate) fn set(&self, due: Instant, period: u32) -> NtResult<(bool, u8)> {
        let left = due.saturating_duration_since(Instant::now());
        let due = now().saturating_add(ticks(left)).min(LATEST);
        let (record, registry) = (self.0.record(), self.0.registry());
        registry.exclusively(|| {
            let mut before = expire(record);
            loop {
                let generation = generation(before).wrapping_add(1);
                record.periods[usize::from(generation & 1)].store(period, Ordering::Relaxed);
                let next = due << DUE_SHIFT | u64::from(generation) << GENERATION_SHIFT;
                match record.state.compare_exchange(before, next, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => {
                        // They sleep until the old time.
                        self.0.wake();
                        return (before & SIGNALLED != 0, generation);
                    }
                    Err(now) => before = now,
                }
            }
        })
    }

    /// Takes the setting back. The signal stays as it is; gives it back.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub(crate) fn cancel(&self) -> NtResult<bool> {
        let record = self.0.record();
        self.0.registry().exclusively(|| {
            let mut before = expire(record);
            loop {
                let generation = u64::from(generation(before).wrapping_add(1)) << GENERATION_SHIFT;
                let next = before & (SIGNALLED | SLEEPERS) | generation;
                match record.state.compare_exchange(before, next, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return before & SIGNALLED != 0,
                    Err(now) => before = now,
                }
            }
        })
    }

    /// Time left until it is due, and whether it is signalled.
    pub(crate) fn query(&self) -> (Option<Duration>, bool) {
        let state = expire(self.0.record());
        (left(state), state & SIGNALLED != 0)
    }

    /// Which setting it has.
    pub(crate) fn generation(&self) -> u8 {
        generation(expire(self.0.record()))
    }
}

/// The state, signalled if it has become due.
pub(super) fn expire(record: &Record) -> u64 {
    let mut state = record.state.load(Ordering::Acquire);
    loop {
        let (due, now) = (due(state), now());
        if due == 0 || due > now {
            return state;
        }
        let period = record.periods[usize::from(generation(state) & 1)].load(Ordering::Relaxed);
        let again = match u64::from(period) * MILLISECOND {
            0 => 0,
            // Those that were missed count as one.
            period => due.saturating_add(((now - due) / period + 1) * period).min(LATEST),
        };
        let next = state & !(LATEST << DUE_SHIFT) | again << DUE_SHIFT | SIGNALLED;
        match record.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return next,
            Err(found) => state = found,
        }
    }
}

/// Time left until a state is due.
pub(super) fn left(state: u64) -> Option<Duration> {
    let due = due(state);
    // Not less than it is: who sleeps as long finds it due.
    (due != 0).then(|| Duration::from_nanos(due.saturating_sub(now()).saturating_mul(100)))
}

const fn due(state: u64) -> u64 {
    state >> DUE_SHIFT & LATEST
}

const fn generation(state: u64) -> u8 {
    (state >> GENERATION_SHIFT) as u8
}

fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1000 * MILLISECOND + now.tv_nsec as u64 / 100
}

fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(100)).unwrap_or(LATEST)
}
