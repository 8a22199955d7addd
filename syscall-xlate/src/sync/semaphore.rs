//! Semaphores.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use abi::{HANDLE, NTSTATUS, NtResult};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, HandleTable, Kind, Object, Place, Sharing};
use crate::wait::{Dispatcher, Signal};

/// `SEMAPHORE_QUERY_STATE`
pub const QUERY_STATE: Access = 1;
/// `SEMAPHORE_MODIFY_STATE`
pub const MODIFY_STATE: Access = 2;
/// `SEMAPHORE_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3;
/// What generic rights mean for a semaphore.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0002, execute: 0x0012_0000, all: ALL_ACCESS };

/// A semaphore: a count of threads that may pass.
#[derive(Debug)]
pub struct Semaphore {
    dispatcher: Dispatcher,
}

impl Object for Semaphore {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Semaphore
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::Semaphore, open: Self::open_in })
    }
}

impl Semaphore {
    /// A new semaphore.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` unless `0 <= initial <= limit` and `limit > 0`.
    pub fn new(initial: i32, limit: i32) -> NtResult<Arc<Self>> {
        Self::new_in(None, initial, limit)
    }

    /// As [`Self::new`], in a place that processes share if there is one.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn new_in(place: Option<Place>, initial: i32, limit: i32) -> NtResult<Arc<Self>> {
        if initial < 0 || limit <= 0 || initial > limit {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let limit = limit as u32;
        if let Some(place) = &place {
            place.record().detail.store(u64::from(limit), Ordering::Relaxed);
        }
        Ok(Arc::new(Self { dispatcher: Dispatcher::new_in(place, Signal::Semaphore, initial as u32).limited(limit) }))
    }

    fn open_in(place: Place) -> NtResult<Arc<Self>> {
        let limit = place.record().detail.load(Ordering::Relaxed) as u32;
        Ok(Arc::new(Self { dispatcher: Dispatcher::open_in(place, Signal::Semaphore).limited(limit) }))
    }

    /// Lets `count` more threads pass; gives back the count before.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a count below 1, `STATUS_SEMAPHORE_LIMIT_EXCEEDED`.
    pub fn release(&self, count: i32) -> NtResult<i32> {
        if count <= 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let before = self.dispatcher.add(count as u32);
        before.map(|before| before as i32).ok_or(NTSTATUS::STATUS_SEMAPHORE_LIMIT_EXCEEDED)
    }

    /// The count and its limit.
    pub fn query(&self) -> (i32, i32) {
        (self.dispatcher.count() as i32, self.dispatcher.limit() as i32)
    }
}

/// Lets `count` more threads pass the semaphore of a handle (`NtReleaseSemaphore`); gives back the count before.
///
/// # Errors
/// Those of [`HandleTable::get`]; the handle needs `SEMAPHORE_MODIFY_STATE`. Those of [`Semaphore::release`].
#[inline(always)]
pub fn release(handles: &HandleTable, handle: HANDLE, count: i32) -> NtResult<i32> {
    let positive = u32::try_from(count).unwrap_or(0);
    // Semaphores are known by their dispatchers: to ask for the type costs a call.
    let released = handles.with_any(handle, MODIFY_STATE, |object| match object.dispatcher() {
        Some(dispatcher) if dispatcher.signal() == Signal::Semaphore && positive != 0 => dispatcher.try_add(positive),
        _ => None,
    })?;
    match released {
        Some(before) => before.map(|before| before as i32).ok_or(NTSTATUS::STATUS_SEMAPHORE_LIMIT_EXCEEDED),
        None => release_slowly(handles, handle, count),
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only; who calls it need not save vector registers")]
extern "win64" fn release_slowly(handles: &HandleTable, handle: HANDLE, count: i32) -> NtResult<i32> {
    handles.get::<Semaphore>(handle, MODIFY_STATE)?.release(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_out_of_range_are_refused() {
        for (initial, limit) in [(-1, 1), (2, 1), (0, 0), (0, -1), (i32::MIN, i32::MIN)] {
            assert_eq!(Semaphore::new(initial, limit).err(), Some(NTSTATUS::STATUS_INVALID_PARAMETER));
        }
        let semaphore = Semaphore::new(1, 3).unwrap();
        assert_eq!(semaphore.release(0), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        assert_eq!(semaphore.release(3), Err(NTSTATUS::STATUS_SEMAPHORE_LIMIT_EXCEEDED));
        assert_eq!(semaphore.release(2), Ok(1));
        assert_eq!(semaphore.query(), (3, 3));
    }
}
