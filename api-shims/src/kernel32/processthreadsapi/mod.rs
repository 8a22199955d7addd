//! processthreadsapi.h: processes and threads.

mod context;
mod hints;
mod information;
mod process;
mod scheduling;
mod thread;
mod tls;

pub(super) use context::*;
pub(super) use hints::*;
pub(super) use information::*;
pub(super) use process::*;
pub(crate) use scheduling::PROCESSOR_NUMBER;
pub(super) use scheduling::*;
pub(super) use thread::*;
pub(super) use tls::*;
