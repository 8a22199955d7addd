//! A process and its threads in the list of `SystemProcessInformation`.

use abi::{Guest, Ptr, Width};
use syscall_xlate::{Cx, usage};

use super::NORMAL_PRIORITY;
use super::process::VM_COUNTERS_EX;
use crate::kernel32::structs::IO_COUNTERS;
use crate::ntdll::structs::UNICODE_STRING;

abi::guest_struct! {
    /// A process.
    struct SYSTEM_PROCESS_INFORMATION {
        NextEntryOffset: u32,
        NumberOfThreads: u32,
        WorkingSetPrivateSize: i64,
        HardFaultCount: u32,
        NumberOfThreadsHighWatermark: u32,
        CycleTime: u64,
        CreateTime: i64,
        UserTime: i64,
        KernelTime: i64,
        ImageName: UNICODE_STRING,
        BasePriority: i32,
        UniqueProcessId: usize,
        InheritedFromUniqueProcessId: usize,
        HandleCount: u32,
        SessionId: u32,
        UniqueProcessKey: usize,
        Memory: VM_COUNTERS_EX,
        Transfers: IO_COUNTERS,
    }

    /// A thread.
    struct SYSTEM_THREAD_INFORMATION {
        KernelTime: i64,
        UserTime: i64,
        CreateTime: i64,
        WaitTime: u32,
        StartAddress: Ptr<u8>,
        UniqueProcess: usize,
        UniqueThread: usize,
        Priority: i32,
        BasePriority: i32,
        ContextSwitches: u32,
        ThreadState: u32,
        WaitReason: u32,
    }
}

/// `StateRunning`
const RUNNING: u32 = 2;

/// The caller's own process, the only one that is listed, for a buffer at an address, which its name refers to.
pub(super) fn own_process(cx: &Cx, width: Width, buffer: u64) -> Vec<u8> {
    let name: Vec<u16> = cx.process.program().map_or_else(Vec::new, |program| program.name().encode_utf16().collect());
    let process = &cx.process;
    let (times, memory) = (usage::process_times(), usage::process_memory());
    let threads = process.thread_objects.living();
    let sizes = (SYSTEM_PROCESS_INFORMATION::layout(width).size, SYSTEM_THREAD_INFORMATION::layout(width).size);
    let name_at = buffer.wrapping_add((sizes.0 + threads.len() * sizes.1) as u64);
    let record = SYSTEM_PROCESS_INFORMATION {
        ImageName: UNICODE_STRING {
            Length: 2 * name.len() as u16,
            MaximumLength: 2 * name.len() as u16 + 2,
            Buffer: Ptr::at(name_at),
        },
        NumberOfThreads: threads.len() as u32,
        WorkingSetPrivateSize: memory.committed.min(memory.resident) as i64,
        NumberOfThreadsHighWatermark: threads.len() as u32,
        CreateTime: times.created as i64,
        UserTime: times.user as i64,
        KernelTime: times.kernel as i64,
        BasePriority: NORMAL_PRIORITY,
        UniqueProcessId: process.id() as usize,
        InheritedFromUniqueProcessId: std::os::unix::process::parent_id() as usize,
        HandleCount: process.handles.handles().len() as u32,
        SessionId: 1,
        Memory: VM_COUNTERS_EX::of(&memory),
        Transfers: IO_COUNTERS::now(),
        ..SYSTEM_PROCESS_INFORMATION::default()
    };
    let mut bytes = vec![0; sizes.0];
    record.encode(width, &mut bytes);
    for thread in threads {
        let times = usage::thread_times(&thread).unwrap_or_default();
        let record = SYSTEM_THREAD_INFORMATION {
            KernelTime: times.kernel as i64,
            UserTime: times.user as i64,
            CreateTime: times.created as i64,
            UniqueProcess: process.id() as usize,
            UniqueThread: thread.id() as usize,
            Priority: NORMAL_PRIORITY + thread.priority(),
            BasePriority: NORMAL_PRIORITY + thread.priority(),
            ThreadState: RUNNING,
            ..SYSTEM_THREAD_INFORMATION::default()
        };
        let mut one = vec![0; sizes.1];
        record.encode(width, &mut one);
        bytes.append(&mut one);
    }
    bytes.extend(name.iter().chain(&[0]).flat_map(|unit| unit.to_le_bytes()));
    bytes
}
