//! Code pages (<https://learn.microsoft.com/windows/win32/intl/code-page-identifiers>).
//!
//! The tables are those of `encoding_rs` and `oem_cp`; bytes that have no character get the private one that Microsoft's published
//! best-fit tables give them.

use std::sync::OnceLock;

use encoding_rs::Encoding;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;
use oem_cp::code_table_type::TableType;

use super::convert;
use super::{ANSI_CODE_PAGE, OEM_CODE_PAGE};

/// A code page that text can be converted from and to.
#[derive(Clone, Copy, Debug)]
pub struct CodePage {
    number: u32,
    pub(super) scheme: Scheme,
}

/// How a code page represents characters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scheme {
    /// One byte each; the index of the table.
    Single(usize),
    /// One byte, or a lead byte and another one.
    Double(&'static Encoding, LeadBytes),
    /// One, two or four bytes.
    Gb18030,
    /// UTF-7.
    Utf7,
    /// UTF-8.
    Utf8,
}

/// Ranges of lead bytes, both ends included.
type LeadBytes = &'static [(u8, u8)];

/// The tables of a code page of single bytes.
pub(super) struct SingleByte {
    decode: [u16; 256],
    /// Sorted by character.
    encode: Vec<(u16, u8)>,
    /// Bytes without a character.
    undefined: [bool; 256],
}

enum Source {
    Ascii,
    Latin1,
    Oem,
    Web(&'static Encoding),
}

/// Code pages of single bytes, ascending.
static SINGLE: [(u32, Source); 44] = [
    (437, Source::Oem),
    (720, Source::Oem),
    (737, Source::Oem),
    (775, Source::Oem),
    (850, Source::Oem),
    (852, Source::Oem),
    (855, Source::Oem),
    (857, Source::Oem),
    (858, Source::Oem),
    (860, Source::Oem),
    (861, Source::Oem),
    (862, Source::Oem),
    (863, Source::Oem),
    (864, Source::Oem),
    (865, Source::Oem),
    (866, Source::Oem),
    (869, Source::Oem),
    (874, Source::Web(encoding_rs::WINDOWS_874)),
    (1250, Source::Web(encoding_rs::WINDOWS_1250)),
    (1251, Source::Web(encoding_rs::WINDOWS_1251)),
    (1252, Source::Web(encoding_rs::WINDOWS_1252)),
    (1253, Source::Web(encoding_rs::WINDOWS_1253)),
    (1254, Source::Web(encoding_rs::WINDOWS_1254)),
    (1255, Source::Web(encoding_rs::WINDOWS_1255)),
    (1256, Source::Web(encoding_rs::WINDOWS_1256)),
    (1257, Source::Web(encoding_rs::WINDOWS_1257)),
    (1258, Source::Web(encoding_rs::WINDOWS_1258)),
    (10000, Source::Web(encoding_rs::MACINTOSH)),
    (10007, Source::Web(encoding_rs::X_MAC_CYRILLIC)),
    (20127, Source::Ascii),
    (20866, Source::Web(encoding_rs::KOI8_R)),
    (21866, Source::Web(encoding_rs::KOI8_U)),
    (28591, Source::Latin1),
    (28592, Source::Web(encoding_rs::ISO_8859_2)),
    (28593, Source::Web(encoding_rs::ISO_8859_3)),
    (28594, Source::Web(encoding_rs::ISO_8859_4)),
    (28595, Source::Web(encoding_rs::ISO_8859_5)),
    (28596, Source::Web(encoding_rs::ISO_8859_6)),
    (28597, Source::Web(encoding_rs::ISO_8859_7)),
    (28598, Source::Web(encoding_rs::ISO_8859_8)),
    (28599, Source::Web(encoding_rs::WINDOWS_1254)),
    (28603, Source::Web(encoding_rs::ISO_8859_13)),
    (28605, Source::Web(encoding_rs::ISO_8859_15)),
    (38598, Source::Web(encoding_rs::ISO_8859_8)),
];

static TABLES: [OnceLock<SingleByte>; SINGLE.len()] = [const { OnceLock::new() }; SINGLE.len()];

/// Code pages of one or two bytes.
static DOUBLE: [(u32, &Encoding, LeadBytes); 5] = [
    (932, encoding_rs::SHIFT_JIS, &[(0x81, 0x9f), (0xe0, 0xfc)]),
    (936, encoding_rs::GBK, &[(0x81, 0xfe)]),
    (949, encoding_rs::EUC_KR, &[(0x81, 0xfe)]),
    (950, encoding_rs::BIG5, &[(0x81, 0xfe)]),
    (51932, encoding_rs::EUC_JP, &[(0x8e, 0x8e), (0xa1, 0xfe)]),
];

/// `CP_ACP`, `CP_OEMCP`, `CP_MACCP`, `CP_THREAD_ACP`.
const ALIASES: [(u32, u32); 4] = [(0, ANSI_CODE_PAGE), (1, OEM_CODE_PAGE), (2, 10000), (3, ANSI_CODE_PAGE)];

impl CodePage {
    /// The ANSI code page.
    pub const ANSI: Self = Self { number: ANSI_CODE_PAGE, scheme: Scheme::Single(20) };
    /// UTF-8.
    pub const UTF8: Self = Self { number: super::CP_UTF8, scheme: Scheme::Utf8 };

    /// The code page of this number, or that the alias `CP_ACP`, `CP_OEMCP`, `CP_MACCP` or `CP_THREAD_ACP` stands for.
    pub fn new(number: u32) -> Option<Self> {
        let number = ALIASES.iter().find(|alias| alias.0 == number).map_or(number, |alias| alias.1);
        let scheme = match number {
            54936 => Scheme::Gb18030,
            65000 => Scheme::Utf7,
            65001 => Scheme::Utf8,
            _ => match SINGLE.binary_search_by_key(&number, |row| row.0) {
                Ok(index) => Scheme::Single(index),
                Err(_) => {
                    let row = DOUBLE.iter().find(|row| row.0 == number)?;
                    Scheme::Double(row.1, row.2)
                }
            },
        };
        Some(Self { number, scheme })
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The most bytes one UTF-16 unit takes (`CPINFO.MaxCharSize`).
    pub fn max_char_size(&self) -> u32 {
        match self.scheme {
            Scheme::Single(_) => 1,
            Scheme::Double(..) => 2,
            Scheme::Gb18030 | Scheme::Utf8 => 4,
            Scheme::Utf7 => 5,
        }
    }

    /// Ranges of lead bytes, both ends included.
    pub fn lead_bytes(&self) -> &'static [(u8, u8)] {
        match self.scheme {
            Scheme::Double(_, ranges) => ranges,
            _ => &[],
        }
    }

    /// True for a byte that begins a character of two bytes.
    pub fn is_lead_byte(&self, byte: u8) -> bool {
        self.lead_bytes().iter().any(|&(first, last)| (first..=last).contains(&byte))
    }

    /// What stands for a character that the code page lacks.
    pub fn default_char(&self) -> &'static [u8] {
        match self.number {
            // Microsoft's Japanese code page in EUC form takes a middle dot.
            51932 => &[0xa1, 0xa6],
            _ => b"?",
        }
    }

    /// What stands for bytes that are no character.
    pub fn default_unicode_char(&self) -> u16 {
        match self.scheme {
            Scheme::Utf8 | Scheme::Utf7 => 0xfffd,
            Scheme::Double(..) if self.number == 932 => 0x30fb,
            _ => u16::from(b'?'),
        }
    }

    /// Its name (`GetCPInfoEx`).
    pub fn name(&self) -> String {
        let name = match self.number {
            437 => "OEM - United States",
            850 => "OEM - Multilingual Latin I",
            932 => "ANSI/OEM - Japanese Shift-JIS",
            936 => "ANSI/OEM - Simplified Chinese GBK",
            949 => "ANSI/OEM - Korean",
            950 => "ANSI/OEM - Traditional Chinese Big5",
            1250 => "ANSI - Central Europe",
            1251 => "ANSI - Cyrillic",
            1252 => "ANSI - Latin I",
            20127 => "US-ASCII",
            28591 => "ISO 8859-1 Latin I",
            65000 => "UTF-7",
            65001 => "UTF-8",
            _ => "",
        };
        format!("{:<5} ({name})", self.number).replace(" ()", "").trim_end().to_owned()
    }

    /// The text of these bytes; what is no character becomes the replacement.
    pub fn decode(&self, bytes: &[u8]) -> Vec<u16> {
        convert::decode(self, bytes).0
    }

    /// The bytes of this text, with best fit; what has none becomes the default character.
    pub fn encode(&self, text: &[u16]) -> Vec<u8> {
        convert::encode(self, text, true, self.default_char()).bytes
    }

    /// Whether the characters of ASCII are the bytes of ASCII, so that text of no others needs no table.
    pub(super) fn keeps_ascii(&self) -> bool {
        !matches!(self.scheme, Scheme::Utf7)
    }

    pub(super) fn single(index: usize) -> &'static SingleByte {
        TABLES[index].get_or_init(|| SingleByte::new(SINGLE[index].0, &SINGLE[index].1))
    }
}

impl SingleByte {
    fn new(number: u32, source: &Source) -> Self {
        let mut decode = [0; 256];
        let mut undefined = [false; 256];
        for byte in 0..=255_u8 {
            let char = match source {
                // Observed: the eighth bit is ignored.
                Source::Ascii => Some(char::from(byte & 0x7f)),
                Source::Latin1 => Some(char::from(byte)),
                _ if byte < 0x80 => Some(char::from(byte)),
                Source::Oem => oem(number, byte),
                Source::Web(encoding) => encoding
                    .decode_without_bom_handling_and_without_replacement(&[byte])
                    .and_then(|text| text.chars().next()),
            };
            let unit = char.and_then(|char| u16::try_from(u32::from(char)).ok());
            undefined[usize::from(byte)] = unit.is_none();
            decode[usize::from(byte)] = unit.unwrap_or_else(|| private_char(number, byte));
        }
        let mut encode: Vec<_> = decode.iter().zip(0..=255_u8).map(|(&unit, byte)| (unit, byte)).collect();
        encode.sort_unstable();
        encode.dedup_by_key(|pair| pair.0);
        Self { decode, encode, undefined }
    }

    pub(super) fn decode(&self, byte: u8) -> u16 {
        self.decode[usize::from(byte)]
    }

    pub(super) fn is_undefined(&self, byte: u8) -> bool {
        self.undefined[usize::from(byte)]
    }

    pub(super) fn encode(&self, unit: u16) -> Option<u8> {
        let at = self.encode.binary_search_by_key(&unit, |pair| pair.0).ok()?;
        self.encode.get(at).map(|pair| pair.1)
    }
}

fn oem(number: u32, byte: u8) -> Option<char> {
    let at = usize::from(byte.checked_sub(0x80)?);
    match DECODING_TABLE_CP_MAP.get(&u16::try_from(number).ok()?)? {
        TableType::Complete(table) => table.get(at).copied(),
        TableType::Incomplete(table) => table.get(at).copied().flatten(),
    }
}

/// The private character of a byte without one, from Microsoft's best-fit tables
/// (<https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WindowsBestFit/>).
fn private_char(number: u32, byte: u8) -> u16 {
    let byte_at = |first: u8, unit: u16| unit + u16::from(byte - first);
    match (number, byte) {
        (857, 0xd5) => 0xf8bb,
        (857, 0xe7) => 0xf8bc,
        (857, 0xf2) => 0xf8bd,
        (874, 0xdb..=0xde) => byte_at(0xdb, 0xf8c1),
        (874, 0xfc..=0xff) => byte_at(0xfc, 0xf8c5),
        (1253, 0xaa) => 0xf8f9,
        (1253, 0xd2) => 0xf8fa,
        (1253, 0xff) => 0xf8fb,
        (1255, 0xd9..=0xdf) => byte_at(0xd9, 0xf88d),
        (1255, 0xfb..=0xfc) => byte_at(0xfb, 0xf894),
        (1255, 0xff) => 0xf896,
        (1257, 0xa1) => 0xf8fc,
        (1257, 0xa5) => 0xf8fd,
        _ => u16::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_code_pages_is_sorted_and_the_ansi_one_is_where_it_is_said_to_be() {
        assert!(SINGLE.is_sorted_by_key(|row| row.0));
        assert_eq!(CodePage::new(0).map(|page| page.number()), Some(1252));
        assert!(matches!(CodePage::new(1252).map(|page| page.scheme), Some(Scheme::Single(20))));
    }

    #[test]
    fn every_single_byte_page_round_trips() {
        for row in &SINGLE {
            // ASCII ignores the eighth bit; Arabic DOS has one character twice.
            if matches!(row.0, 20127 | 864) {
                continue;
            }
            let page = CodePage::new(row.0).unwrap();
            for byte in 0..=255 {
                // A byte without a character stands for itself, which may be another byte's character.
                let (text, valid) = convert::decode(&page, &[byte]);
                assert!(!valid || page.encode(&text) == [byte], "{} {byte:02x}", row.0);
            }
        }
    }

    #[test]
    fn tables_keep_ascii() {
        for (index, row) in SINGLE.iter().enumerate() {
            let table = CodePage::single(index);
            for byte in 0..0x80 {
                assert_eq!(table.decode(byte), u16::from(byte), "{}", row.0);
                assert_eq!(table.encode(byte.into()), Some(byte), "{}", row.0);
            }
        }
    }

    #[test]
    fn managed_only_pages_are_not_offered() {
        assert!([1200, 1201, 12000, 12001, 42, 9999].iter().all(|&number| CodePage::new(number).is_none()));
    }

    #[test]
    fn lead_bytes() {
        let japanese = CodePage::new(932).unwrap();
        assert!(japanese.is_lead_byte(0x81) && japanese.is_lead_byte(0xfc) && !japanese.is_lead_byte(0xa0));
        assert!(!CodePage::ANSI.is_lead_byte(0x81));
    }
}
