//! ole32.dll.

mod combaseapi;
mod objbase;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "ole32.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    combaseapi::CLSIDFromString,
    combaseapi::CoCreateGuid,
    combaseapi::CoCreateInstance,
    objbase::CoInitialize,
    combaseapi::CoInitializeEx,
    combaseapi::CoTaskMemAlloc,
    combaseapi::CoTaskMemFree,
    combaseapi::CoTaskMemRealloc,
    combaseapi::CoUninitialize,
    combaseapi::IIDFromString,
    combaseapi::StringFromCLSID,
    combaseapi::StringFromGUID2,
];
