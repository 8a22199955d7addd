//! Synchronization barriers: a number of threads that wait for each other, in 32 bytes of the guest's memory.
//!
//! How many threads there are, how many have come, which round it is, and how many have not left yet.

use abi::{Fault, NTSTATUS, NtResult, atomic, fault};

use super::address::AddressWaits;
use crate::wait::Timeout;

const TOTAL: u64 = 0;
const COME: u64 = 4;
const ROUND: u64 = 8;
const INSIDE: u64 = 16;
/// Bytes of `SYNCHRONIZATION_BARRIER`.
const SIZE: u64 = 32;

/// Makes a barrier for so many threads.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for none, `STATUS_ACCESS_VIOLATION` where it is not writable.
pub fn initialize(barrier: u64, threads: i32) -> NtResult<()> {
    if threads < 1 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    for at in (0..SIZE).step_by(8) {
        fault::store_u64(barrier.wrapping_add(at), 0)?;
    }
    Ok(fault::store_u32(barrier.wrapping_add(TOTAL), threads as u32)?)
}

/// Comes to a barrier and blocks until all have come; true for the last one.
///
/// # Errors
/// A [`Fault`] where it is not accessible.
pub fn enter(waits: &AddressWaits, barrier: u64) -> Result<bool, Fault> {
    let at = |field: u64| barrier.wrapping_add(field);
    atomic::add_u32(at(INSIDE), 1)?;
    let round = fault::load_u64(at(ROUND))?;
    let last = atomic::add_u32(at(COME), 1)?.wrapping_add(1) >= fault::load_u32(at(TOTAL))?;
    if last {
        // First the count: whoever sees the next round may come again.
        atomic::swap_u32(at(COME), 0)?;
        atomic::add_u64(at(ROUND), 1)?;
        waits.wake(at(ROUND), usize::MAX);
    } else {
        while fault::load_u64(at(ROUND))? == round {
            waits.wait(at(ROUND), 8, round, Timeout::Infinite)?;
        }
    }
    // Whoever deletes the barrier waits for this; its memory may be gone afterwards.
    if atomic::add_u32(at(INSIDE), u32::MAX)? == 1 {
        waits.wake(at(INSIDE), usize::MAX);
    }
    Ok(last)
}

/// Waits until all threads have left.
///
/// # Errors
/// A [`Fault`] where it is not accessible.
pub fn delete(waits: &AddressWaits, barrier: u64) -> Result<(), Fault> {
    let inside = barrier.wrapping_add(INSIDE);
    loop {
        match fault::load_u32(inside)? {
            0 => return Ok(()),
            some => _ = waits.wait(inside, 4, u64::from(some), Timeout::Infinite)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn one_thread_of_each_round_is_the_last() {
        const THREADS: u32 = 4;
        const ROUNDS: u32 = 300;
        let waits = AddressWaits::default();
        let memory = [0u64; 4];
        let barrier = memory.as_ptr().expose_provenance() as u64;
        assert_eq!(initialize(barrier, 0), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        initialize(barrier, THREADS as i32).unwrap();
        let (lasts, come) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for round in 1..=ROUNDS {
                        come.fetch_add(1, Ordering::SeqCst);
                        lasts.fetch_add(u32::from(enter(&waits, barrier).unwrap()), Ordering::SeqCst);
                        assert!(come.load(Ordering::SeqCst) >= THREADS * round);
                    }
                });
            }
        });
        assert_eq!(lasts.into_inner(), ROUNDS);
        delete(&waits, barrier).unwrap();
    }
}
