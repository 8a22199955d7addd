//! Condition variables: one pointer-sized word of the guest's, 0 at first.
//!
//! The low half counts wake-ups, the high half the threads that sleep.

use abi::{Fault, atomic, fault};

use super::address::{AddressWaits, Slept};
use crate::wait::Timeout;

const SLEEPER: u64 = 1 << 32;

/// Gives a lock back with `release`, sleeps until woken, and takes it again with `acquire`. May wake for no reason, as documented.
///
/// # Errors
/// A [`Fault`] where the word is not writable, and those of `release` and `acquire`.
pub fn sleep<E: From<Fault>>(
    waits: &AddressWaits,
    variable: u64,
    timeout: Timeout,
    release: impl FnOnce() -> Result<(), E>,
    acquire: impl FnOnce() -> Result<(), E>,
) -> Result<Slept, E> {
    let wake_ups = atomic::add_u64(variable, SLEEPER)? as u32;
    let slept = match release() {
        Ok(()) => waits.sleep(variable, timeout, || Ok(fault::load_u32(variable)? == wake_ups)),
        Err(error) => {
            atomic::add_u64(variable, SLEEPER.wrapping_neg())?;
            return Err(error);
        }
    };
    // The lock first: the caller holds it whatever came of the sleep.
    acquire()?;
    atomic::add_u64(variable, SLEEPER.wrapping_neg())?;
    Ok(slept?)
}

/// Wakes `count` of the threads that sleep on a condition variable.
///
/// # Errors
/// A [`Fault`] where the word is not writable.
#[inline]
pub fn wake(waits: &AddressWaits, variable: u64, count: usize) -> Result<(), Fault> {
    if fault::load_u64(variable)? < SLEEPER {
        return Ok(());
    }
    atomic::add_u32(variable, 1)?;
    waits.wake(variable, count);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;
    use crate::sync::address::tests::at;
    use crate::sync::srw_lock::{self, Mode};

    #[test]
    fn what_is_produced_is_consumed() {
        const ITEMS: u64 = 8000;
        let waits = AddressWaits::default();
        let (lock, ready, items, taken) = Default::default();
        let (lock, ready, items, taken): (AtomicU64, AtomicU64, AtomicU64, AtomicU64) = (lock, ready, items, taken);
        let acquire = || srw_lock::acquire(&waits, at(&lock), Mode::Exclusive);
        let release = || srw_lock::release(&waits, at(&lock), Mode::Exclusive).map(|_| ());
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    acquire().unwrap();
                    loop {
                        while items.load(Ordering::Relaxed) == 0 && taken.load(Ordering::Relaxed) < ITEMS {
                            sleep::<Fault>(&waits, at(&ready), Timeout::Infinite, release, acquire).unwrap();
                        }
                        if taken.load(Ordering::Relaxed) == ITEMS {
                            break;
                        }
                        items.fetch_sub(1, Ordering::Relaxed);
                        if taken.fetch_add(1, Ordering::Relaxed) + 1 == ITEMS {
                            wake(&waits, at(&ready), usize::MAX).unwrap();
                        }
                    }
                    release().unwrap();
                });
            }
            for _ in 0..ITEMS {
                acquire().unwrap();
                items.fetch_add(1, Ordering::Relaxed);
                release().unwrap();
                wake(&waits, at(&ready), 1).unwrap();
            }
        });
        assert_eq!((items.into_inner(), taken.into_inner()), (0, ITEMS));
        assert!(ready.into_inner() < SLEEPER);
    }

    #[test]
    fn time_runs_out_and_the_lock_is_taken_again() {
        let waits = AddressWaits::default();
        let variable = AtomicU64::new(0);
        let mut taken = false;
        let slept = sleep::<Fault>(
            &waits,
            at(&variable),
            Timeout::Relative(1000),
            || Ok(()),
            || {
                taken = true;
                Ok(())
            },
        );
        assert_eq!((slept, taken, variable.load(Ordering::Relaxed)), (Ok(Slept::Timeout), true, 0));
        wake(&waits, at(&variable), 1).unwrap();
        assert_eq!(variable.into_inner(), 0);
    }
}
