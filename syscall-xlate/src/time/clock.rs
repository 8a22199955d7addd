//! The clocks.

use std::sync::OnceLock;

use rustix::time::{ClockId, Timespec};

use super::{FILETIME_OF_UNIX_EPOCH, vdso};

/// Ticks of the performance counter in a second: 10 MHz, as Windows 10 has it on every machine with an invariant time stamp counter.
pub const PERFORMANCE_FREQUENCY: i64 = 10_000_000;

#[inline(always)]
fn hundreds_of_ns(time: Timespec) -> i64 {
    time.tv_sec * 10_000_000 + time.tv_nsec / 100
}

/// Now, as a FILETIME: units of 100 ns since 1601, UTC.
#[inline(always)]
pub fn system_time() -> i64 {
    hundreds_of_ns(vdso::now(ClockId::Realtime)) + FILETIME_OF_UNIX_EPOCH
}

/// Time since the machine started, in units of 100 ns, with the time it slept.
pub fn interrupt_time() -> i64 {
    hundreds_of_ns(vdso::now(ClockId::Boottime))
}

/// Time since the machine started, in units of 100 ns, without the time it slept.
pub fn unbiased_interrupt_time() -> i64 {
    hundreds_of_ns(vdso::now(ClockId::Monotonic))
}

/// Milliseconds since the machine started (`GetTickCount64`), as of the host's last timer tick: 1 to 10 ms old, where Windows' may be 16.
#[inline(always)]
pub fn tick_count() -> u64 {
    static SLEPT: OnceLock<i64> = OnceLock::new();
    // A clock that has ticks and counts the time the machine slept, there is not. Sleep while the program runs is not counted.
    let slept = SLEPT.get().copied().unwrap_or_else(|| slept(&SLEPT));
    let awake = vdso::now(ClockId::MonotonicCoarse);
    (awake.tv_sec * 1000 + awake.tv_nsec / 1_000_000 + slept) as u64
}

/// How long the machine has slept before, in milliseconds. In the guest's convention, so that who calls it need not save vector registers.
#[cold]
#[inline(never)]
extern "win64" fn slept(once: &OnceLock<i64>) -> i64 {
    *once.get_or_init(|| (interrupt_time() - unbiased_interrupt_time()) / 10_000)
}

/// The performance counter, in ticks of [`PERFORMANCE_FREQUENCY`].
#[inline(always)]
pub fn performance_counter() -> i64 {
    hundreds_of_ns(vdso::now(ClockId::Monotonic))
}
