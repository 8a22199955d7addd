//! The C runtime behind msvcrt.dll, ucrtbase.dll and vcruntime140.dll.
//!
//! The algorithms (`format`, `scan`, `number`, `calendar`, `stream`, ...) are plain Rust that knows nothing of guests. The shims stand in
//! files named after the SDK's headers, and the tables of the DLLs in `crate::msvcrt`, `crate::ucrtbase` and `crate::vcruntime140`.
//! Functions that differ between the runtimes are there twice, the newer one with `ucrt_` before its name.
#![expect(non_camel_case_types, non_snake_case, reason = "what the guest sees is spelled as Microsoft spells it")]

pub mod calendar;
pub mod chartype;
pub mod cmdline;
pub mod encoding;
pub mod format;
pub mod number;
pub mod scan;
pub mod stream;

pub(crate) mod ctype;
pub(crate) mod eh;
pub(crate) mod ehdata;
pub(crate) mod environ;
mod files;
pub(crate) mod find;
pub(crate) mod float;
mod guest;
mod host;
pub(crate) mod io;
pub(crate) mod locale;
mod locks;
pub(crate) mod malloc;
pub(crate) mod math;
pub(crate) mod onexit;
pub(crate) mod process;
pub(crate) mod rttidata;
pub(crate) mod signal;
pub(crate) mod startup;
mod state;
pub(crate) mod stdio;
pub(crate) mod stdlib;
pub(crate) mod string;
pub(crate) mod time;
pub(crate) mod variables;
pub(crate) mod wchar;
