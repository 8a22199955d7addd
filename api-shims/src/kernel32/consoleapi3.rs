//! consoleapi3.h: the console's window and processes.

use abi::{HANDLE, Ptr, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

/// Gives the console's window.
#[shim(stub = "a terminal has no window of Windows; documented for a console without one")]
pub(super) fn GetConsoleWindow() -> HANDLE {
    HANDLE::NULL
}

/// Gives the processes that are attached to the console: this one.
#[shim(partial = "of those attached only this process is known")]
pub(super) fn GetConsoleProcessList(
    cx: &Cx,
    lpdwProcessList: Ptr<Varying<u32>>,
    dwProcessCount: u32,
) -> Win32Result<u32> {
    if dwProcessCount == 0 || lpdwProcessList.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    lpdwProcessList.write(&Varying(cx.process.id()))?;
    Ok(1)
}
