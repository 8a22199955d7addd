//! stdlib.h: numbers from text and text from numbers.

use abi::{CrtResult, Errno, Fault, Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, Refusal, shim};
use syscall_xlate::Cx;

use crate::crt::format::float::{fixed_digits, significant_digits};
use crate::crt::guest::{GuestUnit, at, ok, read_prefix, status, write_text};
use crate::crt::number::{self, Parsed, RealGrammar, is_space};
use crate::crt::state::{Keep, keep};

/// Enough of the text at `address` to read one number from.
fn number_text<U: GuestUnit>(address: u64) -> Result<Vec<U>, Fault> {
    let mut begun = false;
    read_prefix::<U>(address, |units| {
        let last = units.last().map_or(0, |unit| unit.ascii());
        begun |= !is_space(last);
        begun && !(last.is_ascii_alphanumeric() || matches!(last, b'+' | b'-' | b'.' | b'(' | b')' | b'_'))
    })
}

/// Stores where a number ended.
fn store_end<U: GuestUnit>(endptr: Out<u64>, text: u64, end: usize) -> Result<(), Fault> {
    endptr.set_opt(at::<U>(text, end))
}

fn finish<U: GuestUnit, T>(cx: &Cx, text: u64, endptr: Out<u64>, found: Parsed<T>) -> Result<T, Fault> {
    store_end::<U>(endptr, text, found.end)?;
    if found.out_of_range {
        cx.thread.set_errno(Errno::ERANGE);
    }
    Ok(found.value)
}

/// The text to read from, once text and radix are such as can be.
fn checked<U: GuestUnit>(text: u64, endptr: Out<u64>, base: i32) -> Result<Vec<U>, Refusal<Errno>> {
    if text == 0 || !number::is_radix(base) {
        if text != 0 {
            store_end::<U>(endptr, text, 0)?;
        }
        return Err(Errno::EINVAL.into());
    }
    Ok(number_text::<U>(text)?)
}

/// The value of a conversion, where failure is 0.
fn or_zero<T: Default + abi::CrtFailure>(cx: &Cx, result: Result<T, Refusal<Errno>>) -> CrtResult<T> {
    match result {
        Ok(value) => ok(value),
        Err(Refusal::Fails(error)) => {
            cx.thread.set_errno(error);
            ok(T::default())
        }
        Err(refusal) => Err(refusal),
    }
}

fn signed<U: GuestUnit>(
    cx: &Cx,
    text: u64,
    endptr: Out<u64>,
    base: i32,
    min: i64,
    max: i64,
) -> Result<i64, Refusal<Errno>> {
    let units = checked::<U>(text, endptr, base)?;
    Ok(finish::<U, i64>(cx, text, endptr, number::signed(&units, base as u32, min, max))?)
}

fn unsigned<U: GuestUnit>(cx: &Cx, text: u64, endptr: Out<u64>, base: i32, max: u64) -> Result<u64, Refusal<Errno>> {
    let units = checked::<U>(text, endptr, base)?;
    Ok(finish::<U, u64>(cx, text, endptr, number::unsigned(&units, base as u32, max))?)
}

fn real<U: GuestUnit>(cx: &Cx, text: u64, endptr: Out<u64>, grammar: RealGrammar) -> Result<f64, Refusal<Errno>> {
    let units = checked::<U>(text, endptr, 10)?;
    Ok(finish::<U, f64>(cx, text, endptr, number::double(&units, grammar))?)
}

macro_rules! integers {
    ($($text:ty, $unit:ty: $long:ident $ulong:ident $long_long:ident $ulong_long:ident
        $long_l:ident $ulong_l:ident $long_long_l:ident $ulong_long_l:ident;)*) => {$(
        /// Reads a `long` from text.
        #[shim(full)]
        pub(crate) fn $long(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32) -> CrtResult<i32> {
            let found = signed::<$unit>(cx, string.address(), end_ptr, base, i32::MIN.into(), i32::MAX.into());
            or_zero(cx, found.map(|value| value as i32))
        }

        /// Reads an `unsigned long` from text.
        #[shim(full)]
        pub(crate) fn $ulong(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32) -> CrtResult<u32> {
            let found = unsigned::<$unit>(cx, string.address(), end_ptr, base, u32::MAX.into());
            or_zero(cx, found.map(|value| value as u32))
        }

        /// Reads a 64-bit integer from text.
        #[shim(full)]
        pub(crate) fn $long_long(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32) -> CrtResult<i64> {
            or_zero(cx, signed::<$unit>(cx, string.address(), end_ptr, base, i64::MIN, i64::MAX))
        }

        /// Reads an unsigned 64-bit integer from text.
        #[shim(full)]
        pub(crate) fn $ulong_long(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32) -> CrtResult<u64> {
            or_zero(cx, unsigned::<$unit>(cx, string.address(), end_ptr, base, u64::MAX))
        }

        /// Reads a `long` from text in a given locale.
        #[shim(full)]
        pub(crate) fn $long_l(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32, locale: Ptr<u8>) -> CrtResult<i32> {
            let _ = locale;
            $long(cx, string, end_ptr, base)
        }

        /// Reads an `unsigned long` from text in a given locale.
        #[shim(full)]
        pub(crate) fn $ulong_l(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32, locale: Ptr<u8>) -> CrtResult<u32> {
            let _ = locale;
            $ulong(cx, string, end_ptr, base)
        }

        /// Reads a 64-bit integer from text in a given locale.
        #[shim(full)]
        pub(crate) fn $long_long_l(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32, locale: Ptr<u8>) -> CrtResult<i64> {
            let _ = locale;
            $long_long(cx, string, end_ptr, base)
        }

        /// Reads an unsigned 64-bit integer from text in a given locale.
        #[shim(full)]
        pub(crate) fn $ulong_long_l(cx: &Cx, string: $text, end_ptr: Out<u64>, base: i32, locale: Ptr<u8>) -> CrtResult<u64> {
            let _ = locale;
            $ulong_long(cx, string, end_ptr, base)
        }
    )*};
}
integers! {
    PCSTR, u8: strtol strtoul _strtoi64 _strtoui64 _strtol_l _strtoul_l _strtoi64_l _strtoui64_l;
    PCWSTR, u16: wcstol wcstoul _wcstoi64 _wcstoui64 _wcstol_l _wcstoul_l _wcstoi64_l _wcstoui64_l;
}

macro_rules! reals {
    ($($text:ty, $unit:ty, $grammar:ident: $double:ident $double_l:ident $atof:ident;)*) => {$(
        /// Reads a double from text.
        #[shim(full)]
        pub(crate) fn $double(cx: &Cx, strSource: $text, endptr: Out<u64>) -> CrtResult<f64> {
            or_zero(cx, real::<$unit>(cx, strSource.address(), endptr, RealGrammar::$grammar))
        }

        /// Reads a double from text in a given locale.
        #[shim(full)]
        pub(crate) fn $double_l(cx: &Cx, strSource: $text, endptr: Out<u64>, locale: Ptr<u8>) -> CrtResult<f64> {
            let _ = locale;
            $double(cx, strSource, endptr)
        }

        /// Reads a double from text.
        #[shim(full)]
        pub(crate) fn $atof(cx: &Cx, str: $text) -> CrtResult<f64> {
            or_zero(cx, real::<$unit>(cx, str.address(), null(), RealGrammar::$grammar))
        }
    )*};
}
reals! {
    PCSTR, u8, Legacy: strtod _strtod_l atof;
    PCWSTR, u16, Legacy: wcstod _wcstod_l _wtof;
    PCSTR, u8, C99: ucrt_strtod ucrt_strtod_l ucrt_atof;
    PCWSTR, u16, C99: ucrt_wcstod ucrt_wcstod_l ucrt_wtof;
}

fn null() -> Out<u64> {
    <Out<u64> as abi::Arg>::from_raw(0)
}

fn single<U: GuestUnit>(cx: &Cx, text: u64, endptr: Out<u64>) -> CrtResult<f32> {
    let units = checked::<U>(text, endptr, 10);
    let found =
        units.and_then(|units| Ok(finish::<U, f32>(cx, text, endptr, number::float(&units, RealGrammar::C99))?));
    or_zero(cx, found)
}

/// Reads a float from text.
#[shim(full)]
pub(crate) fn strtof(cx: &Cx, strSource: PCSTR, endptr: Out<u64>) -> CrtResult<f32> {
    single::<u8>(cx, strSource.address(), endptr)
}

/// Reads a float from text.
#[shim(full)]
pub(crate) fn wcstof(cx: &Cx, strSource: PCWSTR, endptr: Out<u64>) -> CrtResult<f32> {
    single::<u16>(cx, strSource.address(), endptr)
}

/// Reads a float from text in a given locale.
#[shim(full)]
pub(crate) fn _strtof_l(cx: &Cx, strSource: PCSTR, endptr: Out<u64>, locale: Ptr<u8>) -> CrtResult<f32> {
    let _ = locale;
    strtof(cx, strSource, endptr)
}

fn wrapping<U: GuestUnit>(text: u64) -> Result<i64, Refusal<Errno>> {
    if text == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(number::wrapping(&number_text::<U>(text)?))
}

macro_rules! simple {
    ($($text:ty, $unit:ty: $int:ident $long:ident $long_long:ident $ucrt_int:ident $ucrt_long:ident;)*) => {$(
        /// Reads an `int` from text; one that does not fit keeps its low bits.
        #[shim(full)]
        pub(crate) fn $int(cx: &Cx, str: $text) -> CrtResult<i32> {
            or_zero(cx, wrapping::<$unit>(str.address()).map(|value| value as i32))
        }

        /// Reads a `long` from text; one that does not fit keeps its low bits.
        #[shim(full)]
        pub(crate) fn $long(cx: &Cx, str: $text) -> CrtResult<i32> {
            $int(cx, str)
        }

        /// Reads a 64-bit integer from text.
        #[shim(full)]
        pub(crate) fn $long_long(cx: &Cx, str: $text) -> CrtResult<i64> {
            or_zero(cx, signed::<$unit>(cx, str.address(), null(), 10, i64::MIN, i64::MAX))
        }

        /// Reads an `int` from text; one that does not fit is the nearest, with `ERANGE`.
        #[shim(full)]
        pub(crate) fn $ucrt_int(cx: &Cx, str: $text) -> CrtResult<i32> {
            let found = signed::<$unit>(cx, str.address(), null(), 10, i32::MIN.into(), i32::MAX.into());
            or_zero(cx, found.map(|value| value as i32))
        }

        /// Reads a `long` from text; one that does not fit is the nearest, with `ERANGE`.
        #[shim(full)]
        pub(crate) fn $ucrt_long(cx: &Cx, str: $text) -> CrtResult<i32> {
            $ucrt_int(cx, str)
        }
    )*};
}
simple! {
    PCSTR, u8: atoi atol _atoi64 ucrt_atoi ucrt_atol;
    PCWSTR, u16: _wtoi _wtol _wtoi64 ucrt_wtoi ucrt_wtol;
}

/// The digits of an integer of `bits` bits; only decimal ones have a sign.
fn integer_digits(value: i64, bits: u32, radix: i32) -> Vec<u8> {
    let negative = radix == 10 && value < 0;
    let magnitude = if negative { value.unsigned_abs() } else { value as u64 & (u64::MAX >> (64 - bits)) };
    number::digits(magnitude, negative, radix as u32)
}

/// The digits of an unsigned integer.
fn natural_digits(value: u64, _bits: u32, radix: i32) -> Vec<u8> {
    number::digits(value, false, radix as u32)
}

fn write_digits<U: GuestUnit>(to: u64, digits: &[u8]) -> Result<(), Fault> {
    write_text(to, &digits.iter().map(|&digit| U::from(digit)).collect::<Vec<U>>())
}

macro_rules! digits {
    ($($(#[$doc:meta])* $value:ty, $bits:literal, $digits:ident: $narrow:ident $wide:ident $narrow_s:ident $wide_s:ident;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $narrow(value: $value, buffer: PSTR, radix: i32) -> CrtResult<Ptr<u8>> {
            write_digits::<u8>(buffer.address(), &$digits(value.into(), $bits, radix))?;
            ok(buffer.ptr())
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $wide(value: $value, buffer: PWSTR, radix: i32) -> CrtResult<Ptr<u16>> {
            write_digits::<u16>(buffer.address(), &$digits(value.into(), $bits, radix))?;
            ok(buffer.ptr())
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $narrow_s(cx: &Cx, value: $value, buffer: Ptr<u8>, size: usize, radix: i32) -> CrtResult<i32> {
            into_buffer::<u8>(cx, buffer.address(), size, radix, || $digits(value.into(), $bits, radix))
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $wide_s(cx: &Cx, value: $value, buffer: Ptr<u16>, size: usize, radix: i32) -> CrtResult<i32> {
            into_buffer::<u16>(cx, buffer.address(), size, radix, || $digits(value.into(), $bits, radix))
        }
    )*};
}

fn into_buffer<U: GuestUnit>(
    cx: &Cx,
    to: u64,
    size: usize,
    radix: i32,
    digits: impl FnOnce() -> Vec<u8>,
) -> CrtResult<i32> {
    if to == 0 || size == 0 {
        return status(cx, Err(Errno::EINVAL));
    }
    write_text::<U>(to, &[])?;
    if !(2..=36).contains(&radix) {
        return status(cx, Err(Errno::EINVAL));
    }
    let digits = digits();
    if digits.len() >= size {
        return status(cx, Err(Errno::ERANGE));
    }
    write_digits::<U>(to, &digits)?;
    ok(0)
}

digits! {
    /// Writes the digits of an `int`.
    i32, 32, integer_digits: _itoa _itow _itoa_s _itow_s;
    /// Writes the digits of a `long`.
    i32, 32, integer_digits: _ltoa _ltow _ltoa_s _ltow_s;
    /// Writes the digits of an `unsigned long`.
    u32, 32, natural_digits: _ultoa _ultow _ultoa_s _ultow_s;
    /// Writes the digits of a 64-bit integer.
    i64, 64, integer_digits: _i64toa _i64tow _i64toa_s _i64tow_s;
    /// Writes the digits of an unsigned 64-bit integer.
    u64, 64, natural_digits: _ui64toa _ui64tow _ui64toa_s _ui64tow_s;
}

fn kept_digits(cx: &Cx, digits: &[u8]) -> Result<u64, Refusal<Errno>> {
    let address = keep(cx, Keep::Digits, digits.len() + 1)?;
    write_text(address, digits)?;
    Ok(address)
}

/// Gives the significant digits of a number, where its point is and its sign.
#[shim(full)]
pub(crate) fn _ecvt(cx: &Cx, value: f64, count: i32, dec: Out<i32>, sign: Out<i32>) -> CrtResult<Ptr<u8>> {
    if dec.is_null() || sign.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let (digits, point) = significant_digits(value, usize::try_from(count).unwrap_or(0));
    dec.set(point)?;
    sign.set(value.is_sign_negative().into())?;
    ok(Ptr::at(kept_digits(cx, &digits)?))
}

/// Gives the digits of a number up to a place after its point, where its point is and its sign.
#[shim(full)]
pub(crate) fn _fcvt(cx: &Cx, value: f64, count: i32, dec: Out<i32>, sign: Out<i32>) -> CrtResult<Ptr<u8>> {
    if dec.is_null() || sign.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let (digits, point) = fixed_digits(value, usize::try_from(count).unwrap_or(0));
    dec.set(point)?;
    sign.set(value.is_sign_negative().into())?;
    ok(Ptr::at(kept_digits(cx, &digits)?))
}

fn general(value: f64, digits: i32, three_digit_exponent: bool) -> String {
    use crate::crt::format::float::{Style, Ties, text};
    let style = Style {
        ties: Ties::Away,
        three_digit_exponent,
        legacy_infinity: three_digit_exponent,
        alternate: false,
        upper: false,
    };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", text(value, b'g', Some(usize::try_from(digits).unwrap_or(0)), style))
}

/// Writes a number with a count of significant digits.
#[shim(full)]
pub(crate) fn _gcvt(value: f64, digits: i32, buffer: PSTR) -> CrtResult<Ptr<u8>> {
    write_text(buffer.address(), general(value, digits, true).as_bytes())?;
    ok(buffer.ptr())
}

/// Writes a number with a count of significant digits.
#[shim(full)]
pub(crate) fn ucrt_gcvt(value: f64, digits: i32, buffer: PSTR) -> CrtResult<Ptr<u8>> {
    write_text(buffer.address(), general(value, digits, false).as_bytes())?;
    ok(buffer.ptr())
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn numbers_are_read_and_their_end_stored() {
        testing::run(crate::dlls(), None, |guest| {
            let (text, end) = (guest.ansi(" 0x1fg"), guest.buffer(8));
            assert_eq!(guest.call("msvcrt!strtol", &[text, end, 0]), 31);
            assert_eq!(guest.read::<u64>(end), text + 5);
            assert_eq!(guest.call("msvcrt!strtoul", &[guest.ansi("-1"), 0, 10]), u64::from(u32::MAX));
            assert_eq!(guest.call("msvcrt!strtol", &[text, end, 1]), 0);
            assert_eq!(guest.call_f64("msvcrt!strtod", &[guest.ansi("2.5e1x"), end]), 25.0);
            assert_eq!(guest.call_f64("ucrtbase!strtod", &[guest.ansi("0x10"), end]), 16.0);
            assert_eq!(guest.call("msvcrt!atoi", &[guest.ansi("4294967297")]), 1);
            assert_eq!(guest.call("ucrtbase!atoi", &[guest.ansi("4294967297")]), i32::MAX as u64);
        });
    }

    #[test]
    fn digits_have_a_sign_in_radix_ten_only() {
        testing::run(crate::dlls(), None, |guest| {
            let buffer = guest.buffer(80);
            let minus_five = u64::from(-5i32 as u32);
            guest.call("msvcrt!_itoa", &[minus_five, buffer, 10]);
            assert_eq!(guest.read::<[u8; 3]>(buffer), *b"-5\0");
            guest.call("msvcrt!_itoa", &[minus_five, buffer, 16]);
            assert_eq!(guest.read::<[u8; 9]>(buffer), *b"fffffffb\0");
            guest.call("msvcrt!_i64toa", &[(-5i64) as u64, buffer, 16]);
            assert_eq!(guest.read::<[u8; 17]>(buffer), *b"fffffffffffffffb\0");
            assert_eq!(guest.call("msvcrt!_itoa_s", &[100, buffer, 3, 10]), 34);
        });
    }
}
