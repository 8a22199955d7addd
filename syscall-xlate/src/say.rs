//! What exeunt itself has to say: whole lines on standard error, with its name in front.

use std::fmt;
use std::io::Write;

/// Writes `exeunt: ` and the message as one line, in one system call, so that lines of several processes do not mix.
pub fn say(message: fmt::Arguments<'_>) {
    let line = format!("exeunt: {message}\n");
    // There is nobody else to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
