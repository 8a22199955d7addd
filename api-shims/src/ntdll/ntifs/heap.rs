//! Heaps: made, ended, looked through.

use abi::{HANDLE, NTSTATUS, NtResult, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::HeapFlags;

/// Makes a heap; NULL when it cannot.
#[shim(partial = "in memory of its own choice: a base is refused; the parameters' sizes are ignored")]
pub(in crate::ntdll) fn RtlCreateHeap(
    cx: &Cx,
    Flags: u32,
    HeapBase: Ptr<u8>,
    ReserveSize: usize,
    CommitSize: usize,
    Lock: Ptr<u8>,
    Parameters: Ptr<u8>,
) -> HANDLE {
    let _ = (Lock, Parameters);
    let flags = HeapFlags::from_bits_retain(Flags);
    if !HeapBase.is_null() {
        return HANDLE::NULL;
    }
    // A heap that grows is not held to what is reserved for it first.
    let maximum = if flags.contains(HeapFlags::GROWABLE) { 0 } else { ReserveSize.max(CommitSize) as u64 };
    cx.process.heaps.create(flags, CommitSize as u64, maximum).unwrap_or(HANDLE::NULL)
}

/// Frees all blocks of a heap, and the heap. Gives NULL, or the heap when it cannot be ended.
#[shim(full)]
pub(in crate::ntdll) fn RtlDestroyHeap(cx: &Cx, HeapHandle: HANDLE) -> HANDLE {
    match cx.process.heaps.destroy(HeapHandle) {
        Ok(()) => HANDLE::NULL,
        Err(_) => HeapHandle,
    }
}

/// Gives the handles of all heaps, as many as there is room for; returns how many there are.
#[shim(full)]
pub(in crate::ntdll) fn RtlGetProcessHeaps(cx: &Cx, NumberOfHeaps: u32, ProcessHeaps: Ptr<HANDLE>) -> abi::Raises<u32> {
    let all = cx.process.heaps.list();
    if all.len() <= NumberOfHeaps as usize {
        ProcessHeaps.write_slice(&all)?;
    }
    Ok(all.len() as u32)
}

/// Tells whether a block, or a whole heap, is sound.
#[shim(partial = "of the process heap, only single blocks are looked at")]
pub(in crate::ntdll) fn RtlValidateHeap(cx: &Cx, HeapHandle: HANDLE, Flags: u32, BaseAddress: Ptr<u8>) -> bool {
    let _ = Flags;
    cx.process.heaps.validate(HeapHandle, BaseAddress.address())
}

/// Tells a heap's features.
#[shim(partial = "only HeapCompatibilityInformation, which says that it is a low-fragmentation heap")]
pub(in crate::ntdll) fn RtlQueryHeapInformation(
    cx: &Cx,
    HeapHandle: HANDLE,
    HeapInformationClass: u32,
    HeapInformation: Ptr<u32>,
    HeapInformationLength: usize,
    ReturnLength: Ptr<usize>,
) -> NtResult<()> {
    /// The low-fragmentation heap.
    const LOW_FRAGMENTATION: u32 = 2;
    if !cx.process.heaps.list().contains(&HeapHandle) {
        return Err(NTSTATUS::STATUS_INVALID_HANDLE);
    }
    if HeapInformationClass != 0 {
        return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS);
    }
    if let Some(length) = ReturnLength.opt() {
        length.write(&4)?;
    }
    if HeapInformationLength < 4 {
        return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
    }
    Ok(HeapInformation.write(&LOW_FRAGMENTATION)?)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn a_heap_is_made_used_and_ended() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let heap = guest.call("ntdll!RtlCreateHeap", &[2, 0, 0x10_0000, 0x1000, 0, 0]);
            let block = guest.call("ntdll!RtlAllocateHeap", &[heap, 8, 100]);
            guest.call("ntdll!RtlValidateHeap", &[heap, 0, block]);
            guest.call("ntdll!RtlValidateHeap", &[heap, 0, block + 16]);
            guest.call("ntdll!RtlQueryHeapInformation", &[heap, 0, guest.buffer(4), 3, 0]);
            guest.call("ntdll!RtlDestroyHeap", &[heap]);
            guest.call("ntdll!RtlDestroyHeap", &[heap]);
            guest.call("ntdll!RtlCreateHeap", &[0, 0x10_0000, 0, 0, 0, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        ntdll!RtlCreateHeap(Flags=2, HeapBase=NULL, ReserveSize=1048576, CommitSize=4096, Lock=NULL, Parameters=NULL) = h1
        ntdll!RtlAllocateHeap(HeapHandle=h1, Flags=8, Size=100) = @1
        ntdll!RtlValidateHeap(HeapHandle=h1, Flags=0, BaseAddress=@1) = TRUE
        ntdll!RtlValidateHeap(HeapHandle=h1, Flags=0, BaseAddress=@2) = FALSE
        ntdll!RtlQueryHeapInformation(HeapHandle=h1, HeapInformationClass=0, HeapInformation=@3, HeapInformationLength=3, ReturnLength=NULL) = STATUS_BUFFER_TOO_SMALL
        ntdll!RtlDestroyHeap(HeapHandle=h1) = 0x0
        ntdll!RtlDestroyHeap(HeapHandle=h1) = h1
        ntdll!RtlCreateHeap(Flags=0, HeapBase=@4, ReserveSize=0, CommitSize=0, Lock=NULL, Parameters=NULL) = 0x0
        "#);
    }
}
