//! What the registry holds before anybody writes to it: what programs commonly read, as a fresh Windows has it.
//!
//! Names and meanings are documented at <https://learn.microsoft.com/windows/win32/sysinfo/registry> and at the features the keys
//! belong to. Keys that describe the machine come from the host.

use abi::NtResult;

use super::memory::MemoryStore;
use super::store::{KeyId, NewKey, Store, Value};
use crate::process::Version;
use crate::security::Sid;
use crate::{cpu, system_info};

/// `REG_SZ`
const SZ: u32 = 1;
/// `REG_EXPAND_SZ`
const EXPAND_SZ: u32 = 2;
/// `REG_DWORD`
const DWORD: u32 = 4;

/// Data of a value of the seed.
enum Data<'a> {
    Text(&'a str),
    Expand(&'a str),
    Dword(u32),
}
use Data::{Dword, Expand, Text};

/// A store with the seed in it.
pub(super) fn store(version: Version) -> MemoryStore {
    let store = MemoryStore::default();
    let filled = fill(&store, version);
    debug_assert!(filled.is_ok(), "the seed is well-formed");
    store
}

fn fill(store: &MemoryStore, version: Version) -> NtResult<()> {
    let machine = |path: &str| format!(r"MACHINE\{path}");
    for (path, values) in MACHINE {
        key(store, &machine(path), values)?;
    }
    windows_version(store, version)?;
    computer(store)?;
    processors(store)?;
    let user = format!(r"USER\{}", Sid::user());
    for (path, values) in USER {
        key(store, &format!(r"{user}\{path}"), values)?;
    }
    Ok(())
}

const CURRENT_VERSION: &str = r"MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

fn windows_version(store: &MemoryStore, version: Version) -> NtResult<()> {
    let Version { major, minor, build, service_pack } = version;
    let (product, display) = match (major, minor, build) {
        (6, 1, _) => ("Windows 7 Professional", None),
        (6, ..) => ("Windows 8.1 Pro", None),
        (.., ..=19999) => ("Windows 10 Pro", Some("22H2")),
        // Windows 11 still calls itself so here.
        (.., 22000..=22999) => ("Windows 10 Pro", Some("23H2")),
        _ => ("Windows 10 Pro", Some("24H2")),
    };
    // Since Windows 10 this is fixed at the number of Windows 8.1.
    let (old_major, old_minor) = if major >= 10 { (6, 3) } else { (major, minor) };
    let build_text = build.to_string();
    let old_version = format!("{old_major}.{old_minor}");
    key(
        store,
        CURRENT_VERSION,
        &[
            ("SystemRoot", Text(r"C:\Windows")),
            ("PathName", Text(r"C:\Windows")),
            ("ProductName", Text(product)),
            ("EditionID", Text("Professional")),
            ("InstallationType", Text("Client")),
            ("CurrentType", Text("Multiprocessor Free")),
            ("CurrentVersion", Text(&old_version)),
            ("CurrentBuild", Text(&build_text)),
            ("CurrentBuildNumber", Text(&build_text)),
        ],
    )?;
    if major >= 10 {
        let numbers = [("CurrentMajorVersionNumber", Dword(major)), ("CurrentMinorVersionNumber", Dword(minor))];
        key(store, CURRENT_VERSION, &numbers)?;
    }
    if let Some(display) = display {
        // ReleaseId stayed at 2009 when DisplayVersion took over.
        key(store, CURRENT_VERSION, &[("DisplayVersion", Text(display)), ("ReleaseId", Text("2009"))])?;
    }
    if !service_pack.is_empty() {
        key(store, CURRENT_VERSION, &[("CSDVersion", Text(service_pack))])?;
    }
    Ok(())
}

fn computer(store: &MemoryStore) -> NtResult<()> {
    let name = String::from_utf16_lossy(&system_info::host_name());
    let netbios = String::from_utf16_lossy(&system_info::computer_name());
    for path in ["ComputerName", "ActiveComputerName"] {
        let path = format!(r"MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\{path}");
        key(store, &path, &[("ComputerName", Text(&netbios))])?;
    }
    key(
        store,
        r"MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters",
        &[
            ("Hostname", Text(&name)),
            ("NV Hostname", Text(&name)),
            ("Domain", Text("")),
            ("DataBasePath", Expand(r"%SystemRoot%\System32\drivers\etc")),
        ],
    )
}

fn processors(store: &MemoryStore) -> NtResult<()> {
    for (number, processor) in cpu::processors().iter().enumerate() {
        let mut values =
            vec![("Identifier", Text(&processor.identifier)), ("VendorIdentifier", Text(&processor.vendor))];
        values.push(("ProcessorNameString", Text(&processor.name)));
        values.push(("~MHz", Dword(processor.megahertz)));
        key(store, &format!(r"MACHINE\HARDWARE\DESCRIPTION\System\CentralProcessor\{number}"), &values)?;
    }
    let Some(first) = cpu::processors().first() else { return Ok(()) };
    let count = cpu::processors().len().to_string();
    key(
        store,
        ENVIRONMENT,
        &[
            ("NUMBER_OF_PROCESSORS", Text(&count)),
            ("PROCESSOR_ARCHITECTURE", Text("AMD64")),
            ("PROCESSOR_IDENTIFIER", Text(&format!("{}, {}", first.identifier, first.vendor))),
            ("PROCESSOR_LEVEL", Text(&first.family.to_string())),
            ("PROCESSOR_REVISION", Text(&format!("{:04x}", first.model << 8 | first.stepping))),
        ],
    )
}

/// Makes a key with values.
fn key(store: &MemoryStore, path: &str, values: &[(&str, Data<'_>)]) -> NtResult<()> {
    let mut id: KeyId = store.top();
    for name in path.split('\\') {
        (id, _) = store.create(id, &wide(name), NewKey::default())?;
    }
    for (name, data) in values {
        let (kind, data) = match data {
            Text(text) => (SZ, text_bytes(text)),
            Expand(text) => (EXPAND_SZ, text_bytes(text)),
            Dword(value) => (DWORD, value.to_le_bytes().to_vec()),
        };
        store.set_value(id, Value { name: wide(name), kind, data })?;
    }
    Ok(())
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Text as it lies in the registry, with its closing zero.
fn text_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

const ENVIRONMENT: &str = r"MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

type Keys = &'static [(&'static str, &'static [(&'static str, Data<'static>)])];

/// Below `HKEY_LOCAL_MACHINE`.
static MACHINE: Keys = &[
    (r"SOFTWARE\Classes", &[]),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion",
        &[
            ("CommonFilesDir", Text(r"C:\Program Files\Common Files")),
            ("CommonFilesDir (x86)", Text(r"C:\Program Files (x86)\Common Files")),
            ("CommonW6432Dir", Text(r"C:\Program Files\Common Files")),
            ("DevicePath", Expand(r"%SystemRoot%\inf")),
            ("ProgramFilesDir", Text(r"C:\Program Files")),
            ("ProgramFilesDir (x86)", Text(r"C:\Program Files (x86)")),
            ("ProgramFilesPath", Expand("%ProgramFiles%")),
            ("ProgramW6432Dir", Text(r"C:\Program Files")),
        ],
    ),
    (
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList",
        &[("ProfilesDirectory", Expand(r"%SystemDrive%\Users"))],
    ),
    (r"HARDWARE\DESCRIPTION\System", &[("Identifier", Text("AT/AT COMPATIBLE"))]),
    (r"SYSTEM\CurrentControlSet\Hardware Profiles\Current", &[]),
    (
        r"SYSTEM\CurrentControlSet\Control\Nls\CodePage",
        &[("ACP", Text("1252")), ("OEMCP", Text("437")), ("MACCP", Text("10000"))],
    ),
    (r"SYSTEM\CurrentControlSet\Control\Nls\Language", &[("Default", Text("0409")), ("InstallLanguage", Text("0409"))]),
    (r"SYSTEM\CurrentControlSet\Control\Nls\Locale", &[("", Text("00000409"))]),
    (
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
        &[
            ("ComSpec", Expand(r"%SystemRoot%\system32\cmd.exe")),
            ("OS", Text("Windows_NT")),
            ("Path", Expand(r"%SystemRoot%\system32;%SystemRoot%")),
            ("PATHEXT", Text(".COM;.EXE;.BAT;.CMD")),
            ("TEMP", Expand(r"%SystemRoot%\TEMP")),
            ("TMP", Expand(r"%SystemRoot%\TEMP")),
            ("windir", Expand("%SystemRoot%")),
        ],
    ),
];

/// Below `HKEY_CURRENT_USER`. Most values of International are called like a constant of
/// <https://learn.microsoft.com/windows/win32/intl/locale-information-constants> without its `LOCALE_`, and mean what that means.
static USER: Keys = &[
    (r"Console", &[]),
    (
        r"Control Panel\International",
        &[
            ("Locale", Text("00000409")),
            ("LocaleName", Text("en-US")),
            ("iCalendarType", Text("1")),
            ("iCountry", Text("1")),
            ("iCurrDigits", Text("2")),
            ("iCurrency", Text("0")),
            ("iDate", Text("0")),
            ("iDigits", Text("2")),
            ("iFirstDayOfWeek", Text("6")),
            ("iFirstWeekOfYear", Text("0")),
            ("iLZero", Text("1")),
            ("iMeasure", Text("1")),
            ("iNegCurr", Text("0")),
            ("iNegNumber", Text("1")),
            ("iPaperSize", Text("1")),
            ("iTime", Text("0")),
            ("iTimePrefix", Text("0")),
            ("iTLZero", Text("0")),
            ("NumShape", Text("1")),
            ("s1159", Text("AM")),
            ("s2359", Text("PM")),
            ("sCountry", Text("United States")),
            ("sCurrency", Text("$")),
            ("sDate", Text("/")),
            ("sDecimal", Text(".")),
            ("sGrouping", Text("3;0")),
            ("sLanguage", Text("ENU")),
            ("sList", Text(",")),
            ("sLongDate", Text("dddd, MMMM d, yyyy")),
            ("sMonDecimalSep", Text(".")),
            ("sMonGrouping", Text("3;0")),
            ("sMonThousandSep", Text(",")),
            ("sNativeDigits", Text("0123456789")),
            ("sNegativeSign", Text("-")),
            ("sPositiveSign", Text("")),
            ("sShortDate", Text("M/d/yyyy")),
            ("sShortTime", Text("h:mm tt")),
            ("sThousand", Text(",")),
            ("sTime", Text(":")),
            ("sTimeFormat", Text("h:mm:ss tt")),
            ("sYearMonth", Text("MMMM yyyy")),
        ],
    ),
    (
        r"Environment",
        &[("TEMP", Expand(r"%USERPROFILE%\AppData\Local\Temp")), ("TMP", Expand(r"%USERPROFILE%\AppData\Local\Temp"))],
    ),
    (r"Software\Classes", &[]),
    (
        r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders",
        &[
            ("AppData", Expand(r"%USERPROFILE%\AppData\Roaming")),
            ("Cache", Expand(r"%USERPROFILE%\AppData\Local\Microsoft\Windows\INetCache")),
            ("Desktop", Expand(r"%USERPROFILE%\Desktop")),
            ("Local AppData", Expand(r"%USERPROFILE%\AppData\Local")),
            ("My Pictures", Expand(r"%USERPROFILE%\Pictures")),
            ("Personal", Expand(r"%USERPROFILE%\Documents")),
        ],
    ),
];
