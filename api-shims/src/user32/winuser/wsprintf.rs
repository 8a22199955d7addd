//! `wsprintf`: a small `printf` with rules of its own
//! (<https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-wsprintfw>).

use abi::{Fault, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, Raises, VaList, shim};
use syscall_xlate::Cx;

use crate::text::{self, TextOut};

/// Longest output in units, closing zero included.
const LONGEST: usize = 1024;

/// Formats into a buffer of 1,024 bytes.
#[shim(full, variadic)]
pub(in crate::user32) fn wsprintfA(cx: &Cx, param0: PSTR, param1: PCSTR, arguments: VaList) -> Raises<i32> {
    print(cx, param0, &param1.read()?, arguments)
}

/// Formats into a buffer of 1,024 characters.
#[shim(full, variadic)]
pub(in crate::user32) fn wsprintfW(cx: &Cx, param0: PWSTR, param1: PCWSTR, arguments: VaList) -> Raises<i32> {
    print(cx, param0, &param1.read()?, arguments)
}

/// Formats into a buffer of 1,024 bytes.
#[shim(full)]
pub(in crate::user32) fn wvsprintfA(cx: &Cx, param0: PSTR, param1: PCSTR, arglist: VaList) -> Raises<i32> {
    print(cx, param0, &param1.read()?, arglist)
}

/// Formats into a buffer of 1,024 characters.
#[shim(full)]
pub(in crate::user32) fn wvsprintfW(cx: &Cx, param0: PWSTR, param1: PCWSTR, arglist: VaList) -> Raises<i32> {
    print(cx, param0, &param1.read()?, arglist)
}

fn print<T: TextOut>(cx: &Cx, buffer: T, format: &[T::Unit], arguments: VaList) -> Raises<i32>
where
    T::Unit: Unit,
{
    let text = formatted(cx, format, arguments)?;
    buffer.put(&text)?;
    Ok(text.len() as i32)
}

/// A unit of text that is formatted.
trait Unit: Copy + Eq + From<u8> + Into<u16> {
    const WIDE: bool;
    fn from_narrow(cx: &Cx, text: Vec<u8>) -> Vec<Self>;
    fn from_wide(cx: &Cx, text: Vec<u16>) -> Vec<Self>;
}

impl Unit for u8 {
    const WIDE: bool = false;
    fn from_narrow(_cx: &Cx, text: Vec<u8>) -> Vec<Self> {
        text
    }
    fn from_wide(cx: &Cx, text: Vec<u16>) -> Vec<Self> {
        text::to_ansi(cx, &text)
    }
}

impl Unit for u16 {
    const WIDE: bool = true;
    fn from_narrow(cx: &Cx, text: Vec<u8>) -> Vec<Self> {
        text::to_wide(cx, &text)
    }
    fn from_wide(_cx: &Cx, text: Vec<u16>) -> Vec<Self> {
        text
    }
}

/// A specification: `%[-][#][0][width][.precision][size]type`.
#[derive(Default)]
struct Spec {
    left: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Size {
    #[default]
    Default,
    /// `h`
    Short,
    /// `l` or `w`
    Long,
    /// `I64`, or `I`, which is as wide as an address.
    Wide,
}

fn formatted<U: Unit>(cx: &Cx, format: &[U], mut arguments: VaList) -> Result<Vec<U>, Fault> {
    let mut out = Vec::new();
    let mut rest = Reader(format);
    while let Some(unit) = rest.next() {
        if out.len() >= LONGEST {
            break;
        }
        if unit != U::from(b'%') {
            out.push(unit);
            continue;
        }
        let spec = rest.spec();
        let Some(kind) = rest.next() else { break };
        match u8::try_from(kind.into()).unwrap_or(0) {
            b'd' | b'i' => {
                let value = signed(&mut arguments, spec.size)?;
                integer(&mut out, &spec, if value < 0 { "-" } else { "" }, &value.unsigned_abs().to_string());
            }
            b'u' => integer(&mut out, &spec, "", &unsigned(&mut arguments, spec.size)?.to_string()),
            letter @ (b'x' | b'X') => {
                let value = unsigned(&mut arguments, spec.size)?;
                let upper = letter == b'X';
                let digits = if upper { format!("{value:X}") } else { format!("{value:x}") };
                let prefix = if upper { "0X" } else { "0x" };
                integer(&mut out, &spec, if spec.alternate { prefix } else { "" }, &digits);
            }
            b'p' => {
                let value = arguments.next_u64()?;
                integer(&mut out, &spec, "", &format!("{value:016X}"));
            }
            letter @ (b'c' | b'C') => {
                let value = arguments.next_u32()?;
                let text = match is_wide::<U>(&spec, letter == b'C') {
                    true => U::from_wide(cx, vec![value as u16]),
                    false => U::from_narrow(cx, vec![value as u8]),
                };
                field(&mut out, &spec, &text);
            }
            letter @ (b's' | b'S') => {
                let address = arguments.next_u64()?;
                let text = string(cx, &spec, address, is_wide::<U>(&spec, letter == b'S'))?;
                field(&mut out, &spec, &text);
            }
            // What is no type stands for itself.
            _ => out.push(kind),
        }
    }
    out.truncate(LONGEST - 1);
    Ok(out)
}

/// A text argument. No more of it is read than can be shown.
fn string<U: Unit>(cx: &Cx, spec: &Spec, address: u64, wide: bool) -> Result<Vec<U>, Fault> {
    let limit = spec.precision.unwrap_or(LONGEST).min(LONGEST);
    let mut text = match wide {
        _ if address == 0 => b"(null)".iter().map(|&byte| U::from(byte)).collect(),
        true => U::from_wide(cx, PCWSTR::new(Ptr::at(address)).read_limited(limit)?),
        false => U::from_narrow(cx, PCSTR::new(Ptr::at(address)).read_limited(limit)?),
    };
    text.truncate(limit);
    Ok(text)
}

fn is_wide<U: Unit>(spec: &Spec, other_kind: bool) -> bool {
    match spec.size {
        Size::Short => false,
        Size::Long => true,
        Size::Default | Size::Wide => U::WIDE != other_kind,
    }
}

fn signed(arguments: &mut VaList, size: Size) -> Result<i64, Fault> {
    Ok(match size {
        Size::Short => i64::from(arguments.next_u32()? as i16),
        Size::Wide => arguments.next_u64()? as i64,
        Size::Default | Size::Long => i64::from(arguments.next_u32()? as i32),
    })
}

fn unsigned(arguments: &mut VaList, size: Size) -> Result<u64, Fault> {
    Ok(match size {
        Size::Short => u64::from(arguments.next_u32()? as u16),
        Size::Wide => arguments.next_u64()?,
        Size::Default | Size::Long => u64::from(arguments.next_u32()?),
    })
}

/// A number: at least as many digits as the precision says; zeros instead of blanks stand behind sign and prefix.
fn integer<U: Unit>(out: &mut Vec<U>, spec: &Spec, prefix: &str, digits: &str) {
    let least = spec.precision.unwrap_or(0).min(LONGEST);
    let mut body = format!("{prefix}{digits:0>least$}");
    if spec.zero && !spec.left {
        let width = spec.width.saturating_sub(prefix.len()).max(least);
        body = format!("{prefix}{digits:0>width$}");
    }
    let body: Vec<U> = body.bytes().map(U::from).collect();
    field(out, &Spec { zero: false, ..*spec }, &body);
}

fn field<U: Unit>(out: &mut Vec<U>, spec: &Spec, body: &[U]) {
    let padding = spec.width.saturating_sub(body.len());
    let fill = U::from(if spec.zero && !spec.left { b'0' } else { b' ' });
    if !spec.left {
        out.extend(std::iter::repeat_n(fill, padding));
    }
    out.extend_from_slice(body);
    if spec.left {
        out.extend(std::iter::repeat_n(fill, padding));
    }
}

/// What is left of the format.
struct Reader<'a, U>(&'a [U]);

impl<U: Unit> Reader<'_, U> {
    fn next(&mut self) -> Option<U> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let there = self.0.len() >= text.len() && self.0.iter().zip(text).all(|(&unit, &byte)| unit == U::from(byte));
        if there {
            self.0 = &self.0[text.len()..];
        }
        there
    }

    /// A number; it is cut to the longest output.
    fn number(&mut self) -> usize {
        let mut value = 0_usize;
        while let Some(&unit) = self.0.first() {
            let digit = unit.into().wrapping_sub(u16::from(b'0'));
            if digit > 9 {
                break;
            }
            value = (value * 10 + usize::from(digit)).min(LONGEST);
            self.0 = &self.0[1..];
        }
        value
    }

    fn spec(&mut self) -> Spec {
        let mut spec =
            Spec { left: self.eat(b"-"), alternate: self.eat(b"#"), zero: self.eat(b"0"), ..Spec::default() };
        spec.width = self.number();
        if self.eat(b".") {
            spec.precision = Some(self.number());
        }
        spec.size = if self.eat(b"h") {
            Size::Short
        } else if self.eat(b"I64") {
            Size::Wide
        } else if self.eat(b"I32") {
            Size::Default
        } else if self.eat(b"I") {
            Size::Wide
        } else if self.eat(b"l") || self.eat(b"w") {
            Size::Long
        } else {
            Size::Default
        };
        spec
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    fn printed(format: &str, arguments: &[u64]) -> String {
        testing::run(crate::dlls(), None, |guest| {
            let (buffer, list) = (guest.buffer(2048), guest.buffer(64));
            abi::Ptr::at(list).write_slice(arguments).unwrap();
            guest.call("user32!wvsprintfW", &[buffer, guest.wide(format), list]);
            let text = abi::PCWSTR::new(abi::Ptr::at(buffer)).read().unwrap();
            String::from_utf16(&text).unwrap()
        })
    }

    #[test]
    fn numbers_have_width_precision_and_size() {
        let minus = u64::from((-5_i32) as u32);
        assert_eq!(
            printed("[%d] [%5d] [%-5d] [%05d] [%.3d]", &[minus, minus, minus, minus, minus]),
            "[-5] [   -5] [-5   ] [-0005] [-005]"
        );
        assert_eq!(printed("%u %x %#X %08lx %I64x", &[7, 255, 255, 0xbeef, 1 << 40]), "7 ff 0XFF 0000beef 10000000000");
        assert_eq!(printed("%hd %hu %p %f %%", &[0x1_ffff, 0x1_ffff, 0xab]), "-1 65535 00000000000000AB f %");
    }

    #[test]
    fn the_output_ends_after_1023_characters() {
        assert_eq!(printed("%2000d", &[1]).len(), 1023);
        assert_eq!(printed(&"x".repeat(1100), &[]).len(), 1023);
    }

    #[test]
    fn text_is_of_the_function_s_kind_unless_said_otherwise() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let buffer = guest.buffer(1024);
            let (narrow, wide) = (guest.ansi("narrow"), guest.wide("wide"));
            let format = guest.ansi("%s %.2s %ls %S %c (%6s) %s");
            let arguments = [buffer, format, narrow, narrow, wide, wide, u64::from(b'!'), narrow, 0];
            guest.call("user32!wsprintfA", &arguments);
        });
        assert_snapshot!(trace, @r#"user32!wsprintfA(param0="narrow na wide wide ! (narrow) (null)", param1="%s %.2s %ls %S %c (%6s) %s", arguments=...) = 37"#);
    }
}
