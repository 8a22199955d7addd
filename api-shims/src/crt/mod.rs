//! The C runtime behind msvcrt.dll, ucrtbase.dll and vcruntime140.dll.
//!
//! The algorithms (`format`, `scan`, `number`, `calendar`, ...) are plain Rust that knows nothing of guests.

pub mod calendar;
pub mod chartype;
pub mod cmdline;
pub mod encoding;
pub mod format;
pub mod number;
pub mod scan;
pub mod stream;
