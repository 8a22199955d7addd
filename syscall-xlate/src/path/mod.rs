//! Paths: Windows' forms of them, and where they lead on the host.
//!
//! [`dos`] turns what a program writes into a full path and an NT path. [`Drives`] holds the drives and the current
//! directories and turns NT paths into [`Location`]s and host paths back into Windows paths. [`Lookup`] finds what a
//! location names, whatever the case of its letters. [`name`] maps single names between UTF-16 and the host's bytes.

pub mod dos;
mod drives;
mod lookup;
pub mod name;
mod target;

pub use drives::Drives;
pub use lookup::{Lookup, Place};
pub use target::{Device, Location, Target, nt_target};

/// The separator of Windows paths.
pub const SEPARATOR: u16 = b'\\' as u16;

/// Longest path a Win32 function takes without the `\\?\` prefix, closing zero included
/// (<https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation>).
pub const MAX_PATH: usize = 260;

/// UTF-16 of a literal.
pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// True for `\` and `/`.
pub(crate) fn is_separator(unit: u16) -> bool {
    unit == SEPARATOR || unit == u16::from(b'/')
}

/// Equal whatever the case, by the system's upper-casing.
pub(crate) fn eq_ignoring_case(left: &[u16], right: &str) -> bool {
    left.len() == right.len()
        && left.iter().zip(right.bytes()).all(|(&unit, byte)| unit < 128 && (unit as u8).eq_ignore_ascii_case(&byte))
}
