//! The screen: its size and colours.

use std::os::fd::AsFd;

use abi::{NTSTATUS, NtResult};
use rustix::termios::tcgetwinsize;

use super::Console;

/// Light grey on black.
pub(super) const DEFAULT_ATTRIBUTES: u16 = 7;

/// A column and a row, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coordinates {
    /// Column.
    pub x: i16,
    /// Row.
    pub y: i16,
}

/// What is known of the screen buffer: it is as large as the terminal's window. A terminal does not tell where its cursor is without
/// being asked through its input, so that it is said to be at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenBuffer {
    /// Columns and rows.
    pub size: Coordinates,
    /// The cursor.
    pub cursor: Coordinates,
    /// Colours of what is written next.
    pub attributes: u16,
}

impl Console {
    /// The screen buffer of a terminal.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE` for what is no terminal.
    pub fn screen_buffer(&self, terminal: impl AsFd) -> NtResult<ScreenBuffer> {
        let size = tcgetwinsize(terminal).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)?;
        let bounded = |value: u16, usual: i16| match i16::try_from(value) {
            Ok(0) => usual,
            Ok(value) => value,
            Err(_) => i16::MAX,
        };
        let size = Coordinates { x: bounded(size.ws_col, 80), y: bounded(size.ws_row, 25) };
        Ok(ScreenBuffer { size, cursor: Coordinates::default(), attributes: self.state().attributes })
    }

    /// Sets the colours of what is written next: four bits of foreground, four of background.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn set_attributes(&self, terminal: impl AsFd, attributes: u16) -> NtResult<()> {
        self.state().attributes = attributes;
        self.write_text(terminal, &sequence(attributes).encode_utf16().collect::<Vec<_>>())
    }

    /// True unless the cursor was hidden.
    pub fn shows_cursor(&self) -> bool {
        !self.state().cursor_hidden
    }

    /// Shows or hides the cursor.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn show_cursor(&self, terminal: impl AsFd, show: bool) -> NtResult<()> {
        self.state().cursor_hidden = !show;
        let sequence = if show { "\x1b[?25h" } else { "\x1b[?25l" };
        self.write_text(terminal, &sequence.encode_utf16().collect::<Vec<_>>())
    }

    /// Moves the cursor.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a place that is not on the screen, or the host's error as a status.
    pub fn set_cursor(&self, terminal: impl AsFd, to: Coordinates) -> NtResult<()> {
        if to.x < 0 || to.y < 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let sequence = format!("\x1b[{};{}H", i32::from(to.y) + 1, i32::from(to.x) + 1);
        self.write_text(terminal, &sequence.encode_utf16().collect::<Vec<_>>())
    }
}

/// The escape sequence for colours (ECMA-48 8.3.117). Windows' bits are blue, green, red; the terminal's are red, green, blue.
fn sequence(attributes: u16) -> String {
    if attributes == DEFAULT_ATTRIBUTES {
        return "\x1b[0m".to_owned();
    }
    let colour = |bits: u16| (bits & 1) << 2 | bits & 2 | (bits & 4) >> 2;
    let foreground = colour(attributes) + if attributes & 8 != 0 { 90 } else { 30 };
    let background = match attributes >> 4 & 0xf {
        0 => String::new(),
        bits => format!(";{}", colour(bits) + if bits & 8 != 0 { 100 } else { 40 }),
    };
    format!("\x1b[0;{foreground}{background}m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_escape_sequences() {
        assert_eq!(sequence(7), "\x1b[0m");
        assert_eq!(sequence(0xc), "\x1b[0;91m");
        assert_eq!(sequence(0x1f), "\x1b[0;97;44m");
    }

    #[test]
    fn a_pipe_has_no_screen() {
        let (read, _write) = std::io::pipe().unwrap();
        assert_eq!(Console::default().screen_buffer(read), Err(NTSTATUS::STATUS_INVALID_HANDLE));
    }
}
