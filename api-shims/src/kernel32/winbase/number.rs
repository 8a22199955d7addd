//! Numbers.

use abi::shim;

/// Multiplies and divides with a 64-bit value between, rounding halves away from zero.
///
/// Gives -1 when the divisor is 0 or the result does not fit
/// (<https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-muldiv>).
#[shim(full)]
pub(in crate::kernel32) fn MulDiv(nNumber: i32, nNumerator: i32, nDenominator: i32) -> i32 {
    if nDenominator == 0 {
        return -1;
    }
    let (product, divisor) = (i64::from(nNumber) * i64::from(nNumerator), i64::from(nDenominator));
    let half = divisor.abs() / 2;
    let rounded = (product.abs() + half) / divisor.abs();
    let signed = if (product < 0) == (divisor < 0) { rounded } else { -rounded };
    i32::try_from(signed).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn mul_div_rounds_and_reports_overflow() {
        let trace = testing::trace(crate::dlls(), |guest| {
            for [number, numerator, denominator] in
                [[7, 3, 2], [-7, 3, 2], [100_000, 100_000, 1_000_000], [1, 1, 0], [i32::MAX, 2, 1]]
            {
                let slots = [number, numerator, denominator].map(|value: i32| u64::from(value as u32));
                guest.call("kernel32!MulDiv", &slots);
            }
        });
        assert_snapshot!(trace, @r"
        kernel32!MulDiv(nNumber=7, nNumerator=3, nDenominator=2) = 11
        kernel32!MulDiv(nNumber=-7, nNumerator=3, nDenominator=2) = -11
        kernel32!MulDiv(nNumber=100000, nNumerator=100000, nDenominator=1000000) = 10000
        kernel32!MulDiv(nNumber=1, nNumerator=1, nDenominator=0) = -1
        kernel32!MulDiv(nNumber=2147483647, nNumerator=2, nDenominator=1) = -1
        ");
    }
}
