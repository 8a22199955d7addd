//! ntmmapi.h: memory and views with extended parameters, locked pages, write watch.

mod copy;
mod section;

use abi::{HANDLE, InOut, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::memory::{PAGE, Place, Protection, Requirements};
use syscall_xlate::section::{self as sections, Section, View};

use super::winternl::own;
use crate::kernel32::memoryapi::{MEM_EXTENDED_PARAMETER, requirements};

pub(super) use copy::*;
pub(super) use section::*;

/// `MAP_PROCESS`: locked in the working set.
const MAP_PROCESS: u32 = 1;
/// `MAP_SYSTEM`: locked in physical memory, which needs a privilege.
const MAP_SYSTEM: u32 = 2;
/// `MEM_PRESERVE_PLACEHOLDER`
const PRESERVE_PLACEHOLDER: u32 = 2;
/// `MEM_RESERVE`
const RESERVE: u32 = 0x2000;
/// `MEM_REPLACE_PLACEHOLDER`
const REPLACE_PLACEHOLDER: u32 = 0x4000;
/// `MEM_TOP_DOWN`
const TOP_DOWN: u32 = 0x10_0000;

/// Reserves, commits or replaces pages, where the parameters allow it.
#[shim(partial = "the caller's own process only; physical and large pages, partitions and attributes are refused")]
pub(super) fn NtAllocateVirtualMemoryEx(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: Ptr<MEM_EXTENDED_PARAMETER>,
    ExtendedParameterCount: u32,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?.address(), RegionSize.read()? as u64);
    own(cx, ProcessHandle)?;
    let requirements = requirements(ExtendedParameters, ExtendedParameterCount)?;
    let memory = &cx.process.memory;
    let (base, size) = memory.allocate_extended(base, size, AllocationType, PageProtection, requirements)?;
    give_range(BaseAddress, RegionSize, (base, size))
}

fn give_range(base: InOut<Ptr<u8>>, size: InOut<usize>, range: (u64, u64)) -> NtResult<()> {
    base.set(Ptr::at(range.0))?;
    Ok(size.set(range.1 as usize)?)
}

/// Shows a part of a section in memory, in place of a placeholder or where the parameters allow it.
#[shim(partial = "the caller's own process only; large pages, partitions and attributes are refused")]
pub(super) fn NtMapViewOfSectionEx(
    cx: &Cx,
    SectionHandle: HANDLE,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    SectionOffset: InOut<i64>,
    ViewSize: InOut<usize>,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: Ptr<MEM_EXTENDED_PARAMETER>,
    ExtendedParameterCount: u32,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?.address(), ViewSize.read()? as u64);
    let offset = SectionOffset.opt().map(InOut::read).transpose()?.unwrap_or(0);
    let offset = u64::try_from(offset).map_err(|_| NTSTATUS::STATUS_INVALID_VIEW_SIZE)?;
    own(cx, ProcessHandle)?;
    let requirements = requirements(ExtendedParameters, ExtendedParameterCount)?;
    let place = place(base, AllocationType, requirements)?;
    let range = map(cx, SectionHandle, View { offset, size, place, protection: PageProtection })?;
    give_range(BaseAddress, ViewSize, range)
}

/// Where a view goes by its base and `MEM_*` flags.
pub(super) fn place(base: u64, how: u32, requirements: Requirements) -> NtResult<Place> {
    match how {
        REPLACE_PLACEHOLDER if base != 0 && requirements == Requirements::NONE => Ok(Place::Placeholder(base)),
        _ if how & !(RESERVE | TOP_DOWN) != 0 => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        _ if base == 0 => Ok(Place::Anywhere { top_down: how & TOP_DOWN != 0, requirements }),
        _ if requirements == Requirements::NONE => Ok(Place::At(base)),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    }
}

/// Shows a part of a section that the handle allows to be shown so.
pub(super) fn map(cx: &Cx, handle: HANDLE, view: View) -> NtResult<(u64, u64)> {
    let protection = Protection::new(view.protection)?;
    let writes = if protection.writes() { sections::MAP_WRITE } else { sections::MAP_READ };
    let executes = if protection.executes() { sections::MAP_EXECUTE } else { 0 };
    cx.process.handles.get::<Section>(handle, writes | executes)?.map(&cx.process.memory, view)
}

/// Takes a view away, or makes it a placeholder again.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtUnmapViewOfSectionEx(cx: &Cx, ProcessHandle: HANDLE, BaseAddress: Ptr<u8>, Flags: u32) -> NtResult<()> {
    own(cx, ProcessHandle)?;
    let memory = &cx.process.memory;
    match Flags {
        0 | 1 => memory.unmap_view(BaseAddress.address()).map(drop),
        PRESERVE_PLACEHOLDER | 3 => memory.unmap_view_to_placeholder(BaseAddress.address()).map(drop),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER_3),
    }
}

/// Keeps pages in memory.
#[shim(partial = "the caller's own process only; in physical memory is refused")]
pub(super) fn NtLockVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    MapType: u32,
) -> NtResult<()> {
    let (base, size) = lockable(cx, ProcessHandle, BaseAddress, RegionSize, MapType)?;
    give_range(BaseAddress, RegionSize, cx.process.memory.lock_pages(base, size)?)
}

/// Lets pages be paged out again.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtUnlockVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    MapType: u32,
) -> NtResult<()> {
    let (base, size) = lockable(cx, ProcessHandle, BaseAddress, RegionSize, MapType)?;
    give_range(BaseAddress, RegionSize, cx.process.memory.unlock_pages(base, size)?)
}

fn lockable(cx: &Cx, process: HANDLE, base: InOut<Ptr<u8>>, size: InOut<usize>, how: u32) -> NtResult<(u64, u64)> {
    let range = (base.read()?.address(), size.read()? as u64);
    match how {
        MAP_PROCESS => own(cx, process).map(|()| range),
        how if how != 0 && how & !(MAP_PROCESS | MAP_SYSTEM) == 0 => Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    }
}

/// Gives the addresses of the pages of a watched region that have been written.
#[shim(partial = "the caller's own process only; needs Linux 6.7, without which watched memory is refused")]
pub(super) fn NtGetWriteWatch(
    cx: &Cx,
    ProcessHandle: HANDLE,
    Flags: u32,
    BaseAddress: Ptr<u8>,
    RegionSize: usize,
    UserAddressArray: Ptr<Ptr<u8>>,
    EntriesInUserAddressArray: InOut<usize>,
    Granularity: Out<u32>,
) -> NtResult<()> {
    if Flags > 1 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_2);
    }
    let limit = EntriesInUserAddressArray.read()?;
    own(cx, ProcessHandle)?;
    let pages = cx.process.memory.written(BaseAddress.address(), RegionSize as u64, Flags == 1, limit)?;
    let addresses: Vec<_> = pages.into_iter().map(Ptr::at).collect();
    UserAddressArray.write_slice(&addresses)?;
    EntriesInUserAddressArray.set(addresses.len())?;
    Ok(Granularity.set(PAGE as u32)?)
}

/// Counts all pages of a watched region as not written.
#[shim(partial = "the caller's own process only; needs Linux 6.7, without which watched memory is refused")]
pub(super) fn NtResetWriteWatch(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: Ptr<u8>,
    RegionSize: usize,
) -> NtResult<()> {
    own(cx, ProcessHandle)?;
    cx.process.memory.reset_written(BaseAddress.address(), RegionSize as u64)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn pages_are_allocated_locked_and_freed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (base, size) = (guest.buffer(8), guest.bytes(&0x2000u64.to_le_bytes()));
            guest.call("ntdll!NtAllocateVirtualMemoryEx", &[u64::MAX, base, size, 0x3000, 4, 0, 0]);
            guest.call("ntdll!NtLockVirtualMemory", &[u64::MAX, base, size, 1]);
            guest.call("ntdll!NtUnlockVirtualMemory", &[u64::MAX, base, size, 1]);
            guest.call("ntdll!NtUnlockVirtualMemory", &[u64::MAX, base, size, 1]);
            guest.call("ntdll!NtLockVirtualMemory", &[u64::MAX, base, size, 0]);
            guest.call("ntdll!NtAllocateVirtualMemoryEx", &[u64::MAX, base, 16, 0x3000, 4, 0, 0]);
            let address = guest.read::<u64>(base);
            guest.call("ntdll!NtResetWriteWatch", &[u64::MAX, address, 0x1000]);
            guest.call("ntdll!NtUnmapViewOfSectionEx", &[u64::MAX, address, 0]);
            guest.call("ntdll!NtUnmapViewOfSectionEx", &[u64::MAX, address, 8]);
        });
        insta::assert_snapshot!(trace, @r#"
        ntdll!NtAllocateVirtualMemoryEx(ProcessHandle=0xffffffffffffffff, BaseAddress=&NULL->&@1, RegionSize=&8192, AllocationType=12288, PageProtection=4, ExtendedParameters=NULL, ExtendedParameterCount=0) = STATUS_SUCCESS
        ntdll!NtLockVirtualMemory(ProcessHandle=0xffffffffffffffff, BaseAddress=&@1, RegionSize=&8192, MapType=1) = STATUS_SUCCESS
        ntdll!NtUnlockVirtualMemory(ProcessHandle=0xffffffffffffffff, BaseAddress=&@1, RegionSize=&8192, MapType=1) = STATUS_SUCCESS
        ntdll!NtUnlockVirtualMemory(ProcessHandle=0xffffffffffffffff, BaseAddress=&@1, RegionSize=&8192, MapType=1) = STATUS_NOT_LOCKED
        ntdll!NtLockVirtualMemory(ProcessHandle=0xffffffffffffffff, BaseAddress=&@1, RegionSize=&8192, MapType=0) = STATUS_INVALID_PARAMETER
        ntdll!NtAllocateVirtualMemoryEx(ProcessHandle=0xffffffffffffffff, BaseAddress=&@1, RegionSize=@2, AllocationType=12288, PageProtection=4, ExtendedParameters=NULL, ExtendedParameterCount=0) = STATUS_ACCESS_VIOLATION
        ntdll!NtResetWriteWatch(ProcessHandle=0xffffffffffffffff, BaseAddress=@1, RegionSize=4096) = STATUS_INVALID_PARAMETER_1
        ntdll!NtUnmapViewOfSectionEx(ProcessHandle=0xffffffffffffffff, BaseAddress=@1, Flags=0) = STATUS_NOT_MAPPED_VIEW
        ntdll!NtUnmapViewOfSectionEx(ProcessHandle=0xffffffffffffffff, BaseAddress=@1, Flags=8) = STATUS_INVALID_PARAMETER_3
        "#);
    }
}
