//! Buffered streams and descriptors, without a guest: what lies between `fputs` or `_read` and the bytes of a file.
//!
//! A [`Stream`] keeps the file's own bytes in its buffer and translates line ends as they are taken out or put in, so that
//! `ftell` is exact in text mode too.

pub mod descriptor;
pub mod mode;
mod read;
pub mod wide;
mod write;

use std::collections::VecDeque;

/// Where a seek counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whence {
    /// `SEEK_SET`
    Set,
    /// `SEEK_CUR`
    Current,
    /// `SEEK_END`
    End,
}

impl Whence {
    /// From the C constants 0, 1 and 2.
    pub fn from_c(origin: i32) -> Option<Self> {
        [Self::Set, Self::Current, Self::End].get(usize::try_from(origin).ok()?).copied()
    }
}

/// A file as the host has it: bytes, no buffer, no translation.
pub trait Raw {
    /// Why an operation failed.
    type Error;
    /// Reads some bytes; 0 at the end.
    fn read(&mut self, to: &mut [u8]) -> Result<usize, Self::Error>;
    /// Writes some bytes, at least one.
    fn write(&mut self, from: &[u8]) -> Result<usize, Self::Error>;
    /// Moves the position; gives the new one.
    fn seek(&mut self, offset: i64, whence: Whence) -> Result<u64, Self::Error>;
}

/// What is done to a descriptor's bytes between program and file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Translation {
    /// Nothing (`_O_BINARY`).
    Binary,
    /// CR LF is a new line and Ctrl-Z the end (`_O_TEXT`).
    #[default]
    Text,
    /// As text, and the program sees UTF-16 where the file has UTF-8 (`_O_U8TEXT`).
    Utf8,
    /// As text, in UTF-16 (`_O_U16TEXT`, `_O_WTEXT`).
    Utf16,
}

impl Translation {
    /// Whether only wide functions may be used.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Utf8 | Self::Utf16)
    }
}

/// The byte that ends a text file for the program.
pub const CTRL_Z: u8 = 0x1a;

/// When output goes to the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Buffering {
    /// When the buffer is full. Microsoft's runtime does the same for `_IOLBF`.
    Full,
    /// At the end of every call.
    None,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    Idle,
    Reading,
    Writing,
}

/// Bytes of an ordinary stream buffer (`_INTERNAL_BUFSIZ`).
pub const BUFFER_SIZE: usize = 4096;

/// What a descriptor says to a stream on each call, for `_setmode` may change it at any time.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The translation.
    pub translation: Translation,
    /// Every write goes to the end.
    pub append: bool,
}

/// The state of one `FILE`.
#[derive(Debug)]
pub struct Stream {
    /// The file's bytes: read ahead from `position` on, or waiting to be written.
    buffer: Vec<u8>,
    position: usize,
    direction: Direction,
    /// Bytes that `ungetc` put back, the next one last.
    pushed: Vec<u8>,
    /// UTF-16 units that are to be read before anything else.
    pending: VecDeque<u16>,
    /// A high surrogate that waits for its low one before it can be written.
    high: Option<u16>,
    size: usize,
    buffering: Buffering,
    /// `_IOEOF`
    pub eof: bool,
    /// `_IOERR`
    pub error: bool,
}

impl Stream {
    /// A stream with an empty buffer of the usual size.
    pub fn new(buffering: Buffering) -> Self {
        Self {
            buffer: Vec::new(),
            position: 0,
            direction: Direction::Idle,
            pushed: Vec::new(),
            pending: VecDeque::new(),
            high: None,
            size: BUFFER_SIZE,
            buffering,
            eof: false,
            error: false,
        }
    }

    /// `setvbuf`. What is buffered stays.
    pub fn set_buffering(&mut self, buffering: Buffering, size: usize) {
        self.buffering = buffering;
        self.size = size.clamp(2, 1 << 20);
    }

    /// When output goes to the file.
    pub fn buffering(&self) -> Buffering {
        self.buffering
    }

    /// `clearerr`
    pub fn clear_error(&mut self) {
        self.eof = false;
        self.error = false;
    }

    fn unread(&self) -> usize {
        self.buffer.len().saturating_sub(self.position)
    }

    /// `ftell`: where the next byte comes from or goes to, in the file's own bytes.
    ///
    /// # Errors
    /// The file's, where it cannot seek.
    pub fn tell<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<u64, R::Error> {
        match self.direction {
            Direction::Writing if settings.append => Ok(raw.seek(0, Whence::End)? + self.buffer.len() as u64),
            Direction::Writing => Ok(raw.seek(0, Whence::Current)? + self.buffer.len() as u64),
            _ => {
                let ahead = (self.unread() + self.pushed.len() + 2 * self.pending.len()) as u64;
                Ok(raw.seek(0, Whence::Current)?.saturating_sub(ahead))
            }
        }
    }

    /// `fseek`: writes what is buffered, forgets what is read ahead, clears the end-of-file flag.
    ///
    /// # Errors
    /// The file's.
    pub fn seek<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        offset: i64,
        whence: Whence,
    ) -> Result<u64, R::Error> {
        let (offset, whence) = match whence {
            Whence::Current => {
                let here = self.tell(raw, settings)?;
                match i64::try_from(here).ok().and_then(|here| here.checked_add(offset)) {
                    Some(target) => (target, Whence::Set),
                    // Let the file refuse what is out of its range.
                    None => (i64::MIN, Whence::Set),
                }
            }
            other => (offset, other),
        };
        self.flush(raw, settings)?;
        let position = raw.seek(offset, whence)?;
        self.forget();
        self.eof = false;
        Ok(position)
    }

    fn forget(&mut self) {
        self.buffer.clear();
        self.position = 0;
        self.pushed.clear();
        self.pending.clear();
        self.direction = Direction::Idle;
    }
}

#[cfg(test)]
mod tests;
