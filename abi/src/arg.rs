//! How a parameter arrives and how a trace shows it.

use crate::{ParamKind, Value};

/// What a parameter is in the guest's calling convention: a register or stack slot, or a floating-point register.
pub trait RawArg: Copy {
    /// The raw argument with the bits of an 8-byte slot.
    fn from_slot(slot: u64) -> Self;
    /// The bits of the 8-byte slot that carries this argument.
    fn to_slot(self) -> u64;
}

impl RawArg for u64 {
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        slot
    }
    fn to_slot(self) -> u64 {
        self
    }
}

impl RawArg for f64 {
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        f64::from_bits(slot)
    }
    fn to_slot(self) -> u64 {
        self.to_bits()
    }
}

impl RawArg for f32 {
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        f32::from_bits(slot as u32)
    }
    fn to_slot(self) -> u64 {
        u64::from(self.to_bits())
    }
}

/// A parameter type of a shim.
pub trait Arg: Sized {
    /// How it is passed on x64.
    type Raw: RawArg;
    /// Bytes of its slot that count on x64.
    const SIZE: usize = 8;
    /// Stack bytes it takes on x86.
    const SIZE32: usize = 4;
    /// What a caller can get wrong about it.
    const KIND: ParamKind = ParamKind::Value;

    /// The parameter from its register or slot. Bits above a narrow type's width are not defined, and ignored.
    fn from_raw(raw: Self::Raw) -> Self;

    /// What a trace shows before the call.
    fn before(&self) -> Value;

    /// What a trace shows after a call that succeeded, where the call may have written something.
    fn after(&self) -> Option<Value> {
        None
    }
}

macro_rules! integers {
    ($($type:ty => $value:ident as $wide:ty, $size:literal)*) => {$(
        impl Arg for $type {
            type Raw = u64;
            const SIZE: usize = size_of::<$type>();
            const SIZE32: usize = $size;
            #[inline(always)]
            fn from_raw(raw: u64) -> Self {
                raw as $type
            }
            fn before(&self) -> Value {
                Value::$value(*self as $wide)
            }
        }
    )*};
}
integers! {
    u8 => Unsigned as u64, 4  u16 => Unsigned as u64, 4  u32 => Unsigned as u64, 4  u64 => Unsigned as u64, 8
    i8 => Signed as i64, 4  i16 => Signed as i64, 4  i32 => Signed as i64, 4  i64 => Signed as i64, 8
    usize => Unsigned as u64, 4  isize => Signed as i64, 4
}

/// `BOOL`: 32 bits, true when not zero.
impl Arg for bool {
    type Raw = u64;
    const SIZE: usize = 4;
    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        raw as u32 != 0
    }
    fn before(&self) -> Value {
        Value::Bool(*self)
    }
}

/// `BOOLEAN`: 8 bits, true when not zero. Whatever the caller's register holds above them says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BOOLEAN(pub bool);

impl Arg for BOOLEAN {
    type Raw = u64;
    const SIZE: usize = 1;
    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        Self(raw as u8 != 0)
    }
    fn before(&self) -> Value {
        Value::Bool(self.0)
    }
}

impl Arg for f64 {
    type Raw = f64;
    const SIZE32: usize = 8;
    #[inline(always)]
    fn from_raw(raw: f64) -> Self {
        raw
    }
    fn before(&self) -> Value {
        Value::Float(*self)
    }
}

impl Arg for f32 {
    type Raw = f32;
    const SIZE: usize = 4;
    #[inline(always)]
    fn from_raw(raw: f32) -> Self {
        raw
    }
    fn before(&self) -> Value {
        Value::Float(f64::from(*self))
    }
}
