//! ctype.h: classification and case of characters.
//!
//! Every locale classifies as the "C" locale does.

use abi::{CrtResult, Ptr, shim};
use syscall_xlate::Cx;

use super::chartype::{self, ALPHA, BLANK, CONTROL, DIGIT, HEX, LOWER, PUNCT, SPACE, UPPER};
use super::guest::ok;

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident / $with_locale:ident: $bits:expr;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $name(c: i32) -> i32 {
            i32::from(chartype::class_of(c) & ($bits))
        }

        $(#[$doc])*
        #[shim(partial = "every locale classifies as the \"C\" locale")]
        pub(crate) fn $with_locale(c: i32, locale: Ptr<u8>) -> i32 {
            let _ = locale;
            $name(c)
        }
    )*};
}
classes! {
    /// Says whether a character is a letter.
    isalpha / _isalpha_l: ALPHA;
    /// Says whether a character is a capital letter.
    isupper / _isupper_l: UPPER;
    /// Says whether a character is a small letter.
    islower / _islower_l: LOWER;
    /// Says whether a character is a decimal digit.
    isdigit / _isdigit_l: DIGIT;
    /// Says whether a character is a hexadecimal digit.
    isxdigit / _isxdigit_l: HEX;
    /// Says whether a character is white space.
    isspace / _isspace_l: SPACE;
    /// Says whether a character is punctuation.
    ispunct / _ispunct_l: PUNCT;
    /// Says whether a character is a letter or a digit.
    isalnum / _isalnum_l: ALPHA | DIGIT;
    /// Says whether a character prints, the space included.
    isprint / _isprint_l: BLANK | PUNCT | ALPHA | DIGIT;
    /// Says whether a character prints and is not a space.
    isgraph / _isgraph_l: PUNCT | ALPHA | DIGIT;
    /// Says whether a character is a control character.
    iscntrl / _iscntrl_l: CONTROL;
}

/// Says whether a character is a space or a tab.
#[shim(full)]
pub(crate) fn isblank(c: i32) -> i32 {
    if c == 9 { i32::from(BLANK) } else { i32::from(chartype::class_of(c) & BLANK) }
}

/// Says whether a character has any of the given class bits.
#[shim(full)]
pub(crate) fn _isctype(c: i32, desc: i32) -> i32 {
    i32::from(chartype::class_of(c)) & desc
}

/// Says whether a character has any of the given class bits, in a locale.
#[shim(partial = "every locale classifies as the \"C\" locale")]
pub(crate) fn _isctype_l(c: i32, desc: i32, locale: Ptr<u8>) -> i32 {
    let _ = locale;
    _isctype(c, desc)
}

/// Says whether a number is an ASCII character.
#[shim(full)]
pub(crate) fn __isascii(c: i32) -> i32 {
    i32::from((0..128).contains(&c))
}

/// Cuts a number to an ASCII character.
#[shim(full)]
pub(crate) fn __toascii(c: i32) -> i32 {
    c & 0x7f
}

/// Says whether a character may begin a C identifier.
#[shim(full)]
pub(crate) fn __iscsymf(c: i32) -> i32 {
    i32::from(chartype::class_of(c) & ALPHA != 0 || c == i32::from(b'_'))
}

/// Says whether a character may be in a C identifier.
#[shim(full)]
pub(crate) fn __iscsym(c: i32) -> i32 {
    i32::from(chartype::class_of(c) & (ALPHA | DIGIT) != 0 || c == i32::from(b'_'))
}

/// Gives a character's lower case.
#[shim(full)]
pub(crate) fn tolower(c: i32) -> i32 {
    if chartype::class_of(c) & UPPER != 0 { c + 32 } else { c }
}

/// Gives a character's upper case.
#[shim(full)]
pub(crate) fn toupper(c: i32) -> i32 {
    if chartype::class_of(c) & LOWER != 0 { c - 32 } else { c }
}

/// Gives a capital letter's lower case, whatever the character.
#[shim(full)]
pub(crate) fn _tolower(c: i32) -> i32 {
    c.wrapping_add(32)
}

/// Gives a small letter's upper case, whatever the character.
#[shim(full)]
pub(crate) fn _toupper(c: i32) -> i32 {
    c.wrapping_sub(32)
}

/// Gives a character's lower case in a locale.
#[shim(partial = "every locale has the case of the \"C\" locale")]
pub(crate) fn _tolower_l(c: i32, locale: Ptr<u8>) -> i32 {
    let _ = locale;
    tolower(c)
}

/// Gives a character's upper case in a locale.
#[shim(partial = "every locale has the case of the \"C\" locale")]
pub(crate) fn _toupper_l(c: i32, locale: Ptr<u8>) -> i32 {
    let _ = locale;
    toupper(c)
}

/// Gives the address of the table of class bits; entry -1 is that of `EOF`.
#[shim(full)]
pub(crate) fn __pctype_func(cx: &Cx) -> CrtResult<Ptr<u16>> {
    ok(Ptr::at(super::variables::class_table(cx)?.wrapping_add(2)))
}

macro_rules! wide_classes {
    ($($(#[$doc:meta])* $name:ident / $with_locale:ident: $bits:expr;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $name(c: u16) -> i32 {
            i32::from(chartype::wide_class(c) & ($bits))
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $with_locale(c: u16, locale: Ptr<u8>) -> i32 {
            let _ = locale;
            $name(c)
        }
    )*};
}
wide_classes! {
    /// Says whether a wide character is a letter.
    iswalpha / _iswalpha_l: ALPHA;
    /// Says whether a wide character is a capital letter.
    iswupper / _iswupper_l: UPPER;
    /// Says whether a wide character is a small letter.
    iswlower / _iswlower_l: LOWER;
    /// Says whether a wide character is a decimal digit.
    iswdigit / _iswdigit_l: DIGIT;
    /// Says whether a wide character is a hexadecimal digit.
    iswxdigit / _iswxdigit_l: HEX;
    /// Says whether a wide character is white space.
    iswspace / _iswspace_l: SPACE;
    /// Says whether a wide character is punctuation.
    iswpunct / _iswpunct_l: PUNCT;
    /// Says whether a wide character is a letter or a digit.
    iswalnum / _iswalnum_l: ALPHA | DIGIT;
    /// Says whether a wide character prints, the space included.
    iswprint / _iswprint_l: BLANK | PUNCT | ALPHA | DIGIT;
    /// Says whether a wide character prints and is not a space.
    iswgraph / _iswgraph_l: PUNCT | ALPHA | DIGIT;
    /// Says whether a wide character is a control character.
    iswcntrl / _iswcntrl_l: CONTROL;
}

/// Says whether a wide character is a space or a tab.
#[shim(full)]
pub(crate) fn iswblank(c: u16) -> i32 {
    if c == 9 { i32::from(BLANK) } else { i32::from(chartype::wide_class(c) & BLANK) }
}

/// Says whether a wide character has any of the given class bits.
#[shim(full)]
pub(crate) fn iswctype(c: u16, desc: u16) -> i32 {
    i32::from(chartype::wide_class(c) & desc)
}

/// Says whether a wide character has any of the given class bits, in a locale.
#[shim(full)]
pub(crate) fn _iswctype_l(c: u16, desc: u16, locale: Ptr<u8>) -> i32 {
    let _ = locale;
    iswctype(c, desc)
}

/// Says whether a wide character is an ASCII character.
#[shim(full)]
pub(crate) fn iswascii(c: u16) -> i32 {
    i32::from(c < 128)
}

/// Gives a wide character's lower case.
#[shim(full)]
pub(crate) fn towlower(cx: &Cx, c: u16) -> u16 {
    super::locale::lower(cx)(c)
}

/// Gives a wide character's upper case.
#[shim(full)]
pub(crate) fn towupper(cx: &Cx, c: u16) -> u16 {
    super::locale::upper(cx)(c)
}

/// Gives a wide character's lower case in a locale.
#[shim(full)]
pub(crate) fn _towlower_l(c: u16, locale: Ptr<u8>) -> u16 {
    let _ = locale;
    chartype::wide_lower(c)
}

/// Gives a wide character's upper case in a locale.
#[shim(full)]
pub(crate) fn _towupper_l(c: u16, locale: Ptr<u8>) -> u16 {
    let _ = locale;
    chartype::wide_upper(c)
}

/// Gives the class bits that the name of a property stands for.
#[shim(full)]
pub(crate) fn wctype(property: abi::PCSTR) -> CrtResult<u16> {
    ok(chartype::property(&property.read()?))
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn characters_have_their_class_bits() {
        testing::run(crate::dlls(), None, |guest| {
            assert_eq!(guest.call("msvcrt!isalpha", &[b'a'.into()]), 2);
            assert_eq!(guest.call("msvcrt!isalpha", &[b'A'.into()]), 1);
            assert_eq!(guest.call("msvcrt!isspace", &[u64::from(u32::MAX)]), 0);
            assert_eq!(guest.call("msvcrt!isspace", &[1 << 20]), 0);
            assert_eq!(guest.call("msvcrt!toupper", &[b'z'.into()]), 90);
            // The "C" locale has two cases of ASCII letters only.
            assert_eq!(guest.call("msvcrt!towupper", &[0xe9]), 0xe9);
            assert_eq!(guest.call("msvcrt!towupper", &[0x61]), 0x41);
            assert_eq!(guest.call("msvcrt!iswalpha", &[0xe9]), 0x102);
        });
    }
}
