//! werapi.h: how errors are reported. Nothing is reported to anybody; what a program asks for is kept.

use std::sync::atomic::{AtomicU32, Ordering};

use abi::{HANDLE, HRESULT, HResult, Out, WIN32_ERROR, shim};
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
}
