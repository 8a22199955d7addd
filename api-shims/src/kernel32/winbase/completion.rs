//! Completion ports: what a file tells them.

use abi::{HANDLE, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::NotificationModes;

use crate::kernel32::fileapi::with_file;

abi::flags! {
    /// Whom the end of an operation is not told to.
    pub(in crate::kernel32) struct NOTIFICATION_MODES: u8 {
        FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 1;
        FILE_SKIP_SET_EVENT_ON_HANDLE = 2;
    }
}

/// Says whom the end of a file's operations is not told to; for good.
#[shim(full)]
pub(in crate::kernel32) fn SetFileCompletionNotificationModes(
    cx: &Cx,
    FileHandle: HANDLE,
    Flags: NOTIFICATION_MODES,
) -> Win32Result<()> {
    let Some(modes) = NotificationModes::from_bits(Flags.bits()) else {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    };
    with_file(cx, FileHandle, |file| {
        file.add_notification_modes(modes);
        Ok(())
    })
}
