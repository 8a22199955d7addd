//! psapi.h: what processes use.

use abi::{Guest, HANDLE, Out, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::sync::process;
use syscall_xlate::{Cx, system_info, usage};

abi::guest_struct! {
    /// What memory a process uses, in bytes.
    pub(crate) struct PROCESS_MEMORY_COUNTERS {
        pub cb: u32,
        pub PageFaultCount: u32,
        pub PeakWorkingSetSize: usize,
        pub WorkingSetSize: usize,
        pub QuotaPeakPagedPoolUsage: usize,
        pub QuotaPagedPoolUsage: usize,
        pub QuotaPeakNonPagedPoolUsage: usize,
        pub QuotaNonPagedPoolUsage: usize,
        pub PagefileUsage: usize,
        pub PeakPagefileUsage: usize,
    }

    /// The same and the private memory.
    pub(crate) struct PROCESS_MEMORY_COUNTERS_EX {
        pub counters: PROCESS_MEMORY_COUNTERS,
        pub PrivateUsage: usize,
    }
}

abi::guest_struct! {
    /// What memory the system uses, in pages, and how many things there are.
    pub(crate) struct PERFORMANCE_INFORMATION {
        cb: u32,
        CommitTotal: Varying<usize>,
        CommitLimit: Varying<usize>,
        CommitPeak: Varying<usize>,
        PhysicalTotal: Varying<usize>,
        PhysicalAvailable: Varying<usize>,
        SystemCache: Varying<usize>,
        KernelTotal: Varying<usize>,
        KernelPaged: usize,
        KernelNonpaged: Varying<usize>,
        PageSize: usize,
        HandleCount: Varying<u32>,
        ProcessCount: u32,
        ThreadCount: Varying<u32>,
    }
}

/// Gives what memory the system uses.
#[shim(partial = "of the system's cache and kernel, nothing; handles, processes and threads are the caller's")]
pub(super) fn K32GetPerformanceInfo(
    cx: &Cx,
    pPerformanceInformation: Out<PERFORMANCE_INFORMATION>,
    cb: u32,
) -> Win32Result<()> {
    let pointer = pPerformanceInformation.ptr();
    let size = PERFORMANCE_INFORMATION::layout(pointer.width()).size as u32;
    if cb < size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    let memory = system_info::memory();
    let pages = |bytes: u64| Varying((bytes / u64::from(system_info::PAGE_SIZE)) as usize);
    let committed = memory.commit_limit.saturating_sub(memory.commit_available);
    Ok(pPerformanceInformation.set(PERFORMANCE_INFORMATION {
        cb: size,
        CommitTotal: pages(committed),
        CommitLimit: pages(memory.commit_limit),
        CommitPeak: pages(committed),
        PhysicalTotal: pages(memory.physical),
        PhysicalAvailable: pages(memory.physical_available),
        PageSize: system_info::PAGE_SIZE as usize,
        HandleCount: Varying(cx.process.handles.handles().len() as u32),
        ProcessCount: 1,
        ThreadCount: Varying(cx.process.thread_objects.living().len() as u32),
        ..PERFORMANCE_INFORMATION::default()
    })?)
}

/// Gives what memory a process uses.
#[shim(partial = "the caller's own process only; no pool is charged to it")]
pub(super) fn K32GetProcessMemoryInfo(
    cx: &Cx,
    Process: HANDLE,
    ppsmemCounters: Out<PROCESS_MEMORY_COUNTERS>,
    cb: u32,
) -> Win32Result<()> {
    if !cx.is_own_process(Process, process::QUERY_LIMITED_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let (pointer, cb) = (ppsmemCounters.ptr(), cb as usize);
    let size = PROCESS_MEMORY_COUNTERS::layout(pointer.width()).size;
    if cb < size {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    let memory = usage::process_memory();
    let counters = PROCESS_MEMORY_COUNTERS {
        cb: cb as u32,
        PageFaultCount: memory.faults as u32,
        PeakWorkingSetSize: memory.peak_resident as usize,
        WorkingSetSize: memory.resident as usize,
        PagefileUsage: memory.committed as usize,
        PeakPagefileUsage: memory.committed.max(memory.peak_resident) as usize,
        ..PROCESS_MEMORY_COUNTERS::default()
    };
    if cb >= PROCESS_MEMORY_COUNTERS_EX::layout(pointer.width()).size {
        let all = PROCESS_MEMORY_COUNTERS_EX { counters, PrivateUsage: memory.committed as usize };
        return Ok(pointer.cast().write(&all)?);
    }
    Ok(pointer.write(&counters)?)
}
