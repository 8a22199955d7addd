//! Constants and by-value name tables of `NTSTATUS`, `WIN32_ERROR` and `HRESULT`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windows_metadata::Type;
use windows_metadata::reader::{Index, Item};

use crate::metadata::constant_u32;

/// Value -> every name it has.
type Codes = BTreeMap<u32, Vec<String>>;

/// Prefixes of the constants of type NTSTATUS that are status values. (`IO_` and `MCA_` are event-log message numbers.)
const NTSTATUS_PREFIXES: &[&str] = &["STATUS_", "RPC_NT_", "EPT_NT_", "DBG_", "EXCEPTION_"];

/// The enumerations of the metadata whose members are system error codes.
const WIN32_ERROR_ENUMS: &[(&str, &str)] = &[
    ("Windows.Win32.Foundation", "WIN32_ERROR"),
    ("Windows.Win32.Foundation", "WAIT_EVENT"),
    ("Windows.Win32.Networking.WinSock", "WSA_ERROR"),
    ("Windows.Win32.System.Rpc", "RPC_STATUS"),
];

/// The order in which names that share a system error code are preferred.
const WIN32_ERROR_PREFIXES: &[&str] = &["ERROR_", "WAIT_", "WSAE", "WSA", "RPC_S_", "RPC_X_", "EPT_S_", "DNS_ERROR_"];

/// The families of HRESULT that programs outside a device's or product's own API meet.
const HRESULT_PREFIXES: &[&str] = &[
    "S_",
    "E_",
    "CO_E_",
    "CO_S_",
    "CLASS_E_",
    "REGDB_E_",
    "REGDB_S_",
    "DISP_E_",
    "TYPE_E_",
    "STG_E_",
    "STG_S_",
    "RPC_E_",
    "RPC_S_",
    "OLE_E_",
    "OLE_S_",
    "MK_E_",
    "MK_S_",
    "RO_E_",
    "MEM_E_",
    "CACHE_E_",
    "VIEW_E_",
    "INPLACE_E_",
    "CONVERT10_E_",
    "CRYPT_E_",
    "NTE_",
    "CERT_E_",
    "TRUST_E_",
    "SEC_E_",
    "SEC_I_",
    "SCHED_E_",
    "APPX_E_",
    "DXGI_ERROR_",
    "DRAGDROP_E_",
];

/// `abi/src/generated/ntstatus.rs`.
pub(super) fn ntstatus(index: &Index) -> String {
    let codes = constants(index, "NTSTATUS", |namespace| namespace.starts_with("Windows.Win32."), NTSTATUS_PREFIXES);
    render("NTSTATUS", "NTSTATUS_NAMES", &codes, NTSTATUS_PREFIXES)
}

/// `abi/src/generated/hresult.rs`.
pub(super) fn hresult(index: &Index) -> String {
    let codes = constants(index, "HRESULT", |namespace| namespace == "Windows.Win32.Foundation", HRESULT_PREFIXES);
    render("HRESULT", "HRESULT_NAMES", &codes, HRESULT_PREFIXES)
}

/// `abi/src/generated/win32_error.rs`.
pub(super) fn win32_error(index: &Index) -> String {
    let mut codes = Codes::new();
    for (namespace, name) in WIN32_ERROR_ENUMS {
        for ty in index.get(namespace, name) {
            for field in ty.fields() {
                if let Some(value) = constant_u32(field) {
                    add(&mut codes, value, field.name());
                }
            }
        }
    }
    render("WIN32_ERROR", "WIN32_ERROR_NAMES", &codes, WIN32_ERROR_PREFIXES)
}

/// The constants of one type in the namespaces wanted.
fn constants(index: &Index, type_name: &str, wanted: impl Fn(&str) -> bool, prefixes: &[&str]) -> Codes {
    let mut codes = Codes::new();
    for (namespace, name, item) in index.iter_items() {
        let Item::Const(field) = item else { continue };
        let of_type = matches!(field.ty(), Type::ValueName(ty) if ty.name == type_name);
        let of_family = wanted(namespace) && prefixes.iter().any(|prefix| name.starts_with(prefix));
        if let Some(value) = constant_u32(field).filter(|_| of_type && of_family) {
            add(&mut codes, value, name);
        }
    }
    codes
}

fn add(codes: &mut Codes, value: u32, name: &str) {
    let is_boundary = ["_FIRST", "_LAST", "_MASK", "_BASE", "BASEERR"].iter().any(|end| name.ends_with(end));
    let names = codes.entry(value).or_default();
    if !is_boundary && !names.iter().any(|present| present == name) {
        names.push(name.to_owned());
    }
}

/// The usual name first: by the place of its prefix in `prefixes`, then the shortest (`STATUS_SUCCESS` is listed before
/// `STATUS_WAIT_0` although longer, as are the few like it).
fn sort_by_preference(names: &mut [String], prefixes: &[&str]) {
    names.sort_by_key(|name| {
        let prefix = prefixes.iter().position(|prefix| name.starts_with(prefix)).unwrap_or(prefixes.len());
        (!["STATUS_SUCCESS", "S_OK", "ERROR_SUCCESS"].contains(&name.as_str()), prefix, name.len(), name.clone())
    });
}

fn render(type_name: &str, table_name: &str, codes: &Codes, prefixes: &[&str]) -> String {
    let mut consts = String::new();
    let mut table = String::new();
    for (value, names) in codes {
        let mut names = names.clone();
        sort_by_preference(&mut names, prefixes);
        for name in &names {
            let _ = writeln!(consts, "pub const {name}: Self = Self(0x{value:08X});");
        }
        if let Some(usual) = names.first() {
            let _ = writeln!(table, "(0x{value:08X}, \"{usual}\"),");
        }
    }
    format!(
        "//! The values of `{type_name}` by Microsoft's names. Generated from Microsoft's metadata by `cargo xtask codegen`.\n\n\
         use crate::status::{type_name};\n\n\
         impl {type_name} {{\n{consts}}}\n\n\
         /// Every value once with its usual name, sorted by value.\n\
         pub(crate) static {table_name}: &[(u32, &str)] = &[\n{table}];\n"
    )
}
