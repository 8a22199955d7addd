//! shell32.dll.

mod shellapi;
mod shlobj_core;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "shell32.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    shellapi::CommandLineToArgvW,
    shlobj_core::SHGetFolderPathA,
    shlobj_core::SHGetFolderPathW,
    shlobj_core::SHGetKnownFolderPath,
    shlobj_core::SHGetSpecialFolderPathA,
    shlobj_core::SHGetSpecialFolderPathW,
];
