//! What is known of the system, by class (<https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation>).

use abi::{Guest, NTSTATUS, NtResult, Out, Ptr, Width, shim};
use syscall_xlate::firmware::{Firmware, Provider};
use syscall_xlate::topology::Topology;
use syscall_xlate::{Cx, cpu, system_info, time, usage};

use crate::processors;

abi::choices! {
    /// What `NtQuerySystemInformation` tells.
    pub(in crate::ntdll) struct SYSTEM_INFORMATION_CLASS: u32 {
        SystemBasicInformation = 0;
        SystemProcessorInformation = 1;
        SystemPerformanceInformation = 2;
        SystemTimeOfDayInformation = 3;
        SystemProcessInformation = 5;
        SystemProcessorPerformanceInformation = 8;
        SystemModuleInformation = 11;
        SystemInterruptInformation = 23;
        SystemTimeAdjustmentInformation = 28;
        SystemKernelDebuggerInformation = 35;
        SystemEmulationBasicInformation = 62;
        SystemLogicalProcessorInformation = 73;
        SystemFirmwareTableInformation = 76;
        SystemCodeIntegrityInformation = 103;
        SystemLogicalProcessorAndGroupInformation = 107;
    }
}

abi::guest_struct! {
    /// The shape of memory, and the processors.
    struct SYSTEM_BASIC_INFORMATION {
        Reserved: u32,
        TimerResolution: u32,
        PageSize: u32,
        NumberOfPhysicalPages: u32,
        LowestPhysicalPageNumber: u32,
        HighestPhysicalPageNumber: u32,
        AllocationGranularity: u32,
        MinimumUserModeAddress: usize,
        MaximumUserModeAddress: usize,
        ActiveProcessorsAffinityMask: usize,
        NumberOfProcessors: u8,
    }

    /// What kind of processor it is.
    struct SYSTEM_PROCESSOR_INFORMATION {
        ProcessorArchitecture: u16,
        ProcessorLevel: u16,
        ProcessorRevision: u16,
        MaximumProcessors: u16,
        ProcessorFeatureBits: u32,
    }

    /// What the system has done; the counters behind these are zeros.
    struct SYSTEM_PERFORMANCE_INFORMATION {
        IdleProcessTime: i64,
        IoReadTransferCount: i64,
        IoWriteTransferCount: i64,
        IoOtherTransferCount: i64,
        IoReadOperationCount: u32,
        IoWriteOperationCount: u32,
        IoOtherOperationCount: u32,
        AvailablePages: u32,
        CommittedPages: u32,
        CommitLimit: u32,
        PeakCommitment: u32,
        Counters: [u32; 63],
    }

    /// The clock.
    struct SYSTEM_TIMEOFDAY_INFORMATION {
        BootTime: i64,
        CurrentTime: i64,
        TimeZoneBias: i64,
        TimeZoneId: u32,
        Reserved: u32,
        BootTimeBias: u64,
        SleepTimeBias: u64,
    }

    /// What a processor has done, in units of 100 ns.
    struct SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
        IdleTime: i64,
        KernelTime: i64,
        UserTime: i64,
        DpcTime: i64,
        InterruptTime: i64,
        InterruptCount: u32,
    }

    /// A processor's interrupts.
    struct SYSTEM_INTERRUPT_INFORMATION {
        ContextSwitches: u32,
        DpcCount: u32,
        DpcRate: u32,
        TimeIncrement: u32,
        DpcBypassCount: u32,
        ApcBypassCount: u32,
    }

    /// How the clock is adjusted, in units of 100 ns.
    struct SYSTEM_QUERY_TIME_ADJUST_INFORMATION {
        TimeAdjustment: u32,
        TimeIncrement: u32,
        Enable: u8,
    }

    /// Whether the kernel is debugged.
    struct SYSTEM_KERNEL_DEBUGGER_INFORMATION {
        KernelDebuggerEnabled: u8,
        KernelDebuggerNotPresent: u8,
    }

    /// Which table is asked for; it follows.
    struct SYSTEM_FIRMWARE_TABLE_INFORMATION {
        ProviderSignature: u32,
        Action: u32,
        TableID: u32,
        TableBufferLength: u32,
    }

    /// What code the kernel runs.
    struct SYSTEM_CODEINTEGRITY_INFORMATION {
        Length: u32,
        CodeIntegrityOptions: u32,
    }
}

/// Units of 100 ns between ticks of the clock.
const TICK: u32 = 156_250;
/// `CODEINTEGRITY_OPTION_ENABLED`: no unsigned driver is loaded, since none is.
const INTEGRITY_ENABLED: u32 = 1;
const PAGE: u64 = system_info::PAGE_SIZE as u64;
/// The addresses a program may use.
const LOWEST: usize = 0x1_0000;
const HIGHEST: usize = 0x7fff_fffe_ffff;

/// Tells something about the system.
#[shim(
    partial = "basic facts, processors, their times and topology, the clock, the caller's own process, debugger, code integrity, firmware tables, an empty list of drivers"
)]
pub(in crate::ntdll) fn NtQuerySystemInformation(
    cx: &Cx,
    SystemInformationClass: SYSTEM_INFORMATION_CLASS,
    SystemInformation: Ptr<u8>,
    SystemInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let width = SystemInformation.width();
    if SystemInformationClass == SYSTEM_INFORMATION_CLASS::SystemFirmwareTableInformation {
        return firmware_table(SystemInformation, SystemInformationLength, ReturnLength);
    }
    let told = tell(cx, SystemInformationClass, width, SystemInformation.address())?;
    if let Told::Sized(_) = &told
        && SystemInformationLength >= 4
        && SystemInformation.cast::<u32>().read()? != 8
    {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    give(&told, SystemInformation, SystemInformationLength, ReturnLength)
}

/// What is asked of the firmware's tables stands at the beginning of the buffer for the answer.
fn firmware_table(to: Ptr<u8>, length: u32, returned: Out<u32>) -> NtResult<()> {
    const HEAD: u32 = 16;
    if length < HEAD {
        returned.set_opt(HEAD)?;
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let asked = to.cast::<SYSTEM_FIRMWARE_TABLE_INFORMATION>().read()?;
    let provider = Provider::of(asked.ProviderSignature).ok_or(NTSTATUS::STATUS_NOT_IMPLEMENTED)?;
    let firmware = Firmware::default();
    let bytes = match asked.Action {
        0 => firmware.tables(provider)?.into_iter().flat_map(u32::to_le_bytes).collect(),
        1 => firmware.table(provider, asked.TableID)?,
        _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    };
    let told = SYSTEM_FIRMWARE_TABLE_INFORMATION { TableBufferLength: bytes.len() as u32, ..asked };
    to.cast().write(&told)?;
    returned.set_opt(HEAD.saturating_add(bytes.len() as u32))?;
    if bytes.len() > (length - HEAD) as usize {
        return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
    }
    Ok(to.byte_offset(HEAD.into()).write_bytes(&bytes)?)
}

/// Tells something about the system that depends on a parameter.
#[shim(partial = "the topology of processors")]
pub(in crate::ntdll) fn NtQuerySystemInformationEx(
    cx: &Cx,
    SystemInformationClass: SYSTEM_INFORMATION_CLASS,
    InputBuffer: Ptr<u8>,
    InputBufferLength: u32,
    SystemInformation: Ptr<u8>,
    SystemInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let width = SystemInformation.width();
    if InputBuffer.is_null() || InputBufferLength == 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let topology = || Topology::of(cx.process.affinity.host_numbers());
    let bytes = match SystemInformationClass {
        SYSTEM_INFORMATION_CLASS::SystemLogicalProcessorAndGroupInformation if InputBufferLength == 4 => {
            let relationship = InputBuffer.cast::<u32>().read()?;
            let records = processors::extended_records(&topology(), relationship, width);
            records.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?
        }
        // The parameter is a group, of which there is one.
        SYSTEM_INFORMATION_CLASS::SystemLogicalProcessorInformation if InputBufferLength == 2 => {
            if InputBuffer.cast::<u16>().read()? != 0 {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            processors::records(&topology(), width)
        }
        SYSTEM_INFORMATION_CLASS::SystemLogicalProcessorAndGroupInformation
        | SYSTEM_INFORMATION_CLASS::SystemLogicalProcessorInformation => {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    };
    give(&Told::List(bytes), SystemInformation, SystemInformationLength, ReturnLength)
}

/// What a class tells, and how large a buffer has to be for it.
enum Told {
    /// Exactly so large.
    Exactly(Vec<u8>),
    /// Exactly so large, and its first field says so.
    Sized(Vec<u8>),
    /// At least so large; a smaller one gets nothing.
    List(Vec<u8>),
    /// At most so large; a smaller one gets the beginning.
    UpTo(Vec<u8>),
}

fn give(told: &Told, to: Ptr<u8>, length: u32, returned: Out<u32>) -> NtResult<()> {
    let (Told::Exactly(bytes) | Told::Sized(bytes) | Told::List(bytes) | Told::UpTo(bytes)) = told;
    let (size, length) = (bytes.len(), length as usize);
    let (fits, given) = match told {
        Told::Exactly(_) | Told::Sized(_) => (length == size, size),
        Told::List(_) => (length >= size, size),
        Told::UpTo(_) => (length <= size, length.min(size)),
    };
    // Documented: the length that is needed is told in any case.
    returned.set_opt(if fits { given } else { size } as u32)?;
    if !fits {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    Ok(to.write_bytes(bytes.get(..given).unwrap_or_default())?)
}

fn encoded<T: Guest>(value: &T, width: Width) -> Vec<u8> {
    let mut bytes = vec![0; T::layout(width).size];
    value.encode(width, &mut bytes);
    bytes
}

fn tell(cx: &Cx, class: SYSTEM_INFORMATION_CLASS, width: Width, buffer: u64) -> NtResult<Told> {
    use SYSTEM_INFORMATION_CLASS as Class;
    let affinity = &cx.process.affinity;
    Ok(match class {
        Class::SystemBasicInformation | Class::SystemEmulationBasicInformation => {
            let pages = (system_info::memory().physical / PAGE) as u32;
            Told::Exactly(encoded(
                &SYSTEM_BASIC_INFORMATION {
                    TimerResolution: TICK,
                    PageSize: system_info::PAGE_SIZE,
                    NumberOfPhysicalPages: pages,
                    LowestPhysicalPageNumber: 1,
                    HighestPhysicalPageNumber: pages,
                    AllocationGranularity: system_info::ALLOCATION_GRANULARITY,
                    MinimumUserModeAddress: LOWEST,
                    MaximumUserModeAddress: HIGHEST,
                    ActiveProcessorsAffinityMask: affinity.system() as usize,
                    NumberOfProcessors: affinity.system().count_ones() as u8,
                    ..SYSTEM_BASIC_INFORMATION::default()
                },
                width,
            ))
        }
        Class::SystemProcessorInformation => Told::UpTo(encoded(&processor(affinity.system()), width)),
        Class::SystemPerformanceInformation => Told::Exactly(encoded(&performance(cx), width)),
        Class::SystemTimeOfDayInformation => Told::UpTo(encoded(&time_of_day(), width)),
        Class::SystemProcessInformation => Told::List(super::process_list::own_process(cx, width, buffer)),
        Class::SystemProcessorPerformanceInformation => {
            let times = usage::processor_times(affinity.host_numbers());
            Told::List(times.into_iter().flat_map(|times| encoded(&processor_times(times), width)).collect())
        }
        // No driver is loaded that a program could see: RTL_PROCESS_MODULES with none.
        Class::SystemModuleInformation => Told::List(vec![0; 8]),
        Class::SystemInterruptInformation => {
            let one = SYSTEM_INTERRUPT_INFORMATION { TimeIncrement: TICK, ..SYSTEM_INTERRUPT_INFORMATION::default() };
            Told::List(encoded(&one, width).repeat(affinity.host_numbers().len()))
        }
        Class::SystemTimeAdjustmentInformation => {
            let tick = SYSTEM_QUERY_TIME_ADJUST_INFORMATION { TimeAdjustment: TICK, TimeIncrement: TICK, Enable: 1 };
            Told::Exactly(encoded(&tick, width))
        }
        Class::SystemKernelDebuggerInformation => {
            let none = SYSTEM_KERNEL_DEBUGGER_INFORMATION { KernelDebuggerEnabled: 0, KernelDebuggerNotPresent: 1 };
            Told::List(encoded(&none, width))
        }
        Class::SystemCodeIntegrityInformation => {
            let options = SYSTEM_CODEINTEGRITY_INFORMATION { Length: 8, CodeIntegrityOptions: INTEGRITY_ENABLED };
            Told::Sized(encoded(&options, width))
        }
        Class::SystemLogicalProcessorInformation => {
            Told::List(processors::records(&Topology::of(affinity.host_numbers()), width))
        }
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    })
}

fn processor(mask: u64) -> SYSTEM_PROCESSOR_INFORMATION {
    /// `PROCESSOR_ARCHITECTURE_AMD64`
    const AMD64: u16 = 9;
    let known = cpu::processors().first();
    SYSTEM_PROCESSOR_INFORMATION {
        ProcessorArchitecture: AMD64,
        ProcessorLevel: known.map_or(6, |known| known.family as u16),
        ProcessorRevision: known.map_or(0, |known| (known.model << 8 | known.stepping & 0xff) as u16),
        MaximumProcessors: mask.count_ones() as u16,
        ProcessorFeatureBits: 0,
    }
}

fn performance(cx: &Cx) -> SYSTEM_PERFORMANCE_INFORMATION {
    let memory = system_info::memory();
    let idle: u64 = usage::processor_times(cx.process.affinity.host_numbers()).iter().map(|times| times.idle).sum();
    let committed = memory.commit_limit.saturating_sub(memory.commit_available);
    SYSTEM_PERFORMANCE_INFORMATION {
        IdleProcessTime: idle as i64,
        AvailablePages: (memory.physical_available / PAGE) as u32,
        CommittedPages: (committed / PAGE) as u32,
        CommitLimit: (memory.commit_limit / PAGE) as u32,
        PeakCommitment: (committed / PAGE) as u32,
        ..SYSTEM_PERFORMANCE_INFORMATION::default()
    }
}

fn time_of_day() -> SYSTEM_TIMEOFDAY_INFORMATION {
    let (now, zone) = (time::system_time(), time::zone_information());
    // The bias as it is now, in units of 100 ns to be added to local time.
    let bias = now.saturating_sub(time::system_to_local(now).unwrap_or(now));
    SYSTEM_TIMEOFDAY_INFORMATION {
        BootTime: now.saturating_sub(time::interrupt_time()),
        CurrentTime: now,
        TimeZoneBias: bias,
        TimeZoneId: zone.id as u32,
        SleepTimeBias: time::interrupt_time().saturating_sub(time::unbiased_interrupt_time()).max(0) as u64,
        ..SYSTEM_TIMEOFDAY_INFORMATION::default()
    }
}

fn processor_times(times: usage::ProcessorTimes) -> SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
        IdleTime: times.idle as i64,
        KernelTime: times.kernel as i64,
        UserTime: times.user as i64,
        DpcTime: times.deferred as i64,
        InterruptTime: times.interrupt as i64,
        InterruptCount: 0,
    }
}
