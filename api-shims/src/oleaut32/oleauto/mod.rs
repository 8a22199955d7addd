//! oleauto.h: strings with a length, and values of any type.

mod bstr;
mod convert;
mod variant;

pub(super) use bstr::*;
pub(super) use variant::*;
