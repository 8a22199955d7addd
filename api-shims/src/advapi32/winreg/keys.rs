//! Opening, making and deleting keys.

use abi::{In, Lstatus, Out, PCSTR, PCWSTR, WIN32_ERROR, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::HandleFlags;
use syscall_xlate::registry::{
    ALL_ACCESS, ENUMERATE_SUB_KEYS, Key, MAPPING, NewKey, QUERY_VALUE, Registry, WOW64_MASK,
};

use super::{HKEY, REG_SAM_FLAGS, Status};
use crate::text::TextIn;

abi::flags! {
    /// How a key is opened or made.
    pub(in crate::advapi32) struct REG_OPEN_CREATE_OPTIONS: u32 {
        REG_OPTION_VOLATILE = 1;
        REG_OPTION_CREATE_LINK = 2;
        REG_OPTION_BACKUP_RESTORE = 4;
        REG_OPTION_OPEN_LINK = 8;
    }
}

abi::choices! {
    /// What `RegCreateKeyEx` found.
    pub(in crate::advapi32) struct REG_CREATE_KEY_DISPOSITION: u32 {
        REG_CREATED_NEW_KEY = 1;
        REG_OPENED_EXISTING_KEY = 2;
    }
}

abi::guest_struct! {
    /// Who may use an object, and whether child processes get the handle.
    pub(in crate::advapi32) struct SECURITY_ATTRIBUTES {
        nLength: u32,
        lpSecurityDescriptor: abi::Ptr<u8>,
        bInheritHandle: u32,
    }
}

/// Closes a key.
#[shim(full)]
pub(in crate::advapi32) fn RegCloseKey(cx: &Cx, hKey: HKEY) -> Lstatus {
    if hKey.predefined().is_some() {
        return Ok(());
    }
    cx.process.handles.get::<Key>(hKey.0, 0)?;
    Ok(cx.process.handles.close(hKey.0)?)
}

/// Opens a key, or makes it.
#[shim(partial = "what is written lasts as long as the process; there are no links and no security descriptors")]
pub(in crate::advapi32) fn RegCreateKeyExA(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCSTR,
    Reserved: u32,
    lpClass: PCSTR,
    dwOptions: REG_OPEN_CREATE_OPTIONS,
    samDesired: REG_SAM_FLAGS,
    lpSecurityAttributes: In<SECURITY_ATTRIBUTES>,
    phkResult: Out<HKEY>,
    lpdwDisposition: Out<REG_CREATE_KEY_DISPOSITION>,
) -> Lstatus {
    let how = How { Reserved, dwOptions, samDesired, inherit: inherits(lpSecurityAttributes)? };
    create(cx, hKey, lpSubKey, lpClass, how, phkResult, lpdwDisposition)
}

/// Opens a key, or makes it.
#[shim(partial = "what is written lasts as long as the process; there are no links and no security descriptors")]
pub(in crate::advapi32) fn RegCreateKeyExW(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCWSTR,
    Reserved: u32,
    lpClass: PCWSTR,
    dwOptions: REG_OPEN_CREATE_OPTIONS,
    samDesired: REG_SAM_FLAGS,
    lpSecurityAttributes: In<SECURITY_ATTRIBUTES>,
    phkResult: Out<HKEY>,
    lpdwDisposition: Out<REG_CREATE_KEY_DISPOSITION>,
) -> Lstatus {
    let how = How { Reserved, dwOptions, samDesired, inherit: inherits(lpSecurityAttributes)? };
    create(cx, hKey, lpSubKey, lpClass, how, phkResult, lpdwDisposition)
}

fn inherits(attributes: In<SECURITY_ATTRIBUTES>) -> Status<bool> {
    Ok(attributes.opt().map(In::read).transpose()?.is_some_and(|attributes| attributes.bInheritHandle != 0))
}

struct How {
    Reserved: u32,
    dwOptions: REG_OPEN_CREATE_OPTIONS,
    samDesired: REG_SAM_FLAGS,
    inherit: bool,
}

fn create<T: TextIn>(
    cx: &Cx,
    key: HKEY,
    path: T,
    class: T,
    how: How,
    result: Out<HKEY>,
    disposition: Out<REG_CREATE_KEY_DISPOSITION>,
) -> Lstatus {
    if how.Reserved != 0 || path.is_null() || result.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    if how.dwOptions.intersects(REG_OPEN_CREATE_OPTIONS::REG_OPTION_CREATE_LINK) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let class = class.wide_opt(cx)?.unwrap_or_default();
    let volatile = how.dwOptions.contains(REG_OPEN_CREATE_OPTIONS::REG_OPTION_VOLATILE);
    let new = NewKey { class: &class, volatile };
    let (key, made) = cx.process.registry.create(&key.key(cx, 0)?, &path.wide(cx)?, new)?;
    let flags = if how.inherit { HandleFlags::INHERIT } else { HandleFlags::default() };
    result.set(handle(cx, key, how.samDesired, flags)?)?;
    let found = match made {
        true => REG_CREATE_KEY_DISPOSITION::REG_CREATED_NEW_KEY,
        false => REG_CREATE_KEY_DISPOSITION::REG_OPENED_EXISTING_KEY,
    };
    Ok(disposition.set_opt(found)?)
}

fn handle(cx: &Cx, key: Key, desired: REG_SAM_FLAGS, flags: HandleFlags) -> Status<HKEY> {
    let access = MAPPING.map(desired.bits() & !WOW64_MASK);
    Ok(HKEY(cx.process.handles.insert(Registry::object(key), access, flags)?))
}

/// Opens a key, or makes it.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegCreateKeyA(cx: &Cx, hKey: HKEY, lpSubKey: PCSTR, phkResult: Out<HKEY>) -> Lstatus {
    create_simply(cx, hKey, lpSubKey, phkResult)
}

/// Opens a key, or makes it.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegCreateKeyW(cx: &Cx, hKey: HKEY, lpSubKey: PCWSTR, phkResult: Out<HKEY>) -> Lstatus {
    create_simply(cx, hKey, lpSubKey, phkResult)
}

fn create_simply<T: TextIn>(cx: &Cx, key: HKEY, path: T, result: Out<HKEY>) -> Lstatus {
    let path = path.wide_opt(cx)?.unwrap_or_default();
    let (key, _) = cx.process.registry.create(&key.key(cx, 0)?, &path, NewKey::default())?;
    let everything = REG_SAM_FLAGS::from_bits_retain(ALL_ACCESS);
    Ok(result.set(handle(cx, key, everything, HandleFlags::default())?)?)
}

/// Deletes a key without subkeys.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteKeyA(cx: &Cx, hKey: HKEY, lpSubKey: PCSTR) -> Lstatus {
    delete(cx, hKey, lpSubKey)
}

/// Deletes a key without subkeys.
#[shim(partial = "what is written lasts as long as the process; both views are one")]
pub(in crate::advapi32) fn RegDeleteKeyExW(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCWSTR,
    samDesired: u32,
    Reserved: u32,
) -> Lstatus {
    let _ = samDesired;
    if Reserved != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    delete(cx, hKey, lpSubKey)
}

/// Deletes a key without subkeys.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteKeyW(cx: &Cx, hKey: HKEY, lpSubKey: PCWSTR) -> Lstatus {
    delete(cx, hKey, lpSubKey)
}

fn delete<T: TextIn>(cx: &Cx, key: HKEY, path: T) -> Lstatus {
    if path.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let registry = &cx.process.registry;
    Ok(registry.delete(&registry.open(&key.key(cx, 0)?, &path.wide(cx)?)?)?)
}

/// Deletes what is in and below a key; with `lpSubKey` that key too.
#[shim(partial = "what is written lasts as long as the process")]
pub(in crate::advapi32) fn RegDeleteTreeW(cx: &Cx, hKey: HKEY, lpSubKey: PCWSTR) -> Lstatus {
    let registry = &cx.process.registry;
    let path = lpSubKey.wide_opt(cx)?;
    let top = registry.open(&hKey.key(cx, ENUMERATE_SUB_KEYS)?, path.as_deref().unwrap_or_default())?;
    let mut open = vec![top];
    while let Some(key) = open.last() {
        if let Ok(child) = registry.subkey(key, 0) {
            let child = registry.open(key, &child.name)?;
            open.push(child);
        } else if open.len() > 1 || path.is_some() {
            registry.delete(key)?;
            open.pop();
        } else {
            while let Ok(value) = registry.value_at(key, 0) {
                registry.delete_value(key, &value.name)?;
            }
            break;
        }
    }
    Ok(())
}

/// Has the key written to disk.
#[shim(stub = "what is written lasts as long as the process; the disk has no part in it")]
pub(in crate::advapi32) fn RegFlushKey(cx: &Cx, hKey: HKEY) -> Lstatus {
    hKey.key(cx, 0).map(drop)
}

/// Opens a key of the user whose process this is.
#[shim(full)]
pub(in crate::advapi32) fn RegOpenCurrentUser(cx: &Cx, samDesired: REG_SAM_FLAGS, phkResult: Out<HKEY>) -> Lstatus {
    let key = cx.process.registry.root(syscall_xlate::registry::Root::CurrentUser)?;
    Ok(phkResult.set(handle(cx, key, samDesired, HandleFlags::default())?)?)
}

/// Opens a key.
#[shim(full)]
pub(in crate::advapi32) fn RegOpenKeyA(cx: &Cx, hKey: HKEY, lpSubKey: PCSTR, phkResult: Out<HKEY>) -> Lstatus {
    open(cx, hKey, lpSubKey, REG_SAM_FLAGS::from_bits_retain(ALL_ACCESS), phkResult)
}

/// Opens a key.
#[shim(full)]
pub(in crate::advapi32) fn RegOpenKeyW(cx: &Cx, hKey: HKEY, lpSubKey: PCWSTR, phkResult: Out<HKEY>) -> Lstatus {
    open(cx, hKey, lpSubKey, REG_SAM_FLAGS::from_bits_retain(ALL_ACCESS), phkResult)
}

/// Opens a key.
#[shim(partial = "the 32-bit view is the 64-bit one")]
pub(in crate::advapi32) fn RegOpenKeyExA(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCSTR,
    ulOptions: REG_OPEN_CREATE_OPTIONS,
    samDesired: REG_SAM_FLAGS,
    phkResult: Out<HKEY>,
) -> Lstatus {
    // There are no links, which `REG_OPTION_OPEN_LINK` is about.
    let _ = ulOptions;
    open(cx, hKey, lpSubKey, samDesired, phkResult)
}

/// Opens a key.
#[shim(partial = "the 32-bit view is the 64-bit one")]
pub(in crate::advapi32) fn RegOpenKeyExW(
    cx: &Cx,
    hKey: HKEY,
    lpSubKey: PCWSTR,
    ulOptions: REG_OPEN_CREATE_OPTIONS,
    samDesired: REG_SAM_FLAGS,
    phkResult: Out<HKEY>,
) -> Lstatus {
    // There are no links, which `REG_OPTION_OPEN_LINK` is about.
    let _ = ulOptions;
    open(cx, hKey, lpSubKey, samDesired, phkResult)
}

fn open<T: TextIn>(cx: &Cx, key: HKEY, path: T, desired: REG_SAM_FLAGS, result: Out<HKEY>) -> Lstatus {
    if result.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let path = path.wide_opt(cx)?.unwrap_or_default();
    if path.is_empty() && key.predefined().is_some() {
        return Ok(result.set(key)?);
    }
    let key = cx.process.registry.open(&key.key(cx, 0)?, &path)?;
    Ok(result.set(handle(cx, key, desired, HandleFlags::default())?)?)
}

/// Opens the key that a value is to be read from: `key` itself, or one below it.
pub(super) fn below<T: TextIn>(cx: &Cx, key: HKEY, path: T) -> Status<Key> {
    match path.wide_opt(cx)? {
        None => key.key(cx, QUERY_VALUE),
        Some(path) if path.is_empty() => key.key(cx, QUERY_VALUE),
        Some(path) => Ok(cx.process.registry.open(&key.key(cx, 0)?, &path)?),
    }
}
