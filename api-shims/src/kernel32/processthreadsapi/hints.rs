//! Hints by class of information: how soon memory may go, how much power may be used; and what else is told in this way.

use abi::{Guest, HANDLE, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::sync::{process, thread};
use syscall_xlate::{Cx, system_info, usage};

abi::choices! {
    /// What is told or changed about a thread.
    pub(in crate::kernel32) struct THREAD_INFORMATION_CLASS: i32 {
        ThreadMemoryPriority = 0;
        ThreadAbsoluteCpuPriority = 1;
        ThreadDynamicCodePolicy = 2;
        ThreadPowerThrottling = 3;
    }

    /// What is told or changed about a process.
    pub(in crate::kernel32) struct PROCESS_INFORMATION_CLASS: i32 {
        ProcessMemoryPriority = 0;
        ProcessMemoryExhaustionInfo = 1;
        ProcessAppMemoryInfo = 2;
        ProcessInPrivateInfo = 3;
        ProcessPowerThrottling = 4;
        ProcessMachineTypeInfo = 9;
    }
}

abi::guest_struct! {
    /// Which hints are meant, and what they are.
    struct POWER_THROTTLING_STATE {
        Version: u32,
        ControlMask: u32,
        StateMask: u32,
    }

    /// Memory in bytes.
    struct APP_MEMORY_INFORMATION {
        AvailableCommit: u64,
        PrivateCommitUsage: u64,
        PeakPrivateCommitUsage: u64,
        TotalCommitUsage: u64,
    }

    /// Of what kind the processor is that runs the process.
    struct PROCESS_MACHINE_INFORMATION {
        ProcessMachine: u16,
        Res0: u16,
        MachineAttributes: u32,
    }
}

/// `MEMORY_PRIORITY_VERY_LOW` to `MEMORY_PRIORITY_NORMAL`
const MEMORY_PRIORITIES: std::ops::RangeInclusive<u32> = 1..=5;
/// `IMAGE_FILE_MACHINE_AMD64`
const AMD64: u16 = 0x8664;
/// `UserEnabled | KernelEnabled` (`MACHINE_ATTRIBUTES`)
const USER_AND_KERNEL: u32 = 3;

fn exactly<T: Guest>(from: Ptr<u8>, size: u32) -> Win32Result<T> {
    if size as usize != T::layout(from.width()).size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    Ok(from.cast::<T>().read()?)
}

fn give<T: Guest>(value: &T, to: Ptr<u8>, size: u32) -> Win32Result<()> {
    if size as usize != T::layout(to.width()).size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    Ok(to.cast::<T>().write(value)?)
}

fn check_throttling(from: Ptr<u8>, size: u32) -> Win32Result<()> {
    let state = exactly::<POWER_THROTTLING_STATE>(from, size)?;
    // The only version there is, and no state that is not controlled.
    match state.Version == 1 && state.StateMask & !state.ControlMask == 0 {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Has all processors that run threads of the process see what was written before.
#[shim(full)]
pub(in crate::kernel32) fn FlushProcessWriteBuffers() {
    syscall_xlate::sync::write_buffers::flush_write_buffers();
}

/// Tells something about a process.
#[shim(partial = "of the caller's own process: memory, memory priority and the processor's kind")]
pub(in crate::kernel32) fn GetProcessInformation(
    cx: &Cx,
    hProcess: HANDLE,
    ProcessInformationClass: PROCESS_INFORMATION_CLASS,
    ProcessInformation: Ptr<u8>,
    ProcessInformationSize: u32,
) -> Win32Result<()> {
    use PROCESS_INFORMATION_CLASS as Class;
    let (to, size) = (ProcessInformation, ProcessInformationSize);
    if !cx.is_own_process(hProcess, process::QUERY_LIMITED_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    match ProcessInformationClass {
        Class::ProcessMemoryPriority => give(MEMORY_PRIORITIES.end(), to, size),
        Class::ProcessAppMemoryInfo => {
            let used = usage::process_memory().committed;
            let told = APP_MEMORY_INFORMATION {
                AvailableCommit: system_info::memory().commit_available,
                PrivateCommitUsage: used,
                PeakPrivateCommitUsage: used,
                TotalCommitUsage: used,
            };
            give(&told, to, size)
        }
        Class::ProcessMachineTypeInfo => {
            let told =
                PROCESS_MACHINE_INFORMATION { ProcessMachine: AMD64, Res0: 0, MachineAttributes: USER_AND_KERNEL };
            give(&told, to, size)
        }
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Tells whether priorities in a process may be raised for a time.
#[shim(stub = "the host does not raise priorities of its own accord")]
pub(in crate::kernel32) fn GetProcessPriorityBoost(
    cx: &Cx,
    hProcess: HANDLE,
    pDisablePriorityBoost: Out<i32>,
) -> Win32Result<()> {
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(pDisablePriorityBoost.set(1)?)
}

/// Tells something about a thread.
#[shim(partial = "memory priority; no thread's code is restricted")]
pub(in crate::kernel32) fn GetThreadInformation(
    cx: &Cx,
    hThread: HANDLE,
    ThreadInformationClass: THREAD_INFORMATION_CLASS,
    ThreadInformation: Ptr<u8>,
    ThreadInformationSize: u32,
) -> Win32Result<()> {
    use THREAD_INFORMATION_CLASS as Class;
    let (to, size) = (ThreadInformation, ThreadInformationSize);
    let thread = cx.thread_of(hThread, thread::QUERY_INFORMATION)?;
    match ThreadInformationClass {
        Class::ThreadMemoryPriority => give(&thread.page_priority(), to, size),
        Class::ThreadDynamicCodePolicy => give(&0u32, to, size),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Changes something about a process.
#[shim(partial = "hints, which are checked and not followed")]
pub(in crate::kernel32) fn SetProcessInformation(
    cx: &Cx,
    hProcess: HANDLE,
    ProcessInformationClass: PROCESS_INFORMATION_CLASS,
    ProcessInformation: Ptr<u8>,
    ProcessInformationSize: u32,
) -> Win32Result<()> {
    use PROCESS_INFORMATION_CLASS as Class;
    let (from, size) = (ProcessInformation, ProcessInformationSize);
    cx.process_of(hProcess, process::SET_INFORMATION)?;
    match ProcessInformationClass {
        Class::ProcessMemoryPriority if MEMORY_PRIORITIES.contains(&exactly::<u32>(from, size)?) => Ok(()),
        Class::ProcessPowerThrottling => check_throttling(from, size),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Changes something about a thread.
#[shim(partial = "hints, which are checked and not followed")]
pub(in crate::kernel32) fn SetThreadInformation(
    cx: &Cx,
    hThread: HANDLE,
    ThreadInformationClass: THREAD_INFORMATION_CLASS,
    ThreadInformation: Ptr<u8>,
    ThreadInformationSize: u32,
) -> Win32Result<()> {
    use THREAD_INFORMATION_CLASS as Class;
    let (from, size) = (ThreadInformation, ThreadInformationSize);
    let thread = cx.thread_of(hThread, thread::SET_INFORMATION)?;
    match ThreadInformationClass {
        Class::ThreadMemoryPriority => {
            let priority = exactly::<u32>(from, size)?;
            if !MEMORY_PRIORITIES.contains(&priority) {
                return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
            }
            thread.set_page_priority(priority);
            Ok(())
        }
        Class::ThreadPowerThrottling => check_throttling(from, size),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}
