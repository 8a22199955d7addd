//! The clocks.

use std::sync::OnceLock;

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::FILETIME_OF_UNIX_EPOCH;

/// Ticks of the performance counter in a second: 10 MHz, as Windows 10 has it on every machine with an invariant time stamp counter.
pub const PERFORMANCE_FREQUENCY: i64 = 10_000_000;

fn hundreds_of_ns(time: Timespec) -> i64 {
    time.tv_sec * 10_000_000 + time.tv_nsec / 100
}

/// Now, as a FILETIME: units of 100 ns since 1601, UTC.
pub fn system_time() -> i64 {
    hundreds_of_ns(clock_gettime(ClockId::Realtime)) + FILETIME_OF_UNIX_EPOCH
}

/// Time since the machine started, in units of 100 ns, with the time it slept.
pub fn interrupt_time() -> i64 {
    hundreds_of_ns(clock_gettime(ClockId::Boottime))
}

/// Time since the machine started, in units of 100 ns, without the time it slept.
pub fn unbiased_interrupt_time() -> i64 {
    hundreds_of_ns(clock_gettime(ClockId::Monotonic))
}

/// Milliseconds since the machine started (`GetTickCount64`), as of the host's last timer tick: 1 to 10 ms old, where Windows' may be 16.
#[inline]
pub fn tick_count() -> u64 {
    static SLEPT: OnceLock<i64> = OnceLock::new();
    // A clock that has ticks and counts the time the machine slept, there is not. Sleep while the program runs is not counted.
    let slept = SLEPT.get_or_init(|| interrupt_time() - unbiased_interrupt_time());
    let awake = clock_gettime(ClockId::MonotonicCoarse);
    ((hundreds_of_ns(awake) + slept) / 10_000) as u64
}

/// The performance counter, in ticks of [`PERFORMANCE_FREQUENCY`].
#[inline]
pub fn performance_counter() -> i64 {
    hundreds_of_ns(clock_gettime(ClockId::Monotonic))
}
