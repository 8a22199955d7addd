//! The `scanf` engine: Microsoft's format grammar over narrow or wide input, for both C runtimes.
//!
//! It knows nothing of guests: characters come through [`Source`], addresses and stores go through [`Targets`].
//! <https://learn.microsoft.com/cpp/c-runtime-library/format-specification-fields-scanf-and-wscanf-functions>

mod format;
mod real;

use super::encoding::{Decoded, Encoding};
use super::format::Unit;
use super::number::{self, RealGrammar, is_space};
use format::{Size, Spec, parse_set, parse_spec};
use real::RealPrefix;

/// Where characters come from.
pub trait Source<U> {
    /// Why a character could not be read.
    type Error;
    /// The next character; `None` at the end.
    fn next(&mut self) -> Result<Option<U>, Self::Error>;
    /// Takes back the character that `next` gave last.
    fn unget(&mut self, unit: U);
}

/// Where results go.
pub trait Targets {
    /// Why a result could not be stored.
    type Error;
    /// The next argument, an address.
    fn pointer(&mut self) -> Result<u64, Self::Error>;
    /// The next argument, a buffer's size in characters (the `_s` functions).
    fn size(&mut self) -> Result<u32, Self::Error>;
    /// Stores bytes.
    fn store(&mut self, address: u64, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Bytes of an address in the guest.
    fn pointer_bytes(&self) -> usize {
        8
    }
}

/// What one C runtime, or one caller of it, does differently from another.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The numbers that `%f` takes; C99 has `hh` too.
    pub reals: RealGrammar,
    /// `%s` of a wide function is a wide string.
    pub legacy_wide: bool,
    /// A buffer's size follows each `%s`, `%c` and `%[`.
    pub secure: bool,
    /// The locale's encoding.
    pub encoding: Encoding,
}

/// Why scanning stopped with an error; a mismatch is none.
#[derive(Debug, PartialEq, Eq)]
pub enum ScanError<S, T> {
    /// Input could not be read.
    Source(S),
    /// A result could not be stored.
    Targets(T),
}

/// Ends a conversion without a result.
enum Stop<S, T> {
    /// The input does not match.
    Mismatch,
    /// The input ended before the conversion had anything.
    End,
    Error(ScanError<S, T>),
}

/// Scans `input` by `format`; gives the number of results stored, or -1 where the input ended before the first conversion.
pub fn scan<U: Unit + Into<u32>, S: Source<U>, T: Targets>(
    dialect: Dialect,
    format: &[U],
    input: &mut S,
    targets: &mut T,
) -> Result<i32, ScanError<S::Error, T::Error>> {
    let mut scanner = Scanner { dialect, input, targets, read: 0, unit: std::marker::PhantomData };
    let mut stored = 0;
    let mut converted = false;
    let mut rest = format;
    while let Some((&unit, tail)) = rest.split_first() {
        let result = if is_space(unit.ascii()) {
            rest = tail;
            scanner.skip_space()
        } else if unit.ascii() != b'%' {
            rest = tail;
            scanner.literal(unit)
        } else {
            let (spec, tail) = parse_spec(dialect, tail);
            let Some((&conversion, tail)) = tail.split_first() else { break };
            match conversion.ascii() {
                b'%' => {
                    rest = tail;
                    scanner.skip_space().and_then(|()| scanner.literal(conversion))
                }
                b'[' => {
                    let Some((set, tail)) = parse_set(tail) else { break };
                    rest = tail;
                    scanner.text(&spec, U::WIDE && dialect.legacy_wide, |unit| set.contains(unit.into()), false).map(
                        |()| {
                            converted = true;
                            stored += i32::from(!spec.suppress);
                        },
                    )
                }
                letter => {
                    rest = tail;
                    scanner.conversion(&spec, letter).map(|counts| {
                        converted = true;
                        stored += i32::from(counts && !spec.suppress);
                    })
                }
            }
        };
        match result {
            Ok(()) => {}
            Err(Stop::Mismatch) => return Ok(stored),
            Err(Stop::End) => return Ok(if stored == 0 && !converted { -1 } else { stored }),
            Err(Stop::Error(error)) => return Err(error),
        }
    }
    Ok(stored)
}

struct Scanner<'a, U, S, T> {
    dialect: Dialect,
    input: &'a mut S,
    targets: &'a mut T,
    /// Characters used so far (`%n`).
    read: i64,
    unit: std::marker::PhantomData<U>,
}

type Step<R, U, S, T> = Result<R, Stop<<S as Source<U>>::Error, <T as Targets>::Error>>;

impl<U: Unit + Into<u32>, S: Source<U>, T: Targets> Scanner<'_, U, S, T> {
    fn next(&mut self) -> Step<Option<U>, U, S, T> {
        let next = self.input.next().map_err(|error| Stop::Error(ScanError::Source(error)))?;
        self.read += i64::from(next.is_some());
        Ok(next)
    }

    fn unget(&mut self, unit: U) {
        self.read -= 1;
        self.input.unget(unit);
    }

    fn skip_space(&mut self) -> Step<(), U, S, T> {
        while let Some(unit) = self.next()? {
            if !is_space(unit.ascii()) {
                self.unget(unit);
                break;
            }
        }
        Ok(())
    }

    fn literal(&mut self, expected: U) -> Step<(), U, S, T> {
        match self.next()? {
            None => Err(Stop::End),
            Some(unit) if unit == expected => Ok(()),
            Some(unit) => {
                self.unget(unit);
                Err(Stop::Mismatch)
            }
        }
    }

    fn pointer(&mut self) -> Step<u64, U, S, T> {
        self.targets.pointer().map_err(|error| Stop::Error(ScanError::Targets(error)))
    }

    fn store(&mut self, address: u64, bytes: &[u8]) -> Step<(), U, S, T> {
        self.targets.store(address, bytes).map_err(|error| Stop::Error(ScanError::Targets(error)))
    }

    /// One conversion other than `%[`; whether it counts as a result.
    fn conversion(&mut self, spec: &Spec, letter: u8) -> Step<bool, U, S, T> {
        let wide_function = U::WIDE && self.dialect.legacy_wide;
        match letter {
            b'd' | b'u' => self.integer(spec, 10)?,
            b'i' => self.integer(spec, 0)?,
            b'o' => self.integer(spec, 8)?,
            b'x' | b'X' => self.integer(spec, 16)?,
            b'p' => self.integer(&Spec { size: Size::Pointer, ..*spec }, 16)?,
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => self.real(spec)?,
            b's' | b'S' => {
                self.skip_space()?;
                self.text(spec, wide_function != (letter == b'S'), |unit| !is_space(unit.ascii()), false)?;
            }
            b'c' | b'C' => {
                let width = spec.width.unwrap_or(1);
                let spec = Spec { width: Some(width), ..*spec };
                self.text(&spec, wide_function != (letter == b'C'), |_| true, true)?;
            }
            b'n' => {
                if !spec.suppress {
                    let address = self.pointer()?;
                    let bytes = self.read.to_le_bytes();
                    let length = self.integer_bytes(spec.size);
                    self.store(address, &bytes[..length])?;
                }
                return Ok(false);
            }
            _ => return Err(Stop::Mismatch),
        }
        Ok(true)
    }

    fn integer_bytes(&self, size: Size) -> usize {
        match size {
            Size::Char => 1,
            Size::Short => 2,
            Size::Int64 => 8,
            Size::Pointer => self.targets.pointer_bytes(),
            Size::Default | Size::Long => 4,
        }
    }

    /// Takes characters while `accept` says so, up to the width.
    fn take(&mut self, width: usize, mut accept: impl FnMut(u8, &[u8]) -> bool) -> Step<Vec<u8>, U, S, T> {
        let mut text = Vec::new();
        while text.len() < width {
            let Some(unit) = self.next()? else { break };
            let byte = unit.ascii();
            if byte == 0 || !accept(byte, &text) {
                self.unget(unit);
                break;
            }
            text.push(byte);
        }
        Ok(text)
    }

    /// After leading space: is there any input?
    fn expect_input(&mut self) -> Step<(), U, S, T> {
        self.skip_space()?;
        match self.next()? {
            None => Err(Stop::End),
            Some(unit) => {
                self.unget(unit);
                Ok(())
            }
        }
    }

    fn integer(&mut self, spec: &Spec, radix: u32) -> Step<(), U, S, T> {
        self.expect_input()?;
        let mut actual = radix;
        let text = self.take(spec.width.unwrap_or(usize::MAX), |byte, text| {
            let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
            match byte {
                b'-' | b'+' => text.is_empty(),
                b'x' | b'X' if digits == b"0" && matches!(radix, 0 | 16) => {
                    actual = 16;
                    true
                }
                _ => {
                    if actual == 0 {
                        actual = if byte == b'0' { 8 } else { 10 };
                    }
                    char::from(byte).is_digit(actual)
                }
            }
        })?;
        let negative = text.first() == Some(&b'-');
        let digits: &[u8] = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(&text);
        if digits.is_empty() {
            return Err(Stop::Mismatch);
        }
        let digits = digits.strip_prefix(b"0x").or_else(|| digits.strip_prefix(b"0X")).unwrap_or(digits);
        // Too large a number keeps its low bits, as the runtime's does.
        let mut value: u64 = 0;
        for &digit in digits {
            let digit = char::from(digit).to_digit(actual.max(2)).unwrap_or(0);
            value = value.wrapping_mul(actual.into()).wrapping_add(digit.into());
        }
        if negative {
            value = value.wrapping_neg();
        }
        if spec.suppress {
            return Ok(());
        }
        let address = self.pointer()?;
        let length = self.integer_bytes(spec.size);
        self.store(address, &value.to_le_bytes()[..length])
    }

    fn real(&mut self, spec: &Spec) -> Step<(), U, S, T> {
        self.expect_input()?;
        let grammar = self.dialect.reals;
        let mut prefix = RealPrefix::default();
        let text = self.take(spec.width.unwrap_or(usize::MAX), |byte, _| prefix.accepts(byte, grammar))?;
        let found = number::double(text.as_slice(), grammar);
        if found.end == 0 {
            return Err(Stop::Mismatch);
        }
        if spec.suppress {
            return Ok(());
        }
        let address = self.pointer()?;
        if matches!(spec.size, Size::Long | Size::Int64) {
            self.store(address, &found.value.to_le_bytes())
        } else {
            self.store(address, &number::float(text.as_slice(), grammar).value.to_le_bytes())
        }
    }

    /// Text of characters that `accept` takes: at least one. `exact`: all of the width, and no closing zero (`%c`).
    fn text(&mut self, spec: &Spec, default_wide: bool, accept: impl Fn(U) -> bool, exact: bool) -> Step<(), U, S, T> {
        let wide = match spec.size {
            Size::Long => true,
            Size::Short | Size::Char => false,
            _ => default_wide,
        };
        let mut target = None;
        if !spec.suppress {
            let address = self.pointer()?;
            let size = if self.dialect.secure {
                Some(self.targets.size().map_err(|error| Stop::Error(ScanError::Targets(error)))? as usize)
            } else {
                None
            };
            target = Some((address, size));
        }
        let width = spec.width.unwrap_or(usize::MAX);
        let mut text: Vec<U> = Vec::new();
        let mut at_end = false;
        while text.len() < width {
            let Some(unit) = self.next()? else {
                at_end = true;
                break;
            };
            if !accept(unit) {
                self.unget(unit);
                break;
            }
            text.push(unit);
        }
        if text.is_empty() || (exact && text.len() < width) {
            return Err(if at_end { Stop::End } else { Stop::Mismatch });
        }
        let Some((address, size)) = target else { return Ok(()) };
        let Some(mut bytes) = self.encoded(&text, wide) else { return Err(Stop::Mismatch) };
        let unit = if wide { 2 } else { 1 };
        if !exact {
            bytes.extend(std::iter::repeat_n(0, unit));
        }
        if size.is_some_and(|size| bytes.len() / unit > size) {
            if size != Some(0) {
                self.store(address, &[0, 0][..unit])?;
            }
            return Err(Stop::Mismatch);
        }
        self.store(address, &bytes)
    }

    fn encoded(&self, text: &[U], wide: bool) -> Option<Vec<u8>> {
        let encoding = self.dialect.encoding;
        let units = text.iter().map(|&unit| unit.into());
        match (U::WIDE, wide) {
            (false, false) => Some(units.map(|unit: u32| unit as u8).collect()),
            (true, true) => Some(units.flat_map(|unit: u32| (unit as u16).to_le_bytes()).collect()),
            (true, false) => encoding.narrow(&units.map(|unit: u32| unit as u16).collect::<Vec<_>>()),
            (false, true) => {
                let bytes: Vec<u8> = units.map(|unit: u32| unit as u8).collect();
                let mut wide = Vec::new();
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let Decoded::Character { units, used } = encoding.decode(rest) else { return None };
                    wide.extend(units.into_iter().flat_map(u16::to_le_bytes));
                    rest = &rest[used..];
                }
                Some(wide)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text<U>(Vec<U>, usize);

    impl<U: Copy> Source<U> for Text<U> {
        type Error = std::convert::Infallible;
        fn next(&mut self) -> Result<Option<U>, Self::Error> {
            let next = self.0.get(self.1).copied();
            self.1 += usize::from(next.is_some());
            Ok(next)
        }
        fn unget(&mut self, _: U) {
            self.1 -= 1;
        }
    }

    /// Stores of each target in turn.
    #[derive(Default)]
    struct Stores {
        values: Vec<Vec<u8>>,
        size: u32,
    }

    impl Targets for Stores {
        type Error = std::convert::Infallible;
        fn pointer(&mut self) -> Result<u64, Self::Error> {
            self.values.push(Vec::new());
            Ok(self.values.len() as u64 - 1)
        }
        fn size(&mut self) -> Result<u32, Self::Error> {
            Ok(self.size)
        }
        fn store(&mut self, address: u64, bytes: &[u8]) -> Result<(), Self::Error> {
            self.values[address as usize] = bytes.to_vec();
            Ok(())
        }
    }

    const OLD: Dialect =
        Dialect { reals: RealGrammar::Legacy, legacy_wide: true, secure: false, encoding: Encoding::C };
    const NEW: Dialect = Dialect { reals: RealGrammar::C99, ..OLD };

    fn run(dialect: Dialect, input: &str, format: &str) -> (i32, Vec<Vec<u8>>) {
        let mut stores = Stores { size: 4, ..Stores::default() };
        let mut source = Text(input.as_bytes().to_vec(), 0);
        let count = scan(dialect, format.as_bytes(), &mut source, &mut stores).expect("scans");
        (count, stores.values)
    }

    fn int(value: i32) -> Vec<u8> {
        value.to_le_bytes().to_vec()
    }

    #[test]
    fn integers_of_every_radix_and_size() {
        assert_eq!(run(OLD, " 12 -7,0x1f", "%d%d,%i"), (3, vec![int(12), int(-7), int(31)]));
        assert_eq!(run(OLD, "1234", "%2d%2d"), (2, vec![int(12), int(34)]));
        assert_eq!(run(OLD, "ff 77 0", "%x %o %i"), (3, vec![int(255), int(63), int(0)]));
        assert_eq!(run(OLD, "70000 -1", "%hd%I64d"), (2, vec![vec![0x70, 0x11], vec![0xff; 8]]));
        assert_eq!(run(NEW, "300", "%hhd"), (1, vec![vec![44]]));
        assert_eq!(run(OLD, "00000000deadBEEF", "%p"), (1, vec![0xdead_beefu64.to_le_bytes().to_vec()]));
    }

    #[test]
    fn mismatch_and_end_are_told_apart() {
        assert_eq!(run(OLD, "", "%d").0, -1);
        assert_eq!(run(OLD, "  ", "%d").0, -1);
        assert_eq!(run(OLD, "x", "%d").0, 0);
        assert_eq!(run(OLD, "5", "%d %d").0, 1);
        assert_eq!(run(OLD, "5 x", "%d %d").0, 1);
        assert_eq!(run(OLD, "", "abc").0, -1);
        assert_eq!(run(OLD, "5", "%*d %d").0, 0);
    }

    #[test]
    fn text_sets_and_characters() {
        assert_eq!(run(OLD, " abc def", "%s %s"), (2, vec![b"abc\0".to_vec(), b"def\0".to_vec()]));
        assert_eq!(run(OLD, "abc", "%2c%c"), (2, vec![b"ab".to_vec(), b"c".to_vec()]));
        assert_eq!(run(OLD, "a-b]c", "%[]a-c-]"), (1, vec![b"a-b]c\0".to_vec()]));
        assert_eq!(run(OLD, "key=value", "%[^=]=%s"), (2, vec![b"key\0".to_vec(), b"value\0".to_vec()]));
        assert_eq!(run(OLD, "ab", "%S"), (1, vec![b"a\0b\0\0\0".to_vec()]));
        assert_eq!(run(OLD, "abc", "%*s%n"), (0, vec![int(3)]));
        assert_eq!(run(OLD, "100%", "%d%%"), (1, vec![int(100)]));
    }

    #[test]
    fn reals_take_their_runtime_s_grammar() {
        assert_eq!(
            run(OLD, "1.5 -2e3", "%f%lf"),
            (2, vec![1.5f32.to_le_bytes().to_vec(), (-2000f64).to_le_bytes().to_vec()])
        );
        assert_eq!(run(OLD, "inf", "%lf").0, 0);
        assert_eq!(
            run(NEW, "inf 0x1p3", "%lf%lf"),
            (2, vec![f64::INFINITY.to_le_bytes().to_vec(), 8f64.to_le_bytes().to_vec()])
        );
        assert_eq!(run(OLD, ".", "%lf").0, 0);
        assert_eq!(
            run(OLD, "1.2.3", "%lf%lf"),
            (2, vec![1.2f64.to_le_bytes().to_vec(), 0.3f64.to_le_bytes().to_vec()])
        );
    }

    #[test]
    fn a_secure_buffer_that_is_too_small_ends_the_scan() {
        let secure = Dialect { secure: true, ..NEW };
        assert_eq!(run(secure, "abc d", "%s%s"), (2, vec![b"abc\0".to_vec(), b"d\0".to_vec()]));
        assert_eq!(run(secure, "abcd", "%s"), (0, vec![vec![0]]));
    }

    #[test]
    fn wide_input_is_scanned_alike() {
        let wide = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        let mut stores = Stores::default();
        let count = scan(OLD, &wide("%s %d %hs"), &mut Text(wide("\u{100} 7 n"), 0), &mut stores);
        assert_eq!(count, Ok(3));
        assert_eq!(stores.values, [vec![0, 1, 0, 0], int(7), b"n\0".to_vec()]);
    }
}
