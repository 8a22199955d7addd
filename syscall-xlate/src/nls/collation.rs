//! Comparing text as people do, and as machines do.
//!
//! The linguistic order is ours: signs before digits before letters, letters by their base letter, then by marks, then by case. For Latin
//! letters, digits and ASCII signs that is the order of Windows' English locale; between and within other scripts it is the order of
//! Unicode's numbers, and no locale's own order is known.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::case::{upcase, upcase_linguistic};
use super::ctype;

/// Flags of `CompareString` and `LCMapString`.
pub mod flags {
    /// `NORM_IGNORECASE`
    pub const IGNORE_CASE: u32 = 0x1;
    /// `NORM_IGNORENONSPACE`
    pub const IGNORE_NON_SPACE: u32 = 0x2;
    /// `NORM_IGNORESYMBOLS`
    pub const IGNORE_SYMBOLS: u32 = 0x4;
    /// `SORT_DIGITSASNUMBERS`
    pub const DIGITS_AS_NUMBERS: u32 = 0x8;
    /// `LINGUISTIC_IGNORECASE`
    pub const LINGUISTIC_IGNORE_CASE: u32 = 0x10;
    /// `LINGUISTIC_IGNOREDIACRITIC`
    pub const LINGUISTIC_IGNORE_DIACRITIC: u32 = 0x20;
    /// `SORT_STRINGSORT`
    pub const STRING_SORT: u32 = 0x1000;
    /// `NORM_IGNOREKANATYPE`
    pub const IGNORE_KANA_TYPE: u32 = 0x1_0000;
    /// `NORM_IGNOREWIDTH`
    pub const IGNORE_WIDTH: u32 = 0x2_0000;
    /// `NORM_LINGUISTIC_CASING`
    pub const LINGUISTIC_CASING: u32 = 0x0800_0000;
    /// All that `CompareString` takes.
    pub const COMPARE: u32 = 0x0803_103f;
}

/// Compares unit by unit (`CompareStringOrdinal`), by upper case if case is ignored.
pub fn compare_ordinal(left: &[u16], right: &[u16], ignore_case: bool) -> Ordering {
    if ignore_case {
        left.iter().map(|&unit| upcase(unit)).cmp(right.iter().map(|&unit| upcase(unit)))
    } else {
        left.cmp(right)
    }
}

/// Compares as people sort.
pub fn compare(left: &[u16], right: &[u16], flags: u32) -> Ordering {
    sort_key(left, flags).cmp(&sort_key(right, flags))
}

/// Bytes that compare as the texts they are made of (`LCMAP_SORTKEY`), with a zero at their end. Private to this implementation.
pub fn sort_key(text: &[u16], flags: u32) -> Vec<u8> {
    let (mut base, mut marks, mut case, mut special) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let text: Vec<u16> = text.iter().copied().filter(|&unit| unit != 0).collect();
    let width = flags & flags::IGNORE_WIDTH != 0;
    let chars: Vec<char> = char::decode_utf16(text)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .map(|char| if width { narrow(char) } else { char })
        .nfd()
        .collect();
    let mut chars = chars.into_iter().peekable();
    let without_marks = flags & (flags::IGNORE_NON_SPACE | flags::LINGUISTIC_IGNORE_DIACRITIC) != 0;
    let without_case = flags & (flags::IGNORE_CASE | flags::LINGUISTIC_IGNORE_CASE) != 0;
    while let Some(char) = chars.next() {
        if is_combining_mark(char) {
            if !without_marks {
                // A mark belongs to the letter before it.
                while marks.len() < base.len() / UNIT {
                    marks.push(NO_MARK);
                }
                let weight = u32::from(char) & 0xff;
                let last = marks.last_mut();
                if let Some(last) = last {
                    *last = last.saturating_add((weight as u8).max(1));
                }
            }
            continue;
        }
        if flags & flags::STRING_SORT == 0 && matches!(char, '-' | '\'' | '\u{ad}' | '\u{2010}'..='\u{2011}') {
            // Word sort: hyphen and apostrophe count only between words that are equal otherwise.
            if flags & flags::IGNORE_SYMBOLS == 0 {
                special.extend([(base.len() / UNIT).min(254) as u8 + 1, char as u8]);
            }
            continue;
        }
        let unit = u16::try_from(u32::from(char)).unwrap_or(0xfffd);
        let class = class_of(char, unit);
        if class == Class::Sign && flags & flags::IGNORE_SYMBOLS != 0 {
            continue;
        }
        let mut folded = match upcase_linguistic(unit) {
            _ if unit == 0xfffd => u32::from(char),
            upper => u32::from(upper),
        };
        if flags & flags::IGNORE_KANA_TYPE != 0 && (0x3041..=0x3096).contains(&folded) {
            folded += 0x60;
        }
        if class == Class::Digit && flags & flags::DIGITS_AS_NUMBERS != 0 {
            let mut digits: String = char.to_string();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let digits = digits.trim_start_matches('0');
            push(&mut base, Class::Digit, digits.len() as u32);
            digits.bytes().for_each(|digit| push(&mut base, Class::Digit, u32::from(digit)));
        } else {
            push(&mut base, class, folded);
        }
        if !without_case {
            while case.len() + 1 < base.len() / UNIT {
                case.push(LOWER_CASE);
            }
            // Small letters come before capitals.
            case.push(if ctype::type1(unit) & ctype::UPPER != 0 { UPPER_CASE } else { LOWER_CASE });
        }
    }
    trim(&mut marks, NO_MARK);
    trim(&mut case, LOWER_CASE);
    let mut key = base;
    for level in [marks, case, special] {
        key.push(LEVEL);
        key.extend(level);
    }
    key.push(0);
    key
}

/// Bytes of a base weight.
const UNIT: usize = 4;
/// Between the levels of a key: less than any weight.
const LEVEL: u8 = 1;
const NO_MARK: u8 = 2;
const LOWER_CASE: u8 = 2;
const UPPER_CASE: u8 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Sign = 2,
    Digit = 3,
    Letter = 4,
}

fn class_of(char: char, unit: u16) -> Class {
    match ctype::type1(unit) {
        bits if bits & ctype::DIGIT != 0 => Class::Digit,
        bits if bits & ctype::ALPHA != 0 || u32::from(char) > 0xffff => Class::Letter,
        _ => Class::Sign,
    }
}

/// No byte of a weight is below 2: those are the ends of levels and keys.
fn push(base: &mut Vec<u8>, class: Class, weight: u32) {
    let weight = weight.min(0x1f_ffff);
    base.extend([class as u8, (weight >> 14) as u8 + 2, (weight >> 7 & 0x7f) as u8 + 2, (weight & 0x7f) as u8 + 2]);
}

fn trim(level: &mut Vec<u8>, usual: u8) {
    while level.last() == Some(&usual) {
        level.pop();
    }
}

fn narrow(char: char) -> char {
    match u32::from(char) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(char),
        0x3000 => ' ',
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(left: &str, right: &str, flags: u32) -> Ordering {
        let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        compare(&wide(left), &wide(right), flags)
    }

    #[test]
    fn words_are_sorted_as_people_do() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, expected) in [
            ("a", "b", Less),
            ("a", "A", Less),
            ("A", "b", Less),
            ("abc", "ABD", Less),
            ("äb", "az", Less),
            ("a", "ä", Less),
            ("Z", "ä", Greater),
            ("1", "a", Less),
            ("!", "1", Less),
            ("co-op", "coop", Greater),
            ("co-op", "coos", Less),
            ("", "a", Less),
            ("abc", "abc", Equal),
            ("a\u{308}", "ä", Equal),
        ] {
            assert_eq!(order(left, right, 0), expected, "{left} {right}");
        }
    }

    #[test]
    fn flags_leave_out_what_they_say() {
        assert_eq!(order("Straße", "STRAßE", flags::IGNORE_CASE), Ordering::Equal);
        assert_eq!(order("resume", "résumé", flags::IGNORE_NON_SPACE), Ordering::Equal);
        assert_eq!(order("a.b", "ab", flags::IGNORE_SYMBOLS), Ordering::Equal);
        assert_eq!(order("file10", "file9", flags::DIGITS_AS_NUMBERS), Ordering::Greater);
        assert_eq!(order("file10", "file9", 0), Ordering::Less);
        assert_eq!(order("ＡＢ", "AB", flags::IGNORE_WIDTH), Ordering::Equal);
    }

    #[test]
    fn the_ordinal_order_is_that_of_units() {
        assert_eq!(compare_ordinal(&[0x61], &[0x42], false), Ordering::Greater);
        assert_eq!(compare_ordinal(&[0x61], &[0x42], true), Ordering::Less);
        assert_eq!(compare_ordinal(&[0xe4], &[0xc4], true), Ordering::Equal);
    }
}
