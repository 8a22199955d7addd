//! processthreadsapi.h: processes and threads.

mod information;
mod process;
mod thread;
mod tls;

pub(super) use information::*;
pub(super) use process::*;
pub(super) use thread::*;
pub(super) use tls::*;
