//! jobapi.h: jobs, of which there are none.

use abi::{HANDLE, Out, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::process;

/// Tells whether a process is in a job, or in any for NULL.
#[shim(partial = "no process is in a job, and there is no handle to one")]
pub(super) fn IsProcessInJob(cx: &Cx, ProcessHandle: HANDLE, JobHandle: HANDLE, Result: Out<i32>) -> Win32Result<()> {
    cx.process_of(ProcessHandle, process::QUERY_LIMITED_INFORMATION)?;
    if !JobHandle.is_null() {
        cx.process.handles.info(JobHandle)?;
        return Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into());
    }
    Ok(Result.set(0)?)
}
