//! ntdll.dll.

pub(crate) mod excpt;
mod ntifs;
mod ntioapi;
mod rtlsupportapi;
mod structs;
mod wdm;
mod winternl;
use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

use crate::kernel32::errhandlingapi;

pub(crate) static DLL: Dll = Dll { name: "ntdll.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    ntifs::NtAllocateVirtualMemory,
    winternl::NtClose,
    winternl::NtCreateEvent,
    ntioapi::NtCreateIoCompletion,
    winternl::NtCreateMutant,
    ntifs::NtCreateSection,
    winternl::NtCreateSemaphore,
    winternl::NtDelayExecution,
    ntifs::NtFreeVirtualMemory,
    winternl::NtGetCurrentProcessorNumber,
    ntifs::NtMapViewOfSection,
    ntifs::NtProtectVirtualMemory,
    ntifs::NtQueryInformationFile,
    winternl::NtQueryInformationProcess,
    winternl::NtQueryInformationThread,
    winternl::NtQueryPerformanceCounter,
    winternl::NtQuerySystemTime,
    ntifs::NtQueryVirtualMemory,
    winternl::NtReleaseMutant,
    winternl::NtReleaseSemaphore,
    ntioapi::NtRemoveIoCompletion,
    ntioapi::NtRemoveIoCompletionEx,
    winternl::NtResetEvent,
    winternl::NtResumeThread,
    winternl::NtSetEvent,
    ntioapi::NtSetIoCompletion,
    winternl::NtSuspendThread,
    winternl::NtTerminateProcess,
    ntifs::NtUnmapViewOfSection,
    winternl::NtWaitForMultipleObjects,
    winternl::NtWaitForSingleObject,
    winternl::NtYieldExecution,
    rtlsupportapi::RtlAddFunctionTable,
    rtlsupportapi::RtlAddGrowableFunctionTable,
    "RtlAddVectoredContinueHandler" => errhandlingapi::AddVectoredContinueHandler,
    "RtlAddVectoredExceptionHandler" => errhandlingapi::AddVectoredExceptionHandler,
    ntifs::RtlAllocateHeap,
    rtlsupportapi::RtlCaptureContext,
    rtlsupportapi::RtlCaptureStackBackTrace,
    wdm::RtlDeleteCriticalSection,
    rtlsupportapi::RtlDeleteFunctionTable,
    rtlsupportapi::RtlDeleteGrowableFunctionTable,
    wdm::RtlEnterCriticalSection,
    wdm::RtlEqualUnicodeString,
    winternl::RtlExitUserProcess,
    winternl::RtlExitUserThread,
    ntifs::RtlFreeHeap,
    winternl::RtlFreeUnicodeString,
    winternl::RtlGetCurrentPeb,
    winternl::RtlGetLastWin32Error,
    wdm::RtlGetNtVersionNumbers,
    wdm::RtlGetVersion,
    rtlsupportapi::RtlGrowFunctionTable,
    winternl::RtlInitAnsiString,
    winternl::RtlInitUnicodeString,
    wdm::RtlInitializeCriticalSection,
    wdm::RtlInitializeCriticalSectionAndSpinCount,
    rtlsupportapi::RtlInstallFunctionTableCallback,
    wdm::RtlLeaveCriticalSection,
    rtlsupportapi::RtlLookupFunctionEntry,
    winternl::RtlNtStatusToDosError,
    rtlsupportapi::RtlPcToFileHeader,
    rtlsupportapi::RtlRaiseException,
    rtlsupportapi::RtlRaiseStatus,
    ntifs::RtlReAllocateHeap,
    "RtlRemoveVectoredContinueHandler" => errhandlingapi::RemoveVectoredContinueHandler,
    "RtlRemoveVectoredExceptionHandler" => errhandlingapi::RemoveVectoredExceptionHandler,
    rtlsupportapi::RtlRestoreContext,
    winternl::RtlSetLastWin32Error,
    ntifs::RtlSizeHeap,
    wdm::RtlTryEnterCriticalSection,
    rtlsupportapi::RtlUnwind,
    rtlsupportapi::RtlUnwindEx,
    rtlsupportapi::RtlVirtualUnwind,
    ntifs::RtlWaitOnAddress,
    excpt::__C_specific_handler,
];
