//! Objects that become signalled at a time. No thread sees to it: whoever waits for one sleeps until then at most and signals it himself,
//! and whoever looks at one signals it first if the time has come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::deadline::Deadline;
use super::dispatcher::Dispatcher;

/// When an object becomes signalled: nanoseconds of the monotonic clock, 0 for never.
#[derive(Debug, Default)]
pub(crate) struct Due(AtomicU64);

fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

impl Due {
    pub(super) const fn never() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Changes it.
    pub(super) fn set(&self, due: Option<Instant>) {
        let left = |due: Instant| due.saturating_duration_since(Instant::now()).as_nanos() as u64;
        self.0.store(due.map_or(0, |due| now().saturating_add(left(due))), Ordering::SeqCst);
    }

    /// Time left until then.
    pub(crate) fn left(&self) -> Option<Duration> {
        let due = self.0.load(Ordering::SeqCst);
        (due != 0).then(|| Duration::from_nanos(due.saturating_sub(now())))
    }

    /// True once after the time has come: the caller is to signal the object.
    #[inline]
    pub(super) fn comes(&self) -> bool {
        let due = self.0.load(Ordering::SeqCst);
        due != 0 && due <= now() && self.0.compare_exchange(due, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

/// Signals those whose time has come.
#[inline]
pub(super) fn signal(objects: &[&Dispatcher]) {
    objects.iter().for_each(|object| object.signal_if_due());
}

/// The deadline, or the time when the first of the objects becomes signalled, if that is earlier; and whether it is.
#[inline]
pub(super) fn until(objects: &[&Dispatcher], deadline: Deadline) -> (Deadline, bool) {
    match objects.iter().filter_map(|object| object.due().left()).min() {
        None => (deadline, false),
        Some(left) => deadline.within(left),
    }
}
