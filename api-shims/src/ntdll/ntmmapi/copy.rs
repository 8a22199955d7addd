//! Reading and writing a process's memory, and having it written or brought in.

use abi::{HANDLE, InOut, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;

use crate::kernel32::memoryapi::{WIN32_MEMORY_RANGE_ENTRY, copy};
use crate::ntdll::ntioapi::IO_STATUS_BLOCK;
use crate::ntdll::winternl::own;

/// Copies memory of a process.
#[shim(partial = "the caller's own process only")]
pub(in crate::ntdll) fn NtReadVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToRead: usize,
    NumberOfBytesRead: Out<usize>,
) -> NtResult<()> {
    own(cx, ProcessHandle)?;
    told(copy(BaseAddress, Buffer, NumberOfBytesToRead), NumberOfBytesRead)
}

/// Writes memory of a process, as far as it can be written.
#[shim(partial = "the caller's own process only")]
pub(in crate::ntdll) fn NtWriteVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToWrite: usize,
    NumberOfBytesWritten: Out<usize>,
) -> NtResult<()> {
    own(cx, ProcessHandle)?;
    told(copy(Buffer, BaseAddress, NumberOfBytesToWrite), NumberOfBytesWritten)
}

fn told((done, outcome): (usize, Result<(), abi::Fault>), bytes: Out<usize>) -> NtResult<()> {
    bytes.set_opt(done)?;
    outcome.map_err(|_| NTSTATUS::STATUS_PARTIAL_COPY)
}

/// Writes what was changed in a view of a file.
#[shim(partial = "the caller's own process only")]
pub(in crate::ntdll) fn NtFlushVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: InOut<Ptr<u8>>,
    RegionSize: InOut<usize>,
    IoStatus: Out<IO_STATUS_BLOCK>,
) -> NtResult<()> {
    let (base, size) = (BaseAddress.read()?.address(), RegionSize.read()? as u64);
    own(cx, ProcessHandle)?;
    cx.process.memory.flush_view(base, size)?;
    Ok(IoStatus.set(IO_STATUS_BLOCK::default())?)
}

/// `VmPrefetchInformation`
const PREFETCH: u32 = 0;

/// Says something about ranges of memory: that they are needed soon.
#[shim(partial = "VmPrefetchInformation, of the caller's own process only")]
pub(in crate::ntdll) fn NtSetInformationVirtualMemory(
    cx: &Cx,
    ProcessHandle: HANDLE,
    VmInformationClass: u32,
    NumberOfEntries: usize,
    VirtualAddresses: Ptr<WIN32_MEMORY_RANGE_ENTRY>,
    VmInformation: Ptr<u8>,
    VmInformationLength: u32,
) -> NtResult<()> {
    if VmInformationClass != PREFETCH {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_2);
    }
    if NumberOfEntries == 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_3);
    }
    if VmInformation.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_5);
    }
    if VmInformationLength != 4 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_6);
    }
    if VmInformation.cast::<u32>().read()? != 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_5);
    }
    own(cx, ProcessHandle)?;
    for index in 0..NumberOfEntries {
        // One by one: however many the caller says there are, memory ends.
        let (address, bytes) = VirtualAddresses.offset(index).read()?.range();
        cx.process.memory.prefetch(address, bytes)?;
    }
    Ok(())
}

/// Has all processors that run threads of the process see what was written before.
#[shim(full)]
pub(in crate::ntdll) fn NtFlushProcessWriteBuffers() {
    syscall_xlate::sync::write_buffers::flush_write_buffers();
}

/// Has the processor write what it has buffered.
#[shim(full)]
pub(in crate::ntdll) fn NtFlushWriteBuffer() -> NtResult<()> {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    Ok(())
}
