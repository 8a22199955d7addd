//! The Windows DLLs.
