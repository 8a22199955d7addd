//! oleaut32.dll. Programs import it by ordinal, which are Microsoft's.

mod oleauto;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "oleaut32.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    (2) oleauto::SysAllocString,
    (150) oleauto::SysAllocStringByteLen,
    (4) oleauto::SysAllocStringLen,
    (6) oleauto::SysFreeString,
    (3) oleauto::SysReAllocString,
    (5) oleauto::SysReAllocStringLen,
    (149) oleauto::SysStringByteLen,
    (7) oleauto::SysStringLen,
    (12) oleauto::VariantChangeType,
    (9) oleauto::VariantClear,
    (10) oleauto::VariantCopy,
    (8) oleauto::VariantInit,
];
