//! The writing half of a stream.

use super::{Buffering, Direction, Raw, Settings, Stream, Translation, Whence};

impl Stream {
    fn begin_write<R: Raw>(&mut self, raw: &mut R) -> Result<(), R::Error> {
        if self.direction == Direction::Writing {
            return Ok(());
        }
        // A file that cannot seek, such as a terminal, loses nothing by a failure here.
        if self.end_read(raw).is_err() {
            self.forget();
        }
        self.direction = Direction::Writing;
        Ok(())
    }

    /// `fputs`, `fwrite`: takes bytes as the program has them. The caller ends its call with [`Self::settle`].
    ///
    /// # Errors
    /// The file's; the error flag is set.
    pub fn put<R: Raw>(&mut self, raw: &mut R, settings: Settings, bytes: &[u8]) -> Result<(), R::Error> {
        self.begin_write(raw)?;
        if settings.translation == Translation::Binary {
            if bytes.len() >= self.size {
                self.flush(raw, settings)?;
                self.direction = Direction::Writing;
                return self.write_all(raw, settings, bytes);
            }
            self.buffer.extend_from_slice(bytes);
        } else {
            for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                if index > 0 {
                    self.buffer.extend_from_slice(b"\r\n");
                }
                self.buffer.extend_from_slice(line);
                if self.buffer.len() >= 16 * self.size {
                    self.flush(raw, settings)?;
                    self.direction = Direction::Writing;
                }
            }
        }
        if self.buffer.len() >= self.size {
            self.flush(raw, settings)?;
        }
        Ok(())
    }

    /// The file's own bytes, as they are.
    pub(super) fn put_raw<R: Raw>(&mut self, raw: &mut R, settings: Settings, bytes: &[u8]) -> Result<(), R::Error> {
        self.begin_write(raw)?;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= self.size { self.flush(raw, settings) } else { Ok(()) }
    }

    /// The end of a call that wrote: an unbuffered stream writes now.
    ///
    /// # Errors
    /// The file's; the error flag is set.
    pub fn settle<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<(), R::Error> {
        match self.buffering {
            Buffering::None => self.flush(raw, settings),
            Buffering::Full => Ok(()),
        }
    }

    /// `fflush`: writes what waits. Has no effect on a stream that reads.
    ///
    /// # Errors
    /// The file's; the error flag is set and what waited is lost, as it is with Microsoft's runtime.
    pub fn flush<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<(), R::Error> {
        if self.direction != Direction::Writing {
            return Ok(());
        }
        self.direction = Direction::Idle;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.buffer);
        let result = self.write_all(raw, settings, &bytes);
        bytes.clear();
        self.buffer = bytes;
        self.position = 0;
        result
    }

    fn write_all<R: Raw>(&mut self, raw: &mut R, settings: Settings, mut bytes: &[u8]) -> Result<(), R::Error> {
        let mut run = || {
            if settings.append {
                // A pipe has no end to go to.
                let _ = raw.seek(0, Whence::End);
            }
            while !bytes.is_empty() {
                let count = raw.write(bytes)?;
                bytes = bytes.get(count..).unwrap_or(&[]);
            }
            Ok(())
        };
        let result = run();
        self.error |= result.is_err();
        result
    }
}
