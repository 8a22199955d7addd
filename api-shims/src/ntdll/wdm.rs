//! wdm.h: what drivers and runtimes share: the version, strings, locks.

use abi::{BOOLEAN, Guest, NTSTATUS, NtResult, Out, Ptr, Raises, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls;
use syscall_xlate::sync::critical_section;

use super::structs::{RTL_OSVERSIONINFOEXW, UNICODE_STRING};

/// `RTL_CRITICAL_SECTION`
pub(super) enum RTL_CRITICAL_SECTION {}

/// Deletes a critical section.
#[shim(full)]
pub(super) fn RtlDeleteCriticalSection(CriticalSection: Ptr<RTL_CRITICAL_SECTION>) -> Raises<NTSTATUS> {
    critical_section::delete(CriticalSection.address())?;
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// Enters a critical section, as often as its owner likes.
#[shim(full)]
pub(super) fn RtlEnterCriticalSection(cx: &Cx, CriticalSection: Ptr<RTL_CRITICAL_SECTION>) -> Raises<NTSTATUS> {
    critical_section::enter(&cx.process.addresses, CriticalSection.address(), cx.thread.id())?;
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// Makes a critical section free.
#[shim(full)]
pub(super) fn RtlInitializeCriticalSection(CriticalSection: Ptr<RTL_CRITICAL_SECTION>) -> Raises<NTSTATUS> {
    critical_section::initialize(CriticalSection.address(), 0)?;
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// Makes a critical section free, with a spin count.
#[shim(full)]
pub(super) fn RtlInitializeCriticalSectionAndSpinCount(
    CriticalSection: Ptr<RTL_CRITICAL_SECTION>,
    SpinCount: u32,
) -> Raises<NTSTATUS> {
    critical_section::initialize(CriticalSection.address(), SpinCount)?;
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// Leaves a critical section once.
#[shim(full)]
pub(super) fn RtlLeaveCriticalSection(cx: &Cx, CriticalSection: Ptr<RTL_CRITICAL_SECTION>) -> Raises<NTSTATUS> {
    critical_section::leave(&cx.process.addresses, CriticalSection.address())?;
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// Enters a critical section unless another thread is in it.
#[shim(full)]
pub(super) fn RtlTryEnterCriticalSection(cx: &Cx, CriticalSection: Ptr<RTL_CRITICAL_SECTION>) -> Raises<bool> {
    Ok(critical_section::try_enter(CriticalSection.address(), cx.thread.id())?)
}

/// Tells whether two strings are equal.
#[shim(full)]
pub(super) fn RtlEqualUnicodeString(
    String1: Ptr<UNICODE_STRING>,
    String2: Ptr<UNICODE_STRING>,
    CaseInSensitive: BOOLEAN,
) -> Raises<bool> {
    let (first, second) = (String1.read()?.text()?, String2.read()?.text()?);
    Ok(if CaseInSensitive.0 { nls::case::eq_ignoring_case(&first, &second) } else { first == second })
}

/// Bytes of the short form, which ends before the service pack's numbers.
const SHORT: usize = 276;
/// `VER_PLATFORM_WIN32_NT`
const PLATFORM_NT: u32 = 2;
/// `VER_NT_WORKSTATION`
const WORKSTATION: u8 = 1;
/// `VER_SUITE_SINGLEUSERTS`
const SINGLE_USER: u16 = 0x100;

/// Tells the real version, whatever the program's manifest says.
#[shim(full)]
pub(super) fn RtlGetVersion(cx: &Cx, lpVersionInformation: Ptr<RTL_OSVERSIONINFOEXW>) -> NtResult<()> {
    let version = cx.process.version();
    let size = lpVersionInformation.cast::<u32>().read()?;
    let mut known = RTL_OSVERSIONINFOEXW {
        dwOSVersionInfoSize: size,
        dwMajorVersion: version.major,
        dwMinorVersion: version.minor,
        dwBuildNumber: version.build,
        dwPlatformId: PLATFORM_NT,
        wServicePackMajor: version.service_pack.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0),
        wSuiteMask: SINGLE_USER,
        wProductType: WORKSTATION,
        ..RTL_OSVERSIONINFOEXW::default()
    };
    for (unit, value) in known.szCSDVersion.iter_mut().zip(version.service_pack.encode_utf16()) {
        *unit = value;
    }
    let width = lpVersionInformation.width();
    let mut bytes = vec![0; RTL_OSVERSIONINFOEXW::layout(width).size];
    known.encode(width, &mut bytes);
    // Documented: the long form for its size; any other size is taken for the short one.
    let length = if size as usize == bytes.len() { bytes.len() } else { SHORT };
    Ok(lpVersionInformation.cast::<u8>().write_bytes(&bytes[..length])?)
}

/// Tells the real version; the build's upper bits say that it is not a test build.
#[shim(full)]
pub(super) fn RtlGetNtVersionNumbers(
    cx: &Cx,
    MajorVersion: Out<u32>,
    MinorVersion: Out<u32>,
    BuildNumber: Out<u32>,
) -> Raises<()> {
    const FREE_BUILD: u32 = 0xf000_0000;
    let version = cx.process.version();
    MajorVersion.set_opt(version.major)?;
    MinorVersion.set_opt(version.minor)?;
    Ok(BuildNumber.set_opt(version.build | FREE_BUILD)?)
}
