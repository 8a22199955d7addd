//! The NT executive on Linux.
