//! The handle table.
//!
//! Handles are multiples of 4 from 4 upwards; the two low bits are the guest's own and are ignored. A closed handle's value is the
//! next to be given out again, the last closed first; without one, values ascend. (Observed on Windows 10: closing a handle and
//! opening another gives the same value.) Pseudo handles are not in the table: callers resolve them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use abi::{HANDLE, NTSTATUS, NtResult, bitflags};

use super::slot::{Entry, Slot};
use super::{Access, Kind, Object, downcast};

bitflags::bitflags! {
    /// What belongs to a handle and not to its object (`SetHandleInformation`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct HandleFlags: u32 {
        /// `HANDLE_FLAG_INHERIT`: children get it.
        const INHERIT = 1;
        /// `HANDLE_FLAG_PROTECT_FROM_CLOSE`: closing fails.
        const PROTECT_FROM_CLOSE = 2;
    }
}

/// What is known of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandleInfo {
    /// The handle.
    pub handle: HANDLE,
    /// The type of its object.
    pub kind: Kind,
    /// The rights it carries.
    pub access: Access,
    /// Its flags.
    pub flags: HandleFlags,
}

/// Places in the first block; each further block is as large as all before it.
const FIRST_BLOCK: usize = 256;
/// Blocks: as many as Windows' limit of 16,777,216 handles takes.
const BLOCKS: usize = 17;
const LIMIT: u32 = (FIRST_BLOCK << (BLOCKS - 1)) as u32;

/// The handles of a process.
pub struct HandleTable {
    blocks: [OnceLock<Box<[Slot]>>; BLOCKS],
    // Taken before a slot's lock, never while one is held.
    free: Mutex<Free>,
}

/// Which places are free.
struct Free {
    /// Closed ones, the last closed at the end.
    closed: Vec<u32>,
    /// All places from this one on were never used.
    fresh: u32,
}

impl Default for HandleTable {
    fn default() -> Self {
        // Place 0 would be the null handle.
        Self { blocks: [const { OnceLock::new() }; BLOCKS], free: Mutex::new(Free { closed: Vec::new(), fresh: 1 }) }
    }
}

impl HandleTable {
    /// Makes a handle to `object` with these rights.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when the process has all handles it may have.
    pub fn insert(&self, object: Arc<dyn Object>, access: Access, flags: HandleFlags) -> NtResult<HANDLE> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match free.closed.pop() {
            Some(index) => index,
            None if free.fresh < LIMIT => {
                free.fresh += 1;
                free.fresh - 1
            }
            None => return Err(NTSTATUS::STATUS_INSUFFICIENT_RESOURCES),
        };
        drop(free);
        let (block, offset) = position(index as usize);
        let slots = self.blocks[block].get_or_init(|| {
            let size = if block == 0 { FIRST_BLOCK } else { FIRST_BLOCK << (block - 1) };
            (0..size).map(|_| Slot::default()).collect()
        });
        slots[offset].with(|slot| *slot = Some(Entry { object, access, flags }));
        Ok(HANDLE(u64::from(index) * 4))
    }

    /// The object of a handle, as a `T`, if the handle carries all rights in `required`.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_OBJECT_TYPE_MISMATCH` or `STATUS_ACCESS_DENIED`.
    pub fn get<T: Object>(&self, handle: HANDLE, required: Access) -> NtResult<Arc<T>> {
        let object = self.with_entry(handle, |entry| {
            if entry.object.downcast_ref::<T>().is_none() {
                return Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH);
            }
            check(entry.access, required)?;
            Ok(Arc::clone(&entry.object))
        })??;
        downcast(object).map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
    }

    /// The object of a handle, whatever its type.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE` or `STATUS_ACCESS_DENIED`.
    pub fn get_any(&self, handle: HANDLE, required: Access) -> NtResult<Arc<dyn Object>> {
        self.with_entry(handle, |entry| check(entry.access, required).map(|()| Arc::clone(&entry.object)))?
    }

    /// Runs `work` on the object of a handle without taking a reference to it: for what takes a few instructions. `work` must not
    /// block and must not use the handle table.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    #[inline]
    pub fn with<T: Object, R>(&self, handle: HANDLE, required: Access, work: impl FnOnce(&T) -> R) -> NtResult<R> {
        self.with_entry(handle, |entry| {
            let object = entry.object.downcast_ref::<T>().ok_or(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)?;
            check(entry.access, required)?;
            Ok(work(object))
        })?
    }

    /// As [`Self::with`], for an object of any type.
    ///
    /// # Errors
    /// Those of [`Self::get_any`].
    #[inline(always)]
    pub fn with_any<R>(&self, handle: HANDLE, required: Access, work: impl FnOnce(&dyn Object) -> R) -> NtResult<R> {
        self.with_entry(handle, |entry| check(entry.access, required).map(|()| work(&*entry.object)))?
    }

    /// Type, rights and flags of a handle.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`.
    pub fn info(&self, handle: HANDLE) -> NtResult<HandleInfo> {
        self.with_entry(handle, |entry| info(HANDLE(handle.0 & !3), entry))
    }

    /// Changes the flags in `mask` to those in `flags`.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`.
    pub fn set_flags(&self, handle: HANDLE, mask: HandleFlags, flags: HandleFlags) -> NtResult<()> {
        self.with_entry(handle, |entry| entry.flags = entry.flags & !mask | flags & mask)
    }

    /// Closes a handle. The object goes with its last reference.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, or `STATUS_HANDLE_NOT_CLOSABLE` for a protected one.
    pub fn close(&self, handle: HANDLE) -> NtResult<()> {
        let entry = self.slot(handle)?.with(|slot| match slot {
            None => Err(NTSTATUS::STATUS_INVALID_HANDLE),
            Some(entry) if entry.flags.contains(HandleFlags::PROTECT_FROM_CLOSE) => {
                Err(NTSTATUS::STATUS_HANDLE_NOT_CLOSABLE)
            }
            taken => Ok(taken.take()),
        })?;
        self.free.lock().unwrap_or_else(PoisonError::into_inner).closed.push((handle.0 >> 2) as u32);
        // Last, without a lock: dropping an object may take time.
        drop(entry);
        Ok(())
    }

    /// Makes a handle to the same object in `target` (which may be this table). `access` of `None` keeps the rights.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE` and `STATUS_INSUFFICIENT_RESOURCES`.
    pub fn duplicate(
        &self,
        handle: HANDLE,
        target: &Self,
        access: Option<Access>,
        flags: HandleFlags,
    ) -> NtResult<HANDLE> {
        let (object, granted) = self.with_entry(handle, |entry| (Arc::clone(&entry.object), entry.access))?;
        target.insert(object, access.unwrap_or(granted), flags)
    }

    /// Shows the object of each handle. `look` must be short and must not use the table.
    pub(super) fn each(&self, mut look: impl FnMut(&Arc<dyn Object>)) {
        for slot in self.blocks.iter().filter_map(OnceLock::get).flatten() {
            slot.with(|entry| entry.as_ref().into_iter().for_each(|entry| look(&entry.object)));
        }
    }

    /// All handles, ascending. A snapshot: others open and close while it is taken.
    pub fn handles(&self) -> Vec<HandleInfo> {
        let end = self.free.lock().unwrap_or_else(PoisonError::into_inner).fresh;
        let handles = (1..end).map(|index| HANDLE(u64::from(index) * 4));
        handles.filter_map(|handle| self.info(handle).ok()).collect()
    }

    /// Closes all handles, protected ones too. For the end of the process.
    pub fn close_all(&self) {
        for slot in self.blocks.iter().filter_map(OnceLock::get).flatten() {
            let entry = slot.with(Option::take);
            drop(entry);
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = Free { closed: Vec::new(), fresh: 1 };
    }

    #[inline(always)]
    fn slot(&self, handle: HANDLE) -> NtResult<&Slot> {
        let index = handle.0 >> 2;
        if index == 0 || index >= u64::from(LIMIT) {
            return Err(NTSTATUS::STATUS_INVALID_HANDLE);
        }
        let (block, offset) = position(index as usize);
        let slots = self.blocks[block].get().ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        slots.get(offset).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)
    }

    #[inline(always)]
    fn with_entry<R>(&self, handle: HANDLE, work: impl FnOnce(&mut Entry) -> R) -> NtResult<R> {
        self.slot(handle)?.with(|slot| slot.as_mut().map(work)).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)
    }
}

/// Block and offset in it of a place below [`LIMIT`].
#[inline]
const fn position(index: usize) -> (usize, usize) {
    if index < FIRST_BLOCK {
        return (0, index);
    }
    let block = (index / FIRST_BLOCK).ilog2() as usize + 1;
    (block, index - (FIRST_BLOCK << (block - 1)))
}

#[inline]
fn check(granted: Access, required: Access) -> NtResult<()> {
    if granted & required == required { Ok(()) } else { Err(NTSTATUS::STATUS_ACCESS_DENIED) }
}

fn info(handle: HANDLE, entry: &Entry) -> HandleInfo {
    HandleInfo { handle, kind: entry.object.kind(), access: entry.access, flags: entry.flags }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Thing(Arc<AtomicUsize>);
    impl Object for Thing {
        extern "win64" fn kind(&self) -> Kind {
            Kind::Job
        }
    }
    impl Drop for Thing {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    struct Other;
    impl Object for Other {
        extern "win64" fn kind(&self) -> Kind {
            Kind::Key
        }
    }

    fn other(table: &HandleTable) -> HANDLE {
        table.insert(Arc::new(Other), 0, HandleFlags::empty()).unwrap()
    }

    #[test]
    fn values_ascend_from_4_and_the_last_closed_comes_first() {
        let table = HandleTable::default();
        let handles: Vec<_> = (0..4).map(|_| other(&table)).collect();
        assert_eq!(handles, [HANDLE(4), HANDLE(8), HANDLE(12), HANDLE(16)]);
        table.close(HANDLE(4)).unwrap();
        table.close(HANDLE(12)).unwrap();
        assert_eq!([other(&table), other(&table), other(&table)], [HANDLE(12), HANDLE(4), HANDLE(20)]);
    }

    #[test]
    fn low_two_bits_are_ignored() {
        let table = HandleTable::default();
        let handle = other(&table);
        assert!(table.get::<Other>(HANDLE(handle.0 | 3), 0).is_ok());
        assert_eq!(table.close(HANDLE(handle.0 | 1)), Ok(()));
        assert_eq!(other(&table), handle);
    }

    #[test]
    fn closing_twice_fails() {
        let table = HandleTable::default();
        let handle = other(&table);
        assert_eq!(table.close(handle), Ok(()));
        assert_eq!(table.close(handle), Err(NTSTATUS::STATUS_INVALID_HANDLE));
    }

    #[test]
    fn handles_that_never_were_are_invalid() {
        let table = HandleTable::default();
        for value in
            [0, 1, 3, 4, 1024, 0x1000_0000, u64::from(LIMIT) * 4 - 4, u64::from(LIMIT) * 4, u64::MAX, u64::MAX - 1]
        {
            assert_eq!(table.get_any(HANDLE(value), 0).err(), Some(NTSTATUS::STATUS_INVALID_HANDLE), "{value:#x}");
            assert_eq!(table.close(HANDLE(value)), Err(NTSTATUS::STATUS_INVALID_HANDLE));
        }
    }

    #[test]
    fn type_and_rights_are_checked() {
        let table = HandleTable::default();
        let handle = table.insert(Arc::new(Other), 0b011, HandleFlags::empty()).unwrap();
        assert!(table.get::<Other>(handle, 0b001).is_ok());
        assert_eq!(table.get::<Other>(handle, 0b101).err(), Some(NTSTATUS::STATUS_ACCESS_DENIED));
        assert_eq!(table.get::<Thing>(handle, 0).err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
        assert_eq!(table.with::<Other, _>(handle, 0b010, |_| 7), Ok(7));
        let less = table.duplicate(handle, &table, Some(0b001), HandleFlags::INHERIT).unwrap();
        assert_eq!(table.get::<Other>(less, 0b010).err(), Some(NTSTATUS::STATUS_ACCESS_DENIED));
        assert_eq!(table.info(less).unwrap().flags, HandleFlags::INHERIT);
    }

    #[test]
    fn a_protected_handle_stays_open() {
        let table = HandleTable::default();
        let handle = other(&table);
        table.set_flags(handle, HandleFlags::PROTECT_FROM_CLOSE, HandleFlags::all()).unwrap();
        assert_eq!(table.info(handle).unwrap().flags, HandleFlags::PROTECT_FROM_CLOSE);
        assert_eq!(table.close(handle), Err(NTSTATUS::STATUS_HANDLE_NOT_CLOSABLE));
        table.set_flags(handle, HandleFlags::PROTECT_FROM_CLOSE, HandleFlags::empty()).unwrap();
        assert_eq!(table.close(handle), Ok(()));
    }

    #[test]
    fn the_object_goes_with_its_last_handle() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let table = HandleTable::default();
        let first = table.insert(Arc::new(Thing(dropped.clone())), 0, HandleFlags::empty()).unwrap();
        let second = table.duplicate(first, &table, None, HandleFlags::empty()).unwrap();
        table.close(first).unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 0);
        table.close(second).unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        table.insert(Arc::new(Thing(dropped.clone())), 0, HandleFlags::PROTECT_FROM_CLOSE).unwrap();
        table.close_all();
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn many_handles_are_found_again() {
        let table = HandleTable::default();
        let handles: Vec<_> = (0..5000).map(|_| other(&table)).collect();
        assert_eq!(table.handles().len(), 5000);
        assert!(handles.iter().enumerate().all(|(index, handle)| handle.0 == 4 * (index as u64 + 1)));
        assert!(handles.iter().all(|&handle| table.close(handle).is_ok()));
        assert!(table.handles().is_empty());
    }

    #[test]
    fn threads_that_open_and_close_never_share_a_handle() {
        let table = HandleTable::default();
        let dropped = Arc::new(AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let handle = table.insert(Arc::new(Thing(dropped.clone())), 0, HandleFlags::empty()).unwrap();
                        table.get::<Thing>(handle, 0).unwrap();
                        table.close(handle).unwrap();
                    }
                });
            }
        });
        assert_eq!(dropped.load(Ordering::Relaxed), 8000);
        assert!(table.handles().is_empty());
    }
}
