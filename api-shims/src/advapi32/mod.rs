//! advapi32.dll.

mod ntsecapi;
mod processthreadsapi;
mod securitybaseapi;
mod winbase;
mod wincrypt;
mod winreg;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

use crate::kernel32::timezoneapi;

pub(crate) static DLL: Dll = Dll { name: "advapi32.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    securitybaseapi::AdjustTokenPrivileges,
    securitybaseapi::AllocateAndInitializeSid,
    securitybaseapi::CheckTokenMembership,
    securitybaseapi::CopySid,
    wincrypt::CryptAcquireContextA,
    wincrypt::CryptAcquireContextW,
    wincrypt::CryptGenRandom,
    wincrypt::CryptReleaseContext,
    timezoneapi::EnumDynamicTimeZoneInformation,
    securitybaseapi::EqualSid,
    securitybaseapi::FreeSid,
    securitybaseapi::GetFileSecurityW,
    securitybaseapi::GetLengthSid,
    securitybaseapi::GetTokenInformation,
    winbase::GetUserNameA,
    winbase::GetUserNameW,
    securitybaseapi::IsValidSid,
    winbase::LookupPrivilegeValueA,
    winbase::LookupPrivilegeValueW,
    processthreadsapi::OpenProcessToken,
    processthreadsapi::OpenThreadToken,
    winreg::RegCloseKey,
    winreg::RegCreateKeyA,
    winreg::RegCreateKeyExA,
    winreg::RegCreateKeyExW,
    winreg::RegCreateKeyW,
    winreg::RegDeleteKeyA,
    winreg::RegDeleteKeyExW,
    winreg::RegDeleteKeyValueW,
    winreg::RegDeleteKeyW,
    winreg::RegDeleteTreeW,
    winreg::RegDeleteValueA,
    winreg::RegDeleteValueW,
    winreg::RegEnumKeyA,
    winreg::RegEnumKeyExA,
    winreg::RegEnumKeyExW,
    winreg::RegEnumKeyW,
    winreg::RegEnumValueA,
    winreg::RegEnumValueW,
    winreg::RegFlushKey,
    winreg::RegGetValueA,
    winreg::RegGetValueW,
    winreg::RegOpenCurrentUser,
    winreg::RegOpenKeyA,
    winreg::RegOpenKeyExA,
    winreg::RegOpenKeyExW,
    winreg::RegOpenKeyW,
    winreg::RegQueryInfoKeyA,
    winreg::RegQueryInfoKeyW,
    winreg::RegQueryValueA,
    winreg::RegQueryValueExA,
    winreg::RegQueryValueExW,
    winreg::RegSetKeyValueW,
    winreg::RegSetValueExA,
    winreg::RegSetValueExW,
    securitybaseapi::SetFileSecurityW,
    ntsecapi::SystemFunction036,
];
