//! Synchronization barriers, in the program's own memory.

use abi::{Ptr, Raises, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::barrier;

/// `SYNCHRONIZATION_BARRIER`; what is in it is the service's business.
pub(in crate::kernel32) enum SYNCHRONIZATION_BARRIER {}

abi::flags! {
    /// How a thread waits at a barrier.
    pub(in crate::kernel32) struct SYNCHRONIZATION_BARRIER_FLAGS: u32 {
        SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY = 1;
        SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY = 2;
        SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE = 4;
    }
}

/// Waits until all threads have left a barrier, which can be given up then.
#[shim(full)]
pub(in crate::kernel32) fn DeleteSynchronizationBarrier(
    cx: &Cx,
    lpBarrier: Ptr<SYNCHRONIZATION_BARRIER>,
) -> Raises<bool> {
    barrier::delete(&cx.process.addresses, lpBarrier.address())?;
    // "This function always returns TRUE."
    Ok(true)
}

/// Waits at a barrier until all threads have come; TRUE for the last one.
#[shim(full)]
pub(in crate::kernel32) fn EnterSynchronizationBarrier(
    cx: &Cx,
    lpBarrier: Ptr<SYNCHRONIZATION_BARRIER>,
    dwFlags: SYNCHRONIZATION_BARRIER_FLAGS,
) -> Raises<bool> {
    let _ = dwFlags; // Whether to spin first, and whether the barrier is never deleted: neither is needed to be right.
    Ok(barrier::enter(&cx.process.addresses, lpBarrier.address())?)
}

/// Makes a barrier for a number of threads.
#[shim(full)]
pub(in crate::kernel32) fn InitializeSynchronizationBarrier(
    lpBarrier: Ptr<SYNCHRONIZATION_BARRIER>,
    lTotalThreads: i32,
    lSpinCount: i32,
) -> Win32Result<()> {
    let _ = lSpinCount; // Threads block at once.
    Ok(barrier::initialize(lpBarrier.address(), lTotalThreads)?)
}
