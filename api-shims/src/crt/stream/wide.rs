//! Wide characters through a stream: `getwc`, `putwc` and `ungetwc`.
//!
//! In a binary stream a wide character is its two bytes; in a text stream it is a multibyte character of the locale; the Unicode
//! translations have an encoding of their own.
//! <https://learn.microsoft.com/cpp/c-runtime-library/unicode-stream-i-o-in-text-and-binary-modes>

use super::{Raw, Settings, Stream, Translation};
use crate::crt::encoding::{Decoded, Encoding};

/// Why a wide character could not pass.
#[derive(Debug, PartialEq, Eq)]
pub enum WideError<E> {
    /// The file's error.
    Raw(E),
    /// The bytes or the character have no meaning in the encoding (`EILSEQ`).
    Encoding,
}

impl<E> From<E> for WideError<E> {
    fn from(error: E) -> Self {
        Self::Raw(error)
    }
}

impl Stream {
    /// `getwc`: the next wide character; `None` at the end.
    ///
    /// # Errors
    /// The file's, or bytes that are no character; the error flag is set.
    pub fn get_wide<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        encoding: Encoding,
    ) -> Result<Option<u16>, WideError<R::Error>> {
        if let Some(unit) = self.pending.pop_front() {
            return Ok(Some(unit));
        }
        match settings.translation {
            Translation::Binary => self.get_unit(raw, settings),
            Translation::Utf16 => {
                let binary = Settings { translation: Translation::Binary, ..settings };
                let Some(unit) = self.get_unit(raw, binary)? else { return Ok(None) };
                if unit != u16::from(b'\r') {
                    return Ok(Some(unit));
                }
                match self.get_unit(raw, binary)? {
                    Some(next) if next == u16::from(b'\n') => Ok(Some(next)),
                    next => {
                        self.pending.extend(next);
                        Ok(Some(unit))
                    }
                }
            }
            Translation::Utf8 => self.get_character(raw, settings, Encoding::Utf8),
            Translation::Text => self.get_character(raw, settings, encoding),
        }
    }

    fn get_unit<R: Raw>(&mut self, raw: &mut R, settings: Settings) -> Result<Option<u16>, WideError<R::Error>> {
        let Some(low) = self.get(raw, settings)? else { return Ok(None) };
        let Some(high) = self.get(raw, settings)? else { return Ok(None) };
        Ok(Some(u16::from_le_bytes([low, high])))
    }

    fn get_character<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        encoding: Encoding,
    ) -> Result<Option<u16>, WideError<R::Error>> {
        let mut bytes = Vec::with_capacity(4);
        loop {
            let Some(byte) = self.get(raw, settings)? else {
                if bytes.is_empty() {
                    return Ok(None);
                }
                self.error = true;
                return Err(WideError::Encoding);
            };
            bytes.push(byte);
            match encoding.decode(&bytes) {
                Decoded::Character { units, .. } => {
                    self.pending.extend(units);
                    return Ok(self.pending.pop_front());
                }
                Decoded::Incomplete => {}
                Decoded::Invalid => {
                    self.error = true;
                    return Err(WideError::Encoding);
                }
            }
        }
    }

    /// `ungetwc`
    pub fn unget_wide(&mut self, unit: u16) {
        self.pending.push_front(unit);
        self.eof = false;
    }

    /// `fputws`: takes wide text as the program has it. The caller ends its call with [`Self::settle`].
    ///
    /// # Errors
    /// The file's, or a character the encoding does not have; the error flag is set.
    pub fn put_wide<R: Raw>(
        &mut self,
        raw: &mut R,
        settings: Settings,
        encoding: Encoding,
        text: &[u16],
    ) -> Result<(), WideError<R::Error>> {
        let encoding = match settings.translation {
            Translation::Binary => {
                let bytes: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                return Ok(self.put_raw(raw, settings, &bytes)?);
            }
            Translation::Utf16 => {
                let mut bytes = Vec::with_capacity(2 * text.len());
                for &unit in text {
                    if unit == u16::from(b'\n') {
                        bytes.extend(u16::from(b'\r').to_le_bytes());
                    }
                    bytes.extend(unit.to_le_bytes());
                }
                return Ok(self.put_raw(raw, settings, &bytes)?);
            }
            Translation::Utf8 => Encoding::Utf8,
            Translation::Text => encoding,
        };
        let mut bytes = Vec::with_capacity(text.len());
        for &unit in text {
            let units = match (self.high.take(), unit) {
                (None, 0xd800..=0xdbff) if encoding == Encoding::Utf8 => {
                    self.high = Some(unit);
                    continue;
                }
                (Some(high), _) => vec![high, unit],
                (None, _) => vec![unit],
            };
            if !encoding.encode(&units, &mut bytes) {
                self.error = true;
                self.put(raw, settings, &bytes)?;
                return Err(WideError::Encoding);
            }
        }
        Ok(self.put(raw, settings, &bytes)?)
    }
}
