//! The NT executive on Linux.

pub mod cmdline;
pub mod object;
pub mod wait;
