//! kernel32.dll.

mod errhandlingapi;
mod libloaderapi;

use syscall_xlate::dll::{Dll, Export};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "kernel32.dll", exports: EXPORTS, detach: None };

static EXPORTS: &[Export] = exports![
    libloaderapi::DisableThreadLibraryCalls,
    libloaderapi::FreeLibrary,
    libloaderapi::FreeLibraryAndExitThread,
    errhandlingapi::GetLastError,
    libloaderapi::GetModuleFileNameA,
    libloaderapi::GetModuleFileNameW,
    libloaderapi::GetModuleHandleA,
    libloaderapi::GetModuleHandleExA,
    libloaderapi::GetModuleHandleExW,
    libloaderapi::GetModuleHandleW,
    libloaderapi::GetProcAddress,
    libloaderapi::LoadLibraryA,
    libloaderapi::LoadLibraryExA,
    libloaderapi::LoadLibraryExW,
    libloaderapi::LoadLibraryW,
    errhandlingapi::SetLastError,
];
