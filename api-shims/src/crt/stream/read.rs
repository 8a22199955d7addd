//! The reading half of a stream.

use super::{CTRL_Z, Direction, Raw, Settings, Stream, Translation, Whence};

/// Room for what `ungetc` puts back. The runtime promises one byte; more is what a program's buffer happened to allow.
const PUSHED: usize = 64;

impl Stream {
    /// Makes the stream one that reads; writes what waits.
    fn begin_read<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<(), R::Error> {
        if self.direction == Direction::Writing {
            self.flush(raw, settings)?;
        }
        if self.direction != Direction::Reading {
            self.buffer.clear();
            self.position = 0;
            self.direction = Direction::Reading;
        }
        Ok(())
    }

    /// Reads more bytes behind those still unread; false at the end of the file.
    fn fill<R: Raw>(&mut self, raw: &mut R) -> Result<bool, R::Error> {
        self.buffer.drain(..self.position);
        self.position = 0;
        let start = self.buffer.len();
        self.buffer.resize(start + self.size, 0);
        match raw.read(&mut self.buffer[start..]) {
            Ok(count) => {
                self.buffer.truncate(start + count);
                Ok(count > 0)
            }
            Err(error) => {
                self.buffer.truncate(start);
                self.error = true;
                Err(error)
            }
        }
    }

    /// `getc`: the next byte as the program sees it; `None` at the end, and the flag is set.
    ///
    /// # Errors
    /// The file's; the error flag is set.
    pub fn get<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<Option<u8>, R::Error> {
        if let Some(byte) = self.pushed.pop() {
            return Ok(Some(byte));
        }
        self.begin_read(raw, settings)?;
        if self.unread() == 0 && !self.fill(raw)? {
            self.eof = true;
            return Ok(None);
        }
        let byte = self.buffer[self.position];
        if settings.translation != Translation::Binary {
            if byte == CTRL_Z {
                self.eof = true;
                return Ok(None);
            }
            if byte == b'\r' {
                if self.unread() == 1 {
                    self.fill(raw)?;
                }
                if self.buffer.get(self.position + 1) == Some(&b'\n') {
                    self.position += 2;
                    return Ok(Some(b'\n'));
                }
            }
        }
        self.position += 1;
        Ok(Some(byte))
    }

    /// `ungetc`: puts a byte back; false where there is no room.
    pub fn unget(&mut self, byte: u8) -> bool {
        if self.pushed.len() >= PUSHED || self.direction == Direction::Writing {
            return false;
        }
        self.pushed.push(byte);
        self.eof = false;
        true
    }

    /// `fread`: fills `to` as far as the file goes; gives how many bytes it got.
    ///
    /// # Errors
    /// The file's, when nothing was read before; the error flag is set in any case.
    pub fn read<R: Raw>(&mut self, raw: &mut R, settings: Settings, to: &mut [u8]) -> Result<usize, R::Error> {
        let mut done = 0;
        while done < to.len() {
            match self.read_some(raw, settings, &mut to[done..]) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn read_some<R: Raw>(&mut self, raw: &mut R, settings: Settings, to: &mut [u8]) -> Result<usize, R::Error> {
        if !self.pushed.is_empty() || settings.translation != Translation::Binary {
            return self.read_text(raw, settings, to, None);
        }
        self.begin_read(raw, settings)?;
        if self.unread() == 0 {
            if to.len() >= self.size {
                // Nothing to gain from the buffer.
                return match raw.read(to) {
                    Ok(count) => {
                        self.eof |= count == 0;
                        Ok(count)
                    }
                    Err(error) => {
                        self.error = true;
                        Err(error)
                    }
                };
            }
            if !self.fill(raw)? {
                self.eof = true;
                return Ok(0);
            }
        }
        let count = to.len().min(self.unread());
        to[..count].copy_from_slice(&self.buffer[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }

    /// Some bytes up to and including the first `stop`: whole runs of plain bytes at once, the others one by one.
    fn read_text<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        to: &mut [u8],
        stop: Option<u8>,
    ) -> Result<usize, R::Error> {
        let Some(first) = to.first_mut() else { return Ok(0) };
        let Some(byte) = self.get(raw, settings)? else { return Ok(0) };
        *first = byte;
        if Some(byte) == stop || !self.pushed.is_empty() {
            return Ok(1);
        }
        let is_plain = |byte: u8| {
            Some(byte) != stop && (settings.translation == Translation::Binary || (byte != b'\r' && byte != CTRL_Z))
        };
        let rest = &self.buffer[self.position..];
        let limit = rest.len().min(to.len() - 1);
        let run = rest[..limit].iter().position(|&byte| !is_plain(byte)).unwrap_or(limit);
        to[1..=run].copy_from_slice(&rest[..run]);
        self.position += run;
        Ok(run + 1)
    }

    /// `fgets`: appends to `line` up to `limit` bytes, the last one a new line if one came.
    ///
    /// # Errors
    /// The file's; what was read before it is in `line`.
    pub fn read_line<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        limit: usize,
        line: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        let mut block = [0; 512];
        let mut left = limit;
        while left > 0 {
            let room = left.min(block.len());
            let count = self.read_text(raw, settings, &mut block[..room], Some(b'\n'))?;
            line.extend_from_slice(&block[..count]);
            left -= count;
            if count == 0 || line.last() == Some(&b'\n') {
                break;
            }
        }
        Ok(())
    }

    /// Makes a stream that has read ahead one whose file stands where the program is.
    ///
    /// # Errors
    /// The file's, where it cannot seek; what was read ahead stays then.
    pub(super) fn end_read<R: Raw>(&mut self, raw: &mut R) -> Result<(), R::Error> {
        let ahead = self.unread() + self.pushed.len() + 2 * self.pending.len();
        if self.direction == Direction::Reading && ahead > 0 {
            raw.seek(-(ahead as i64), Whence::Current)?;
        }
        self.forget();
        Ok(())
    }
}
