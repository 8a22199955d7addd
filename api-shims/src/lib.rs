//! The Windows DLLs.

pub mod crt;
