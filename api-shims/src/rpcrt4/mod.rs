//! rpcrt4.dll.

mod rpcdce;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "rpcrt4.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    rpcdce::RpcStringFreeA,
    rpcdce::RpcStringFreeW,
    rpcdce::UuidCreate,
    rpcdce::UuidCreateSequential,
    rpcdce::UuidFromStringA,
    rpcdce::UuidFromStringW,
    rpcdce::UuidToStringA,
    rpcdce::UuidToStringW,
];
