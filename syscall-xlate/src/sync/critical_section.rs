//! Critical sections, in the guest's own memory.
//!
//! `LockCount` is as Windows keeps it since Vista (documented with the debugger's `!locks`): bit 0 is clear while the section is owned,
//! bit 1 is clear while a woken thread is on its way, the rest is the complement of the number of waiting threads. -1 is free.

use abi::critical_section::{self, FREE, OWNED, offset};
use abi::{Fault, atomic, fault};

use super::address::AddressWaits;
use crate::wait::Timeout;

const UNOWNED: u32 = 1;
const NOBODY_WOKEN: u32 = 2;
const WAITER: u32 = 4;
/// Looks at an owned section before a thread sleeps, on top of what the section itself asks for.
const SPINS: u64 = 40;
/// Spin counts above this are not taken at their word.
const MOST_SPINS: u64 = 10_000;
/// `DebugInfo` of a section without debug information.
const NO_DEBUG_INFO: u64 = u64::MAX;

/// The address of a field; a section may be anywhere, or nowhere.
#[inline(always)]
const fn field(section: u64, offset: u64) -> u64 {
    section.wrapping_add(offset)
}

/// Makes a section free. The high byte of `spin_count` is flags, as Windows has it.
///
/// # Errors
/// A [`Fault`] where it cannot be written.
pub fn initialize(section: u64, spin_count: u32) -> Result<(), Fault> {
    fault::store_u64(field(section, offset::DEBUG_INFO), NO_DEBUG_INFO)?;
    fault::store_u32(field(section, offset::LOCK_COUNT), FREE)?;
    fault::store_u32(field(section, offset::RECURSION_COUNT), 0)?;
    fault::store_u64(field(section, offset::OWNING_THREAD), 0)?;
    fault::store_u64(field(section, offset::LOCK_SEMAPHORE), 0)?;
    fault::store_u64(field(section, offset::SPIN_COUNT), u64::from(spin_count & 0x00ff_ffff))
}

/// Makes a section useless until it is initialized again.
///
/// # Errors
/// A [`Fault`] where it cannot be written.
pub fn delete(section: u64) -> Result<(), Fault> {
    initialize(section, 0)?;
    fault::store_u64(field(section, offset::DEBUG_INFO), 0)
}

/// Changes the spin count; gives back the one before.
///
/// # Errors
/// A [`Fault`] where it cannot be written.
pub fn set_spin_count(section: u64, spin_count: u32) -> Result<u32, Fault> {
    atomic::swap_u64(field(section, offset::SPIN_COUNT), u64::from(spin_count & 0x00ff_ffff))
        .map(|before| before as u32)
}

/// Enters a section, as often as its owner likes.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline(always)]
pub fn enter(waits: &AddressWaits, section: u64, thread: u32) -> Result<(), Fault> {
    if critical_section::enter(section, thread)? == FREE { Ok(()) } else { enter_slowly(waits, section, thread) }
}

/// Enters a section unless another thread is in it.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline(always)]
pub fn try_enter(section: u64, thread: u32) -> Result<bool, Fault> {
    Ok(critical_section::enter(section, thread)? == FREE || try_enter_again(section, thread)?)
}

/// Enters a section that is the thread's already, or nobody's while threads wait for it.
fn try_enter_again(section: u64, thread: u32) -> Result<bool, Fault> {
    if owner(section)? == u64::from(thread) {
        let times = fault::load_u32(field(section, offset::RECURSION_COUNT))?;
        fault::store_u32(field(section, offset::RECURSION_COUNT), times.wrapping_add(1))?;
        return Ok(true);
    }
    let count = fault::load_u32(field(section, offset::LOCK_COUNT))?;
    // Free, with threads that wait: whoever comes first gets it.
    let entered = count & UNOWNED != 0
        && atomic::compare_exchange_u32(field(section, offset::LOCK_COUNT), count, count & !UNOWNED)? == count;
    if entered {
        own(section, thread)?;
    }
    Ok(entered)
}

/// Leaves a section once. The owner's call: others are not told from it, as on Windows.
///
/// # Errors
/// A [`Fault`] where it is not writable.
#[inline(always)]
pub fn leave(waits: &AddressWaits, section: u64) -> Result<(), Fault> {
    if critical_section::leave(section)? == OWNED { Ok(()) } else { leave_slowly(waits, section) }
}

/// The identifier of the thread that is in a section; 0 for none.
///
/// # Errors
/// A [`Fault`] where it is not readable.
#[inline(always)]
pub fn owner(section: u64) -> Result<u64, Fault> {
    fault::load_u64(field(section, offset::OWNING_THREAD))
}

#[inline(always)]
fn own(section: u64, thread: u32) -> Result<(), Fault> {
    fault::store_u64(field(section, offset::OWNING_THREAD), u64::from(thread))?;
    fault::store_u32(field(section, offset::RECURSION_COUNT), 1)
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only; who calls it need not save vector registers")]
extern "win64" fn enter_slowly(waits: &AddressWaits, section: u64, thread: u32) -> Result<(), Fault> {
    if try_enter_again(section, thread)? {
        return Ok(());
    }
    let word = field(section, offset::LOCK_COUNT);
    for _ in 0..SPINS + fault::load_u64(field(section, offset::SPIN_COUNT))?.min(MOST_SPINS) {
        if fault::load_u32(word)? & UNOWNED != 0 && try_enter(section, thread)? {
            return Ok(());
        }
        std::hint::spin_loop();
    }
    // Said before sleeping, so that the owner knows whom to wake.
    atomic::add_u32(word, WAITER.wrapping_neg())?;
    loop {
        let count = fault::load_u32(word)?;
        if count & UNOWNED != 0 {
            let owned = ((count & !UNOWNED) | NOBODY_WOKEN).wrapping_add(WAITER);
            if atomic::compare_exchange_u32(word, count, owned)? == count {
                return own(section, thread);
            }
        } else if count & NOBODY_WOKEN == 0 {
            // Woken, and too late, or about to sleep while somebody else is woken: the owner shall wake one more.
            atomic::compare_exchange_u32(word, count, count | NOBODY_WOKEN)?;
        } else {
            waits.sleep(word, Timeout::Infinite, || {
                Ok(fault::load_u32(word)? & (UNOWNED | NOBODY_WOKEN) == NOBODY_WOKEN)
            })?;
        }
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only; who calls it need not save vector registers")]
extern "win64" fn leave_slowly(waits: &AddressWaits, section: u64) -> Result<(), Fault> {
    let word = field(section, offset::LOCK_COUNT);
    loop {
        let count = fault::load_u32(word)?;
        let waiting = !count >= WAITER;
        let wake = waiting && count & NOBODY_WOKEN != 0;
        let free = (count | UNOWNED) & if wake { !NOBODY_WOKEN } else { u32::MAX };
        if atomic::compare_exchange_u32(word, count, free)? == count {
            if wake {
                waits.wake(word, 1);
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Section(UnsafeCell<[u64; 5]>);
    // SAFETY: touched only through the functions under test, which access it atomically or under its own lock.
    unsafe impl Sync for Section {}
    impl Section {
        fn new() -> Self {
            let section = Self::default();
            initialize(section.at(), 0).unwrap();
            section
        }
        fn at(&self) -> u64 {
            self.0.get() as u64
        }
    }

    #[test]
    fn the_owner_enters_again_and_others_do_not() {
        let (section, waits) = (Section::new(), AddressWaits::default());
        enter(&waits, section.at(), 1).unwrap();
        assert_eq!(fault::load_u32(section.at() + 8), Ok(OWNED));
        enter(&waits, section.at(), 1).unwrap();
        assert_eq!(fault::load_u32(section.at() + 12), Ok(2));
        assert_eq!(try_enter(section.at(), 2), Ok(false));
        leave(&waits, section.at()).unwrap();
        assert_eq!(try_enter(section.at(), 2), Ok(false));
        leave(&waits, section.at()).unwrap();
        assert_eq!(fault::load_u32(section.at() + 8), Ok(FREE));
        assert_eq!(owner(section.at()), Ok(0));
        assert_eq!(try_enter(section.at(), 2), Ok(true));
    }

    #[test]
    fn a_section_excludes() {
        let (section, waits) = (Section::new(), AddressWaits::default());
        let (inside, total) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for thread in 1..=6 {
                let (section, waits, inside, total) = (&section, &waits, &inside, &total);
                scope.spawn(move || {
                    for round in 0..4000 {
                        enter(waits, section.at(), thread).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        total.store(total.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                        if round % 64 == 0 {
                            thread::yield_now();
                        }
                        inside.fetch_sub(1, Ordering::Relaxed);
                        leave(waits, section.at()).unwrap();
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 24_000);
        assert_eq!(fault::load_u32(section.at() + 8).unwrap() & !NOBODY_WOKEN, FREE & !NOBODY_WOKEN);
    }

    #[test]
    fn bad_memory_is_a_fault() {
        crate::signals::install();
        let waits = AddressWaits::default();
        for section in [0, 64, 1 << 63, u64::MAX - 64, u64::MAX - 3] {
            assert!(enter(&waits, section, 1).is_err());
            assert!(leave(&waits, section).is_err());
            assert!(initialize(section, 0).is_err());
            assert!(try_enter(section, 1).is_err());
            assert!(set_spin_count(section, 1).is_err());
            assert!(owner(section).is_err());
        }
    }
}
