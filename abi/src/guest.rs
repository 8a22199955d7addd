//! Values as they lie in guest memory, for 64-bit and for 32-bit guests.

use crate::Value;

/// The guest's pointer width.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Width {
    /// 32-bit guest: pointers and handles of 4 bytes.
    W32,
    /// 64-bit guest: pointers and handles of 8 bytes.
    #[default]
    W64,
}

/// Size and alignment in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Bytes the value takes, padding included.
    pub size: usize,
    /// What its address is a multiple of.
    pub align: usize,
}

impl Layout {
    /// The layout of a pointer, handle or `SIZE_T`.
    #[inline]
    pub const fn pointer(width: Width) -> Self {
        match width {
            Width::W32 => Self { size: 4, align: 4 },
            Width::W64 => Self { size: 8, align: 8 },
        }
    }

    /// The offset at which a field with this layout begins when `end` bytes stand before it.
    #[inline]
    pub const fn place(self, end: usize) -> usize {
        end.div_ceil(self.align) * self.align
    }
}

/// A type that lies in guest memory. Structs get it from [`guest_struct!`](crate::guest_struct).
pub trait Guest: Sized {
    /// Size and alignment for a guest of this width.
    fn layout(width: Width) -> Layout;
    /// Reads the value from exactly `layout(width).size` bytes.
    fn decode(width: Width, bytes: &[u8]) -> Self;
    /// Writes the value to exactly `layout(width).size` bytes; padding is left as it is.
    fn encode(&self, width: Width, bytes: &mut [u8]);
    /// The value as a trace shows it.
    fn value(&self) -> Value;
}

macro_rules! integer {
    ($($type:ty => $value:ident as $wide:ty),*) => {$(
        impl Guest for $type {
            #[inline]
            fn layout(_: Width) -> Layout {
                Layout { size: size_of::<$type>(), align: align_of::<$type>() }
            }
            #[inline]
            fn decode(_: Width, bytes: &[u8]) -> Self {
                let mut raw = [0; size_of::<$type>()];
                raw.copy_from_slice(bytes);
                <$type>::from_le_bytes(raw)
            }
            #[inline]
            fn encode(&self, _: Width, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
            fn value(&self) -> Value {
                Value::$value(*self as $wide)
            }
        }
    )*};
}
integer! {
    u8 => Unsigned as u64, u16 => Unsigned as u64, u32 => Unsigned as u64, u64 => Unsigned as u64,
    i8 => Signed as i64, i16 => Signed as i64, i32 => Signed as i64, i64 => Signed as i64,
    f32 => Float as f64, f64 => Float as f64
}

/// `SIZE_T`, `ULONG_PTR`: an integer of the guest's pointer width.
impl Guest for usize {
    #[inline]
    fn layout(width: Width) -> Layout {
        Layout::pointer(width)
    }
    #[inline]
    fn decode(width: Width, bytes: &[u8]) -> Self {
        match width {
            Width::W32 => u32::decode(width, bytes) as usize,
            Width::W64 => u64::decode(width, bytes) as usize,
        }
    }
    #[inline]
    fn encode(&self, width: Width, bytes: &mut [u8]) {
        match width {
            Width::W32 => (*self as u32).encode(width, bytes),
            Width::W64 => (*self as u64).encode(width, bytes),
        }
    }
    fn value(&self) -> Value {
        Value::Unsigned(*self as u64)
    }
}

impl<T: Guest + Copy + Default, const N: usize> Guest for [T; N] {
    #[inline]
    fn layout(width: Width) -> Layout {
        let each = T::layout(width);
        Layout { size: each.size * N, align: each.align }
    }
    #[inline]
    fn decode(width: Width, bytes: &[u8]) -> Self {
        let size = T::layout(width).size;
        let mut all = [T::default(); N];
        for (item, bytes) in all.iter_mut().zip(bytes.chunks_exact(size)) {
            *item = T::decode(width, bytes);
        }
        all
    }
    #[inline]
    fn encode(&self, width: Width, bytes: &mut [u8]) {
        let size = T::layout(width).size;
        for (item, bytes) in self.iter().zip(bytes.chunks_exact_mut(size)) {
            item.encode(width, bytes);
        }
    }
    fn value(&self) -> Value {
        Value::List(self.iter().map(Guest::value).collect())
    }
}

/// Declares guest structs once, with both layouts.
///
/// Fields are laid out in order with natural alignment, as Microsoft's compilers do without `#pragma pack`.
/// ```
/// abi::guest_struct! {
///     /// A time in units of 100 ns since 1601.
///     pub struct FILETIME {
///         pub dwLowDateTime: u32,
///         pub dwHighDateTime: u32,
///     }
/// }
/// # use abi::{Guest, Width};
/// assert_eq!(FILETIME::layout(Width::W32).size, 8);
/// ```
#[macro_export]
macro_rules! guest_struct {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),+ }

        impl $crate::Guest for $name {
            #[inline]
            fn layout(width: $crate::Width) -> $crate::Layout {
                let (mut end, mut align) = (0, 1);
                $(
                    let field = <$type as $crate::Guest>::layout(width);
                    end = field.place(end) + field.size;
                    align = if field.align > align { field.align } else { align };
                )+
                $crate::Layout { size: end.next_multiple_of(align), align }
            }
            #[inline]
            #[expect(unused_assignments, reason = "the end of the last field is not needed")]
            fn decode(width: $crate::Width, bytes: &[u8]) -> Self {
                let mut end = 0;
                Self { $($field: {
                    let field = <$type as $crate::Guest>::layout(width);
                    let at = field.place(end);
                    end = at + field.size;
                    <$type as $crate::Guest>::decode(width, &bytes[at..at + field.size])
                }),+ }
            }
            #[inline]
            #[expect(unused_assignments, reason = "the end of the last field is not needed")]
            fn encode(&self, width: $crate::Width, bytes: &mut [u8]) {
                let mut end = 0;
                $(
                    let field = <$type as $crate::Guest>::layout(width);
                    let at = field.place(end);
                    end = at + field.size;
                    <$type as $crate::Guest>::encode(&self.$field, width, &mut bytes[at..at + field.size]);
                )+
            }
            fn value(&self) -> $crate::Value {
                $crate::Value::Struct(vec![$((stringify!($field), $crate::Guest::value(&self.$field))),+])
            }
        }

        /// All bytes zero.
        impl Default for $name {
            fn default() -> Self {
                let width = $crate::Width::W64;
                <Self as $crate::Guest>::decode(width, &vec![0; <Self as $crate::Guest>::layout(width).size])
            }
        }

        impl $name {
            /// Offset of the field called `field`, in bytes.
            #[doc(hidden)]
            pub fn offset_of(width: $crate::Width, name: &str) -> Option<usize> {
                let mut end = 0;
                $(
                    let field = <$type as $crate::Guest>::layout(width);
                    let at = field.place(end);
                    if name == stringify!($field) {
                        return Some(at);
                    }
                    end = at + field.size;
                )+
                let _ = end;
                None
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HANDLE, Ptr};

    guest_struct! {
        struct Mixed { a: u8, p: Ptr<u16>, h: HANDLE, s: usize, c: [u16; 3], d: u64 }
    }

    #[test]
    fn a_struct_has_one_declaration_and_two_layouts() {
        assert_eq!(Mixed::layout(Width::W64), Layout { size: 48, align: 8 });
        assert_eq!(Mixed::layout(Width::W32), Layout { size: 32, align: 8 });
        assert_eq!(Mixed::offset_of(Width::W64, "c"), Some(32));
        assert_eq!(Mixed::offset_of(Width::W32, "c"), Some(16));
        let mixed =
            Mixed { a: 1, p: Ptr::new(0x1000, Width::W32), h: HANDLE::INVALID, s: 7, c: [1, 2, 3], d: u64::MAX - 1 };
        for width in [Width::W32, Width::W64] {
            let mut bytes = vec![0; Mixed::layout(width).size];
            mixed.encode(width, &mut bytes);
            let back = Mixed::decode(width, &bytes);
            assert_eq!(back.p.address(), 0x1000);
            assert_eq!((back.a, back.h, back.s, back.c, back.d), (1, HANDLE::INVALID, 7, [1, 2, 3], u64::MAX - 1));
        }
    }
}
