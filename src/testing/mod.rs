//! Snapshot tests of single APIs and of whole programs.
//!
//! [`trace`] calls APIs as a guest would and gives the trace:
//!
//! ```
//! let trace = exeunt::testing::trace(|guest| {
//!     guest.call("kernel32!SetLastError", &[2]);
//!     guest.call("kernel32!GetLastError", &[]);
//! });
//! assert_eq!(trace, "kernel32!SetLastError(dwErrCode=2)\nkernel32!GetLastError() = ERROR_FILE_NOT_FOUND\n");
//! ```
//!
//! [`Run`] runs a program and gives its trace, output, files and exit status, the same in each run.

mod outcome;
mod run;

pub use outcome::Outcome;
pub use run::Run;
pub use syscall_xlate::testing::Guest;

/// Runs `body` as a fresh process's only thread and gives the stable trace of the calls it makes.
///
/// # Panics
/// When memory is short, or the body panics.
pub fn trace(body: impl FnOnce(&Guest<'_>)) -> String {
    syscall_xlate::testing::trace(api_shims::dlls(), body)
}

/// Runs `body` as [`trace`] does, without a trace, and gives what it gives.
///
/// # Panics
/// When memory is short, or the body panics.
pub fn run<R>(body: impl FnOnce(&Guest<'_>) -> R) -> R {
    syscall_xlate::testing::run(api_shims::dlls(), None, body)
}
