//! Heaps.
//!
//! Blocks come from the host's allocator, each behind a header with its size and a tag made of its address and its heap. What a guest
//! hands back is looked at before it is believed: a pointer that is foreign, in the middle of a block, of another heap or freed already
//! gives an error, not a crash of ours.

mod block;
mod cache;
mod movable;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use abi::{HANDLE, NTSTATUS, NtResult, bitflags};

use block::HeapId;
pub(crate) use cache::Cache;
pub use movable::{Movable, MovableBlocks};

bitflags::bitflags! {
    /// Options of a heap and of a call (`HEAP_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct HeapFlags: u32 {
        /// `HEAP_NO_SERIALIZE`: the caller takes care of threads. We do so all the same.
        const NO_SERIALIZE = 0x1;
        /// `HEAP_GROWABLE`
        const GROWABLE = 0x2;
        /// `HEAP_GENERATE_EXCEPTIONS`: failure raises. See [`Heaps::raises`].
        const GENERATE_EXCEPTIONS = 0x4;
        /// `HEAP_ZERO_MEMORY`
        const ZERO_MEMORY = 0x8;
        /// `HEAP_REALLOC_IN_PLACE_ONLY`
        const REALLOC_IN_PLACE_ONLY = 0x10;
        /// `HEAP_CREATE_ENABLE_EXECUTE`
        const CREATE_ENABLE_EXECUTE = 0x4_0000;
        const _ = !0;
    }
}

/// A block as a walk over a heap finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its first byte.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
}

/// A heap of a guest's own.
#[derive(Debug)]
struct Heap {
    id: HeapId,
    options: HeapFlags,
    /// Bytes it may hold in all, if it may not grow.
    limit: Option<u64>,
    // Leaf lock.
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    addresses: BTreeSet<u64>,
    bytes: u64,
    destroyed: bool,
}

/// In a heap that may not grow a block is smaller than this ("HeapCreate": 0x7FFF8 bytes on 64-bit Windows is slightly below 1 MB).
const LARGEST_IN_FIXED: u64 = 0xf_f000;

/// Distance of heap handles. They look like addresses and are none.
const HANDLE_STEP: u64 = 0x1_0000;
const PROCESS_HEAP: u64 = 0x7ff0_0000;

/// The heaps of a process.
#[derive(Debug, Default)]
pub struct Heaps {
    // Leaf lock.
    own: RwLock<Vec<Option<Arc<Heap>>>>,
}

impl Heaps {
    /// The process heap's handle (`GetProcessHeap`).
    pub const PROCESS: HANDLE = HANDLE(PROCESS_HEAP);

    /// Makes a heap. `maximum` other than 0 is the size in bytes that it may not outgrow.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an initial size above the maximum; `STATUS_NO_MEMORY` for sizes no process has.
    pub fn create(&self, options: HeapFlags, initial: u64, maximum: u64) -> NtResult<HANDLE> {
        if maximum != 0 && initial > maximum {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        if initial.max(maximum) > block::LARGEST {
            return Err(NTSTATUS::STATUS_NO_MEMORY);
        }
        let limit = (maximum != 0).then_some(maximum);
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let index = own.iter().position(Option::is_none).unwrap_or(own.len());
        let heap = Heap { id: HeapId(index as u64 + 1), options, limit, blocks: Mutex::default() };
        match own.get_mut(index) {
            Some(place) => *place = Some(Arc::new(heap)),
            None => own.push(Some(Arc::new(heap))),
        }
        Ok(HANDLE(PROCESS_HEAP + HANDLE_STEP * (index as u64 + 1)))
    }

    /// Frees all blocks of a heap, and it.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, also for the process heap.
    pub fn destroy(&self, heap: HANDLE) -> NtResult<()> {
        let index = index(heap).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let heap = own.get_mut(index).and_then(Option::take).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        drop(own);
        let mut blocks = heap.blocks();
        blocks.destroyed = true;
        for address in std::mem::take(&mut blocks.addresses) {
            // A block whose header the guest has overwritten is given up rather than believed.
            if block::size(heap.id, address).is_ok() {
                block::free(address);
            }
        }
        Ok(())
    }

    /// Whether failure of a call on this heap raises an exception in the guest.
    pub fn raises(&self, heap: HANDLE, flags: HeapFlags) -> bool {
        let own = || self.find(heap).is_ok_and(|heap| heap.is_some_and(|heap| heap.raises()));
        flags.contains(HeapFlags::GENERATE_EXCEPTIONS) || own()
    }

    /// A block of `size` bytes, a multiple of 16 bytes from 0.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_NO_MEMORY`.
    #[inline]
    pub fn allocate(&self, heap: HANDLE, flags: HeapFlags, size: u64) -> NtResult<u64> {
        let zeroed = flags.contains(HeapFlags::ZERO_MEMORY);
        if heap == Self::PROCESS {
            return block::allocate(HeapId::PROCESS, size, zeroed);
        }
        match self.find(heap)? {
            Some(heap) => heap.allocate(size, zeroed),
            None => block::allocate(HeapId::PROCESS, size, zeroed),
        }
    }

    /// Gives a block another size and, unless `REALLOC_IN_PLACE_ONLY`, perhaps another address.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`; `STATUS_INVALID_PARAMETER` for what is not a block of this heap; `STATUS_NO_MEMORY`, with the block
    /// left as it is.
    pub fn reallocate(&self, heap: HANDLE, flags: HeapFlags, address: u64, size: u64) -> NtResult<u64> {
        let zeroed = flags.contains(HeapFlags::ZERO_MEMORY);
        let in_place = flags.contains(HeapFlags::REALLOC_IN_PLACE_ONLY);
        match self.find(heap)? {
            None => block::reallocate(HeapId::PROCESS, address, size, zeroed, in_place),
            Some(heap) => heap.reallocate(address, size, zeroed, in_place),
        }
    }

    /// Frees a block. A null address is no block and no error.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`; `STATUS_INVALID_PARAMETER` for what is not a block of this heap.
    #[inline]
    pub fn free(&self, heap: HANDLE, address: u64) -> NtResult<()> {
        if address == 0 {
            return Ok(());
        }
        if heap == Self::PROCESS {
            block::size(HeapId::PROCESS, address)?;
            block::free(address);
            return Ok(());
        }
        match self.find(heap)? {
            None => self.free(Self::PROCESS, address),
            Some(heap) => heap.free(address),
        }
    }

    /// A block's size in bytes, as it was asked for.
    ///
    /// # Errors
    /// As [`Self::free`].
    #[inline]
    pub fn size(&self, heap: HANDLE, address: u64) -> NtResult<u64> {
        let id = if heap == Self::PROCESS {
            HeapId::PROCESS
        } else {
            self.find(heap)?.map_or(HeapId::PROCESS, |heap| heap.id)
        };
        block::size(id, address)
    }

    /// Whether a block, or for 0 every block that is known of, is sound. Blocks of the process heap are not listed.
    pub fn validate(&self, heap: HANDLE, address: u64) -> bool {
        if address != 0 {
            return self.size(heap, address).is_ok();
        }
        match self.find(heap) {
            Err(_) => false,
            Ok(None) => true,
            Ok(Some(heap)) => heap.blocks().addresses.iter().all(|&address| block::size(heap.id, address).is_ok()),
        }
    }

    /// The first block of a heap behind `after`. The process heap lists none.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`; `STATUS_NO_MORE_ENTRIES` behind the last.
    pub fn walk(&self, heap: HANDLE, after: u64) -> NtResult<Block> {
        let heap = self.find(heap)?.ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)?;
        let next = heap.blocks().addresses.range(after.saturating_add(1)..).next().copied();
        let address = next.ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)?;
        Ok(Block { address, size: block::size(heap.id, address)? })
    }

    /// All heaps, the process heap first (`GetProcessHeaps`).
    pub fn list(&self) -> Vec<HANDLE> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let handles = (1..).zip(own.iter()).filter(|(_, heap)| heap.is_some());
        std::iter::once(Self::PROCESS)
            .chain(handles.map(|(index, _)| HANDLE(PROCESS_HEAP + HANDLE_STEP * index)))
            .collect()
    }

    /// The heap of a handle; `None` is the process heap.
    fn find(&self, heap: HANDLE) -> NtResult<Option<Arc<Heap>>> {
        if heap == Self::PROCESS {
            return Ok(None);
        }
        let index = index(heap).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)?;
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        own.get(index).cloned().flatten().map(Some).ok_or(NTSTATUS::STATUS_INVALID_HANDLE)
    }
}

impl Drop for Heaps {
    fn drop(&mut self) {
        for heap in self.list() {
            // The process heap refuses: its blocks go with the host's process.
            let _ = self.destroy(heap);
        }
    }
}

fn index(heap: HANDLE) -> Option<usize> {
    let offset = heap.0.checked_sub(PROCESS_HEAP + HANDLE_STEP)?;
    (offset % HANDLE_STEP == 0).then_some((offset / HANDLE_STEP) as usize)
}

impl Heap {
    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raises(&self) -> bool {
        self.options.contains(HeapFlags::GENERATE_EXCEPTIONS)
    }

    fn check(&self, blocks: &Blocks, less: u64, size: u64) -> NtResult<()> {
        let fits = self
            .limit
            .is_none_or(|limit| size <= LARGEST_IN_FIXED && (blocks.bytes - less).saturating_add(size) <= limit);
        match () {
            () if blocks.destroyed => Err(NTSTATUS::STATUS_INVALID_HANDLE),
            () if !fits => Err(NTSTATUS::STATUS_NO_MEMORY),
            () => Ok(()),
        }
    }

    fn allocate(&self, size: u64, zeroed: bool) -> NtResult<u64> {
        let mut blocks = self.blocks();
        self.check(&blocks, 0, size)?;
        let address = block::allocate(self.id, size, zeroed)?;
        blocks.addresses.insert(address);
        blocks.bytes += size;
        Ok(address)
    }

    fn reallocate(&self, address: u64, size: u64, zeroed: bool, in_place: bool) -> NtResult<u64> {
        let mut blocks = self.blocks();
        let old = self.known(&blocks, address)?;
        self.check(&blocks, old, size)?;
        let moved = block::reallocate(self.id, address, size, zeroed, in_place)?;
        blocks.addresses.remove(&address);
        blocks.addresses.insert(moved);
        blocks.bytes = blocks.bytes - old + size;
        Ok(moved)
    }

    fn free(&self, address: u64) -> NtResult<()> {
        let mut blocks = self.blocks();
        let size = self.known(&blocks, address)?;
        blocks.addresses.remove(&address);
        blocks.bytes -= size;
        block::free(address);
        Ok(())
    }

    /// The size of a block of this heap. Not more than it holds in all, whatever the guest wrote over its header.
    fn known(&self, blocks: &Blocks, address: u64) -> NtResult<u64> {
        let size = block::size(self.id, address)?;
        let known = blocks.addresses.contains(&address) && size <= blocks.bytes;
        if known { Ok(size) } else { Err(NTSTATUS::STATUS_INVALID_PARAMETER) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: HeapFlags = HeapFlags::empty();
    const ZERO: HeapFlags = HeapFlags::ZERO_MEMORY;
    const INVALID: NTSTATUS = NTSTATUS::STATUS_INVALID_PARAMETER;

    fn bytes(address: u64, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        abi::fault::read(address, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn sizes_are_exact_and_addresses_aligned() {
        let heaps = Heaps::default();
        let own = heaps.create(NONE, 0, 0).unwrap();
        for heap in [Heaps::PROCESS, own] {
            for size in [0, 1, 7, 16, 63, 64, 4097, 1 << 20] {
                let address = heaps.allocate(heap, ZERO, size).unwrap();
                assert_eq!((address % 16, heaps.size(heap, address)), (0, Ok(size)));
                assert!(bytes(address, size as usize).iter().all(|&byte| byte == 0));
                assert_eq!(heaps.free(heap, address), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        crate::signals::install();
        let heaps = Heaps::default();
        let own = heaps.create(NONE, 0, 0).unwrap();
        let address = heaps.allocate(Heaps::PROCESS, NONE, 64).unwrap();
        let on_stack = [0u64; 8];
        for bad in [8, 16, 4096, address + 1, address + 16, address - 16, &raw const on_stack as u64, u64::MAX, 1 << 63]
        {
            assert_eq!(heaps.free(Heaps::PROCESS, bad), Err(INVALID), "{bad:#x}");
            assert_eq!(heaps.size(Heaps::PROCESS, bad), Err(INVALID));
            assert_eq!(heaps.reallocate(Heaps::PROCESS, NONE, bad, 1), Err(INVALID));
        }
        assert_eq!(heaps.free(own, address), Err(INVALID));
        assert_eq!(heaps.free(Heaps::PROCESS, address), Ok(()));
        assert_eq!(heaps.free(Heaps::PROCESS, address), Err(INVALID));
        assert_eq!(heaps.free(Heaps::PROCESS, 0), Ok(()));
        for heap in
            [HANDLE::NULL, HANDLE(4), HANDLE(PROCESS_HEAP + 1), HANDLE(PROCESS_HEAP + HANDLE_STEP * 9), HANDLE::INVALID]
        {
            assert_eq!(heaps.allocate(heap, NONE, 1), Err(NTSTATUS::STATUS_INVALID_HANDLE));
            assert_eq!(heaps.destroy(heap), Err(NTSTATUS::STATUS_INVALID_HANDLE));
        }
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let heaps = Heaps::default();
        for size in [u64::MAX, u64::MAX - 15, 1 << 62, 1 << 47] {
            assert_eq!(heaps.allocate(Heaps::PROCESS, NONE, size), Err(NTSTATUS::STATUS_NO_MEMORY));
            assert_eq!(heaps.create(NONE, size, 0), Err(NTSTATUS::STATUS_NO_MEMORY));
        }
        let address = heaps.allocate(Heaps::PROCESS, NONE, 8).unwrap();
        assert_eq!(heaps.reallocate(Heaps::PROCESS, NONE, address, u64::MAX), Err(NTSTATUS::STATUS_NO_MEMORY));
        assert_eq!(heaps.size(Heaps::PROCESS, address), Ok(8));
        heaps.free(Heaps::PROCESS, address).unwrap();
    }

    #[test]
    fn a_larger_size_keeps_what_was_there_and_zeroes_the_rest() {
        let heaps = Heaps::default();
        let own = heaps.create(NONE, 0, 0).unwrap();
        for heap in [Heaps::PROCESS, own] {
            let address = heaps.allocate(heap, NONE, 4).unwrap();
            abi::fault::write(address, b"abcd").unwrap();
            let larger = heaps.reallocate(heap, ZERO, address, 100_000).unwrap();
            assert_eq!(bytes(larger, 4), b"abcd");
            assert!(bytes(larger + 4, 99_996).iter().all(|&byte| byte == 0));
            assert_eq!(heaps.size(heap, larger), Ok(100_000));
            let in_place = HeapFlags::REALLOC_IN_PLACE_ONLY;
            assert_eq!(heaps.reallocate(heap, in_place, larger, 1 << 30), Err(NTSTATUS::STATUS_NO_MEMORY));
            assert_eq!(heaps.reallocate(heap, in_place, larger, 10), Ok(larger));
            assert_eq!(heaps.reallocate(heap, in_place | ZERO, larger, 12), Ok(larger));
            assert_eq!(bytes(larger, 12), b"abcd\0\0\0\0\0\0\0\0");
            heaps.free(heap, larger).unwrap();
        }
    }

    #[test]
    fn a_heap_of_fixed_size_does_not_grow() {
        let heaps = Heaps::default();
        let heap = heaps.create(NONE, 4096, 1 << 16).unwrap();
        let first = heaps.allocate(heap, NONE, 40_000).unwrap();
        assert_eq!(heaps.allocate(heap, NONE, 40_000), Err(NTSTATUS::STATUS_NO_MEMORY));
        assert_eq!(heaps.reallocate(heap, NONE, first, 1 << 17), Err(NTSTATUS::STATUS_NO_MEMORY));
        heaps.free(heap, first).unwrap();
        assert!(heaps.allocate(heap, NONE, 40_000).is_ok());
        assert_eq!(heaps.create(NONE, 2, 1), Err(INVALID));
    }

    #[test]
    fn a_walk_finds_every_block_and_destroying_ends_them() {
        crate::signals::install();
        let heaps = Heaps::default();
        let heap = heaps.create(NONE, 0, 0).unwrap();
        let mut blocks: Vec<_> = (1..=20).map(|size| (heaps.allocate(heap, NONE, size).unwrap(), size)).collect();
        blocks.sort_unstable();
        let mut found = Vec::new();
        while let Ok(block) = heaps.walk(heap, found.last().map_or(0, |&(address, _)| address)) {
            found.push((block.address, block.size));
        }
        assert_eq!(found, blocks);
        assert!(heaps.validate(heap, 0) && heaps.validate(heap, blocks[0].0) && !heaps.validate(heap, 16));
        assert_eq!(heaps.list(), [Heaps::PROCESS, heap]);
        assert_eq!(heaps.destroy(heap), Ok(()));
        assert_eq!(heaps.destroy(heap), Err(NTSTATUS::STATUS_INVALID_HANDLE));
        assert!(!heaps.validate(heap, 0));
        assert_eq!(heaps.create(NONE, 0, 0), Ok(heap));
    }

    #[test]
    fn exceptions_are_wanted_by_the_heap_or_the_call() {
        let heaps = Heaps::default();
        let raising = heaps.create(HeapFlags::GENERATE_EXCEPTIONS, 0, 0).unwrap();
        assert!(heaps.raises(raising, NONE));
        assert!(heaps.raises(Heaps::PROCESS, HeapFlags::GENERATE_EXCEPTIONS));
        assert!(!heaps.raises(Heaps::PROCESS, NONE));
    }

    #[test]
    fn threads_share_a_heap() {
        let heaps = Heaps::default();
        let heap = heaps.create(NONE, 0, 0).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for size in 0..2000 {
                        let address = heaps.allocate(heap, NONE, size).unwrap();
                        assert_eq!(heaps.free(heap, address), Ok(()));
                    }
                });
            }
        });
        assert_eq!(heaps.walk(heap, 0), Err(NTSTATUS::STATUS_NO_MORE_ENTRIES));
    }
}
