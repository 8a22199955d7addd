//! Windows, input, clipboard: there is no display, so there are none of them.

use abi::{HANDLE, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

abi::guest_struct! {
    /// A place on the screen.
    pub(in crate::user32) struct POINT { x: i32, y: i32 }
}

/// Lets a process put its windows in front.
#[shim(stub = "without a display no process has windows to put in front")]
pub(in crate::user32) fn AllowSetForegroundWindow(dwProcessId: u32) -> bool {
    let _ = dwProcessId;
    true
}

/// Gives the calling thread's active window.
#[shim(stub = "without a display there is no active window")]
pub(in crate::user32) fn GetActiveWindow() -> HANDLE {
    HANDLE::NULL
}

/// Gives the window that has captured the mouse.
#[shim(stub = "without a display there is no mouse to capture")]
pub(in crate::user32) fn GetCapture() -> HANDLE {
    HANDLE::NULL
}

/// Gives the place of the caret.
#[shim(stub = "without a window there is no caret, whose place is then the origin")]
pub(in crate::user32) fn GetCaretPos(lpPoint: Out<POINT>) -> Win32Result<()> {
    Ok(lpPoint.set(POINT { x: 0, y: 0 })?)
}

/// Gives the window that owns the clipboard.
#[shim(stub = "without a display nobody owns the clipboard")]
pub(in crate::user32) fn GetClipboardOwner() -> HANDLE {
    HANDLE::NULL
}

/// Gives the first window that views the clipboard.
#[shim(stub = "without a display nobody views the clipboard")]
pub(in crate::user32) fn GetClipboardViewer() -> HANDLE {
    HANDLE::NULL
}

/// Gives the place of the mouse pointer.
#[shim(
    stub = "without a display there is no mouse pointer; that is the failure of a process outside the input desktop"
)]
pub(in crate::user32) fn GetCursorPos(lpPoint: Out<POINT>) -> Win32Result<()> {
    let _ = lpPoint;
    Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into())
}

/// Gives the window that all others lie on.
#[shim(stub = "without a display there is no such window")]
pub(in crate::user32) fn GetDesktopWindow() -> HANDLE {
    HANDLE::NULL
}

/// Gives the window that keys go to.
#[shim(stub = "without a display no window has the focus")]
pub(in crate::user32) fn GetFocus() -> HANDLE {
    HANDLE::NULL
}

/// Gives the window that the user works with.
#[shim(stub = "without a display the user works with no window")]
pub(in crate::user32) fn GetForegroundWindow() -> HANDLE {
    HANDLE::NULL
}

/// Tells whether there are mouse or key messages for the thread.
#[shim(stub = "without a display there are no such messages")]
pub(in crate::user32) fn GetInputState() -> bool {
    false
}

/// Gives the place of the mouse pointer at the last message that the thread got.
#[shim(stub = "without a display a thread gets no messages")]
pub(in crate::user32) fn GetMessagePos() -> u32 {
    0
}

/// Gives the time of the last message that the thread got.
#[shim(stub = "without a display a thread gets no messages")]
pub(in crate::user32) fn GetMessageTime() -> i32 {
    0
}

/// Gives the window that has the clipboard open.
#[shim(stub = "without a display nobody has the clipboard open")]
pub(in crate::user32) fn GetOpenClipboardWindow() -> HANDLE {
    HANDLE::NULL
}

/// Gives the process's window station.
#[shim(stub = "without a display there is no window station, as for a process that was given none")]
pub(in crate::user32) fn GetProcessWindowStation() -> Win32Result<HANDLE> {
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Tells which kinds of messages wait for the thread.
#[shim(stub = "without a display there are no messages")]
pub(in crate::user32) fn GetQueueStatus(flags: u32) -> u32 {
    let _ = flags;
    0
}

/// Gives a measure of the display, or a setting of the system.
#[shim(stub = "without a display every measure is 0, which is also the answer for what is not there")]
pub(in crate::user32) fn GetSystemMetrics(nIndex: i32) -> i32 {
    let _ = nIndex;
    0
}

/// Tells about a window station or desktop.
#[shim(stub = "without a display there are no window stations and desktops, so that every handle is wrong")]
pub(in crate::user32) fn GetUserObjectInformationA(
    hObj: HANDLE,
    nIndex: i32,
    pvInfo: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Out<u32>,
) -> Win32Result<()> {
    let _ = (hObj, nIndex, pvInfo, nLength, lpnLengthNeeded);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Tells about a window station or desktop.
#[shim(stub = "without a display there are no window stations and desktops, so that every handle is wrong")]
pub(in crate::user32) fn GetUserObjectInformationW(
    hObj: HANDLE,
    nIndex: i32,
    pvInfo: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Out<u32>,
) -> Win32Result<()> {
    let _ = (hObj, nIndex, pvInfo, nLength, lpnLengthNeeded);
    Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into())
}

/// Gives the thread, and the process, of a window.
#[shim(stub = "without a display there are no windows")]
pub(in crate::user32) fn GetWindowThreadProcessId(cx: &Cx, hWnd: HANDLE, lpdwProcessId: Out<u32>) -> Win32Result<u32> {
    let _ = (cx, hWnd, lpdwProcessId);
    Err(WIN32_ERROR::ERROR_INVALID_WINDOW_HANDLE.into())
}

/// Tells whether a handle is a window's.
#[shim(stub = "without a display there are no windows")]
pub(in crate::user32) fn IsWindow(hWnd: HANDLE) -> Win32Result<bool> {
    let _ = hWnd;
    Err(WIN32_ERROR::ERROR_INVALID_WINDOW_HANDLE.into())
}

/// Looks for a message to the thread, without waiting.
#[shim(stub = "without a display there are no messages")]
pub(in crate::user32) fn PeekMessageA(
    lpMsg: Ptr<u8>,
    hWnd: HANDLE,
    wMsgFilterMin: u32,
    wMsgFilterMax: u32,
    wRemoveMsg: u32,
) -> bool {
    let _ = (lpMsg, hWnd, wMsgFilterMin, wMsgFilterMax, wRemoveMsg);
    false
}

/// Looks for a message to the thread, without waiting.
#[shim(stub = "without a display there are no messages")]
pub(in crate::user32) fn PeekMessageW(
    lpMsg: Ptr<u8>,
    hWnd: HANDLE,
    wMsgFilterMin: u32,
    wMsgFilterMax: u32,
    wRemoveMsg: u32,
) -> bool {
    let _ = (lpMsg, hWnd, wMsgFilterMin, wMsgFilterMax, wRemoveMsg);
    false
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn there_is_nothing_to_see() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("user32!GetDesktopWindow", &[]);
            guest.call("user32!GetProcessWindowStation", &[]);
            guest.call("user32!GetCaretPos", &[guest.buffer(8)]);
            guest.call("user32!GetCursorPos", &[guest.buffer(8)]);
            guest.call("user32!GetSystemMetrics", &[0]);
        });
        assert_snapshot!(trace, @r"
        user32!GetDesktopWindow() = 0x0
        user32!GetProcessWindowStation() = 0x0 (ERROR_INVALID_HANDLE)
        user32!GetCaretPos(lpPoint=&{x=0, y=0}) = TRUE
        user32!GetCursorPos(lpPoint=@2) = FALSE (ERROR_ACCESS_DENIED)
        user32!GetSystemMetrics(nIndex=0) = 0
        ");
    }
}
