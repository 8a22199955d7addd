//! What is known of processes, and what can be asked of them.

use abi::{HANDLE, Out, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::process;
use syscall_xlate::usage;

use super::thread::{filetime, insert};
use crate::kernel32::structs::FILETIME;

abi::choices! {
    /// How urgent a process is.
    pub(in crate::kernel32) struct PROCESS_PRIORITY_CLASS: u32 {
        NORMAL_PRIORITY_CLASS = 0x20;
        IDLE_PRIORITY_CLASS = 0x40;
        HIGH_PRIORITY_CLASS = 0x80;
        REALTIME_PRIORITY_CLASS = 0x100;
        BELOW_NORMAL_PRIORITY_CLASS = 0x4000;
        ABOVE_NORMAL_PRIORITY_CLASS = 0x8000;
        PROCESS_MODE_BACKGROUND_BEGIN = 0x10_0000;
        PROCESS_MODE_BACKGROUND_END = 0x20_0000;
    }
}

/// Gives a process's exit code; `STILL_ACTIVE` while it runs.
#[shim(full)]
pub(in crate::kernel32) fn GetExitCodeProcess(cx: &Cx, hProcess: HANDLE, lpExitCode: Out<u32>) -> Win32Result<()> {
    let process = cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(lpExitCode.set(process.exit_status())?)
}

/// Gives how urgent a process is.
#[shim(full)]
pub(in crate::kernel32) fn GetPriorityClass(cx: &Cx, hProcess: HANDLE) -> Win32Result<u32> {
    Ok(cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?.priority_class())
}

/// Gives the processors of the process and of the machine.
#[shim(partial = "the caller's own process only; processors beyond 64 are left out")]
pub(in crate::kernel32) fn GetProcessAffinityMask(
    cx: &Cx,
    hProcess: HANDLE,
    lpProcessAffinityMask: Out<usize>,
    lpSystemAffinityMask: Out<usize>,
) -> Win32Result<()> {
    own(cx, hProcess, process::QUERY_LIMITED_INFORMATION)?;
    lpProcessAffinityMask.set(cx.process.affinity.process() as usize)?;
    Ok(lpSystemAffinityMask.set(cx.process.affinity.system() as usize)?)
}

fn own(cx: &Cx, handle: HANDLE, access: u32) -> Win32Result<()> {
    match cx.is_own_process(handle, access)? {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()),
    }
}

/// Gives how many handles a process has open.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn GetProcessHandleCount(
    cx: &Cx,
    hProcess: HANDLE,
    pdwHandleCount: Out<u32>,
) -> Win32Result<()> {
    own(cx, hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(pdwHandleCount.set(cx.process.handles.handles().len() as u32)?)
}

/// Gives a process's identifier.
#[shim(full)]
pub(in crate::kernel32) fn GetProcessId(cx: &Cx, Process: HANDLE) -> Win32Result<u32> {
    Ok(cx.process_of(Process, process::QUERY_LIMITED_INFORMATION)?.id())
}

/// Gives when a process began and ended and what time it has used.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn GetProcessTimes(
    cx: &Cx,
    hProcess: HANDLE,
    lpCreationTime: Out<Varying<u64>>,
    lpExitTime: Out<FILETIME>,
    lpKernelTime: Out<Varying<u64>>,
    lpUserTime: Out<Varying<u64>>,
) -> Win32Result<()> {
    own(cx, hProcess, process::QUERY_LIMITED_INFORMATION)?;
    let times = usage::process_times();
    lpCreationTime.set(Varying(times.created))?;
    lpExitTime.set(filetime(0))?;
    lpKernelTime.set(Varying(times.kernel))?;
    Ok(lpUserTime.set(Varying(times.user))?)
}

/// Gives what the processors have done since the machine started; the kernel's time has the idle time in it. Units of 100 ns.
#[shim(full)]
pub(in crate::kernel32) fn GetSystemTimes(
    cx: &Cx,
    lpIdleTime: Out<Varying<u64>>,
    lpKernelTime: Out<Varying<u64>>,
    lpUserTime: Out<Varying<u64>>,
) -> Win32Result<()> {
    let all = usage::processor_times(cx.process.affinity.host_numbers());
    lpIdleTime.set_opt(Varying(all.iter().map(|times| times.idle).sum()))?;
    lpKernelTime.set_opt(Varying(all.iter().map(|times| times.kernel).sum()))?;
    Ok(lpUserTime.set_opt(Varying(all.iter().map(|times| times.user).sum()))?)
}

/// Opens the process with this identifier.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn OpenProcess(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    dwProcessId: u32,
) -> Win32Result<HANDLE> {
    match dwProcessId {
        id if id == cx.process.id() => {
            let access = process::granted(dwDesiredAccess);
            insert(cx, cx.process.object.clone(), access, bInheritHandle)
        }
        // "If the specified process is the System Idle Process (0x00000000), the function fails" with this error.
        0 => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
        id if std::path::Path::new(&format!("/proc/{id}")).exists() => Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into()),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives the session a process is in.
#[shim(stub = "there is one session, and it is the first that a user gets")]
pub(in crate::kernel32) fn ProcessIdToSessionId(dwProcessId: u32, pSessionId: Out<u32>) -> Win32Result<()> {
    let _ = dwProcessId;
    Ok(pSessionId.set(1)?)
}

/// Says how urgent a process is.
#[shim(partial = "it is kept and given back; the host schedules all processes alike")]
pub(in crate::kernel32) fn SetPriorityClass(
    cx: &Cx,
    hProcess: HANDLE,
    dwPriorityClass: PROCESS_PRIORITY_CLASS,
) -> Win32Result<()> {
    let process = cx.process_of(hProcess, process::SET_INFORMATION)?;
    match dwPriorityClass {
        PROCESS_PRIORITY_CLASS::PROCESS_MODE_BACKGROUND_BEGIN | PROCESS_PRIORITY_CLASS::PROCESS_MODE_BACKGROUND_END => {
        }
        class if class.name().is_some() => process.set_priority_class(class.0),
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
    Ok(())
}

/// Limits a process to some processors.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn SetProcessAffinityMask(
    cx: &Cx,
    hProcess: HANDLE,
    dwProcessAffinityMask: usize,
) -> Win32Result<()> {
    own(cx, hProcess, process::SET_INFORMATION)?;
    let threads = cx.process.thread_objects.living();
    Ok(cx.process.affinity.limit_process(dwProcessAffinityMask as u64, &threads)?)
}

/// Says whether priorities in a process may be raised for a time.
#[shim(stub = "the host does not raise priorities of its own accord")]
pub(in crate::kernel32) fn SetProcessPriorityBoost(
    cx: &Cx,
    hProcess: HANDLE,
    bDisablePriorityBoost: bool,
) -> Win32Result<()> {
    let _ = bDisablePriorityBoost;
    cx.process_of(hProcess, process::SET_INFORMATION)?;
    Ok(())
}

/// Says in which order processes are told that the system shuts down.
#[shim(stub = "nobody shuts the system down from here")]
pub(in crate::kernel32) fn SetProcessShutdownParameters(dwLevel: u32, dwFlags: u32) -> Win32Result<()> {
    let _ = (dwLevel, dwFlags);
    Ok(())
}

/// Ends a process at once.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn TerminateProcess(cx: &Cx, hProcess: HANDLE, uExitCode: u32) -> Win32Result<()> {
    own(cx, hProcess, process::TERMINATE)?;
    cx.terminate_process(uExitCode)
}
