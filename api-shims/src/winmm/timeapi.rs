//! timeapi.h: the multimedia clock.

use abi::{Out, Varying, shim};
use syscall_xlate::time;

abi::choices! {
    /// What these functions return.
    pub(super) struct MMRESULT: u32 {
        TIMERR_NOERROR = 0;
        MMSYSERR_INVALPARAM = 11;
        TIMERR_NOCANDO = 97;
    }
}

abi::guest_struct! {
    /// Which periods there are, in milliseconds.
    pub(super) struct TIMECAPS { wPeriodMin: u32, wPeriodMax: u32 }
}

/// What Windows reports.
const PERIODS: TIMECAPS = TIMECAPS { wPeriodMin: 1, wPeriodMax: 1_000_000 };

/// Asks for timers of at least this resolution, in milliseconds.
#[shim(stub = "timers have the host's resolution, which is finer than any that can be asked for")]
pub(super) fn timeBeginPeriod(uPeriod: u32) -> MMRESULT {
    check(uPeriod)
}

/// Takes back what `timeBeginPeriod` asked for.
#[shim(stub = "timers have the host's resolution, which is finer than any that can be asked for")]
pub(super) fn timeEndPeriod(uPeriod: u32) -> MMRESULT {
    check(uPeriod)
}

fn check(period: u32) -> MMRESULT {
    match (PERIODS.wPeriodMin..=PERIODS.wPeriodMax).contains(&period) {
        true => MMRESULT::TIMERR_NOERROR,
        false => MMRESULT::TIMERR_NOCANDO,
    }
}

/// Tells which resolutions there are.
#[shim(full)]
pub(super) fn timeGetDevCaps(ptc: Out<TIMECAPS>, cbtc: u32) -> MMRESULT {
    let too_small = (cbtc as usize) < size_of::<[u32; 2]>();
    if ptc.is_null() || too_small || ptc.set(PERIODS).is_err() {
        return MMRESULT::MMSYSERR_INVALPARAM;
    }
    MMRESULT::TIMERR_NOERROR
}

/// Gives the time since the system started, in milliseconds.
#[shim(full)]
pub(super) fn timeGetTime() -> Varying<u32> {
    // Of the resolution that `timeBeginPeriod` may have asked for.
    Varying((time::interrupt_time() / 10_000) as u32)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_period_of_a_millisecond_can_be_had_and_one_of_nothing_not() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("winmm!timeGetDevCaps", &[guest.buffer(8), 8]);
            guest.call("winmm!timeBeginPeriod", &[1]);
            guest.call("winmm!timeEndPeriod", &[1]);
            guest.call("winmm!timeBeginPeriod", &[0]);
            guest.call("winmm!timeGetTime", &[]);
        });
        assert_snapshot!(trace, @r"
        winmm!timeGetDevCaps(ptc=&{wPeriodMin=1, wPeriodMax=1000000}, cbtc=8) = TIMERR_NOERROR
        winmm!timeBeginPeriod(uPeriod=1) = TIMERR_NOERROR
        winmm!timeEndPeriod(uPeriod=1) = TIMERR_NOERROR
        winmm!timeBeginPeriod(uPeriod=0) = TIMERR_NOCANDO
        winmm!timeGetTime() = #
        ");
    }
}
