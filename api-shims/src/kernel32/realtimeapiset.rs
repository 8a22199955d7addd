//! realtimeapiset.h: time since the machine started, and processors' cycles.

use abi::{HANDLE, Out, Raises, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::sync::process;
use syscall_xlate::{Cx, cpu, time, usage};

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

/// Gives the time since the machine started without the time it slept, in units of 100 ns, as exactly as it is known.
#[shim(full)]
pub(super) fn QueryUnbiasedInterruptTimePrecise(lpUnbiasedInterruptTimePrecise: Out<Varying<u64>>) -> Raises<()> {
    Ok(lpUnbiasedInterruptTimePrecise.set(Varying(time::unbiased_interrupt_time() as u64))?)
}

/// Gives the time since the machine started, in units of 100 ns, as exactly as it is known.
#[shim(full)]
pub(super) fn QueryInterruptTimePrecise(lpInterruptTimePrecise: Out<Varying<u64>>) -> Raises<()> {
    Ok(lpInterruptTimePrecise.set(Varying(time::interrupt_time() as u64))?)
}

/// Gives how many cycles the threads of a process have run.
#[shim(partial = "the caller's own process only; computed from time and the processor's frequency")]
pub(super) fn QueryProcessCycleTime(cx: &Cx, ProcessHandle: HANDLE, CycleTime: Out<Varying<u64>>) -> Win32Result<()> {
    if !cx.is_own_process(ProcessHandle, process::QUERY_LIMITED_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    Ok(CycleTime.set(Varying(cycles()))?)
}

/// Cycles of this process.
fn cycles() -> u64 {
    let nanoseconds = usage::running_time();
    let megahertz = cpu::processors().first().map_or(1000, |processor| u64::from(processor.megahertz.max(1)));
    (u128::from(nanoseconds) * u128::from(megahertz) / 1000) as u64
}
