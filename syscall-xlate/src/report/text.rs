//! Writing where nothing can be relied on: from a buffer of fixed size to standard error, without allocation.

use std::fmt::{self, Write};

/// Text of fixed size; what does not fit is cut.
pub(super) struct Text {
    bytes: [u8; 2048],
    len: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; 2048], len: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The last line's end, also where the text was cut.
    fn end_line(&mut self) {
        let at = self.len.min(self.bytes.len() - 1);
        self.bytes[at] = b'\n';
        self.len = at + 1;
    }

    /// Writes it all to a file of the host.
    pub(super) fn write_to(&self, fd: libc::c_int) -> bool {
        let mut rest = self.bytes();
        while !rest.is_empty() {
            // SAFETY: writes initialised bytes.
            let written = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(count) if count > 0 => rest = &rest[count..],
                _ => return false,
            }
        }
        true
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let taken = text.len().min(room);
        self.bytes[self.len..self.len + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        Ok(())
    }
}

/// One line of a report on standard error, with exeunt's name in front, as soon as it is known.
pub(super) fn line(message: fmt::Arguments<'_>) {
    let mut text = Text::new();
    let _ = write!(text, "exeunt: {message}");
    text.end_line();
    text.write_to(2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_and_ends_a_line() {
        let mut text = Text::new();
        let _ = write!(text, "{:5000}", 1);
        text.end_line();
        assert_eq!((text.bytes().len(), text.bytes().last()), (2048, Some(&b'\n')));
    }
}
