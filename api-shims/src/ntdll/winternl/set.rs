//! Changing threads and processes, by class of information
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntsetinformationthread>).

use abi::{Guest, HANDLE, NTSTATUS, NtResult, Ptr, shim};
use syscall_xlate::sync::{process, thread};
use syscall_xlate::{Cx, scheduling};

use super::{NORMAL_PRIORITY, PROCESS_PRIORITY_CLASS, PROCESSINFOCLASS, THREADINFOCLASS, win32_class};
use crate::kernel32::errhandlingapi;
use crate::kernel32::processthreadsapi::PROCESSOR_NUMBER;
use crate::ntdll::structs::UNICODE_STRING;
use crate::processors::GROUP_AFFINITY;

/// The value in a buffer that must have exactly its size.
fn exactly<T: Guest>(from: Ptr<u8>, length: u32) -> NtResult<T> {
    if length as usize != T::layout(from.width()).size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    Ok(from.cast::<T>().read()?)
}

/// Processors that a group can have.
const GROUP_SIZE: u32 = 64;
/// The lowest priority for which it takes a privilege (`LOW_REALTIME_PRIORITY`), and the highest there is.
const REAL_TIME: i32 = 16;
const HIGHEST_PRIORITY: i32 = 31;
/// Priorities of I/O and of memory.
const NORMAL_IO: u32 = 2;
const PAGE_PRIORITIES: std::ops::RangeInclusive<u32> = 1..=5;

abi::guest_struct! {
    /// Which of a thread's or a process's hints are meant, and what they are.
    struct POWER_THROTTLING_STATE {
        Version: u32,
        ControlMask: u32,
        StateMask: u32,
    }
}

fn check_throttling(from: Ptr<u8>, length: u32) -> NtResult<()> {
    let state = exactly::<POWER_THROTTLING_STATE>(from, length)?;
    // THREAD_POWER_THROTTLING_CURRENT_VERSION, and no state that is not controlled.
    match state.Version == 1 && state.StateMask & !state.ControlMask == 0 {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    }
}

/// Changes something about a thread.
#[shim(
    partial = "priorities, processors, name, start address, hiding; hints are checked and not followed; nobody can be impersonated"
)]
pub(in crate::ntdll) fn NtSetInformationThread(
    cx: &Cx,
    ThreadHandle: HANDLE,
    ThreadInformationClass: THREADINFOCLASS,
    ThreadInformation: Ptr<u8>,
    ThreadInformationLength: u32,
) -> NTSTATUS {
    let (from, length) = (ThreadInformation, ThreadInformationLength);
    set_thread(cx, ThreadHandle, ThreadInformationClass, from, length).unwrap_or_else(|status| status)
}

fn set_thread(cx: &Cx, handle: HANDLE, class: THREADINFOCLASS, from: Ptr<u8>, length: u32) -> NtResult<NTSTATUS> {
    use THREADINFOCLASS as Class;
    let thread = |access| cx.thread_of(handle, access);
    match class {
        Class::ThreadPriority => {
            let priority = exactly::<i32>(from, length)?;
            let thread = thread(thread::SET_INFORMATION)?;
            if !(1..=HIGHEST_PRIORITY).contains(&priority) {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            if priority >= REAL_TIME {
                return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
            }
            scheduling::set_priority(&thread, priority - NORMAL_PRIORITY);
        }
        Class::ThreadBasePriority => {
            let relative = exactly::<i32>(from, length)?;
            let thread = thread(thread::SET_LIMITED_INFORMATION)?;
            // Beyond the ends it is saturated, and nothing is between them and the two steps around the middle.
            let relative = match relative {
                -16 | -15 => -15,
                -2..=2 => relative,
                15 | 16 => 15,
                _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
            };
            scheduling::set_priority(&thread, relative);
        }
        Class::ThreadAffinityMask => {
            let mask = exactly::<usize>(from, length)? as u64;
            cx.process.affinity.limit_thread(&*thread(thread::SET_LIMITED_INFORMATION)?, mask)?;
        }
        Class::ThreadGroupInformation => {
            let wanted = exactly::<GROUP_AFFINITY>(from, length)?;
            let thread = thread(thread::SET_LIMITED_INFORMATION)?;
            if wanted.Group != 0 || wanted.Reserved != [0; 3] {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            cx.process.affinity.limit_thread(&thread, wanted.Mask as u64)?;
        }
        Class::ThreadImpersonationToken => {
            let token = exactly::<HANDLE>(from, length)?;
            thread(thread::SET_THREAD_TOKEN)?;
            if !token.is_null() {
                cx.process.handles.get::<syscall_xlate::security::Token>(token, 0)?;
                return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
            }
        }
        Class::ThreadQuerySetWin32StartAddress => {
            let start = exactly::<usize>(from, length)? as u64;
            thread(thread::SET_INFORMATION)?.set_start(start);
        }
        Class::ThreadIdealProcessor => {
            let number = exactly::<u32>(from, length)?;
            thread(thread::SET_INFORMATION)?;
            if number > GROUP_SIZE {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
        }
        Class::ThreadIdealProcessorEx => {
            let number = exactly::<PROCESSOR_NUMBER>(from, length)?;
            thread(thread::SET_INFORMATION)?;
            if number.Group != 0 || number.Reserved != 0 || u32::from(number.Number) >= GROUP_SIZE {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            from.cast::<PROCESSOR_NUMBER>().write(&PROCESSOR_NUMBER { Group: 0, Number: 0, Reserved: 0 })?;
        }
        Class::ThreadPriorityBoost => {
            exactly::<u32>(from, length)?;
            thread(thread::SET_LIMITED_INFORMATION)?;
        }
        Class::ThreadHideFromDebugger => {
            if length != 0 {
                return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
            }
            thread(thread::SET_INFORMATION)?.hide_from_debugger();
        }
        Class::ThreadBreakOnTermination => {
            exactly::<u32>(from, length)?;
            thread(thread::SET_INFORMATION)?;
            return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
        }
        Class::ThreadIoPriority => {
            let priority = exactly::<u32>(from, length)?;
            thread(thread::SET_INFORMATION)?;
            io_priority(priority)?;
        }
        Class::ThreadPagePriority => {
            let priority = exactly::<u32>(from, length)?;
            let thread = thread(thread::SET_INFORMATION)?;
            if !PAGE_PRIORITIES.contains(&priority) {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            thread.set_page_priority(priority);
        }
        Class::ThreadPowerThrottlingState => {
            check_throttling(from, length)?;
            thread(thread::SET_INFORMATION)?;
        }
        Class::ThreadNameInformation => {
            let name = exactly::<UNICODE_STRING>(from, length)?.text()?;
            scheduling::set_name(&*thread(thread::SET_LIMITED_INFORMATION)?, &name);
        }
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
    Ok(NTSTATUS::STATUS_SUCCESS)
}

/// What is above normal takes a privilege, and what is above that there is not.
fn io_priority(priority: u32) -> NtResult<()> {
    match priority {
        0..=NORMAL_IO => Ok(()),
        3 | 4 => Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    }
}

/// Changes something about a process.
#[shim(
    partial = "of the caller's own process: error mode, priority class, processors; hints are checked and not followed"
)]
pub(in crate::ntdll) fn NtSetInformationProcess(
    cx: &Cx,
    ProcessHandle: HANDLE,
    ProcessInformationClass: PROCESSINFOCLASS,
    ProcessInformation: Ptr<u8>,
    ProcessInformationLength: u32,
) -> NtResult<()> {
    use PROCESSINFOCLASS as Class;
    let (from, length) = (ProcessInformation, ProcessInformationLength);
    let own = || match cx.is_own_process(ProcessHandle, process::SET_INFORMATION)? {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_NOT_SUPPORTED),
    };
    match ProcessInformationClass {
        Class::ProcessDefaultHardErrorMode => {
            let mode = exactly::<u32>(from, length)?;
            own()?;
            errhandlingapi::set_hard_error_mode(cx, mode);
        }
        Class::ProcessPriorityClass => {
            let wanted = exactly::<PROCESS_PRIORITY_CLASS>(from, length)?;
            own()?;
            let class = win32_class(wanted.PriorityClass).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
            cx.process.object.set_priority_class(class);
        }
        Class::ProcessAffinityMask => {
            let mask = exactly::<usize>(from, length)? as u64;
            own()?;
            cx.process.affinity.limit_process(mask, &cx.process.thread_objects.living())?;
        }
        Class::ProcessPriorityBoost => {
            exactly::<u32>(from, length)?;
            own()?;
        }
        Class::ProcessBreakOnTermination => {
            exactly::<u32>(from, length)?;
            own()?;
            return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
        }
        Class::ProcessIoPriority => {
            let priority = exactly::<u32>(from, length)?;
            own()?;
            io_priority(priority)?;
        }
        Class::ProcessPagePriority => {
            let priority = exactly::<u32>(from, length)?;
            own()?;
            if !PAGE_PRIORITIES.contains(&priority) {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
        }
        Class::ProcessPowerThrottlingState => {
            check_throttling(from, length)?;
            own()?;
        }
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
    Ok(())
}
