//! Conversion between code pages and UTF-16, with the semantics of `MultiByteToWideChar` and `WideCharToMultiByte`.

use abi::WIN32_ERROR;
use unicode_normalization::char::decompose_compatible;

use super::CodePage;
use super::codepage::Scheme;
use super::utf7;

/// Flags of `MultiByteToWideChar`.
pub struct ToWide;

impl ToWide {
    /// `MB_PRECOMPOSED`
    pub const PRECOMPOSED: u32 = 1;
    /// `MB_COMPOSITE`
    pub const COMPOSITE: u32 = 2;
    /// `MB_USEGLYPHCHARS`
    pub const USEGLYPHCHARS: u32 = 4;
    /// `MB_ERR_INVALID_CHARS`
    pub const ERR_INVALID_CHARS: u32 = 8;
}

/// Flags of `WideCharToMultiByte`.
pub struct FromWide;

impl FromWide {
    /// `WC_DISCARDNS`, `WC_SEPCHARS`, `WC_DEFAULTCHAR` and `WC_COMPOSITECHECK`.
    pub const COMPOSITE_FLAGS: u32 = 0x10 | 0x20 | 0x40 | 0x200;
    /// `WC_ERR_INVALID_CHARS`
    pub const ERR_INVALID_CHARS: u32 = 0x80;
    /// `WC_NO_BEST_FIT_CHARS`
    pub const NO_BEST_FIT_CHARS: u32 = 0x400;
}

/// Text in a code page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrow {
    /// The text.
    pub bytes: Vec<u8>,
    /// The default character had to stand in for something.
    pub used_default: bool,
    /// The text had half of a surrogate pair.
    pub invalid: bool,
}

/// Converts bytes of a code page to UTF-16 (`MultiByteToWideChar`).
///
/// # Errors
/// `ERROR_INVALID_FLAGS` for flags the code page does not allow, `ERROR_NO_UNICODE_TRANSLATION` with `MB_ERR_INVALID_CHARS` for bytes
/// that are no character.
pub fn to_wide(page: &CodePage, flags: u32, bytes: &[u8]) -> Result<Vec<u16>, WIN32_ERROR> {
    let allowed = match page.scheme {
        Scheme::Utf7 => 0,
        Scheme::Utf8 | Scheme::Gb18030 => ToWide::ERR_INVALID_CHARS,
        _ => ToWide::PRECOMPOSED | ToWide::COMPOSITE | ToWide::USEGLYPHCHARS | ToWide::ERR_INVALID_CHARS,
    };
    let both = ToWide::PRECOMPOSED | ToWide::COMPOSITE;
    if flags & !allowed != 0 || flags & both == both {
        return Err(WIN32_ERROR::ERROR_INVALID_FLAGS);
    }
    let (text, valid) = decode(page, bytes);
    if !valid && flags & ToWide::ERR_INVALID_CHARS != 0 {
        return Err(WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION);
    }
    if flags & ToWide::COMPOSITE != 0 {
        use unicode_normalization::UnicodeNormalization;
        let composed = String::from_utf16_lossy(&text);
        return Ok(composed.nfd().collect::<String>().encode_utf16().collect());
    }
    Ok(text)
}

/// Converts UTF-16 to bytes of a code page (`WideCharToMultiByte`). `default` stands for characters that the code page lacks.
///
/// # Errors
/// `ERROR_INVALID_FLAGS` for flags the code page does not allow, `ERROR_NO_UNICODE_TRANSLATION` with `WC_ERR_INVALID_CHARS` for half a
/// surrogate pair.
pub fn from_wide(page: &CodePage, flags: u32, text: &[u16], default: Option<&[u8]>) -> Result<Narrow, WIN32_ERROR> {
    let allowed = match page.scheme {
        Scheme::Utf7 => 0,
        Scheme::Utf8 | Scheme::Gb18030 => FromWide::ERR_INVALID_CHARS,
        _ => FromWide::COMPOSITE_FLAGS | FromWide::NO_BEST_FIT_CHARS,
    };
    if flags & !allowed != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_FLAGS);
    }
    let narrow = encode(page, text, flags & FromWide::NO_BEST_FIT_CHARS == 0, default.unwrap_or(page.default_char()));
    if narrow.invalid && flags & FromWide::ERR_INVALID_CHARS != 0 {
        return Err(WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION);
    }
    Ok(narrow)
}

/// The text, and whether every byte was part of a character.
pub(super) fn decode(page: &CodePage, bytes: &[u8]) -> (Vec<u16>, bool) {
    if page.keeps_ascii() && bytes.is_ascii() {
        return (bytes.iter().map(|&byte| byte.into()).collect(), true);
    }
    match page.scheme {
        Scheme::Single(index) => {
            let table = CodePage::single(index);
            let valid = !bytes.iter().any(|&byte| table.is_undefined(byte));
            (bytes.iter().map(|&byte| table.decode(byte)).collect(), valid)
        }
        Scheme::Utf8 => {
            let mut text = Vec::with_capacity(bytes.len());
            let mut valid = true;
            for chunk in bytes.utf8_chunks() {
                text.extend(chunk.valid().encode_utf16());
                if !chunk.invalid().is_empty() {
                    valid = false;
                    text.push(0xfffd);
                }
            }
            (text, valid)
        }
        Scheme::Utf7 => (utf7::decode(bytes), true),
        Scheme::Gb18030 => {
            let (text, errors) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
            (text.encode_utf16().collect(), !errors)
        }
        Scheme::Double(encoding, _) => decode_double(page, encoding, bytes),
    }
}

fn decode_double(page: &CodePage, encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> (Vec<u16>, bool) {
    let mut text = Vec::with_capacity(bytes.len());
    let mut valid = true;
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        if *first < 0x80 {
            text.push(u16::from(*first));
            rest = after;
            continue;
        }
        let len = if page.is_lead_byte(*first) { 2 } else { 1 };
        let Some((char, after)) = rest.split_at_checked(len) else {
            // A lead byte at the end is no character; observed: it becomes a zero.
            text.push(0);
            valid = false;
            break;
        };
        match encoding.decode_without_bom_handling_and_without_replacement(char) {
            Some(decoded) => text.extend(decoded.encode_utf16()),
            None => match private_byte(page.number(), char) {
                Some(unit) => text.push(unit),
                None => {
                    valid = false;
                    text.push(page.default_unicode_char());
                }
            },
        }
        rest = after;
    }
    (text, valid)
}

/// Single bytes of double-byte pages that the web's tables leave out (Microsoft's best-fit tables).
fn private_byte(number: u32, char: &[u8]) -> Option<u16> {
    match (number, char) {
        (932, [0xa0]) => Some(0xa0),
        (932, [byte @ 0xfd..=0xff]) => Some(0xf8f1 + u16::from(byte - 0xfd)),
        (936 | 949 | 950, [0x80]) => Some(0x80),
        (936 | 950, [0xff]) => Some(0xf8f5),
        (949, [0xff]) => Some(0xf8f7),
        _ => None,
    }
}

/// The bytes of a text.
pub(super) fn encode(page: &CodePage, text: &[u16], best_fit: bool, default: &[u8]) -> Narrow {
    let mut narrow = Narrow { bytes: Vec::with_capacity(text.len()), used_default: false, invalid: false };
    if page.keeps_ascii() && text.iter().all(|&unit| unit < 0x80) {
        narrow.bytes.extend(text.iter().map(|&unit| unit as u8));
        return narrow;
    }
    match page.scheme {
        Scheme::Utf7 => narrow.bytes = utf7::encode(text),
        Scheme::Utf8 | Scheme::Gb18030 => {
            for char in char::decode_utf16(text.iter().copied()) {
                let char = char.unwrap_or_else(|_| {
                    narrow.invalid = true;
                    char::REPLACEMENT_CHARACTER
                });
                let mut buffer = [0; 4];
                let utf8 = char.encode_utf8(&mut buffer);
                if matches!(page.scheme, Scheme::Utf8) {
                    narrow.bytes.extend_from_slice(utf8.as_bytes());
                } else {
                    narrow.bytes.extend_from_slice(&encoding_rs::GB18030.encode(utf8).0);
                }
            }
        }
        Scheme::Single(index) => {
            let table = CodePage::single(index);
            each(text, &mut narrow, default, best_fit, |unit, out| match table.encode(unit) {
                Some(byte) => {
                    out.push(byte);
                    true
                }
                None => false,
            });
        }
        Scheme::Double(encoding, _) => {
            let number = page.number();
            each(text, &mut narrow, default, best_fit, |unit, out| encode_double(number, encoding, unit, out));
        }
    }
    narrow
}

/// Encodes unit by unit: a pair of surrogates is one character that no such code page has.
fn each(
    text: &[u16],
    narrow: &mut Narrow,
    default: &[u8],
    best_fit: bool,
    mut put: impl FnMut(u16, &mut Vec<u8>) -> bool,
) {
    let mut units = text.iter().copied().peekable();
    while let Some(unit) = units.next() {
        if unit < 0x80 {
            narrow.bytes.push(unit as u8);
            continue;
        }
        if put(unit, &mut narrow.bytes) || (best_fit && fits(unit).iter().any(|&fit| put(fit, &mut narrow.bytes))) {
            continue;
        }
        if (0xd800..0xdc00).contains(&unit) {
            units.next_if(|next| (0xdc00..0xe000).contains(next));
        }
        narrow.used_default = true;
        narrow.bytes.extend_from_slice(default);
    }
}

fn encode_double(number: u32, encoding: &'static encoding_rs::Encoding, unit: u16, out: &mut Vec<u8>) -> bool {
    let Some(char) = char::from_u32(u32::from(unit)) else {
        return false;
    };
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = encoding.encode(char.encode_utf8(&mut buffer));
    // EUC-JP has characters of three bytes; Microsoft's has not.
    if !unmappable && bytes.len() <= 2 {
        out.extend_from_slice(&bytes);
        return true;
    }
    let single = (0x80..=0xff).find(|&byte| private_byte(number, &[byte]) == Some(unit));
    out.extend(single);
    single.is_some()
}

/// What may stand for a character that a code page lacks, best first: what it is a variant of by Unicode's decompositions, and signs of
/// the same look.
fn fits(unit: u16) -> [u16; 2] {
    let mut base = unit;
    if let Some(char) = char::from_u32(u32::from(unit)) {
        let mut first = None;
        decompose_compatible(char, |part| {
            first.get_or_insert(part);
        });
        base = first.and_then(|first| u16::try_from(u32::from(first)).ok()).unwrap_or(unit);
    }
    let look = match char::from_u32(u32::from(unit)).unwrap_or('\0') {
        '‘' | '’' | '‚' | '‛' | '′' | '‵' | 'ʹ' | 'ʻ' | 'ʼ' | 'ˈ' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '″' | 'ʺ' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '\u{ad}' => '-',
        '…' => '.',
        '•' | '∙' | '·' => '\u{b7}',
        '‹' | '〈' | '《' | '«' => '<',
        '›' | '〉' | '》' | '»' => '>',
        '⁄' | '∕' => '/',
        '∖' => '\\',
        '∗' => '*',
        '∣' | '│' | '¦' => '|',
        '∶' => ':',
        '∼' | '˜' => '~',
        'ˆ' | '⌃' => '^',
        'Đ' | 'Ð' => 'D',
        'đ' | 'ð' => 'd',
        'Ø' => 'O',
        'ø' => 'o',
        'Ł' => 'L',
        'ł' => 'l',
        'Ħ' => 'H',
        'ħ' => 'h',
        'Ŧ' => 'T',
        'ŧ' => 't',
        'ı' => 'i',
        'ƒ' => 'f',
        '©' => 'c',
        '®' => 'r',
        '×' => 'x',
        '¡' => '!',
        _ => '\0',
    };
    let look = u16::try_from(u32::from(look)).unwrap_or(0);
    [base, if look == 0 { unit } else { look }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn page(number: u32) -> CodePage {
        CodePage::new(number).unwrap()
    }

    #[test]
    fn single_bytes() {
        assert_eq!(to_wide(&page(1252), 0, b"caf\xe9 \x80\x81"), Ok(wide("café €\u{81}")));
        assert_eq!(to_wide(&page(437), 0, b"\x81\xe1"), Ok(wide("üß")));
        assert_eq!(page(1251).encode(&wide("Привет")), b"\xcf\xf0\xe8\xe2\xe5\xf2");
    }

    #[test]
    fn best_fit_and_default() {
        let narrow = from_wide(&page(1252), 0, &wide("Āａ世"), None).unwrap();
        assert_eq!((&narrow.bytes[..], narrow.used_default), (&b"Aa?"[..], true));
        let strict = from_wide(&page(1252), FromWide::NO_BEST_FIT_CHARS, &wide("Āa"), Some(b"_")).unwrap();
        assert_eq!((&strict.bytes[..], strict.used_default), (&b"_a"[..], true));
        assert_eq!(from_wide(&page(1252), 0, &wide("😀"), None).unwrap().bytes, b"?");
    }

    #[test]
    fn double_bytes() {
        let bytes = page(932).encode(&wide("日本ｱ\\"));
        assert_eq!(bytes, b"\x93\xfa\x96\x7b\xb1\\");
        assert_eq!(to_wide(&page(932), 0, &bytes), Ok(wide("日本ｱ\\")));
        assert_eq!(
            to_wide(&page(932), ToWide::ERR_INVALID_CHARS, b"\x93"),
            Err(WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION)
        );
        assert_eq!(to_wide(&page(936), 0, &page(936).encode(&wide("中文€"))), Ok(wide("中文€")));
    }

    #[test]
    fn utf_8_replaces_each_broken_sequence() {
        assert_eq!(
            to_wide(&page(65001), 0, b"a\xf0\x9fb\xff\xed\xa0\x80"),
            Ok(wide("a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}"))
        );
        let strict = to_wide(&page(65001), ToWide::ERR_INVALID_CHARS, b"\xff");
        assert_eq!(strict, Err(WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION));
        assert_eq!(from_wide(&page(65001), 0, &[0xd800, 0x61], None).unwrap().bytes, "\u{fffd}a".as_bytes());
        let strict = from_wide(&page(65001), FromWide::ERR_INVALID_CHARS, &[0xdc00], None);
        assert_eq!(strict, Err(WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION));
    }

    #[test]
    fn flags_are_checked_by_code_page() {
        assert_eq!(to_wide(&page(65001), ToWide::PRECOMPOSED, b"a"), Err(WIN32_ERROR::ERROR_INVALID_FLAGS));
        assert_eq!(to_wide(&page(65000), ToWide::ERR_INVALID_CHARS, b"a"), Err(WIN32_ERROR::ERROR_INVALID_FLAGS));
        assert_eq!(to_wide(&page(1252), 3, b"a"), Err(WIN32_ERROR::ERROR_INVALID_FLAGS));
        assert_eq!(
            from_wide(&page(65001), FromWide::NO_BEST_FIT_CHARS, &wide("a"), None),
            Err(WIN32_ERROR::ERROR_INVALID_FLAGS)
        );
        assert_eq!(to_wide(&page(1252), ToWide::COMPOSITE, b"\xe9"), Ok(wide("e\u{301}")));
    }

    #[test]
    fn utf_7_as_in_its_standard() {
        for (text, encoded) in [("A≢Α.", "A+ImIDkQ."), ("Hi Mom -☺-!", "Hi Mom -+Jjo--!"), ("1+1", "1+-1")] {
            assert_eq!(
                to_wide(&page(65000), 0, encoded.as_bytes()).map(|text| String::from_utf16_lossy(&text)).as_deref(),
                Ok(text)
            );
            let back = page(65000).encode(&wide(text));
            assert_eq!(to_wide(&page(65000), 0, &back), Ok(wide(text)));
        }
    }
}
