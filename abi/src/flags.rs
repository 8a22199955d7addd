//! Flags and choices that print by name.

/// Declares sets of flags: newtypes over an integer whose values combine, and print as `A | B | 0x40`.
///
/// ```
/// abi::flags! {
///     /// How others may open the file.
///     pub struct FILE_SHARE: u32 {
///         FILE_SHARE_READ = 1;
///         FILE_SHARE_WRITE = 2;
///     }
/// }
/// # use abi::Arg;
/// assert_eq!((FILE_SHARE::FILE_SHARE_READ | FILE_SHARE::from_bits_retain(64)).before().to_string(), "FILE_SHARE_READ|0x40");
/// ```
#[macro_export]
macro_rules! flags {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident: $type:ty { $($flag:ident = $value:expr;)* })*) => {$(
        $crate::bitflags::bitflags! {
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            #[repr(transparent)]
            $vis struct $name: $type {
                $(
                    #[doc = concat!("`", stringify!($flag), "`")]
                    const $flag = $value;
                )*
                const _ = !0;
            }
        }
        $crate::named_integer!($name, $type, |raw| $name::from_bits_retain(raw), |this: &$name| this.bits(), |this: &$name| {
            let mut text = String::new();
            let mut left = this.bits();
            for (name, flag) in this.iter_names() {
                if !text.is_empty() {
                    text.push('|');
                }
                text.push_str(name);
                left &= !flag.bits();
            }
            if left != 0 || text.is_empty() {
                if !text.is_empty() {
                    text.push('|');
                }
                text.push_str(&if left == 0 { "0".to_owned() } else { format!("{left:#x}") });
            }
            $crate::Value::Name(text)
        });
    )*};
}

/// Declares choices: newtypes over an integer of which each value means one thing, and prints by its name.
///
/// A value without a name is kept and prints as a number: the guest may pass anything.
#[macro_export]
macro_rules! choices {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident: $type:ty { $($choice:ident = $value:expr;)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        $vis struct $name(pub $type);

        impl $name {
            $(
                #[doc = concat!("`", stringify!($choice), "`")]
                pub const $choice: Self = Self($value);
            )*

            /// Microsoft's name of the value.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$choice => Some(stringify!($choice)),)*
                    _ => None,
                }
            }
        }
        $crate::named_integer!($name, $type, |raw| $name(raw), |this: &$name| this.0, |this: &$name| match this.name() {
            Some(name) => $crate::Value::Name(name.to_owned()),
            None => $crate::Guest::value(&this.0),
        });
    )*};
}

/// The traits shared by [`flags!`] and [`choices!`].
#[doc(hidden)]
#[macro_export]
macro_rules! named_integer {
    ($name:ident, $type:ty, $from:expr, $to:expr, $value:expr) => {
        impl $crate::Arg for $name {
            type Raw = u64;
            const SIZE: usize = <$type as $crate::Arg>::SIZE;
            const SIZE32: usize = <$type as $crate::Arg>::SIZE32;
            #[inline(always)]
            fn from_raw(raw: u64) -> Self {
                ($from)(raw as $type)
            }
            fn before(&self) -> $crate::Value {
                ($value)(self)
            }
        }
        impl $crate::Ret for $name {
            type Raw = u64;
            #[inline(always)]
            fn outcome(self) -> $crate::Outcome<u64> {
                $crate::Outcome::value(($to)(&self) as u64)
            }
            fn result(&self) -> $crate::Value {
                ($value)(self)
            }
        }
        impl $crate::Failure for $name {
            fn failed() -> Self {
                ($from)(0)
            }
        }
        impl $crate::AllOnes for $name {
            fn all_ones() -> Self {
                ($from)(!0)
            }
        }
        impl $crate::Guest for $name {
            fn layout(width: $crate::Width) -> $crate::Layout {
                <$type as $crate::Guest>::layout(width)
            }
            fn decode(width: $crate::Width, bytes: &[u8]) -> Self {
                ($from)(<$type as $crate::Guest>::decode(width, bytes))
            }
            fn encode(&self, width: $crate::Width, bytes: &mut [u8]) {
                $crate::Guest::encode(&($to)(self), width, bytes);
            }
            fn value(&self) -> $crate::Value {
                ($value)(self)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::Arg;

    crate::flags! {
        struct ACCESS: u32 { READ = 1; WRITE = 2; ALL = 3; }
    }
    crate::choices! {
        struct DISPOSITION: u32 { CREATE = 1; OPEN = 3; }
    }

    #[test]
    fn flags_print_by_name_and_keep_what_has_none() {
        assert_eq!(ACCESS::from_raw(0).before().to_string(), "0");
        assert_eq!(ACCESS::from_raw(2).before().to_string(), "WRITE");
        assert_eq!(ACCESS::from_raw(0x8000_0001).before().to_string(), "READ|0x80000000");
        assert_eq!(ACCESS::from_raw(3).before().to_string(), "READ|WRITE");
        // The upper half of the register is not part of a 32-bit argument.
        assert_eq!(ACCESS::from_raw(0xffff_ffff_0000_0001), ACCESS::READ);
    }

    #[test]
    fn choices_print_by_name_and_keep_what_has_none() {
        assert_eq!(DISPOSITION::OPEN.before().to_string(), "OPEN");
        assert_eq!(DISPOSITION::from_raw(77).before().to_string(), "77");
    }
}
