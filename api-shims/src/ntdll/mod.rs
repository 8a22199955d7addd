//! ntdll.dll.

use syscall_xlate::dll::{Dll, Export};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "ntdll.dll", exports: EXPORTS, detach: None };

static EXPORTS: &[Export] = exports![];
