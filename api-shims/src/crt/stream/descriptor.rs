//! The translation that `_read` and `_write` do on a descriptor, below any stream.

use super::{CTRL_Z, Raw, Translation, Whence};

/// What a descriptor remembers between two calls of `_read`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// A byte behind a CR that was read from a file that cannot seek back.
    pub byte: Option<u8>,
    /// A Ctrl-Z came: everything after it is not there.
    pub ended: bool,
    /// The last read found the end of the file.
    pub at_end: bool,
}

/// `_read`: fills `to` once; 0 at the end. In text mode CR LF becomes LF and Ctrl-Z ends the file.
///
/// # Errors
/// The file's.
pub fn read<R: Raw>(
    raw: &mut R,
    translation: Translation,
    ahead: &mut Ahead,
    to: &mut [u8],
) -> Result<usize, R::Error> {
    if to.is_empty() || (ahead.ended && translation != Translation::Binary) {
        return Ok(0);
    }
    let mut count = 0;
    if let Some(byte) = ahead.byte.take() {
        to[0] = byte;
        count = 1;
    }
    if count == 0 || count < to.len() && translation == Translation::Binary {
        count += raw.read(&mut to[count..])?;
    }
    ahead.at_end = count == 0;
    if translation == Translation::Binary {
        return Ok(count);
    }
    let mut written = 0;
    let mut index = 0;
    while index < count {
        let byte = to[index];
        index += 1;
        if byte == CTRL_Z {
            ahead.ended = true;
            break;
        }
        if byte == b'\r' {
            let next = if index < count { Some(to[index]) } else { peek(raw, ahead)? };
            if next == Some(b'\n') {
                if index < count {
                    index += 1;
                } else {
                    ahead.byte = None;
                    skip_peeked(raw, ahead)?;
                }
                to[written] = b'\n';
                written += 1;
                continue;
            }
        }
        to[written] = byte;
        written += 1;
    }
    Ok(written)
}

/// The byte that follows, left in place: sought back to, or kept in `ahead` where the file cannot seek.
fn peek<R: Raw>(raw: &mut R, ahead: &mut Ahead) -> Result<Option<u8>, R::Error> {
    let mut byte = [0];
    if raw.read(&mut byte)? == 0 {
        return Ok(None);
    }
    if raw.seek(-1, Whence::Current).is_err() {
        ahead.byte = Some(byte[0]);
        ahead.ended = false;
    }
    Ok(Some(byte[0]))
}

/// Takes the byte that [`peek`] saw.
fn skip_peeked<R: Raw>(raw: &mut R, _: &mut Ahead) -> Result<(), R::Error> {
    // Where the file cannot seek the byte is gone already.
    let _ = raw.seek(1, Whence::Current);
    Ok(())
}

/// `_write`: all of `from`; gives how many of its bytes were taken. In text mode LF becomes CR LF; `append` goes to the end first.
///
/// # Errors
/// The file's, where nothing was taken.
pub fn write<R: Raw>(raw: &mut R, translation: Translation, append: bool, from: &[u8]) -> Result<usize, R::Error> {
    if append {
        // A pipe has no end to go to.
        let _ = raw.seek(0, Whence::End);
    }
    if translation == Translation::Binary {
        return write_all(raw, from);
    }
    let mut taken = 0;
    for block in from.chunks(4096) {
        let mut bytes = Vec::with_capacity(block.len() + 64);
        for &byte in block {
            if byte == b'\n' {
                bytes.push(b'\r');
            }
            bytes.push(byte);
        }
        match write_all(raw, &bytes) {
            Ok(_) => taken += block.len(),
            Err(_) if taken > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

fn write_all<R: Raw>(raw: &mut R, from: &[u8]) -> Result<usize, R::Error> {
    let mut done = 0;
    while done < from.len() {
        match raw.write(&from[done..]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
