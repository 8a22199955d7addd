//! The small blocks that a thread has freed and keeps: most programs soon want the like again.
//!
//! They are kept by address in the host's own memory, so that a guest which writes to what it has freed leads nobody astray.

use std::arch::asm;
use std::cell::{Cell, OnceCell};

use abi::{HANDLE, NTSTATUS, NtResult};

use super::block::{self, HeapId};
use super::{HeapFlags, Heaps};
use crate::Cx;

/// Sizes of a class differ by less than this.
const STEP: u64 = 16;
/// Larger blocks are not kept.
const LARGEST: u64 = 512;
const CLASSES: usize = (LARGEST / STEP) as usize + 1;
/// Blocks kept of each class.
const KEPT: usize = 32;

/// A thread's freed blocks, by class of size.
#[derive(Debug, Default)]
pub(crate) struct Cache(OnceCell<Box<[Class; CLASSES]>>);

#[derive(Debug)]
struct Class {
    count: Cell<usize>,
    blocks: [Cell<u64>; KEPT],
}

impl Cache {
    /// A block for `size` bytes, if one is there.
    #[inline(always)]
    fn take(&self, size: u64) -> Option<u64> {
        let class = self.0.get()?.get(size.div_ceil(STEP) as usize)?;
        let count = class.count.get().checked_sub(1)?;
        let block = class.blocks.get(count)?.get();
        class.count.set(count);
        Some(block)
    }

    /// Keeps a block with room for `size` bytes; false when there is no place for it.
    #[inline(always)]
    fn keep(&self, size: u64, block: u64) -> bool {
        let Some(class) = self.0.get().and_then(|classes| classes.get(size.div_ceil(STEP) as usize)) else {
            return false;
        };
        let count = class.count.get();
        let Some(place) = class.blocks.get(count) else { return false };
        place.set(block);
        class.count.set(count + 1);
        true
    }

    fn prepare(&self) {
        self.0.get_or_init(|| {
            let class = |_| Class { count: Cell::new(0), blocks: [const { Cell::new(0) }; KEPT] };
            Box::new(std::array::from_fn(class))
        });
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        for class in self.0.get().iter().flat_map(|classes| classes.iter()) {
            class.blocks.iter().take(class.count.get()).for_each(|block| block::give_back(block.get()));
        }
    }
}

impl Cx<'_> {
    /// A block of `size` bytes, a multiple of 16 bytes from 0.
    ///
    /// # Errors
    /// Those of [`Heaps::allocate`].
    #[inline(always)]
    pub fn allocate(&self, heap: HANDLE, flags: HeapFlags, size: u64) -> NtResult<u64> {
        if heap == Heaps::PROCESS
            && let Some(block) = self.thread.heap_cache().take(size)
        {
            if flags.contains(HeapFlags::ZERO_MEMORY) {
                zero(block, size);
            }
            block::mark(HeapId::PROCESS, block, size);
            return Ok(block);
        }
        match allocate_slowly(self, heap, flags.bits(), size) {
            0 => Err(NTSTATUS::STATUS_NO_MEMORY),
            1 => Err(NTSTATUS::STATUS_INVALID_HANDLE),
            block => Ok(block),
        }
    }

    /// Frees a block. A null address is no block and no error.
    ///
    /// # Errors
    /// Those of [`Heaps::free`].
    #[inline(always)]
    pub fn free(&self, heap: HANDLE, address: u64) -> NtResult<()> {
        if heap == Heaps::PROCESS
            && let Ok(size) = block::size(HeapId::PROCESS, address)
            && self.thread.heap_cache().keep(size, address)
        {
            block::unmark(address);
            return Ok(());
        }
        match free_slowly(self, heap, address) {
            NTSTATUS::STATUS_SUCCESS => Ok(()),
            status => Err(status),
        }
    }
}

/// In the guest's convention, so that entries which come here seldom need not save vector registers. 0 when there is no memory, 1 when there is no
/// such heap: no block is there.
#[cold]
#[inline(never)]
extern "win64" fn allocate_slowly(cx: &Cx<'_>, heap: HANDLE, flags: u32, size: u64) -> u64 {
    match cx.process.heaps.allocate(heap, HeapFlags::from_bits_retain(flags), size) {
        Ok(block) => block,
        Err(NTSTATUS::STATUS_INVALID_HANDLE) => 1,
        Err(_) => 0,
    }
}

/// As above.
#[cold]
#[inline(never)]
extern "win64" fn free_slowly(cx: &Cx<'_>, heap: HANDLE, address: u64) -> NTSTATUS {
    cx.thread.heap_cache().prepare();
    match cx.process.heaps.free(heap, address) {
        Ok(()) => NTSTATUS::STATUS_SUCCESS,
        Err(status) => status,
    }
}

/// Zeroes a kept block's first `size` bytes, and those up to the next multiple of 8. A call of `memset` would cost entries the vector registers.
#[inline(always)]
fn zero(block: u64, size: u64) {
    // SAFETY: the block is ours and has room for `size` bytes, rounded up to 16.
    unsafe {
        asm!("rep stosq", inout("rdi") block => _, inout("rcx") size.div_ceil(8) => _, in("rax") 0u64, options(nostack, preserves_flags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_freed_block_is_used_again_for_its_class_only() {
        testing::run(&[], None, |guest| {
            let cx = guest.cx;
            let allocate = |size| cx.allocate(Heaps::PROCESS, HeapFlags::empty(), size).unwrap();
            // The first free prepares the cache.
            cx.free(Heaps::PROCESS, allocate(1)).unwrap();
            let block = allocate(33);
            abi::fault::store_u64(block, 7).unwrap();
            assert_eq!(cx.free(Heaps::PROCESS, block), Ok(()));
            assert_eq!(cx.free(Heaps::PROCESS, block), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
            assert!(cx.process.heaps.size(Heaps::PROCESS, block).is_err());
            assert_ne!(allocate(32), block);
            let zeroed = cx.allocate(Heaps::PROCESS, HeapFlags::ZERO_MEMORY, 48).unwrap();
            assert_eq!((zeroed, abi::fault::load_u64(block)), (block, Ok(0)));
            assert_eq!(cx.process.heaps.size(Heaps::PROCESS, block), Ok(48));
        });
    }

    #[test]
    fn blocks_that_grew_in_place_have_room_for_their_class() {
        testing::run(&[], None, |guest| {
            let cx = guest.cx;
            cx.free(Heaps::PROCESS, cx.allocate(Heaps::PROCESS, HeapFlags::empty(), 1).unwrap()).unwrap();
            for size in 0..=LARGEST {
                let block = cx.allocate(Heaps::PROCESS, HeapFlags::empty(), size).unwrap();
                let mut grown = size;
                while cx
                    .process
                    .heaps
                    .reallocate(Heaps::PROCESS, HeapFlags::REALLOC_IN_PLACE_ONLY, block, grown + 1)
                    .is_ok()
                {
                    grown += 1;
                }
                assert!(block::room(block) >= grown.next_multiple_of(STEP), "{size}: {grown}");
                cx.free(Heaps::PROCESS, block).unwrap();
            }
        });
    }

    #[test]
    fn more_than_is_kept_goes_back_and_wrong_handles_are_told() {
        testing::run(&[], None, |guest| {
            let cx = guest.cx;
            let blocks: Vec<u64> =
                (0..100).map(|_| cx.allocate(Heaps::PROCESS, HeapFlags::empty(), 64).unwrap()).collect();
            blocks.iter().for_each(|&block| cx.free(Heaps::PROCESS, block).unwrap());
            assert_eq!(cx.allocate(HANDLE(4), HeapFlags::empty(), 1), Err(NTSTATUS::STATUS_INVALID_HANDLE));
            assert_eq!(cx.free(HANDLE(4), blocks[0]), Err(NTSTATUS::STATUS_INVALID_HANDLE));
            assert_eq!(cx.allocate(Heaps::PROCESS, HeapFlags::empty(), u64::MAX), Err(NTSTATUS::STATUS_NO_MEMORY));
            assert_eq!(cx.free(Heaps::PROCESS, 0), Ok(()));
        });
    }
}
