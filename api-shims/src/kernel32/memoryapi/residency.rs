//! Pages that are to be kept, brought, offered or discarded.

use abi::{HANDLE, Lstatus, NTSTATUS, Ptr, Refusal, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use super::address_space::own;

abi::guest_struct! {
    /// A range of memory.
    pub(crate) struct WIN32_MEMORY_RANGE_ENTRY {
        VirtualAddress: Ptr<u8>,
        NumberOfBytes: usize,
    }
}

abi::choices! {
    /// How much offered memory is worth.
    pub(crate) struct OFFER_PRIORITY: i32 {
        VmOfferPriorityVeryLow = 1;
        VmOfferPriorityLow = 2;
        VmOfferPriorityBelowNormal = 3;
        VmOfferPriorityNormal = 4;
    }
}

impl WIN32_MEMORY_RANGE_ENTRY {
    /// Address and bytes.
    pub(crate) fn range(&self) -> (u64, u64) {
        (self.VirtualAddress.address(), self.NumberOfBytes as u64)
    }
}

/// Keeps pages in memory.
#[shim(partial = "within what the host lets a user lock, which is more or less than the working set's minimum")]
pub(crate) fn VirtualLock(cx: &Cx, lpAddress: Ptr<u8>, dwSize: usize) -> Win32Result<()> {
    cx.process.memory.lock_pages(lpAddress.address(), dwSize as u64)?;
    Ok(())
}

/// Lets pages be paged out again.
#[shim(full)]
pub(crate) fn VirtualUnlock(cx: &Cx, lpAddress: Ptr<u8>, dwSize: usize) -> Win32Result<()> {
    cx.process.memory.unlock_pages(lpAddress.address(), dwSize as u64)?;
    Ok(())
}

/// Lets pages of a process be paged out again.
#[shim(partial = "of the caller's own process only")]
pub(crate) fn VirtualUnlockEx(cx: &Cx, Process: HANDLE, Address: Ptr<u8>, Size: usize) -> Win32Result<()> {
    if !Process.is_null() {
        own(cx, Process)?;
    }
    cx.process.memory.unlock_pages(Address.address(), Size as u64)?;
    Ok(())
}

/// Has ranges of memory brought in.
#[shim(partial = "of the caller's own process only")]
pub(crate) fn PrefetchVirtualMemory(
    cx: &Cx,
    hProcess: HANDLE,
    NumberOfEntries: usize,
    VirtualAddresses: Ptr<WIN32_MEMORY_RANGE_ENTRY>,
    Flags: u32,
) -> Win32Result<()> {
    if Flags != 0 || NumberOfEntries == 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    own(cx, hProcess)?;
    for index in 0..NumberOfEntries {
        // One by one: however many the caller says there are, memory ends.
        let (address, bytes) = VirtualAddresses.offset(index).read().map_err(NTSTATUS::from)?.range();
        cx.process.memory.prefetch(address, bytes)?;
    }
    Ok(())
}

/// Lets contents go, and keeps the pages.
#[shim(full)]
pub(crate) fn DiscardVirtualMemory(cx: &Cx, VirtualAddress: Ptr<u8>, Size: usize) -> Lstatus {
    cx.process.memory.discard(VirtualAddress.address(), Size as u64).map_err(error)
}

/// Gives contents away that the caller can make again.
#[shim(full)]
pub(crate) fn OfferVirtualMemory(cx: &Cx, VirtualAddress: Ptr<u8>, Size: usize, Priority: OFFER_PRIORITY) -> Lstatus {
    if !(1..=4).contains(&Priority.0) {
        return Err(error(NTSTATUS::STATUS_INVALID_PARAMETER));
    }
    cx.process.memory.offer(VirtualAddress.address(), Size as u64).map_err(error)
}

/// Takes back what was offered; its contents are still there.
#[shim(full)]
pub(crate) fn ReclaimVirtualMemory(cx: &Cx, VirtualAddress: Ptr<u8>, Size: usize) -> Lstatus {
    cx.process.memory.reclaim(VirtualAddress.address(), Size as u64).map_err(error)
}

fn error(status: NTSTATUS) -> Refusal<abi::LSTATUS> {
    WIN32_ERROR::from(status).into()
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn what_is_not_locked_or_offered_is_not_taken_back() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let base = guest.call("kernel32!VirtualAlloc", &[0, 0x2000, 0x3000, 4]);
            guest.call("kernel32!VirtualUnlock", &[base, 0x1000]);
            guest.call("kernel32!VirtualLock", &[base, 0x4000]);
            guest.call("kernel32!OfferVirtualMemory", &[base, 0x1000, 1]);
            guest.call("kernel32!ReclaimVirtualMemory", &[base, 0x2000]);
            guest.call("kernel32!ReclaimVirtualMemory", &[base, 0x1000]);
            guest.call("kernel32!DiscardVirtualMemory", &[base, 0x2000]);
            guest.call("kernel32!PrefetchVirtualMemory", &[u64::MAX, 1 << 60, guest.buffer(16), 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!VirtualAlloc(lpAddress=NULL, dwSize=8192, flAllocationType=MEM_COMMIT|MEM_RESERVE, flProtect=PAGE_READWRITE) = @1
        kernel32!VirtualUnlock(lpAddress=@1, dwSize=4096) = FALSE (ERROR_NOT_LOCKED)
        kernel32!VirtualLock(lpAddress=@1, dwSize=16384) = FALSE (ERROR_NOACCESS)
        kernel32!OfferVirtualMemory(VirtualAddress=@1, Size=4096, Priority=VmOfferPriorityVeryLow) = ERROR_SUCCESS
        kernel32!ReclaimVirtualMemory(VirtualAddress=@1, Size=8192) = ERROR_INVALID_PARAMETER
        kernel32!ReclaimVirtualMemory(VirtualAddress=@1, Size=4096) = ERROR_SUCCESS
        kernel32!DiscardVirtualMemory(VirtualAddress=@1, Size=8192) = ERROR_SUCCESS
        kernel32!PrefetchVirtualMemory(hProcess=0xffffffffffffffff, NumberOfEntries=1152921504606846976, VirtualAddresses=@2, Flags=0) = FALSE (ERROR_INVALID_PARAMETER)
        "#);
    }
}
