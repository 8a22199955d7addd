//! The command `exeunt`.
//!
//! It starts as a C program does, without the start-up of Rust's runtime: that reads `/proc/self/maps` to guard a stack on which no
//! Windows program runs, which takes a twentieth of a small program's time.

#![cfg_attr(not(test), no_main)]

mod cli;
mod start;

/// Never runs: the tests have a `main` of their own. It says that what it calls is used.
#[cfg(test)]
fn main() {
    start::start();
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
