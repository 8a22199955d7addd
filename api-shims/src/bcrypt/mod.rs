//! bcrypt.dll.

mod bcrypt;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "bcrypt.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] =
    exports![bcrypt::BCryptCloseAlgorithmProvider, bcrypt::BCryptGenRandom, bcrypt::BCryptOpenAlgorithmProvider,];
