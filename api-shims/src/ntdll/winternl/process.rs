//! What is known of a process, by class (<https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntqueryinformationprocess>).

use abi::{Guest, HANDLE, NTSTATUS, NtResult, Out, PCWSTR, Ptr, shim};
use syscall_xlate::{Cx, usage};

use super::{NORMAL_PRIORITY, own, put, put_text};
use crate::kernel32::errhandlingapi;
use crate::kernel32::structs::IO_COUNTERS;

abi::choices! {
    /// What `NtQueryInformationProcess` tells.
    pub(in crate::ntdll) struct PROCESSINFOCLASS: u32 {
        ProcessBasicInformation = 0;
        ProcessQuotaLimits = 1;
        ProcessIoCounters = 2;
        ProcessVmCounters = 3;
        ProcessTimes = 4;
        ProcessDebugPort = 7;
        ProcessDefaultHardErrorMode = 12;
        ProcessPriorityClass = 18;
        ProcessHandleCount = 20;
        ProcessAffinityMask = 21;
        ProcessPriorityBoost = 22;
        ProcessSessionInformation = 24;
        ProcessWow64Information = 26;
        ProcessImageFileName = 27;
        ProcessBreakOnTermination = 29;
        ProcessDebugObjectHandle = 30;
        ProcessDebugFlags = 31;
        ProcessIoPriority = 33;
        ProcessPagePriority = 39;
        ProcessImageFileNameWin32 = 43;
        ProcessCommandLineInformation = 60;
        ProcessProtectionInformation = 61;
        ProcessPowerThrottlingState = 77;
    }
}

abi::guest_struct! {
    /// A process in short.
    pub(in crate::ntdll) struct PROCESS_BASIC_INFORMATION {
        pub ExitStatus: u32,
        pub PebBaseAddress: Ptr<u8>,
        pub AffinityMask: usize,
        pub BasePriority: i32,
        pub UniqueProcessId: usize,
        pub InheritedFromUniqueProcessId: usize,
    }

    /// What a process may use, in bytes.
    struct QUOTA_LIMITS {
        PagedPoolLimit: usize,
        NonPagedPoolLimit: usize,
        MinimumWorkingSetSize: usize,
        MaximumWorkingSetSize: usize,
        PagefileLimit: usize,
        TimeLimit: i64,
    }

    /// What memory a process uses, in bytes.
    pub(super) struct VM_COUNTERS {
        PeakVirtualSize: usize,
        VirtualSize: usize,
        PageFaultCount: u32,
        PeakWorkingSetSize: usize,
        WorkingSetSize: usize,
        QuotaPeakPagedPoolUsage: usize,
        QuotaPagedPoolUsage: usize,
        QuotaPeakNonPagedPoolUsage: usize,
        QuotaNonPagedPoolUsage: usize,
        PagefileUsage: usize,
        PeakPagefileUsage: usize,
    }

    /// The same and the private memory.
    pub(super) struct VM_COUNTERS_EX {
        Counters: VM_COUNTERS,
        PrivateUsage: usize,
    }

    /// When something began and ended, and what time it has used, in units of 100 ns.
    pub(super) struct KERNEL_USER_TIMES {
        pub CreateTime: u64,
        pub ExitTime: u64,
        pub KernelTime: u64,
        pub UserTime: u64,
    }

    /// How urgent a process is.
    pub(super) struct PROCESS_PRIORITY_CLASS {
        pub Foreground: u8,
        pub PriorityClass: u8,
    }
}

/// Bytes of the working set's limits that a process begins with.
const WORKING_SET: (usize, usize) = (50 * 4096, 345 * 4096);
/// Where a drive's paths are in the namespace of devices.
const VOLUME: &str = r"\Device\HarddiskVolume1";

/// Tells something about a process.
#[shim(
    partial = "of the caller's own process: basic facts, limits, counters, times, priority class, handles, session, names, command line, protection, debugging, error mode, priorities"
)]
pub(in crate::ntdll) fn NtQueryInformationProcess(
    cx: &Cx,
    ProcessHandle: HANDLE,
    ProcessInformationClass: PROCESSINFOCLASS,
    ProcessInformation: Ptr<u8>,
    ProcessInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    use PROCESSINFOCLASS as Class;
    let (to, length, returned) = (ProcessInformation, ProcessInformationLength, ReturnLength);
    own(cx, ProcessHandle)?;
    match ProcessInformationClass {
        Class::ProcessBasicInformation => put(to, length, returned, &basic(cx)),
        Class::ProcessQuotaLimits => put(to, length, returned, &quota()),
        Class::ProcessIoCounters => put(to, length, returned, &IO_COUNTERS::now()),
        Class::ProcessVmCounters => {
            let counters = VM_COUNTERS_EX::of(&usage::process_memory());
            match length as usize {
                given if given == VM_COUNTERS_EX::layout(to.width()).size => put(to, length, returned, &counters),
                _ => put(to, length, returned, &counters.Counters),
            }
        }
        Class::ProcessTimes => {
            let times = usage::process_times();
            let times = KERNEL_USER_TIMES {
                CreateTime: times.created,
                ExitTime: 0,
                KernelTime: times.kernel,
                UserTime: times.user,
            };
            put(to, length, returned, &times)
        }
        Class::ProcessPriorityClass => {
            let PriorityClass = nt_class(cx.process.object.priority_class());
            put(to, length, returned, &PROCESS_PRIORITY_CLASS { Foreground: 0, PriorityClass })
        }
        Class::ProcessDefaultHardErrorMode => put(to, length, returned, &errhandlingapi::hard_error_mode(cx)),
        // The host does not raise priorities of its own accord.
        Class::ProcessPriorityBoost => put(to, length, returned, &1u32),
        Class::ProcessBreakOnTermination => put(to, length, returned, &0u32),
        // The normal ones.
        Class::ProcessIoPriority => put(to, length, returned, &2u32),
        Class::ProcessPagePriority => put(to, length, returned, &5u32),
        Class::ProcessHandleCount => {
            let count = cx.process.handles.handles().len() as u32;
            put(to, length, returned, &count)
        }
        Class::ProcessSessionInformation => put(to, length, returned, &1u32),
        Class::ProcessDebugPort | Class::ProcessWow64Information => put(to, length, returned, &0usize),
        // Nobody debugs it: children of a debugger would have 0 here.
        Class::ProcessDebugFlags => put(to, length, returned, &1u32),
        Class::ProcessDebugObjectHandle => {
            put(to, length, returned, &0usize)?;
            Err(NTSTATUS::STATUS_PORT_NOT_SET)
        }
        Class::ProcessImageFileName => {
            let path = image_path(cx);
            let device: Vec<u16> =
                VOLUME.encode_utf16().chain(path.get(2..).unwrap_or_default().iter().copied()).collect();
            put_text(to, length, returned, &device, &[0])
        }
        Class::ProcessImageFileNameWin32 => put_text(to, length, returned, &image_path(cx), &[0]),
        Class::ProcessCommandLineInformation => {
            let line = PCWSTR::new(Ptr::at(cx.process.command_line())).read()?;
            put_text(to, length, returned, &line, &[0])
        }
        // PS_PROTECTION: none.
        Class::ProcessProtectionInformation => put(to, length, returned, &0u8),
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}

fn image_path(cx: &Cx) -> Vec<u16> {
    cx.process.program().map_or_else(Vec::new, |program| program.guest_path().encode_utf16().collect())
}

fn basic(cx: &Cx) -> PROCESS_BASIC_INFORMATION {
    PROCESS_BASIC_INFORMATION {
        ExitStatus: cx.process.object.exit_status(),
        PebBaseAddress: Ptr::at(cx.process.peb()),
        AffinityMask: cx.process.affinity.process() as usize,
        BasePriority: NORMAL_PRIORITY,
        UniqueProcessId: cx.process.id() as usize,
        InheritedFromUniqueProcessId: std::os::unix::process::parent_id() as usize,
    }
}

fn quota() -> QUOTA_LIMITS {
    QUOTA_LIMITS {
        PagedPoolLimit: usize::MAX,
        NonPagedPoolLimit: usize::MAX,
        MinimumWorkingSetSize: WORKING_SET.0,
        MaximumWorkingSetSize: WORKING_SET.1,
        PagefileLimit: usize::MAX,
        TimeLimit: -1,
    }
}

impl VM_COUNTERS_EX {
    /// What memory a process uses.
    pub(super) fn of(memory: &usage::Memory) -> Self {
        let Counters = VM_COUNTERS {
            PeakVirtualSize: memory.peak_addresses as usize,
            VirtualSize: memory.addresses as usize,
            PageFaultCount: memory.faults as u32,
            PeakWorkingSetSize: memory.peak_resident as usize,
            WorkingSetSize: memory.resident as usize,
            PagefileUsage: memory.committed as usize,
            PeakPagefileUsage: memory.committed as usize,
            ..VM_COUNTERS::default()
        };
        Self { Counters, PrivateUsage: memory.committed as usize }
    }
}

/// The Win32 class of a `PROCESS_PRIORITY_CLASS_*`.
pub(super) const fn win32_class(class: u8) -> Option<u32> {
    Some(match class {
        1 => 0x40,
        2 => 0x20,
        3 => 0x80,
        4 => 0x100,
        5 => 0x4000,
        6 => 0x8000,
        _ => return None,
    })
}

/// `PROCESS_PRIORITY_CLASS_*` of a Win32 class.
const fn nt_class(class: u32) -> u8 {
    match class {
        0x40 => 1,
        0x80 => 3,
        0x100 => 4,
        0x4000 => 5,
        0x8000 => 6,
        _ => 2,
    }
}
