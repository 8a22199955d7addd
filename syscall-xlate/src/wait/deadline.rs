//! How long a wait may take.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// 100 ns units in a second.
const PER_SECOND: u64 = 10_000_000;
/// Seconds from 1601, where Windows' time begins, to 1970.
const EPOCH: i64 = 11_644_473_600;
/// Seconds that no wait outlives; beyond, a timespec would overflow.
const FOREVER: u64 = 1 << 40;

/// A wait's limit as the guest gives it, in units of 100 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// No limit.
    Infinite,
    /// From now on.
    Relative(u64),
    /// Until this system time, counted from 1601. Moves when the clock is set.
    Absolute(u64),
}

impl Timeout {
    /// Only look, do not wait.
    pub const NOW: Self = Self::Relative(0);

    /// A limit in milliseconds, where the highest value is `INFINITE`.
    pub const fn from_millis(millis: u32) -> Self {
        if millis == u32::MAX { Self::Infinite } else { Self::Relative(millis as u64 * 10_000) }
    }

    /// A `LARGE_INTEGER *Timeout` of a system service: negative is relative, NULL is infinite.
    pub const fn from_nt(timeout: Option<i64>) -> Self {
        match timeout {
            None => Self::Infinite,
            Some(time) if time < 0 => Self::Relative(time.unsigned_abs()),
            Some(time) => Self::Absolute(time as u64),
        }
    }

    /// The point in time it means, counted from this call.
    pub(crate) fn deadline(self) -> Deadline {
        match self {
            Self::Infinite => Deadline::Never,
            Self::Relative(0) => Deadline::Passed,
            Self::Relative(time) => {
                let now = clock_gettime(ClockId::Monotonic);
                let nanos = now.tv_nsec as u64 + time % PER_SECOND * 100;
                let seconds = (time / PER_SECOND).min(FOREVER) + nanos / 1_000_000_000;
                Deadline::At(
                    Clock::Monotonic,
                    Timespec { tv_sec: now.tv_sec + seconds as i64, tv_nsec: (nanos % 1_000_000_000) as _ },
                )
            }
            Self::Absolute(time) => {
                let seconds = (time / PER_SECOND).min(FOREVER) as i64 - EPOCH;
                if seconds < 0 {
                    return Deadline::Passed;
                }
                Deadline::At(Clock::System, Timespec { tv_sec: seconds, tv_nsec: (time % PER_SECOND * 100) as _ })
            }
        }
    }
}

/// Which clock a point in time is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Runs steadily.
    Monotonic,
    /// Shows the time of day and can be set.
    System,
}

/// The end of a wait.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// There is none.
    Never,
    /// It was over before it began.
    Passed,
    /// A point on a clock.
    At(Clock, Timespec),
}

impl Deadline {
    /// The deadline, or the end of `longest` from now on if that is earlier; and whether it is.
    pub(crate) fn within(self, longest: Duration) -> (Self, bool) {
        let nanos = |time: Timespec| i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
        let left = match self {
            Self::Passed => return (self, false),
            Self::Never => None,
            Self::At(Clock::Monotonic, until) => Some(nanos(until) - nanos(clock_gettime(ClockId::Monotonic))),
            Self::At(Clock::System, until) => Some(nanos(until) - nanos(clock_gettime(ClockId::Realtime))),
        };
        match left {
            Some(left) if left <= longest.as_nanos() as i128 => (self, false),
            _ => (Timeout::Relative((longest.as_nanos() as u64).div_ceil(100)).deadline(), true),
        }
    }

    /// True when the wait must not block any longer.
    pub(crate) fn is_over(self) -> bool {
        let (clock, until) = match self {
            Self::Never => return false,
            Self::Passed => return true,
            Self::At(Clock::Monotonic, until) => (ClockId::Monotonic, until),
            Self::At(Clock::System, until) => (ClockId::Realtime, until),
        };
        let now = clock_gettime(clock);
        (now.tv_sec, now.tv_nsec) >= (until.tv_sec, until.tv_nsec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_windows_gives_them() {
        assert_eq!(Timeout::from_millis(u32::MAX), Timeout::Infinite);
        assert_eq!(Timeout::from_millis(3), Timeout::Relative(30_000));
        assert_eq!(Timeout::from_nt(None), Timeout::Infinite);
        assert_eq!(Timeout::from_nt(Some(-5)), Timeout::Relative(5));
        assert_eq!(Timeout::from_nt(Some(i64::MIN)), Timeout::Relative(1 << 63));
        assert_eq!(Timeout::from_nt(Some(0)), Timeout::Absolute(0));
    }

    #[test]
    fn the_longest_limits_do_not_overflow() {
        assert!(!Timeout::Relative(u64::MAX).deadline().is_over());
        assert!(!Timeout::Absolute(u64::MAX).deadline().is_over());
        assert!(Timeout::Absolute(0).deadline().is_over());
        assert!(Timeout::NOW.deadline().is_over());
    }
}
