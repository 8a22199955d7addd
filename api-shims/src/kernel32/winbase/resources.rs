//! Resources: the functions that libloaderapi.h lacks.

use abi::{HANDLE, PCSTR, PCWSTR, Ptr, Win32Result, shim};
use syscall_xlate::Cx;

use crate::kernel32::resources::{self, Item, ResourceName, owned};

/// Calls a function for each language of a resource.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceLanguagesA(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCSTR,
    lpName: PCSTR,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    languages(cx, hModule, lpType, lpName, lpEnumFunc, lParam)
}

/// Calls a function for each language of a resource.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceLanguagesW(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCWSTR,
    lpName: PCWSTR,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    languages(cx, hModule, lpType, lpName, lpEnumFunc, lParam)
}

fn languages<T: ResourceName>(
    cx: &Cx,
    handle: HANDLE,
    kind: T,
    name: T,
    function: Ptr<u8>,
    parameter: isize,
) -> Win32Result<()> {
    let language = |number: usize| {
        let (module, kind, name) = (resources::module_or_program(cx, handle)?, kind.id(cx)?, name.id(cx)?);
        let found = resources::look(&module, |resources| Ok(resources.languages(&kind, &name)?.nth(number)))?;
        Ok(found.map(|language| Item::Number(u64::from(language))))
    };
    resources::enumerate(cx, language, |language| {
        let arguments = [handle.0, kind.address(), name.address(), language, parameter as u64];
        cx.call_guest(function.address(), arguments) as u32 != 0
    })
}

/// Calls a function for each type of resources that a module has.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceTypesA(
    cx: &Cx,
    hModule: HANDLE,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    types(cx, hModule, lpEnumFunc, lParam, false)
}

/// Calls a function for each type of resources that a module has.
#[shim(full)]
pub(in crate::kernel32) fn EnumResourceTypesW(
    cx: &Cx,
    hModule: HANDLE,
    lpEnumFunc: Ptr<u8>,
    lParam: isize,
) -> Win32Result<()> {
    types(cx, hModule, lpEnumFunc, lParam, true)
}

fn types(cx: &Cx, handle: HANDLE, function: Ptr<u8>, parameter: isize, wide: bool) -> Win32Result<()> {
    let kind = |number: usize| {
        let module = resources::module_or_program(cx, handle)?;
        let found = resources::look(&module, |resources| Ok(resources.types().nth(number).map(owned)))?;
        found.map(|kind| Item::of(cx, &kind, wide)).transpose()
    };
    resources::enumerate(cx, kind, |kind| {
        cx.call_guest(function.address(), [handle.0, kind, parameter as u64]) as u32 != 0
    })
}

/// Finds a resource.
#[shim(full)]
pub(in crate::kernel32) fn FindResourceA(
    cx: &Cx,
    hModule: HANDLE,
    lpName: PCSTR,
    lpType: PCSTR,
) -> Win32Result<HANDLE> {
    resources::find(cx, hModule, lpType, lpName, 0)
}

/// Finds a resource in a language.
#[shim(full)]
pub(in crate::kernel32) fn FindResourceExA(
    cx: &Cx,
    hModule: HANDLE,
    lpType: PCSTR,
    lpName: PCSTR,
    wLanguage: u16,
) -> Win32Result<HANDLE> {
    resources::find(cx, hModule, lpType, lpName, wLanguage)
}
