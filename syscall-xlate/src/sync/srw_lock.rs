//! Slim reader/writer locks: one pointer-sized word of the guest's, 0 when free.
//!
//! Bit 0 is set while a writer owns it, bit 1 while threads wait; the readers are counted from bit 4 on. A new reader does not overtake
//! threads that wait.

use abi::{Fault, atomic, fault};

use super::address::AddressWaits;
use crate::wait::Timeout;

const WRITER: u64 = 1;
const WAITERS: u64 = 2;
const READER: u64 = 16;
const SPINS: u32 = 40;

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By one writer.
    Exclusive,
    /// By readers.
    Shared,
}

impl Mode {
    /// The word with the lock taken, if it can be.
    #[inline]
    const fn take(self, word: u64) -> Option<u64> {
        match self {
            Self::Exclusive if word & !WAITERS == 0 => Some(word | WRITER),
            Self::Shared if word & (WRITER | WAITERS) == 0 || word == WAITERS => Some(word + READER),
            _ => None,
        }
    }
}

/// Takes the lock if that is possible at once.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline]
pub fn try_acquire(lock: u64, mode: Mode) -> Result<bool, Fault> {
    let mut word = match mode {
        Mode::Exclusive => atomic::compare_exchange_u64(lock, 0, WRITER)?,
        Mode::Shared => atomic::compare_exchange_u64(lock, 0, READER)?,
    };
    if word == 0 {
        return Ok(true);
    }
    while let Some(taken) = mode.take(word) {
        match atomic::compare_exchange_u64(lock, word, taken)? {
            before if before == word => return Ok(true),
            now => word = now,
        }
    }
    Ok(false)
}

/// Takes the lock.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline]
pub fn acquire(waits: &AddressWaits, lock: u64, mode: Mode) -> Result<(), Fault> {
    if try_acquire(lock, mode)? { Ok(()) } else { acquire_slowly(waits, lock, mode) }
}

#[cold]
fn acquire_slowly(waits: &AddressWaits, lock: u64, mode: Mode) -> Result<(), Fault> {
    for _ in 0..SPINS {
        if try_acquire(lock, mode)? {
            return Ok(());
        }
        std::hint::spin_loop();
    }
    loop {
        let word = fault::load_u64(lock)?;
        match mode.take(word) {
            Some(taken) => {
                if atomic::compare_exchange_u64(lock, word, taken)? == word {
                    return Ok(());
                }
            }
            None if word & WAITERS == 0 => {
                atomic::compare_exchange_u64(lock, word, word | WAITERS)?;
            }
            None => {
                waits.sleep(lock, Timeout::Infinite, || {
                    let word = fault::load_u64(lock)?;
                    Ok(word & WAITERS != 0 && mode.take(word).is_none())
                })?;
            }
        }
    }
}

/// Gives the lock back; false if it was not taken in this mode.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline]
pub fn release(waits: &AddressWaits, lock: u64, mode: Mode) -> Result<bool, Fault> {
    let mut word = match mode {
        Mode::Exclusive => atomic::compare_exchange_u64(lock, WRITER, 0)?,
        Mode::Shared => atomic::compare_exchange_u64(lock, READER, 0)?,
    };
    if word == if mode == Mode::Exclusive { WRITER } else { READER } {
        return Ok(true);
    }
    loop {
        let next = match mode {
            Mode::Exclusive if word & !WAITERS == WRITER => 0,
            Mode::Shared if word & WRITER == 0 && word >= READER => match word - READER {
                // The last reader clears the bit and wakes all: those who still have to wait set it again.
                WAITERS => 0,
                word => word,
            },
            _ => return Ok(false),
        };
        match atomic::compare_exchange_u64(lock, word, next)? {
            before if before == word => {
                if next == 0 && word & WAITERS != 0 {
                    waits.wake(lock, usize::MAX);
                }
                return Ok(true);
            }
            now => word = now,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
    use std::thread;

    use super::*;
    use crate::sync::address::tests::at;
    use Mode::{Exclusive, Shared};

    #[test]
    fn readers_share_and_a_writer_does_not() {
        let (lock, waits) = (AtomicU64::new(0), AddressWaits::default());
        assert_eq!(try_acquire(at(&lock), Shared), Ok(true));
        assert_eq!(try_acquire(at(&lock), Shared), Ok(true));
        assert_eq!(try_acquire(at(&lock), Exclusive), Ok(false));
        assert_eq!(release(&waits, at(&lock), Exclusive), Ok(false));
        assert_eq!(release(&waits, at(&lock), Shared), Ok(true));
        assert_eq!(release(&waits, at(&lock), Shared), Ok(true));
        assert_eq!(release(&waits, at(&lock), Shared), Ok(false));
        assert_eq!(try_acquire(at(&lock), Exclusive), Ok(true));
        assert_eq!(try_acquire(at(&lock), Shared), Ok(false));
        assert_eq!(release(&waits, at(&lock), Exclusive), Ok(true));
        assert_eq!(lock.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn writers_exclude_and_nobody_sleeps_for_ever() {
        let (lock, waits) = (AtomicU64::new(0), AddressWaits::default());
        let inside = AtomicI32::new(0);
        thread::scope(|scope| {
            for id in 0..6 {
                let (lock, waits, inside) = (&lock, &waits, &inside);
                scope.spawn(move || {
                    let (mode, weight) = if id < 2 { (Exclusive, -100) } else { (Shared, 1) };
                    for round in 0..3000 {
                        acquire(waits, at(lock), mode).unwrap();
                        let before = inside.fetch_add(weight, Ordering::Relaxed);
                        assert!(if mode == Exclusive { before == 0 } else { before >= 0 });
                        if round % 32 == 0 {
                            thread::yield_now();
                        }
                        inside.fetch_sub(weight, Ordering::Relaxed);
                        assert_eq!(release(waits, at(lock), mode), Ok(true));
                    }
                });
            }
        });
        assert_eq!(lock.load(Ordering::Relaxed), 0);
    }
}
