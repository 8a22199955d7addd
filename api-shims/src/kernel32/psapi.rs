//! psapi.h: what processes use.

use abi::{Guest, HANDLE, Out, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::process;
use syscall_xlate::usage;

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
