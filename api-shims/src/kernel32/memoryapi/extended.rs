//! Memory and views with extended parameters, placeholders, and the forms of it for app containers.

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::memory::{Place, Protection, Requirements};
use syscall_xlate::section::{self, Section, View};

use super::address_space::{ALLOCATION_TYPE, PAGE_PROTECTION, allocate, own, protect};

abi::guest_struct! {
    /// One more parameter: its kind in the low 8 bits of the first field, its value in the second.
    pub(crate) struct MEM_EXTENDED_PARAMETER {
        Type: u64,
        Value: u64,
    }

    /// What an address must be.
    pub(crate) struct MEM_ADDRESS_REQUIREMENTS {
        LowestStartingAddress: Ptr<u8>,
        HighestEndingAddress: Ptr<u8>,
        Alignment: usize,
    }
}

abi::flags! {
    /// What becomes of an unmapped view's addresses.
    pub(crate) struct UNMAP_VIEW_OF_FILE_FLAGS: u32 {
        MEM_UNMAP_WITH_TRANSIENT_BOOST = 0x1;
        MEM_PRESERVE_PLACEHOLDER = 0x2;
    }
}

/// `MEM_EXTENDED_PARAMETER_TYPE`
const ADDRESS_REQUIREMENTS: u64 = 1;
const NUMA_NODE: u64 = 2;
const ATTRIBUTE_FLAGS: u64 = 5;
/// Kinds from here on are not defined.
const FIRST_UNKNOWN: u64 = 6;
/// `NUMA_NO_PREFERRED_NODE`
const NO_NODE: u64 = 0xffff_ffff;

/// Reads extended parameters; what is left of them are requirements for the address. There is one node of memory.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for an unknown kind, the same twice or a bad value; `STATUS_NOT_SUPPORTED` for partitions, physical memory
/// and attributes.
pub(crate) fn requirements(parameters: Ptr<MEM_EXTENDED_PARAMETER>, count: u32) -> NtResult<Requirements> {
    let mut requirements = Requirements::NONE;
    let mut seen = 0u64;
    if u64::from(count) >= FIRST_UNKNOWN || count != 0 && parameters.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    for parameter in parameters.read_slice(count as usize)? {
        let kind = parameter.Type & 0xff;
        if kind == 0 || kind >= FIRST_UNKNOWN || seen & 1 << kind != 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        seen |= 1 << kind;
        match kind {
            ADDRESS_REQUIREMENTS => {
                let wanted = Ptr::<MEM_ADDRESS_REQUIREMENTS>::at(parameter.Value).read()?;
                let (lowest, highest) = (wanted.LowestStartingAddress, wanted.HighestEndingAddress);
                requirements = Requirements::new(lowest.address(), highest.address(), wanted.Alignment as u64)?;
            }
            NUMA_NODE if matches!(parameter.Value & NO_NODE, 0 | NO_NODE) => {}
            NUMA_NODE => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
            ATTRIBUTE_FLAGS if parameter.Value == 0 => {}
            _ => return Err(NTSTATUS::STATUS_NOT_SUPPORTED),
        }
    }
    Ok(requirements)
}

/// Refuses every process but the caller's own, which NULL stands for as well.
fn own_or_null(cx: &Cx, process: HANDLE) -> Win32Result<()> {
    if process.is_null() { Ok(()) } else { own(cx, process) }
}

/// Reserves, commits or replaces pages, where the parameters allow it.
#[shim(partial = "of the caller's own process only; physical and large pages, partitions and attributes are refused")]
pub(crate) fn VirtualAlloc2(
    cx: &Cx,
    Process: HANDLE,
    BaseAddress: Ptr<u8>,
    Size: usize,
    AllocationType: ALLOCATION_TYPE,
    PageProtection: PAGE_PROTECTION,
    ExtendedParameters: Ptr<MEM_EXTENDED_PARAMETER>,
    ParameterCount: u32,
) -> Win32Result<Ptr<u8>> {
    let (how, pages) = (AllocationType, PageProtection);
    allocate_extended(cx, Process, BaseAddress, Size, (how, pages), (ExtendedParameters, ParameterCount))
}

/// Reserves, commits or replaces pages, where the parameters allow it.
#[shim(partial = "of the caller's own process only; physical and large pages, partitions and attributes are refused")]
pub(crate) fn VirtualAlloc2FromApp(
    cx: &Cx,
    Process: HANDLE,
    BaseAddress: Ptr<u8>,
    Size: usize,
    AllocationType: ALLOCATION_TYPE,
    PageProtection: PAGE_PROTECTION,
    ExtendedParameters: Ptr<MEM_EXTENDED_PARAMETER>,
    ParameterCount: u32,
) -> Win32Result<Ptr<u8>> {
    let (how, pages) = (AllocationType, PageProtection);
    allocate_extended(cx, Process, BaseAddress, Size, (how, pages), (ExtendedParameters, ParameterCount))
}

fn allocate_extended(
    cx: &Cx,
    process: HANDLE,
    base: Ptr<u8>,
    size: usize,
    (how, pages): (ALLOCATION_TYPE, PAGE_PROTECTION),
    (parameters, count): (Ptr<MEM_EXTENDED_PARAMETER>, u32),
) -> Win32Result<Ptr<u8>> {
    own_or_null(cx, process)?;
    let requirements = requirements(parameters, count)?;
    let memory = &cx.process.memory;
    let (base, _) = memory.allocate_extended(base.address(), size as u64, how.bits(), pages.bits(), requirements)?;
    Ok(Ptr::at(base))
}

/// Reserves or commits pages.
#[shim(partial = "physical and large pages are refused")]
pub(crate) fn VirtualAllocFromApp(
    cx: &Cx,
    BaseAddress: Ptr<u8>,
    Size: usize,
    AllocationType: ALLOCATION_TYPE,
    Protection: PAGE_PROTECTION,
) -> Win32Result<Ptr<u8>> {
    allocate(cx, BaseAddress, Size, AllocationType, Protection)
}

/// Reserves or commits pages of a process, near a node of memory.
#[shim(partial = "of the caller's own process only; physical and large pages are refused; there is one node")]
pub(crate) fn VirtualAllocExNuma(
    cx: &Cx,
    hProcess: HANDLE,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: ALLOCATION_TYPE,
    flProtect: PAGE_PROTECTION,
    nndPreferred: u32,
) -> Win32Result<Ptr<u8>> {
    if !matches!(u64::from(nndPreferred), 0 | NO_NODE) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    own(cx, hProcess)?;
    allocate(cx, lpAddress, dwSize, flAllocationType, flProtect)
}

/// Changes what may be done with committed pages.
#[shim(full)]
pub(crate) fn VirtualProtectFromApp(
    cx: &Cx,
    Address: Ptr<u8>,
    Size: usize,
    NewProtection: PAGE_PROTECTION,
    OldProtection: Out<PAGE_PROTECTION>,
) -> Win32Result<()> {
    protect(cx, Address, Size, NewProtection, OldProtection)
}

/// Shows a part of a section in memory, in place of a placeholder or where the parameters allow it.
#[shim(partial = "of the caller's own process only; large pages, partitions and attributes are refused")]
pub(crate) fn MapViewOfFile3(
    cx: &Cx,
    FileMapping: HANDLE,
    Process: HANDLE,
    BaseAddress: Ptr<u8>,
    Offset: u64,
    ViewSize: usize,
    AllocationType: ALLOCATION_TYPE,
    PageProtection: PAGE_PROTECTION,
    ExtendedParameters: Ptr<MEM_EXTENDED_PARAMETER>,
    ParameterCount: u32,
) -> Win32Result<Ptr<u8>> {
    let requirements = requirements(ExtendedParameters, ParameterCount)?;
    let part = (Offset, ViewSize as u64, PageProtection.bits());
    map_view(cx, (FileMapping, Process), BaseAddress, part, AllocationType, requirements)
}

/// Shows a part of a section in memory, near a node of memory.
#[shim(partial = "of the caller's own process only; large pages are refused; there is one node")]
pub(crate) fn MapViewOfFileNuma2(
    cx: &Cx,
    FileMappingHandle: HANDLE,
    ProcessHandle: HANDLE,
    Offset: u64,
    BaseAddress: Ptr<u8>,
    ViewSize: usize,
    AllocationType: ALLOCATION_TYPE,
    PageProtection: PAGE_PROTECTION,
    PreferredNode: u32,
) -> Win32Result<Ptr<u8>> {
    if !matches!(u64::from(PreferredNode), 0 | NO_NODE) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let part = (Offset, ViewSize as u64, PageProtection.bits());
    map_view(cx, (FileMappingHandle, ProcessHandle), BaseAddress, part, AllocationType, Requirements::NONE)
}

fn map_view(
    cx: &Cx,
    (section, process): (HANDLE, HANDLE),
    base: Ptr<u8>,
    (offset, size, pages): (u64, u64, u32),
    how: ALLOCATION_TYPE,
    requirements: Requirements,
) -> Win32Result<Ptr<u8>> {
    own_or_null(cx, process)?;
    let place = match how {
        ALLOCATION_TYPE::MEM_REPLACE_PLACEHOLDER if !base.is_null() => Place::Placeholder(base.address()),
        how if !ALLOCATION_TYPE::MEM_RESERVE.contains(how) => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
        _ if base.is_null() => Place::Anywhere { top_down: false, requirements },
        _ => Place::At(base.address()),
    };
    if !base.is_null() && requirements != Requirements::NONE {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let protection = Protection::new(pages)?;
    let writes = if protection.writes() { section::MAP_WRITE } else { section::MAP_READ };
    let executes = if protection.executes() { section::MAP_EXECUTE } else { 0 };
    let section = cx.process.handles.get::<Section>(section, writes | executes)?;
    let (base, _) = section.map(&cx.process.memory, View { offset, size, place, protection: pages })?;
    Ok(Ptr::at(base))
}

/// Takes a view of a process away, or makes it a placeholder again.
#[shim(partial = "of the caller's own process only")]
pub(crate) fn UnmapViewOfFile2(
    cx: &Cx,
    Process: HANDLE,
    BaseAddress: Ptr<u8>,
    UnmapFlags: UNMAP_VIEW_OF_FILE_FLAGS,
) -> Win32Result<()> {
    own(cx, Process)?;
    unmap_view(cx, BaseAddress, UnmapFlags)
}

/// Takes a view away, or makes it a placeholder again.
#[shim(full)]
pub(crate) fn UnmapViewOfFileEx(
    cx: &Cx,
    BaseAddress: Ptr<u8>,
    UnmapFlags: UNMAP_VIEW_OF_FILE_FLAGS,
) -> Win32Result<()> {
    unmap_view(cx, BaseAddress, UnmapFlags)
}

fn unmap_view(cx: &Cx, base: Ptr<u8>, flags: UNMAP_VIEW_OF_FILE_FLAGS) -> Win32Result<()> {
    let memory = &cx.process.memory;
    // The boost is for the priority of what the pages held, of which the host keeps the books.
    const BOOST: UNMAP_VIEW_OF_FILE_FLAGS = UNMAP_VIEW_OF_FILE_FLAGS::MEM_UNMAP_WITH_TRANSIENT_BOOST;
    const PLACEHOLDER: UNMAP_VIEW_OF_FILE_FLAGS = UNMAP_VIEW_OF_FILE_FLAGS::MEM_PRESERVE_PLACEHOLDER;
    if !BOOST.union(PLACEHOLDER).contains(flags) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    match flags.contains(PLACEHOLDER) {
        true => memory.unmap_view_to_placeholder(base.address())?,
        false => memory.unmap_view(base.address())?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn a_placeholder_is_made_split_and_replaced() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let base = guest.call("kernel32!VirtualAlloc2", &[0, 0, 0x2_0000, 0x4_2000, 1, 0, 0]);
            guest.call("kernel32!VirtualFree", &[base, 0x1_0000, 0x8002]);
            guest.call("kernelbase!VirtualAlloc2", &[0, base, 0x1_0000, 0x7000, 4, 0, 0]);
            let section = guest.call("kernel32!CreateFileMappingW", &[u64::MAX, 0, 4, 0, 0x1_0000, 0]);
            guest.call("kernel32!MapViewOfFile3", &[section, 0, base + 0x1_0000, 0, 0, 0x4000, 4, 0, 0]);
            guest.call("kernel32!UnmapViewOfFileEx", &[base + 0x1_0000, 2]);
            guest.call("kernel32!UnmapViewOfFile2", &[u64::MAX, base + 0x1_0000, 4]);
            guest.call("kernel32!VirtualFree", &[base, 0x1_0000, 0x8002]);
            guest.call("kernel32!VirtualFree", &[base, 0x2_0000, 0x8001]);
            guest.call("kernel32!VirtualFree", &[base, 0, 0x8000]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=131072, AllocationType=MEM_RESERVE|MEM_RESERVE_PLACEHOLDER, PageProtection=PAGE_NOACCESS, ExtendedParameters=NULL, ParameterCount=0) = @1
        kernel32!VirtualFree(lpAddress=@1, dwSize=65536, dwFreeType=MEM_PRESERVE_PLACEHOLDER|MEM_RELEASE) = TRUE
        kernelbase!VirtualAlloc2(Process=0x0, BaseAddress=@1, Size=65536, AllocationType=MEM_COMMIT|MEM_RESERVE|MEM_REPLACE_PLACEHOLDER, PageProtection=PAGE_READWRITE, ExtendedParameters=NULL, ParameterCount=0) = @1
        kernel32!CreateFileMappingW(hFile=0xffffffffffffffff, lpFileMappingAttributes=NULL, flProtect=PAGE_READWRITE, dwMaximumSizeHigh=0, dwMaximumSizeLow=65536, lpName=NULL) = h1
        kernel32!MapViewOfFile3(FileMapping=h1, Process=0x0, BaseAddress=@2, Offset=0, ViewSize=0, AllocationType=MEM_REPLACE_PLACEHOLDER, PageProtection=PAGE_READWRITE, ExtendedParameters=NULL, ParameterCount=0) = @2
        kernel32!UnmapViewOfFileEx(BaseAddress=@2, UnmapFlags=MEM_PRESERVE_PLACEHOLDER) = TRUE
        kernel32!UnmapViewOfFile2(Process=0xffffffffffffffff, BaseAddress=@2, UnmapFlags=0x4) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!VirtualFree(lpAddress=@1, dwSize=65536, dwFreeType=MEM_PRESERVE_PLACEHOLDER|MEM_RELEASE) = TRUE
        kernel32!VirtualFree(lpAddress=@1, dwSize=131072, dwFreeType=MEM_COALESCE_PLACEHOLDERS|MEM_RELEASE) = TRUE
        kernel32!VirtualFree(lpAddress=@1, dwSize=0, dwFreeType=MEM_RELEASE) = TRUE
        "#);
    }

    #[test]
    fn bad_parameters_are_refused() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let call = |parameters: u64, count: u64| {
                guest.call("kernel32!VirtualAlloc2", &[0, 0, 0x1_0000, 0x2000, 4, parameters, count]);
            };
            let parameter = |kind: u64, value: u64| guest.bytes(&[kind.to_le_bytes(), value.to_le_bytes()].concat());
            call(parameter(2, 1), 1);
            call(parameter(3, 8), 1);
            call(parameter(1, 16), 1);
            call(16, 1);
            call(0, 1);
            call(parameter(2, 0), u64::from(u32::MAX));
            guest.call("kernel32!VirtualAllocExNuma", &[u64::MAX, 0, 0x1_0000, 0x2000, 4, 5]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=@1, ParameterCount=1) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=@2, ParameterCount=1) = NULL (ERROR_NOT_SUPPORTED)
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=@3, ParameterCount=1) = NULL (ERROR_NOACCESS)
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=@4, ParameterCount=1) = NULL (ERROR_NOACCESS)
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=NULL, ParameterCount=1) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!VirtualAlloc2(Process=0x0, BaseAddress=NULL, Size=65536, AllocationType=MEM_RESERVE, PageProtection=PAGE_READWRITE, ExtendedParameters=@5, ParameterCount=4294967295) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!VirtualAllocExNuma(hProcess=0xffffffffffffffff, lpAddress=NULL, dwSize=65536, flAllocationType=MEM_RESERVE, flProtect=PAGE_READWRITE, nndPreferred=5) = NULL (ERROR_INVALID_PARAMETER)
        "#);
    }
}
