//! Floating-point conversions of `printf`: `%e %f %g %a` to text without sign, width or padding.
//!
//! Digits are exact for every precision; the dialects differ in ties, exponent width and infinities.

use std::fmt::Write as _;

/// The digits of `|value|` rounded to `count` significant ones, and the position of the decimal point relative to the first
/// (`_ecvt`). `inf` and NaN give the old runtime's digit texts.
pub fn significant_digits(value: f64, count: usize) -> (Vec<u8>, i32) {
    let count = count.min(MAX_PRECISION);
    let special = (!value.is_finite()).then(|| special_digits(value.abs(), value.is_sign_negative()));
    if count == 0 {
        return (Vec::new(), 0);
    }
    let decimal = decimal_significant(value.abs(), count, Ties::Away, special);
    let point = if value == 0.0 { 0 } else { decimal.exponent + 1 };
    (decimal.digits, point)
}

/// The digits of `|value|` rounded to `count` digits after the point, without leading zeros, and the position of the decimal
/// point relative to the first (`_fcvt`).
pub fn fixed_digits(value: f64, count: usize) -> (Vec<u8>, i32) {
    let count = count.min(MAX_PRECISION);
    let special = (!value.is_finite()).then(|| special_digits(value.abs(), value.is_sign_negative()));
    let decimal = decimal_fixed(value.abs(), count, Ties::Away, special);
    let zeros = decimal.digits.iter().take_while(|&&digit| digit == b'0').count();
    if zeros == decimal.digits.len() {
        let point = if value == 0.0 { 0 } else { -(count as i32) };
        return (vec![b'0'; if value == 0.0 { count } else { 0 }], point);
    }
    (decimal.digits[zeros..].to_vec(), decimal.exponent + 1 - zeros as i32)
}

/// What a tie (a value exactly half way between two results) rounds to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ties {
    /// Away from zero: the C runtime before Windows 10 2004, and every program that asks for it.
    Away,
    /// To the even digit, as IEEE 754 has it.
    Even,
}

/// The spelling choices of one floating-point conversion.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How ties round.
    pub ties: Ties,
    /// At least three exponent digits instead of two.
    pub three_digit_exponent: bool,
    /// `1.#INF` and its kin instead of `inf` and `nan`.
    pub legacy_infinity: bool,
    /// `#` was given: keep the point, keep trailing zeros of `%g`.
    pub alternate: bool,
    /// Upper-case letters.
    pub upper: bool,
}

/// Decimal digits `d1 d2 d3 ..` standing for `d1.d2d3.. * 10^exponent`.
struct Decimal {
    digits: Vec<u8>,
    exponent: i32,
}

/// No finite double has more than this many significant or fractional decimal digits.
const MAX_DIGITS: usize = 1100;

/// The largest number of digits after the point that is ever produced.
pub const MAX_PRECISION: usize = 1 << 20;

/// Whether `conversion` (`f`, `e`, `g` or `a` in either case) of `value` has digits that may be padded with zeros on the
/// left; `inf` and `nan` may not.
pub fn is_padded_with_zeros(value: f64, style: Style) -> bool {
    value.is_finite() || style.legacy_infinity
}

/// The text of `value` without its sign; `conversion` is one of `b'e' b'f' b'g' b'a'`.
pub fn text(value: f64, conversion: u8, precision: Option<usize>, style: Style) -> String {
    let value_is_negative = value.is_sign_negative();
    let value = value.abs();
    if !value.is_finite() && !style.legacy_infinity {
        let name = if value.is_infinite() {
            "inf"
        } else if value_is_negative && is_indefinite(value) {
            "nan(ind)"
        } else if is_signaling(value) {
            "nan(snan)"
        } else {
            "nan"
        };
        return if style.upper { name.to_uppercase() } else { name.to_owned() };
    }
    let precision = precision.map(|precision| precision.min(MAX_PRECISION));
    let special = (!value.is_finite()).then(|| special_digits(value, value_is_negative));
    match conversion {
        b'f' => {
            fixed(&decimal_fixed(value, precision.unwrap_or(6), style.ties, special), precision.unwrap_or(6), style)
        }
        b'e' => {
            let precision = precision.unwrap_or(6);
            scientific(&decimal_significant(value, precision + 1, style.ties, special), precision, style)
        }
        b'g' => general(value, precision.unwrap_or(6).max(1), style, special),
        _ => hexadecimal(value, precision, style, special),
    }
}

/// The quiet NaN that invalid operations make on x86 has an empty payload.
fn is_indefinite(value: f64) -> bool {
    value.to_bits() & 0x000f_ffff_ffff_ffff == 0x0008_0000_0000_0000
}

fn is_signaling(value: f64) -> bool {
    value.is_nan() && value.to_bits() & 0x0008_0000_0000_0000 == 0
}

/// The old runtime runs `1#INF` through the same digit machinery as a number, rounding included, so that `%.1f` of infinity is
/// `1.$` (observed).
fn special_digits(value: f64, negative: bool) -> &'static [u8] {
    if value.is_infinite() {
        b"1#INF"
    } else if is_signaling(value) {
        b"1#SNAN"
    } else if negative && is_indefinite(value) {
        b"1#IND"
    } else {
        b"1#QNAN"
    }
}

fn rounded_special(digits: &[u8], wanted: usize) -> Decimal {
    let mut kept: Vec<u8> = digits.iter().copied().chain(std::iter::repeat(b'0')).take(wanted).collect();
    if digits.get(wanted).is_some_and(|&next| next >= b'5')
        && let Some(last) = kept.last_mut()
    {
        *last += 1;
    }
    Decimal { digits: kept, exponent: 0 }
}

/// `value` rounded to `precision` digits after the point; at least one digit before it.
fn decimal_fixed(value: f64, precision: usize, ties: Ties, special: Option<&[u8]>) -> Decimal {
    if let Some(special) = special {
        return rounded_special(special, precision + 1);
    }
    let exact = precision.min(MAX_DIGITS);
    let mut text = format!("{value:.exact$}");
    if ties == Ties::Away && fraction_digits(value) == exact + 1 {
        // The exact expansion has one digit more and that digit is 5: a tie, so the kept digits are the truncated ones plus one.
        let longer = exact + 1;
        text = format!("{value:.longer$}");
        text.pop();
        if text.ends_with('.') {
            text.pop();
        }
        increment(&mut text);
    }
    let point = text.find('.').unwrap_or(text.len());
    let mut digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    digits.resize(digits.len() + (precision - exact), b'0');
    Decimal { digits, exponent: point as i32 - 1 }
}

/// Adds one to the last digit of a decimal text.
fn increment(text: &mut String) {
    let mut digits = std::mem::take(text).into_bytes();
    let mut carried = true;
    for digit in digits.iter_mut().rev().filter(|digit| **digit != b'.') {
        if *digit == b'9' {
            *digit = b'0';
        } else {
            *digit += 1;
            carried = false;
            break;
        }
    }
    if carried {
        digits.insert(0, b'1');
    }
    text.extend(digits.into_iter().map(char::from));
}

/// How many digits the exact decimal expansion of `value` has after the point.
fn fraction_digits(value: f64) -> usize {
    let bits = value.to_bits();
    let biased = (bits >> 52) & 0x7ff;
    let mut mantissa = bits & 0x000f_ffff_ffff_ffff;
    if biased != 0 {
        mantissa |= 1 << 52;
    }
    if mantissa == 0 {
        return 0;
    }
    let exponent = biased.max(1) as i32 - 1075 + mantissa.trailing_zeros() as i32;
    usize::try_from(-exponent).unwrap_or(0)
}

/// `value` rounded to `significant` digits.
fn decimal_significant(value: f64, significant: usize, ties: Ties, special: Option<&[u8]>) -> Decimal {
    if let Some(special) = special {
        return rounded_special(special, significant);
    }
    let exact = significant.min(MAX_DIGITS);
    let mut decimal = parse_scientific(&format!("{value:.*e}", exact - 1));
    if ties == Ties::Away && exact < 770 {
        let mut longer = parse_scientific(&format!("{value:.*e}", MAX_DIGITS));
        while longer.digits.len() > 1 && longer.digits.last() == Some(&b'0') {
            longer.digits.pop();
        }
        if longer.digits.len() == exact + 1 && longer.digits.last() == Some(&b'5') {
            longer.digits.pop();
            let length = longer.digits.len();
            let mut text = String::from_utf8(longer.digits).unwrap_or_default();
            increment(&mut text);
            let carried = text.len() > length;
            text.truncate(length);
            decimal = Decimal { digits: text.into_bytes(), exponent: longer.exponent + i32::from(carried) };
        }
    }
    decimal.digits.resize(significant, b'0');
    decimal
}

fn parse_scientific(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    Decimal {
        digits: mantissa.bytes().filter(u8::is_ascii_digit).collect(),
        exponent: exponent.parse().unwrap_or_default(),
    }
}

fn fixed(decimal: &Decimal, precision: usize, style: Style) -> String {
    let whole = usize::try_from(decimal.exponent + 1).unwrap_or(0);
    let mut text = String::with_capacity(decimal.digits.len() + 2);
    for (index, &digit) in decimal.digits.iter().enumerate() {
        if index == whole {
            text.push('.');
        }
        text.push(char::from(digit));
    }
    if precision == 0 && style.alternate {
        text.push('.');
    }
    text
}

fn scientific(decimal: &Decimal, precision: usize, style: Style) -> String {
    let mut text = String::with_capacity(precision + 8);
    for (index, &digit) in decimal.digits.iter().take(precision + 1).enumerate() {
        if index == 1 {
            text.push('.');
        }
        text.push(char::from(digit));
    }
    if precision == 0 && style.alternate {
        text.push('.');
    }
    push_exponent(&mut text, decimal.exponent, style);
    text
}

fn push_exponent(text: &mut String, exponent: i32, style: Style) {
    text.push(if style.upper { 'E' } else { 'e' });
    text.push(if exponent < 0 { '-' } else { '+' });
    let digits = if style.three_digit_exponent { 3 } else { 2 };
    let _ = write!(text, "{:0digits$}", exponent.unsigned_abs());
}

fn general(value: f64, precision: usize, style: Style, special: Option<&[u8]>) -> String {
    let mut decimal = decimal_significant(value, precision, style.ties, special);
    if value == 0.0 {
        decimal.exponent = 0;
    }
    let as_fixed = decimal.exponent >= -4 && i64::from(decimal.exponent) < precision as i64;
    if !style.alternate {
        let needed = if as_fixed { usize::try_from(decimal.exponent + 1).unwrap_or(0).max(1) } else { 1 };
        while decimal.digits.len() > needed && decimal.digits.last() == Some(&b'0') {
            decimal.digits.pop();
        }
    }
    if !as_fixed {
        return scientific(&decimal, decimal.digits.len().saturating_sub(1), style);
    }
    if decimal.exponent < 0 {
        let zeros = usize::try_from(-decimal.exponent).unwrap_or(0);
        let mut digits = vec![b'0'; zeros];
        digits.extend_from_slice(&decimal.digits);
        decimal = Decimal { digits, exponent: 0 };
    }
    let whole = usize::try_from(decimal.exponent + 1).unwrap_or(0);
    fixed(&decimal, decimal.digits.len().saturating_sub(whole), style)
}

/// `0x1.8p+1`: the exact mantissa in hexadecimal; 13 digits when no precision is given, zeros included (observed).
fn hexadecimal(value: f64, precision: Option<usize>, style: Style, special: Option<&[u8]>) -> String {
    let precision = precision.unwrap_or(13);
    let mut text = String::from("0x");
    let mut exponent = 0;
    if let Some(special) = special {
        let digits = rounded_special(special, precision + 1).digits;
        for (index, &digit) in digits.iter().enumerate() {
            if index == 1 {
                text.push('.');
            }
            text.push(char::from(digit));
        }
    } else {
        let bits = value.to_bits();
        let biased = (bits >> 52) as i32 & 0x7ff;
        let mut mantissa = bits & 0x000f_ffff_ffff_ffff;
        if biased != 0 {
            mantissa |= 1 << 52;
            exponent = biased - 1023;
        } else if mantissa != 0 {
            exponent = -1022;
        }
        if precision < 13 {
            let dropped = 4 * (13 - precision as u32);
            let half = 1u64 << (dropped - 1);
            let rest = mantissa & ((1u64 << dropped) - 1);
            mantissa >>= dropped;
            if rest > half || (rest == half && (style.ties == Ties::Away || mantissa & 1 == 1)) {
                mantissa += 1;
            }
        }
        let shown = precision.min(13);
        let _ = write!(text, "{:x}", mantissa >> (4 * shown));
        if precision > 0 {
            let fraction = mantissa & ((1u64 << (4 * shown)) - 1);
            let _ = write!(text, ".{fraction:0shown$x}");
            text.extend(std::iter::repeat_n('0', precision - shown));
        }
    }
    if precision == 0 && style.alternate {
        text.push('.');
    }
    let _ = write!(text, "p{exponent:+}");
    if style.upper { text.to_uppercase() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Style =
        Style { ties: Ties::Away, three_digit_exponent: true, legacy_infinity: true, alternate: false, upper: false };
    const NEW: Style =
        Style { ties: Ties::Even, three_digit_exponent: false, legacy_infinity: false, alternate: false, upper: false };

    #[test]
    fn ties_round_away_in_the_old_runtime_and_to_even_in_the_new_one() {
        for (value, precision, old, new) in [
            (2.5, 0, "3", "2"),
            (0.5, 0, "1", "0"),
            (0.25, 1, "0.3", "0.2"),
            (9.5, 0, "10", "10"),
            (0.125, 2, "0.13", "0.12"),
        ] {
            assert_eq!(text(value, b'f', Some(precision), OLD), old);
            assert_eq!(text(value, b'f', Some(precision), NEW), new);
        }
        assert_eq!(text(25.0, b'e', Some(0), OLD), "3e+001");
        assert_eq!(text(25.0, b'e', Some(0), NEW), "2e+01");
        assert_eq!(text(95.0, b'e', Some(0), OLD), "1e+002");
    }

    #[test]
    fn every_digit_is_exact() {
        assert_eq!(text(0.1, b'f', Some(20), OLD), "0.10000000000000000555");
        assert_eq!(text(1e22, b'f', Some(3), OLD), "10000000000000000000000.000");
        assert_eq!(text(5e-324, b'e', Some(5), NEW), "4.94066e-324");
        assert_eq!(text(0.0, b'f', Some(2000), NEW).len(), 2002);
    }

    #[test]
    fn old_infinities_are_rounded_like_digits() {
        assert_eq!(text(f64::INFINITY, b'g', None, OLD), "1.#INF");
        assert_eq!(text(f64::INFINITY, b'f', None, OLD), "1.#INF00");
        assert_eq!(text(f64::INFINITY, b'f', Some(1), OLD), "1.$");
        assert_eq!(text(f64::INFINITY, b'f', Some(0), OLD), "1");
        assert_eq!(text(f64::NAN, b'e', None, OLD), "1.#QNAN0e+000");
        assert_eq!(text(f64::NAN, b'f', Some(3), OLD), "1.#QO");
        assert_eq!(text(-f64::NAN, b'f', None, OLD), "1.#IND00");
        assert_eq!(text(-f64::NAN, b'f', None, NEW), "nan(ind)");
    }

    #[test]
    fn general_chooses_the_shorter_form() {
        for (value, expected) in [
            (1e-5, "1e-05"),
            (1e-4, "0.0001"),
            (100000.0, "100000"),
            (1e6, "1e+06"),
            (0.0, "0"),
            (1234567.0, "1.23457e+06"),
        ] {
            assert_eq!(text(value, b'g', None, NEW), expected);
        }
        assert_eq!(text(1.0, b'g', None, Style { alternate: true, ..NEW }), "1.00000");
        assert_eq!(text(0.1, b'g', Some(17), NEW), "0.10000000000000001");
        assert_eq!(text(999999.5, b'g', None, NEW), "1e+06");
        assert_eq!(text(0.0, b'g', None, Style { alternate: true, ..NEW }), "0.00000");
    }

    #[test]
    fn hexadecimal_keeps_all_thirteen_digits() {
        assert_eq!(text(1.0, b'a', None, NEW), "0x1.0000000000000p+0");
        assert_eq!(text(0.1, b'a', None, Style { upper: true, ..NEW }), "0X1.999999999999AP-4");
        assert_eq!(text(0.1, b'a', Some(3), NEW), "0x1.99ap-4");
        assert_eq!(text(0.1, b'a', Some(20), NEW), "0x1.999999999999a0000000p-4");
        assert_eq!(text(1.5, b'a', Some(0), NEW), "0x2p+0");
        assert_eq!(text(5e-324, b'a', None, NEW), "0x0.0000000000001p-1022");
        assert_eq!(text(0.0, b'a', None, NEW), "0x0.0000000000000p+0");
        assert_eq!(text(f64::INFINITY, b'a', None, OLD), "0x1.#INF000000000p+0");
    }
}
