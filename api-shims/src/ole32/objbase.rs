//! objbase.h: the older way to begin with COM.

use abi::{HRESULT, Ptr, shim};
use syscall_xlate::Cx;

use super::combaseapi::{COINIT, initialize};

/// Makes the calling thread an apartment of its own.
#[shim(partial = "there are no classes to make objects of")]
pub(super) fn CoInitialize(cx: &Cx, pvReserved: Ptr<u8>) -> HRESULT {
    let _ = pvReserved;
    initialize(cx, COINIT::COINIT_APARTMENTTHREADED)
}
