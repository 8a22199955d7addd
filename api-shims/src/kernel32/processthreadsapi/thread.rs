//! Threads.

use std::sync::Arc;

use abi::{HANDLE, HRESULT, In, InOut, Invalid, Out, PCWSTR, Ptr, Raises, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::{HeapFlags, Heaps};
use syscall_xlate::object::{Access, Object};
use syscall_xlate::program::NewThread;
use syscall_xlate::sync::thread;
use syscall_xlate::wait::Apc;
use syscall_xlate::{scheduling, usage};

use super::scheduling::PROCESSOR_NUMBER;
use crate::kernel32::named::{handle_flags, inherit_flag};
use crate::kernel32::structs::{FILETIME, SECURITY_ATTRIBUTES};

abi::flags! {
    /// How a thread is started.
    pub(in crate::kernel32) struct THREAD_CREATION_FLAGS: u32 {
        CREATE_SUSPENDED = 0x4;
        STACK_SIZE_PARAM_IS_A_RESERVATION = 0x1_0000;
    }
}

abi::choices! {
    /// A thread's priority relative to its process's class.
    pub(in crate::kernel32) struct THREAD_PRIORITY: i32 {
        THREAD_PRIORITY_IDLE = -15;
        THREAD_PRIORITY_LOWEST = -2;
        THREAD_PRIORITY_BELOW_NORMAL = -1;
        THREAD_PRIORITY_NORMAL = 0;
        THREAD_PRIORITY_ABOVE_NORMAL = 1;
        THREAD_PRIORITY_HIGHEST = 2;
        THREAD_PRIORITY_TIME_CRITICAL = 15;
    }
}

/// What `GetThreadPriority` gives for no thread (`THREAD_PRIORITY_ERROR_RETURN`).
const PRIORITY_ERROR: i32 = i32::MAX;
/// `THREAD_MODE_BACKGROUND_BEGIN` and `_END`, which `SetThreadPriority` takes as well.
const BACKGROUND_MODES: [i32; 2] = [0x1_0000, 0x2_0000];
/// Stack sizes up to this are no more than every thread has.
const USUAL_STACK: u64 = 1 << 20;

/// Starts a thread.
#[shim(full)]
pub(in crate::kernel32) fn CreateThread(
    cx: &Cx,
    lpThreadAttributes: In<SECURITY_ATTRIBUTES>,
    dwStackSize: usize,
    lpStartAddress: Ptr<u8>,
    lpParameter: Ptr<u8>,
    dwCreationFlags: THREAD_CREATION_FLAGS,
    lpThreadId: Out<Varying<u32>>,
) -> Win32Result<HANDLE> {
    let flags = handle_flags(lpThreadAttributes)?;
    let size = dwStackSize as u64;
    let reservation = dwCreationFlags.contains(THREAD_CREATION_FLAGS::STACK_SIZE_PARAM_IS_A_RESERVATION);
    let new = NewThread {
        start: lpStartAddress.address(),
        parameter: lpParameter.address(),
        // Without the flag the size is only what is committed at first, and what is reserved follows if it must.
        stack: if reservation || size > USUAL_STACK { size } else { 0 },
        suspended: dwCreationFlags.contains(THREAD_CREATION_FLAGS::CREATE_SUSPENDED),
    };
    let object = cx.start_thread(new)?;
    let id = object.id();
    let handle = cx.process.handles.insert(object, thread::ALL_ACCESS, flags)?;
    lpThreadId.set_opt(Varying(id))?;
    Ok(handle)
}

/// Gives the bounds of the calling thread's stack.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentThreadStackLimits(
    cx: &Cx,
    LowLimit: Out<Varying<u64>>,
    HighLimit: Out<Varying<u64>>,
) -> Raises<()> {
    // `DeallocationStack` and `StackBase` of the TEB.
    let (low, high) = (Ptr::<u64>::at(cx.thread.teb() + 0x1478), Ptr::<u64>::at(cx.thread.teb() + 0x8));
    LowLimit.set(Varying(low.read()?))?;
    Ok(HighLimit.set(Varying(high.read()?))?)
}

/// Gives the number of the processor the thread runs on.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentProcessorNumber(cx: &Cx) -> Varying<u32> {
    Varying(cx.process.affinity.current())
}

/// Gives the group and the number of the processor the thread runs on.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentProcessorNumberEx(
    cx: &Cx,
    ProcNumber: Out<Varying<PROCESSOR_NUMBER>>,
) -> abi::Raises<()> {
    let Number = cx.process.affinity.current() as u8;
    Ok(ProcNumber.set(Varying(PROCESSOR_NUMBER { Number, ..PROCESSOR_NUMBER::default() }))?)
}

/// Gives a thread's exit code; `STILL_ACTIVE` while it runs.
#[shim(full)]
pub(in crate::kernel32) fn GetExitCodeThread(cx: &Cx, hThread: HANDLE, lpExitCode: Out<u32>) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION)?;
    Ok(lpExitCode.set(thread.reported_status())?)
}

/// Gives the identifier of a thread's process.
#[shim(full)]
pub(in crate::kernel32) fn GetProcessIdOfThread(cx: &Cx, Thread: HANDLE) -> Win32Result<u32> {
    cx.thread_of(Thread, thread::QUERY_LIMITED_INFORMATION)?;
    Ok(cx.process.id())
}

/// Gives a thread's name, in memory that `LocalFree` frees.
#[shim(full)]
pub(in crate::kernel32) fn GetThreadDescription(
    cx: &Cx,
    hThread: HANDLE,
    ppszThreadDescription: Out<Ptr<u16>>,
) -> Raises<HRESULT> {
    let thread = match cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION) {
        Ok(thread) => thread,
        Err(status) => return Ok(hresult(status)),
    };
    let mut name = thread.description();
    name.push(0);
    match cx.process.heaps.allocate(Heaps::PROCESS, HeapFlags::empty(), 2 * name.len() as u64) {
        Ok(address) => {
            Ptr::<u16>::at(address).write_slice(&name)?;
            ppszThreadDescription.set(Ptr::at(address))?;
            Ok(HRESULT(0))
        }
        Err(status) => Ok(hresult(status)),
    }
}

/// `HRESULT_FROM_NT`
fn hresult(status: abi::NTSTATUS) -> HRESULT {
    HRESULT(status.0 | 0x1000_0000)
}

/// Gives a thread's identifier.
#[shim(full)]
pub(in crate::kernel32) fn GetThreadId(cx: &Cx, Thread: HANDLE) -> Win32Result<u32> {
    Ok(cx.thread_of(Thread, thread::QUERY_LIMITED_INFORMATION)?.id())
}

/// Gives a thread's priority.
#[shim(full)]
pub(in crate::kernel32) fn GetThreadPriority(cx: &Cx, hThread: HANDLE) -> i32 {
    match cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION) {
        Ok(thread) => thread.priority(),
        Err(status) => {
            cx.thread.set_last_error(status.into());
            PRIORITY_ERROR
        }
    }
}

/// Gives when a thread began and ended and what time it has used.
#[shim(partial = "the times of a thread that has ended are 0")]
pub(in crate::kernel32) fn GetThreadTimes(
    cx: &Cx,
    hThread: HANDLE,
    lpCreationTime: Out<FILETIME>,
    lpExitTime: Out<FILETIME>,
    lpKernelTime: Out<FILETIME>,
    lpUserTime: Out<FILETIME>,
) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION)?;
    let times = usage::thread_times(&thread).unwrap_or_default();
    lpCreationTime.set(filetime(times.created))?;
    lpExitTime.set(FILETIME::default())?;
    lpKernelTime.set(filetime(times.kernel))?;
    Ok(lpUserTime.set(filetime(times.user))?)
}

pub(super) fn filetime(time: u64) -> FILETIME {
    FILETIME { dwLowDateTime: time as u32, dwHighDateTime: (time >> 32) as u32 }
}

/// Opens the thread with this identifier.
#[shim(partial = "threads of the caller's own process")]
pub(in crate::kernel32) fn OpenThread(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    dwThreadId: u32,
) -> Win32Result<HANDLE> {
    let thread = cx.process.thread_objects.find(dwThreadId).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    insert(cx, thread, thread::granted(dwDesiredAccess), bInheritHandle)
}

pub(super) fn insert(cx: &Cx, object: Arc<dyn Object>, access: Access, inherit: bool) -> Win32Result<HANDLE> {
    Ok(cx.process.handles.insert(object, access, inherit_flag(inherit))?)
}

/// Queues a call to a thread, which runs it when it waits alertably.
#[shim(full)]
pub(in crate::kernel32) fn QueueUserAPC(cx: &Cx, pfnAPC: Ptr<u8>, hThread: HANDLE, dwData: usize) -> Win32Result<u32> {
    let thread = cx.thread_of(hThread, thread::SET_CONTEXT)?;
    match thread.waiter().queue_apc(Apc { routine: pfnAPC.address(), arguments: [dwData as u64, 0, 0] }) {
        true => Ok(1),
        false => Err(WIN32_ERROR::ERROR_GEN_FAILURE.into()),
    }
}

/// Resumes a thread once; gives how often it was suspended before.
#[shim(full)]
pub(in crate::kernel32) fn ResumeThread(cx: &Cx, hThread: HANDLE) -> Win32Result<Invalid<u32>> {
    Ok(Invalid(cx.thread_of(hThread, thread::SUSPEND_RESUME)?.resume()))
}

/// Limits a thread to some processors; gives those it was limited to.
#[shim(full)]
pub(in crate::kernel32) fn SetThreadAffinityMask(
    cx: &Cx,
    hThread: HANDLE,
    dwThreadAffinityMask: usize,
) -> Win32Result<usize> {
    let thread = cx.thread_of(hThread, thread::SET_INFORMATION)?;
    Ok(cx.process.affinity.limit_thread(&thread, dwThreadAffinityMask as u64)? as usize)
}

/// Gives a thread a name.
#[shim(full)]
pub(in crate::kernel32) fn SetThreadDescription(
    cx: &Cx,
    hThread: HANDLE,
    lpThreadDescription: PCWSTR,
) -> Raises<HRESULT> {
    let name = lpThreadDescription.opt().map(PCWSTR::read).transpose()?.unwrap_or_default();
    match cx.thread_of(hThread, thread::SET_LIMITED_INFORMATION) {
        Ok(thread) => {
            scheduling::set_name(&thread, &name);
            Ok(HRESULT(0))
        }
        Err(status) => Ok(hresult(status)),
    }
}

/// Says on which processor a thread should run.
#[shim(stub = "a wish, which the host's scheduler need not know")]
pub(in crate::kernel32) fn SetThreadIdealProcessor(
    cx: &Cx,
    hThread: HANDLE,
    dwIdealProcessor: u32,
) -> Win32Result<Invalid<u32>> {
    let _ = dwIdealProcessor;
    cx.thread_of(hThread, thread::SET_INFORMATION)?;
    Ok(Invalid(0))
}

/// Sets a thread's priority.
#[shim(partial = "a thread is made more urgent, also than it has been made, only as far as the host allows")]
pub(in crate::kernel32) fn SetThreadPriority(cx: &Cx, hThread: HANDLE, nPriority: THREAD_PRIORITY) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::SET_LIMITED_INFORMATION)?;
    if BACKGROUND_MODES.contains(&nPriority.0) {
        return Ok(());
    }
    if nPriority.name().is_none() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    scheduling::set_priority(&thread, nPriority.0);
    Ok(())
}

/// Says whether a thread's priority may be raised for a time.
#[shim(stub = "the host does not raise priorities of its own accord")]
pub(in crate::kernel32) fn SetThreadPriorityBoost(
    cx: &Cx,
    hThread: HANDLE,
    bDisablePriorityBoost: bool,
) -> Win32Result<()> {
    let _ = bDisablePriorityBoost;
    cx.thread_of(hThread, thread::SET_LIMITED_INFORMATION)?;
    Ok(())
}

/// Asks for stack that is left when a stack overflow is handled; tells what was asked for before.
#[shim(partial = "at most 128 KiB; where the overflow is told of does not change")]
pub(in crate::kernel32) fn SetThreadStackGuarantee(cx: &Cx, StackSizeInBytes: InOut<u32>) -> Win32Result<()> {
    let before = cx.thread.guarantee_stack(StackSizeInBytes.read()?)?;
    Ok(StackSizeInBytes.set(before)?)
}

/// Lets another thread run.
#[shim(full)]
pub(in crate::kernel32) fn SwitchToThread(cx: &Cx) -> bool {
    scheduling::yield_execution();
    cx.end_if_terminated();
    // Whether there was another one the host does not tell; FALSE says that there was none.
    false
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_thread_knows_its_name_priority_and_exit_code() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let own = u64::MAX - 1;
            guest.call("kernel32!SetThreadPriority", &[own, u64::from(-2i32 as u32)]);
            assert_eq!(guest.call("kernel32!GetThreadPriority", &[own]) as i32, -2);
            guest.call("kernel32!SetThreadPriority", &[own, 3]);
            let code = guest.buffer(4);
            guest.call("kernel32!GetExitCodeThread", &[own, code]);
            let name = guest.wide("worker");
            guest.call("kernel32!SetThreadDescription", &[own, name]);
            guest.call("kernel32!GetExitCodeThread", &[4, code]);
            guest.call("kernel32!OpenThread", &[0x1f_ffff, 0, 0]);
        });
        assert_snapshot!(trace, @r#"
        kernel32!SetThreadPriority(hThread=0xfffffffffffffffe, nPriority=THREAD_PRIORITY_LOWEST) = TRUE
        kernel32!GetThreadPriority(hThread=0xfffffffffffffffe) = -2
        kernel32!SetThreadPriority(hThread=0xfffffffffffffffe, nPriority=3) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!GetExitCodeThread(hThread=0xfffffffffffffffe, lpExitCode=&259) = TRUE
        kernel32!SetThreadDescription(hThread=0xfffffffffffffffe, lpThreadDescription="worker") = S_OK
        kernel32!GetExitCodeThread(hThread=h1, lpExitCode=@1) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!OpenThread(dwDesiredAccess=2097151, bInheritHandle=FALSE, dwThreadId=0) = 0x0 (ERROR_INVALID_PARAMETER)
        "#);
    }
}
