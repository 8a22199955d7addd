//! Mapping text: case, sort keys, normal forms.

use abi::{PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Wide, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::{self, Form, case, collation, ctype, locale};

use super::locales::locale_by_name;
use crate::kernel32::stringapiset::{COMPARE_STRING_FLAGS, COMPARESTRING_RESULT, check_compare_flags, compared};
use crate::text;

abi::flags! {
    /// How text is mapped.
    pub(in crate::kernel32) struct LC_MAP_FLAGS: u32 {
        NORM_IGNORECASE = 0x1;
        NORM_IGNORENONSPACE = 0x2;
        NORM_IGNORESYMBOLS = 0x4;
        LCMAP_LOWERCASE = 0x100;
        LCMAP_UPPERCASE = 0x200;
        LCMAP_SORTKEY = 0x400;
        LCMAP_BYTEREV = 0x800;
        SORT_STRINGSORT = 0x1000;
        NORM_IGNOREKANATYPE = 0x1_0000;
        NORM_IGNOREWIDTH = 0x2_0000;
        LCMAP_HASH = 0x4_0000;
        LCMAP_HIRAGANA = 0x10_0000;
        LCMAP_KATAKANA = 0x20_0000;
        LCMAP_HALFWIDTH = 0x40_0000;
        LCMAP_FULLWIDTH = 0x80_0000;
        LCMAP_LINGUISTIC_CASING = 0x100_0000;
        LCMAP_SIMPLIFIED_CHINESE = 0x200_0000;
        LCMAP_TRADITIONAL_CHINESE = 0x400_0000;
        NORM_LINGUISTIC_CASING = 0x800_0000;
        LOCALE_USE_CP_ACP = 0x4000_0000;
    }
}

abi::choices! {
    /// A normal form.
    pub(in crate::kernel32) struct NORM_FORM: i32 {
        NormalizationC = 1;
        NormalizationD = 2;
        NormalizationKC = 5;
        NormalizationKD = 6;
    }
}

/// Maps text to another case, or to a key that sorts as it does.
#[shim(partial = "case, width, kana of full width and sort keys of our own order; no Chinese variants, no hashes")]
pub(in crate::kernel32) fn LCMapStringW(
    Locale: u32,
    dwMapFlags: LC_MAP_FLAGS,
    lpSrcStr: PCWSTR,
    cchSrc: i32,
    lpDestStr: PWSTR,
    cchDest: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    map_wide(dwMapFlags, lpSrcStr, cchSrc, lpDestStr, cchDest)
}

/// Maps text to another case, or to a key that sorts as it does.
#[shim(partial = "case, width, kana of full width and sort keys of our own order; no Chinese variants, no hashes")]
pub(in crate::kernel32) fn LCMapStringEx(
    lpLocaleName: PCWSTR,
    dwMapFlags: LC_MAP_FLAGS,
    lpSrcStr: PCWSTR,
    cchSrc: i32,
    lpDestStr: PWSTR,
    cchDest: i32,
    lpVersionInformation: Ptr<u8>,
    lpReserved: Ptr<u8>,
    sortHandle: isize,
) -> Win32Result<i32> {
    // Reserved: NULL and 0.
    let _ = (lpVersionInformation, lpReserved, sortHandle);
    locale_by_name(lpLocaleName)?;
    map_wide(dwMapFlags, lpSrcStr, cchSrc, lpDestStr, cchDest)
}

/// Maps text to another case, or to a key that sorts as it does.
#[shim(partial = "case, width, kana of full width and sort keys of our own order; no Chinese variants, no hashes")]
pub(in crate::kernel32) fn LCMapStringA(
    cx: &Cx,
    Locale: u32,
    dwMapFlags: LC_MAP_FLAGS,
    lpSrcStr: PCSTR,
    cchSrc: i32,
    lpDestStr: PSTR,
    cchDest: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let source = text::to_wide(cx, &text::counted_ansi(lpSrcStr, if cchSrc < 0 { -1 } else { cchSrc })?);
    match map(dwMapFlags, &source)? {
        Mapped::Key(key) => text::fill(&key, lpDestStr.ptr(), cchDest),
        Mapped::Text(mapped) => text::fill(&text::to_ansi(cx, &mapped), lpDestStr.ptr(), cchDest),
    }
}

fn map_wide(flags: LC_MAP_FLAGS, source: PCWSTR, count: i32, to: PWSTR, size: i32) -> Win32Result<i32> {
    let source = text::counted_wide(source, if count < 0 { -1 } else { count })?;
    match map(flags, &source)? {
        // Documented: the size of a key is in bytes.
        Mapped::Key(key) => text::fill(&key, to.ptr().cast::<u8>(), size),
        Mapped::Text(mapped) => text::fill(&mapped, to.ptr(), size),
    }
}

enum Mapped {
    Text(Wide),
    Key(Vec<u8>),
}

fn map(flags: LC_MAP_FLAGS, source: &[u16]) -> Win32Result<Mapped> {
    use LC_MAP_FLAGS as F;
    let both = |one: F, other: F| flags.contains(one) && flags.contains(other);
    let refused = F::LCMAP_HASH | F::LCMAP_SIMPLIFIED_CHINESE | F::LCMAP_TRADITIONAL_CHINESE;
    if both(F::LCMAP_HIRAGANA, F::LCMAP_KATAKANA) || both(F::LCMAP_HALFWIDTH, F::LCMAP_FULLWIDTH) || flags.is_empty() {
        return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into());
    }
    if flags.intersects(refused) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    if flags.contains(F::LCMAP_SORTKEY) {
        return Ok(Mapped::Key(collation::sort_key(source, flags.bits() & collation::flags::COMPARE)));
    }
    let linguistic = flags.contains(F::LCMAP_LINGUISTIC_CASING);
    let title = both(F::LCMAP_LOWERCASE, F::LCMAP_UPPERCASE);
    let mut word_goes_on = false;
    let mut mapped = Vec::with_capacity(source.len());
    for &unit in source {
        let types = ctype::type1(unit);
        let dropped = (flags.contains(F::NORM_IGNORENONSPACE) && ctype::string_type(4, unit) == Some(1))
            || (flags.contains(F::NORM_IGNORESYMBOLS) && types & ctype::PUNCT != 0);
        if dropped {
            continue;
        }
        let upper = flags.contains(F::LCMAP_UPPERCASE) && !(title && word_goes_on);
        let lower = (word_goes_on || !title) && flags.contains(F::LCMAP_LOWERCASE);
        word_goes_on = types & (ctype::ALPHA | ctype::DIGIT) != 0;
        let cased = match (upper, lower) {
            (true, _) if linguistic => case::upcase_linguistic(unit),
            (true, _) => case::upcase(unit),
            (_, true) => case::downcase(unit),
            _ => unit,
        };
        let kana = match cased {
            0x3041..=0x3096 if flags.contains(F::LCMAP_KATAKANA) => cased + 0x60,
            0x30a1..=0x30f6 if flags.contains(F::LCMAP_HIRAGANA) => cased - 0x60,
            _ => cased,
        };
        let width = match kana {
            0xff01..=0xff5e if flags.contains(F::LCMAP_HALFWIDTH) => kana - 0xfee0,
            0x3000 if flags.contains(F::LCMAP_HALFWIDTH) => 0x20,
            0x21..=0x7e if flags.contains(F::LCMAP_FULLWIDTH) => kana + 0xfee0,
            0x20 if flags.contains(F::LCMAP_FULLWIDTH) => 0x3000,
            _ => kana,
        };
        mapped.push(if flags.contains(F::LCMAP_BYTEREV) { width.swap_bytes() } else { width });
    }
    Ok(Mapped::Text(mapped))
}

/// Compares text of the ANSI code page as people sort it.
#[shim(partial = "no locale's own order: base letters by Unicode's numbers, then marks, then case")]
pub(in crate::kernel32) fn CompareStringA(
    cx: &Cx,
    Locale: u32,
    dwCmpFlags: COMPARE_STRING_FLAGS,
    lpString1: PCSTR,
    cchCount1: i32,
    lpString2: PCSTR,
    cchCount2: i32,
) -> Win32Result<COMPARESTRING_RESULT> {
    let flags = check_compare_flags(dwCmpFlags)?;
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let read = |given: PCSTR, count: i32| -> Win32Result<Wide> {
        let given = given.opt().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
        let bytes = match usize::try_from(count) {
            Ok(count) => given.ptr().read_bytes(count)?,
            Err(_) => given.read()?,
        };
        Ok(text::to_wide(cx, &bytes))
    };
    let (left, right) = (read(lpString1, cchCount1)?, read(lpString2, cchCount2)?);
    Ok(compared(collation::compare(&left, &right, flags)))
}

/// Brings text into a normal form.
#[shim(full)]
pub(in crate::kernel32) fn NormalizeString(
    NormForm: NORM_FORM,
    lpSrcString: PCWSTR,
    cwSrcLength: i32,
    lpDstString: PWSTR,
    cwDstLength: i32,
) -> Win32Result<i32> {
    let normal = nls::normalize(form(NormForm)?, &text::counted_wide(lpSrcString, cwSrcLength)?);
    text::fill(&normal, lpDstString.ptr(), cwDstLength)
}

/// Says whether text is in a normal form.
#[shim(full)]
pub(in crate::kernel32) fn IsNormalizedString(
    NormForm: NORM_FORM,
    lpString: PCWSTR,
    cwLength: i32,
) -> Win32Result<bool> {
    let text = text::counted_wide(lpString, cwLength)?;
    Ok(nls::normalize(form(NormForm)?, &text) == text)
}

fn form(form: NORM_FORM) -> Win32Result<Form> {
    match form {
        NORM_FORM::NormalizationC => Ok(Form::C),
        NORM_FORM::NormalizationD => Ok(Form::D),
        NORM_FORM::NormalizationKC => Ok(Form::Kc),
        NORM_FORM::NormalizationKD => Ok(Form::Kd),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn text_changes_its_case() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let source = guest.wide("grün 1a");
            guest.call("kernel32!LCMapStringW", &[0x409, 0x200, source, u64::MAX, guest.buffer(32), 16]);
            guest.call("kernel32!LCMapStringW", &[0x409, 0x300, source, u64::MAX, guest.buffer(32), 16]);
            guest.call("kernel32!LCMapStringW", &[0x409, 0x200, source, 4, 0, 0]);
            guest.call("kernel32!LCMapStringW", &[0x409, 0, source, 4, 0, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!LCMapStringW(Locale=1033, dwMapFlags=LCMAP_UPPERCASE, lpSrcStr="grün 1a", cchSrc=-1, lpDestStr="GRÜN 1A", cchDest=16) = 8
        kernel32!LCMapStringW(Locale=1033, dwMapFlags=LCMAP_LOWERCASE|LCMAP_UPPERCASE, lpSrcStr="grün 1a", cchSrc=-1, lpDestStr="Grün 1a", cchDest=16) = 8
        kernel32!LCMapStringW(Locale=1033, dwMapFlags=LCMAP_UPPERCASE, lpSrcStr="grün 1a", cchSrc=4, lpDestStr=NULL, cchDest=0) = 4
        kernel32!LCMapStringW(Locale=1033, dwMapFlags=0, lpSrcStr="grün 1a", cchSrc=4, lpDestStr=NULL, cchDest=0) = 0 (ERROR_INVALID_FLAGS)
        "#);
    }
}
