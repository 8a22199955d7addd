//! profileapi.h: the performance counter.

use abi::{Out, Varying, Win32Result, shim};
use syscall_xlate::time;

/// Gives the performance counter.
#[shim(full)]
#[inline(always)]
pub(super) fn QueryPerformanceCounter(lpPerformanceCount: Out<Varying<u64>>) -> Win32Result<()> {
    Ok(lpPerformanceCount.set(Varying(time::performance_counter() as u64))?)
}

/// Gives the performance counter's ticks in a second.
#[shim(full)]
pub(super) fn QueryPerformanceFrequency(lpFrequency: Out<i64>) -> Win32Result<()> {
    Ok(lpFrequency.set(time::PERFORMANCE_FREQUENCY)?)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn the_counter_has_ten_million_ticks_a_second() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!QueryPerformanceFrequency", &[guest.buffer(8)]);
        });
        insta::assert_snapshot!(trace, @"kernel32!QueryPerformanceFrequency(lpFrequency=&10000000) = TRUE");
    }
}
