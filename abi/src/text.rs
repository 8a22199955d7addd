//! Text in guest memory: UTF-16 and bytes of a code page.

use std::fmt;

use crate::{Arg, Fault, Guest, Layout, ParamKind, Ptr, Value, Width, fault};

/// Strings longer than this many units are not read: no Windows string is (`UNICODE_STRING` ends at 32,767), and a string without
/// an end must not exhaust our memory.
const LONGEST: usize = 64 << 20;

/// Text in UTF-16, without the closing zero. May hold unpaired surrogates, as Windows' may.
pub type Wide = Vec<u16>;

/// Text in some code page, without the closing zero.
pub type Ansi = Vec<u8>;

macro_rules! text_pointer {
    ($($(#[$meta:meta])* $name:ident of $unit:ty, reads $text:ty, shown before $before:literal after $after:literal, by $show:ident)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq)]
        pub struct $name(Ptr<$unit>);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl $name {
            /// The text at this pointer.
            pub const fn new(pointer: Ptr<$unit>) -> Self {
                Self(pointer)
            }

            /// The pointer to the first unit.
            pub const fn ptr(self) -> Ptr<$unit> {
                self.0
            }

            /// The address of the first unit.
            pub const fn address(self) -> u64 {
                self.0.address()
            }

            /// True for the null pointer.
            pub const fn is_null(self) -> bool {
                self.0.is_null()
            }

            /// `None` for the null pointer.
            pub fn opt(self) -> Option<Self> {
                (!self.0.is_null()).then_some(self)
            }

            /// Copies the units up to the closing zero in.
            ///
            /// # Errors
            /// A [`Fault`] where the text runs into memory that cannot be read.
            pub fn read(self) -> Result<$text, Fault> {
                self.read_limited(LONGEST)
            }

            /// Copies the units up to the closing zero in, or `limit` units.
            ///
            /// # Errors
            /// A [`Fault`] where the text runs into memory that cannot be read.
            pub fn read_limited(self, limit: usize) -> Result<$text, Fault> {
                const UNIT: usize = size_of::<$unit>();
                let bytes = fault::read_until_zero::<UNIT>(self.0.address(), limit)?;
                Ok(bytes.chunks_exact(UNIT).map(|unit| <$unit as Guest>::decode(Width::W64, unit)).collect())
            }

            /// Copies text and a closing zero out. The caller has checked that the guest's buffer holds them.
            ///
            /// # Errors
            /// A [`Fault`] where it cannot be written.
            pub fn write_z(self, text: &[$unit]) -> Result<(), Fault> {
                self.0.write_slice(text)?;
                self.0.offset(text.len()).write(&0)
            }
        }

        impl Arg for $name {
            type Raw = u64;
            const KIND: ParamKind = ParamKind::Pointer;

            #[inline(always)]
            fn from_raw(raw: u64) -> Self {
                Self(Ptr::at(raw))
            }

            fn before(&self) -> Value {
                if $before { $show(self.0) } else { Value::address(self.0.address()) }
            }

            fn after(&self) -> Option<Value> {
                ($after && !self.0.is_null()).then(|| $show(self.0))
            }
        }

        impl Guest for $name {
            fn layout(width: Width) -> Layout {
                Layout::pointer(width)
            }
            fn decode(width: Width, bytes: &[u8]) -> Self {
                Self(Guest::decode(width, bytes))
            }
            fn encode(&self, width: Width, bytes: &mut [u8]) {
                self.0.encode(width, bytes);
            }
            fn value(&self) -> Value {
                $show(self.0)
            }
        }
    )*};
}
text_pointer! {
    /// UTF-16 text that the guest passes in, closed by a zero.
    PCWSTR of u16, reads Wide, shown before true after false, by show_wide
    /// Text in the ANSI (or another) code page that the guest passes in, closed by a zero.
    PCSTR of u8, reads Ansi, shown before true after false, by show_ansi
    /// A buffer that UTF-16 text is written to.
    PWSTR of u16, reads Wide, shown before false after true, by show_wide
    /// A buffer that text in a code page is written to.
    PSTR of u8, reads Ansi, shown before false after true, by show_ansi
}

macro_rules! text_array {
    ($($(#[$meta:meta])* $name:ident of $unit:ty, decoded by $decode:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<const N: usize>(pub [$unit; N]);

        impl<const N: usize> $name<N> {
            /// As much of the text as fits with its closing zero.
            pub fn new(text: &[$unit]) -> Self {
                let mut units = [0; N];
                for (unit, value) in units.iter_mut().zip(text.iter().take(N.saturating_sub(1))) {
                    *unit = *value;
                }
                Self(units)
            }

            /// The text before the closing zero, or all of it where there is none.
            pub fn text(&self) -> &[$unit] {
                self.0.split(|&unit| unit == 0).next().unwrap_or_default()
            }
        }

        impl<const N: usize> Default for $name<N> {
            fn default() -> Self {
                Self([0; N])
            }
        }

        impl<const N: usize> Guest for $name<N> {
            fn layout(width: Width) -> Layout {
                <[$unit; N] as Guest>::layout(width)
            }
            fn decode(width: Width, bytes: &[u8]) -> Self {
                Self(Guest::decode(width, bytes))
            }
            fn encode(&self, width: Width, bytes: &mut [u8]) {
                self.0.encode(width, bytes);
            }
            fn value(&self) -> Value {
                let decode: fn(&[$unit]) -> String = $decode;
                Value::Text(decode(self.text()))
            }
        }
    )*};
}
text_array! {
    /// UTF-16 text in an array of fixed length, as structs have it, closed by a zero.
    WideArray of u16, decoded by String::from_utf16_lossy;
    /// Text in a code page in an array of fixed length, as structs have it, closed by a zero.
    AnsiArray of u8, decoded by |bytes| String::from_utf8_lossy(bytes).into_owned();
}

/// Traces cut text here.
const SHOWN: usize = 256;

/// A pointer to text whose value is at most this may be an integer resource identifier or an atom (`MAKEINTRESOURCE`).
const HIGHEST_INT_RESOURCE: u64 = 0xffff;

fn show_wide(pointer: Ptr<u16>) -> Value {
    show(pointer.address(), PCWSTR(pointer).read_limited(SHOWN + 1).ok(), String::from_utf16_lossy)
}

fn show_ansi(pointer: Ptr<u8>) -> Value {
    show(pointer.address(), PCSTR(pointer).read_limited(SHOWN + 1).ok(), |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })
}

fn show<T>(address: u64, text: Option<Vec<T>>, decode: impl Fn(&[T]) -> String) -> Value {
    match text {
        _ if address == 0 => Value::Null,
        _ if address <= HIGHEST_INT_RESOURCE => Value::Name(format!("#{address}")),
        None => Value::Address(address),
        Some(units) if units.len() > SHOWN => Value::Text(decode(&units[..SHOWN]) + "..."),
        Some(units) => Value::Text(decode(&units)),
    }
}
