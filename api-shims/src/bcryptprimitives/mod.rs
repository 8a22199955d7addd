//! bcryptprimitives.dll.

mod bcryptprimitives;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll =
    Dll { name: "bcryptprimitives.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![bcryptprimitives::ProcessPrng,];
