//! `fopen`'s mode text and `_open`'s flags.
//!
//! <https://learn.microsoft.com/cpp/c-runtime-library/reference/fopen-wfopen>

use super::Translation;
use crate::crt::format::Unit;

/// `_O_WRONLY`
pub const O_WRONLY: i32 = 0x1;
/// `_O_RDWR`
pub const O_RDWR: i32 = 0x2;
/// The bits that say which of reading and writing is allowed.
pub const O_ACCMODE: i32 = 0x3;
/// `_O_APPEND`
pub const O_APPEND: i32 = 0x8;
/// `_O_RANDOM`
pub const O_RANDOM: i32 = 0x10;
/// `_O_SEQUENTIAL`
pub const O_SEQUENTIAL: i32 = 0x20;
/// `_O_TEMPORARY`
pub const O_TEMPORARY: i32 = 0x40;
/// `_O_NOINHERIT`
pub const O_NOINHERIT: i32 = 0x80;
/// `_O_CREAT`
pub const O_CREAT: i32 = 0x100;
/// `_O_TRUNC`
pub const O_TRUNC: i32 = 0x200;
/// `_O_EXCL`
pub const O_EXCL: i32 = 0x400;
/// `_O_SHORT_LIVED`
pub const O_SHORT_LIVED: i32 = 0x1000;
/// `_O_TEXT`
pub const O_TEXT: i32 = 0x4000;
/// `_O_BINARY`
pub const O_BINARY: i32 = 0x8000;
/// `_O_WTEXT`
pub const O_WTEXT: i32 = 0x10000;
/// `_O_U16TEXT`
pub const O_U16TEXT: i32 = 0x20000;
/// `_O_U8TEXT`
pub const O_U8TEXT: i32 = 0x40000;

/// The translation that open flags ask for; `default` (`_fmode`) where they ask for none.
pub fn translation(oflag: i32, default: i32) -> Translation {
    let asked = oflag & (O_TEXT | O_BINARY | O_WTEXT | O_U16TEXT | O_U8TEXT);
    match if asked == 0 { default } else { asked } {
        flags if flags & O_U8TEXT != 0 => Translation::Utf8,
        flags if flags & (O_U16TEXT | O_WTEXT) != 0 => Translation::Utf16,
        flags if flags & O_BINARY != 0 => Translation::Binary,
        _ => Translation::Text,
    }
}

/// A stream's mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode {
    /// The flags for `_open`.
    pub oflag: i32,
    /// `c`: flushing the stream flushes the file to its disk; `n` takes it back.
    pub commit: Option<bool>,
}

impl Mode {
    /// Whether the stream may be read.
    pub fn reads(self) -> bool {
        self.oflag & O_WRONLY == 0
    }

    /// Whether the stream may be written.
    pub fn writes(self) -> bool {
        self.oflag & O_ACCMODE != 0
    }
}

/// Reads a mode text; `None` (`EINVAL`) where it is not one.
pub fn parse<U: Unit>(text: &[U]) -> Option<Mode> {
    let text: Vec<u8> = text.iter().map(|unit| unit.ascii()).collect();
    let text = text.trim_ascii_start();
    let (&kind, options) = text.split_first()?;
    let mut oflag = match kind {
        b'r' => 0,
        b'w' => O_WRONLY | O_CREAT | O_TRUNC,
        b'a' => O_WRONLY | O_CREAT | O_APPEND,
        _ => return None,
    };
    let mut commit = None;
    let mut rest = options;
    while let Some((&option, tail)) = rest.split_first() {
        rest = tail;
        match option {
            b' ' => {}
            b'+' => oflag = (oflag & !O_ACCMODE) | O_RDWR,
            b'b' => oflag |= O_BINARY,
            b't' => oflag |= O_TEXT,
            b'c' => commit = Some(true),
            b'n' => commit = Some(false),
            b'S' => oflag |= O_SEQUENTIAL,
            b'R' => oflag |= O_RANDOM,
            b'T' => oflag |= O_SHORT_LIVED,
            b'D' => oflag |= O_TEMPORARY,
            b'N' => oflag |= O_NOINHERIT,
            b'x' if kind == b'w' => oflag |= O_EXCL,
            b',' => {
                oflag |= encoding(tail)?;
                break;
            }
            _ => return None,
        }
    }
    (oflag & (O_TEXT | O_BINARY) != O_TEXT | O_BINARY).then_some(Mode { oflag, commit })
}

/// `ccs=ENCODING` behind the comma.
fn encoding(text: &[u8]) -> Option<i32> {
    let text = text.trim_ascii().strip_prefix(b"ccs")?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    [(b"UTF-16LE".as_slice(), O_U16TEXT), (b"UTF-8", O_U8TEXT), (b"UNICODE", O_WTEXT)]
        .into_iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, flag)| flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_become_open_flags() {
        let oflag = |text: &str| parse(text.as_bytes()).map(|mode| mode.oflag);
        assert_eq!(oflag("r"), Some(0));
        assert_eq!(oflag("rb"), Some(O_BINARY));
        assert_eq!(oflag("r+t"), Some(O_RDWR | O_TEXT));
        assert_eq!(oflag(" w"), Some(O_WRONLY | O_CREAT | O_TRUNC));
        assert_eq!(oflag("wx+b"), Some(O_RDWR | O_CREAT | O_TRUNC | O_EXCL | O_BINARY));
        assert_eq!(oflag("a+"), Some(O_RDWR | O_CREAT | O_APPEND));
        assert_eq!(oflag("wDNS"), Some(O_WRONLY | O_CREAT | O_TRUNC | O_TEMPORARY | O_NOINHERIT | O_SEQUENTIAL));
        assert_eq!(oflag("r, ccs=UTF-8"), Some(O_U8TEXT));
        assert_eq!(oflag("rt,ccs = unicode"), Some(O_TEXT | O_WTEXT));
        for bad in ["", "q", "rx", "rbt", "r,ccs=latin1", "r,x", "r?"] {
            assert_eq!(oflag(bad), None, "{bad}");
        }
        assert_eq!(parse(b"wc".as_slice()).and_then(|mode| mode.commit), Some(true));
    }

    #[test]
    fn translation_defaults_to_fmode() {
        assert_eq!(translation(0, 0), Translation::Text);
        assert_eq!(translation(0, O_BINARY), Translation::Binary);
        assert_eq!(translation(O_TEXT, O_BINARY), Translation::Text);
        assert_eq!(translation(O_U8TEXT | O_TEXT, 0), Translation::Utf8);
    }
}
