//! api-set names: contracts that stand for a DLL of Windows, whatever it is in a version.
//!
//! By the families of Microsoft's list (<https://learn.microsoft.com/windows/win32/apiindex/windows-apisets> and the pages of
//! the umbrella libraries): version suffixes do not matter, since a host serves every version of its contracts. The host is the DLL
//! under which a function is documented, not the one that Windows has moved it to: kernel32 rather than kernelbase, ole32 rather
//! than combase.

/// Contract families and their hosts, the longest fitting prefix counts. Sorted.
const FAMILIES: &[(&str, &str)] = &[
    ("api-ms-win-appmodel-", "kernel32.dll"),
    ("api-ms-win-base-", "kernel32.dll"),
    ("api-ms-win-core-", "kernel32.dll"),
    ("api-ms-win-core-com-", "ole32.dll"),
    ("api-ms-win-core-crt-", "ntdll.dll"),
    ("api-ms-win-core-marshal-", "ole32.dll"),
    ("api-ms-win-core-psapi-", "kernel32.dll"),
    ("api-ms-win-core-registry-", "advapi32.dll"),
    ("api-ms-win-core-rtlsupport-", "ntdll.dll"),
    ("api-ms-win-core-shlwapi-", "shlwapi.dll"),
    ("api-ms-win-core-url-", "shlwapi.dll"),
    ("api-ms-win-core-version-", "version.dll"),
    ("api-ms-win-core-winrt-", "combase.dll"),
    ("api-ms-win-crt-", "ucrtbase.dll"),
    ("api-ms-win-devices-config-", "cfgmgr32.dll"),
    ("api-ms-win-devices-query-", "cfgmgr32.dll"),
    ("api-ms-win-devices-swdevice-", "cfgmgr32.dll"),
    ("api-ms-win-downlevel-advapi32-", "advapi32.dll"),
    ("api-ms-win-downlevel-kernel32-", "kernel32.dll"),
    ("api-ms-win-downlevel-normaliz-", "normaliz.dll"),
    ("api-ms-win-downlevel-ole32-", "ole32.dll"),
    ("api-ms-win-downlevel-shell32-", "shell32.dll"),
    ("api-ms-win-downlevel-shlwapi-", "shlwapi.dll"),
    ("api-ms-win-downlevel-user32-", "user32.dll"),
    ("api-ms-win-downlevel-version-", "version.dll"),
    ("api-ms-win-dx-d3dkmt-", "gdi32.dll"),
    ("api-ms-win-eventing-", "advapi32.dll"),
    ("api-ms-win-eventlog-", "advapi32.dll"),
    ("api-ms-win-gdi-", "gdi32.dll"),
    ("api-ms-win-http-time-", "kernel32.dll"),
    ("api-ms-win-mm-", "winmm.dll"),
    ("api-ms-win-ntuser-", "user32.dll"),
    ("api-ms-win-ole32-", "ole32.dll"),
    ("api-ms-win-oobe-", "kernel32.dll"),
    ("api-ms-win-perf-", "advapi32.dll"),
    ("api-ms-win-power-", "powrprof.dll"),
    ("api-ms-win-rtcore-ntuser-", "user32.dll"),
    ("api-ms-win-security-", "advapi32.dll"),
    ("api-ms-win-security-cryptoapi-", "cryptsp.dll"),
    ("api-ms-win-security-sddl-", "advapi32.dll"),
    ("api-ms-win-service-", "advapi32.dll"),
    ("api-ms-win-shcore-", "shcore.dll"),
    ("api-ms-win-shell-", "shell32.dll"),
    ("api-ms-win-storage-", "shell32.dll"),
    ("api-ms-win-wsl-api-", "wslapi.dll"),
    ("ext-ms-win-advapi32-", "advapi32.dll"),
    ("ext-ms-win-com-", "ole32.dll"),
    ("ext-ms-win-gdi-", "gdi32.dll"),
    ("ext-ms-win-kernel32-", "kernel32.dll"),
    ("ext-ms-win-ntuser-", "user32.dll"),
    ("ext-ms-win-ole32-", "ole32.dll"),
    ("ext-ms-win-oleaut32-", "oleaut32.dll"),
    ("ext-ms-win-rtcore-ntuser-", "user32.dll"),
    ("ext-ms-win-security-", "advapi32.dll"),
    ("ext-ms-win-shell-", "shell32.dll"),
    ("ext-ms-win-shell32-", "shell32.dll"),
    ("ext-ms-win-shlwapi-", "shlwapi.dll"),
    ("ext-ms-win-winhttp-", "winhttp.dll"),
    ("ext-ms-win-wininet-", "wininet.dll"),
];

/// Whether a name is an api-set name at all, known here or not.
pub fn is_contract(name: &str) -> bool {
    ["api-", "ext-"].iter().any(|prefix| name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

/// The DLL that hosts a contract, its suffix and case and `.dll` ignored; `None` for other names and unknown families.
pub fn host(name: &str) -> Option<&'static str> {
    if !is_contract(name) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let fitting = FAMILIES.iter().filter(|(family, _)| name.starts_with(family));
    fitting.max_by_key(|(family, _)| family.len()).map(|&(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_sorted_and_lower_case() {
        assert!(FAMILIES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(FAMILIES.iter().all(|(family, host)| {
            family.ends_with('-') && host.ends_with(".dll") && *family == family.to_lowercase() && is_contract(family)
        }));
    }

    #[test]
    fn contracts_have_hosts_whatever_their_version_and_case() {
        let expected = [
            ("api-ms-win-crt-runtime-l1-1-0.dll", "ucrtbase.dll"),
            ("API-MS-WIN-CRT-STDIO-L1-1-0", "ucrtbase.dll"),
            ("api-ms-win-core-synch-l1-2-1.dll", "kernel32.dll"),
            ("api-ms-win-core-file-l9-9-9.dll", "kernel32.dll"),
            ("api-ms-win-core-registry-l1-1-0.dll", "advapi32.dll"),
            ("api-ms-win-core-winrt-string-l1-1-0.dll", "combase.dll"),
            ("api-ms-win-security-base-l1-1-0.dll", "advapi32.dll"),
            ("api-ms-win-eventing-provider-l1-1-0.dll", "advapi32.dll"),
            ("ext-ms-win-ntuser-window-l1-1-0.dll", "user32.dll"),
        ];
        for (contract, dll) in expected {
            assert_eq!(host(contract), Some(dll), "{contract}");
        }
    }

    #[test]
    fn other_names_are_no_contracts() {
        for name in ["kernel32.dll", "api", "apisetstub.dll", "", "äpi-"] {
            assert_eq!((is_contract(name), host(name)), (false, None), "{name}");
        }
        assert_eq!(host("api-ms-win-unheard-of-l1-1-0.dll"), None);
    }
}
