//! Keyed events: one who waits and one who releases meet at a key, and go on together.
//!
//! Both block until the other is there. A key is a number, even by custom of addresses; it costs nothing while nobody is at it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult};

use crate::object::access::STANDARD_RIGHTS_REQUIRED;
use crate::object::{Access, GenericMapping, Kind, Object};
use crate::wait::{self, Passed, Timeout, Waiter, Woken};

/// `KEYEDEVENT_WAIT`
pub const WAIT: Access = 1;
/// `KEYEDEVENT_WAKE`
pub const WAKE: Access = 2;
/// `KEYEDEVENT_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | 3;
/// What generic rights mean for a keyed event.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0002, execute: 0x0002_0000, all: ALL_ACCESS };

/// What a thread comes to a key for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// To be released.
    Wait,
    /// To release one who waits.
    Release,
}

/// A keyed event.
#[derive(Debug, Default)]
pub struct KeyedEvent {
    // Leaf lock, but for the wait words of those in it.
    parties: Mutex<Vec<Party>>,
}

#[derive(Debug)]
struct Party {
    key: u64,
    side: Side,
    waiter: Arc<Waiter>,
}

impl Object for KeyedEvent {
    extern "win64" fn kind(&self) -> Kind {
        Kind::KeyedEvent
    }
}

impl KeyedEvent {
    /// One that nobody is at.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn parties(&self) -> MutexGuard<'_, Vec<Party>> {
        self.parties.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes to a key and blocks until the other side does. Of those that are there, the first to come is met.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER_1` for an odd key.
    pub fn meet(
        &self,
        waiter: &Arc<Waiter>,
        key: u64,
        side: Side,
        alertable: bool,
        timeout: Timeout,
    ) -> NtResult<Woken> {
        if key & 1 != 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER_1);
        }
        if meet_one(&mut self.parties(), key, side) {
            return Ok(Woken::Object(0));
        }
        let woken = wait::in_line(waiter, alertable, timeout, || {
            let mut parties = self.parties();
            if meet_one(&mut parties, key, side) {
                drop(parties);
                // The wait has begun, and nobody else knows of it.
                if waiter.satisfy(0, Passed::Plain) {
                    waiter.release();
                }
            } else {
                parties.push(Party { key, side, waiter: Arc::clone(waiter) });
            }
        });
        if !matches!(woken, Woken::Object(_)) {
            self.parties().retain(|party| !Arc::ptr_eq(&party.waiter, waiter));
        }
        Ok(woken)
    }
}

/// Lets the first on the other side of a key go on, if there is one.
fn meet_one(parties: &mut Vec<Party>, key: u64, side: Side) -> bool {
    while let Some(at) = parties.iter().position(|party| party.key == key && party.side != side) {
        let party = parties.remove(at);
        // Otherwise its wait has ended, and it is on its way.
        if party.waiter.satisfy(0, Passed::Plain) {
            party.waiter.release();
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_to_an_odd_key_or_meets_himself() {
        let event = KeyedEvent::new();
        let waiter = Waiter::new(1);
        let come = |key, side| event.meet(&waiter, key, side, false, Timeout::Relative(1000));
        assert_eq!(come(3, Side::Wait), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
        assert_eq!(come(2, Side::Wait), Ok(Woken::Timeout));
        assert_eq!(come(2, Side::Release), Ok(Woken::Timeout));
        assert!(event.parties().is_empty());
    }

    #[test]
    fn both_sides_meet_as_often_as_they_come() {
        const ROUNDS: u64 = 2000;
        let event = KeyedEvent::new();
        let come = |thread, side| {
            let waiter = Waiter::new(thread);
            for round in 0..ROUNDS {
                let woken = event.meet(&waiter, 2 * (round % 3), side, false, Timeout::Infinite);
                assert_eq!(woken, Ok(Woken::Object(0)));
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| come(1, Side::Wait));
            scope.spawn(|| come(2, Side::Release));
        });
        assert!(event.parties().is_empty());
    }
}
