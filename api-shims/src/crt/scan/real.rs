//! How far input may be a real number.

use crate::crt::number::RealGrammar;

/// Whether characters may still become a number.
#[derive(Default)]
pub(super) struct RealPrefix {
    pub(super) text: Vec<u8>,
    pub(super) hexadecimal: bool,
    pub(super) point: bool,
    pub(super) exponent: bool,
    pub(super) digits: bool,
}

impl RealPrefix {
    pub(super) fn accepts(&mut self, byte: u8, grammar: RealGrammar) -> bool {
        let lower = byte.to_ascii_lowercase();
        let unsigned =
            self.text.strip_prefix(b"-").or_else(|| self.text.strip_prefix(b"+")).unwrap_or(&self.text).to_vec();
        let c99 = grammar == RealGrammar::C99;
        let accepted = if self.exponent {
            let behind_letter = self.text.last().is_some_and(|last| last.is_ascii_alphabetic());
            byte.is_ascii_digit() || (behind_letter && matches!(byte, b'-' | b'+'))
        } else if c99 && !self.digits && !self.point && is_word(&unsigned, lower) {
            true
        } else if matches!(byte, b'-' | b'+') {
            self.text.is_empty()
        } else if byte == b'.' && !self.point {
            self.point = true;
            true
        } else if byte.is_ascii_digit() || (self.hexadecimal && byte.is_ascii_hexdigit()) {
            self.digits = true;
            true
        } else if c99 && lower == b'x' && unsigned == b"0" {
            self.hexadecimal = true;
            true
        } else if self.digits && lower == if self.hexadecimal { b'p' } else { b'e' } {
            self.exponent = true;
            true
        } else {
            false
        };
        if accepted {
            self.text.push(lower);
        }
        accepted
    }
}

/// Whether `text` and `next` begin `infinity` or `nan`.
fn is_word(text: &[u8], next: u8) -> bool {
    [b"infinity".as_slice(), b"nan"]
        .iter()
        .any(|word| word.len() > text.len() && word.starts_with(text) && word[text.len()] == next)
}
