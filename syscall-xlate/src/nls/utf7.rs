//! UTF-7 (RFC 2152).

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Characters that stand for themselves: letters, digits and those of RFC 2152's set D, space and line ends.
fn is_direct(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"'(),-./:? \t\r\n\0".contains(&byte))
}

/// The text of these bytes. What is not UTF-7 stands for itself.
pub(super) fn decode(bytes: &[u8]) -> Vec<u16> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'+' {
            text.push(u16::from(byte));
            continue;
        }
        if bytes.next_if_eq(&b'-').is_some() {
            text.push(u16::from(b'+'));
            continue;
        }
        let (mut bits, mut count) = (0_u32, 0);
        while let Some(digit) = bytes.peek().and_then(|byte| DIGITS.iter().position(|digit| digit == byte)) {
            bytes.next();
            bits = bits << 6 | digit as u32;
            count += 6;
            if count >= 16 {
                count -= 16;
                text.push((bits >> count) as u16);
                bits &= (1 << count) - 1;
            }
        }
        bytes.next_if_eq(&b'-');
    }
    text
}

/// The bytes of a text.
pub(super) fn encode(text: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut units = text.iter().copied().peekable();
    while let Some(&unit) = units.peek() {
        if is_direct(unit) {
            bytes.push(unit as u8);
            units.next();
            continue;
        }
        bytes.push(b'+');
        if unit == u16::from(b'+') {
            bytes.push(b'-');
            units.next();
            continue;
        }
        let (mut bits, mut count) = (0_u32, 0);
        while let Some(unit) = units.next_if(|&unit| !is_direct(unit)) {
            bits = bits << 16 | u32::from(unit);
            count += 16;
            while count >= 6 {
                count -= 6;
                bytes.push(DIGITS[(bits >> count) as usize & 63]);
            }
            bits &= (1 << count) - 1;
        }
        if count > 0 {
            bytes.push(DIGITS[(bits << (6 - count)) as usize & 63]);
        }
        bytes.push(b'-');
    }
    bytes
}
