//! kernel32.dll.

mod errhandlingapi;

use syscall_xlate::dll::{Dll, Export};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "kernel32.dll", exports: EXPORTS, detach: None };

static EXPORTS: &[Export] = exports![errhandlingapi::GetLastError, errhandlingapi::SetLastError,];
