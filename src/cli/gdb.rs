//! `exeunt run --gdb`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use exeunt::Error;

/// What gdb is told before the program starts. Signals are how exeunt works, for sound programs too; a crash stops at the function.
const SETTINGS: [&str; 6] = [
    "set breakpoint pending on",
    "set print inferior-events off",
    // SIG40 stops threads.
    "handle SIGSEGV SIGBUS SIGFPE SIGILL SIGSYS SIG40 nostop noprint pass",
    "break exeunt_unhandled_exception",
    "tbreak __guest_entry",
    "run",
];

/// Becomes gdb, which runs the same command line with what it needs to know of the program.
///
/// # Errors
/// When there is no gdb.
pub(super) fn execute() -> Result<u8, Error> {
    let failed =
        |error| Error::Run { what: "gdb cannot be started; install it, or use --gdb-symbols".to_owned(), error };
    let ourselves = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new("gdb");
    command.arg("-q").args(SETTINGS.into_iter().flat_map(|setting| ["-ex", setting]));
    command.arg("--args").arg(ourselves).args(without_gdb(std::env::args_os().skip(1)));
    Err(failed(command.exec()))
}

/// The command line of the debugged process: options stand before the program, and no option's value begins with a hyphen.
fn without_gdb(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<_> = words.collect();
    if let Some(option) = words.iter_mut().find(|word| *word == "--gdb") {
        *option = "--gdb-symbols".into();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exeunts_own_option_is_replaced() {
        let words = ["run", "--gdb", "--debug-output", "a.exe", "--gdb"].map(OsString::from);
        let expected = ["run", "--gdb-symbols", "--debug-output", "a.exe", "--gdb"];
        assert_eq!(without_gdb(words.into_iter()), expected);
    }
}
