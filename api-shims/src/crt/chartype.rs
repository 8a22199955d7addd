//! Character classification: the tables of the "C" locale and the wide classes.
//!
//! Bits as the SDK's `ctype.h` has them; the table's contents are what `_pctype` shows a program.

/// `_UPPER`
pub const UPPER: u16 = 0x1;
/// `_LOWER`
pub const LOWER: u16 = 0x2;
/// `_DIGIT`
pub const DIGIT: u16 = 0x4;
/// `_SPACE`
pub const SPACE: u16 = 0x8;
/// `_PUNCT`
pub const PUNCT: u16 = 0x10;
/// `_CONTROL`
pub const CONTROL: u16 = 0x20;
/// `_BLANK`
pub const BLANK: u16 = 0x40;
/// `_HEX`
pub const HEX: u16 = 0x80;
/// `_LEADBYTE`
pub const LEADBYTE: u16 = 0x8000;
/// The bit of `_ALPHA` that is neither `_UPPER` nor `_LOWER`.
pub const OTHER_ALPHA: u16 = 0x100;
/// `_ALPHA`
pub const ALPHA: u16 = OTHER_ALPHA | UPPER | LOWER;

/// The class bits of a byte in the "C" locale.
pub const fn class(byte: u8) -> u16 {
    match byte {
        b'\t' => SPACE | CONTROL,
        10..=13 => SPACE | CONTROL,
        0..=31 | 127 => CONTROL,
        b' ' => SPACE | BLANK,
        b'0'..=b'9' => DIGIT | HEX,
        b'A'..=b'F' => UPPER | HEX,
        b'a'..=b'f' => LOWER | HEX,
        b'G'..=b'Z' => UPPER,
        b'g'..=b'z' => LOWER,
        33..=126 => PUNCT,
        _ => 0,
    }
}

/// The class bits of a character given as an `int`: `EOF` and anything else that is no byte have none.
pub fn class_of(c: i32) -> u16 {
    u8::try_from(c).map_or(0, class)
}

/// The table behind `_pctype`: one entry for `EOF`, then one for each byte.
pub fn table() -> [u16; 257] {
    let mut table = [0; 257];
    for byte in 0..=255u8 {
        table[usize::from(byte) + 1] = class(byte);
    }
    table
}

/// The class bits of a UTF-16 unit, from Unicode's properties.
pub fn wide_class(unit: u16) -> u16 {
    if unit < 0x80 {
        let bits = class(unit as u8);
        return if bits & (UPPER | LOWER) != 0 { bits | OTHER_ALPHA } else { bits };
    }
    let Some(c) = char::from_u32(unit.into()) else { return 0 };
    let mut bits = 0;
    if c.is_alphabetic() {
        bits |= OTHER_ALPHA;
        if c.is_uppercase() {
            bits |= UPPER;
        } else if c.is_lowercase() {
            bits |= LOWER;
        }
        if matches!(unit, 0xff21..=0xff26 | 0xff41..=0xff46) {
            bits |= HEX;
        }
    } else if c.is_numeric() {
        bits |= if is_decimal_digit(unit) { DIGIT } else { PUNCT };
        if matches!(unit, 0xff10..=0xff19) {
            bits |= HEX;
        }
    } else if c.is_whitespace() {
        bits |= SPACE;
        if !matches!(unit, 0x85 | 0x2028 | 0x2029) {
            bits |= BLANK;
        }
    } else if c.is_control() {
        bits |= CONTROL;
    } else if is_punctuation(unit) {
        bits |= PUNCT;
    }
    if unit == 0x85 {
        bits |= CONTROL;
    }
    // Superscript two, three and one count as digits (observed).
    if matches!(unit, 0xb2 | 0xb3 | 0xb9) {
        bits |= DIGIT | PUNCT;
    }
    bits
}

/// Decimal digits beyond ASCII come in runs of ten; these are the starts of the runs in the basic plane.
fn is_decimal_digit(unit: u16) -> bool {
    const RUNS: [u16; 37] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
        0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
        0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x0030,
    ];
    RUNS.iter().any(|&start| (start..start + 10).contains(&unit))
}

/// Blocks of punctuation and symbols in the basic plane.
fn is_punctuation(unit: u16) -> bool {
    matches!(
        unit,
        0xa1..=0xbf
            | 0xd7
            | 0xf7
            | 0x2010..=0x2027
            | 0x2030..=0x205e
            | 0x20a0..=0x20ab
            | 0x2100..=0x214f
            | 0x2190..=0x23ff
            | 0x2500..=0x27bf
            | 0x2900..=0x2bff
            | 0x2e00..=0x2e7f
            | 0x3001..=0x3004
            | 0x3008..=0x3020
            | 0xff01..=0xff0f
            | 0xff1a..=0xff20
            | 0xff3b..=0xff40
            | 0xff5b..=0xff65
    )
}

/// A wide character's upper case, where it is one unit.
pub fn wide_upper(unit: u16) -> u16 {
    single(unit, |c| {
        let mut mapped = c.to_uppercase();
        mapped.next().filter(|_| mapped.next().is_none())
    })
}

/// A wide character's lower case, where it is one unit.
pub fn wide_lower(unit: u16) -> u16 {
    single(unit, |c| {
        let mut mapped = c.to_lowercase();
        mapped.next().filter(|_| mapped.next().is_none())
    })
}

fn single(unit: u16, map: impl Fn(char) -> Option<char>) -> u16 {
    // Letters whose other case is ASCII stay as they are, so that no text changes its meaning by folding (observed for U+0131).
    char::from_u32(unit.into())
        .and_then(map)
        .and_then(|c| u16::try_from(u32::from(c)).ok())
        .filter(|&mapped| unit < 0x80 || mapped >= 0x80)
        .unwrap_or(unit)
}

/// The class bits that a property name of `wctype` stands for; 0 for an unknown one.
pub fn property(name: &[u8]) -> u16 {
    match name {
        b"alnum" => ALPHA | DIGIT,
        b"alpha" => ALPHA,
        b"blank" => BLANK,
        b"cntrl" => CONTROL,
        b"digit" => DIGIT,
        b"graph" => PUNCT | ALPHA | DIGIT,
        b"lower" => LOWER,
        b"print" => BLANK | PUNCT | ALPHA | DIGIT,
        b"punct" => PUNCT,
        b"space" => SPACE,
        b"upper" => UPPER,
        b"xdigit" => HEX,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_bits_that_programs_see() {
        let table = table();
        for (c, bits) in [
            (-1, 0),
            (0, 0x20),
            (9, 0x28),
            (32, 0x48),
            (33, 0x10),
            (48, 0x84),
            (65, 0x81),
            (71, 1),
            (97, 0x82),
            (127, 0x20),
            (128, 0),
        ] {
            assert_eq!(table[(c + 1) as usize], bits, "{c}");
            assert_eq!(class_of(c), bits);
        }
        assert_eq!(class_of(300), 0);
        assert_eq!(class_of(i32::MIN), 0);
    }

    #[test]
    fn wide_classes_follow_unicode() {
        for (unit, bits) in [
            (0xe9, 0x102),
            (0xc9, 0x101),
            (0xb2, 0x14),
            (0xa0, 0x48),
            (0x100, 0x101),
            (0x3b1, 0x102),
            (0x2028, 8),
            (0x4e00, 0x100),
            (0x2014, 0x10),
            (0xff21, 0x181),
            (0x660, 4),
            (0x20ac, 0),
            (0x41, 0x181),
            (0xd800, 0),
        ] {
            assert_eq!(wide_class(unit), bits, "{unit:#x}");
        }
    }

    #[test]
    fn wide_case_maps_single_units_only() {
        assert_eq!(wide_upper(0xe9), 0xc9);
        assert_eq!(wide_upper(0x3b1), 0x391);
        assert_eq!(wide_upper(0xdf), 0xdf);
        assert_eq!(wide_upper(0x131), 0x131);
        assert_eq!(wide_lower(0x41), 0x61);
        assert_eq!(wide_lower(0xdc00), 0xdc00);
    }

    #[test]
    fn properties_have_names() {
        assert_eq!(property(b"alpha"), 0x103);
        assert_eq!(property(b"print"), 0x157);
        assert_eq!(property(b"nonsense"), 0);
    }
}
