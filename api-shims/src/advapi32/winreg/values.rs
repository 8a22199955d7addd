//! Reading, setting and deleting values.

use abi::{In, InOut, Lstatus, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, shim};
use syscall_xlate::Cx;
use syscall_xlate::registry::{NewKey, QUERY_VALUE, SET_VALUE, Value};

use super::{HKEY, REG_VALUE_TYPE, Status, keys, performance};
use crate::text::{self, TextIn};

/// Deletes a value.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteValueA(cx: &Cx, hKey: HKEY, lpValueName: PCSTR) -> Lstatus {
    delete(cx, hKey, lpValueName)
}

/// Deletes a value.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteValueW(cx: &Cx, hKey: HKEY, lpValueName: PCWSTR) -> Lstatus {
    delete(cx, hKey, lpValueName)
}

fn delete<T: TextIn>(cx: &Cx, key: HKEY, name: T) -> Lstatus {
    let key = key.key(cx, SET_VALUE)?;
    Ok(cx.process.registry.delete_value(&key, &name.wide_opt(cx)?.unwrap_or_default())?)
}

/// Deletes a value of a key below another.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteKeyValueW(cx: &Cx, hKey: HKEY, lpSubKey: PCWSTR, lpValueName: PCWSTR) -> Lstatus {
    let key = keys::below(cx, hKey, lpSubKey)?;
    Ok(cx.process.registry.delete_value(&key, &lpValueName.wide_opt(cx)?.unwrap_or_default())?)
}

/// Reads a value.
#[shim(partial = "there are no performance counters: HKEY_PERFORMANCE_DATA has no objects")]
pub(in crate::advapi32) fn RegQueryValueExA(
    cx: &Cx,
    hKey: HKEY,
    lpValueName: PCSTR,
    lpReserved: In<u32>,
    lpType: Out<REG_VALUE_TYPE>,
    lpData: Ptr<u8>,
    lpcbData: InOut<u32>,
) -> Lstatus {
    check_query(lpReserved, lpData, lpcbData)?;
    let mut value = find(cx, hKey, lpValueName)?;
    value.data = narrowed(cx, REG_VALUE_TYPE(value.kind), value.data);
    give(&value, lpType, lpData, lpcbData)
}

/// Reads a value.
#[shim(partial = "there are no performance counters: HKEY_PERFORMANCE_DATA has no objects")]
pub(in crate::advapi32) fn RegQueryValueExW(
    cx: &Cx,
    hKey: HKEY,
    lpValueName: PCWSTR,
    lpReserved: In<u32>,
    lpType: Out<REG_VALUE_TYPE>,
    lpData: Ptr<u8>,
    lpcbData: InOut<u32>,
) -> Lstatus {
    check_query(lpReserved, lpData, lpcbData)?;
    give(&find(cx, hKey, lpValueName)?, lpType, lpData, lpcbData)
}

fn check_query(reserved: In<u32>, data: Ptr<u8>, size: InOut<u32>) -> Lstatus {
    if !reserved.is_null() || (!data.is_null() && size.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

fn find<T: TextIn>(cx: &Cx, key: HKEY, name: T) -> Status<Value> {
    if key.is_performance_data() {
        return Ok(Value { name: Vec::new(), kind: REG_VALUE_TYPE::REG_BINARY.0, data: performance::data() });
    }
    let key = key.key(cx, QUERY_VALUE)?;
    Ok(cx.process.registry.value(&key, &name.wide_opt(cx)?.unwrap_or_default())?)
}

/// Gives a value's type and data. `size` is the buffer's size in bytes, and then the data's.
pub(super) fn give(value: &Value, kind: Out<REG_VALUE_TYPE>, data: Ptr<u8>, size: InOut<u32>) -> Lstatus {
    kind.set_opt(REG_VALUE_TYPE(value.kind))?;
    if size.is_null() {
        return Ok(());
    }
    let needed = value.data.len() as u32;
    let fits = data.is_null() || needed <= size.read()?;
    if fits && !data.is_null() {
        data.write_bytes(&value.data)?;
    }
    size.set(needed)?;
    if fits { Ok(()) } else { Err(WIN32_ERROR::ERROR_MORE_DATA.into()) }
}

/// Sets a value of a key below another, which is made where it is not there.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegSetKeyValueW(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCWSTR,
    lpValueName: PCWSTR,
    dwType: REG_VALUE_TYPE,
    lpData: Ptr<u8>,
    cbData: u32,
) -> Lstatus {
    let registry = &cx.process.registry;
    let path = lpSubKey.wide_opt(cx)?.unwrap_or_default();
    let (key, _) = registry.create(&hKey.key(cx, 0)?, &path, NewKey::default())?;
    let name = lpValueName.wide_opt(cx)?.unwrap_or_default();
    Ok(registry.set_value(&key, Value { name, kind: dwType.0, data: lpData.read_bytes(cbData as usize)? })?)
}

/// Sets a value.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegSetValueExA(
    cx: &Cx,
    hKey: HKEY,
    lpValueName: PCSTR,
    Reserved: u32,
    dwType: REG_VALUE_TYPE,
    lpData: Ptr<u8>,
    cbData: u32,
) -> Lstatus {
    // Documented as to be 0; other values do no harm.
    let _ = Reserved;
    let data = lpData.read_bytes(cbData as usize)?;
    set(cx, hKey, lpValueName, dwType, widened(cx, dwType, data))
}

/// Sets a value.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegSetValueExW(
    cx: &Cx,
    hKey: HKEY,
    lpValueName: PCWSTR,
    Reserved: u32,
    dwType: REG_VALUE_TYPE,
    lpData: Ptr<u8>,
    cbData: u32,
) -> Lstatus {
    // Documented as to be 0; other values do no harm.
    let _ = Reserved;
    set(cx, hKey, lpValueName, dwType, lpData.read_bytes(cbData as usize)?)
}

fn set<T: TextIn>(cx: &Cx, key: HKEY, name: T, kind: REG_VALUE_TYPE, data: Vec<u8>) -> Lstatus {
    let key = key.key(cx, SET_VALUE)?;
    let name = name.wide_opt(cx)?.unwrap_or_default();
    Ok(cx.process.registry.set_value(&key, Value { name, kind: kind.0, data })?)
}

pub(super) fn is_text(kind: REG_VALUE_TYPE) -> bool {
    matches!(kind, REG_VALUE_TYPE::REG_SZ | REG_VALUE_TYPE::REG_EXPAND_SZ | REG_VALUE_TYPE::REG_MULTI_SZ)
}

/// The registry's data as `A` functions give it: text in the ANSI code page.
pub(super) fn narrowed(cx: &Cx, kind: REG_VALUE_TYPE, data: Vec<u8>) -> Vec<u8> {
    if is_text(kind) { text::to_ansi(cx, &units(&data)) } else { data }
}

/// Data that an `A` function takes as the registry keeps it: text in UTF-16.
fn widened(cx: &Cx, kind: REG_VALUE_TYPE, data: Vec<u8>) -> Vec<u8> {
    if is_text(kind) { bytes(&text::to_wide(cx, &data)) } else { data }
}

/// The UTF-16 units of data; an odd byte at the end is none.
pub(super) fn units(data: &[u8]) -> Vec<u16> {
    data.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect()
}

/// UTF-16 as data.
pub(super) fn bytes(text: &[u16]) -> Vec<u8> {
    text.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}
