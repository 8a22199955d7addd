//! Typed pointers into guest memory. None can be dereferenced: what they point to is copied, and a bad one gives a [`Fault`].

use std::fmt;
use std::marker::PhantomData;

use crate::{Arg, Fault, Guest, ParamKind, Value, Width, fault};

/// A guest address where a `T`, or a row of them, is said to be. Shown in traces as an address.
pub struct Ptr<T> {
    address: u64,
    width: Width,
    target: PhantomData<fn() -> T>,
}

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ptr<T> {}
impl<T> PartialEq for Ptr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}
impl<T> fmt::Debug for Ptr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.address)
    }
}
impl<T> Default for Ptr<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> Ptr<T> {
    /// The null pointer.
    pub const NULL: Self = Self { address: 0, width: Width::W64, target: PhantomData };

    /// A pointer of a guest of this width.
    #[inline]
    pub const fn new(address: u64, width: Width) -> Self {
        Self { address, width, target: PhantomData }
    }

    /// A pointer of a 64-bit guest.
    #[inline]
    pub const fn at(address: u64) -> Self {
        Self::new(address, Width::W64)
    }

    /// The address.
    #[inline]
    pub const fn address(self) -> u64 {
        self.address
    }

    /// The width of the guest it belongs to.
    pub const fn width(self) -> Width {
        self.width
    }

    /// True for the null pointer.
    #[inline]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// `None` for the null pointer.
    #[inline]
    pub fn opt(self) -> Option<Self> {
        (self.address != 0).then_some(self)
    }

    /// The same address with another type.
    pub const fn cast<U>(self) -> Ptr<U> {
        Ptr::new(self.address, self.width)
    }

    /// The pointer moved by `bytes`.
    pub const fn byte_offset(self, bytes: u64) -> Self {
        Self { address: self.address.wrapping_add(bytes), ..self }
    }
}

/// Writes the lowest `size` bytes, 8 at most. In the guest's convention, so that who calls it need not save vector registers.
#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only")]
extern "win64" fn write_bytes(address: u64, value: u64, size: usize) -> Result<(), Fault> {
    fault::write(address, value.to_le_bytes().get(..size).unwrap_or_default())
}

impl<T: Guest> Ptr<T> {
    /// The pointer to the item `index` places further on.
    pub fn offset(self, index: usize) -> Self {
        self.byte_offset((index as u64).wrapping_mul(T::layout(self.width).size as u64))
    }

    /// Copies the value in.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    #[inline]
    pub fn read(self) -> Result<T, Fault> {
        let size = T::layout(self.width).size;
        match size {
            8 => Ok(T::decode(self.width, &fault::load_u64(self.address)?.to_le_bytes())),
            4 => Ok(T::decode(self.width, &fault::load_u32(self.address)?.to_le_bytes())),
            2 => Ok(T::decode(self.width, &fault::load_u16(self.address)?.to_le_bytes())),
            1 => Ok(T::decode(self.width, &fault::load_u8(self.address)?.to_le_bytes())),
            0..=256 => {
                let mut bytes = [0; 256];
                fault::read(self.address, &mut bytes[..size])?;
                Ok(T::decode(self.width, &bytes[..size]))
            }
            _ => {
                let mut bytes = vec![0; size];
                fault::read(self.address, &mut bytes)?;
                Ok(T::decode(self.width, &bytes))
            }
        }
    }

    /// Copies the value out. Padding becomes zero.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    #[inline]
    pub fn write(self, value: &T) -> Result<(), Fault> {
        let size = T::layout(self.width).size;
        if size <= 8 {
            let mut bytes = [0; 8];
            value.encode(self.width, &mut bytes[..size]);
            let value = u64::from_le_bytes(bytes);
            // One store if it can be; a misaligned one could fault in its middle.
            match size {
                8 if self.address.is_multiple_of(8) => fault::store_u64(self.address, value),
                4 if self.address.is_multiple_of(4) => fault::store_u32(self.address, value as u32),
                _ => write_bytes(self.address, value, size),
            }
        } else if size <= 256 {
            let mut bytes = [0; 256];
            value.encode(self.width, &mut bytes[..size]);
            fault::write(self.address, &bytes[..size])
        } else {
            let mut bytes = vec![0; size];
            value.encode(self.width, &mut bytes);
            fault::write(self.address, &bytes)
        }
    }

    /// Copies `count` values in. Memory is probed as it is read, so that an absurd count faults before it exhausts ours.
    ///
    /// # Errors
    /// A [`Fault`] at the first value that cannot be read.
    pub fn read_slice(self, count: usize) -> Result<Vec<T>, Fault> {
        const STEP: usize = 64 * 1024;
        let size = T::layout(self.width).size;
        let total = size.checked_mul(count).ok_or(Fault { address: self.address, access: fault::Access::Read })?;
        let mut items = Vec::new();
        let step = (STEP / size.max(1)).max(1) * size;
        let mut bytes = vec![0; step.min(total)];
        let mut done = 0;
        while done < total {
            let now = step.min(total - done);
            fault::read(self.address.wrapping_add(done as u64), &mut bytes[..now])?;
            items.extend(bytes[..now].chunks_exact(size).map(|bytes| T::decode(self.width, bytes)));
            done += now;
        }
        Ok(items)
    }

    /// Copies all of `items` out, one behind the other.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that cannot be written.
    pub fn write_slice(self, items: &[T]) -> Result<(), Fault> {
        let size = T::layout(self.width).size;
        let mut bytes = vec![0; size * items.len()];
        for (item, bytes) in items.iter().zip(bytes.chunks_exact_mut(size.max(1))) {
            item.encode(self.width, bytes);
        }
        fault::write(self.address, &bytes)
    }
}

impl Ptr<u8> {
    /// Copies bytes in.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that cannot be read.
    pub fn read_bytes(self, count: usize) -> Result<Vec<u8>, Fault> {
        self.read_slice(count)
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// A [`Fault`] at the first byte that cannot be written.
    pub fn write_bytes(self, bytes: &[u8]) -> Result<(), Fault> {
        fault::write(self.address, bytes)
    }
}

impl<T> Arg for Ptr<T> {
    type Raw = u64;
    const KIND: ParamKind = ParamKind::Pointer;

    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        Self::at(raw)
    }

    fn before(&self) -> Value {
        Value::address(self.address)
    }
}

impl<T> Guest for Ptr<T> {
    fn layout(width: Width) -> crate::Layout {
        crate::Layout::pointer(width)
    }

    fn decode(width: Width, bytes: &[u8]) -> Self {
        Self::new(usize::decode(width, bytes) as u64, width)
    }

    fn encode(&self, width: Width, bytes: &mut [u8]) {
        (self.address as usize).encode(width, bytes);
    }

    fn value(&self) -> Value {
        Value::address(self.address)
    }
}

macro_rules! directed {
    ($($(#[$meta:meta])* $name:ident: before $before:literal after $after:literal)*) => {$(
        $(#[$meta])*
        pub struct $name<T>(Ptr<T>);

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $name<T> {}

        impl<T> $name<T> {
            /// The pointer itself.
            #[inline]
            pub const fn ptr(self) -> Ptr<T> {
                self.0
            }

            /// The address.
            #[inline]
            pub const fn address(self) -> u64 {
                self.0.address
            }

            /// True for the null pointer.
            #[inline]
            pub const fn is_null(self) -> bool {
                self.0.is_null()
            }

            /// `None` for the null pointer.
            #[inline]
            pub fn opt(self) -> Option<Self> {
                (self.0.address != 0).then_some(self)
            }
        }

        impl<T: Guest> Arg for $name<T> {
            type Raw = u64;
            const KIND: ParamKind = ParamKind::Pointer;

            #[inline(always)]
            fn from_raw(raw: u64) -> Self {
                Self(Ptr::at(raw))
            }

            fn before(&self) -> Value {
                if $before { points_to(self.0) } else { Value::address(self.0.address) }
            }

            fn after(&self) -> Option<Value> {
                ($after && !self.0.is_null()).then(|| points_to(self.0))
            }
        }
    )*};
}
directed! {
    /// A pointer to a value the guest passes in. Traces show the value.
    In: before true after false
    /// A pointer to where a result goes. Traces show the result of a call that succeeded.
    Out: before false after true
    /// A pointer to a value that is read and replaced. Traces show both.
    InOut: before true after true
}

fn points_to<T: Guest>(pointer: Ptr<T>) -> Value {
    match pointer.opt().map(Ptr::read) {
        None => Value::Null,
        Some(Ok(value)) => Value::PointsTo(Box::new(value.value())),
        Some(Err(_)) => Value::address(pointer.address),
    }
}

impl<T: Guest> In<T> {
    /// Copies the value in.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read(self) -> Result<T, Fault> {
        self.0.read()
    }
}

impl<T: Guest> Out<T> {
    /// Copies the result out.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    #[inline]
    pub fn set(self, value: T) -> Result<(), Fault> {
        self.0.write(&value)
    }

    /// Copies the result out, unless the guest passed NULL to say that it does not want it.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    #[inline]
    pub fn set_opt(self, value: T) -> Result<(), Fault> {
        if self.is_null() { Ok(()) } else { self.0.write(&value) }
    }
}

impl<T: Guest> InOut<T> {
    /// Copies the value in.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read(self) -> Result<T, Fault> {
        self.0.read()
    }

    /// Copies the result out.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    pub fn set(self, value: T) -> Result<(), Fault> {
        self.0.write(&value)
    }
}

/// A stretch of guest memory that a host system call fills or empties directly, without a copy of ours between.
///
/// The kernel answers a bad address with `EFAULT`; whoever passes a `Buffer` to it turns that into a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Where it begins.
    pub address: u64,
    /// Its length in bytes.
    pub len: usize,
}

impl Buffer {
    /// A buffer of `len` bytes at `pointer`.
    pub fn new<T>(pointer: Ptr<T>, len: usize) -> Self {
        Self { address: pointer.address, len }
    }

    /// The part from `from` on.
    pub fn skip(self, from: usize) -> Self {
        let from = from.min(self.len);
        Self { address: self.address.wrapping_add(from as u64), len: self.len - from }
    }

    /// A fault at its first byte.
    pub fn fault(self, access: fault::Access) -> Fault {
        Fault { address: self.address, access }
    }
}
