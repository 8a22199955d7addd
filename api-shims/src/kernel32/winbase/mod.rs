//! winbase.h: what has no header of its own.

mod completion;
mod copy;
mod fiber;
mod heap;
mod information;
mod message_text;
mod messages;
mod number;
mod pool;
mod resources;
mod strings;
mod system;
mod topology;
mod version;

pub(super) use completion::*;
pub(super) use copy::*;
pub(super) use fiber::*;
pub(super) use heap::*;
pub(super) use information::*;
pub(super) use messages::*;
pub(super) use number::*;
pub(super) use pool::*;
pub(super) use resources::*;
pub(super) use strings::*;
pub(super) use system::*;
pub(super) use topology::*;
pub(super) use version::*;
