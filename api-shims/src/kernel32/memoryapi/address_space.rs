//! The address space.

use abi::{HANDLE, NTSTATUS, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::memory::{MemoryType, Region, RegionState};

abi::flags! {
    /// What an allocation does.
    pub(in crate::kernel32) struct ALLOCATION_TYPE: u32 {
        MEM_COMMIT = 0x1000;
        MEM_RESERVE = 0x2000;
        MEM_DECOMMIT = 0x4000;
        MEM_RELEASE = 0x8000;
        MEM_RESET = 0x8_0000;
        MEM_TOP_DOWN = 0x10_0000;
        MEM_WRITE_WATCH = 0x20_0000;
        MEM_PHYSICAL = 0x40_0000;
        MEM_RESET_UNDO = 0x100_0000;
        MEM_LARGE_PAGES = 0x2000_0000;
    }

    /// What may be done with pages.
    pub(in crate::kernel32) struct PAGE_PROTECTION: u32 {
        PAGE_NOACCESS = 0x1;
        PAGE_READONLY = 0x2;
        PAGE_READWRITE = 0x4;
        PAGE_WRITECOPY = 0x8;
        PAGE_EXECUTE = 0x10;
        PAGE_EXECUTE_READ = 0x20;
        PAGE_EXECUTE_READWRITE = 0x40;
        PAGE_EXECUTE_WRITECOPY = 0x80;
        PAGE_GUARD = 0x100;
        PAGE_NOCACHE = 0x200;
        PAGE_WRITECOMBINE = 0x400;
    }
}

abi::choices! {
    /// Whether pages are free, reserved or committed.
    pub(in crate::kernel32) struct MEMORY_STATE: u32 {
        MEM_COMMIT = 0x1000;
        MEM_RESERVE = 0x2000;
        MEM_FREE = 0x1_0000;
    }

    /// What pages belong to.
    pub(in crate::kernel32) struct MEMORY_TYPE: u32 {
        MEM_PRIVATE = 0x2_0000;
        MEM_MAPPED = 0x4_0000;
        MEM_IMAGE = 0x100_0000;
    }
}

abi::guest_struct! {
    /// Pages that are alike.
    pub(crate) struct MEMORY_BASIC_INFORMATION {
        BaseAddress: Ptr<u8>,
        AllocationBase: Ptr<u8>,
        AllocationProtect: PAGE_PROTECTION,
        RegionSize: usize,
        State: MEMORY_STATE,
        Protect: PAGE_PROTECTION,
        Type: MEMORY_TYPE,
    }
}

impl From<Region> for MEMORY_BASIC_INFORMATION {
    fn from(region: Region) -> Self {
        Self {
            BaseAddress: Ptr::at(region.base),
            AllocationBase: Ptr::at(region.allocation_base),
            AllocationProtect: PAGE_PROTECTION::from_bits_retain(region.allocation_protect),
            RegionSize: region.size as usize,
            State: match region.state {
                RegionState::Free => MEMORY_STATE::MEM_FREE,
                RegionState::Reserved => MEMORY_STATE::MEM_RESERVE,
                RegionState::Committed => MEMORY_STATE::MEM_COMMIT,
            },
            Protect: PAGE_PROTECTION::from_bits_retain(region.protect),
            Type: match region.kind {
                None => MEMORY_TYPE::default(),
                Some(MemoryType::Private) => MEMORY_TYPE::MEM_PRIVATE,
                Some(MemoryType::Mapped) => MEMORY_TYPE::MEM_MAPPED,
                Some(MemoryType::Image) => MEMORY_TYPE::MEM_IMAGE,
            },
        }
    }
}

/// Reserves or commits pages.
#[shim(partial = "write watch, physical and large pages are refused")]
pub(in crate::kernel32) fn VirtualAlloc(
    cx: &Cx,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: ALLOCATION_TYPE,
    flProtect: PAGE_PROTECTION,
) -> Win32Result<Ptr<u8>> {
    allocate(cx, lpAddress, dwSize, flAllocationType, flProtect)
}

/// Reserves or commits pages of a process.
#[shim(partial = "of the caller's own process only; write watch, physical and large pages are refused")]
pub(in crate::kernel32) fn VirtualAllocEx(
    cx: &Cx,
    hProcess: HANDLE,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: ALLOCATION_TYPE,
    flProtect: PAGE_PROTECTION,
) -> Win32Result<Ptr<u8>> {
    own(cx, hProcess)?;
    allocate(cx, lpAddress, dwSize, flAllocationType, flProtect)
}

/// Refuses every process but the caller's own.
fn own(cx: &Cx, process: HANDLE) -> Win32Result<()> {
    let same = process == HANDLE::CURRENT_PROCESS
        || cx
            .process
            .handles
            .with::<syscall_xlate::sync::ProcessObject, _>(process, 0, |object| object.id() == cx.process.id())?;
    if same { Ok(()) } else { Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()) }
}

fn allocate(
    cx: &Cx,
    address: Ptr<u8>,
    size: usize,
    how: ALLOCATION_TYPE,
    protection: PAGE_PROTECTION,
) -> Win32Result<Ptr<u8>> {
    let (base, _) = cx.process.memory.allocate(address.address(), size as u64, how.bits(), protection.bits())?;
    Ok(Ptr::at(base))
}

/// Decommits or releases pages.
#[shim(full)]
pub(in crate::kernel32) fn VirtualFree(
    cx: &Cx,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    dwFreeType: ALLOCATION_TYPE,
) -> Win32Result<()> {
    free(cx, lpAddress, dwSize, dwFreeType)
}

/// Decommits or releases pages of a process.
#[shim(partial = "of the caller's own process only")]
pub(in crate::kernel32) fn VirtualFreeEx(
    cx: &Cx,
    hProcess: HANDLE,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    dwFreeType: ALLOCATION_TYPE,
) -> Win32Result<()> {
    own(cx, hProcess)?;
    free(cx, lpAddress, dwSize, dwFreeType)
}

fn free(cx: &Cx, address: Ptr<u8>, size: usize, how: ALLOCATION_TYPE) -> Win32Result<()> {
    let memory = &cx.process.memory;
    match how {
        ALLOCATION_TYPE::MEM_DECOMMIT => memory.decommit(address.address(), size as u64)?,
        // Documented: a whole allocation is released, never a part.
        ALLOCATION_TYPE::MEM_RELEASE if size == 0 => memory.release(address.address(), 0)?,
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
    Ok(())
}

/// Keeps pages in memory.
#[shim(stub = "the host pages as it sees fit; what programs lock is used soon, and stays by that")]
pub(in crate::kernel32) fn VirtualLock(cx: &Cx, lpAddress: Ptr<u8>, dwSize: usize) -> Win32Result<()> {
    committed(cx, lpAddress, dwSize)
}

/// Lets pages be paged out again.
#[shim(stub = "see VirtualLock")]
pub(in crate::kernel32) fn VirtualUnlock(cx: &Cx, lpAddress: Ptr<u8>, dwSize: usize) -> Win32Result<()> {
    committed(cx, lpAddress, dwSize)
}

/// Refuses a range that is not committed as a whole.
fn committed(cx: &Cx, address: Ptr<u8>, size: usize) -> Win32Result<()> {
    let mut at = address.address();
    let end = at.checked_add(size as u64).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    while at < end {
        let region = cx.process.memory.query(at)?;
        if region.state != RegionState::Committed {
            return Err(NTSTATUS::STATUS_ACCESS_VIOLATION.into());
        }
        at = region.base + region.size;
    }
    Ok(())
}

/// Changes what may be done with committed pages.
#[shim(full)]
pub(in crate::kernel32) fn VirtualProtect(
    cx: &Cx,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flNewProtect: PAGE_PROTECTION,
    lpflOldProtect: Out<PAGE_PROTECTION>,
) -> Win32Result<()> {
    protect(cx, lpAddress, dwSize, flNewProtect, lpflOldProtect)
}

/// Changes what may be done with committed pages of a process.
#[shim(partial = "of the caller's own process only")]
pub(in crate::kernel32) fn VirtualProtectEx(
    cx: &Cx,
    hProcess: HANDLE,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flNewProtect: PAGE_PROTECTION,
    lpflOldProtect: Out<PAGE_PROTECTION>,
) -> Win32Result<()> {
    own(cx, hProcess)?;
    protect(cx, lpAddress, dwSize, flNewProtect, lpflOldProtect)
}

fn protect(
    cx: &Cx,
    address: Ptr<u8>,
    size: usize,
    protection: PAGE_PROTECTION,
    old: Out<PAGE_PROTECTION>,
) -> Win32Result<()> {
    if old.is_null() {
        return Err(WIN32_ERROR::ERROR_NOACCESS.into());
    }
    let (_, _, before) = cx.process.memory.protect(address.address(), size as u64, protection.bits())?;
    Ok(old.set(PAGE_PROTECTION::from_bits_retain(before))?)
}

/// Tells what pages at an address are; gives the size of what it tells.
#[shim(full)]
pub(in crate::kernel32) fn VirtualQuery(
    cx: &Cx,
    lpAddress: Ptr<u8>,
    lpBuffer: Out<MEMORY_BASIC_INFORMATION>,
    dwLength: usize,
) -> Win32Result<usize> {
    query(cx, lpAddress, lpBuffer, dwLength)
}

/// Tells what pages of a process at an address are; gives the size of what it tells.
#[shim(partial = "of the caller's own process only")]
pub(in crate::kernel32) fn VirtualQueryEx(
    cx: &Cx,
    hProcess: HANDLE,
    lpAddress: Ptr<u8>,
    lpBuffer: Out<MEMORY_BASIC_INFORMATION>,
    dwLength: usize,
) -> Win32Result<usize> {
    own(cx, hProcess)?;
    query(cx, lpAddress, lpBuffer, dwLength)
}

fn query(cx: &Cx, address: Ptr<u8>, result: Out<MEMORY_BASIC_INFORMATION>, length: usize) -> Win32Result<usize> {
    let size = <MEMORY_BASIC_INFORMATION as abi::Guest>::layout(address.width()).size;
    if length < size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    // It is a system service that writes it: bad memory is an error, not an exception.
    result.set(cx.process.memory.query(address.address())?.into()).map_err(NTSTATUS::from)?;
    Ok(size)
}
