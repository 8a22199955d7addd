//! Normal forms of text (<https://learn.microsoft.com/windows/win32/intl/using-unicode-normalization-to-represent-strings>).

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Composed.
    C,
    /// Decomposed.
    D,
    /// Composed, without compatibility characters.
    Kc,
    /// Decomposed, without compatibility characters.
    Kd,
}

/// Text in a normal form. Halves of surrogate pairs become U+FFFD.
pub fn normalize(form: Form, text: &[u16]) -> Vec<u16> {
    let text = String::from_utf16_lossy(text);
    let normal: String = match form {
        Form::C => text.nfc().collect(),
        Form::D => text.nfd().collect(),
        Form::Kc => text.nfkc().collect(),
        Form::Kd => text.nfkd().collect(),
    };
    normal.encode_utf16().collect()
}

/// Decimal digits of every script as ASCII's.
pub fn fold_digits(text: &[u16]) -> Vec<u16> {
    text.iter().map(|&unit| digit(unit).map_or(unit, |value| u16::from(b'0') + value)).collect()
}

/// The value of a decimal digit of any script: each script has its ten in a row.
fn digit(unit: u16) -> Option<u16> {
    let is_digit = |unit: u16| {
        char::from_u32(u32::from(unit)).is_some_and(|char| char.general_category() == GeneralCategory::DecimalNumber)
    };
    if !is_digit(unit) {
        return None;
    }
    let before = (1..=50).take_while(|&distance| unit.checked_sub(distance).is_some_and(is_digit)).count();
    Some(before as u16 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_digits() {
        let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        assert_eq!(normalize(Form::D, &wide("é")), wide("e\u{301}"));
        assert_eq!(normalize(Form::Kc, &wide("ﬁＡ")), wide("fiA"));
        assert_eq!(fold_digits(&wide("٣7५x")), wide("375x"));
    }
}
