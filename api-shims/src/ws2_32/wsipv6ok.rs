//! wsipv6ok.h: functions that know IPv4 only.

use abi::{PCSTR, Raises, shim};

/// `INADDR_NONE`
const NONE: u32 = u32::MAX;

/// Reads an IPv4 address of one to four numbers, decimal, octal or hexadecimal; gives it in the network's byte order.
#[shim(full)]
pub(super) fn inet_addr(cp: PCSTR) -> Raises<u32> {
    if cp.is_null() {
        return Ok(NONE);
    }
    let text = cp.read()?;
    // Documented: a blank is the address 0.
    if text == b" " {
        return Ok(0);
    }
    Ok(parse(&text).map_or(NONE, u32::to_be))
}

/// The address with its first number highest. The last number fills what those before it leave.
fn parse(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.split_ascii_whitespace().next()?;
    let numbers = text.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let (last, before) = numbers.split_last()?;
    let bits = 32_u32.checked_sub(8 * u32::try_from(before.len()).ok()?).filter(|&bits| bits > 0)?;
    if before.iter().any(|&number| number > 0xff) || u64::from(*last) >> bits != 0 {
        return None;
    }
    let upper = before.iter().enumerate().map(|(index, number)| number << (24 - 8 * index));
    Some(upper.fold(*last, |address, part| address | part))
}

fn number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, text) {
        (Some(digits), _) => (digits, 16),
        (None, text) if text.len() > 1 && text.starts_with('0') => (text, 8),
        (None, text) => (text, 10),
    };
    digits.bytes().next().filter(u8::is_ascii_hexdigit)?;
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_four_numbers_of_three_kinds_are_read() {
        let read = |text: &str| parse(text.as_bytes());
        assert_eq!(read("127.0.0.1"), Some(0x7f00_0001));
        assert_eq!(read("10.1"), Some(0x0a00_0001));
        assert_eq!(read("1.2.3"), Some(0x0102_0003));
        assert_eq!(read("0x7f.010.0.1 x"), Some(0x7f08_0001));
        assert_eq!(read("4294967295"), Some(u32::MAX));
        for wrong in ["", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "a.b", "1..2", "+1", "1.-2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
