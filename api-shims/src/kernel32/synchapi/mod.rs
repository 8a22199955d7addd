//! synchapi.h: objects to wait for, waiting, and locks.

mod locks;
mod objects;
mod wait;

pub(super) use locks::*;
pub(super) use objects::*;
pub(super) use wait::*;
