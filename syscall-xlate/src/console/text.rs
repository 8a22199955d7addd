//! Text to and from the terminal, which speaks UTF-8.

use std::os::fd::AsFd;
use std::sync::PoisonError;

use abi::{Access, Buffer, NTSTATUS, NtResult, fault};
use rustix::io::Errno;

use super::{CONSOLE_MODE, Console, End};
use crate::file::errno;
use crate::nls::CP_UTF8;

/// Text is copied from the guest in pieces of this many bytes.
const PIECE: usize = 64 * 1024;
/// Longest line a terminal gives.
const LINE: usize = 4096;
/// Ctrl+Z at the beginning of a line ends the input.
const CTRL_Z: u16 = 0x1a;

impl Console {
    /// Writes text.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn write_text(&self, terminal: impl AsFd, text: &[u16]) -> NtResult<()> {
        let utf8 = {
            let mut state = self.state();
            let mut units: Vec<u16> = state.partial_pair.take().into_iter().chain(text.iter().copied()).collect();
            if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
                state.partial_pair = units.pop();
            }
            String::from_utf16_lossy(&units)
        };
        write_all(terminal, utf8.as_bytes())
    }

    /// Writes bytes of the output code page.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn write_ansi(&self, terminal: impl AsFd, bytes: &[u8]) -> NtResult<()> {
        let page = self.code_page(End::Output);
        if page.number() == CP_UTF8 {
            return write_all(terminal, bytes);
        }
        let text = {
            let mut state = self.state();
            let mut whole = std::mem::take(&mut state.partial_bytes);
            whole.extend_from_slice(bytes);
            // A lead byte whose character goes on in the next write.
            let mut at = 0;
            while let Some(&byte) = whole.get(at) {
                at += if page.is_lead_byte(byte) { 2 } else { 1 };
            }
            if at > whole.len() {
                state.partial_bytes.extend(whole.pop());
            }
            page.decode(&whole)
        };
        write_all(terminal, String::from_utf16_lossy(&text).as_bytes())
    }

    /// Writes bytes of the output code page from guest memory (`WriteFile`) and returns their number.
    ///
    /// # Errors
    /// `STATUS_INVALID_USER_BUFFER` for memory that cannot be read, or the host's.
    pub(crate) fn write_bytes(&self, terminal: impl AsFd, from: Buffer) -> NtResult<usize> {
        let mut piece = vec![0; PIECE.min(from.len)];
        let mut done = 0;
        while done < from.len {
            let now = PIECE.min(from.len - done);
            let rest = from.skip(done);
            fault::read(rest.address, &mut piece[..now]).map_err(|_| NTSTATUS::STATUS_INVALID_USER_BUFFER)?;
            self.write_ansi(&terminal, &piece[..now])?;
            done += now;
        }
        Ok(done)
    }

    /// Reads text, at most `most` units: what is left of the last line, or else a new line. A line ends with CR and LF. Nothing at the
    /// input's end.
    ///
    /// # Errors
    /// The host's, as a status.
    pub fn read_text(&self, terminal: impl AsFd, most: usize) -> NtResult<Vec<u16>> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if input.is_empty() && most > 0 {
            let lines = self.mode(End::Input).contains(CONSOLE_MODE::ENABLE_LINE_INPUT);
            *input = read_line(terminal, lines)?;
        }
        let now = most.min(input.len());
        Ok(input.drain(..now).collect())
    }

    /// Reads bytes of the input code page into guest memory (`ReadFile`) and returns their number.
    ///
    /// # Errors
    /// `STATUS_ACCESS_VIOLATION` for memory that cannot be written, or the host's.
    pub(crate) fn read_bytes(&self, terminal: impl AsFd, to: Buffer) -> NtResult<usize> {
        let page = self.code_page(End::Input);
        let text = self.read_text(terminal, to.len)?;
        let mut bytes = page.encode(&text);
        if bytes.len() > to.len {
            // Characters of several bytes: what does not fit waits.
            let mut keep = text.len();
            while bytes.len() > to.len && keep > 0 {
                keep -= 1;
                bytes = page.encode(&text[..keep]);
            }
            let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
            input.splice(0..0, text[keep..].iter().copied());
        }
        fault::write(to.address, &bytes).map_err(|_| to.fault(Access::Write))?;
        Ok(bytes.len())
    }

    /// True when reading would not wait.
    pub fn has_input(&self, terminal: impl AsFd) -> bool {
        let waits = || {
            let mut fds = [rustix::event::PollFd::new(&terminal, rustix::event::PollFlags::IN)];
            let at_once = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
            rustix::event::poll(&mut fds, Some(&at_once)).is_ok_and(|ready| ready > 0)
        };
        !self.input.lock().unwrap_or_else(PoisonError::into_inner).is_empty() || waits()
    }

    /// Throws away input that was not read yet.
    pub fn flush_input(&self, terminal: impl AsFd) {
        self.input.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::IFlush);
    }
}

fn read_line(terminal: impl AsFd, lines: bool) -> NtResult<Vec<u16>> {
    let mut bytes = vec![0; LINE];
    let len = loop {
        match rustix::io::read(&terminal, &mut bytes) {
            Err(Errno::INTR) => {}
            result => break result.map_err(errno::status)?,
        }
    };
    bytes.truncate(len);
    let text: Vec<u16> = String::from_utf8_lossy(&bytes).encode_utf16().collect();
    if text.first() == Some(&CTRL_Z) && lines {
        return Ok(Vec::new());
    }
    let line_end = |unit: u16| {
        let converts = lines && unit == u16::from(b'\n');
        converts.then_some(u16::from(b'\r')).into_iter().chain([unit])
    };
    Ok(text.into_iter().flat_map(line_end).collect())
}

fn write_all(terminal: impl AsFd, bytes: &[u8]) -> NtResult<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&terminal, rest) {
            Ok(done) => rest = rest.get(done..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut fds = [rustix::event::PollFd::new(&terminal, rustix::event::PollFlags::OUT)];
                let _ = rustix::event::poll(&mut fds, None);
            }
            Err(error) => return Err(errno::status(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::nls::CodePage;

    fn written(work: impl FnOnce(&Console, &std::io::PipeWriter)) -> String {
        let (mut read, write) = std::io::pipe().unwrap();
        work(&Console::default(), &write);
        drop(write);
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn bytes_of_any_code_page_reach_the_terminal_as_utf_8() {
        assert_eq!(written(|console, to| console.write_ansi(to, b"\x81\xe1").unwrap()), "üß");
        let japanese = written(|console, to| {
            console.set_code_page(End::Output, CodePage::new(932).unwrap());
            for byte in b"\x93\xfa\x96\x7b!" {
                console.write_ansi(to, &[*byte]).unwrap();
            }
        });
        assert_eq!(japanese, "日本!");
    }

    #[test]
    fn a_pair_of_surrogates_may_come_in_two_writes() {
        let text = written(|console, to| {
            console.write_text(to, &[0x61, 0xd83d]).unwrap();
            console.write_text(to, &[0xde00, 0x62]).unwrap();
        });
        assert_eq!(text, "a😀b");
    }

    #[test]
    fn lines_end_with_cr_lf_and_come_in_pieces() {
        use std::io::Write;
        let (read, mut write) = std::io::pipe().unwrap();
        write.write_all("grün\n".as_bytes()).unwrap();
        let console = Console::default();
        let text = |most| String::from_utf16(&console.read_text(&read, most).unwrap()).unwrap();
        assert_eq!((text(3), text(100)), ("grü".to_owned(), "n\r\n".to_owned()));
        drop(write);
        assert_eq!(text(100), "");
    }
}
