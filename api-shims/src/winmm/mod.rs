//! winmm.dll.

mod timeapi;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "winmm.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] =
    exports![timeapi::timeBeginPeriod, timeapi::timeEndPeriod, timeapi::timeGetDevCaps, timeapi::timeGetTime,];
