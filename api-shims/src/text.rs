//! Between the guest's text and ours: the ANSI code page, in which `A` functions take and give text, and buffers of a given size.

use abi::{PSTR, PWSTR, Win32Result};
use syscall_xlate::{Cx, nls};

/// Text of the process's ANSI code page in UTF-16.
pub(crate) fn to_wide(_cx: &Cx, bytes: &[u8]) -> Vec<u16> {
    nls::ansi_to_wide(bytes)
}

/// UTF-16 text in the process's ANSI code page; what it lacks becomes what looks like it, or `?`.
pub(crate) fn to_ansi(_cx: &Cx, units: &[u16]) -> Vec<u8> {
    nls::wide_to_ansi(units)
}

/// UTF-16 of a literal.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Gives text in a buffer of `size` units, as most functions do: its length without the closing zero when it fits, else the size needed
/// with it.
pub(crate) fn give_wide(text: &[u16], buffer: PWSTR, size: u32) -> Win32Result<u32> {
    if text.len() < size as usize {
        buffer.write_z(text)?;
        Ok(text.len() as u32)
    } else {
        Ok(text.len() as u32 + 1)
    }
}

/// [`give_wide`] for text in a code page.
pub(crate) fn give_ansi(text: &[u8], buffer: PSTR, size: u32) -> Win32Result<u32> {
    if text.len() < size as usize {
        buffer.write_z(text)?;
        Ok(text.len() as u32)
    } else {
        Ok(text.len() as u32 + 1)
    }
}
