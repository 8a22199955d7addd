//! The NT executive on Linux.
pub mod cmdline;
