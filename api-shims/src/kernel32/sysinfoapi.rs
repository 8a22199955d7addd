//! sysinfoapi.h: the machine, the version, the clocks.

mod firmware;

use abi::{
    AnsiArray, InOut, NTSTATUS, Out, PSTR, PWSTR, Ptr, Raises, Varying, WIN32_ERROR, WideArray, Win32Result, shim,
};
use syscall_xlate::modules::{SYSTEM_FOLDER, WINDOWS_FOLDER};
use syscall_xlate::time::{self, TimeFields};
use syscall_xlate::topology::Topology;
use syscall_xlate::{Cx, system_info};

use super::compatibility::reported;
use super::structs::{FILETIME, SYSTEMTIME};
use crate::{processors, text};

pub(super) use firmware::*;

abi::guest_struct! {
    /// The processors and the shape of memory.
    pub(super) struct SYSTEM_INFO {
        wProcessorArchitecture: u16,
        wReserved: u16,
        dwPageSize: u32,
        lpMinimumApplicationAddress: Ptr<u8>,
        lpMaximumApplicationAddress: Ptr<u8>,
        dwActiveProcessorMask: Varying<usize>,
        dwNumberOfProcessors: Varying<u32>,
        dwProcessorType: u32,
        dwAllocationGranularity: u32,
        wProcessorLevel: u16,
        wProcessorRevision: u16,
    }

    /// The version.
    pub(super) struct OSVERSIONINFOW {
        pub(super) dwOSVersionInfoSize: u32,
        pub(super) dwMajorVersion: u32,
        pub(super) dwMinorVersion: u32,
        pub(super) dwBuildNumber: u32,
        pub(super) dwPlatformId: u32,
        pub(super) szCSDVersion: WideArray<128>,
    }

    /// The version, service pack and kind of product.
    pub(super) struct OSVERSIONINFOEXW {
        pub(super) dwOSVersionInfoSize: u32,
        pub(super) dwMajorVersion: u32,
        pub(super) dwMinorVersion: u32,
        pub(super) dwBuildNumber: u32,
        pub(super) dwPlatformId: u32,
        pub(super) szCSDVersion: WideArray<128>,
        pub(super) wServicePackMajor: u16,
        pub(super) wServicePackMinor: u16,
        pub(super) wSuiteMask: u16,
        pub(super) wProductType: u8,
        pub(super) wReserved: u8,
    }

    /// The version, in the ANSI code page.
    pub(super) struct OSVERSIONINFOA {
        pub(super) dwOSVersionInfoSize: u32,
        pub(super) dwMajorVersion: u32,
        pub(super) dwMinorVersion: u32,
        pub(super) dwBuildNumber: u32,
        pub(super) dwPlatformId: u32,
        pub(super) szCSDVersion: AnsiArray<128>,
    }

    /// The version, service pack and kind of product, in the ANSI code page.
    pub(super) struct OSVERSIONINFOEXA {
        pub(super) dwOSVersionInfoSize: u32,
        pub(super) dwMajorVersion: u32,
        pub(super) dwMinorVersion: u32,
        pub(super) dwBuildNumber: u32,
        pub(super) dwPlatformId: u32,
        pub(super) szCSDVersion: AnsiArray<128>,
        pub(super) wServicePackMajor: u16,
        pub(super) wServicePackMinor: u16,
        pub(super) wSuiteMask: u16,
        pub(super) wProductType: u8,
        pub(super) wReserved: u8,
    }

    /// Memory in use and left, in bytes.
    pub(super) struct MEMORYSTATUSEX {
        dwLength: u32,
        dwMemoryLoad: Varying<u32>,
        ullTotalPhys: Varying<u64>,
        ullAvailPhys: Varying<u64>,
        ullTotalPageFile: Varying<u64>,
        ullAvailPageFile: Varying<u64>,
        ullTotalVirtual: u64,
        ullAvailVirtual: Varying<u64>,
        ullAvailExtendedVirtual: u64,
    }
}

/// `PROCESSOR_ARCHITECTURE_AMD64`
const AMD64: u16 = 9;
/// `PROCESSOR_AMD_X8664`
const X8664: u32 = 8664;
/// The first address a program may use.
const LOWEST: u64 = 0x1_0000;
/// The last address a program may use.
const HIGHEST: u64 = 0x7fff_fffe_ffff;
/// `VER_PLATFORM_WIN32_NT`
const WIN32_NT: u32 = 2;
/// `VER_NT_WORKSTATION`
const WORKSTATION: u8 = 1;
/// `VER_SUITE_SINGLEUSERTS`
const SINGLE_USER: u16 = 0x100;

/// Gives the processors and the shape of memory.
#[shim(full)]
pub(super) fn GetSystemInfo(lpSystemInfo: Out<SYSTEM_INFO>) -> Raises<()> {
    Ok(lpSystemInfo.set(system())?)
}

/// Gives the processors and the shape of memory, as a program not made for an older machine sees them.
#[shim(full)]
pub(super) fn GetNativeSystemInfo(lpSystemInfo: Out<SYSTEM_INFO>) -> Raises<()> {
    Ok(lpSystemInfo.set(system())?)
}

fn system() -> SYSTEM_INFO {
    SYSTEM_INFO {
        wProcessorArchitecture: AMD64,
        dwPageSize: system_info::PAGE_SIZE,
        lpMinimumApplicationAddress: Ptr::at(LOWEST),
        lpMaximumApplicationAddress: Ptr::at(HIGHEST),
        dwActiveProcessorMask: Varying(system_info::affinity() as usize),
        dwNumberOfProcessors: Varying(system_info::processors()),
        dwProcessorType: X8664,
        dwAllocationGranularity: system_info::ALLOCATION_GRANULARITY,
        wProcessorLevel: 6,
        ..SYSTEM_INFO::default()
    }
}

/// Gives the time, UTC, as calendar fields.
#[shim(full)]
pub(super) fn GetSystemTime(lpSystemTime: Out<Varying<SYSTEMTIME>>) -> Raises<()> {
    Ok(lpSystemTime.set(Varying(fields(time::system_time())?))?)
}

/// Gives the local time as calendar fields.
#[shim(full)]
pub(super) fn GetLocalTime(lpSystemTime: Out<Varying<SYSTEMTIME>>) -> Raises<()> {
    Ok(lpSystemTime.set(Varying(fields(time::system_to_local(time::system_time())?)?))?)
}

fn fields(time: i64) -> Result<SYSTEMTIME, NTSTATUS> {
    Ok(TimeFields::from_filetime(time)?.into())
}

/// Gives the time, UTC.
#[shim(full)]
#[inline(always)]
pub(super) fn GetSystemTimeAsFileTime(lpSystemTimeAsFileTime: Out<Varying<FILETIME>>) -> Raises<()> {
    Ok(lpSystemTimeAsFileTime.set(Varying(FILETIME::new(time::system_time())))?)
}

/// Gives the time, UTC, as exactly as it is known.
#[shim(full)]
pub(super) fn GetSystemTimePreciseAsFileTime(lpSystemTimeAsFileTime: Out<Varying<FILETIME>>) -> Raises<()> {
    Ok(lpSystemTimeAsFileTime.set(Varying(FILETIME::new(time::system_time())))?)
}

/// Gives the milliseconds since the machine started, which begin again after 49.7 days.
#[shim(partial = "time that the machine sleeps while the program runs is not counted")]
#[inline(always)]
pub(super) fn GetTickCount() -> Varying<u32> {
    Varying(time::tick_count() as u32)
}

/// Gives the milliseconds since the machine started.
#[shim(partial = "time that the machine sleeps while the program runs is not counted")]
#[inline(always)]
pub(super) fn GetTickCount64() -> Varying<u64> {
    Varying(time::tick_count())
}

/// Gives how the clock is adjusted: not at all, with a tick of 15.625 ms.
#[shim(full)]
pub(super) fn GetSystemTimeAdjustment(
    lpTimeAdjustment: Out<u32>,
    lpTimeIncrement: Out<u32>,
    lpTimeAdjustmentDisabled: Out<u32>,
) -> Win32Result<()> {
    /// Units of 100 ns between ticks.
    const TICK: u32 = 156_250;
    lpTimeAdjustment.set(TICK)?;
    lpTimeIncrement.set(TICK)?;
    Ok(lpTimeAdjustmentDisabled.set(1)?)
}

/// Gives the version in one number: major, minor, build.
#[shim(full)]
pub(super) fn GetVersion(cx: &Cx) -> u32 {
    let version = reported(cx);
    (version.build & 0x7fff) << 16 | (version.minor & 0xff) << 8 | version.major & 0xff
}

/// Gives the version.
#[shim(full)]
pub(super) fn GetVersionExW(cx: &Cx, lpVersionInformation: InOut<OSVERSIONINFOW>) -> Win32Result<()> {
    let version = reported(cx);
    let size = Ptr::<u32>::at(lpVersionInformation.address()).read()?;
    let known = OSVERSIONINFOEXW {
        dwOSVersionInfoSize: size,
        dwMajorVersion: version.major,
        dwMinorVersion: version.minor,
        dwBuildNumber: version.build,
        dwPlatformId: WIN32_NT,
        szCSDVersion: WideArray::new(&text::wide(version.service_pack)),
        wServicePackMajor: service_pack(cx),
        wSuiteMask: SINGLE_USER,
        wProductType: WORKSTATION,
        ..OSVERSIONINFOEXW::default()
    };
    put_version(Ptr::at(lpVersionInformation.address()), &known, size, [276, 284])
}

/// Gives the version.
#[shim(full)]
pub(super) fn GetVersionExA(cx: &Cx, lpVersionInformation: InOut<OSVERSIONINFOA>) -> Win32Result<()> {
    let version = reported(cx);
    let size = Ptr::<u32>::at(lpVersionInformation.address()).read()?;
    let known = OSVERSIONINFOEXA {
        dwOSVersionInfoSize: size,
        dwMajorVersion: version.major,
        dwMinorVersion: version.minor,
        dwBuildNumber: version.build,
        dwPlatformId: WIN32_NT,
        szCSDVersion: AnsiArray::new(version.service_pack.as_bytes()),
        wServicePackMajor: service_pack(cx),
        wSuiteMask: SINGLE_USER,
        wProductType: WORKSTATION,
        ..OSVERSIONINFOEXA::default()
    };
    put_version(Ptr::at(lpVersionInformation.address()), &known, size, [148, 156])
}

/// Writes as much of the version as the caller's structure has; the two are the sizes of the plain and the longer one.
fn put_version<T: abi::Guest>(pointer: Ptr<T>, known: &T, size: u32, sizes: [u32; 2]) -> Win32Result<()> {
    if !sizes.contains(&size) {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    let width = pointer.width();
    let mut bytes = vec![0; T::layout(width).size];
    known.encode(width, &mut bytes);
    bytes.truncate(size as usize);
    Ok(pointer.cast::<u8>().write_bytes(&bytes)?)
}

/// The number in `Service Pack 1`.
pub(super) fn service_pack(cx: &Cx) -> u16 {
    reported(cx).service_pack.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Gives memory in use and left.
#[shim(full)]
pub(super) fn GlobalMemoryStatusEx(lpBuffer: InOut<MEMORYSTATUSEX>) -> Win32Result<()> {
    if lpBuffer.read()?.dwLength != 64 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let memory = system_info::memory();
    Ok(lpBuffer.set(MEMORYSTATUSEX {
        dwLength: 64,
        dwMemoryLoad: Varying(memory.load()),
        ullTotalPhys: Varying(memory.physical),
        ullAvailPhys: Varying(memory.physical_available),
        ullTotalPageFile: Varying(memory.commit_limit),
        ullAvailPageFile: Varying(memory.commit_available),
        ullTotalVirtual: HIGHEST - LOWEST,
        ullAvailVirtual: Varying(HIGHEST - LOWEST),
        ullAvailExtendedVirtual: 0,
    })?)
}

/// Gives how much memory the machine has, in KiB.
#[shim(full)]
pub(super) fn GetPhysicallyInstalledSystemMemory(TotalMemoryInKilobytes: Out<Varying<u64>>) -> Win32Result<()> {
    if TotalMemoryInKilobytes.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(TotalMemoryInKilobytes.set(Varying(system_info::memory().physical / 1024))?)
}

/// Gives the processors' cores, packages, caches and nodes.
#[shim(partial = "processors beyond 64 are left out; the host's nodes count as one")]
pub(super) fn GetLogicalProcessorInformation(cx: &Cx, Buffer: Ptr<u8>, ReturnedLength: InOut<u32>) -> Win32Result<()> {
    let topology = Topology::of(cx.process.affinity.host_numbers());
    give_records(&processors::records(&topology, Buffer.width()), Buffer, ReturnedLength)
}

/// Gives the processors' cores, packages, caches, nodes or groups.
#[shim(partial = "processors beyond 64 are left out; the host's nodes count as one; no dies and modules")]
pub(super) fn GetLogicalProcessorInformationEx(
    cx: &Cx,
    RelationshipType: u32,
    Buffer: Ptr<u8>,
    ReturnedLength: InOut<u32>,
) -> Win32Result<()> {
    let topology = Topology::of(cx.process.affinity.host_numbers());
    let records = processors::extended_records(&topology, RelationshipType, Buffer.width());
    give_records(&records.ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?, Buffer, ReturnedLength)
}

fn give_records(bytes: &[u8], to: Ptr<u8>, length: InOut<u32>) -> Win32Result<()> {
    let room = length.read()? as usize;
    length.set(bytes.len() as u32)?;
    if room < bytes.len() {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(to.write_bytes(bytes)?)
}

/// Gives the folder of the system's DLLs.
#[shim(full)]
pub(super) fn GetSystemDirectoryA(lpBuffer: PSTR, uSize: u32) -> Win32Result<u32> {
    text::give_ansi(SYSTEM_FOLDER.as_bytes(), lpBuffer, uSize)
}

/// Gives the folder of the system's DLLs.
#[shim(full)]
pub(super) fn GetSystemDirectoryW(lpBuffer: PWSTR, uSize: u32) -> Win32Result<u32> {
    text::give_wide(&text::wide(SYSTEM_FOLDER), lpBuffer, uSize)
}

/// Gives Windows' folder.
#[shim(full)]
pub(super) fn GetWindowsDirectoryA(lpBuffer: PSTR, uSize: u32) -> Win32Result<u32> {
    text::give_ansi(WINDOWS_FOLDER.as_bytes(), lpBuffer, uSize)
}

/// Gives Windows' folder.
#[shim(full)]
pub(super) fn GetWindowsDirectoryW(lpBuffer: PWSTR, uSize: u32) -> Win32Result<u32> {
    text::give_wide(&text::wide(WINDOWS_FOLDER), lpBuffer, uSize)
}

/// Gives Windows' folder, the same for all users.
#[shim(full)]
pub(super) fn GetSystemWindowsDirectoryA(lpBuffer: PSTR, uSize: u32) -> Win32Result<u32> {
    text::give_ansi(WINDOWS_FOLDER.as_bytes(), lpBuffer, uSize)
}

/// Gives Windows' folder, the same for all users.
#[shim(full)]
pub(super) fn GetSystemWindowsDirectoryW(lpBuffer: PWSTR, uSize: u32) -> Win32Result<u32> {
    text::give_wide(&text::wide(WINDOWS_FOLDER), lpBuffer, uSize)
}

abi::choices! {
    /// Which of the computer's names.
    pub(super) struct COMPUTER_NAME_FORMAT: i32 {
        ComputerNameNetBIOS = 0;
        ComputerNameDnsHostname = 1;
        ComputerNameDnsDomain = 2;
        ComputerNameDnsFullyQualified = 3;
        ComputerNamePhysicalNetBIOS = 4;
        ComputerNamePhysicalDnsHostname = 5;
        ComputerNamePhysicalDnsDomain = 6;
        ComputerNamePhysicalDnsFullyQualified = 7;
    }
}

/// Gives one of the computer's names.
#[shim(full)]
pub(super) fn GetComputerNameExA(
    cx: &Cx,
    NameType: COMPUTER_NAME_FORMAT,
    lpBuffer: PSTR,
    nSize: InOut<u32>,
) -> Win32Result<()> {
    let name = text::to_ansi(cx, &computer_name(NameType)?);
    text::give_sized(&name, lpBuffer.ptr(), nSize, WIN32_ERROR::ERROR_MORE_DATA)
}

/// Gives one of the computer's names.
#[shim(full)]
pub(super) fn GetComputerNameExW(
    NameType: COMPUTER_NAME_FORMAT,
    lpBuffer: PWSTR,
    nSize: InOut<u32>,
) -> Win32Result<()> {
    text::give_sized(&computer_name(NameType)?, lpBuffer.ptr(), nSize, WIN32_ERROR::ERROR_MORE_DATA)
}

fn computer_name(kind: COMPUTER_NAME_FORMAT) -> Win32Result<Vec<u16>> {
    let full = system_info::host_name();
    let dot = full.iter().position(|&unit| unit == u16::from(b'.'));
    // The physical names are those of the machine itself, not of a cluster; we have no cluster.
    match kind.0 % 4 {
        0 if kind.0 < 8 => Ok(system_info::computer_name()),
        1 if kind.0 < 8 => Ok(full[..dot.unwrap_or(full.len())].to_vec()),
        2 if kind.0 < 8 => Ok(dot.map_or_else(Vec::new, |dot| full[dot + 1..].to_vec())),
        3 if kind.0 < 8 => Ok(full),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Says which edition of Windows this is.
#[shim(full)]
pub(super) fn GetProductInfo(
    dwOSMajorVersion: u32,
    dwOSMinorVersion: u32,
    dwSpMajorVersion: u32,
    dwSpMinorVersion: u32,
    pdwReturnedProductType: Out<u32>,
) -> Raises<bool> {
    /// `PRODUCT_PROFESSIONAL`
    const PROFESSIONAL: u32 = 0x30;
    let _ = (dwOSMinorVersion, dwSpMajorVersion, dwSpMinorVersion);
    if pdwReturnedProductType.is_null() || dwOSMajorVersion < 6 {
        return Ok(false);
    }
    pdwReturnedProductType.set(PROFESSIONAL)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn the_version_is_windows_10() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetVersion", &[]);
            let wrong = guest.bytes(&12_u32.to_le_bytes());
            guest.call("kernel32!GetVersionExA", &[wrong]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetVersion() = 1248133130
        kernel32!GetVersionExA(lpVersionInformation=&{dwOSVersionInfoSize=12, dwMajorVersion=0, dwMinorVersion=0, dwBuildNumber=0, dwPlatformId=0, szCSDVersion=""}) = FALSE (ERROR_INSUFFICIENT_BUFFER)
        "#);
    }

    #[test]
    fn folders_are_given_when_they_fit() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetWindowsDirectoryW", &[guest.buffer(64), 32]);
            guest.call("kernel32!GetWindowsDirectoryA", &[0, 0]);
            guest.call("kernel32!GetSystemDirectoryA", &[guest.buffer(64), 20]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetWindowsDirectoryW(lpBuffer="C:\\windows", uSize=32) = 10
        kernel32!GetWindowsDirectoryA(lpBuffer=NULL, uSize=0) = 11
        kernel32!GetSystemDirectoryA(lpBuffer="C:\\windows\\system32", uSize=20) = 19
        "#);
    }
}
