//! winbase.h: what has no header of its own.

mod heap;
mod number;

pub(super) use heap::*;
pub(super) use number::*;
