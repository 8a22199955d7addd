//! What is known of a thread, by class (<https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntqueryinformationthread>).

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::sync::thread;
use syscall_xlate::{Cx, usage};

use super::process::KERNEL_USER_TIMES;
use super::{NORMAL_PRIORITY, put, put_text};
use crate::kernel32::processthreadsapi::PROCESSOR_NUMBER;
use crate::processors::GROUP_AFFINITY;

abi::choices! {
    /// What `NtQueryInformationThread` tells.
    pub(in crate::ntdll) struct THREADINFOCLASS: u32 {
        ThreadBasicInformation = 0;
        ThreadTimes = 1;
        ThreadPriority = 2;
        ThreadBasePriority = 3;
        ThreadAffinityMask = 4;
        ThreadImpersonationToken = 5;
        ThreadQuerySetWin32StartAddress = 9;
        ThreadAmILastThread = 12;
        ThreadIdealProcessor = 13;
        ThreadPriorityBoost = 14;
        ThreadIsIoPending = 16;
        ThreadHideFromDebugger = 17;
        ThreadBreakOnTermination = 18;
        ThreadIsTerminated = 20;
        ThreadIoPriority = 22;
        ThreadPagePriority = 24;
        ThreadGroupInformation = 30;
        ThreadIdealProcessorEx = 33;
        ThreadNameInformation = 38;
        ThreadPowerThrottlingState = 49;
    }
}

abi::guest_struct! {
    /// A thread in short.
    pub(in crate::ntdll) struct THREAD_BASIC_INFORMATION {
        pub ExitStatus: u32,
        pub TebBaseAddress: Ptr<u8>,
        pub UniqueProcess: HANDLE,
        pub UniqueThread: HANDLE,
        pub AffinityMask: usize,
        pub Priority: i32,
        pub BasePriority: i32,
    }
}

/// Tells something about a thread.
#[shim(
    partial = "basic facts, times, name, group, whether it is the last, has ended, waits for I/O or hides from a debugger, start address, priorities"
)]
pub(in crate::ntdll) fn NtQueryInformationThread(
    cx: &Cx,
    ThreadHandle: HANDLE,
    ThreadInformationClass: THREADINFOCLASS,
    ThreadInformation: Ptr<u8>,
    ThreadInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    use THREADINFOCLASS as Class;
    let (to, length, returned) = (ThreadInformation, ThreadInformationLength, ReturnLength);
    let thread = cx.thread_of(ThreadHandle, thread::QUERY_LIMITED_INFORMATION)?;
    match ThreadInformationClass {
        Class::ThreadBasicInformation => {
            let information = THREAD_BASIC_INFORMATION {
                ExitStatus: thread.reported_status(),
                TebBaseAddress: Ptr::at(thread.teb()),
                UniqueProcess: HANDLE(cx.process.id().into()),
                UniqueThread: HANDLE(thread.id().into()),
                AffinityMask: cx.process.affinity.of_thread(&thread) as usize,
                Priority: NORMAL_PRIORITY + thread.priority(),
                BasePriority: thread.priority(),
            };
            put(to, length, returned, &information)
        }
        Class::ThreadTimes => {
            let times = usage::thread_times(&thread).unwrap_or_default();
            let times = KERNEL_USER_TIMES {
                CreateTime: times.created,
                ExitTime: 0,
                KernelTime: times.kernel,
                UserTime: times.user,
            };
            put(to, length, returned, &times)
        }
        Class::ThreadAmILastThread => {
            let last = cx.process.thread_objects.living().len() <= 1;
            put(to, length, returned, &u32::from(last))
        }
        // No I/O is left pending: what does not wait is done at once.
        Class::ThreadIsIoPending => put(to, length, returned, &0u32),
        Class::ThreadHideFromDebugger => put(to, length, returned, &u8::from(thread.is_hidden())),
        Class::ThreadQuerySetWin32StartAddress => put(to, length, returned, &(thread.start() as usize)),
        // The host does not raise priorities of its own accord.
        Class::ThreadPriorityBoost => put(to, length, returned, &1u32),
        Class::ThreadBreakOnTermination => put(to, length, returned, &0u32),
        // IoPriorityNormal.
        Class::ThreadIoPriority => put(to, length, returned, &2u32),
        Class::ThreadPagePriority => put(to, length, returned, &thread.page_priority()),
        // A wish is not kept.
        Class::ThreadIdealProcessorEx => put(to, length, returned, &PROCESSOR_NUMBER::default()),
        Class::ThreadIsTerminated => put(to, length, returned, &u32::from(thread.has_ended())),
        Class::ThreadGroupInformation => {
            let mask = cx.process.affinity.of_thread(&thread) as usize;
            put(to, length, returned, &GROUP_AFFINITY { Mask: mask, ..GROUP_AFFINITY::default() })
        }
        Class::ThreadNameInformation => put_text(to, length, returned, &thread.description(), &[]),
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}
