//! Single names between UTF-16 and the host's bytes.
//!
//! Every host name has a Windows name that leads back to it:
//! - UTF-8 becomes UTF-16.
//! - What Windows cannot have in a name (`"*:<>?\|`, control characters, a last dot or space) becomes U+F000 plus its code, the
//!   mapping that Services for Macintosh introduced and Cygwin uses.
//! - A byte that is not UTF-8, or that belongs to a character the mapping itself uses, becomes U+F700 plus the byte.
//! - Unpaired surrogates, which a Windows name may hold, stand on the host as in WTF-8.

/// Mapped ASCII characters are this plus their code.
const ASCII_BASE: u32 = 0xf000;
/// Bytes that are not text are this plus their value, 0x80 to 0xff.
const BYTE_BASE: u32 = 0xf700;

/// True for a character that a Windows name cannot hold
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
pub fn is_forbidden(unit: u16) -> bool {
    unit < 32 || (unit < 128 && b"\"*:<>?\\|/".contains(&(unit as u8)))
}

fn is_mapping(code: u32) -> bool {
    (BYTE_BASE + 0x80..=BYTE_BASE + 0xff).contains(&code) || mapped_ascii(code).is_some()
}

fn mapped_ascii(code: u32) -> Option<u8> {
    let byte = u8::try_from(code.checked_sub(ASCII_BASE)?).ok()?;
    let mapped = byte != 0 && byte != b'/' && (is_forbidden(u16::from(byte)) || byte == b'.' || byte == b' ');
    mapped.then_some(byte)
}

/// The Windows name of a host name.
pub fn from_host(name: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(name.len());
    if !name.is_ascii() || name.iter().any(|&byte| is_forbidden(u16::from(byte))) {
        decode(name, true, &mut units);
    } else {
        units.extend(name.iter().map(|&byte| u16::from(byte)));
    }
    if name != b"."
        && name != b".."
        && matches!(name.last(), Some(b'.' | b' '))
        && let Some(last) = units.last_mut()
    {
        *last += ASCII_BASE as u16;
    }
    units
}

/// Text that is not a name, such as the value of a variable: nothing is forbidden in it, and it comes back like a name.
pub fn from_host_text(text: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(text.len());
    decode(text, false, &mut units);
    units
}

fn decode(name: &[u8], is_name: bool, units: &mut Vec<u16>) {
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            let code = u32::from(char);
            if is_name && code < 128 && is_forbidden(code as u16) {
                units.push((ASCII_BASE + code) as u16);
            } else if is_mapping(code) {
                let mut bytes = [0; 4];
                units.extend(char.encode_utf8(&mut bytes).bytes().map(byte_unit));
            } else {
                units.extend_from_slice(char.encode_utf16(&mut [0; 2]));
            }
        }
        units.extend(chunk.invalid().iter().map(|&byte| byte_unit(byte)));
    }
    join_surrogates(units);
}

fn byte_unit(byte: u8) -> u16 {
    BYTE_BASE as u16 + u16::from(byte)
}

/// Turns the escaped bytes of a surrogate that stands alone into the surrogate. Two that would make a pair stay escaped: the
/// pair's own encoding is another.
fn join_surrogates(units: &mut Vec<u16>) {
    let surrogate = |units: &[u16]| match *units {
        [0xf7ed, second @ 0xf7a0..=0xf7bf, third @ 0xf780..=0xf7bf, ..] => {
            Some(0xd000 | (second & 0x3f) << 6 | (third & 0x3f))
        }
        _ => None,
    };
    let mut at = 0;
    while let Some(rest) = units.get(at..) {
        if rest.is_empty() {
            return;
        }
        let Some(unit) = surrogate(rest) else {
            at += 1;
            continue;
        };
        let makes_pair = (0xdc00..0xe000).contains(&unit)
            && at
                .checked_sub(1)
                .and_then(|before| units.get(before))
                .is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        if makes_pair {
            at += 3;
        } else {
            units.splice(at..at + 3, [unit]);
            at += 1;
        }
    }
}

/// The host name of a Windows name.
pub fn to_host(name: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    push_host(name, &mut bytes);
    bytes
}

/// Appends the host name of a Windows name.
pub fn push_host(name: &[u16], bytes: &mut Vec<u8>) {
    for item in char::decode_utf16(name.iter().copied()) {
        match item {
            Ok(char) => {
                let code = u32::from(char);
                if code < 128 {
                    bytes.push(code as u8);
                } else if let Some(byte) = mapped_ascii(code) {
                    bytes.push(byte);
                } else if is_mapping(code) {
                    bytes.push((code - BYTE_BASE) as u8);
                } else {
                    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            Err(error) => {
                let unit = error.unpaired_surrogate();
                bytes.extend([0xe0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::wide;

    #[test]
    fn ordinary_names_are_utf_8() {
        assert_eq!(to_host(&wide("Grüße 世界 😀.txt")), "Grüße 世界 😀.txt".as_bytes());
        assert_eq!(from_host("Grüße 😀.txt".as_bytes()), wide("Grüße 😀.txt"));
    }

    #[test]
    fn every_host_name_comes_back() {
        let names: [&[u8]; 12] = [
            b"plain",
            b"a:b\\c*?",
            b"ends.",
            b"ends ",
            b"\x01\x1f",
            b"latin1 \xe9",
            b"\xff\xfe",
            "\u{f03a} and \u{f7e9}".as_bytes(),
            b"\xed\xa0\x80",
            b"\xed\xa0\x80\xed\xb0\x80",
            b"x\xed\xb0\x80y",
            b"\xed\xa0",
        ];
        for name in names {
            let windows = from_host(name);
            assert!(!windows.iter().any(|&unit| is_forbidden(unit)), "{name:?}");
            assert_eq!(to_host(&windows), name, "{windows:04x?}");
        }
    }

    #[test]
    fn unpaired_surrogates_come_back() {
        for units in [vec![0xd800], vec![0xdc00, 0xd800], vec![0x61, 0xdfff], vec![0xd83d, 0xde00]] {
            assert_eq!(from_host(&to_host(&units)), units);
        }
    }

    #[test]
    fn a_colon_on_the_host_is_seen_as_in_cygwin() {
        assert_eq!(from_host(b"a:b"), [0x61, 0xf03a, 0x62]);
        assert_eq!(from_host(b".."), wide(".."));
    }
}
