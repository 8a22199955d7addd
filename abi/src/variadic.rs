//! Variable arguments.
//!
//! On Windows x64 a `va_list` is a pointer to 8-byte slots, because a variadic function spills its register arguments to
//! their home space in front of the others. A `double` takes one slot, with its bits.

use crate::{Arg, Fault, ParamKind, Value, fault};

/// A `va_list`: the guest's argument slots, read one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaList {
    next: u64,
}

impl VaList {
    /// The list whose first slot is at `address`.
    pub const fn at(address: u64) -> Self {
        Self { next: address }
    }

    /// The slot that comes next, whole.
    ///
    /// # Errors
    /// A [`Fault`] where the list runs out of readable memory.
    pub fn next_u64(&mut self) -> Result<u64, Fault> {
        let value = fault::load_u64(self.next)?;
        self.next = self.next.wrapping_add(8);
        Ok(value)
    }

    /// An argument of up to 32 bits.
    ///
    /// # Errors
    /// As [`Self::next_u64`].
    pub fn next_u32(&mut self) -> Result<u32, Fault> {
        Ok(self.next_u64()? as u32)
    }

    /// A `double`.
    ///
    /// # Errors
    /// As [`Self::next_u64`].
    pub fn next_f64(&mut self) -> Result<f64, Fault> {
        Ok(f64::from_bits(self.next_u64()?))
    }
}

impl Arg for VaList {
    type Raw = u64;
    const KIND: ParamKind = ParamKind::Pointer;

    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        Self::at(raw)
    }

    fn before(&self) -> Value {
        Value::Name("...".to_owned())
    }
}
