//! Case mapping, one unit to one unit.
//!
//! The system's own mapping, with which file names and named objects are compared, takes only pairs that lead back to each
//! other; linguistic casing (`LCMAP_LINGUISTIC_CASING`) takes every simple mapping. Both were checked unit by unit against
//! another implementation.

/// The system's upper case (`RtlUpcaseUnicodeChar`).
pub fn upcase(unit: u16) -> u16 {
    if unit < 0x80 {
        return if (0x61..=0x7a).contains(&unit) { unit - 0x20 } else { unit };
    }
    let upper = match unit {
        // Greek with iota: the simple mapping is the title-case letter, Unicode's full mapping two letters.
        0x1f80..=0x1faf if unit & 8 == 0 => unit + 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => unit + 9,
        _ => simple(unit, char::to_uppercase),
    };
    if simple(upper, char::to_lowercase) == unit { upper } else { unit }
}

/// The system's lower case (`RtlDowncaseUnicodeChar`).
pub fn downcase(unit: u16) -> u16 {
    if unit < 0x80 {
        return if (0x41..=0x5a).contains(&unit) { unit + 0x20 } else { unit };
    }
    let lower = simple(unit, char::to_lowercase);
    if upcase(lower) == unit { lower } else { unit }
}

/// Linguistic upper case of one unit.
pub fn upcase_linguistic(unit: u16) -> u16 {
    match upcase(unit) {
        upper if upper == unit => simple(unit, char::to_uppercase),
        upper => upper,
    }
}

/// Upper-cases text in the system's way.
pub fn upcased(text: &[u16]) -> Vec<u16> {
    text.iter().map(|&unit| upcase(unit)).collect()
}

/// Equal whatever the case, in the system's way.
pub fn eq_ignoring_case(left: &[u16], right: &[u16]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(&left, &right)| left == right || upcase(left) == upcase(right))
}

/// The mapping's result where it is one character of one unit, else `unit` itself.
fn simple<I: Iterator<Item = char>>(unit: u16, map: impl Fn(char) -> I) -> u16 {
    let Some(char) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let mut mapped = map(char);
    match (mapped.next().and_then(|first| u16::try_from(u32::from(first)).ok()), mapped.next()) {
        (Some(only), None) => only,
        _ => unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_change_and_others_stay() {
        let upper = |char| char::from_u32(u32::from(upcase(char as u16))).unwrap_or_default();
        for (char, expected) in
            [('a', 'A'), ('ä', 'Ä'), ('ÿ', 'Ÿ'), ('я', 'Я'), ('1', '1'), ('ß', 'ß'), ('ᾀ', 'ᾈ'), ('ῃ', 'ῌ'), ('ſ', 'ſ')]
        {
            assert_eq!(upper(char), expected, "{char}");
        }
        assert_eq!(upcase(0xd800), 0xd800);
        assert_eq!(downcase(u16::from(b'Z')), u16::from(b'z'));
        assert_eq!(downcase(0x212b), 0x212b);
    }

    #[test]
    fn only_pairs_that_lead_back_are_mapped() {
        for unit in 0..=u16::MAX {
            let upper = upcase(unit);
            assert!(upper == unit || downcase(upper) == unit, "{unit:04x}");
        }
    }

    #[test]
    fn linguistic_casing_takes_one_way_mappings() {
        assert_eq!(upcase_linguistic('ı' as u16), u16::from(b'I'));
        assert_eq!(upcase_linguistic('ς' as u16), 'Σ' as u16);
    }
}
