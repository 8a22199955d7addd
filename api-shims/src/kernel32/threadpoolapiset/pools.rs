//! Pools and cleanup groups.

use abi::{In, Out, Ptr, Raises, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::pool::{Group, Pool};

use crate::pool::{TP_CLEANUP_GROUP, TP_POOL, pool};

abi::guest_struct! {
    /// The stacks of a pool's threads.
    pub(crate) struct TP_POOL_STACK_INFORMATION {
        StackReserve: usize,
        StackCommit: usize,
    }
}

/// Closes a pool, whose threads end when they have nothing left to do.
#[shim(full)]
pub(crate) fn CloseThreadpool(cx: &Cx, ptpp: Ptr<TP_POOL>) -> Raises<()> {
    cx.process.pools.take::<Pool>(ptpp.address())?.close();
    Ok(())
}

/// Closes a cleanup group, which has no members.
#[shim(full)]
pub(crate) fn CloseThreadpoolCleanupGroup(cx: &Cx, ptpcg: Ptr<TP_CLEANUP_GROUP>) -> Raises<()> {
    cx.process.pools.take::<Group>(ptpcg.address())?;
    Ok(())
}

/// Closes the members of a cleanup group and waits for their callbacks, or drops those that have not begun.
#[shim(full)]
pub(crate) fn CloseThreadpoolCleanupGroupMembers(
    cx: &Cx,
    ptpcg: Ptr<TP_CLEANUP_GROUP>,
    fCancelPendingCallbacks: bool,
    pvCleanupContext: Ptr<u8>,
) -> Raises<()> {
    cx.close_members(ptpcg.address(), fCancelPendingCallbacks, pvCleanupContext.address())?;
    cx.end_if_terminated();
    Ok(())
}

/// Makes a pool of its own.
#[shim(full)]
pub(crate) fn CreateThreadpool(cx: &Cx, reserved: Ptr<u8>) -> Win32Result<Ptr<TP_POOL>> {
    let _ = reserved; // "must be NULL"
    Ok(Ptr::at(cx.create_pool()))
}

/// Makes a group of callback objects that are closed together.
#[shim(full)]
pub(crate) fn CreateThreadpoolCleanupGroup(cx: &Cx) -> Win32Result<Ptr<TP_CLEANUP_GROUP>> {
    Ok(Ptr::at(cx.create_group()))
}

/// Gives the stack sizes of a pool's threads.
#[shim(full)]
pub(crate) fn QueryThreadpoolStackInformation(
    cx: &Cx,
    ptpp: Ptr<TP_POOL>,
    ptpsi: Out<TP_POOL_STACK_INFORMATION>,
) -> Win32Result<()> {
    let (reserve, commit) = pool(cx, ptpp).map_err(abi::Refusal::Raises)?.stack();
    let headers = || cx.process.program()?.image().map(|image| image.headers().stack_reserve);
    let reserve = if reserve == 0 { headers().unwrap_or_default() } else { reserve };
    // All that is reserved can be used: what is committed at first is the size of a page.
    let commit = if commit == 0 { 0x1000 } else { commit };
    Ok(ptpsi.set(TP_POOL_STACK_INFORMATION { StackReserve: reserve as usize, StackCommit: commit as usize })?)
}

/// Sets the stack sizes of a pool's threads to come.
#[shim(full)]
pub(crate) fn SetThreadpoolStackInformation(
    cx: &Cx,
    ptpp: Ptr<TP_POOL>,
    ptpsi: In<TP_POOL_STACK_INFORMATION>,
) -> Win32Result<()> {
    let stack = ptpsi.read()?;
    pool(cx, ptpp).map_err(abi::Refusal::Raises)?.set_stack(stack.StackReserve as u64, stack.StackCommit as u64);
    Ok(())
}

/// Sets how many threads a pool has at most.
#[shim(full)]
pub(crate) fn SetThreadpoolThreadMaximum(cx: &Cx, ptpp: Ptr<TP_POOL>, cthrdMost: u32) -> Raises<()> {
    pool(cx, ptpp)?.set_maximum(cthrdMost);
    Ok(())
}

/// Sets how many threads a pool has at least.
#[shim(full)]
pub(crate) fn SetThreadpoolThreadMinimum(cx: &Cx, ptpp: Ptr<TP_POOL>, cthrdMic: u32) -> Win32Result<()> {
    Ok(pool(cx, ptpp).map_err(abi::Refusal::Raises)?.set_minimum(cthrdMic)?)
}
