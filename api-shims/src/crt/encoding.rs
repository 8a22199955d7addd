//! The multibyte encodings of a locale's `LC_CTYPE`.

/// How wide characters and bytes stand for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// The "C" locale: each byte is the character of the same number, and no others exist.
    #[default]
    C,
    /// UTF-8 (`.UTF8`, `.65001`).
    Utf8,
}

/// What bytes mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decoded {
    /// A character: one unit, or two for a pair of surrogates.
    Character {
        /// Its UTF-16 units.
        units: Vec<u16>,
        /// The bytes it took.
        used: usize,
    },
    /// The beginning of one.
    Incomplete,
    /// Nothing (`EILSEQ`).
    Invalid,
}

impl Encoding {
    /// The most bytes a character takes (`MB_CUR_MAX`).
    pub const fn longest(self) -> i32 {
        match self {
            Self::C => 1,
            Self::Utf8 => 4,
        }
    }

    /// The code page's number; 0 for the "C" locale.
    pub const fn code_page(self) -> u32 {
        match self {
            Self::C => 0,
            Self::Utf8 => 65001,
        }
    }

    /// The character at the start of `bytes`.
    pub fn decode(self, bytes: &[u8]) -> Decoded {
        let Some(&first) = bytes.first() else { return Decoded::Incomplete };
        match self {
            Self::C => Decoded::Character { units: vec![first.into()], used: 1 },
            Self::Utf8 if first < 0x80 => Decoded::Character { units: vec![first.into()], used: 1 },
            Self::Utf8 => {
                let length = match first {
                    0xc2..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf4 => 4,
                    _ => return Decoded::Invalid,
                };
                let bytes = &bytes[..length.min(bytes.len())];
                match std::str::from_utf8(bytes) {
                    Ok(text) => Decoded::Character { units: text.encode_utf16().collect(), used: length },
                    Err(error) if error.error_len().is_none() => Decoded::Incomplete,
                    Err(_) => Decoded::Invalid,
                }
            }
        }
    }

    /// Appends one character, one unit or a pair of surrogates, to `bytes`; false where the encoding does not have it.
    pub fn encode(self, units: &[u16], bytes: &mut Vec<u8>) -> bool {
        match self {
            Self::C => {
                let narrow: Option<Vec<u8>> = units.iter().map(|&unit| u8::try_from(unit).ok()).collect();
                narrow.map(|narrow| bytes.extend(narrow)).is_some()
            }
            Self::Utf8 => {
                let text = String::from_utf16(units);
                text.map(|text| bytes.extend(text.bytes())).is_ok()
            }
        }
    }

    /// All of `text` as wide text; `None` where some of it is no character.
    pub fn widen(self, text: &[u8]) -> Option<Vec<u16>> {
        let mut wide = Vec::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let Decoded::Character { units, used } = self.decode(rest) else { return None };
            wide.extend(units);
            rest = &rest[used..];
        }
        Some(wide)
    }

    /// All of `text` as bytes; `None` where the encoding lacks a character of it.
    pub fn narrow(self, text: &[u16]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        match self {
            Self::C => self.encode(text, &mut bytes).then_some(bytes),
            Self::Utf8 => String::from_utf16(text).ok().map(String::into_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_locale_has_the_first_256_characters() {
        assert_eq!(Encoding::C.narrow(&[0x41, 0xe9]), Some(vec![0x41, 0xe9]));
        assert_eq!(Encoding::C.narrow(&[0x100]), None);
        assert_eq!(Encoding::C.widen(&[0xff]), Some(vec![0xff]));
    }

    #[test]
    fn utf8_knows_a_beginning_from_an_error() {
        let utf8 = Encoding::Utf8;
        assert_eq!(utf8.decode(&[0xc3]), Decoded::Incomplete);
        assert_eq!(utf8.decode(&[0xc3, 0xa9, 0x41]), Decoded::Character { units: vec![0xe9], used: 2 });
        assert_eq!(utf8.decode("\u{1f600}".as_bytes()), Decoded::Character { units: vec![0xd83d, 0xde00], used: 4 });
        for bad in [&[0x80][..], &[0xc3, 0x41], &[0xff], &[0xed, 0xa0, 0x80]] {
            assert_eq!(utf8.decode(bad), Decoded::Invalid, "{bad:x?}");
        }
        assert_eq!(utf8.narrow(&[0xd83d, 0xde00]), Some("\u{1f600}".as_bytes().to_vec()));
        assert_eq!(utf8.narrow(&[0xd83d]), None);
    }
}
