//! Sleeping on a word of our own memory.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

use super::deadline::{Clock, Deadline};
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

/// Wakes up to `count` threads that sleep on the word.
pub(crate) fn wake(word: &AtomicU32, count: u32) {
    // It fails for no argument that we pass.
    let _ = futex::wake(word, Flags::PRIVATE, count);
}
