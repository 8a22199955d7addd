//! Events.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use abi::{HANDLE, NtResult};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, HandleTable, Kind, Object, Place, Sharing};
use crate::wait::{Dispatcher, Signal};

/// `EVENT_QUERY_STATE`
pub const QUERY_STATE: Access = 1;
/// `EVENT_MODIFY_STATE`
pub const MODIFY_STATE: Access = 2;
/// `EVENT_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3;
/// What generic rights mean for an event.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0002, execute: 0x0012_0000, all: ALL_ACCESS };

/// An event: a flag that threads wait for.
#[derive(Debug)]
pub struct Event {
    dispatcher: Dispatcher,
}

impl Object for Event {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Event
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::Event, open: Self::open_in })
    }
}

impl Event {
    /// A new event. A manual one (`NotificationEvent`) stays signalled until it is reset; another lets one thread pass.
    pub fn new(manual: bool, signalled: bool) -> Arc<Self> {
        Self::new_in(None, manual, signalled)
    }

    /// As [`Self::new`], in a place that processes share if there is one.
    pub fn new_in(place: Option<Place>, manual: bool, signalled: bool) -> Arc<Self> {
        if let Some(place) = &place {
            place.record().detail.store(u64::from(manual), Ordering::Relaxed);
        }
        Arc::new(Self { dispatcher: Dispatcher::new_in(place, signal(manual), u32::from(signalled)) })
    }

    fn open_in(place: Place) -> NtResult<Arc<Self>> {
        let manual = place.record().detail.load(Ordering::Relaxed) != 0;
        Ok(Arc::new(Self { dispatcher: Dispatcher::open_in(place, signal(manual)) }))
    }

    /// True for a manual-reset event.
    pub fn is_manual(&self) -> bool {
        self.dispatcher.signal() == Signal::Notification
    }

    /// True while it is signalled.
    pub fn is_signalled(&self) -> bool {
        self.dispatcher.is_signalled()
    }

    /// Signals; gives back whether it was signalled.
    pub fn set(&self) -> bool {
        self.dispatcher.set()
    }

    /// Takes the signal away; gives back whether it was signalled.
    pub fn reset(&self) -> bool {
        self.dispatcher.reset()
    }

    /// Lets pass who waits now; gives back whether it was signalled.
    pub fn pulse(&self) -> bool {
        self.dispatcher.pulse()
    }
}

const fn signal(manual: bool) -> Signal {
    if manual { Signal::Notification } else { Signal::Synchronization }
}

/// Signals the event of a handle (`NtSetEvent`); gives back whether it was signalled.
///
/// # Errors
/// Those of [`HandleTable::get`]; the handle needs `EVENT_MODIFY_STATE`.
#[inline(always)]
pub fn set(handles: &HandleTable, handle: HANDLE) -> NtResult<bool> {
    let done = handles.with_any(handle, MODIFY_STATE, |object| match object.kind() {
        Kind::Event => object.dispatcher().and_then(Dispatcher::try_set),
        _ => None,
    })?;
    match done {
        Some(before) => Ok(before),
        None => set_slowly(handles, handle),
    }
}

/// Takes the signal of a handle's event away (`NtResetEvent`); gives back whether it was signalled.
///
/// # Errors
/// As [`set`].
#[inline(always)]
pub fn reset(handles: &HandleTable, handle: HANDLE) -> NtResult<bool> {
    let done = handles.with_any(handle, MODIFY_STATE, |object| match object.kind() {
        Kind::Event => object.dispatcher().and_then(Dispatcher::try_reset),
        _ => None,
    })?;
    match done {
        Some(before) => Ok(before),
        None => reset_slowly(handles, handle),
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only; who calls it need not save vector registers")]
extern "win64" fn set_slowly(handles: &HandleTable, handle: HANDLE) -> NtResult<bool> {
    Ok(handles.get::<Event>(handle, MODIFY_STATE)?.set())
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "as above")]
extern "win64" fn reset_slowly(handles: &HandleTable, handle: HANDLE) -> NtResult<bool> {
    Ok(handles.get::<Event>(handle, MODIFY_STATE)?.reset())
}

#[cfg(test)]
mod tests {
    use abi::NTSTATUS;

    use super::*;
    use crate::object::HandleFlags;
    use crate::wait::{self, Timeout, Waiter, Woken};

    #[test]
    fn an_event_is_set_and_reset_by_its_handle() {
        let handles = HandleTable::default();
        let waiter = Waiter::new(1);
        let handle = handles.insert(Event::new(true, false), ALL_ACCESS, HandleFlags::empty()).unwrap();
        let look = || wait::for_handle(&handles, &waiter, handle, false, Timeout::NOW);
        assert_eq!(look(), Ok(Woken::Timeout));
        assert_eq!(set(&handles, handle), Ok(false));
        assert_eq!(set(&handles, handle), Ok(true));
        assert_eq!(look(), Ok(Woken::Object(0)));
        assert_eq!(reset(&handles, handle), Ok(true));
        assert_eq!(look(), Ok(Woken::Timeout));
    }

    #[test]
    fn rights_are_needed_to_set_and_to_wait() {
        let handles = HandleTable::default();
        let handle = handles.insert(Event::new(true, true), QUERY_STATE, HandleFlags::empty()).unwrap();
        assert_eq!(set(&handles, handle), Err(NTSTATUS::STATUS_ACCESS_DENIED));
        let waited = wait::for_handle(&handles, &Waiter::new(1), handle, false, Timeout::NOW);
        assert_eq!(waited, Err(NTSTATUS::STATUS_ACCESS_DENIED));
    }

    #[test]
    fn a_thread_blocked_on_a_handle_is_woken_by_it() {
        let handles = HandleTable::default();
        let handle = handles.insert(Event::new(false, false), ALL_ACCESS, HandleFlags::empty()).unwrap();
        std::thread::scope(|scope| {
            let blocked = scope.spawn(|| {
                (0..1000).all(|_| {
                    let woken = wait::for_handle(&handles, &Waiter::new(2), handle, false, Timeout::Infinite);
                    woken == Ok(Woken::Object(0))
                })
            });
            while !blocked.is_finished() {
                set(&handles, handle).unwrap();
            }
            assert!(blocked.join().unwrap());
        });
    }
}
