//! Processors, groups and nodes.

use abi::{HANDLE, In, Out, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::sync::process;
use syscall_xlate::{Cx, system_info};

use crate::kernel32::processthreadsapi::PROCESSOR_NUMBER;
use crate::kernel32::structs::IO_COUNTERS;

/// `ALL_PROCESSOR_GROUPS`
const ALL_GROUPS: u16 = 0xffff;

/// Gives how many processors a group has.
#[shim(full)]
pub(in crate::kernel32) fn GetActiveProcessorCount(cx: &Cx, GroupNumber: u16) -> Win32Result<u32> {
    count(cx, GroupNumber)
}

/// Gives how many processors a group can have.
#[shim(stub = "no more than it has: none are added while we run")]
pub(in crate::kernel32) fn GetMaximumProcessorCount(cx: &Cx, GroupNumber: u16) -> Win32Result<u32> {
    count(cx, GroupNumber)
}

fn count(cx: &Cx, group: u16) -> Win32Result<u32> {
    match group {
        0 | ALL_GROUPS => Ok(cx.process.affinity.system().count_ones()),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives how many groups of processors there are.
#[shim(partial = "processors beyond 64 are left out, so that there is one")]
pub(in crate::kernel32) fn GetActiveProcessorGroupCount() -> u16 {
    1
}

/// Gives how many groups of processors there can be.
#[shim(partial = "processors beyond 64 are left out, so that there is one")]
pub(in crate::kernel32) fn GetMaximumProcessorGroupCount() -> u16 {
    1
}

/// Gives the processors of a node.
#[shim(full)]
pub(in crate::kernel32) fn GetNumaNodeProcessorMask(cx: &Cx, Node: u8, ProcessorMask: Out<u64>) -> Win32Result<()> {
    only_node(Node.into())?;
    Ok(ProcessorMask.set(cx.process.affinity.system())?)
}

/// Gives the node of a processor; 0xFF for a processor that does not exist.
#[shim(full)]
pub(in crate::kernel32) fn GetNumaProcessorNode(cx: &Cx, Processor: u8, NodeNumber: Out<u8>) -> Win32Result<()> {
    let exists = u32::from(Processor) < cx.process.affinity.system().count_ones();
    NodeNumber.set(if exists { 0 } else { u8::MAX })?;
    if exists { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

/// Gives the node of a processor of a group; 0xFFFF for a processor that does not exist.
#[shim(full)]
pub(in crate::kernel32) fn GetNumaProcessorNodeEx(
    cx: &Cx,
    Processor: In<PROCESSOR_NUMBER>,
    NodeNumber: Out<u16>,
) -> Win32Result<()> {
    let asked = Processor.read()?;
    let exists = asked.Group == 0 && u32::from(asked.Number) < cx.process.affinity.system().count_ones();
    NodeNumber.set(if exists { 0 } else { u16::MAX })?;
    if exists { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

/// Gives the memory of a node that is not in use, in bytes.
#[shim(full)]
pub(in crate::kernel32) fn GetNumaAvailableMemoryNode(
    Node: u8,
    AvailableBytes: Out<abi::Varying<u64>>,
) -> Win32Result<()> {
    only_node(Node.into())?;
    Ok(AvailableBytes.set(abi::Varying(system_info::memory().physical_available))?)
}

/// Gives the memory of a node that is not in use, in bytes.
#[shim(full)]
pub(in crate::kernel32) fn GetNumaAvailableMemoryNodeEx(
    Node: u16,
    AvailableBytes: Out<abi::Varying<u64>>,
) -> Win32Result<()> {
    only_node(Node)?;
    Ok(AvailableBytes.set(abi::Varying(system_info::memory().physical_available))?)
}

fn only_node(node: u16) -> Win32Result<()> {
    if node == 0 { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

/// Gives what a process has read and written.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn GetProcessIoCounters(
    cx: &Cx,
    hProcess: HANDLE,
    lpIoCounters: Out<abi::Varying<IO_COUNTERS>>,
) -> Win32Result<()> {
    if !cx.is_own_process(hProcess, process::QUERY_LIMITED_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    Ok(lpIoCounters.set(abi::Varying(IO_COUNTERS::now()))?)
}
