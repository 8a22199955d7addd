//! Listing subkeys and values.

use abi::{In, InOut, Lstatus, Out, PSTR, PWSTR, Ptr, Varying, WIN32_ERROR, shim};
use syscall_xlate::Cx;
use syscall_xlate::registry::{ENUMERATE_SUB_KEYS, QUERY_VALUE};

use super::values::{give, narrowed};
use super::{HKEY, REG_VALUE_TYPE};
use crate::text::TextOut;

/// Gives the name of subkey number `dwIndex`.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumKeyA(cx: &Cx, hKey: HKEY, dwIndex: u32, lpName: PSTR, cchName: u32) -> Lstatus {
    name_of(cx, hKey, dwIndex, lpName, cchName)
}

/// Gives the name of subkey number `dwIndex`.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumKeyW(cx: &Cx, hKey: HKEY, dwIndex: u32, lpName: PWSTR, cchName: u32) -> Lstatus {
    name_of(cx, hKey, dwIndex, lpName, cchName)
}

fn name_of<T: TextOut>(cx: &Cx, key: HKEY, index: u32, name: T, size: u32) -> Lstatus {
    let found = cx.process.registry.subkey(&key.key(cx, ENUMERATE_SUB_KEYS)?, index)?;
    let text = T::convert(cx, &found.name);
    if text.len() >= size as usize {
        return Err(WIN32_ERROR::ERROR_MORE_DATA.into());
    }
    Ok(name.put(&text)?)
}

/// Gives name and class of subkey number `dwIndex`, and when it last changed.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumKeyExA(
    cx: &Cx,
    hKey: HKEY,
    dwIndex: u32,
    lpName: PSTR,
    lpcchName: InOut<u32>,
    lpReserved: In<u32>,
    lpClass: PSTR,
    lpcchClass: InOut<u32>,
    lpftLastWriteTime: Out<Varying<u64>>,
) -> Lstatus {
    subkey(cx, hKey, dwIndex, (lpName, lpcchName), lpReserved, (lpClass, lpcchClass), lpftLastWriteTime)
}

/// Gives name and class of subkey number `dwIndex`, and when it last changed.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumKeyExW(
    cx: &Cx,
    hKey: HKEY,
    dwIndex: u32,
    lpName: PWSTR,
    lpcchName: InOut<u32>,
    lpReserved: In<u32>,
    lpClass: PWSTR,
    lpcchClass: InOut<u32>,
    lpftLastWriteTime: Out<Varying<u64>>,
) -> Lstatus {
    subkey(cx, hKey, dwIndex, (lpName, lpcchName), lpReserved, (lpClass, lpcchClass), lpftLastWriteTime)
}

fn subkey<T: TextOut>(
    cx: &Cx,
    key: HKEY,
    index: u32,
    name: (T, InOut<u32>),
    reserved: In<u32>,
    class: (T, InOut<u32>),
    last_write: Out<Varying<u64>>,
) -> Lstatus {
    if !reserved.is_null() || (!class.0.is_null() && class.1.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let found = cx.process.registry.subkey(&key.key(cx, ENUMERATE_SUB_KEYS)?, index)?;
    put(cx, name.0, name.1, &found.name)?;
    put_opt(cx, class, &found.class)?;
    Ok(last_write.set_opt(Varying(found.last_write as u64))?)
}

/// Writes text to a buffer whose size in units, closing zero included, is at `size`, and then its length without.
fn put<T: TextOut>(cx: &Cx, buffer: T, size: InOut<u32>, text: &[u16]) -> Lstatus {
    let text = T::convert(cx, text);
    if text.len() >= size.read()? as usize {
        return Err(WIN32_ERROR::ERROR_MORE_DATA.into());
    }
    buffer.put(&text)?;
    Ok(size.set(text.len() as u32)?)
}

/// As [`put`]; without a buffer, only the length.
fn put_opt<T: TextOut>(cx: &Cx, (buffer, size): (T, InOut<u32>), text: &[u16]) -> Lstatus {
    match size.opt() {
        None => Ok(()),
        Some(size) if buffer.is_null() => Ok(size.set(T::convert(cx, text).len() as u32)?),
        Some(size) => put(cx, buffer, size, text),
    }
}

/// Gives name, type and data of value number `dwIndex`.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumValueA(
    cx: &Cx,
    hKey: HKEY,
    dwIndex: u32,
    lpValueName: PSTR,
    lpcchValueName: InOut<u32>,
    lpReserved: In<u32>,
    lpType: Out<REG_VALUE_TYPE>,
    lpData: Ptr<u8>,
    lpcbData: InOut<u32>,
) -> Lstatus {
    check_value(lpReserved, lpData, lpcbData)?;
    let mut value = cx.process.registry.value_at(&hKey.key(cx, QUERY_VALUE)?, dwIndex)?;
    value.data = narrowed(cx, REG_VALUE_TYPE(value.kind), value.data);
    put(cx, lpValueName, lpcchValueName, &value.name)?;
    give(&value, lpType, lpData, lpcbData)
}

/// Gives name, type and data of value number `dwIndex`.
#[shim(full)]
pub(in crate::advapi32) fn RegEnumValueW(
    cx: &Cx,
    hKey: HKEY,
    dwIndex: u32,
    lpValueName: PWSTR,
    lpcchValueName: InOut<u32>,
    lpReserved: In<u32>,
    lpType: Out<REG_VALUE_TYPE>,
    lpData: Ptr<u8>,
    lpcbData: InOut<u32>,
) -> Lstatus {
    check_value(lpReserved, lpData, lpcbData)?;
    let value = cx.process.registry.value_at(&hKey.key(cx, QUERY_VALUE)?, dwIndex)?;
    put(cx, lpValueName, lpcchValueName, &value.name)?;
    give(&value, lpType, lpData, lpcbData)
}

fn check_value(reserved: In<u32>, data: Ptr<u8>, size: InOut<u32>) -> Lstatus {
    if !reserved.is_null() || (!data.is_null() && size.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

/// Tells how many subkeys and values a key has, and how long the longest are.
#[shim(partial = "there are no security descriptors: their size is 0")]
pub(in crate::advapi32) fn RegQueryInfoKeyA(
    cx: &Cx,
    hKey: HKEY,
    lpClass: PSTR,
    lpcchClass: InOut<u32>,
    lpReserved: In<u32>,
    lpcSubKeys: Out<u32>,
    lpcbMaxSubKeyLen: Out<u32>,
    lpcbMaxClassLen: Out<u32>,
    lpcValues: Out<u32>,
    lpcbMaxValueNameLen: Out<u32>,
    lpcbMaxValueLen: Out<u32>,
    lpcbSecurityDescriptor: Out<u32>,
    lpftLastWriteTime: Out<Varying<u64>>,
) -> Lstatus {
    let numbers = Numbers {
        lpcSubKeys,
        lpcbMaxSubKeyLen,
        lpcbMaxClassLen,
        lpcValues,
        lpcbMaxValueNameLen,
        lpcbMaxValueLen,
        lpcbSecurityDescriptor,
        lpftLastWriteTime,
    };
    info(cx, hKey, (lpClass, lpcchClass), lpReserved, &numbers)
}

/// Tells how many subkeys and values a key has, and how long the longest are.
#[shim(partial = "there are no security descriptors: their size is 0")]
pub(in crate::advapi32) fn RegQueryInfoKeyW(
    cx: &Cx,
    hKey: HKEY,
    lpClass: PWSTR,
    lpcchClass: InOut<u32>,
    lpReserved: In<u32>,
    lpcSubKeys: Out<u32>,
    lpcbMaxSubKeyLen: Out<u32>,
    lpcbMaxClassLen: Out<u32>,
    lpcValues: Out<u32>,
    lpcbMaxValueNameLen: Out<u32>,
    lpcbMaxValueLen: Out<u32>,
    lpcbSecurityDescriptor: Out<u32>,
    lpftLastWriteTime: Out<Varying<u64>>,
) -> Lstatus {
    let numbers = Numbers {
        lpcSubKeys,
        lpcbMaxSubKeyLen,
        lpcbMaxClassLen,
        lpcValues,
        lpcbMaxValueNameLen,
        lpcbMaxValueLen,
        lpcbSecurityDescriptor,
        lpftLastWriteTime,
    };
    info(cx, hKey, (lpClass, lpcchClass), lpReserved, &numbers)
}

struct Numbers {
    lpcSubKeys: Out<u32>,
    lpcbMaxSubKeyLen: Out<u32>,
    lpcbMaxClassLen: Out<u32>,
    lpcValues: Out<u32>,
    lpcbMaxValueNameLen: Out<u32>,
    lpcbMaxValueLen: Out<u32>,
    lpcbSecurityDescriptor: Out<u32>,
    lpftLastWriteTime: Out<Varying<u64>>,
}

fn info<T: TextOut>(cx: &Cx, key: HKEY, class: (T, InOut<u32>), reserved: In<u32>, numbers: &Numbers) -> Lstatus {
    if !reserved.is_null() || (!class.0.is_null() && class.1.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let info = cx.process.registry.info(&key.key(cx, QUERY_VALUE)?)?;
    numbers.lpcSubKeys.set_opt(info.subkeys)?;
    numbers.lpcbMaxSubKeyLen.set_opt(info.longest_subkey)?;
    numbers.lpcbMaxClassLen.set_opt(info.longest_class)?;
    numbers.lpcValues.set_opt(info.values)?;
    numbers.lpcbMaxValueNameLen.set_opt(info.longest_value_name)?;
    numbers.lpcbMaxValueLen.set_opt(info.largest_data)?;
    numbers.lpcbSecurityDescriptor.set_opt(0)?;
    numbers.lpftLastWriteTime.set_opt(Varying(info.last_write as u64))?;
    put_opt(cx, class, &info.class)
}
