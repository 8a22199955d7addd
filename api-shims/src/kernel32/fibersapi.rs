//! fibersapi.h: fiber-local storage.

use abi::{Invalid, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

/// Takes an index whose value is NULL in every thread, with a callback for the values that go.
#[shim(full)]
pub(super) fn FlsAlloc(cx: &Cx, lpCallback: Ptr<u8>) -> Win32Result<Invalid<u32>> {
    Ok(Invalid(cx.process.fls.allocate(lpCallback.address())?))
}

/// Gives an index back; its callback runs for each value that is not NULL.
#[shim(full)]
pub(super) fn FlsFree(cx: &Cx, dwFlsIndex: u32) -> Win32Result<()> {
    Ok(cx.free_fls_index(dwFlsIndex)?)
}

/// Gives the calling fiber's value of an index.
#[shim(full)]
pub(super) fn FlsGetValue(cx: &Cx, dwFlsIndex: u32) -> Win32Result<Ptr<u8>> {
    if !cx.process.fls.is_taken(dwFlsIndex) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    // Documented: success sets the last error, so that a NULL value is known from a failure.
    cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    Ok(Ptr::at(cx.thread.fls().get(dwFlsIndex)))
}

/// Sets the calling fiber's value of an index.
#[shim(full)]
pub(super) fn FlsSetValue(cx: &Cx, dwFlsIndex: u32, lpFlsData: Ptr<u8>) -> Win32Result<()> {
    if !cx.process.fls.is_taken(dwFlsIndex) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    cx.thread.fls().set(dwFlsIndex, lpFlsData.address());
    Ok(())
}

/// Tells whether the thread is a fiber.
#[shim(full)]
pub(super) fn IsThreadAFiber(cx: &Cx) -> bool {
    cx.is_fiber()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn only_a_taken_index_has_a_value() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let index = guest.call("kernel32!FlsAlloc", &[0]);
            guest.call("kernel32!FlsSetValue", &[index, 0x1000]);
            assert_eq!(guest.call("kernel32!FlsGetValue", &[index]), 0x1000);
            guest.call("kernel32!FlsFree", &[index]);
            guest.call("kernel32!FlsGetValue", &[index]);
            guest.call("kernel32!FlsSetValue", &[u64::from(u32::MAX), 1]);
            guest.call("kernel32!FlsFree", &[index]);
        });
        assert_snapshot!(trace, @r"
        kernel32!FlsAlloc(lpCallback=NULL) = 1
        kernel32!FlsSetValue(dwFlsIndex=1, lpFlsData=@1) = TRUE
        kernel32!FlsGetValue(dwFlsIndex=1) = @1
        kernel32!FlsFree(dwFlsIndex=1) = TRUE
        kernel32!FlsGetValue(dwFlsIndex=1) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!FlsSetValue(dwFlsIndex=4294967295, lpFlsData=@2) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!FlsFree(dwFlsIndex=1) = FALSE (ERROR_INVALID_PARAMETER)
        ");
    }
}
