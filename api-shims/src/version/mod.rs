//! version.dll.

mod winver;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "version.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    winver::GetFileVersionInfoA,
    winver::GetFileVersionInfoExA,
    winver::GetFileVersionInfoExW,
    winver::GetFileVersionInfoSizeA,
    winver::GetFileVersionInfoSizeExA,
    winver::GetFileVersionInfoSizeExW,
    winver::GetFileVersionInfoSizeW,
    winver::GetFileVersionInfoW,
    winver::VerQueryValueA,
    winver::VerQueryValueW,
];
