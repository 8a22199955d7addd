//! ntdll.dll.

pub(crate) mod excpt;
mod rtlsupportapi;
use syscall_xlate::dll::{Dll, Export};
use syscall_xlate::exports;

use crate::kernel32::errhandlingapi;

pub(crate) static DLL: Dll = Dll { name: "ntdll.dll", exports: EXPORTS, attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    rtlsupportapi::RtlAddFunctionTable,
    rtlsupportapi::RtlAddGrowableFunctionTable,
    "RtlAddVectoredContinueHandler" => errhandlingapi::AddVectoredContinueHandler,
    "RtlAddVectoredExceptionHandler" => errhandlingapi::AddVectoredExceptionHandler,
    rtlsupportapi::RtlCaptureContext,
    rtlsupportapi::RtlCaptureStackBackTrace,
    rtlsupportapi::RtlDeleteFunctionTable,
    rtlsupportapi::RtlDeleteGrowableFunctionTable,
    rtlsupportapi::RtlGrowFunctionTable,
    rtlsupportapi::RtlInstallFunctionTableCallback,
    rtlsupportapi::RtlLookupFunctionEntry,
    rtlsupportapi::RtlPcToFileHeader,
    rtlsupportapi::RtlRaiseException,
    rtlsupportapi::RtlRaiseStatus,
    "RtlRemoveVectoredContinueHandler" => errhandlingapi::RemoveVectoredContinueHandler,
    "RtlRemoveVectoredExceptionHandler" => errhandlingapi::RemoveVectoredExceptionHandler,
    rtlsupportapi::RtlRestoreContext,
    rtlsupportapi::RtlUnwind,
    rtlsupportapi::RtlUnwindEx,
    rtlsupportapi::RtlVirtualUnwind,
    excpt::__C_specific_handler,
];
