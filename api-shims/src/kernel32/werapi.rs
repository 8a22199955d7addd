//! werapi.h: how errors are reported. Nothing is reported to anybody; what a program asks for is kept.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use abi::{HANDLE, HRESULT, HResult, Out, PCWSTR, Ptr, WIN32_ERROR, shim};
use syscall_xlate::sync::process::QUERY_INFORMATION;
use syscall_xlate::{Cx, ProcessState};

use crate::state;

abi::flags! {
    /// What a report has in it, and who sees it.
    pub(super) struct WER_FAULT_REPORTING: u32 {
        WER_FAULT_REPORTING_FLAG_NOHEAP = 0x1;
        WER_FAULT_REPORTING_FLAG_QUEUE = 0x2;
        WER_FAULT_REPORTING_FLAG_DISABLE_THREAD_SUSPENSION = 0x4;
        WER_FAULT_REPORTING_FLAG_QUEUE_UPLOAD = 0x8;
        WER_FAULT_REPORTING_ALWAYS_SHOW_UI = 0x10;
        WER_FAULT_REPORTING_NO_UI = 0x20;
        WER_FAULT_REPORTING_FLAG_NO_HEAP_ON_QUEUE = 0x40;
        WER_FAULT_REPORTING_DISABLE_SNAPSHOT_CRASH = 0x80;
        WER_FAULT_REPORTING_DISABLE_SNAPSHOT_HANG = 0x100;
        WER_FAULT_REPORTING_CRITICAL = 0x200;
        WER_FAULT_REPORTING_DURABLE = 0x400;
    }
}

/// The process's settings.
#[derive(Default)]
struct Reporting(AtomicU32);

impl ProcessState for Reporting {
    const SLOT: usize = state::process::ERROR_REPORTING;
}

/// Tells a process's settings for error reports.
#[shim(partial = "of the caller's own process only")]
pub(super) fn WerGetFlags(cx: &Cx, hProcess: HANDLE, pdwFlags: Out<WER_FAULT_REPORTING>) -> HResult {
    if !cx.is_own_process(hProcess, QUERY_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    let flags = cx.process.state::<Reporting>().0.load(Ordering::Relaxed);
    pdwFlags.set(WER_FAULT_REPORTING::from_bits_retain(flags))?;
    Ok(HRESULT::S_OK)
}

/// Sets the process's settings for error reports.
#[shim(partial = "kept, but there are no reports")]
pub(super) fn WerSetFlags(cx: &Cx, dwFlags: WER_FAULT_REPORTING) -> HRESULT {
    cx.process.state::<Reporting>().0.store(dwFlags.bits(), Ordering::Relaxed);
    HRESULT::S_OK
}

/// What the program wants in a report. Kept so that taking it back is answered right.
#[derive(Default)]
struct Registered(Mutex<Vec<Part>>);

#[derive(PartialEq)]
enum Part {
    File(Vec<u16>),
    Block(u64),
    Module(Vec<u16>, u64),
}

/// `WER_MAX_REGISTERED_ENTRIES`
const MOST_PARTS: usize = 512;

impl ProcessState for Registered {
    const SLOT: usize = state::process::ERROR_REPORT_PARTS;
}

fn register(cx: &Cx, part: Part) -> HResult {
    let mut parts = cx.process.state::<Registered>().0.lock().unwrap_or_else(PoisonError::into_inner);
    if parts.len() >= MOST_PARTS {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    parts.push(part);
    Ok(HRESULT::S_OK)
}

fn unregister(cx: &Cx, part: &Part) -> HResult {
    let mut parts = cx.process.state::<Registered>().0.lock().unwrap_or_else(PoisonError::into_inner);
    match parts.iter().position(|other| other == part) {
        Some(at) => {
            parts.swap_remove(at);
            Ok(HRESULT::S_OK)
        }
        // WER_E_NOT_FOUND
        None => Err(WIN32_ERROR::ERROR_NOT_FOUND.into()),
    }
}

/// Adds a file to the process's error reports.
#[shim(partial = "kept, but there are no reports")]
pub(super) fn WerRegisterFile(cx: &Cx, pwzFile: PCWSTR, regFileType: i32, dwFlags: u32) -> HResult {
    let _ = (regFileType, dwFlags);
    register(cx, Part::File(pwzFile.read()?))
}

/// Takes a file out of the process's error reports.
#[shim(full)]
pub(super) fn WerUnregisterFile(cx: &Cx, pwzFilePath: PCWSTR) -> HResult {
    unregister(cx, &Part::File(pwzFilePath.read()?))
}

/// Adds memory to the process's error reports.
#[shim(partial = "kept, but there are no reports")]
pub(super) fn WerRegisterMemoryBlock(cx: &Cx, pvAddress: Ptr<u8>, dwSize: u32) -> HResult {
    let _ = dwSize;
    register(cx, Part::Block(pvAddress.address()))
}

/// Takes memory out of the process's error reports.
#[shim(full)]
pub(super) fn WerUnregisterMemoryBlock(cx: &Cx, pvAddress: Ptr<u8>) -> HResult {
    unregister(cx, &Part::Block(pvAddress.address()))
}

/// Names a DLL that is asked about the process's crashes.
#[shim(partial = "kept, but it is not asked")]
pub(super) fn WerRegisterRuntimeExceptionModule(
    cx: &Cx,
    pwszOutOfProcessCallbackDll: PCWSTR,
    pContext: Ptr<u8>,
) -> HResult {
    register(cx, Part::Module(pwszOutOfProcessCallbackDll.read()?, pContext.address()))
}

/// Takes back what [`WerRegisterRuntimeExceptionModule`] did.
#[shim(full)]
pub(super) fn WerUnregisterRuntimeExceptionModule(
    cx: &Cx,
    pwszOutOfProcessCallbackDll: PCWSTR,
    pContext: Ptr<u8>,
) -> HResult {
    unregister(cx, &Part::Module(pwszOutOfProcessCallbackDll.read()?, pContext.address()))
}

#[cfg(test)]
mod tests {
    use abi::HANDLE;
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn what_is_set_is_told() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let flags = guest.buffer(4);
            guest.call("kernel32!WerGetFlags", &[HANDLE::CURRENT_PROCESS.0, flags]);
            guest.call("kernel32!WerSetFlags", &[0x21]);
            guest.call("kernel32!WerGetFlags", &[HANDLE::CURRENT_PROCESS.0, flags]);
            guest.call("kernel32!WerGetFlags", &[0, flags]);
        });
        assert_snapshot!(trace, @r"
        kernel32!WerGetFlags(hProcess=0xffffffffffffffff, pdwFlags=&0) = S_OK
        kernel32!WerSetFlags(dwFlags=WER_FAULT_REPORTING_FLAG_NOHEAP|WER_FAULT_REPORTING_NO_UI) = S_OK
        kernel32!WerGetFlags(hProcess=0xffffffffffffffff, pdwFlags=&WER_FAULT_REPORTING_FLAG_NOHEAP|WER_FAULT_REPORTING_NO_UI) = S_OK
        kernel32!WerGetFlags(hProcess=0x0, pdwFlags=@1) = E_HANDLE
        ");
    }

    #[test]
    fn what_was_registered_can_be_taken_back_once() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let file = guest.wide("C:\\log.txt");
            guest.call("kernel32!WerRegisterFile", &[file, 4, 0]);
            guest.call("kernel32!WerUnregisterFile", &[file]);
            guest.call("kernel32!WerUnregisterFile", &[file]);
            guest.call("kernel32!WerRegisterMemoryBlock", &[file, 8]);
            guest.call("kernel32!WerUnregisterMemoryBlock", &[file]);
            guest.call("kernel32!WerRegisterRuntimeExceptionModule", &[file, 0]);
            guest.call("kernel32!WerUnregisterRuntimeExceptionModule", &[file, 1]);
        });
        assert_snapshot!(trace, @r#"
        kernel32!WerRegisterFile(pwzFile="C:\\log.txt", regFileType=4, dwFlags=0) = S_OK
        kernel32!WerUnregisterFile(pwzFilePath="C:\\log.txt") = S_OK
        kernel32!WerUnregisterFile(pwzFilePath="C:\\log.txt") = 0x80070490
        kernel32!WerRegisterMemoryBlock(pvAddress=@1, dwSize=8) = S_OK
        kernel32!WerUnregisterMemoryBlock(pvAddress=@1) = S_OK
        kernel32!WerRegisterRuntimeExceptionModule(pwszOutOfProcessCallbackDll="C:\\log.txt", pContext=NULL) = S_OK
        kernel32!WerUnregisterRuntimeExceptionModule(pwszOutOfProcessCallbackDll="C:\\log.txt", pContext=@2) = 0x80070490
        "#);
    }
}
