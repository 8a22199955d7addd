//! Resources.

use abi::{HANDLE, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::kernel32::resources::{self, Item, ResourceName, owned};

/// `IMAGE_RESOURCE_DATA_ENTRY`, which an `HRSRC` is the address of.
mod data_entry {
    pub(super) const OFFSET_TO_DATA: u64 = 0;
    pub(super) const SIZE: u64 = 4;
}

/// Calls a function for each resource of a type.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceNamesA(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCSTR,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    names(cx, hModule, lpType, lpEnumFunc, lParam, false)
}

/// Calls a function for each resource of a type.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceNamesW(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCWSTR,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    names(cx, hModule, lpType, lpEnumFunc, lParam, true)
}

fn names<T: ResourceName>(
    cx: &Cx,
    handle: HANDLE,
    kind: T,
    function: Ptr<u8>,
    parameter: isize,
    wide: bool,
) -> Win32Result<()> {
    let name = |number: usize| {
        let (module, id) = (resources::module_or_program(cx, handle)?, kind.id(cx)?);
        let found = resources::look(&module, |resources| Ok(resources.names(&id)?.nth(number).map(owned)))?;
        found.map(|name| Item::of(cx, &name, wide)).transpose()
    };
    resources::enumerate(cx, name, |name| {
        cx.call_guest(function.address(), [handle.0, kind.address(), name, parameter as u64]) as u32 != 0
    })
}

/// Finds a resource.
#[shim(full)]
pub(in crate::kernel32) fn FindResourceW(
    cx: &Cx,
    hModule: HANDLE,
    lpName: PCWSTR,
    lpType: PCWSTR,
) -> Win32Result<HANDLE> {
    resources::find(cx, hModule, lpType, lpName, 0)
}

/// Finds a resource in a language.
#[shim(full)]
pub(in crate::kernel32) fn FindResourceExW(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCWSTR,
    lpName: PCWSTR,
    wLanguage: u16,
) -> Win32Result<HANDLE> {
    resources::find(cx, hModule, lpType, lpName, wLanguage)
}

/// Gives up a loaded resource.
#[shim(stub = "resources lie in their module and go with it, as on all Windows since 3.1")]
pub(in crate::kernel32) fn FreeResource(hResData: HANDLE) -> bool {
    // Documented: it returns FALSE, whatever it is given.
    let _ = hResData;
    false
}

/// Gives a handle to a resource's data, which is its address.
#[shim(full)]
pub(in crate::kernel32) fn LoadResource(cx: &Cx, hModule: HANDLE, hResInfo: HANDLE) -> Win32Result<HANDLE> {
    let module = resources::module_or_program(cx, hModule)?;
    let offset = entry(hResInfo, data_entry::OFFSET_TO_DATA)?;
    Ok(HANDLE(module.base() + u64::from(offset)))
}

fn entry(resource: HANDLE, field: u64) -> Win32Result<u32> {
    if resource.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(Ptr::at(resource.0.wrapping_add(field)).read()?)
}

/// Gives the address of a loaded resource's data.
#[shim(full)]
pub(in crate::kernel32) fn LockResource(hResData: HANDLE) -> Ptr<u8> {
    Ptr::at(hResData.0)
}

/// Gives a resource's size in bytes.
#[shim(full)]
pub(in crate::kernel32) fn SizeofResource(cx: &Cx, hModule: HANDLE, hResInfo: HANDLE) -> Win32Result<u32> {
    resources::module_or_program(cx, hModule)?;
    entry(hResInfo, data_entry::SIZE)
}
