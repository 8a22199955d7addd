//! Making and opening objects that may have a name.

use std::sync::Arc;

use abi::{HANDLE, In, NtResult, PCSTR, PCWSTR, WIN32_ERROR, Wide, Win32Result};
use syscall_xlate::Cx;
use syscall_xlate::object::{Access, GenericMapping, HandleFlags, Name, Object, Place};

use super::structs::SECURITY_ATTRIBUTES;
use crate::text;

/// A name that may be absent.
pub(super) fn name_w(name: PCWSTR) -> Win32Result<Wide> {
    Ok(name.opt().map(PCWSTR::read).transpose()?.unwrap_or_default())
}

/// A name that may be absent, in the ANSI code page.
pub(super) fn name_a(cx: &Cx, name: PCSTR) -> Win32Result<Wide> {
    Ok(name.opt().map(PCSTR::read).transpose()?.map(|name| text::to_wide(cx, &name)).unwrap_or_default())
}

/// Makes an object, or opens the one of this name; the last error tells which (documented under `CreateEvent` and its like).
pub(super) fn create<T: Object>(
    cx: &Cx,
    attributes: In<SECURITY_ATTRIBUTES>,
    name: &Wide,
    access: Access,
    make: impl FnOnce(Option<Place>) -> NtResult<Arc<T>>,
) -> Win32Result<HANDLE> {
    let flags = handle_flags(attributes)?;
    let name = if name.is_empty() { None } else { Some(Name::win32(name)?) };
    let created = cx.process.names.create(name.as_ref(), make)?;
    let handle = cx.process.handles.insert(created.object, access, flags)?;
    cx.thread.set_last_error(if created.existed {
        WIN32_ERROR::ERROR_ALREADY_EXISTS
    } else {
        WIN32_ERROR::ERROR_SUCCESS
    });
    Ok(handle)
}

/// Opens the object of this name.
pub(super) fn open<T: Object>(
    cx: &Cx,
    mapping: GenericMapping,
    access: Access,
    inherit: bool,
    name: &Wide,
) -> Win32Result<HANDLE> {
    if name.is_empty() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let object = cx.process.names.open::<T>(&Name::win32(name)?)?;
    Ok(cx.process.handles.insert(object, mapping.map(access), inherit_flag(inherit))?)
}

/// The flags of a handle that is made with these attributes.
pub(super) fn handle_flags(attributes: In<SECURITY_ATTRIBUTES>) -> Win32Result<HandleFlags> {
    let inherit = attributes.opt().map(In::read).transpose()?.is_some_and(|attributes| attributes.bInheritHandle != 0);
    Ok(inherit_flag(inherit))
}

/// The flags of a handle that is inherited, or not.
pub(super) fn inherit_flag(inherit: bool) -> HandleFlags {
    if inherit { HandleFlags::INHERIT } else { HandleFlags::empty() }
}
