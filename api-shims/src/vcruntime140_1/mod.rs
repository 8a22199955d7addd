//! vcruntime140_1.dll, what the compiler needs for compressed exception tables.

use syscall_xlate::dll::{Dll, Export, Exports};

use crate::crt;

pub(crate) static DLL: Dll =
    Dll { name: "vcruntime140_1.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

#[rustfmt::skip]
static EXPORTS: &[Export] = &[
    Export::of::<crt::ehdata::__CxxFrameHandler4>(),
];
