//! processthreadsapi.h: processes and threads.

mod process;
mod tls;

pub(super) use process::*;
pub(super) use tls::*;
