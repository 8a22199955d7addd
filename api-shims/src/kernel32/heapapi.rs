//! heapapi.h: heaps.

use abi::{Exception, Guest, HANDLE, NTSTATUS, NtResult, Ptr, Refusal, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::{HeapFlags, Heaps};

abi::flags! {
    /// How a heap behaves, or one call on it.
    pub(super) struct HEAP_FLAGS: u32 {
        HEAP_NO_SERIALIZE = 0x1;
        HEAP_GROWABLE = 0x2;
        HEAP_GENERATE_EXCEPTIONS = 0x4;
        HEAP_ZERO_MEMORY = 0x8;
        HEAP_REALLOC_IN_PLACE_ONLY = 0x10;
        HEAP_CREATE_ENABLE_EXECUTE = 0x4_0000;
    }
}

/// What a failed allocation comes to: NULL without a last error, as documented, or an exception where the heap or the call asks for one.
#[inline(always)]
fn allocated(cx: &Cx, heap: HANDLE, flags: HEAP_FLAGS, result: NtResult<u64>) -> Win32Result<Ptr<u8>> {
    match result {
        Ok(address) => Ok(Ptr::at(address)),
        Err(status) => Err(refusal(cx, heap, flags, status)),
    }
}

#[cold]
fn refusal(cx: &Cx, heap: HANDLE, flags: HEAP_FLAGS, status: NTSTATUS) -> Refusal<WIN32_ERROR> {
    match status {
        status if cx.process.heaps.raises(heap, HeapFlags::from_bits_truncate(flags.bits())) => {
            Refusal::Raises(Box::new(Exception::new(status, &[])))
        }
        status => status.into(),
    }
}

/// Gives the process's heap.
#[shim(full)]
#[inline(always)]
pub(super) fn GetProcessHeap() -> HANDLE {
    Heaps::PROCESS
}

/// Gives the handles of all heaps.
#[shim(full)]
pub(super) fn GetProcessHeaps(cx: &Cx, NumberOfHeaps: u32, ProcessHeaps: Ptr<HANDLE>) -> Win32Result<u32> {
    let all = cx.process.heaps.list();
    if all.len() <= NumberOfHeaps as usize {
        ProcessHeaps.write_slice(&all)?;
    }
    Ok(all.len() as u32)
}

/// Takes a block from a heap.
#[shim(full)]
#[inline(always)]
pub(super) fn HeapAlloc(cx: &Cx, hHeap: HANDLE, dwFlags: HEAP_FLAGS, dwBytes: usize) -> Win32Result<Ptr<u8>> {
    let flags = HeapFlags::from_bits_truncate(dwFlags.bits());
    let result = cx.allocate(hHeap, flags, dwBytes as u64);
    allocated(cx, hHeap, dwFlags, result)
}

/// Joins free blocks of a heap.
#[shim(
    stub = "the allocator behind all heaps joins free blocks by itself; the largest one is not known and reported as 64 MiB"
)]
pub(super) fn HeapCompact(cx: &Cx, hHeap: HANDLE, dwFlags: HEAP_FLAGS) -> Win32Result<usize> {
    let _ = (cx, hHeap, dwFlags);
    Ok(64 << 20)
}

/// Makes a heap.
#[shim(partial = "HEAP_CREATE_ENABLE_EXECUTE gives blocks that cannot be executed")]
pub(super) fn HeapCreate(
    cx: &Cx,
    flOptions: HEAP_FLAGS,
    dwInitialSize: usize,
    dwMaximumSize: usize,
) -> Win32Result<HANDLE> {
    let options = HeapFlags::from_bits_truncate(flOptions.bits());
    Ok(cx.process.heaps.create(options, dwInitialSize as u64, dwMaximumSize as u64)?)
}

/// Frees all blocks of a heap, and the heap.
#[shim(full)]
pub(super) fn HeapDestroy(cx: &Cx, hHeap: HANDLE) -> Win32Result<()> {
    Ok(cx.process.heaps.destroy(hHeap)?)
}

/// Gives a block back.
#[shim(full)]
#[inline(always)]
pub(super) fn HeapFree(cx: &Cx, hHeap: HANDLE, dwFlags: HEAP_FLAGS, lpMem: Ptr<u8>) -> Win32Result<()> {
    let _ = dwFlags;
    Ok(cx.free(hHeap, lpMem.address())?)
}

/// Takes a heap's lock.
#[shim(stub = "calls on a heap are safe without it; nobody else is kept out in between")]
pub(super) fn HeapLock(cx: &Cx, hHeap: HANDLE) -> Win32Result<()> {
    known(cx, hHeap)
}

/// Gives a heap's lock back.
#[shim(stub = "see HeapLock")]
pub(super) fn HeapUnlock(cx: &Cx, hHeap: HANDLE) -> Win32Result<()> {
    known(cx, hHeap)
}

fn known(cx: &Cx, heap: HANDLE) -> Win32Result<()> {
    if cx.process.heaps.list().contains(&heap) { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()) }
}

/// `HeapCompatibilityInformation`.
const COMPATIBILITY: u32 = 0;
/// `HeapEnableTerminationOnCorruption`.
const TERMINATION_ON_CORRUPTION: u32 = 1;

/// Tells a heap's features.
#[shim(partial = "only HeapCompatibilityInformation, which says that it is a low-fragmentation heap")]
pub(super) fn HeapQueryInformation(
    cx: &Cx,
    HeapHandle: HANDLE,
    HeapInformationClass: u32,
    HeapInformation: Ptr<u32>,
    HeapInformationLength: usize,
    ReturnLength: Ptr<usize>,
) -> Win32Result<()> {
    known(cx, HeapHandle)?;
    if HeapInformationClass != COMPATIBILITY {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    if let Some(length) = ReturnLength.opt() {
        length.write(&4)?;
    }
    if HeapInformationLength < 4 {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(HeapInformation.write(&2)?)
}

/// Changes a block's size.
#[shim(full)]
pub(super) fn HeapReAlloc(
    cx: &Cx,
    hHeap: HANDLE,
    dwFlags: HEAP_FLAGS,
    lpMem: Ptr<u8>,
    dwBytes: usize,
) -> Win32Result<Ptr<u8>> {
    let flags = HeapFlags::from_bits_truncate(dwFlags.bits());
    let result = cx.process.heaps.reallocate(hHeap, flags, lpMem.address(), dwBytes as u64);
    allocated(cx, hHeap, dwFlags, result)
}

/// Switches a heap's features on.
#[shim(stub = "the heap has the low-fragmentation behaviour and reports corruption anyway")]
pub(super) fn HeapSetInformation(
    cx: &Cx,
    HeapHandle: HANDLE,
    HeapInformationClass: u32,
    HeapInformation: Ptr<u8>,
    HeapInformationLength: usize,
) -> Win32Result<()> {
    let _ = (HeapInformation, HeapInformationLength);
    match HeapInformationClass {
        TERMINATION_ON_CORRUPTION => Ok(()),
        COMPATIBILITY => known(cx, HeapHandle),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives a block's size as it was asked for.
#[shim(full)]
pub(super) fn HeapSize(
    cx: &Cx,
    hHeap: HANDLE,
    dwFlags: HEAP_FLAGS,
    lpMem: Ptr<u8>,
) -> Win32Result<abi::Invalid<usize>> {
    let _ = dwFlags;
    Ok(abi::Invalid(cx.process.heaps.size(hHeap, lpMem.address())? as usize))
}

/// Tells whether a block, or a whole heap, is sound.
#[shim(partial = "of the process heap, only single blocks are looked at")]
pub(super) fn HeapValidate(cx: &Cx, hHeap: HANDLE, dwFlags: HEAP_FLAGS, lpMem: Ptr<u8>) -> bool {
    let _ = dwFlags;
    cx.process.heaps.validate(hHeap, lpMem.address())
}

abi::guest_struct! {
    /// An entry of a heap walk.
    pub(super) struct PROCESS_HEAP_ENTRY {
        lpData: Ptr<u8>,
        cbData: u32,
        cbOverhead: u8,
        iRegionIndex: u8,
        wFlags: u16,
        region: [u64; 3],
    }
}

abi::guest_struct! {
    /// What a heap holds in all, in bytes.
    pub(super) struct HEAP_SUMMARY {
        cb: u32,
        cbAllocated: usize,
        cbCommitted: usize,
        cbReserved: usize,
        cbMaxReserve: usize,
    }
}

/// Sums up a heap's blocks.
#[shim(partial = "committed and reserved are what the blocks take; of the process heap, nothing")]
pub(super) fn HeapSummary(
    cx: &Cx,
    hHeap: HANDLE,
    dwFlags: u32,
    lpSummary: abi::InOut<HEAP_SUMMARY>,
) -> Win32Result<()> {
    let size = HEAP_SUMMARY::layout(lpSummary.ptr().width()).size as u32;
    if dwFlags != 0 || lpSummary.read()?.cb != size {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    known(cx, hHeap)?;
    let (mut total, mut after) = (0u64, 0);
    while let Ok(block) = cx.process.heaps.walk(hHeap, after) {
        (total, after) = (total.saturating_add(block.size), block.address);
    }
    let bytes = total as usize;
    Ok(lpSummary.set(HEAP_SUMMARY {
        cb: size,
        cbAllocated: bytes,
        cbCommitted: bytes,
        cbReserved: bytes,
        cbMaxReserve: bytes,
    })?)
}

/// `PROCESS_HEAP_ENTRY_BUSY`.
const ENTRY_BUSY: u16 = 4;

/// Gives a heap's next block.
#[shim(partial = "blocks in use only, and none of the process heap")]
pub(super) fn HeapWalk(cx: &Cx, hHeap: HANDLE, lpEntry: abi::InOut<PROCESS_HEAP_ENTRY>) -> Win32Result<()> {
    let before = lpEntry.read()?;
    let block = cx.process.heaps.walk(hHeap, before.lpData.address()).map_err(|status| match status {
        NTSTATUS::STATUS_NO_MORE_ENTRIES => WIN32_ERROR::ERROR_NO_MORE_ITEMS,
        status => status.into(),
    })?;
    let entry = PROCESS_HEAP_ENTRY {
        lpData: Ptr::at(block.address),
        cbData: u32::try_from(block.size).unwrap_or(u32::MAX),
        wFlags: ENTRY_BUSY,
        ..PROCESS_HEAP_ENTRY::default()
    };
    Ok(lpEntry.set(entry)?)
}
