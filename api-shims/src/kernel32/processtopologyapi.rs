//! processtopologyapi.h: the groups of processors, of which there is one.

use abi::{HANDLE, InOut, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::process;

/// Gives the groups that a process has processors in.
#[shim(full)]
pub(super) fn GetProcessGroupAffinity(
    cx: &Cx,
    hProcess: HANDLE,
    GroupCount: InOut<u16>,
    GroupArray: Ptr<u16>,
) -> Win32Result<()> {
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    let room = GroupCount.read()?;
    GroupCount.set(1)?;
    if room == 0 {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(GroupArray.write(&0)?)
}
