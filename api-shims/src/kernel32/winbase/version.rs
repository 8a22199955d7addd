//! Comparing versions.

use std::cmp::Ordering;

use abi::{In, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::kernel32::compatibility::reported;
use crate::kernel32::sysinfoapi::{OSVERSIONINFOEXA, OSVERSIONINFOEXW, service_pack};

abi::flags! {
    /// What of a version is compared.
    pub(in crate::kernel32) struct VER_FLAGS: u32 {
        VER_MINORVERSION = 0x1;
        VER_MAJORVERSION = 0x2;
        VER_BUILDNUMBER = 0x4;
        VER_PLATFORMID = 0x8;
        VER_SERVICEPACKMINOR = 0x10;
        VER_SERVICEPACKMAJOR = 0x20;
        VER_SUITENAME = 0x40;
        VER_PRODUCT_TYPE = 0x80;
    }
}

/// How many bits of a condition mask each part has.
const CONDITION_BITS: u32 = 3;

/// Says whether the version is as asked for.
#[shim(full)]
pub(in crate::kernel32) fn VerifyVersionInfoA(
    cx: &Cx,
    lpVersionInformation: In<OSVERSIONINFOEXA>,
    dwTypeMask: VER_FLAGS,
    dwlConditionMask: u64,
) -> Win32Result<()> {
    let wanted = lpVersionInformation.read()?;
    let wide = OSVERSIONINFOEXW {
        dwMajorVersion: wanted.dwMajorVersion,
        dwMinorVersion: wanted.dwMinorVersion,
        dwBuildNumber: wanted.dwBuildNumber,
        dwPlatformId: wanted.dwPlatformId,
        wServicePackMajor: wanted.wServicePackMajor,
        wServicePackMinor: wanted.wServicePackMinor,
        wSuiteMask: wanted.wSuiteMask,
        wProductType: wanted.wProductType,
        ..OSVERSIONINFOEXW::default()
    };
    verify(cx, &wide, dwTypeMask, dwlConditionMask)
}

/// Says whether the version is as asked for.
#[shim(full)]
pub(in crate::kernel32) fn VerifyVersionInfoW(
    cx: &Cx,
    lpVersionInformation: In<OSVERSIONINFOEXW>,
    dwTypeMask: VER_FLAGS,
    dwlConditionMask: u64,
) -> Win32Result<()> {
    verify(cx, &lpVersionInformation.read()?, dwTypeMask, dwlConditionMask)
}

fn verify(cx: &Cx, wanted: &OSVERSIONINFOEXW, parts: VER_FLAGS, conditions: u64) -> Win32Result<()> {
    use VER_FLAGS as F;
    if parts.is_empty() || conditions == 0 {
        return Err(WIN32_ERROR::ERROR_BAD_ARGUMENTS.into());
    }
    let version = reported(cx);
    let condition = |part: F| conditions >> (part.bits().trailing_zeros() * CONDITION_BITS) & 7;
    let mut met = true;
    if parts.contains(F::VER_SUITENAME) {
        /// `VER_SUITE_SINGLEUSERTS`
        const SUITES: u16 = 0x100;
        met &= match condition(F::VER_SUITENAME) {
            6 => SUITES & wanted.wSuiteMask == wanted.wSuiteMask,
            _ => SUITES & wanted.wSuiteMask != 0,
        };
    }
    for (part, ours, theirs) in [
        (F::VER_PRODUCT_TYPE, 1, u32::from(wanted.wProductType)),
        (F::VER_PLATFORMID, 2, wanted.dwPlatformId),
        (F::VER_BUILDNUMBER, version.build, wanted.dwBuildNumber),
    ] {
        met &= !parts.contains(part) || holds(ours.cmp(&theirs), condition(part));
    }
    met &= verify_numbers(cx, wanted, parts, condition);
    if met { Ok(()) } else { Err(WIN32_ERROR::ERROR_OLD_WIN_VERSION.into()) }
}

/// Major, minor and service pack are compared as one number by the condition of the first that is asked for (documented).
fn verify_numbers(cx: &Cx, wanted: &OSVERSIONINFOEXW, parts: VER_FLAGS, condition: impl Fn(VER_FLAGS) -> u64) -> bool {
    use VER_FLAGS as F;
    let version = reported(cx);
    let numbers = [
        (F::VER_MAJORVERSION, version.major, wanted.dwMajorVersion),
        (F::VER_MINORVERSION, version.minor, wanted.dwMinorVersion),
        (F::VER_SERVICEPACKMAJOR, u32::from(service_pack(cx)), u32::from(wanted.wServicePackMajor)),
        (F::VER_SERVICEPACKMINOR, 0, u32::from(wanted.wServicePackMinor)),
    ];
    let asked = || numbers.iter().filter(|(part, ..)| parts.contains(*part));
    let Some((first, ..)) = asked().next() else {
        return true;
    };
    let order = asked().map(|(_, ours, theirs)| ours.cmp(theirs)).find(|order| order.is_ne());
    holds(order.unwrap_or(Ordering::Equal), condition(*first))
}

/// True if an order of ours to theirs meets a condition (`VER_EQUAL` to `VER_LESS_EQUAL`).
fn holds(order: Ordering, condition: u64) -> bool {
    match condition {
        1 => order.is_eq(),
        2 => order.is_gt(),
        3 => order.is_ge(),
        4 => order.is_lt(),
        5 => order.is_le(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn windows_10_is_newer_than_7_and_no_11() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let version = |major: u32, minor: u32| {
                let numbers = [284_u32, major, minor, 0, 0].map(u32::to_le_bytes).concat();
                guest.bytes(&[numbers, vec![0; 264]].concat())
            };
            let at_least = guest.call("kernel32!VerSetConditionMask", &[0, 2, 3]);
            let at_least = guest.call("kernel32!VerSetConditionMask", &[at_least, 1, 3]);
            guest.call("kernel32!VerifyVersionInfoW", &[version(6, 3), 3, at_least]);
            guest.call("kernel32!VerifyVersionInfoW", &[version(10, 1), 3, at_least]);
            guest.call("kernel32!VerifyVersionInfoW", &[version(10, 0), 0, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!VerSetConditionMask(ConditionMask=0, TypeMask=VER_MAJORVERSION, Condition=3) = 24
        kernel32!VerSetConditionMask(ConditionMask=24, TypeMask=VER_MINORVERSION, Condition=3) = 27
        kernel32!VerifyVersionInfoW(lpVersionInformation=&{dwOSVersionInfoSize=284, dwMajorVersion=6, dwMinorVersion=3, dwBuildNumber=0, dwPlatformId=0, szCSDVersion="", wServicePackMajor=0, wServicePackMinor=0, wSuiteMask=0, wProductType=0, wReserved=0}, dwTypeMask=VER_MINORVERSION|VER_MAJORVERSION, dwlConditionMask=27) = TRUE
        kernel32!VerifyVersionInfoW(lpVersionInformation=&{dwOSVersionInfoSize=284, dwMajorVersion=10, dwMinorVersion=1, dwBuildNumber=0, dwPlatformId=0, szCSDVersion="", wServicePackMajor=0, wServicePackMinor=0, wSuiteMask=0, wProductType=0, wReserved=0}, dwTypeMask=VER_MINORVERSION|VER_MAJORVERSION, dwlConditionMask=27) = FALSE (ERROR_OLD_WIN_VERSION)
        kernel32!VerifyVersionInfoW(lpVersionInformation=&{dwOSVersionInfoSize=284, dwMajorVersion=10, dwMinorVersion=0, dwBuildNumber=0, dwPlatformId=0, szCSDVersion="", wServicePackMajor=0, wServicePackMinor=0, wSuiteMask=0, wProductType=0, wReserved=0}, dwTypeMask=0, dwlConditionMask=0) = FALSE (ERROR_BAD_ARGUMENTS)
        "#);
    }
}
