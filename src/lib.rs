//! exeunt runs unmodified x86-64 Windows command-line programs on Linux as ordinary processes.
//!
//! The command `exeunt` is made of this library, and so can other programs be:
//! [`Program`] runs a Windows program, [`inspect`] says what one needs and whether it can run, [`shims`] lists the Windows APIs that
//! are there, [`paths`] converts paths, and [`testing`] calls one API, or runs a whole program, and gives a text to keep as a snapshot.
//!
//! ```
//! let trace = exeunt::testing::trace(|guest| {
//!     guest.call("kernel32!SetLastError", &[5]);
//! });
//! assert_eq!(trace, "kernel32!SetLastError(dwErrCode=5)\n");
//! ```

mod error;
pub mod inspect;
mod locate;
mod panic;
pub mod paths;
mod program;
pub mod shims;
pub mod testing;

pub use error::{Error, status};
pub use panic::report_panic;
pub use program::Program;
pub use syscall_xlate::process::Version;
pub use syscall_xlate::trace;
