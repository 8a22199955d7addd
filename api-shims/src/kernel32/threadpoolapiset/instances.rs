//! What a callback can ask for while it runs.

use abi::{HANDLE, Ptr, Raises, shim};
use syscall_xlate::Cx;
use syscall_xlate::pool::Release;

use crate::kernel32::synchapi::CRITICAL_SECTION;
use crate::pool::TP_CALLBACK_INSTANCE;

/// Says that the callback may take long; tells whether there is another thread for others.
#[shim(full)]
pub(crate) fn CallbackMayRunLong(cx: &Cx, pci: Ptr<TP_CALLBACK_INSTANCE>) -> Raises<bool> {
    Ok(cx.callback_takes_long(pci.address())?)
}

/// Has nobody wait for the callback any more.
#[shim(full)]
pub(crate) fn DisassociateCurrentThreadFromCallback(cx: &Cx, pci: Ptr<TP_CALLBACK_INSTANCE>) -> Raises<()> {
    Ok(cx.disassociate_callback(pci.address())?)
}

/// Has a module given up once the callback has returned.
#[shim(full)]
pub(crate) fn FreeLibraryWhenCallbackReturns(cx: &Cx, pci: Ptr<TP_CALLBACK_INSTANCE>, r#mod: Ptr<u8>) -> Raises<()> {
    Ok(cx.after_callback(pci.address(), Release::Library(r#mod.address()))?)
}

/// Has a critical section left once the callback has returned.
#[shim(full)]
pub(crate) fn LeaveCriticalSectionWhenCallbackReturns(
    cx: &Cx,
    pci: Ptr<TP_CALLBACK_INSTANCE>,
    pcs: Ptr<CRITICAL_SECTION>,
) -> Raises<()> {
    Ok(cx.after_callback(pci.address(), Release::Section(pcs.address()))?)
}

/// Has a mutex released once the callback has returned.
#[shim(full)]
pub(crate) fn ReleaseMutexWhenCallbackReturns(cx: &Cx, pci: Ptr<TP_CALLBACK_INSTANCE>, r#mut: HANDLE) -> Raises<()> {
    Ok(cx.after_callback(pci.address(), Release::Mutant(r#mut))?)
}

/// Has a semaphore released once the callback has returned.
#[shim(full)]
pub(crate) fn ReleaseSemaphoreWhenCallbackReturns(
    cx: &Cx,
    pci: Ptr<TP_CALLBACK_INSTANCE>,
    sem: HANDLE,
    crel: u32,
) -> Raises<()> {
    Ok(cx.after_callback(pci.address(), Release::Semaphore(sem, crel))?)
}

/// Has an event signalled once the callback has returned.
#[shim(full)]
pub(crate) fn SetEventWhenCallbackReturns(cx: &Cx, pci: Ptr<TP_CALLBACK_INSTANCE>, evt: HANDLE) -> Raises<()> {
    Ok(cx.after_callback(pci.address(), Release::Event(evt))?)
}
