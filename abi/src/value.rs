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
            Self::Unsigned(value) => write!(f, "{value}"),
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
