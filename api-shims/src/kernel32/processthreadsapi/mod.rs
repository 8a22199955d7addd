//! processthreadsapi.h: processes and threads.

mod context;
mod information;
mod process;
mod scheduling;
mod thread;
mod tls;

pub(super) use context::*;
pub(super) use information::*;
pub(super) use process::*;
pub(super) use scheduling::*;
pub(super) use thread::*;
pub(super) use tls::*;
