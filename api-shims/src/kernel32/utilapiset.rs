//! utilapiset.h: pointers that memory is to keep in disguise.

use std::sync::OnceLock;

use abi::shim;
use syscall_xlate::{Cx, ProcessState, random};

/// What this process's pointers are disguised with.
#[derive(Default)]
struct Secret(OnceLock<u64>);

impl ProcessState for Secret {
    const SLOT: usize = crate::state::process::POINTER_SECRET;
}

fn secret(cx: &Cx) -> u64 {
    // Without random numbers from the host the disguise is that of the process's identifier.
    let make = || random::bytes().map_or(u64::from(std::process::id()), u64::from_le_bytes);
    *cx.process.state::<Secret>().0.get_or_init(make)
}

/// Bits that a disguised pointer is turned by.
fn turn(secret: u64) -> u32 {
    (secret & 63) as u32
}

/// Disguises a pointer with a secret of the process
/// (<https://learn.microsoft.com/windows/win32/api/utilapiset/nf-utilapiset-encodepointer>).
#[shim(full)]
pub(super) fn EncodePointer(cx: &Cx, Ptr: usize) -> usize {
    let secret = secret(cx);
    (Ptr as u64 ^ secret).rotate_right(turn(secret)) as usize
}

/// Gives the pointer that `EncodePointer` disguised.
#[shim(full)]
pub(super) fn DecodePointer(cx: &Cx, Ptr: usize) -> usize {
    let secret = secret(cx);
    ((Ptr as u64).rotate_left(turn(secret)) ^ secret) as usize
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn a_pointer_comes_back_from_its_disguise() {
        testing::trace(crate::dlls(), |guest| {
            for pointer in [0, 1, 0x7ff6_1234_5678, u64::MAX] {
                let disguised = guest.call("kernel32!EncodePointer", &[pointer]);
                assert_eq!(guest.call("kernel32!EncodePointer", &[pointer]), disguised);
                assert_eq!(guest.call("kernel32!DecodePointer", &[disguised]), pointer);
            }
        });
    }
}
