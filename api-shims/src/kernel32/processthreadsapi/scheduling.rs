//! On which processors a thread runs, and what else its scheduling can be asked.

use abi::{HANDLE, In, NTSTATUS, Out, Ptr, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::{process, thread};
use syscall_xlate::usage;
use syscall_xlate::wait::Apc;

use crate::processors::GROUP_AFFINITY;

abi::guest_struct! {
    /// A processor by its group.
    pub(crate) struct PROCESSOR_NUMBER {
        pub(crate) Group: u16,
        pub(crate) Number: u8,
        pub(crate) Reserved: u8,
    }
}

abi::flags! {
    /// How a call is queued.
    pub(in crate::kernel32) struct QUEUE_USER_APC_FLAGS: u32 {
        QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC = 1;
        QUEUE_USER_APC_CALLBACK_DATA_CONTEXT = 0x1_0000;
    }

    /// Whether a process's affinity follows its threads'.
    pub(in crate::kernel32) struct PROCESS_AFFINITY_FLAGS: u32 {
        PROCESS_AFFINITY_ENABLE_AUTO_UPDATE = 1;
    }
}

/// Gives the processors that a thread may run on.
#[shim(full)]
pub(in crate::kernel32) fn GetThreadGroupAffinity(
    cx: &Cx,
    hThread: HANDLE,
    GroupAffinity: Out<GROUP_AFFINITY>,
) -> Win32Result<()> {
    let thread = cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION)?;
    let mask = cx.process.affinity.of_thread(&thread) as usize;
    Ok(GroupAffinity.set(GROUP_AFFINITY { Mask: mask, Group: 0, Reserved: [0; 3] })?)
}

/// Gives the processor that a thread should run on.
#[shim(stub = "a wish is not kept: the first processor is as good as another")]
pub(in crate::kernel32) fn GetThreadIdealProcessorEx(
    cx: &Cx,
    hThread: HANDLE,
    lpIdealProcessor: Out<PROCESSOR_NUMBER>,
) -> Win32Result<()> {
    cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION)?;
    Ok(lpIdealProcessor.set(PROCESSOR_NUMBER { Group: 0, Number: 0, Reserved: 0 })?)
}

/// Tells whether a thread has operations under way.
#[shim(stub = "what is begun is done before its call returns")]
pub(in crate::kernel32) fn GetThreadIOPendingFlag(
    cx: &Cx,
    hThread: HANDLE,
    lpIOIsPending: Out<i32>,
) -> Win32Result<()> {
    cx.thread_of(hThread, thread::QUERY_INFORMATION)?;
    Ok(lpIOIsPending.set(0)?)
}

/// Tells whether a thread's priority may be raised for a time.
#[shim(stub = "the host does not raise priorities of its own accord")]
pub(in crate::kernel32) fn GetThreadPriorityBoost(
    cx: &Cx,
    hThread: HANDLE,
    pDisablePriorityBoost: Out<i32>,
) -> Win32Result<()> {
    cx.thread_of(hThread, thread::QUERY_LIMITED_INFORMATION)?;
    Ok(pDisablePriorityBoost.set(1)?)
}

/// Tells whether a process's affinity follows its threads'.
#[shim(stub = "there is one processor group, to which it makes no difference")]
pub(in crate::kernel32) fn QueryProcessAffinityUpdateMode(
    cx: &Cx,
    hProcess: HANDLE,
    lpdwFlags: Out<u32>,
) -> Win32Result<()> {
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(lpdwFlags.set_opt(0)?)
}

/// Gives how many cycles of the processor a thread has used.
#[shim(partial = "from its processor time, as if the processor had one cycle each 100 ns")]
pub(in crate::kernel32) fn QueryThreadCycleTime(
    cx: &Cx,
    ThreadHandle: HANDLE,
    CycleTime: Out<Varying<u64>>,
) -> Win32Result<()> {
    let thread = cx.thread_of(ThreadHandle, thread::QUERY_LIMITED_INFORMATION)?;
    let times = usage::thread_times(&thread).unwrap_or_default();
    Ok(CycleTime.set(Varying(times.kernel + times.user))?)
}

/// Queues a call to a thread, which runs it when it waits alertably.
#[shim(partial = "no special calls, which do not wait for the thread to wait")]
pub(in crate::kernel32) fn QueueUserAPC2(
    cx: &Cx,
    ApcRoutine: Ptr<u8>,
    Thread: HANDLE,
    Data: usize,
    Flags: QUEUE_USER_APC_FLAGS,
) -> Win32Result<()> {
    if !Flags.is_empty() {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let thread = cx.thread_of(Thread, thread::SET_CONTEXT)?;
    match thread.waiter().queue_apc(Apc { routine: ApcRoutine.address(), arguments: [Data as u64, 0, 0] }) {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_UNSUCCESSFUL.into()),
    }
}

/// Says whether a process's affinity follows its threads'.
#[shim(stub = "there is one processor group, to which it makes no difference")]
pub(in crate::kernel32) fn SetProcessAffinityUpdateMode(
    cx: &Cx,
    hProcess: HANDLE,
    dwFlags: PROCESS_AFFINITY_FLAGS,
) -> Win32Result<()> {
    cx.process_of(hProcess, process::SET_INFORMATION)?;
    match PROCESS_AFFINITY_FLAGS::PROCESS_AFFINITY_ENABLE_AUTO_UPDATE.contains(dwFlags) {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Limits a thread to processors of a group.
#[shim(full)]
pub(in crate::kernel32) fn SetThreadGroupAffinity(
    cx: &Cx,
    hThread: HANDLE,
    GroupAffinity: In<GROUP_AFFINITY>,
    PreviousGroupAffinity: Out<GROUP_AFFINITY>,
) -> Win32Result<()> {
    let wanted = GroupAffinity.read()?;
    let thread = cx.thread_of(hThread, thread::SET_INFORMATION)?;
    // There is one group, and what is reserved must be 0.
    if wanted.Group != 0 || wanted.Reserved != [0; 3] {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let before = cx.process.affinity.limit_thread(&thread, wanted.Mask as u64)? as usize;
    Ok(PreviousGroupAffinity.set_opt(GROUP_AFFINITY { Mask: before, Group: 0, Reserved: [0; 3] })?)
}

/// Says on which processor a thread should run.
#[shim(stub = "a wish, which the host's scheduler need not know")]
pub(in crate::kernel32) fn SetThreadIdealProcessorEx(
    cx: &Cx,
    hThread: HANDLE,
    lpIdealProcessor: In<PROCESSOR_NUMBER>,
    lpPreviousIdealProcessor: Out<PROCESSOR_NUMBER>,
) -> Win32Result<()> {
    let wanted = lpIdealProcessor.read()?;
    cx.thread_of(hThread, thread::SET_INFORMATION)?;
    let there_is = wanted.Number < 64 && cx.process.affinity.system() >> wanted.Number & 1 != 0;
    if wanted.Group != 0 || !there_is {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(lpPreviousIdealProcessor.set_opt(PROCESSOR_NUMBER { Group: 0, Number: 0, Reserved: 0 })?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_thread_is_limited_within_the_only_group() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (own, affinity) = (u64::MAX - 1, guest.buffer(16));
            guest.call("kernel32!GetThreadGroupAffinity", &[4, affinity]);
            guest.call(
                "kernel32!SetThreadGroupAffinity",
                &[own, guest.bytes(&[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), 0],
            );
            guest.call(
                "kernel32!SetThreadGroupAffinity",
                &[own, guest.bytes(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 0],
            );
            guest.call("kernel32!GetThreadGroupAffinity", &[own, affinity]);
            guest.call("kernel32!SetThreadIdealProcessorEx", &[own, guest.bytes(&[0, 0, 0, 0]), 0]);
            guest.call("kernel32!SetThreadIdealProcessorEx", &[own, guest.bytes(&[0, 0, 200, 0]), 0]);
            guest.call("kernel32!SetProcessAffinityUpdateMode", &[u64::MAX, 1]);
            guest.call("kernel32!SetProcessAffinityUpdateMode", &[u64::MAX, 2]);
            guest.call("kernel32!QueueUserAPC2", &[0x1000, own, 7, 0]);
            guest.call("kernel32!QueueUserAPC2", &[0x1000, own, 7, 1]);
        });
        assert_snapshot!(trace, @r"
        kernel32!GetThreadGroupAffinity(hThread=h1, GroupAffinity=@1) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!SetThreadGroupAffinity(hThread=0xfffffffffffffffe, GroupAffinity=&{Mask=1, Group=1, Reserved=[0, 0, 0]}, PreviousGroupAffinity=NULL) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetThreadGroupAffinity(hThread=0xfffffffffffffffe, GroupAffinity=&{Mask=1, Group=0, Reserved=[0, 0, 0]}, PreviousGroupAffinity=NULL) = TRUE
        kernel32!GetThreadGroupAffinity(hThread=0xfffffffffffffffe, GroupAffinity=&{Mask=1, Group=0, Reserved=[0, 0, 0]}) = TRUE
        kernel32!SetThreadIdealProcessorEx(hThread=0xfffffffffffffffe, lpIdealProcessor=&{Group=0, Number=0, Reserved=0}, lpPreviousIdealProcessor=NULL) = TRUE
        kernel32!SetThreadIdealProcessorEx(hThread=0xfffffffffffffffe, lpIdealProcessor=&{Group=0, Number=200, Reserved=0}, lpPreviousIdealProcessor=NULL) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetProcessAffinityUpdateMode(hProcess=0xffffffffffffffff, dwFlags=PROCESS_AFFINITY_ENABLE_AUTO_UPDATE) = TRUE
        kernel32!SetProcessAffinityUpdateMode(hProcess=0xffffffffffffffff, dwFlags=0x2) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!QueueUserAPC2(ApcRoutine=@2, Thread=0xfffffffffffffffe, Data=7, Flags=0) = TRUE
        kernel32!QueueUserAPC2(ApcRoutine=@2, Thread=0xfffffffffffffffe, Data=7, Flags=QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC) = FALSE (ERROR_NOT_SUPPORTED)
        ");
    }
}
