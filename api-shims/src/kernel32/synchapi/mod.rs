//! synchapi.h: objects to wait for, waiting, and locks.

mod barriers;
mod locks;
mod objects;
mod wait;

pub(super) use barriers::*;
pub(super) use locks::*;
pub(super) use objects::*;
pub(super) use wait::*;
