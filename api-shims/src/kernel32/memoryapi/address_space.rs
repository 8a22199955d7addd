//! The address space.

use abi::{HANDLE, NTSTATUS, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::memory::{MemoryType, Region, RegionState};

abi::flags! {
    /// What an allocation does.
    pub(crate) struct ALLOCATION_TYPE: u32 {
        MEM_COMMIT = 0x1000;
        MEM_RESERVE = 0x2000;
        MEM_REPLACE_PLACEHOLDER = 0x4000;
        MEM_RESERVE_PLACEHOLDER = 0x4_0000;
        MEM_RESET = 0x8_0000;
        MEM_TOP_DOWN = 0x10_0000;
        MEM_WRITE_WATCH = 0x20_0000;
        MEM_PHYSICAL = 0x40_0000;
        MEM_RESET_UNDO = 0x100_0000;
        MEM_LARGE_PAGES = 0x2000_0000;
    }

    /// How memory is freed.
    pub(crate) struct FREE_TYPE: u32 {
        MEM_COALESCE_PLACEHOLDERS = 0x1;
        MEM_PRESERVE_PLACEHOLDER = 0x2;
        MEM_DECOMMIT = 0x4000;
        MEM_RELEASE = 0x8000;
    }

    /// What may be done with pages.
    pub(crate) struct PAGE_PROTECTION: u32 {
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
    pub(crate) struct MEMORY_STATE: u32 {
        MEM_COMMIT = 0x1000;
        MEM_RESERVE = 0x2000;
        MEM_FREE = 0x1_0000;
    }

    /// What pages belong to.
    pub(crate) struct MEMORY_TYPE: u32 {
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
#[shim(partial = "physical and large pages are refused")]
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
#[shim(partial = "of the caller's own process only; physical and large pages are refused")]
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
pub(super) fn own(cx: &Cx, process: HANDLE) -> Win32Result<()> {
    let same = process == HANDLE::CURRENT_PROCESS
        || cx
            .process
            .handles
            .with::<syscall_xlate::sync::ProcessObject, _>(process, 0, |object| object.id() == cx.process.id())?;
    if same { Ok(()) } else { Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()) }
}

pub(super) fn allocate(
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
    dwFreeType: FREE_TYPE,
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
    dwFreeType: FREE_TYPE,
) -> Win32Result<()> {
    own(cx, hProcess)?;
    free(cx, lpAddress, dwSize, dwFreeType)
}

fn free(cx: &Cx, address: Ptr<u8>, size: usize, how: FREE_TYPE) -> Win32Result<()> {
    const SPLIT: FREE_TYPE = FREE_TYPE::MEM_RELEASE.union(FREE_TYPE::MEM_PRESERVE_PLACEHOLDER);
    const JOIN: FREE_TYPE = FREE_TYPE::MEM_RELEASE.union(FREE_TYPE::MEM_COALESCE_PLACEHOLDERS);
    let (memory, base, size) = (&cx.process.memory, address.address(), size as u64);
    match how {
        FREE_TYPE::MEM_DECOMMIT => memory.decommit(base, size)?,
        // Documented: a whole allocation is released, never a part.
        FREE_TYPE::MEM_RELEASE if size == 0 => memory.release(base, 0)?,
        SPLIT => memory.release_to_placeholder(base, size)?,
        JOIN => memory.coalesce_placeholders(base, size)?,
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
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

pub(super) fn protect(
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
