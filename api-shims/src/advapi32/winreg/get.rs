//! `RegGetValue` and `RegQueryValue`: values with their key, checked and closed.

use abi::{InOut, Lstatus, Out, PCSTR, PCWSTR, PSTR, Ptr, WIN32_ERROR, shim};
use syscall_xlate::Cx;
use syscall_xlate::registry::Value;

use super::values::{bytes, give, is_text, narrowed, units};
use super::{HKEY, REG_VALUE_TYPE, Status, keys};
use crate::text::TextIn;

abi::flags! {
    /// Which types are wanted, and how.
    pub(in crate::advapi32) struct REG_ROUTINE_FLAGS: u32 {
        RRF_RT_ANY = 0xffff;
        RRF_RT_DWORD = 0x18;
        RRF_RT_QWORD = 0x48;
        RRF_RT_REG_NONE = 0x1;
        RRF_RT_REG_SZ = 0x2;
        RRF_RT_REG_EXPAND_SZ = 0x4;
        RRF_RT_REG_BINARY = 0x8;
        RRF_RT_REG_DWORD = 0x10;
        RRF_RT_REG_MULTI_SZ = 0x20;
        RRF_RT_REG_QWORD = 0x40;
        RRF_SUBKEY_WOW6464KEY = 0x0001_0000;
        RRF_SUBKEY_WOW6432KEY = 0x0002_0000;
        RRF_NOEXPAND = 0x1000_0000;
        RRF_ZEROONFAILURE = 0x2000_0000;
    }
}

/// Reads a value, of a key below another if wanted, of certain types only, with text closed and variables in it expanded.
#[shim(partial = "the 32-bit view is the 64-bit one")]
pub(in crate::advapi32) fn RegGetValueA(
    cx: &Cx,
    hkey: HKEY,
    lpSubKey: PCSTR,
    lpValue: PCSTR,
    dwFlags: REG_ROUTINE_FLAGS,
    pdwType: Out<REG_VALUE_TYPE>,
    pvData: Ptr<u8>,
    pcbData: InOut<u32>,
) -> Lstatus {
    zero_on_failure(dwFlags, pvData, pcbData, || {
        let mut value = get(cx, hkey, lpSubKey, lpValue, dwFlags, !pvData.is_null(), pcbData)?;
        value.data = narrowed(cx, REG_VALUE_TYPE(value.kind), value.data);
        give(&value, pdwType, pvData, pcbData)
    })
}

/// Reads a value, of a key below another if wanted, of certain types only, with text closed and variables in it expanded.
#[shim(partial = "the 32-bit view is the 64-bit one")]
pub(in crate::advapi32) fn RegGetValueW(
    cx: &Cx,
    hkey: HKEY,
    lpSubKey: PCWSTR,
    lpValue: PCWSTR,
    dwFlags: REG_ROUTINE_FLAGS,
    pdwType: Out<REG_VALUE_TYPE>,
    pvData: Ptr<u8>,
    pcbData: InOut<u32>,
) -> Lstatus {
    zero_on_failure(dwFlags, pvData, pcbData, || {
        let value = get(cx, hkey, lpSubKey, lpValue, dwFlags, !pvData.is_null(), pcbData)?;
        give(&value, pdwType, pvData, pcbData)
    })
}

fn get<T: TextIn>(
    cx: &Cx,
    key: HKEY,
    path: T,
    name: T,
    flags: REG_ROUTINE_FLAGS,
    wants_data: bool,
    size: InOut<u32>,
) -> Status<Value> {
    let types = flags & REG_ROUTINE_FLAGS::RRF_RT_ANY;
    let expands = !flags.contains(REG_ROUTINE_FLAGS::RRF_NOEXPAND);
    // Documented: RRF_RT_REG_EXPAND_SZ needs RRF_NOEXPAND, unless any type is wanted.
    let asks_for_expand = types.contains(REG_ROUTINE_FLAGS::RRF_RT_REG_EXPAND_SZ);
    if types.is_empty()
        || (wants_data && size.is_null())
        || (asks_for_expand && expands && types != REG_ROUTINE_FLAGS::RRF_RT_ANY)
    {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let key = keys::below(cx, key, path)?;
    let mut value = cx.process.registry.value(&key, &name.wide_opt(cx)?.unwrap_or_default())?;
    let mut kind = REG_VALUE_TYPE(value.kind);
    if is_text(kind) {
        let mut text = closed(kind, units(&value.data));
        if kind == REG_VALUE_TYPE::REG_EXPAND_SZ && expands {
            kind = REG_VALUE_TYPE::REG_SZ;
            text.pop();
            text = cx.process.environment.expand(&text);
            text.push(0);
        }
        value = Value { kind: kind.0, data: bytes(&text), ..value };
    }
    let size_is_right = match kind {
        REG_VALUE_TYPE::REG_BINARY if types == REG_ROUTINE_FLAGS::RRF_RT_DWORD => value.data.len() == 4,
        REG_VALUE_TYPE::REG_BINARY if types == REG_ROUTINE_FLAGS::RRF_RT_QWORD => value.data.len() == 8,
        REG_VALUE_TYPE::REG_DWORD => value.data.len() == 4,
        REG_VALUE_TYPE::REG_QWORD => value.data.len() == 8,
        _ => true,
    };
    if !types.contains(wanted_by(kind)) {
        return Err(WIN32_ERROR::ERROR_UNSUPPORTED_TYPE.into());
    }
    if size_is_right { Ok(value) } else { Err(WIN32_ERROR::ERROR_INVALID_DATA.into()) }
}

/// The flag that asks for values of this type.
fn wanted_by(kind: REG_VALUE_TYPE) -> REG_ROUTINE_FLAGS {
    match kind {
        REG_VALUE_TYPE::REG_NONE => REG_ROUTINE_FLAGS::RRF_RT_REG_NONE,
        REG_VALUE_TYPE::REG_SZ => REG_ROUTINE_FLAGS::RRF_RT_REG_SZ,
        REG_VALUE_TYPE::REG_EXPAND_SZ => REG_ROUTINE_FLAGS::RRF_RT_REG_EXPAND_SZ,
        REG_VALUE_TYPE::REG_BINARY => REG_ROUTINE_FLAGS::RRF_RT_REG_BINARY,
        REG_VALUE_TYPE::REG_DWORD => REG_ROUTINE_FLAGS::RRF_RT_REG_DWORD,
        REG_VALUE_TYPE::REG_MULTI_SZ => REG_ROUTINE_FLAGS::RRF_RT_REG_MULTI_SZ,
        REG_VALUE_TYPE::REG_QWORD => REG_ROUTINE_FLAGS::RRF_RT_REG_QWORD,
        _ => REG_ROUTINE_FLAGS::RRF_RT_ANY,
    }
}

/// Text with its closing zero; a list of texts with two.
fn closed(kind: REG_VALUE_TYPE, mut text: Vec<u16>) -> Vec<u16> {
    if kind != REG_VALUE_TYPE::REG_MULTI_SZ {
        let end = text.iter().position(|&unit| unit == 0).unwrap_or(text.len());
        text.truncate(end);
        text.push(0);
    } else if !text.ends_with(&[0, 0]) {
        let missing = if text.last() == Some(&0) || text.is_empty() { 1 } else { 2 };
        text.extend(std::iter::repeat_n(0, missing));
    }
    text
}

fn zero_on_failure(
    flags: REG_ROUTINE_FLAGS,
    data: Ptr<u8>,
    size: InOut<u32>,
    work: impl FnOnce() -> Lstatus,
) -> Lstatus {
    let buffer = match size.opt() {
        Some(size) if !data.is_null() && flags.contains(REG_ROUTINE_FLAGS::RRF_ZEROONFAILURE) => size.read()?,
        _ => 0,
    };
    work().inspect_err(|_| {
        // What cannot be written to is not worth another error.
        let _ = abi::bulk::fill(data.address(), 0, buffer as usize);
    })
}

/// Reads the text of the default value of a key.
#[shim(full)]
pub(in crate::advapi32) fn RegQueryValueA(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCSTR,
    lpData: PSTR,
    lpcbData: InOut<i32>,
) -> Lstatus {
    let key = keys::below(cx, hKey, lpSubKey)?;
    let value = match cx.process.registry.value(&key, &[]) {
        Ok(value) => value,
        // A key whose default value was never set has an empty one here.
        Err(abi::NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) => {
            Value { name: Vec::new(), kind: REG_VALUE_TYPE::REG_SZ.0, data: vec![0, 0] }
        }
        Err(status) => return Err(status.into()),
    };
    if REG_VALUE_TYPE(value.kind) != REG_VALUE_TYPE::REG_SZ {
        return Err(WIN32_ERROR::ERROR_INVALID_DATA.into());
    }
    let text = narrowed(cx, REG_VALUE_TYPE::REG_SZ, value.data);
    if lpcbData.is_null() {
        return if lpData.is_null() { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) };
    }
    let room = lpcbData.read()?;
    lpcbData.set(text.len() as i32)?;
    match lpData.opt() {
        Some(_) if (room.max(0) as usize) < text.len() => Err(WIN32_ERROR::ERROR_MORE_DATA.into()),
        Some(data) => Ok(data.ptr().write_bytes(&text)?),
        None => Ok(()),
    }
}
