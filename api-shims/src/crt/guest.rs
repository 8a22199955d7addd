//! What the C runtime's shims share: results and texts in guest memory.

use abi::{Crt, CrtResult, Errno, Fault, Ptr, bulk, fault};

/// Success.
#[inline(always)]
pub(super) fn ok<T>(value: T) -> CrtResult<T> {
    Ok(Crt(value))
}

/// An `errno_t` result of the `_s` functions: 0, or the error, which is set too.
pub(super) fn status(cx: &syscall_xlate::Cx, result: Result<(), Errno>) -> CrtResult<i32> {
    match result {
        Ok(()) => ok(0),
        Err(error) => {
            cx.thread.set_errno(error);
            ok(error.0)
        }
    }
}

/// A unit of text in guest memory, narrow or wide.
pub(crate) trait GuestUnit: super::format::Unit + abi::Guest + Into<u32> + Ord {
    /// Bytes.
    const SIZE: u64;
    /// Reads one.
    fn load(address: u64) -> Result<Self, Fault>;
    /// Writes one.
    fn store(address: u64, unit: Self) -> Result<(), Fault>;
    /// The length in units of the text at `address`.
    fn length(address: u64) -> Result<usize, Fault>;
    /// From the low bits of an integer.
    fn from_int(value: i32) -> Self;
    /// Lower case as every locale has it: of ASCII letters.
    fn lower(self) -> Self;
    /// Upper case as every locale has it: of ASCII letters.
    fn upper(self) -> Self;
}

impl GuestUnit for u8 {
    const SIZE: u64 = 1;
    #[inline]
    fn load(address: u64) -> Result<Self, Fault> {
        fault::load_u8(address)
    }
    #[inline]
    fn store(address: u64, unit: Self) -> Result<(), Fault> {
        fault::store_u8(address, unit)
    }
    #[inline]
    fn length(address: u64) -> Result<usize, Fault> {
        bulk::length8(address)
    }
    fn from_int(value: i32) -> Self {
        value as u8
    }
    fn lower(self) -> Self {
        self.to_ascii_lowercase()
    }
    fn upper(self) -> Self {
        self.to_ascii_uppercase()
    }
}

impl GuestUnit for u16 {
    const SIZE: u64 = 2;
    #[inline]
    fn load(address: u64) -> Result<Self, Fault> {
        fault::load_u16(address)
    }
    #[inline]
    fn store(address: u64, unit: Self) -> Result<(), Fault> {
        fault::store_u16(address, unit)
    }
    #[inline]
    fn length(address: u64) -> Result<usize, Fault> {
        bulk::length16(address)
    }
    fn from_int(value: i32) -> Self {
        value as u16
    }
    fn lower(self) -> Self {
        if (0x41..=0x5a).contains(&self) { self + 32 } else { self }
    }
    fn upper(self) -> Self {
        if (0x61..=0x7a).contains(&self) { self - 32 } else { self }
    }
}

/// The address of unit `index`.
#[inline]
pub(super) fn at<U: GuestUnit>(text: u64, index: usize) -> u64 {
    text.wrapping_add((index as u64).wrapping_mul(U::SIZE))
}

/// The length of a text, at most `limit` units, none beyond them read.
pub(super) fn length_within<U: GuestUnit>(text: u64, limit: usize) -> Result<usize, Fault> {
    if U::SIZE == 1 {
        return Ok(bulk::find(text, 0, limit.min(usize::MAX >> 1))?.unwrap_or(limit));
    }
    let mut length = 0;
    while length < limit && U::load(at::<U>(text, length))?.into() != 0 {
        length += 1;
    }
    Ok(length)
}

/// All units of a text.
pub(super) fn read_text<U: GuestUnit>(text: u64) -> Result<Vec<U>, Fault> {
    let length = U::length(text)?;
    Ptr::<U>::at(text).read_slice(length)
}

/// The units of a text that a scanner of numbers may need: up to `stop`, so that reading one number of a long text does not read it
/// all.
pub(super) fn read_prefix<U: GuestUnit>(text: u64, mut stop: impl FnMut(&[U]) -> bool) -> Result<Vec<U>, Fault> {
    let mut units = Vec::with_capacity(32);
    loop {
        let unit = U::load(at::<U>(text, units.len()))?;
        if unit.into() == 0 {
            return Ok(units);
        }
        units.push(unit);
        if stop(&units) {
            return Ok(units);
        }
    }
}

/// Writes a text and a closing zero.
pub(super) fn write_text<U: GuestUnit>(to: u64, text: &[U]) -> Result<(), Fault> {
    Ptr::<U>::at(to).write_slice(text)?;
    U::store(at::<U>(to, text.len()), U::from(0))
}
