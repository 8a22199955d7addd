//! Character types, as `GetStringType` gives them, from Unicode's properties.
//!
//! (<https://learn.microsoft.com/windows/win32/api/stringapiset/nf-stringapiset-getstringtypew>) How categories become types was
//! observed character by character in another implementation.

use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::char::{decompose_canonical, is_combining_mark};
use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

/// `CT_CTYPE1`: upper, lower, digit, space, ...
pub const CT_CTYPE1: u32 = 1;
/// `CT_CTYPE2`: direction of writing.
pub const CT_CTYPE2: u32 = 2;
/// `CT_CTYPE3`: for processing text.
pub const CT_CTYPE3: u32 = 4;

/// `C1_UPPER`
pub const UPPER: u16 = 0x1;
/// `C1_LOWER`
pub const LOWER: u16 = 0x2;
/// `C1_DIGIT`
pub const DIGIT: u16 = 0x4;
/// `C1_SPACE`
pub const SPACE: u16 = 0x8;
/// `C1_PUNCT`
pub const PUNCT: u16 = 0x10;
/// `C1_CNTRL`
pub const CNTRL: u16 = 0x20;
/// `C1_BLANK`
pub const BLANK: u16 = 0x40;
/// `C1_XDIGIT`
pub const XDIGIT: u16 = 0x80;
/// `C1_ALPHA`
pub const ALPHA: u16 = 0x100;
/// `C1_DEFINED`
pub const DEFINED: u16 = 0x200;

/// The type of a UTF-16 unit: `CT_CTYPE1`, `CT_CTYPE2` or `CT_CTYPE3`. `None` for another kind.
pub fn string_type(kind: u32, unit: u16) -> Option<u16> {
    match kind {
        CT_CTYPE1 => Some(type1(unit)),
        CT_CTYPE2 => Some(type2(unit)),
        CT_CTYPE3 => Some(type3(unit)),
        _ => None,
    }
}

/// The `C1_*` bits of a unit.
pub fn type1(unit: u16) -> u16 {
    let Some(char) = char::from_u32(u32::from(unit)) else {
        return DEFINED;
    };
    let bits = match char.general_category() {
        Category::Unassigned => return 0,
        Category::UppercaseLetter => ALPHA | UPPER,
        Category::LowercaseLetter => ALPHA | LOWER,
        Category::TitlecaseLetter => ALPHA | UPPER | LOWER,
        Category::ModifierLetter | Category::OtherLetter | Category::LetterNumber => ALPHA,
        Category::DecimalNumber => DIGIT,
        Category::Control | Category::Format => CNTRL,
        Category::SpaceSeparator | Category::LineSeparator | Category::ParagraphSeparator => SPACE,
        Category::ConnectorPunctuation
        | Category::DashPunctuation
        | Category::OpenPunctuation
        | Category::ClosePunctuation
        | Category::InitialPunctuation
        | Category::FinalPunctuation
        | Category::OtherPunctuation => PUNCT,
        _ => 0,
    };
    let more = match char {
        '\t' => SPACE | BLANK,
        '\n'..='\r' | '\u{85}' => SPACE,
        ' ' | '\u{a0}' | '\u{3000}' | '\u{feff}' => BLANK,
        '²' | '³' | '¹' => DIGIT | PUNCT,
        'ª' | 'µ' | 'º' => PUNCT | LOWER,
        // The signs of ASCII and Latin 1 are punctuation, whatever Unicode says.
        '$' | '+' | '<'..='>' | '^' | '`' | '|' | '~' | '¢'..='©' | '¬'..='±' | '´' | '¸' | '¼'..='¾' | '×' | '÷' => {
            PUNCT
        }
        '0'..='9' | 'A'..='F' | 'a'..='f' | '０'..='９' | 'Ａ'..='Ｆ' | 'ａ'..='ｆ' => XDIGIT,
        _ => 0,
    };
    bits | more | DEFINED
}

/// The `C2_*` number of a unit.
fn type2(unit: u16) -> u16 {
    let Some(char) = char::from_u32(u32::from(unit)) else {
        return 0;
    };
    if char.general_category() == Category::Unassigned {
        return 0;
    }
    match bidi_class(char) {
        BidiClass::L => 1,
        BidiClass::R | BidiClass::AL => 2,
        BidiClass::EN => 3,
        BidiClass::ES => 4,
        BidiClass::ET => 5,
        BidiClass::AN => 6,
        BidiClass::CS => 7,
        BidiClass::B => 8,
        BidiClass::S => 9,
        BidiClass::WS => 10,
        BidiClass::BN => 0,
        _ => 11,
    }
}

/// The `C3_*` bits of a unit.
fn type3(unit: u16) -> u16 {
    const NONSPACING: u16 = 0x1;
    const DIACRITIC: u16 = 0x2;
    const VOWEL_MARK: u16 = 0x4;
    const SYMBOL: u16 = 0x8;
    const KATAKANA: u16 = 0x10;
    const HIRAGANA: u16 = 0x20;
    const HALF_WIDTH: u16 = 0x40;
    const FULL_WIDTH: u16 = 0x80;
    const IDEOGRAPH: u16 = 0x100;
    const LEXICAL: u16 = 0x400;
    const ALPHABETIC: u16 = 0x8000;
    let Some(char) = char::from_u32(u32::from(unit)) else {
        // Halves of surrogate pairs: high and low.
        return if unit < 0xdc00 { 0x800 } else { 0x1000 };
    };
    let category = char.general_category();
    let letter = type1(unit) & ALPHA != 0;
    let mut bits = match category {
        Category::NonspacingMark | Category::EnclosingMark => NONSPACING,
        Category::SpacingMark => VOWEL_MARK,
        Category::CurrencySymbol | Category::ModifierSymbol | Category::MathSymbol | Category::OtherSymbol => SYMBOL,
        _ => 0,
    };
    if letter {
        bits |= ALPHABETIC;
        let mut marked = false;
        decompose_canonical(char, |part| marked |= is_combining_mark(part));
        if marked {
            bits |= DIACRITIC;
        }
    }
    match char {
        '\t'..='\r' => bits |= SYMBOL,
        ' '..='~' => {
            bits |= HALF_WIDTH;
            if !char.is_ascii_alphanumeric() && !matches!(char, '\'' | '-') {
                bits |= SYMBOL;
            }
            if matches!(char, '^' | '`') {
                bits |= DIACRITIC;
            }
        }
        '\u{3041}'..='\u{309f}' => bits |= HIRAGANA,
        '\u{30a0}'..='\u{30ff}' => bits |= KATAKANA,
        '\u{ff61}'..='\u{ff9f}' => bits |= KATAKANA | HALF_WIDTH,
        '\u{ff01}'..='\u{ff60}' | '\u{3000}' => bits |= FULL_WIDTH,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => bits |= IDEOGRAPH,
        _ => {}
    }
    let lexical = "\"$'-/=@\\^_`~\u{ad}";
    if lexical.contains(char) || matches!(char, '\u{2010}'..='\u{2015}') {
        bits |= LEXICAL;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_has_the_c_librarys_types() {
        for (char, expected) in [
            ('A', DEFINED | ALPHA | UPPER | XDIGIT),
            ('z', DEFINED | ALPHA | LOWER),
            ('7', DEFINED | DIGIT | XDIGIT),
            (' ', DEFINED | SPACE | BLANK),
            ('\t', DEFINED | CNTRL | SPACE | BLANK),
            ('$', DEFINED | PUNCT),
            ('\u{7f}', DEFINED | CNTRL),
        ] {
            assert_eq!(type1(char as u16), expected, "{char:?}");
        }
    }

    #[test]
    fn other_scripts_have_theirs() {
        assert_eq!(type1('я' as u16), DEFINED | ALPHA | LOWER);
        assert_eq!(type1('世' as u16), DEFINED | ALPHA);
        assert_eq!(type1(0x378), 0);
        assert_eq!(string_type(CT_CTYPE2, 'א' as u16), Some(2));
        assert_eq!(string_type(CT_CTYPE3, '世' as u16), Some(0x8100));
        assert_eq!(string_type(CT_CTYPE3, u16::from(b'.')), Some(0x48));
        assert_eq!(string_type(3, 0), None);
    }
}
