//! Mutants, which Win32 calls mutexes.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use abi::{HANDLE, NTSTATUS, NtResult};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, HandleTable, Kind, Object, Place, Sharing};
use crate::wait::{Dispatcher, Signal};

/// `MUTANT_QUERY_STATE`
pub const QUERY_STATE: Access = 1;
/// `MUTANT_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | QUERY_STATE;
/// What generic rights mean for a mutant.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0000, execute: 0x0012_0000, all: ALL_ACCESS };

/// A mutant: one thread owns it, as often as it likes.
#[derive(Debug)]
pub struct Mutant {
    dispatcher: Dispatcher,
}

impl Object for Mutant {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Mutant
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::Mutant, open: Self::open_in })
    }
}

/// What `NtQueryMutant` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutantInfo {
    /// 1 when free, 0 when owned once, and one less for each further time.
    pub count: i32,
    /// The thread that owns it.
    pub owner: Option<u32>,
    /// An owner ended without releasing it.
    pub abandoned: bool,
}

impl Mutant {
    fn open_in(place: Place) -> NtResult<Arc<Self>> {
        Ok(Arc::new(Self { dispatcher: Dispatcher::open_in(place, Signal::Mutant) }))
    }

    /// A thread of this process has ended: if it owns the mutant, that becomes free, and says so to the next owner.
    pub fn abandon(&self, thread: u32) {
        self.dispatcher.abandon(thread);
    }

    /// Releases it once; gives back the count before (see [`MutantInfo::count`]).
    ///
    /// # Errors
    /// `STATUS_MUTANT_NOT_OWNED`.
    pub fn release(&self, thread: u32) -> NtResult<i32> {
        let times = self.dispatcher.release(thread).ok_or(NTSTATUS::STATUS_MUTANT_NOT_OWNED)?;
        Ok(1 - times as i32)
    }

    /// Its state.
    pub fn query(&self) -> MutantInfo {
        let (owner, abandoned) = self.dispatcher.owner();
        let count = owner.map_or(1, |(_, times)| 1 - times as i32);
        MutantInfo { count, owner: owner.map(|(thread, _)| thread), abandoned }
    }
}

/// Releases the mutant of a handle once (`NtReleaseMutant`); gives back the count before.
///
/// # Errors
/// Those of [`HandleTable::get`], and of [`Mutant::release`].
#[inline(always)]
pub fn release(handles: &HandleTable, handle: HANDLE, thread: u32) -> NtResult<i32> {
    let released = handles.with_any(handle, 0, |object| match object.dispatcher() {
        Some(dispatcher) if dispatcher.signal() == Signal::Mutant => dispatcher.try_release(thread),
        _ => None,
    })?;
    match released {
        Some(times) => times.map(|times| 1 - times as i32).ok_or(NTSTATUS::STATUS_MUTANT_NOT_OWNED),
        None => release_slowly(handles, handle, thread),
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only; who calls it need not save vector registers")]
extern "win64" fn release_slowly(handles: &HandleTable, handle: HANDLE, thread: u32) -> NtResult<i32> {
    handles.get::<Mutant>(handle, 0)?.release(thread)
}

/// The mutants of a process that have no name, for the sake of threads that end while they own some.
#[derive(Debug, Default)]
pub struct Mutants {
    // Leaf lock.
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    mutants: Vec<Weak<Mutant>>,
    /// Dropped ones are swept out when there are this many.
    sweep_at: usize,
}

/// Fewer than this are not worth sweeping.
const SWEEP_FROM: usize = 64;

impl Mutants {
    /// A new mutant, owned by a thread or by nobody.
    pub fn create(&self, owner: Option<u32>) -> Arc<Mutant> {
        self.create_in(None, owner)
    }

    /// As [`Self::create`], in a place that processes share if there is one.
    pub fn create_in(&self, place: Option<Place>, owner: Option<u32>) -> Arc<Mutant> {
        let shared = place.is_some();
        let mutant = Arc::new(Mutant { dispatcher: Dispatcher::new_in(place, Signal::Mutant, owner.unwrap_or(0)) });
        if shared {
            return mutant;
        }
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if live.mutants.len() >= live.sweep_at {
            live.mutants.retain(|mutant| mutant.strong_count() != 0);
            live.sweep_at = (live.mutants.len() * 2).max(SWEEP_FROM);
        }
        live.mutants.push(Arc::downgrade(&mutant));
        mutant
    }

    /// A thread has ended: what it owns becomes free, and says so to the next owner.
    pub fn abandon(&self, thread: u32) {
        let live: Vec<_> = {
            let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            live.mutants.iter().filter_map(Weak::upgrade).collect()
        };
        for mutant in live {
            mutant.abandon(thread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{self, Timeout, Waiter, Woken};

    #[test]
    fn what_a_thread_owned_is_abandoned_when_it_ends() {
        let mutants = Mutants::default();
        let (kept, free) = (mutants.create(Some(1)), mutants.create(None));
        assert_eq!(kept.query(), MutantInfo { count: 0, owner: Some(1), abandoned: false });
        mutants.abandon(1);
        assert_eq!(kept.query(), MutantInfo { count: 1, owner: None, abandoned: true });
        let waiter = Waiter::new(2);
        let pass = |mutant: &Mutant| wait::one(&waiter, mutant.dispatcher().unwrap(), false, Timeout::NOW);
        assert_eq!(pass(&kept), Woken::Abandoned(0));
        assert_eq!(pass(&kept), Woken::Object(0));
        assert_eq!(pass(&free), Woken::Object(0));
        assert_eq!(kept.query().count, -1);
        assert_eq!((kept.release(2), kept.release(2)), (Ok(-1), Ok(0)));
        assert_eq!(kept.release(2), Err(NTSTATUS::STATUS_MUTANT_NOT_OWNED));
    }

    #[test]
    fn dropped_mutants_do_not_pile_up() {
        let mutants = Mutants::default();
        (0..10_000).for_each(|_| drop(mutants.create(None)));
        assert!(mutants.live.lock().unwrap().mutants.len() <= SWEEP_FROM);
    }
}
