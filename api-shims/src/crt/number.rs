//! Text to numbers and back: the rules behind `strtol`, `strtod`, `atoi`, `_itoa` and their wide and 64-bit kin.

use super::format::Unit;

/// A number read from the start of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parsed<T> {
    /// The value, at its limit when out of range.
    pub value: T,
    /// How many units were used; 0 when there is no number.
    pub end: usize,
    /// The number does not fit (`ERANGE`).
    pub out_of_range: bool,
}

fn at<U: Unit>(text: &[U], index: usize) -> u8 {
    text.get(index).map_or(0, |unit| unit.ascii())
}

/// White space of the "C" locale.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

fn skip_space<U: Unit>(text: &[U]) -> usize {
    text.iter().take_while(|unit| is_space(unit.ascii())).count()
}

/// Whether `radix` is one that `strtol` takes: 0, or 2 to 36.
pub fn is_radix(radix: i32) -> bool {
    radix == 0 || (2..=36).contains(&radix)
}

struct Magnitude {
    value: u64,
    negative: bool,
    end: usize,
    overflow: bool,
}

fn magnitude<U: Unit>(text: &[U], radix: u32) -> Magnitude {
    let mut index = skip_space(text);
    let negative = at(text, index) == b'-';
    if matches!(at(text, index), b'-' | b'+') {
        index += 1;
    }
    let mut radix = radix;
    let hexadecimal = at(text, index) == b'0' && matches!(at(text, index + 1), b'x' | b'X');
    if hexadecimal && matches!(radix, 0 | 16) {
        index += 2;
        radix = 16;
    } else if radix == 0 {
        radix = if at(text, index) == b'0' { 8 } else { 10 };
    }
    let first = index;
    let mut value: u64 = 0;
    let mut overflow = false;
    while let Some(digit) = char::from(at(text, index)).to_digit(radix) {
        match value.checked_mul(radix.into()).and_then(|value| value.checked_add(digit.into())) {
            Some(larger) => value = larger,
            None => overflow = true,
        }
        index += 1;
    }
    Magnitude { value, negative, end: if index == first { 0 } else { index }, overflow }
}

/// A signed integer within `min..=max` (`strtol`, `_strtoi64`). `radix` 0 means by prefix.
pub fn signed<U: Unit>(text: &[U], radix: u32, min: i64, max: i64) -> Parsed<i64> {
    let found = magnitude(text, radix);
    let exact = i128::from(found.value) * if found.negative { -1 } else { 1 };
    let (value, out_of_range) = if found.overflow || exact < min.into() || exact > max.into() {
        (if found.negative { min } else { max }, true)
    } else {
        (exact as i64, false)
    };
    Parsed { value, end: found.end, out_of_range }
}

/// An unsigned integer up to `max` (`strtoul`, `_strtoui64`); a minus sign negates modulo `max + 1`.
pub fn unsigned<U: Unit>(text: &[U], radix: u32, max: u64) -> Parsed<u64> {
    let found = magnitude(text, radix);
    if found.overflow || found.value > max {
        return Parsed { value: max, end: found.end, out_of_range: true };
    }
    let value = if found.negative { found.value.wrapping_neg() & max } else { found.value };
    Parsed { value, end: found.end, out_of_range: false }
}

/// A decimal integer modulo 2^64, as `atoi` of the older runtime takes it.
pub fn wrapping<U: Unit>(text: &[U]) -> i64 {
    let mut index = skip_space(text);
    let negative = at(text, index) == b'-';
    if matches!(at(text, index), b'-' | b'+') {
        index += 1;
    }
    let mut value: i64 = 0;
    while at(text, index).is_ascii_digit() {
        value = value.wrapping_mul(10).wrapping_add((at(text, index) - b'0').into());
        index += 1;
    }
    if negative { value.wrapping_neg() } else { value }
}

/// The floating-point grammar of a runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RealGrammar {
    /// msvcrt.dll: decimal only, the exponent letter is `e` or `d`.
    Legacy,
    /// ucrtbase.dll: C99, with hexadecimal numbers, infinities and NaNs.
    C99,
}

/// A double (`strtod`), correctly rounded.
pub fn double<U: Unit>(text: &[U], grammar: RealGrammar) -> Parsed<f64> {
    real(text, grammar, |digits| digits.parse::<f64>().unwrap_or(0.0), 53, -1074)
}

/// A float (`strtof`), correctly rounded from the text and not by way of a double.
pub fn float<U: Unit>(text: &[U], grammar: RealGrammar) -> Parsed<f32> {
    let found = real(text, grammar, |digits| digits.parse::<f32>().map_or(0.0, f64::from), 24, -149);
    let value = found.value as f32;
    Parsed {
        value,
        end: found.end,
        out_of_range: found.out_of_range || (value.is_infinite() && found.value.is_finite()),
    }
}

fn real<U: Unit>(
    text: &[U],
    grammar: RealGrammar,
    convert: impl Fn(&str) -> f64,
    mantissa_bits: u32,
    min_exponent: i32,
) -> Parsed<f64> {
    let mut index = skip_space(text);
    let negative = at(text, index) == b'-';
    if matches!(at(text, index), b'-' | b'+') {
        index += 1;
    }
    let sign = if negative { -1.0 } else { 1.0 };
    if grammar == RealGrammar::C99 {
        if let Some((value, length)) = special(&text[index.min(text.len())..]) {
            return Parsed { value: value.copysign(sign), end: index + length, out_of_range: false };
        }
        if at(text, index) == b'0'
            && matches!(at(text, index + 1), b'x' | b'X')
            && let Some(found) = hexadecimal(text, index + 2, mantissa_bits, min_exponent)
        {
            return Parsed { value: found.value * sign, ..found };
        }
    }
    let mut digits = String::new();
    let mut has_digits = false;
    let mut nonzero = false;
    let mut point = false;
    loop {
        match at(text, index) {
            digit @ b'0'..=b'9' => {
                has_digits = true;
                nonzero |= digit != b'0';
                digits.push(char::from(digit));
            }
            b'.' if !point => {
                point = true;
                digits.push('.');
            }
            _ => break,
        }
        index += 1;
    }
    if !has_digits {
        return Parsed { value: 0.0, end: 0, out_of_range: false };
    }
    let letter = at(text, index).to_ascii_lowercase();
    if letter == b'e' || (letter == b'd' && grammar == RealGrammar::Legacy) {
        let mut end = index + 1;
        let mut exponent = String::from("e");
        if matches!(at(text, end), b'-' | b'+') {
            exponent.push(char::from(at(text, end)));
            end += 1;
        }
        if at(text, end).is_ascii_digit() {
            while at(text, end).is_ascii_digit() {
                exponent.push(char::from(at(text, end)));
                end += 1;
            }
            digits.push_str(&exponent);
            index = end;
        }
    }
    let value = convert(&digits);
    Parsed { value: value * sign, end: index, out_of_range: value.is_infinite() || (value == 0.0 && nonzero) }
}

/// `inf`, `infinity`, `nan` and `nan(characters)`, in any case.
fn special<U: Unit>(text: &[U]) -> Option<(f64, usize)> {
    let starts =
        |word: &[u8]| word.iter().enumerate().all(|(index, &byte)| at(text, index).to_ascii_lowercase() == byte);
    if starts(b"infinity") {
        return Some((f64::INFINITY, 8));
    }
    if starts(b"inf") {
        return Some((f64::INFINITY, 3));
    }
    if !starts(b"nan") {
        return None;
    }
    if at(text, 3) == b'(' {
        let inside =
            text[4..].iter().take_while(|unit| unit.ascii().is_ascii_alphanumeric() || unit.ascii() == b'_').count();
        if at(text, 4 + inside) == b')' {
            return Some((f64::NAN, 5 + inside));
        }
    }
    Some((f64::NAN, 3))
}

/// A hexadecimal number from behind its `0x`; `None` without a digit.
fn hexadecimal<U: Unit>(text: &[U], start: usize, mantissa_bits: u32, min_exponent: i32) -> Option<Parsed<f64>> {
    let mut index = start;
    let mut mantissa: u64 = 0;
    let mut sticky = false;
    let mut exponent: i64 = 0;
    let mut point = false;
    let mut has_digits = false;
    loop {
        let byte = at(text, index);
        if byte == b'.' && !point {
            point = true;
        } else if let Some(digit) = char::from(byte).to_digit(16) {
            has_digits = true;
            if mantissa >> 59 == 0 {
                mantissa = (mantissa << 4) | u64::from(digit);
                exponent -= if point { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if point { 0 } else { 4 };
            }
        } else {
            break;
        }
        index += 1;
    }
    if !has_digits {
        return None;
    }
    if matches!(at(text, index), b'p' | b'P') {
        let mut end = index + 1;
        let negative = at(text, end) == b'-';
        if matches!(at(text, end), b'-' | b'+') {
            end += 1;
        }
        if at(text, end).is_ascii_digit() {
            let mut power: i64 = 0;
            while at(text, end).is_ascii_digit() {
                power = power.saturating_mul(10).saturating_add(i64::from(at(text, end) - b'0')).min(1 << 40);
                end += 1;
            }
            exponent = exponent.saturating_add(if negative { -power } else { power });
            index = end;
        }
    }
    let (value, inexact_range) = scaled(mantissa, sticky, exponent, mantissa_bits, min_exponent);
    Some(Parsed { value, end: index, out_of_range: inexact_range })
}

/// `mantissa * 2^exponent` rounded to nearest even at `mantissa_bits` bits; whether it left the type's range.
fn scaled(mantissa: u64, sticky: bool, exponent: i64, mantissa_bits: u32, min_exponent: i32) -> (f64, bool) {
    if mantissa == 0 {
        return (0.0, false);
    }
    let width = 64 - mantissa.leading_zeros();
    let lowest = (exponent + i64::from(width) - i64::from(mantissa_bits)).max(min_exponent.into());
    let shift = lowest - exponent;
    let rounded = if shift <= 0 {
        mantissa
    } else if shift > 63 {
        0
    } else {
        let wide = u128::from(mantissa) << 64;
        let kept = (wide >> (64 + shift)) as u64;
        let rest = (wide >> shift) as u64;
        let half = 1u64 << 63;
        let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
        kept + u64::from(up)
    };
    let exponent = if shift <= 0 { exponent } else { lowest };
    if exponent > 1100 {
        return (f64::INFINITY, true);
    }
    // Two exact steps, for one power alone may leave the range that the product is in.
    let exponent = exponent as i32;
    let half = exponent / 2;
    let value = rounded as f64 * 2f64.powi(half) * 2f64.powi(exponent - half);
    (value, value.is_infinite() || value == 0.0)
}

/// The digits of `value` in `radix` (2 to 36), lower case, with a minus sign where `negative` says so.
pub fn digits(value: u64, negative: bool, radix: u32) -> Vec<u8> {
    let radix = u64::from(radix.clamp(2, 36));
    let mut text = Vec::with_capacity(20);
    let mut left = value;
    loop {
        let digit = (left % radix) as u8;
        text.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        left /= radix;
        if left == 0 {
            break;
        }
    }
    if negative {
        text.push(b'-');
    }
    text.reverse();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(text: &str, radix: u32) -> (i64, usize, bool) {
        let found = signed(text.as_bytes(), radix, i32::MIN.into(), i32::MAX.into());
        (found.value, found.end, found.out_of_range)
    }

    #[test]
    fn integers_end_where_their_digits_end() {
        assert_eq!(long(" 12x", 10), (12, 3, false));
        assert_eq!(long("0x1F", 0), (31, 4, false));
        assert_eq!(long("0x1F", 16), (31, 4, false));
        assert_eq!(long("0x1F", 10), (0, 1, false));
        assert_eq!(long("010", 0), (8, 3, false));
        assert_eq!(long("zz", 36), (1295, 2, false));
        assert_eq!(long("", 10), (0, 0, false));
        assert_eq!(long("- 1", 10), (0, 0, false));
        // A prefix without digits is no number at all (observed).
        assert_eq!(long("0xg", 0), (0, 0, false));
    }

    #[test]
    fn integers_out_of_range_stay_at_the_limit() {
        assert_eq!(long("99999999999", 10), (i32::MAX.into(), 11, true));
        assert_eq!(long("-99999999999", 10), (i32::MIN.into(), 12, true));
        assert_eq!(long("-99999999999999999999999", 10), (i32::MIN.into(), 24, true));
        let ulong = |text: &str| unsigned(text.as_bytes(), 10, u32::MAX.into());
        assert_eq!(ulong("-1"), Parsed { value: u32::MAX.into(), end: 2, out_of_range: false });
        assert_eq!(ulong("4294967296"), Parsed { value: u32::MAX.into(), end: 10, out_of_range: true });
        assert_eq!(wrapping(b"4294967297x".as_slice()) as i32, 1);
    }

    #[test]
    fn wide_text_is_read_alike() {
        let text: Vec<u16> = "  -42\u{100}".encode_utf16().collect();
        assert_eq!(signed(&text, 10, i64::MIN, i64::MAX), Parsed { value: -42, end: 5, out_of_range: false });
    }

    #[test]
    fn reals_by_grammar() {
        use RealGrammar::{C99, Legacy};
        for (text, grammar, value, end, out_of_range) in [
            (" -1.5e3x", Legacy, -1500.0, 7, false),
            ("1e+", Legacy, 1.0, 1, false),
            ("1d5", Legacy, 1e5, 3, false),
            ("1d5", C99, 1.0, 1, false),
            (".5", Legacy, 0.5, 2, false),
            ("+.e1", Legacy, 0.0, 0, false),
            ("0x1p3", Legacy, 0.0, 1, false),
            ("0x1p3", C99, 8.0, 5, false),
            ("0x1.8", C99, 1.5, 5, false),
            ("0x", C99, 0.0, 1, false),
            ("infi", C99, f64::INFINITY, 3, false),
            ("infi", Legacy, 0.0, 0, false),
            ("1e400", Legacy, f64::INFINITY, 5, true),
            ("-1e400", Legacy, f64::NEG_INFINITY, 6, true),
            ("1e-400", Legacy, 0.0, 6, true),
            ("0e-400", Legacy, 0.0, 6, false),
            ("4e-324", Legacy, 5e-324, 6, false),
            ("1e99999999999", Legacy, f64::INFINITY, 13, true),
            ("0x1p-1074", C99, 5e-324, 9, false),
            ("0x1p-1075", C99, 0.0, 9, true),
            ("0x1.8p-1074", C99, 1e-323, 11, false),
            ("0x1.fffffffffffff8p0", C99, 2.0, 20, false),
            ("0x1.00000000000008p0", C99, 1.0, 20, false),
            ("0x1.000000000000080000001p0", C99, 1.0000000000000002, 27, false),
            ("0x1p1024", C99, f64::INFINITY, 8, true),
            ("0x1p1023", C99, 8.98846567431158e307, 8, false),
        ] {
            assert_eq!(double(text.as_bytes(), grammar), Parsed { value, end, out_of_range }, "{text}");
        }
        assert!(double(b"nan(ab)".as_slice(), C99).value.is_nan());
        assert_eq!(double(b"nan(ab)".as_slice(), C99).end, 7);
        assert_eq!(double(b"nan(a".as_slice(), C99).end, 3);
        assert_eq!(float(b"1e39".as_slice(), C99).value, f32::INFINITY);
        assert!(float(b"1e39".as_slice(), C99).out_of_range);
    }

    #[test]
    fn digits_in_every_radix() {
        assert_eq!(digits(5, true, 10), b"-5");
        assert_eq!(digits(0xffff_fffb, false, 16), b"fffffffb");
        assert_eq!(digits(35, false, 36), b"z");
        assert_eq!(digits(0, false, 2), b"0");
    }
}
