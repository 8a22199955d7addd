//! systemtopologyapi.h: nodes of memory, of which there is one.

use abi::{Out, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::processors::GROUP_AFFINITY;

/// Gives the highest number of a node.
#[shim(stub = "the host's nodes count as one")]
pub(super) fn GetNumaHighestNodeNumber(HighestNodeNumber: Out<u32>) -> Win32Result<()> {
    Ok(HighestNodeNumber.set(0)?)
}

/// Gives the processors of a node.
#[shim(full)]
pub(super) fn GetNumaNodeProcessorMaskEx(cx: &Cx, Node: u16, ProcessorMask: Out<GROUP_AFFINITY>) -> Win32Result<()> {
    if Node != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let Mask = cx.process.affinity.system() as usize;
    Ok(ProcessorMask.set(GROUP_AFFINITY { Mask, ..GROUP_AFFINITY::default() })?)
}
