//! Memory on our stack that the guest is given the address of.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use abi::{CONTEXT, EXCEPTION_RECORD, NTSTATUS, Ptr};

use super::{DISPATCHER_CONTEXT, EXCEPTION_POINTERS};

/// `N` bytes that only accesses by address touch, ours as well as the guest's: what is in them may change at any call.
#[repr(C, align(16))]
pub(crate) struct Lent<const N: usize>(UnsafeCell<MaybeUninit<[u8; N]>>);

/// Room for a `CONTEXT`.
pub(crate) type LentContext = Lent<{ CONTEXT::SIZE }>;
/// Room for an `EXCEPTION_RECORD`.
pub(crate) type LentRecord = Lent<{ EXCEPTION_RECORD::SIZE }>;
/// Room for a `DISPATCHER_CONTEXT`.
pub(crate) type LentDispatcher = Lent<80>;
/// Room for `EXCEPTION_POINTERS`.
pub(crate) type LentPointers = Lent<16>;

impl<const N: usize> Lent<N> {
    /// Room with nothing in it yet: it is written before anybody is told of it.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Its address, by which alone it is used.
    pub(crate) fn address(&self) -> u64 {
        self.0.get().expose_provenance() as u64
    }
}

impl LentContext {
    /// Writes a context.
    pub(crate) fn set(&self, context: &CONTEXT) {
        // It is our own memory: it can be written.
        let _ = context.write(self.address());
    }

    /// What is there now.
    pub(crate) fn get(&self) -> CONTEXT {
        CONTEXT::read(self.address()).unwrap_or(CONTEXT::ZERO)
    }

    /// As [`Self::get`], in place of another one.
    pub(super) fn get_into(&self, context: &mut CONTEXT) {
        let _ = context.read_from(self.address());
    }
}

macro_rules! lent {
    ($($lent:ty: $value:ty;)*) => {$(
        impl $lent {
            /// Writes the value.
            pub(crate) fn set(&self, value: &$value) {
                let _ = Ptr::at(self.address()).write(value);
            }
        }
    )*};
}
lent! {
    LentRecord: EXCEPTION_RECORD;
    LentDispatcher: DISPATCHER_CONTEXT;
    LentPointers: EXCEPTION_POINTERS;
}

impl LentDispatcher {
    /// What is there now.
    pub(crate) fn get(&self) -> DISPATCHER_CONTEXT {
        Ptr::<DISPATCHER_CONTEXT>::at(self.address()).read().unwrap_or_default()
    }
}

/// A record as it is now, wherever it is.
pub(crate) fn record_at(address: u64) -> EXCEPTION_RECORD {
    Ptr::<EXCEPTION_RECORD>::at(address).read().unwrap_or_default()
}

/// `ExceptionCode` and `ExceptionFlags` of the record at `address`; zeros where it cannot be read.
pub(super) fn code_and_flags(address: u64) -> (NTSTATUS, u32) {
    let both = abi::fault::load_u64(address).unwrap_or_default();
    (NTSTATUS(both as u32), (both >> 32) as u32)
}

/// Offset of `ExceptionFlags`, behind `ExceptionCode`.
const FLAGS: u64 = 4;

/// Sets the flags of the record at `address`.
pub(super) fn set_record_flags(address: u64, flags: u32) {
    let _ = abi::fault::store_u32(address.wrapping_add(FLAGS), flags);
}

const _: () = assert!(size_of::<LentContext>() == CONTEXT::SIZE);

#[cfg(test)]
mod tests {
    use abi::{Guest, Width};

    use super::*;

    #[test]
    fn what_is_lent_has_room() {
        assert_eq!(DISPATCHER_CONTEXT::layout(Width::W64).size, 80);
        assert_eq!(EXCEPTION_POINTERS::layout(Width::W64).size, 16);
        assert_eq!(EXCEPTION_RECORD::layout(Width::W64).size, EXCEPTION_RECORD::SIZE);
        assert_eq!(EXCEPTION_RECORD::offset_of(Width::W64, "ExceptionFlags"), Some(FLAGS as usize));
    }
}
