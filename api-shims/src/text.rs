//! Between the ANSI code page, in which `A` functions take and give text, and UTF-16.

use syscall_xlate::{Cx, nls};

/// Text of the process's ANSI code page in UTF-16.
pub(crate) fn to_wide(_cx: &Cx, bytes: &[u8]) -> Vec<u16> {
    nls::ansi_to_wide(bytes)
}

/// UTF-16 text in the process's ANSI code page; what it lacks becomes what looks like it, or `?`.
pub(crate) fn to_ansi(_cx: &Cx, units: &[u16]) -> Vec<u8> {
    nls::wide_to_ansi(units)
}
