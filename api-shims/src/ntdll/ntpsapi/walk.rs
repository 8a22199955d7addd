//! Going through processes and their threads, and jobs, of which there are none.

use abi::{HANDLE, NTSTATUS, NtResult, Out, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::HandleFlags;
use syscall_xlate::sync::{process, thread};

use crate::ntdll::structs::INHERIT;
use crate::ntdll::winternl::own;

fn flags(attributes: u32) -> HandleFlags {
    if attributes & INHERIT != 0 { HandleFlags::INHERIT } else { HandleFlags::empty() }
}

/// Opens the process behind another one; the first for NULL.
#[shim(partial = "the caller's own process is the only one")]
pub(in crate::ntdll) fn NtGetNextProcess(
    cx: &Cx,
    ProcessHandle: HANDLE,
    DesiredAccess: u32,
    HandleAttributes: u32,
    Flags: u32,
    NewProcessHandle: Out<HANDLE>,
) -> NtResult<()> {
    if Flags > 1 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    NewProcessHandle.set(HANDLE::NULL)?;
    if !ProcessHandle.is_null() {
        cx.process_of(ProcessHandle, 0)?;
        return Err(NTSTATUS::STATUS_NO_MORE_ENTRIES);
    }
    let access = process::granted(DesiredAccess);
    let new = cx.process.handles.insert(cx.process.object.clone(), access, flags(HandleAttributes))?;
    Ok(NewProcessHandle.set(new)?)
}

/// Opens the thread of a process behind another one; the first for NULL.
#[shim(partial = "threads of the caller's own process only")]
pub(in crate::ntdll) fn NtGetNextThread(
    cx: &Cx,
    ProcessHandle: HANDLE,
    ThreadHandle: HANDLE,
    DesiredAccess: u32,
    HandleAttributes: u32,
    Flags: u32,
    NewThreadHandle: Out<HANDLE>,
) -> NtResult<()> {
    if Flags != 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    NewThreadHandle.set(HANDLE::NULL)?;
    own(cx, ProcessHandle)?;
    let after = match ThreadHandle {
        HANDLE::NULL => None,
        handle => Some(cx.thread_of(handle, 0)?.id()),
    };
    let next = cx.process.thread_objects.after(after).ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)?;
    let new = cx.process.handles.insert(next, thread::granted(DesiredAccess), flags(HandleAttributes))?;
    Ok(NewThreadHandle.set(new)?)
}

/// Tells whether a process is in a job, or in any for NULL.
#[shim(partial = "no process is in a job, and there is no handle to one")]
pub(in crate::ntdll) fn NtIsProcessInJob(cx: &Cx, ProcessHandle: HANDLE, JobHandle: HANDLE) -> NTSTATUS {
    let work = || {
        cx.process_of(ProcessHandle, process::QUERY_LIMITED_INFORMATION)?;
        if !JobHandle.is_null() {
            cx.process.handles.info(JobHandle)?;
            return Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH);
        }
        Ok(NTSTATUS::STATUS_PROCESS_NOT_IN_JOB)
    };
    work().unwrap_or_else(|status| status)
}
