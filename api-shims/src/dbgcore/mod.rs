//! dbgcore.dll: the part of dbghelp.dll that writes dumps.

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "dbgcore.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    forward "MiniDumpWriteDump" => "dbghelp.MiniDumpWriteDump",
];
