//! Blocks that `GlobalAlloc` and `LocalAlloc` call movable: they are named by a handle and have an address only while locked.
//!
//! They never move here. The handle is the address of a small block of its own, plus 8, by which it differs from every block's address.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult};

use super::{HeapFlags, Heaps};

const HANDLE_BIT: u64 = 8;
/// Locks are counted up to here.
const MOST_LOCKS: u32 = 0xff;

/// A movable block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movable {
    /// Its address; 0 while it is discarded (it was given size 0).
    pub address: u64,
    /// How often it is locked.
    pub locks: u32,
}

/// The movable blocks of a process.
#[derive(Debug, Default)]
pub struct MovableBlocks {
    // Taken before the heap's locks.
    blocks: Mutex<HashMap<u64, Movable>>,
}

impl MovableBlocks {
    /// True for what could be the handle of a movable block: it is not the address of a block.
    pub const fn is_handle(value: u64) -> bool {
        value % 16 == HANDLE_BIT
    }

    /// Makes a block of `size` bytes and gives its handle. A size of 0 makes a discarded one.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY`.
    pub fn allocate(&self, heaps: &Heaps, size: u64, zeroed: bool) -> NtResult<u64> {
        let flags = if zeroed { HeapFlags::ZERO_MEMORY } else { HeapFlags::empty() };
        let handle = heaps.allocate(Heaps::PROCESS, HeapFlags::empty(), 16)?;
        let address = match size {
            0 => 0,
            _ => heaps.allocate(Heaps::PROCESS, flags, size).inspect_err(|_| {
                let _ = heaps.free(Heaps::PROCESS, handle);
            })?,
        };
        self.blocks().insert(handle + HANDLE_BIT, Movable { address, locks: 0 });
        Ok(handle + HANDLE_BIT)
    }

    /// A block's state.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`.
    pub fn get(&self, handle: u64) -> NtResult<Movable> {
        self.blocks().get(&handle).copied().ok_or(NTSTATUS::STATUS_INVALID_HANDLE)
    }

    /// Locks a block and gives its address.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, also for a discarded one.
    pub fn lock(&self, handle: u64) -> NtResult<u64> {
        let mut blocks = self.blocks();
        let block =
            blocks.get_mut(&handle).filter(|block| block.address != 0).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        block.locks = (block.locks + 1).min(MOST_LOCKS);
        Ok(block.address)
    }

    /// Unlocks a block once; gives back how often it is still locked.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_NOT_LOCKED`.
    pub fn unlock(&self, handle: u64) -> NtResult<u32> {
        let mut blocks = self.blocks();
        let block = blocks.get_mut(&handle).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        block.locks = block.locks.checked_sub(1).ok_or(NTSTATUS::STATUS_NOT_LOCKED)?;
        Ok(block.locks)
    }

    /// The handle of the block at an address.
    pub fn handle_of(&self, address: u64) -> Option<u64> {
        self.blocks().iter().find(|(_, block)| address != 0 && block.address == address).map(|(&handle, _)| handle)
    }

    /// Gives a block another size. A locked one does not move.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_NO_MEMORY`.
    pub fn reallocate(&self, heaps: &Heaps, handle: u64, size: u64, zeroed: bool, may_move: bool) -> NtResult<()> {
        let mut flags = if zeroed { HeapFlags::ZERO_MEMORY } else { HeapFlags::empty() };
        let mut blocks = self.blocks();
        let block = blocks.get_mut(&handle).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        if block.locks != 0 && !may_move {
            flags |= HeapFlags::REALLOC_IN_PLACE_ONLY;
        }
        block.address = match (block.address, size) {
            (0, 0) => 0,
            (0, _) => heaps.allocate(Heaps::PROCESS, flags & HeapFlags::ZERO_MEMORY, size)?,
            (address, 0) if block.locks == 0 => heaps.free(Heaps::PROCESS, address).map(|()| 0)?,
            (address, _) => heaps.reallocate(Heaps::PROCESS, flags, address, size)?,
        };
        Ok(())
    }

    /// Frees a block and its handle.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`.
    pub fn free(&self, heaps: &Heaps, handle: u64) -> NtResult<()> {
        let block = self.blocks().remove(&handle).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        heaps.free(Heaps::PROCESS, block.address)?;
        heaps.free(Heaps::PROCESS, handle - HANDLE_BIT)
    }

    fn blocks(&self) -> MutexGuard<'_, HashMap<u64, Movable>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_locked_for_its_address() {
        let (heaps, blocks) = (Heaps::default(), MovableBlocks::default());
        let handle = blocks.allocate(&heaps, 10, true).unwrap();
        assert!(MovableBlocks::is_handle(handle));
        let address = blocks.lock(handle).unwrap();
        assert!(!MovableBlocks::is_handle(address));
        assert_eq!((blocks.lock(handle), blocks.handle_of(address)), (Ok(address), Some(handle)));
        assert_eq!((blocks.unlock(handle), blocks.unlock(handle)), (Ok(1), Ok(0)));
        assert_eq!(blocks.unlock(handle), Err(NTSTATUS::STATUS_NOT_LOCKED));
        blocks.reallocate(&heaps, handle, 1000, false, false).unwrap();
        assert_eq!(heaps.size(Heaps::PROCESS, blocks.get(handle).unwrap().address), Ok(1000));
        assert_eq!(blocks.free(&heaps, handle), Ok(()));
        assert_eq!(blocks.free(&heaps, handle), Err(NTSTATUS::STATUS_INVALID_HANDLE));
        assert_eq!(blocks.lock(address).err(), Some(NTSTATUS::STATUS_INVALID_HANDLE));
    }

    #[test]
    fn a_block_without_size_is_discarded() {
        let (heaps, blocks) = (Heaps::default(), MovableBlocks::default());
        let handle = blocks.allocate(&heaps, 0, false).unwrap();
        assert_eq!(blocks.lock(handle).err(), Some(NTSTATUS::STATUS_INVALID_HANDLE));
        blocks.reallocate(&heaps, handle, 5, true, false).unwrap();
        assert!(blocks.lock(handle).is_ok());
        blocks.unlock(handle).unwrap();
        blocks.reallocate(&heaps, handle, 0, false, false).unwrap();
        assert_eq!(blocks.get(handle), Ok(Movable { address: 0, locks: 0 }));
        blocks.free(&heaps, handle).unwrap();
    }
}
