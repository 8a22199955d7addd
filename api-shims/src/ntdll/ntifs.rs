//! ntifs.h: virtual memory, sections, heaps and files.

mod control;
mod directory;
mod heap;
mod information;

use std::os::fd::AsFd;
use std::sync::Arc;

use abi::{Exception, HANDLE, In, InOut, Invalid, NTSTATUS, NtResult, Out, Ptr, Raises, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{self, File};
use syscall_xlate::heap::HeapFlags;
use syscall_xlate::memory::{Protection, Requirements};
use syscall_xlate::section::{self, Section, View};

use super::ntmmapi::{map, place};
use super::structs::OBJECT_ATTRIBUTES;
use super::winternl::{create, own};
use crate::kernel32::memoryapi::MEMORY_BASIC_INFORMATION;

pub(super) use control::*;
pub(super) use directory::*;
pub(super) use heap::*;
pub(super) use information::*;

/// `MEM_DECOMMIT`
const DECOMMIT: u32 = 0x4000;
/// `MEM_RELEASE`
const RELEASE: u32 = 0x8000;
/// `MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER`
const RELEASE_TO_PLACEHOLDER: u32 = RELEASE | 2;
/// `MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS`
const COALESCE_PLACEHOLDERS: u32 = RELEASE | 1;

/// Reserves or commits pages.
#[shim(partial = "the caller's own process only; no physical or large pages")]
pub(super) fn NtAllocateVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    ZeroBits: usize,
    RegionSize: InOut<usize>,
    AllocationType: u32,
    Protect: u32,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?.address(), RegionSize.read()? as u64);
    own(cx, ProcessHandle)?;
    // The bits are asked for where the address is not.
    let requirements = if base == 0 { Requirements::zero_bits(ZeroBits as u64)? } else { Requirements::NONE };
    let (base, size) = cx.process.memory.allocate_within(base, size, AllocationType, Protect, requirements)?;
    BaseAddress.set(Ptr::at(base))?;
    Ok(RegionSize.set(size as usize)?)
}

/// Decommits or releases pages.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtFreeVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    FreeType: u32,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?.address(), RegionSize.read()? as u64);
    own(cx, ProcessHandle)?;
    let (base, size) = match FreeType {
        DECOMMIT => cx.process.memory.decommit(base, size)?,
        RELEASE => cx.process.memory.release(base, size)?,
        RELEASE_TO_PLACEHOLDER => cx.process.memory.release_to_placeholder(base, size)?,
        COALESCE_PLACEHOLDERS => cx.process.memory.coalesce_placeholders(base, size)?,
        _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER_4),
    };
    BaseAddress.set(Ptr::at(base))?;
    Ok(RegionSize.set(size as usize)?)
}

/// Changes what can be done with committed pages.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtProtectVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    NewProtect: u32,
    OldProtect: Out<u32>,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?, RegionSize.read()?);
    OldProtect.set(0)?;
    own(cx, ProcessHandle)?;
    let (base, size, old) = cx.process.memory.protect(base.address(), size as u64, NewProtect)?;
    BaseAddress.set(Ptr::at(base))?;
    RegionSize.set(size as usize)?;
    Ok(OldProtect.set(old)?)
}

/// Tells what is at an address.
#[shim(partial = "MemoryBasicInformation of the caller's own process only")]
pub(super) fn NtQueryVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: Ptr<u8>,
    MemoryInformationClass: u32,
    MemoryInformation: Out<MEMORY_BASIC_INFORMATION>,
    MemoryInformationLength: usize,
    ReturnLength: Out<usize>,
) -> NtResult<()> {
    if MemoryInformationClass != 0 {
        return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS);
    }
    let size = <MEMORY_BASIC_INFORMATION as abi::Guest>::layout(MemoryInformation.ptr().width()).size;
    if MemoryInformationLength < size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    own(cx, ProcessHandle)?;
    MemoryInformation.set(cx.process.memory.query(BaseAddress.address())?.into())?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Makes a section of a file or of memory, or opens the one of this name.
#[shim(partial = "images are refused")]
pub(super) fn NtCreateSection(
    cx: &Cx,
    SectionHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    MaximumSize: Ptr<i64>,
    SectionPageProtection: u32,
    AllocationAttributes: u32,
    FileHandle: HANDLE,
) -> NTSTATUS {
    create(cx, SectionHandle, ObjectAttributes, section::MAPPING, DesiredAccess, |place| {
        let protection = Protection::new(SectionPageProtection)?;
        let size = MaximumSize.opt().map(Ptr::read).transpose()?.unwrap_or(0);
        let size = u64::try_from(size).map_err(|_| NTSTATUS::STATUS_SECTION_TOO_BIG)?;
        let needed = file::FILE_READ_DATA | if protection.writes() { file::FILE_WRITE_DATA } else { 0 };
        let file = match FileHandle {
            HANDLE::NULL => None,
            handle => Some(cx.process.handles.get::<File>(handle, needed)?),
        };
        let fd = file.as_ref().map(|file| file.as_fd());
        Ok(Arc::new(Section::new_in(place, fd, size, SectionPageProtection, AllocationAttributes)?))
    })
}

/// Shows a part of a section in memory.
#[shim(partial = "the caller's own process only; CommitSize is ignored")]
pub(super) fn NtMapViewOfSection(
    cx: &Cx,
    SectionHandle: HANDLE,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    ZeroBits: usize,
    CommitSize: usize,
    SectionOffset: Ptr<i64>,
    ViewSize: InOut<usize>,
    InheritDisposition: u32,
    AllocationType: u32,
    Win32Protect: u32,
) -> NtResult<()> {
    let _ = (CommitSize, InheritDisposition);
    let (base, size) = (BaseAddress.read()?.address(), ViewSize.read()? as u64);
    let offset = SectionOffset.opt().map(Ptr::read).transpose()?.unwrap_or(0);
    let offset = u64::try_from(offset).map_err(|_| NTSTATUS::STATUS_INVALID_VIEW_SIZE)?;
    own(cx, ProcessHandle)?;
    let requirements = if base == 0 { Requirements::zero_bits(ZeroBits as u64)? } else { Requirements::NONE };
    let place = place(base, AllocationType, requirements)?;
    let (base, size) = map(cx, SectionHandle, View { offset, size, place, protection: Win32Protect })?;
    BaseAddress.set(Ptr::at(base))?;
    Ok(ViewSize.set(size as usize)?)
}

/// Takes a view away.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtUnmapViewOfSection(cx: &Cx, ProcessHandle: HANDLE, BaseAddress: Ptr<u8>) -> NtResult<()> {
    own(cx, ProcessHandle)?;
    cx.process.memory.unmap_view(BaseAddress.address()).map(drop)
}

/// Makes a block.
#[shim(full)]
pub(super) fn RtlAllocateHeap(cx: &Cx, HeapHandle: HANDLE, Flags: u32, Size: usize) -> Raises<Ptr<u8>> {
    let flags = HeapFlags::from_bits_retain(Flags);
    or_null(cx, HeapHandle, flags, cx.allocate(HeapHandle, flags, Size as u64))
}

/// NULL for what could not be done, or an exception where the heap or the call wants one.
fn or_null(cx: &Cx, heap: HANDLE, flags: HeapFlags, result: NtResult<u64>) -> Raises<Ptr<u8>> {
    match result {
        Ok(address) => Ok(Ptr::at(address)),
        Err(status @ NTSTATUS::STATUS_NO_MEMORY) if cx.process.heaps.raises(heap, flags) => {
            Err(Box::new(Exception::new(status, &[])))
        }
        Err(_) => Ok(Ptr::NULL),
    }
}

/// Frees a block.
#[shim(full)]
pub(super) fn RtlFreeHeap(cx: &Cx, HeapHandle: HANDLE, Flags: u32, BaseAddress: Ptr<u8>) -> bool {
    let _ = Flags;
    cx.free(HeapHandle, BaseAddress.address()).is_ok()
}

/// Gives a block another size.
#[shim(full)]
pub(super) fn RtlReAllocateHeap(
    cx: &Cx,
    HeapHandle: HANDLE,
    Flags: u32,
    BaseAddress: Ptr<u8>,
    Size: usize,
) -> Raises<Ptr<u8>> {
    let flags = HeapFlags::from_bits_retain(Flags);
    or_null(cx, HeapHandle, flags, cx.process.heaps.reallocate(HeapHandle, flags, BaseAddress.address(), Size as u64))
}

/// Gives the size of a block as it was asked for.
#[shim(full)]
pub(super) fn RtlSizeHeap(cx: &Cx, HeapHandle: HANDLE, Flags: u32, BaseAddress: Ptr<u8>) -> Invalid<u64> {
    let _ = Flags;
    Invalid(cx.process.heaps.size(HeapHandle, BaseAddress.address()).unwrap_or(u64::MAX))
}

/// Sleeps while the value at an address is the one compared with.
#[shim(full)]
pub(super) fn RtlWaitOnAddress(
    cx: &Cx,
    Address: Ptr<u8>,
    CompareAddress: Ptr<u8>,
    AddressSize: usize,
    Timeout: In<i64>,
) -> NtResult<()> {
    let compare = match AddressSize {
        1 => u64::from(CompareAddress.read()?),
        2 => u64::from(CompareAddress.cast::<u16>().read()?),
        4 => u64::from(CompareAddress.cast::<u32>().read()?),
        8 => CompareAddress.cast::<u64>().read()?,
        _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    };
    let timeout = syscall_xlate::wait::Timeout::from_nt(Timeout.opt().map(In::read).transpose()?);
    match cx.process.addresses.wait(Address.address(), AddressSize as u64, compare, timeout)? {
        syscall_xlate::sync::Slept::Woken => Ok(()),
        syscall_xlate::sync::Slept::Timeout => Err(NTSTATUS::STATUS_TIMEOUT),
    }
}
