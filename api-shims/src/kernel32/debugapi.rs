//! debugapi.h: debuggers.

use abi::{CONTEXT, Exception, HANDLE, NTSTATUS, Out, PCSTR, PCWSTR, Ptr, Raises, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::sync::process;
use syscall_xlate::{Cx, exception};

use crate::text;

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

/// What vectored handlers are told of at most, in bytes: as much as goes to a debugger without one attached.
const MOST_TOLD: usize = 4096;

/// Sends text to the debugger.
///
/// A debugger gets it as the exception `DBG_PRINTEXCEPTION_C`, with its length and address, which vectored handlers see, too.
#[shim(partial = "there are no debuggers to get it; `--debug-output` and traces show it")]
pub(super) fn OutputDebugStringA(cx: &Cx, caller: &CONTEXT, lpOutputString: PCSTR) {
    let length = {
        let Ok(bytes) = lpOutputString.read() else { return };
        cx.show_debug_output(&text::to_wide(cx, &bytes));
        bytes.len() as u64 + 1
    };
    tell(cx, caller, length, lpOutputString.address());
}

/// Sends text to the debugger, in the ANSI code page.
#[shim(partial = "there are no debuggers to get it; `--debug-output` and traces show it")]
pub(super) fn OutputDebugStringW(cx: &Cx, caller: &CONTEXT, lpOutputString: PCWSTR) {
    // On this stack: a handler may jump away.
    let mut told = [0; MOST_TOLD];
    let length = {
        let Ok(units) = lpOutputString.read() else { return };
        cx.show_debug_output(&units);
        let bytes = text::to_ansi(cx, &units);
        let length = bytes.len().min(MOST_TOLD - 1);
        told[..length].copy_from_slice(&bytes[..length]);
        length as u64 + 1
    };
    tell(cx, caller, length, told.as_ptr() as u64);
}

/// Tells vectored handlers of text of `length` bytes with its closing zero.
fn tell(cx: &Cx, caller: &CONTEXT, length: u64, address: u64) {
    exception::tell(cx, caller, &Exception::new(NTSTATUS::DBG_PRINTEXCEPTION_C, &[length, address]));
}

/// Lets the caller debug a process.
#[shim(stub = "there are no debuggers among guests: it fails as for a process that cannot be debugged")]
pub(super) fn DebugActiveProcess(dwProcessId: u32) -> Win32Result<()> {
    let _ = dwProcessId;
    Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into())
}

/// Ends the debugging of a process.
#[shim(stub = "the caller debugs none")]
pub(super) fn DebugActiveProcessStop(dwProcessId: u32) -> Win32Result<()> {
    let _ = dwProcessId;
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Goes on after an event of a debugged process.
#[shim(stub = "the caller debugs none")]
pub(super) fn ContinueDebugEvent(dwProcessId: u32, dwThreadId: u32, dwContinueStatus: u32) -> Win32Result<()> {
    let _ = (dwProcessId, dwThreadId, dwContinueStatus);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Waits for an event of a debugged process.
#[shim(stub = "the caller debugs none")]
pub(super) fn WaitForDebugEvent(lpDebugEvent: Ptr<u8>, dwMilliseconds: u32) -> Win32Result<()> {
    let _ = (lpDebugEvent, dwMilliseconds);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn nobody_debugs() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let text = guest.ansi("said");
            guest.call("kernel32!IsDebuggerPresent", &[]);
            guest.call("kernel32!OutputDebugStringA", &[text]);
            guest.call("kernel32!OutputDebugStringA", &[0]);
            guest.call("kernel32!DebugActiveProcess", &[4]);
            guest.call("kernel32!DebugActiveProcessStop", &[4]);
            guest.call("kernel32!ContinueDebugEvent", &[4, 4, 0]);
            guest.call("kernel32!WaitForDebugEvent", &[0, 0]);
        });
        assert_snapshot!(trace, @r#"
        kernel32!IsDebuggerPresent() = FALSE
        kernel32!OutputDebugStringA(lpOutputString="said")
        kernel32!OutputDebugStringA(lpOutputString=NULL)
        kernel32!DebugActiveProcess(dwProcessId=4) = FALSE (ERROR_NOT_SUPPORTED)
        kernel32!DebugActiveProcessStop(dwProcessId=4) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!ContinueDebugEvent(dwProcessId=4, dwThreadId=4, dwContinueStatus=0) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!WaitForDebugEvent(lpDebugEvent=NULL, dwMilliseconds=0) = FALSE (ERROR_INVALID_HANDLE)
        "#);
    }
}
