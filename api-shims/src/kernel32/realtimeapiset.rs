//! realtimeapiset.h: time since the machine started.

use abi::{Out, Raises, Varying, shim};
use syscall_xlate::time;

/// Gives the time since the machine started without the time it slept, in units of 100 ns.
#[shim(full)]
pub(super) fn QueryUnbiasedInterruptTime(UnbiasedTime: Out<Varying<u64>>) -> Raises<bool> {
    if UnbiasedTime.is_null() {
        return Ok(false);
    }
    UnbiasedTime.set(Varying(time::unbiased_interrupt_time() as u64))?;
    Ok(true)
}

/// Gives the time since the machine started, in units of 100 ns.
#[shim(full)]
pub(super) fn QueryInterruptTime(lpInterruptTime: Out<Varying<u64>>) -> Raises<()> {
    Ok(lpInterruptTime.set(Varying(time::interrupt_time() as u64))?)
}
