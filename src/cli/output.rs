//! Writing to standard output.

use std::io::{self, ErrorKind, Write};

use exeunt::{Error, status};

/// Writes a command's whole output.
///
/// # Errors
/// [`Error::Output`].
pub(super) fn print(text: &[u8]) -> Result<u8, Error> {
    let mut output = io::stdout().lock();
    result(output.write_all(text).and_then(|()| output.flush()))
}

/// What a write's result means: a reader that has gone, as `head` does, has what it wanted.
pub(super) fn result(written: io::Result<()>) -> Result<u8, Error> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output { path: None, error }),
        _ => Ok(status::SUCCESS),
    }
}

/// A value as indented JSON with a line end.
///
/// # Errors
/// [`Error::Output`], when the value has no JSON form.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| Error::Output { path: None, error: error.into() })
}
