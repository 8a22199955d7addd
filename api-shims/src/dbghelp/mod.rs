//! dbghelp.dll: symbols, stacks and dumps of the own process.

mod dbghelp;
mod minidumpapiset;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "dbghelp.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    dbghelp::EnumerateLoadedModulesW64,
    dbghelp::image::ImageDirectoryEntryToData,
    dbghelp::image::ImageNtHeader,
    minidumpapiset::MiniDumpWriteDump,
    dbghelp::stack::StackWalk64,
    dbghelp::stack::StackWalkEx,
    dbghelp::SymAddrIncludeInlineTrace,
    dbghelp::symbols::SymCleanup,
    dbghelp::symbols::SymFromAddr,
    dbghelp::symbols::SymFromAddrW,
    dbghelp::symbols::SymFromInlineContextW,
    dbghelp::stack::SymFunctionTableAccess64,
    dbghelp::symbols::SymGetLineFromAddr64,
    dbghelp::symbols::SymGetLineFromAddrW64,
    dbghelp::symbols::SymGetLineFromInlineContextW,
    dbghelp::stack::SymGetModuleBase64,
    dbghelp::symbols::SymGetOptions,
    dbghelp::SymGetSearchPathW,
    dbghelp::symbols::SymInitialize,
    dbghelp::symbols::SymInitializeW,
    dbghelp::symbols::SymLoadModule64,
    dbghelp::symbols::SymLoadModuleEx,
    dbghelp::symbols::SymLoadModuleExW,
    dbghelp::SymQueryInlineTrace,
    dbghelp::symbols::SymRefreshModuleList,
    dbghelp::symbols::SymSetOptions,
    dbghelp::SymSetSearchPathW,
    dbghelp::symbols::UnDecorateSymbolName,
];
