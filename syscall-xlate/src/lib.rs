//! The NT executive rebuilt on Linux, and the gates by which guest code enters.
//!
//! Services are plain Rust: host values in, `NtResult` out. They know nothing of guest pointers or Win32; shims, one layer up, do
//! that. The gate is the one path by which a call of the guest comes in: it finds the [`Cx`], traces, runs, and carries results,
//! last error and exceptions back.

pub mod affinity;
pub mod cmdline;
pub mod console;
pub mod cpu;
pub mod cxx;
mod debugger;
mod demand;
pub mod dll;
mod enter;
pub mod environment;
pub mod exception;
pub mod fiber;
pub mod file;
pub mod firmware;
pub mod floating;
pub mod fls;
pub mod folders;
pub mod gate;
pub mod heap;
mod hosts;
pub mod jump;
mod kuser;
pub mod low;
pub mod memory;
pub mod minidump;
pub mod modules;
pub mod nls;
pub mod object;
mod parameters;
pub mod path;
mod peb;
pub mod pool;
pub mod process;
pub mod program;
pub mod random;
pub mod registry;
pub mod report;
mod say;
pub mod scheduling;
pub mod section;
pub mod security;
mod service;
mod signals;
mod spare;
mod stack;
mod state;
pub mod symbols;
pub mod sync;
pub mod system_info;
mod teb;
#[cfg(test)]
mod temp_dir;
pub mod testing;
pub mod thread;
pub mod time;
mod tls;
pub mod topology;
pub mod trace;
pub mod unwind;
pub mod usage;
pub mod wait;

pub use gate::Cx;
pub use kuser::processor_features;
pub use process::Process;
pub use say::say;
pub use state::{ProcessState, ThreadState};
pub use thread::Thread;
