//! The text of a message: line ends, escapes and inserts
//! (<https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-formatmessagew>).

use abi::{Fault, PCSTR, PCWSTR, Ptr, fault};
use syscall_xlate::Cx;

use crate::crt::format::{self, Args, Dialect, FormatError};
use crate::text;

const PERCENT: u16 = b'%' as u16;
const BANG: u16 = b'!' as u16;
const CR: u16 = b'\r' as u16;
const LF: u16 = b'\n' as u16;
const SPACE: u16 = b' ' as u16;

/// The width that means "as wide as it comes, without the message's own line ends".
const NO_LINES: u32 = 0xff;

/// Why there is no text.
#[derive(Debug, PartialEq)]
pub(super) enum TextError {
    /// An insert cannot be read.
    Fault(Fault),
    /// There are none.
    NoInserts,
    /// An insert's format is none.
    Malformed,
    /// It is longer than any message.
    TooLong,
}

impl From<Fault> for TextError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The inserts: a row of slots.
#[derive(Clone, Copy)]
pub(super) struct Inserts {
    slots: Ptr<u64>,
    /// `%s` is wide text.
    wide: bool,
}

impl Inserts {
    /// Those at `slots`.
    pub(super) fn at(slots: Ptr<u64>, wide: bool) -> Self {
        Self { slots, wide }
    }
}

/// Makes text of a message. Without `inserts` they are left as they are. `width` is the longest line in characters, 0 leaves lines as they
/// are.
pub(super) fn format(
    cx: &Cx,
    template: &[u16],
    inserts: Option<Inserts>,
    width: u32,
    longest: usize,
) -> Result<Vec<u16>, TextError> {
    let mut out = Output { text: Vec::new(), line: 0, width };
    let mut rest = template;
    while let [first, tail @ ..] = rest {
        if out.text.len() > longest {
            return Err(TextError::TooLong);
        }
        rest = tail;
        match *first {
            PERCENT => rest = escape(cx, tail, inserts, &mut out)?,
            CR | LF => {
                if *first == CR && rest.first() == Some(&LF) {
                    rest = &rest[1..];
                }
                if width == 0 { out.line_end() } else { out.push(SPACE) }
            }
            unit => out.push(unit),
        }
    }
    if out.text.len() > longest { Err(TextError::TooLong) } else { Ok(out.text) }
}

/// What follows a percent sign; gives what is behind it. `%0` ends the message.
fn escape<'a>(cx: &Cx, text: &'a [u16], inserts: Option<Inserts>, out: &mut Output) -> Result<&'a [u16], TextError> {
    let Some((&first, tail)) = text.split_first() else {
        out.push(PERCENT);
        return Ok(text);
    };
    match u8::try_from(first).unwrap_or(0) {
        b'0' => return Ok(&[]),
        b'1'..=b'9' => return insert(cx, text, inserts, out),
        b'n' => out.line_end(),
        b'r' => out.text.push(CR),
        b't' => out.push(u16::from(b'\t')),
        _ => out.push(first),
    }
    Ok(tail)
}

/// `%n` or `%n!format!`.
fn insert<'a>(cx: &Cx, text: &'a [u16], inserts: Option<Inserts>, out: &mut Output) -> Result<&'a [u16], TextError> {
    let is_digit = |unit: &u16| (u16::from(b'0')..=u16::from(b'9')).contains(unit);
    let digits = text.iter().take(2).take_while(|&unit| is_digit(unit)).count();
    let number = text[..digits].iter().fold(0, |number, digit| number * 10 + u64::from(digit - u16::from(b'0')));
    let mut rest = &text[digits..];
    let mut spec: &[u16] = &[b's' as u16];
    if let [BANG, tail @ ..] = rest {
        let end = tail.iter().position(|&unit| unit == BANG).ok_or(TextError::Malformed)?;
        (spec, rest) = (&tail[..end], &tail[end + 1..]);
    }
    let Some(inserts) = inserts else {
        // Left as it stands in the message.
        let length = text.len() - rest.len();
        out.push(PERCENT);
        text[..length].iter().for_each(|&unit| out.push(unit));
        return Ok(rest);
    };
    if inserts.slots.is_null() {
        return Err(TextError::NoInserts);
    }
    let mut slots = Slots { cx, next: inserts.slots.byte_offset((number - 1) * 8) };
    // `%s` is text of the function's own kind: that is what "wide functions have wide text" decides in text of UTF-16.
    let dialect = Dialect { legacy_wide: inserts.wide, count_output: false, ..Dialect::MSVCRT };
    let whole: Vec<u16> = std::iter::once(PERCENT).chain(spec.iter().copied()).collect();
    let mut made: Vec<u16> = Vec::new();
    format::format(dialect, &whole, &mut slots, &mut made).map_err(|error| match error {
        FormatError::Args(fault) => TextError::Fault(fault),
        FormatError::TooLong => TextError::TooLong,
        FormatError::Sink(_) | FormatError::Unencodable | FormatError::Invalid => TextError::Malformed,
    })?;
    made.iter().for_each(|&unit| out.push(unit));
    Ok(rest)
}

/// The message as it grows.
struct Output {
    text: Vec<u16>,
    /// Where the current line begins.
    line: usize,
    width: u32,
}

impl Output {
    fn line_end(&mut self) {
        self.text.extend([CR, LF]);
        self.line = self.text.len();
    }

    /// Adds a unit; where it makes a line too long, breaks the line at its last blank.
    fn push(&mut self, unit: u16) {
        self.text.push(unit);
        let wraps = !matches!(self.width, 0 | NO_LINES);
        if !wraps || self.text.len() - self.line <= self.width as usize {
            return;
        }
        if let Some(blank) = self.text[self.line..].iter().rposition(|&unit| unit == SPACE) {
            let blank = self.line + blank;
            self.text.splice(blank..=blank, [CR, LF]);
            self.line = blank + 2;
        }
    }
}

/// Arguments of an insert: its own slot, and those behind it for `*`.
struct Slots<'a, 'b> {
    cx: &'a Cx<'b>,
    next: Ptr<u64>,
}

impl Slots<'_, '_> {
    fn slot(&mut self) -> Result<u64, Fault> {
        let value = self.next.read()?;
        self.next = self.next.byte_offset(8);
        Ok(value)
    }
}

impl Args for Slots<'_, '_> {
    type Error = Fault;

    fn int32(&mut self) -> Result<i32, Fault> {
        Ok(self.slot()? as i32)
    }
    fn int64(&mut self) -> Result<i64, Fault> {
        Ok(self.slot()? as i64)
    }
    fn double(&mut self) -> Result<f64, Fault> {
        Ok(f64::from_bits(self.slot()?))
    }
    fn pointer(&mut self) -> Result<u64, Fault> {
        self.slot()
    }
    fn narrow(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u8>, Fault> {
        let text = PCSTR::new(Ptr::at(address));
        limit.map_or_else(|| text.read(), |limit| text.read_limited(limit))
    }
    fn wide(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u16>, Fault> {
        let text = PCWSTR::new(Ptr::at(address));
        limit.map_or_else(|| text.read(), |limit| text.read_limited(limit))
    }
    fn counted(&mut self, address: u64) -> Result<(usize, u64), Fault> {
        Ok((usize::from(fault::load_u16(address)?), fault::load_u64(address.wrapping_add(8))?))
    }
    fn store(&mut self, address: u64, _value: i64, _bytes: usize) -> Result<(), Fault> {
        // `%n` is not among the formats of an insert; the engine is told so and does not come here.
        Err(Fault { address, access: abi::Access::Write })
    }
    fn narrowed(&mut self, text: &[u16]) -> Option<Vec<u8>> {
        Some(text::to_ansi(self.cx, text))
    }
    fn widened(&mut self, text: &[u8]) -> Option<Vec<u16>> {
        Some(text::to_wide(self.cx, text))
    }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    use super::*;

    fn made(template: &str, width: u32) -> String {
        let template: Vec<u16> = template.encode_utf16().collect();
        testing::run(crate::dlls(), None, |guest| {
            String::from_utf16(&format(guest.cx, &template, None, width, 100).unwrap()).unwrap()
        })
    }

    #[test]
    fn escapes_and_line_ends() {
        assert_eq!(made("a%nb%tc%%d%.%!%b% %r%0e", 0), "a\r\nb\tc%d.!b \r");
        assert_eq!(made("a\nb\rc\r\nd", 0), "a\r\nb\r\nc\r\nd");
        assert_eq!(made("a\nb\r\nc%n", NO_LINES), "a b c\r\n");
        assert_eq!(made("%1 %12!d! %", 0), "%1 %12!d! %");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(made("one two three four", 9), "one two\r\nthree\r\nfour");
        assert_eq!(made("unbreakable", 4), "unbreakable");
    }

    #[test]
    fn what_is_wrong_is_said() {
        testing::run(crate::dlls(), None, |guest| {
            let text = |template: &str| template.encode_utf16().collect::<Vec<u16>>();
            let none = Some(Inserts::at(Ptr::NULL, true));
            assert_eq!(format(guest.cx, &text("%1"), none, 0, 100), Err(TextError::NoInserts));
            assert_eq!(format(guest.cx, &text("%1!d"), none, 0, 100), Err(TextError::Malformed));
            assert_eq!(format(guest.cx, &text("abc"), none, 0, 2), Err(TextError::TooLong));
            let bad = Some(Inserts::at(Ptr::at(16), true));
            assert!(matches!(format(guest.cx, &text("%1"), bad, 0, 100), Err(TextError::Fault(_))));
        });
    }
}
