//! What is known of a thread, by class (<https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntqueryinformationthread>).

use abi::{HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::sync::thread;
use syscall_xlate::{Cx, usage};

use super::process::KERNEL_USER_TIMES;
use super::{NORMAL_PRIORITY, put, put_text};
use crate::processors::GROUP_AFFINITY;

abi::choices! {
    /// What `NtQueryInformationThread` tells.
    pub(in crate::ntdll) struct THREADINFOCLASS: u32 {
        ThreadBasicInformation = 0;
        ThreadTimes = 1;
        ThreadAmILastThread = 12;
        ThreadIsIoPending = 16;
        ThreadHideFromDebugger = 17;
        ThreadIsTerminated = 20;
        ThreadGroupInformation = 30;
        ThreadNameInformation = 38;
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
    partial = "basic facts, times, name, group, whether it is the last, has ended, waits for I/O or hides from a debugger"
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
                AffinityMask: cx.process.affinity.process() as usize,
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
        // There is no debugger that it could hide from.
        Class::ThreadHideFromDebugger => put(to, length, returned, &0u8),
        Class::ThreadIsTerminated => put(to, length, returned, &u32::from(thread.has_ended())),
        Class::ThreadGroupInformation => {
            let mask = cx.process.affinity.process() as usize;
            put(to, length, returned, &GROUP_AFFINITY { Mask: mask, ..GROUP_AFFINITY::default() })
        }
        Class::ThreadNameInformation => put_text(to, length, returned, &thread.description()),
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}
