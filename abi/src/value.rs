//! Values as a trace shows them.

use std::fmt;

/// One argument or result, decoded. How an address or a handle is printed is the sink's choice; all else prints as here.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A null pointer.
    Null,
    /// An unsigned number, in decimal.
    Unsigned(u64),
    /// A signed number, in decimal.
    Signed(i64),
    /// A bit pattern without a name, in hexadecimal.
    Hex(u64),
    /// A number that differs from run to run: an identifier, a clock, a count of something outside. In decimal.
    Varying(u64),
    /// A floating-point number.
    Float(f64),
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A handle.
    Handle(u64),
    /// An address that is not null.
    Address(u64),
    /// Text, decoded; printed quoted and escaped.
    Text(String),
    /// A constant or a combination of flags by name.
    Name(String),
    /// A struct's fields.
    Struct(Vec<(&'static str, Value)>),
    /// An array's items.
    List(Vec<Value>),
    /// What a pointer points to.
    PointsTo(Box<Value>),
    /// No value: the result of a function without one.
    Nothing,
}

impl Value {
    /// [`Value::Address`], or [`Value::Null`] for 0.
    pub const fn address(address: u64) -> Self {
        if address == 0 { Self::Null } else { Self::Address(address) }
    }

    /// Calls `change` on this value and on all values in it.
    pub fn visit(&mut self, change: &mut impl FnMut(&mut Value)) {
        match self {
            Self::Struct(fields) => fields.iter_mut().for_each(|(_, field)| field.visit(change)),
            Self::List(items) => items.iter_mut().for_each(|item| item.visit(change)),
            Self::PointsTo(target) => target.visit(change),
            _ => {}
        }
        change(self);
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Unsigned(value) | Self::Varying(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Hex(value) | Self::Handle(value) | Self::Address(value) => write!(f, "{value:#x}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Bool(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Name(name) => f.write_str(name),
            Self::Struct(fields) => {
                f.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}={value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (index, value) in items.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::PointsTo(value) => write!(f, "&{value}"),
            Self::Nothing => f.write_str("void"),
        }
    }
}

/// A value that differs from run to run; traces can leave it out. See [`Value::Varying`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Varying<T>(pub T);

impl<T: crate::Guest> crate::Guest for Varying<T> {
    fn layout(width: crate::Width) -> crate::Layout {
        T::layout(width)
    }
    fn decode(width: crate::Width, bytes: &[u8]) -> Self {
        Self(T::decode(width, bytes))
    }
    fn encode(&self, width: crate::Width, bytes: &mut [u8]) {
        self.0.encode(width, bytes);
    }
    fn value(&self) -> Value {
        let mut value = self.0.value();
        value.visit(&mut |part| {
            if let Value::Unsigned(number) | Value::Hex(number) = *part {
                *part = Value::Varying(number);
            }
        });
        value
    }
}

macro_rules! varying_result {
    ($($type:ty)*) => {$(
        impl crate::Ret for Varying<$type> {
            type Raw = u64;
            #[inline(always)]
            fn outcome(self) -> crate::Outcome<u64> {
                crate::Ret::outcome(self.0)
            }
            fn result(&self) -> Value {
                Value::Varying(u64::from(self.0))
            }
        }
    )*};
}
varying_result!(u32 u64);
