//! One block: the host's memory behind a header of ours.

use std::ptr::with_exposed_provenance_mut as pointer;

use abi::{NTSTATUS, NtResult, fault};

/// Bytes of the header: the size, then the tag. Keeps what follows a multiple of 16, as the host's allocator gives it.
const HEADER: u64 = 16;
const TAG: u64 = 8;

/// No block is larger.
pub(super) const LARGEST: u64 = 1 << 46;

/// Which heap a block is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeapId(pub u64);

impl HeapId {
    pub(super) const PROCESS: Self = Self(0);

    /// What a living block at this address has in its header. Differs for each address, so that a copy of a block is none.
    #[inline(always)]
    const fn tag(self, address: u64) -> u64 {
        address.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.0 ^ 0x5eed_ba5e_0b10_c4ed
    }
}

#[inline]
pub(super) fn allocate(heap: HeapId, size: u64, zeroed: bool) -> NtResult<u64> {
    if size > LARGEST {
        return Err(NTSTATUS::STATUS_NO_MEMORY);
    }
    // Whoever keeps a freed block counts on room for the next multiple of 16.
    let bytes = (size.next_multiple_of(HEADER) + HEADER) as usize;
    // SAFETY: plain allocation.
    let start = unsafe { if zeroed { libc::calloc(1, bytes) } else { libc::malloc(bytes) } };
    if start.is_null() {
        return Err(NTSTATUS::STATUS_NO_MEMORY);
    }
    // SAFETY: just allocated with room for the header.
    Ok(unsafe { write_header(heap, start as u64, size) })
}

pub(super) fn reallocate(heap: HeapId, address: u64, size: u64, zeroed: bool, in_place: bool) -> NtResult<u64> {
    let old = self::size(heap, address)?;
    if size > LARGEST {
        return Err(NTSTATUS::STATUS_NO_MEMORY);
    }
    let mut start = address - HEADER;
    // SAFETY: the header says that the host's allocator gave this block.
    let usable = unsafe { libc::malloc_usable_size(pointer(start as usize)) } as u64 & !(HEADER - 1);
    if size + HEADER > usable || !in_place && size + HEADER < usable / 2 {
        if in_place {
            return Err(NTSTATUS::STATUS_NO_MEMORY);
        }
        // SAFETY: as above.
        let moved =
            unsafe { libc::realloc(pointer(start as usize), (size.next_multiple_of(HEADER) + HEADER) as usize) };
        if moved.is_null() {
            return Err(NTSTATUS::STATUS_NO_MEMORY);
        }
        start = moved as u64;
    }
    // SAFETY: the block is ours and holds header and size; so do the bytes from the old size on.
    unsafe {
        let address = write_header(heap, start, size);
        if zeroed && size > old {
            pointer::<u8>((address + old) as usize).write_bytes(0, (size - old) as usize);
        }
        Ok(address)
    }
}

/// Frees a block that [`size`] has found sound.
pub(super) fn free(address: u64) {
    unmark(address);
    give_back(address);
}

/// Makes what was a block, and has room for `size` bytes, a block again.
#[inline(always)]
pub(super) fn mark(heap: HeapId, address: u64, size: u64) {
    // SAFETY: the host's allocator gave it with room for the header.
    unsafe { write_header(heap, address - HEADER, size) };
}

/// A block that [`size`] has found sound is none any more.
#[inline(always)]
pub(super) fn unmark(address: u64) {
    // SAFETY: the header said that the host's allocator gave this block.
    unsafe { pointer::<u64>((address - HEADER + TAG) as usize).write(0) };
}

/// Gives the host's allocator back what was a block.
pub(super) fn give_back(address: u64) {
    // SAFETY: it has given it, and nobody knows of it any more.
    unsafe { libc::free(pointer((address - HEADER) as usize)) };
}

/// Bytes a block has room for.
#[cfg(test)]
pub(super) fn room(address: u64) -> u64 {
    // SAFETY: the host's allocator gave it.
    unsafe { libc::malloc_usable_size(pointer((address - HEADER) as usize)) as u64 - HEADER }
}

/// A block's size.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` when there is no block of this heap at the address.
#[inline(always)]
pub(super) fn size(heap: HeapId, address: u64) -> NtResult<u64> {
    if address >= HEADER && address.is_multiple_of(HEADER) {
        let tag = fault::load_u64(address - HEADER + TAG);
        if tag == Ok(heap.tag(address))
            && let Ok(size) = fault::load_u64(address - HEADER)
            && size <= LARGEST
        {
            return Ok(size);
        }
    }
    Err(NTSTATUS::STATUS_INVALID_PARAMETER)
}

/// # Safety
/// `start` is a block of the host's allocator with room for the header.
#[inline(always)]
unsafe fn write_header(heap: HeapId, start: u64, size: u64) -> u64 {
    let address = start + HEADER;
    // SAFETY: the caller's.
    unsafe {
        pointer::<u64>(start as usize).write(size);
        pointer::<u64>((start + TAG) as usize).write(heap.tag(address));
    }
    address
}
