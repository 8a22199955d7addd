//! Sleeping on a word of our own memory.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Wait, WaitFlags, WaitPtr, WaitvFlags};
use rustix::time::ClockId;

use super::deadline::{Clock, Deadline};
use super::shared::Sleep;
use crate::sync::stop::may_stand;

/// Sleeps while the word is `expected`; false when the deadline has passed. May wake for no reason. The caller holds nothing: it may be
/// suspended meanwhile.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    let _blocked = may_stand();
    sleep(word, expected, deadline)
}

/// As [`wait`], for those that see to suspension themselves.
pub(crate) fn sleep(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    let (flags, until) = match deadline {
        Deadline::Passed => return false,
        Deadline::Never => (Flags::PRIVATE, None),
        Deadline::At(Clock::Monotonic, until) => (Flags::PRIVATE, Some(until)),
        Deadline::At(Clock::System, until) => (Flags::PRIVATE | Flags::CLOCK_REALTIME, Some(until)),
    };
    futex::wait_bitset(word, flags, expected, until.as_ref(), NonZeroU32::MAX) != Err(Errno::TIMEDOUT)
}

/// Sleeps while the word is `expected` and none of the shared words has changed, until the deadline. May wake for no reason.
pub(super) fn wait_any(word: &AtomicU32, expected: u32, shared: &[Sleep<'_>], deadline: Deadline) {
    if shared.is_empty() {
        wait(word, expected, deadline);
        return;
    }
    let until = match deadline {
        Deadline::Passed => return,
        Deadline::Never => None,
        Deadline::At(clock, until) => Some((clock, until)),
    };
    let entry = |word: &AtomicU32, expected: u32, flags| {
        let mut entry = Wait::new();
        entry.val = u64::from(expected);
        entry.uaddr = WaitPtr::new(word.as_ptr().cast());
        entry.flags = WaitFlags::SIZE_U32 | flags;
        entry
    };
    let own = entry(word, expected, WaitFlags::PRIVATE);
    let shared = shared.iter().map(|sleep| entry(sleep.word, sleep.expected, WaitFlags::empty()));
    let words: Vec<Wait> = std::iter::once(own).chain(shared).collect();
    let clock = match until {
        Some((Clock::System, _)) => ClockId::Realtime,
        _ => ClockId::Monotonic,
    };
    let _blocked = may_stand();
    let slept = futex::waitv(&words, WaitvFlags::empty(), until.as_ref().map(|(_, until)| until), clock);
    if slept == Err(Errno::NOSYS) {
        // Before Linux 5.16: the shared words are looked at every millisecond.
        sleep(word, expected, Deadline::Never.within(Duration::from_millis(1)).0);
    }
}

/// Wakes all threads, of whatever process, that sleep on a word in shared memory.
pub(super) fn wake_shared(word: &AtomicU32) {
    // As below.
    let _ = futex::wake(word, Flags::empty(), i32::MAX as u32);
}

/// Wakes up to `count` threads that sleep on the word.
pub(crate) fn wake(word: &AtomicU32, count: u32) {
    // It fails for no argument that we pass.
    let _ = futex::wake(word, Flags::PRIVATE, count);
}
