//! winbase.h: what has no header of its own.

mod copy;
mod heap;
mod information;
mod number;
mod strings;
mod system;
mod version;

pub(super) use copy::*;
pub(super) use heap::*;
pub(super) use information::*;
pub(super) use number::*;
pub(super) use strings::*;
pub(super) use system::*;
pub(super) use version::*;
