//! The command `exeunt`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    cli::main(std::env::args_os().collect())
}

/// Says that a panic is exeunt's own fault and ends the process, whichever thread it is on.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let message = panic.payload_as_str().unwrap_or("no message");
    let version = env!("CARGO_PKG_VERSION");
    let repository = env!("CARGO_PKG_REPOSITORY");
    eprintln!("exeunt: internal error{place}: {message}");
    eprintln!(
        "exeunt: this is a bug of exeunt {version}; please report these lines and the command to {repository}/issues"
    );
    std::process::exit(exeunt::status::FAILED.into());
}
