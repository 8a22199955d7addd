//! winuser.h: text; and what there is of windows without a display, which is little.

mod character;
mod desktop;
mod dialog;
mod oem;
mod string_table;
mod wsprintf;

pub(super) use character::*;
pub(super) use desktop::*;
pub(super) use dialog::*;
pub(super) use oem::*;
pub(super) use string_table::*;
pub(super) use wsprintf::*;
