//! dbghelp.dll: walks up stacks. It reads no symbol files: a program that asks for names is told that there are none.

#[expect(clippy::module_inception, reason = "the header is called as the DLL is")]
mod dbghelp;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "dbghelp.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    dbghelp::EnumerateLoadedModulesW64,
    dbghelp::StackWalk64,
    dbghelp::StackWalkEx,
    dbghelp::SymAddrIncludeInlineTrace,
    dbghelp::SymCleanup,
    dbghelp::SymFromAddr,
    dbghelp::SymFromAddrW,
    dbghelp::SymFromInlineContextW,
    dbghelp::SymFunctionTableAccess64,
    dbghelp::SymGetLineFromAddr64,
    dbghelp::SymGetLineFromAddrW64,
    dbghelp::SymGetLineFromInlineContextW,
    dbghelp::SymGetModuleBase64,
    dbghelp::SymGetOptions,
    dbghelp::SymGetSearchPathW,
    dbghelp::SymInitialize,
    dbghelp::SymInitializeW,
    dbghelp::SymQueryInlineTrace,
    dbghelp::SymSetOptions,
    dbghelp::SymSetSearchPathW,
];
