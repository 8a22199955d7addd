//! Imports that nobody provides. The program starts; calling one stops it with a message that says how to add it.

use std::arch::naked_asm;
use std::sync::PoisonError;

use crate::gate;
use crate::process::MISSING_API;
use crate::say::say;

use super::Modules;

/// What a thunk stands for.
#[derive(Clone, Debug)]
pub(super) struct MissingImport {
    pub(super) importer: String,
    pub(super) dll: String,
    /// The name, or `#` and the ordinal.
    pub(super) symbol: String,
}

impl Modules {
    /// Address of a thunk that reports `import` when called.
    pub(super) fn missing_thunk(&self, import: MissingImport) -> Option<u64> {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(missing.len()).ok()?;
        missing.push(import);
        self.thunks.address(id).ok()
    }
}

/// The code that thunks jump to.
pub(super) fn handler() -> u64 {
    entry as *const () as u64
}

/// Entered by a thunk with its number in EAX and the caller's return address on the stack.
#[unsafe(naked)]
extern "win64" fn entry() -> ! {
    naked_asm!("mov ecx, eax", "mov rdx, [rsp]", "sub rsp, 40", "call {}", "ud2", sym called)
}

/// Ends the process: a missing API was called.
extern "win64" fn called(id: u32, caller: u64) -> ! {
    let Some(cx) = gate::current() else { std::process::abort() };
    let missing = cx.process.modules.missing.lock().unwrap_or_else(PoisonError::into_inner).get(id as usize).cloned();
    let Some(MissingImport { importer, dll, symbol }) = missing else { std::process::abort() };
    let stem = dll.strip_suffix(".dll").unwrap_or(&dll);
    let place = cx.process.place_of(caller).unwrap_or_else(|| format!("{caller:#x}"));
    let add = match symbol.strip_prefix('#') {
        Some(ordinal) => format!("it is imported by ordinal {ordinal}; see docs/adding-an-api.md"),
        None => format!("the skeleton of the shim to add: cargo xtask new-shim {stem} {symbol}"),
    };
    say(format_args!("{importer} called {stem}!{symbol}, which exeunt does not have yet (called from {place}); {add}"));
    cx.process.exit_as(u32::try_from(MISSING_API).unwrap_or_default(), MISSING_API)
}
