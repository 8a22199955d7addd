//! debugapi.h: debuggers.

use abi::{Exception, HANDLE, NTSTATUS, Out, PCSTR, PCWSTR, Raises, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::process;

/// Tells whether a debugger is attached to a process.
#[shim(stub = "there is no debugger for guests")]
pub(super) fn CheckRemoteDebuggerPresent(cx: &Cx, hProcess: HANDLE, pbDebuggerPresent: Out<i32>) -> Win32Result<()> {
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(pbDebuggerPresent.set(0)?)
}

/// Raises a breakpoint exception.
#[shim(full)]
pub(super) fn DebugBreak() -> Raises<()> {
    Err(Box::new(Exception::new(NTSTATUS::STATUS_BREAKPOINT, &[0])))
}

/// Tells whether a debugger is attached to the caller.
#[shim(stub = "there is no debugger for guests")]
pub(super) fn IsDebuggerPresent() -> bool {
    false
}

/// Sends text to the debugger.
#[shim(stub = "without a debugger Windows shows it nowhere either; a trace shows it")]
pub(super) fn OutputDebugStringA(lpOutputString: PCSTR) {
    let _ = lpOutputString;
}

/// Sends text to the debugger.
#[shim(stub = "without a debugger Windows shows it nowhere either; a trace shows it")]
pub(super) fn OutputDebugStringW(lpOutputString: PCWSTR) {
    let _ = lpOutputString;
}
