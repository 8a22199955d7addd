//! What a panic of our own says.

use std::panic::PanicHookInfo;

use syscall_xlate::report;

use crate::status;

/// For a panic hook: says that a panic is exeunt's own fault, with the last calls of the guest where they are known, and ends the process,
/// whichever thread it is on.
pub fn report_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let message = panic.payload_as_str().unwrap_or("no message");
    let version = env!("CARGO_PKG_VERSION");
    let repository = env!("CARGO_PKG_REPOSITORY");
    report::panicked(
        format_args!("internal error{place}: {message}"),
        format_args!(
            "this is a bug of exeunt {version}; please report these lines and the command to {repository}/issues"
        ),
        status::FAILED.into(),
    );
}
