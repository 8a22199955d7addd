//! kernelbase.dll: functions of kernel32's that programs look for here, because Windows' kernel32 does not export them.

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

use crate::kernel32::memoryapi;

pub(crate) static DLL: Dll = Dll { name: "kernelbase.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    memoryapi::DiscardVirtualMemory,
    memoryapi::MapViewOfFile3,
    "MapViewOfFile3FromApp" => memoryapi::MapViewOfFile3,
    memoryapi::MapViewOfFileFromApp,
    memoryapi::MapViewOfFileNuma2,
    memoryapi::OfferVirtualMemory,
    memoryapi::PrefetchVirtualMemory,
    memoryapi::ReclaimVirtualMemory,
    memoryapi::UnmapViewOfFile2,
    memoryapi::UnmapViewOfFileEx,
    memoryapi::VirtualAlloc2,
    memoryapi::VirtualAlloc2FromApp,
    memoryapi::VirtualAllocFromApp,
    memoryapi::VirtualProtectFromApp,
    memoryapi::VirtualUnlockEx,
];
