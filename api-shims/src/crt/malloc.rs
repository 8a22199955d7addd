//! malloc.h and stdlib.h: memory.

use std::sync::atomic::Ordering;

use abi::{CONTEXT, CrtResult, Errno, Ptr, bulk, fault, shim};
use syscall_xlate::Cx;

use super::guest::ok;
use super::host;
use super::state::process;

/// The most that can be asked for (`_HEAP_MAXREQ`).
const MOST: usize = 0xffff_ffff_ffff_ffe0;

/// A block; where memory is short the program's new handler may find some, if the mode says that `malloc` asks it.
#[inline(always)]
fn obtain(cx: &Cx, size: usize, zeroed: bool) -> Result<u64, Errno> {
    if size > MOST {
        return Err(Errno::ENOMEM);
    }
    match host::allocate(cx, size.max(1), zeroed) {
        Some(address) => Ok(address),
        None => ask_for(cx, size, zeroed),
    }
}

#[cold]
fn ask_for(cx: &Cx, size: usize, zeroed: bool) -> Result<u64, Errno> {
    loop {
        let asks = process(cx).new_mode.load(Ordering::Relaxed) != 0;
        if !asks || call_new_handler(cx, size) == 0 {
            return Err(Errno::ENOMEM);
        }
        if let Some(address) = host::allocate(cx, size.max(1), zeroed) {
            return Ok(address);
        }
    }
}

fn call_new_handler(cx: &Cx, size: usize) -> i32 {
    match process(cx).new_handler.load(Ordering::Relaxed) {
        0 => 0,
        handler => cx.call_guest(handler, [size as u64]) as i32,
    }
}

/// Allocates a block.
#[shim(full)]
#[inline(always)]
pub(crate) fn malloc(cx: &Cx, size: usize) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(obtain(cx, size, false)?))
}

/// Allocates a zeroed block for items.
#[shim(full)]
pub(crate) fn calloc(cx: &Cx, number: usize, size: usize) -> CrtResult<Ptr<u8>> {
    let total = number.checked_mul(size).ok_or(Errno::ENOMEM)?;
    ok(Ptr::at(obtain(cx, total, true)?))
}

/// Gives a block another size, perhaps elsewhere.
#[shim(full)]
pub(crate) fn realloc(cx: &Cx, memblock: Ptr<u8>, size: usize) -> CrtResult<Ptr<u8>> {
    if memblock.is_null() {
        return malloc(cx, size);
    }
    if size == 0 {
        host::free(cx, memblock.address());
        return ok(Ptr::NULL);
    }
    if size > MOST {
        return Err(Errno::ENOMEM.into());
    }
    ok(Ptr::at(host::reallocate(cx, memblock.address(), size).ok_or(Errno::ENOMEM)?))
}

/// Gives a block for items another size; what is added is zero.
#[shim(full)]
pub(crate) fn _recalloc(cx: &Cx, memblock: Ptr<u8>, num: usize, size: usize) -> CrtResult<Ptr<u8>> {
    let total = num.checked_mul(size).ok_or(Errno::ENOMEM)?;
    let before = memblock.opt().and_then(|block| host::size_of(cx, block.address())).unwrap_or(0);
    let block = realloc(cx, memblock, total)?;
    if total > before && !block.0.is_null() {
        bulk::fill(block.0.address().wrapping_add(before as u64), 0, total - before)?;
    }
    Ok(block)
}

/// Frees a block.
#[shim(full)]
#[inline(always)]
pub(crate) fn free(cx: &Cx, memblock: Ptr<u8>) {
    if !memblock.is_null() {
        host::free(cx, memblock.address());
    }
}

/// Gives the size of a block.
#[shim(full)]
pub(crate) fn _msize(cx: &Cx, memblock: Ptr<u8>) -> CrtResult<usize> {
    ok(host::size_of(cx, memblock.address()).ok_or(Errno::EINVAL)?)
}

/// Gives a block another size where it is.
#[shim(full)]
pub(crate) fn _expand(cx: &Cx, memblock: Ptr<u8>, size: usize) -> CrtResult<Ptr<u8>> {
    if memblock.is_null() {
        return Err(Errno::EINVAL.into());
    }
    ok(Ptr::at(host::resize_in_place(cx, memblock.address(), size).ok_or(Errno::ENOMEM)?))
}

/// Allocates for operator new; where memory is short the new handler is asked.
#[shim(partial = "gives NULL where Windows throws std::bad_alloc")]
pub(crate) fn operator_new(cx: &Cx, size: usize) -> CrtResult<Ptr<u8>> {
    loop {
        if let Some(address) = host::allocate(cx, size.clamp(1, MOST), false) {
            return ok(Ptr::at(address));
        }
        if call_new_handler(cx, size) == 0 {
            return Err(Errno::ENOMEM.into());
        }
    }
}

/// Frees what operator new gave.
#[shim(full)]
pub(crate) fn operator_delete(cx: &Cx, memblock: Ptr<u8>) {
    free(cx, memblock);
}

/// Asks the program's new handler for memory; says whether to try again.
#[shim(full)]
pub(crate) fn _callnewh(cx: &Cx, size: usize) -> i32 {
    call_new_handler(cx, size)
}

/// Sets the new handler; gives the one before.
#[shim(full)]
pub(crate) fn _set_new_handler(cx: &Cx, pNewHandler: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).new_handler.swap(pNewHandler.address(), Ordering::Relaxed))
}

/// Says whether `malloc` asks the new handler; gives what was before.
#[shim(full)]
pub(crate) fn _set_new_mode(cx: &Cx, newhandlermode: i32) -> CrtResult<i32> {
    if !(0..=1).contains(&newhandlermode) {
        return Err(Errno::EINVAL.into());
    }
    ok(process(cx).new_mode.swap(newhandlermode, Ordering::Relaxed))
}

/// Says whether `malloc` asks the new handler.
#[shim(full)]
pub(crate) fn _query_new_mode(cx: &Cx) -> i32 {
    process(cx).new_mode.load(Ordering::Relaxed)
}

/// A block whose address plus `offset` is a multiple of `alignment`. The address of the block it lies in stands before it.
fn aligned(cx: &Cx, size: usize, alignment: usize, offset: usize) -> Result<u64, Errno> {
    if !alignment.is_power_of_two() || (offset != 0 && offset >= size) {
        return Err(Errno::EINVAL);
    }
    let alignment = alignment.max(8);
    let total = size.checked_add(alignment + 16).ok_or(Errno::ENOMEM)?;
    let block = obtain(cx, total, false)?;
    let at = (block + 8 + offset as u64).next_multiple_of(alignment as u64) - offset as u64;
    let mark = (at - 8) & !7;
    if mark < block || fault::store_u64(mark, block).is_err() {
        host::free(cx, block);
        return Err(Errno::ENOMEM);
    }
    Ok(at)
}

/// The block that an aligned one lies in.
fn owner(address: u64) -> Result<u64, abi::Fault> {
    fault::load_u64((address.wrapping_sub(8)) & !7)
}

/// Allocates an aligned block.
#[shim(full)]
pub(crate) fn _aligned_malloc(cx: &Cx, size: usize, alignment: usize) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(aligned(cx, size, alignment, 0)?))
}

/// Allocates a block that is aligned at an offset.
#[shim(full)]
pub(crate) fn _aligned_offset_malloc(cx: &Cx, size: usize, alignment: usize, offset: usize) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(aligned(cx, size, alignment, offset)?))
}

/// Frees an aligned block.
#[shim(full)]
pub(crate) fn _aligned_free(cx: &Cx, memblock: Ptr<u8>) -> CrtResult<()> {
    if !memblock.is_null() {
        host::free(cx, owner(memblock.address())?);
    }
    ok(())
}

/// Gives an aligned block another size, perhaps elsewhere.
#[shim(full)]
pub(crate) fn _aligned_realloc(cx: &Cx, memblock: Ptr<u8>, size: usize, alignment: usize) -> CrtResult<Ptr<u8>> {
    if memblock.is_null() {
        return _aligned_malloc(cx, size, alignment);
    }
    let old = owner(memblock.address())?;
    if size == 0 {
        host::free(cx, old);
        return ok(Ptr::NULL);
    }
    let end = old + host::size_of(cx, old).ok_or(Errno::EINVAL)? as u64;
    let kept = end.saturating_sub(memblock.address()) as usize;
    let new = aligned(cx, size, alignment, 0)?;
    bulk::copy(new, memblock.address(), kept.min(size))?;
    host::free(cx, old);
    ok(Ptr::at(new))
}

/// Gives the size of an aligned block.
#[shim(full)]
pub(crate) fn _aligned_msize(cx: &Cx, memblock: Ptr<u8>, alignment: usize, offset: usize) -> CrtResult<usize> {
    let _ = (alignment, offset);
    let old = owner(memblock.address())?;
    let end = old + host::size_of(cx, old).ok_or(Errno::EINVAL)? as u64;
    ok(end.saturating_sub(memblock.address()) as usize)
}

/// Says that the heap is sound (`_HEAPOK`).
#[shim(full)]
pub(crate) fn _heapchk(cx: &Cx) -> i32 {
    /// `_HEAPOK`
    const SOUND: i32 = -2;
    /// `_HEAPBADNODE`
    const BAD: i32 = -4;
    let heaps = &cx.process.heaps;
    if heaps.validate(syscall_xlate::heap::Heaps::PROCESS, 0) { SOUND } else { BAD }
}

/// Goes to the next block of the heap: there is none to be shown (`_HEAPEND`).
#[shim(partial = "lists no blocks")]
pub(crate) fn _heapwalk(entryinfo: Ptr<u8>) -> i32 {
    let _ = entryinfo;
    -5
}

/// Gives unused memory back.
#[shim(stub = "the heap gives back by itself")]
pub(crate) fn _heapmin() -> i32 {
    0
}

/// Gives the handle of the heap.
#[shim(full)]
pub(crate) fn _get_heap_handle() -> abi::HANDLE {
    syscall_xlate::heap::Heaps::PROCESS
}

/// Puts the guard page back after a stack overflow; gives 0 when the stack is still too deep for that.
#[shim(full)]
pub(crate) fn _resetstkoflw(cx: &Cx, caller: &CONTEXT) -> i32 {
    i32::from(cx.thread.reset_stack_guard(caller.rsp()))
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn blocks_are_allocated_resized_and_aligned() {
        testing::run(crate::dlls(), None, |guest| {
            let block = guest.call("msvcrt!calloc", &[4, 8]);
            assert_eq!(guest.read::<[u8; 32]>(block), [0; 32]);
            assert_eq!(guest.call("msvcrt!_msize", &[block]), 32);
            let block = guest.call("msvcrt!realloc", &[block, 1000]);
            assert_eq!(guest.read::<[u8; 32]>(block), [0; 32]);
            guest.call("msvcrt!free", &[block]);
            assert_eq!(guest.call("msvcrt!calloc", &[1 << 40, 1 << 40]), 0);
            assert_eq!(guest.call("msvcrt!malloc", &[u64::MAX]), 0);
            let aligned = guest.call("msvcrt!_aligned_malloc", &[100, 256]);
            assert_eq!(aligned % 256, 0);
            let moved = guest.call("msvcrt!_aligned_realloc", &[aligned, 5000, 4096]);
            assert_eq!(moved % 4096, 0);
            guest.call("msvcrt!_aligned_free", &[moved]);
        });
    }
}
