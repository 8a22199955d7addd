//! The caller's own process and thread.

use std::convert::Infallible;

use abi::{HANDLE, Ptr, Raises, Varying, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::console::Standard;

abi::guest_struct! {
    /// How a process was started.
    pub(crate) struct STARTUPINFO {
        cb: u32,
        lpReserved: Ptr<u8>,
        lpDesktop: Ptr<u8>,
        lpTitle: Ptr<u8>,
        dwX: u32,
        dwY: u32,
        dwXSize: u32,
        dwYSize: u32,
        dwXCountChars: u32,
        dwYCountChars: u32,
        dwFillAttribute: u32,
        dwFlags: u32,
        wShowWindow: u16,
        cbReserved2: u16,
        lpReserved2: Ptr<u8>,
        hStdInput: HANDLE,
        hStdOutput: HANDLE,
        hStdError: HANDLE,
    }
}

/// Ends the process: modules are told first.
#[shim(full)]
pub(in crate::kernel32) fn ExitProcess(cx: &Cx, uExitCode: u32) -> Infallible {
    cx.exit_process(uExitCode)
}

/// Ends the calling thread: modules are told first.
#[shim(full)]
pub(in crate::kernel32) fn ExitThread(cx: &Cx, dwExitCode: u32) -> Infallible {
    cx.exit_thread(dwExitCode)
}

/// Gives the handle by which a process calls itself.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentProcess() -> HANDLE {
    HANDLE::CURRENT_PROCESS
}

/// Gives the process's identifier.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentProcessId(cx: &Cx) -> Varying<u32> {
    Varying(cx.process.id())
}

/// Gives the handle by which a thread calls itself.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentThread() -> HANDLE {
    HANDLE::CURRENT_THREAD
}

/// Gives the calling thread's identifier.
#[shim(full)]
pub(in crate::kernel32) fn GetCurrentThreadId(cx: &Cx) -> Varying<u32> {
    Varying(cx.thread.id())
}

/// Tells how the process was started.
#[shim(full)]
pub(in crate::kernel32) fn GetStartupInfoA(cx: &Cx, lpStartupInfo: Ptr<STARTUPINFO>) -> Raises<()> {
    startup_info(cx, lpStartupInfo)
}

/// Tells how the process was started.
#[shim(full)]
pub(in crate::kernel32) fn GetStartupInfoW(cx: &Cx, lpStartupInfo: Ptr<STARTUPINFO>) -> Raises<()> {
    startup_info(cx, lpStartupInfo)
}

/// `STARTF_USESTDHANDLES`: the standard handles are given.
const USES_STANDARD_HANDLES: u32 = 0x100;

fn startup_info(cx: &Cx, result: Ptr<STARTUPINFO>) -> Raises<()> {
    let size = <STARTUPINFO as abi::Guest>::layout(result.width()).size as u32;
    let handle = |which| cx.process.standard.get(cx.process, which);
    result.write(&STARTUPINFO {
        cb: size,
        dwFlags: USES_STANDARD_HANDLES,
        hStdInput: handle(Standard::Input),
        hStdOutput: handle(Standard::Output),
        hStdError: handle(Standard::Error),
        ..STARTUPINFO::default()
    })?;
    Ok(())
}

abi::choices! {
    /// What a processor may be able to do (`PF_*`).
    pub(in crate::kernel32) struct PROCESSOR_FEATURE: u32 {
        PF_FLOATING_POINT_PRECISION_ERRATA = 0;
        PF_FLOATING_POINT_EMULATED = 1;
        PF_COMPARE_EXCHANGE_DOUBLE = 2;
        PF_MMX_INSTRUCTIONS_AVAILABLE = 3;
        PF_XMMI_INSTRUCTIONS_AVAILABLE = 6;
        PF_3DNOW_INSTRUCTIONS_AVAILABLE = 7;
        PF_RDTSC_INSTRUCTION_AVAILABLE = 8;
        PF_PAE_ENABLED = 9;
        PF_XMMI64_INSTRUCTIONS_AVAILABLE = 10;
        PF_NX_ENABLED = 12;
        PF_SSE3_INSTRUCTIONS_AVAILABLE = 13;
        PF_COMPARE_EXCHANGE128 = 14;
        PF_XSAVE_ENABLED = 17;
        PF_FASTFAIL_AVAILABLE = 23;
        PF_SSSE3_INSTRUCTIONS_AVAILABLE = 36;
        PF_SSE4_1_INSTRUCTIONS_AVAILABLE = 37;
        PF_SSE4_2_INSTRUCTIONS_AVAILABLE = 38;
        PF_AVX_INSTRUCTIONS_AVAILABLE = 39;
        PF_AVX2_INSTRUCTIONS_AVAILABLE = 40;
    }
}

/// Tells whether the processor can do something.
#[shim(full)]
pub(in crate::kernel32) fn IsProcessorFeaturePresent(ProcessorFeature: PROCESSOR_FEATURE) -> bool {
    let feature = u64::from(ProcessorFeature.0);
    syscall_xlate::processor_features().iter().any(|&(known, present)| known == feature && present)
}

/// Makes code that was written visible to the processor.
#[shim(full)]
pub(in crate::kernel32) fn FlushInstructionCache(
    hProcess: HANDLE,
    lpBaseAddress: Ptr<u8>,
    dwSize: usize,
) -> Win32Result<()> {
    // On x86-64 the processor sees writes to code by itself.
    let _ = (hProcess, lpBaseAddress, dwSize);
    Ok(())
}
