//! math.h: the functions of real numbers, by the host's libm.
//!
//! The host's results agree with Microsoft's within the last place, which neither promises.

use abi::{CrtResult, Errno, Out, shim};
use syscall_xlate::Cx;

use super::guest::ok;

macro_rules! unary {
    ($($(#[$doc:meta])* $double:ident / $float:ident: $method:ident;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $double(x: f64) -> f64 {
            x.$method()
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $float(x: f32) -> f32 {
            x.$method()
        }
    )*};
}
unary! {
    /// Gives the sine.
    sin / sinf: sin;
    /// Gives the cosine.
    cos / cosf: cos;
    /// Gives the tangent.
    tan / tanf: tan;
    /// Gives the arc tangent.
    atan / atanf: atan;
    /// Gives the hyperbolic tangent.
    tanh / tanhf: tanh;
    /// Gives the inverse hyperbolic sine.
    asinh / asinhf: asinh;
    /// Gives the absolute value.
    fabs / fabsf: abs;
    /// Gives the largest integer that is not greater.
    floor / floorf: floor;
    /// Gives the smallest integer that is not less.
    ceil / ceilf: ceil;
    /// Gives the integer part.
    trunc / truncf: trunc;
    /// Rounds to an integer, ties away from zero.
    round / roundf: round;
    /// Rounds to an integer, ties to even.
    rint / rintf: round_ties_even;
    /// Rounds to an integer, ties to even, without the inexact exception.
    nearbyint / nearbyintf: round_ties_even;
    /// Gives the cube root.
    cbrt / cbrtf: cbrt;
}

/// Sets `errno` as the C standard says: a domain error where a number gave none, a range error where the result is out of range.
fn checked(cx: &Cx, valid: bool, result: f64) -> f64 {
    if result.is_nan() && valid {
        cx.thread.set_errno(Errno::EDOM);
    } else if result.is_infinite() && valid {
        cx.thread.set_errno(Errno::ERANGE);
    }
    result
}

macro_rules! checked_unary {
    ($($(#[$doc:meta])* $double:ident / $float:ident: $method:ident;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $double(cx: &Cx, x: f64) -> f64 {
            checked(cx, x.is_finite(), x.$method())
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $float(cx: &Cx, x: f32) -> f32 {
            checked(cx, x.is_finite(), x.$method().into()) as f32
        }
    )*};
}
checked_unary! {
    /// Gives the arc sine.
    asin / asinf: asin;
    /// Gives the arc cosine.
    acos / acosf: acos;
    /// Gives the hyperbolic sine.
    sinh / sinhf: sinh;
    /// Gives the hyperbolic cosine.
    cosh / coshf: cosh;
    /// Gives the inverse hyperbolic cosine.
    acosh / acoshf: acosh;
    /// Gives the inverse hyperbolic tangent.
    atanh / atanhf: atanh;
    /// Gives e to a power.
    exp / expf: exp;
    /// Gives 2 to a power.
    exp2 / exp2f: exp2;
    /// Gives e to a power, less one.
    expm1 / expm1f: exp_m1;
    /// Gives the natural logarithm.
    log / logf: ln;
    /// Gives the decimal logarithm.
    log10 / log10f: log10;
    /// Gives the binary logarithm.
    log2 / log2f: log2;
    /// Gives the natural logarithm of a number plus one.
    log1p / log1pf: ln_1p;
    /// Gives the square root.
    sqrt / sqrtf: sqrt;
}

macro_rules! special {
    ($($(#[$doc:meta])* $double:ident / $float:ident: $function:path;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $double(cx: &Cx, x: f64) -> f64 {
            checked(cx, x.is_finite(), $function(x))
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $float(cx: &Cx, x: f32) -> f32 {
            checked(cx, x.is_finite(), $function(x.into())) as f32
        }
    )*};
}
special! {
    /// Gives the error function.
    erf / erff: libm::erf;
    /// Gives the complementary error function.
    erfc / erfcf: libm::erfc;
    /// Gives the gamma function.
    tgamma / tgammaf: libm::tgamma;
    /// Gives the logarithm of the gamma function.
    lgamma / lgammaf: libm::lgamma;
}

/// Gives the angle of a point.
#[shim(full)]
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    y.atan2(x)
}

/// Gives the angle of a point.
#[shim(full)]
pub(crate) fn atan2f(y: f32, x: f32) -> f32 {
    y.atan2(x)
}

/// Gives a power.
#[shim(full)]
pub(crate) fn pow(cx: &Cx, x: f64, y: f64) -> f64 {
    checked(cx, x.is_finite() && y.is_finite(), x.powf(y))
}

/// Gives a power.
#[shim(full)]
pub(crate) fn powf(cx: &Cx, x: f32, y: f32) -> f32 {
    checked(cx, x.is_finite() && y.is_finite(), x.powf(y).into()) as f32
}

/// Gives the remainder of a division that truncates.
#[shim(full)]
pub(crate) fn fmod(cx: &Cx, x: f64, y: f64) -> f64 {
    checked(cx, x.is_finite() && !y.is_nan(), x % y)
}

/// Gives the remainder of a division that truncates.
#[shim(full)]
pub(crate) fn fmodf(cx: &Cx, x: f32, y: f32) -> f32 {
    checked(cx, x.is_finite() && !y.is_nan(), (x % y).into()) as f32
}

/// Gives the remainder of a division that rounds to nearest.
#[shim(full)]
pub(crate) fn remainder(cx: &Cx, x: f64, y: f64) -> f64 {
    checked(cx, x.is_finite() && !y.is_nan(), libm::remainder(x, y))
}

/// Gives the length of the hypotenuse.
#[shim(full)]
pub(crate) fn hypot(cx: &Cx, x: f64, y: f64) -> f64 {
    checked(cx, x.is_finite() && y.is_finite(), x.hypot(y))
}

/// Gives the length of the hypotenuse.
#[shim(full)]
pub(crate) fn hypotf(cx: &Cx, x: f32, y: f32) -> f32 {
    checked(cx, x.is_finite() && y.is_finite(), x.hypot(y).into()) as f32
}

/// Gives the greater of two numbers; a NaN counts as missing.
#[shim(full)]
pub(crate) fn fmax(x: f64, y: f64) -> f64 {
    x.max(y)
}

/// Gives the greater of two numbers; a NaN counts as missing.
#[shim(full)]
pub(crate) fn fmaxf(x: f32, y: f32) -> f32 {
    x.max(y)
}

/// Gives the lesser of two numbers; a NaN counts as missing.
#[shim(full)]
pub(crate) fn fmin(x: f64, y: f64) -> f64 {
    x.min(y)
}

/// Gives the lesser of two numbers; a NaN counts as missing.
#[shim(full)]
pub(crate) fn fminf(x: f32, y: f32) -> f32 {
    x.min(y)
}

/// Gives the difference where it is positive, else zero.
#[shim(full)]
pub(crate) fn fdim(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x > y {
        x - y
    } else {
        0.0
    }
}

/// Multiplies and adds with one rounding.
#[shim(full)]
pub(crate) fn fma(x: f64, y: f64, z: f64) -> f64 {
    x.mul_add(y, z)
}

/// Multiplies and adds with one rounding.
#[shim(full)]
pub(crate) fn fmaf(x: f32, y: f32, z: f32) -> f32 {
    x.mul_add(y, z)
}

/// Gives a number with the sign of another.
#[shim(full)]
pub(crate) fn copysign(x: f64, y: f64) -> f64 {
    x.copysign(y)
}

/// Gives a number with the sign of another.
#[shim(full)]
pub(crate) fn copysignf(x: f32, y: f32) -> f32 {
    x.copysign(y)
}

/// Gives the number with the sign turned.
#[shim(full)]
pub(crate) fn _chgsign(x: f64) -> f64 {
    -x
}

/// Gives the next representable number in a direction.
#[shim(full)]
pub(crate) fn nextafter(x: f64, y: f64) -> f64 {
    libm::nextafter(x, y)
}

/// Gives the next representable number in a direction.
#[shim(full)]
pub(crate) fn nextafterf(x: f32, y: f32) -> f32 {
    libm::nextafterf(x, y)
}

/// Splits a number into a fraction of at least a half and a power of two.
#[shim(full)]
pub(crate) fn frexp(x: f64, expptr: Out<i32>) -> CrtResult<f64> {
    let (fraction, exponent) = libm::frexp(x);
    expptr.set(exponent)?;
    ok(fraction)
}

/// Multiplies a number by a power of two.
#[shim(full)]
pub(crate) fn ldexp(cx: &Cx, x: f64, exp: i32) -> f64 {
    checked(cx, x.is_finite(), libm::ldexp(x, exp))
}

/// Multiplies a number by a power of two.
#[shim(full)]
pub(crate) fn scalbn(cx: &Cx, x: f64, exp: i32) -> f64 {
    ldexp(cx, x, exp)
}

/// Multiplies a number by a power of two.
#[shim(full)]
pub(crate) fn scalbnf(cx: &Cx, x: f32, exp: i32) -> f32 {
    checked(cx, x.is_finite(), libm::ldexpf(x, exp).into()) as f32
}

/// Splits a number into its integer and fractional parts.
#[shim(full)]
pub(crate) fn modf(x: f64, intptr: Out<f64>) -> CrtResult<f64> {
    let whole = x.trunc();
    intptr.set(whole)?;
    ok(if x.is_infinite() { 0f64.copysign(x) } else { (x - whole).copysign(x) })
}

/// Splits a number into its integer and fractional parts.
#[shim(full)]
pub(crate) fn modff(x: f32, intptr: Out<f32>) -> CrtResult<f32> {
    let whole = x.trunc();
    intptr.set(whole)?;
    ok(if x.is_infinite() { 0f32.copysign(x) } else { (x - whole).copysign(x) })
}

/// Gives the binary exponent of a number as a number.
#[shim(full)]
pub(crate) fn logb(cx: &Cx, x: f64) -> f64 {
    if x == 0.0 {
        cx.thread.set_errno(Errno::ERANGE);
        return f64::NEG_INFINITY;
    }
    if x.is_finite() { f64::from(libm::ilogb(x)) } else { x.abs() }
}

/// Gives the binary exponent of a number.
#[shim(full)]
pub(crate) fn ilogb(x: f64) -> i32 {
    libm::ilogb(x)
}

/// The low 32 bits of what the host's conversion gives; out of range, the most negative number.
fn to_long(value: f64) -> i32 {
    if value > -2_147_483_649.0 && value < 2_147_483_648.0 { value as i32 } else { i32::MIN }
}

fn to_long_long(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) { value as i64 } else { i64::MIN }
}

/// Rounds to a `long`, ties away from zero.
#[shim(full)]
pub(crate) fn lround(x: f64) -> i32 {
    to_long(x.round())
}

/// Rounds to a `long`, ties away from zero.
#[shim(full)]
pub(crate) fn lroundf(x: f32) -> i32 {
    to_long(x.round().into())
}

/// Rounds to a `long long`, ties away from zero.
#[shim(full)]
pub(crate) fn llround(x: f64) -> i64 {
    to_long_long(x.round())
}

/// Rounds to a `long long`, ties away from zero.
#[shim(full)]
pub(crate) fn llroundf(x: f32) -> i64 {
    to_long_long(x.round().into())
}

/// Rounds to a `long`, ties to even.
#[shim(full)]
pub(crate) fn lrint(x: f64) -> i32 {
    to_long(x.round_ties_even())
}

/// Rounds to a `long`, ties to even.
#[shim(full)]
pub(crate) fn lrintf(x: f32) -> i32 {
    to_long(x.round_ties_even().into())
}

/// Rounds to a `long long`, ties to even.
#[shim(full)]
pub(crate) fn llrint(x: f64) -> i64 {
    to_long_long(x.round_ties_even())
}

/// Rounds to a `long long`, ties to even.
#[shim(full)]
pub(crate) fn llrintf(x: f32) -> i64 {
    to_long_long(x.round_ties_even().into())
}

/// Says whether a number is finite.
#[shim(full)]
pub(crate) fn _finite(x: f64) -> i32 {
    x.is_finite().into()
}

/// Says whether a number is not a number.
#[shim(full)]
pub(crate) fn _isnan(x: f64) -> i32 {
    x.is_nan().into()
}

/// Gives the class of a number as `_fpclass` numbers it.
#[shim(full)]
pub(crate) fn _fpclass(x: f64) -> i32 {
    use std::num::FpCategory;
    let negative = x.is_sign_negative();
    match x.classify() {
        FpCategory::Nan if x.to_bits() & (1 << 51) == 0 => 0x1,
        FpCategory::Nan => 0x2,
        FpCategory::Infinite => {
            if negative {
                0x4
            } else {
                0x200
            }
        }
        FpCategory::Normal => {
            if negative {
                0x8
            } else {
                0x100
            }
        }
        FpCategory::Subnormal => {
            if negative {
                0x10
            } else {
                0x80
            }
        }
        FpCategory::Zero => {
            if negative {
                0x20
            } else {
                0x40
            }
        }
    }
}

/// Gives the class of a number for `fpclassify`: `FP_INFINITE` 1, `FP_NAN` 2, `FP_NORMAL` -1, `FP_SUBNORMAL` -2, `FP_ZERO` 0.
#[shim(full)]
pub(crate) fn _dclass(x: f64) -> i16 {
    class(x.classify())
}

/// As `_dclass`, of a float.
#[shim(full)]
pub(crate) fn _fdclass(x: f32) -> i16 {
    class(x.classify())
}

fn class(category: std::num::FpCategory) -> i16 {
    use std::num::FpCategory;
    match category {
        FpCategory::Infinite => 1,
        FpCategory::Nan => 2,
        FpCategory::Normal => -1,
        FpCategory::Subnormal => -2,
        FpCategory::Zero => 0,
    }
}

/// Says whether a number is negative; not 0 for one that is.
#[shim(full)]
pub(crate) fn _dsign(x: f64) -> i32 {
    if x.is_sign_negative() { 0x8000 } else { 0 }
}

/// As `_dsign`, of a float.
#[shim(full)]
pub(crate) fn _fdsign(x: f32) -> i32 {
    if x.is_sign_negative() { 0x8000 } else { 0 }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn functions_take_and_give_doubles() {
        testing::run(crate::dlls(), None, |guest| {
            let bits = |value: f64| value.to_bits();
            assert_eq!(guest.call_f64("msvcrt!pow", &[bits(2.0), bits(10.0)]), 1024.0);
            assert_eq!(guest.call_f64("msvcrt!floor", &[bits(-1.5)]), -2.0);
            assert!(guest.call_f64("msvcrt!sqrt", &[bits(-1.0)]).is_nan());
            assert_eq!(guest.read::<u32>(guest.cx.thread.errno_address()), 33);
            let exponent = guest.buffer(4);
            assert_eq!(guest.call_f64("msvcrt!frexp", &[bits(12.0), exponent]), 0.75);
            assert_eq!(guest.read::<u32>(exponent), 4);
            assert_eq!(guest.call("ucrtbase!lround", &[bits(2.5)]) as i32, 3);
            assert_eq!(guest.call("ucrtbase!lrint", &[bits(2.5)]) as i32, 2);
        });
    }
}
