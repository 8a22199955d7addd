//! handleapi.h: what is done with any handle.

use abi::{HANDLE, Out, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::{Duplication, HandleFlags};

use super::named::inherit_flag;

abi::flags! {
    /// What belongs to a handle.
    pub(super) struct HANDLE_FLAGS: u32 {
        HANDLE_FLAG_INHERIT = 1;
        HANDLE_FLAG_PROTECT_FROM_CLOSE = 2;
    }

    /// How `DuplicateHandle` does it.
    pub(super) struct DUPLICATE_HANDLE_OPTIONS: u32 {
        DUPLICATE_CLOSE_SOURCE = 1;
        DUPLICATE_SAME_ACCESS = 2;
    }
}

/// Closes a handle; its object goes with the last one.
#[shim(full)]
pub(super) fn CloseHandle(cx: &Cx, hObject: HANDLE) -> Win32Result<()> {
    match hObject {
        // Windows closes the pseudo handles with success, and they stay.
        HANDLE::CURRENT_PROCESS | HANDLE::CURRENT_THREAD => Ok(()),
        handle => Ok(cx.process.handles.close(handle)?),
    }
}

/// Tells whether two handles stand for the same object.
#[shim(full)]
pub(super) fn CompareObjectHandles(
    cx: &Cx,
    hFirstObjectHandle: HANDLE,
    hSecondObjectHandle: HANDLE,
) -> Win32Result<()> {
    Ok(cx.compare(hFirstObjectHandle, hSecondObjectHandle)?)
}

/// Makes another handle to an object.
#[shim(partial = "between processes only where both are the caller's own")]
pub(super) fn DuplicateHandle(
    cx: &Cx,
    hSourceProcessHandle: HANDLE,
    hSourceHandle: HANDLE,
    hTargetProcessHandle: HANDLE,
    lpTargetHandle: Out<HANDLE>,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    dwOptions: DUPLICATE_HANDLE_OPTIONS,
) -> Win32Result<()> {
    lpTargetHandle.set_opt(HANDLE::NULL)?;
    let has = |option| dwOptions.contains(option);
    let new = cx.duplicate(Duplication {
        source_process: hSourceProcessHandle,
        source: hSourceHandle,
        target_process: hTargetProcessHandle,
        access: (!has(DUPLICATE_HANDLE_OPTIONS::DUPLICATE_SAME_ACCESS)).then_some(dwDesiredAccess),
        flags: Some(inherit_flag(bInheritHandle)),
        closes_source: has(DUPLICATE_HANDLE_OPTIONS::DUPLICATE_CLOSE_SOURCE),
    })?;
    Ok(lpTargetHandle.set_opt(new)?)
}

/// Gives a handle's flags.
#[shim(full)]
pub(super) fn GetHandleInformation(cx: &Cx, hObject: HANDLE, lpdwFlags: Out<HANDLE_FLAGS>) -> Win32Result<()> {
    let flags = cx.process.handles.info(hObject)?.flags;
    Ok(lpdwFlags.set(HANDLE_FLAGS::from_bits_retain(flags.bits()))?)
}

/// Changes a handle's flags.
#[shim(full)]
pub(super) fn SetHandleInformation(
    cx: &Cx,
    hObject: HANDLE,
    dwMask: HANDLE_FLAGS,
    dwFlags: HANDLE_FLAGS,
) -> Win32Result<()> {
    let flags = |flags: HANDLE_FLAGS| HandleFlags::from_bits_truncate(flags.bits());
    Ok(cx.process.handles.set_flags(hObject, flags(dwMask), flags(dwFlags))?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_protected_handle_is_not_closed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let event = guest.call("kernel32!CreateEventW", &[0, 1, 0, 0]);
            guest.call("kernel32!SetHandleInformation", &[event, 3, 2]);
            let flags = guest.buffer(4);
            guest.call("kernel32!GetHandleInformation", &[event, flags]);
            guest.call("kernel32!CloseHandle", &[event]);
            guest.call("kernel32!SetHandleInformation", &[event, 2, 0]);
            guest.call("kernel32!CloseHandle", &[event]);
            guest.call("kernel32!CloseHandle", &[event]);
            guest.call("kernel32!CloseHandle", &[u64::MAX]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateEventW(lpEventAttributes=NULL, bManualReset=TRUE, bInitialState=FALSE, lpName=NULL) = h1
        kernel32!SetHandleInformation(hObject=h1, dwMask=HANDLE_FLAG_INHERIT|HANDLE_FLAG_PROTECT_FROM_CLOSE, dwFlags=HANDLE_FLAG_PROTECT_FROM_CLOSE) = TRUE
        kernel32!GetHandleInformation(hObject=h1, lpdwFlags=&HANDLE_FLAG_PROTECT_FROM_CLOSE) = TRUE
        kernel32!CloseHandle(hObject=h1) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!SetHandleInformation(hObject=h1, dwMask=HANDLE_FLAG_PROTECT_FROM_CLOSE, dwFlags=0) = TRUE
        kernel32!CloseHandle(hObject=h1) = TRUE
        kernel32!CloseHandle(hObject=h1) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!CloseHandle(hObject=0xffffffffffffffff) = TRUE
        ");
    }

    #[test]
    fn a_duplicate_is_the_same_object() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let event = guest.call("kernel32!CreateEventW", &[0, 1, 0, 0]);
            let other = guest.buffer(8);
            guest.call("kernel32!DuplicateHandle", &[u64::MAX, event, u64::MAX, other, 0, 0, 3]);
            let other = guest.read::<u64>(other);
            guest.call("kernel32!SetEvent", &[event]);
            guest.call("kernel32!SetEvent", &[other]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateEventW(lpEventAttributes=NULL, bManualReset=TRUE, bInitialState=FALSE, lpName=NULL) = h1
        kernel32!DuplicateHandle(hSourceProcessHandle=0xffffffffffffffff, hSourceHandle=h1, hTargetProcessHandle=0xffffffffffffffff, lpTargetHandle=&h2, dwDesiredAccess=0, bInheritHandle=FALSE, dwOptions=DUPLICATE_CLOSE_SOURCE|DUPLICATE_SAME_ACCESS) = TRUE
        kernel32!SetEvent(hEvent=h1) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!SetEvent(hEvent=h2) = TRUE
        ");
    }
}
