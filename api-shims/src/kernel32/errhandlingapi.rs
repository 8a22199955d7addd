//! errhandlingapi.h: errors and exceptions.

use abi::{WIN32_ERROR, shim};
use syscall_xlate::Cx;

/// Gives the calling thread's last error.
#[shim(full)]
pub(super) fn GetLastError(cx: &Cx) -> WIN32_ERROR {
    cx.thread.last_error()
}

/// Sets the calling thread's last error.
#[shim(full)]
pub(super) fn SetLastError(cx: &Cx, dwErrCode: u32) {
    cx.thread.set_last_error(WIN32_ERROR(dwErrCode));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn the_last_error_is_the_thread_s() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!SetLastError", &[2]);
            assert_eq!(guest.call("kernel32!GetLastError", &[]), 2);
        });
        assert_snapshot!(trace, @r"
        kernel32!SetLastError(dwErrCode=2)
        kernel32!GetLastError() = ERROR_FILE_NOT_FOUND
        ");
    }
}
