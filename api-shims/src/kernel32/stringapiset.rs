//! stringapiset.h: code pages to UTF-16 and back, comparing, character types.

use std::cmp::Ordering;

use abi::{Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Wide, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::{self, CP_UTF8, CodePage, collation, ctype, locale};

use crate::text;

abi::flags! {
    /// How bytes become UTF-16.
    pub(super) struct MULTI_BYTE_TO_WIDE_CHAR_FLAGS: u32 {
        MB_PRECOMPOSED = 0x1;
        MB_COMPOSITE = 0x2;
        MB_USEGLYPHCHARS = 0x4;
        MB_ERR_INVALID_CHARS = 0x8;
    }

    /// How UTF-16 becomes bytes.
    pub(super) struct WIDE_CHAR_TO_MULTI_BYTE_FLAGS: u32 {
        WC_DISCARDNS = 0x10;
        WC_SEPCHARS = 0x20;
        WC_DEFAULTCHAR = 0x40;
        WC_ERR_INVALID_CHARS = 0x80;
        WC_COMPOSITECHECK = 0x200;
        WC_NO_BEST_FIT_CHARS = 0x400;
    }

    /// What does not count when text is compared.
    pub(super) struct COMPARE_STRING_FLAGS: u32 {
        NORM_IGNORECASE = 0x1;
        NORM_IGNORENONSPACE = 0x2;
        NORM_IGNORESYMBOLS = 0x4;
        SORT_DIGITSASNUMBERS = 0x8;
        LINGUISTIC_IGNORECASE = 0x10;
        LINGUISTIC_IGNOREDIACRITIC = 0x20;
        SORT_STRINGSORT = 0x1000;
        NORM_IGNOREKANATYPE = 0x1_0000;
        NORM_IGNOREWIDTH = 0x2_0000;
        NORM_LINGUISTIC_CASING = 0x800_0000;
        LOCALE_USE_CP_ACP = 0x4000_0000;
    }
}

abi::choices! {
    /// How two texts compare.
    pub(super) struct COMPARESTRING_RESULT: i32 {
        CSTR_LESS_THAN = 1;
        CSTR_EQUAL = 2;
        CSTR_GREATER_THAN = 3;
    }

    /// The kind of character types.
    pub(super) struct CHAR_TYPE: u32 {
        CT_CTYPE1 = 1;
        CT_CTYPE2 = 2;
        CT_CTYPE3 = 4;
    }

    /// A code page, or a name for one.
    pub(super) struct CODE_PAGE: u32 {
        CP_ACP = 0;
        CP_OEMCP = 1;
        CP_MACCP = 2;
        CP_THREAD_ACP = 3;
        CP_UTF7 = 65000;
        CP_UTF8 = 65001;
    }
}

/// The code page that a program names.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for one that is not there.
pub(super) fn code_page(number: CODE_PAGE) -> Win32Result<CodePage> {
    Ok(CodePage::new(number.0).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?)
}

/// Converts text of a code page to UTF-16.
#[shim(full)]
pub(super) fn MultiByteToWideChar(
    CodePage: CODE_PAGE,
    dwFlags: MULTI_BYTE_TO_WIDE_CHAR_FLAGS,
    lpMultiByteStr: PCSTR,
    cbMultiByte: i32,
    lpWideCharStr: PWSTR,
    cchWideChar: i32,
) -> Win32Result<i32> {
    let page = code_page(CodePage)?;
    if lpMultiByteStr.address() == lpWideCharStr.address() || cchWideChar < 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let bytes = text::counted_ansi(lpMultiByteStr, cbMultiByte)?;
    let wide = nls::to_wide(&page, dwFlags.bits(), &bytes)?;
    text::fill(&wide, lpWideCharStr.ptr(), cchWideChar)
}

/// Converts UTF-16 to text of a code page.
#[shim(partial = "best fit knows Unicode's decompositions and common signs, not every code page's own table")]
pub(super) fn WideCharToMultiByte(
    CodePage: CODE_PAGE,
    dwFlags: WIDE_CHAR_TO_MULTI_BYTE_FLAGS,
    lpWideCharStr: PCWSTR,
    cchWideChar: i32,
    lpMultiByteStr: PSTR,
    cbMultiByte: i32,
    lpDefaultChar: PCSTR,
    lpUsedDefaultChar: Out<i32>,
) -> Win32Result<i32> {
    let page = code_page(CodePage)?;
    let is_utf = matches!(page.number(), 65000 | CP_UTF8);
    if is_utf && !(lpDefaultChar.is_null() && lpUsedDefaultChar.is_null())
        || lpWideCharStr.address() == lpMultiByteStr.address()
        || cbMultiByte < 0
    {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let wide = text::counted_wide(lpWideCharStr, cchWideChar)?;
    let default = match lpDefaultChar.opt() {
        Some(given) => {
            let first = given.ptr().read()?;
            let len = if page.is_lead_byte(first) { 2 } else { 1 };
            Some(given.ptr().read_bytes(len)?)
        }
        None => None,
    };
    let narrow = nls::from_wide(&page, dwFlags.bits(), &wide, default.as_deref())?;
    lpUsedDefaultChar.set_opt(i32::from(narrow.used_default))?;
    text::fill(&narrow.bytes, lpMultiByteStr.ptr(), cbMultiByte)
}

/// A text to be compared: -1 or any other negative length says that it ends with a zero.
pub(super) fn to_compare(text: PCWSTR, count: i32) -> Win32Result<Wide> {
    let text = text.opt().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    match usize::try_from(count) {
        Ok(count) => Ok(text.ptr().read_slice(count)?),
        Err(_) => Ok(text.read()?),
    }
}

pub(super) fn compared(ordering: Ordering) -> COMPARESTRING_RESULT {
    match ordering {
        Ordering::Less => COMPARESTRING_RESULT::CSTR_LESS_THAN,
        Ordering::Equal => COMPARESTRING_RESULT::CSTR_EQUAL,
        Ordering::Greater => COMPARESTRING_RESULT::CSTR_GREATER_THAN,
    }
}

pub(super) fn check_compare_flags(flags: COMPARE_STRING_FLAGS) -> Win32Result<u32> {
    let flags = flags.difference(COMPARE_STRING_FLAGS::LOCALE_USE_CP_ACP).bits();
    if flags & !collation::flags::COMPARE != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into());
    }
    Ok(flags)
}

/// Compares text as people sort it.
#[shim(partial = "no locale's own order: base letters by Unicode's numbers, then marks, then case")]
pub(super) fn CompareStringW(
    Locale: u32,
    dwCmpFlags: COMPARE_STRING_FLAGS,
    lpString1: PCWSTR,
    cchCount1: i32,
    lpString2: PCWSTR,
    cchCount2: i32,
) -> Win32Result<COMPARESTRING_RESULT> {
    let flags = check_compare_flags(dwCmpFlags)?;
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let (left, right) = (to_compare(lpString1, cchCount1)?, to_compare(lpString2, cchCount2)?);
    Ok(compared(collation::compare(&left, &right, flags)))
}

/// Compares text as people sort it.
#[shim(partial = "no locale's own order: base letters by Unicode's numbers, then marks, then case")]
pub(super) fn CompareStringEx(
    lpLocaleName: PCWSTR,
    dwCmpFlags: COMPARE_STRING_FLAGS,
    lpString1: PCWSTR,
    cchCount1: i32,
    lpString2: PCWSTR,
    cchCount2: i32,
    lpVersionInformation: Ptr<u8>,
    lpReserved: Ptr<u8>,
    lParam: isize,
) -> Win32Result<COMPARESTRING_RESULT> {
    // Reserved: NULL and 0.
    let _ = (lpVersionInformation, lpReserved, lParam);
    let flags = check_compare_flags(dwCmpFlags)?;
    super::winnls::locale_by_name(lpLocaleName)?;
    let (left, right) = (to_compare(lpString1, cchCount1)?, to_compare(lpString2, cchCount2)?);
    Ok(compared(collation::compare(&left, &right, flags)))
}

/// Compares text by its units' numbers.
#[shim(full)]
pub(super) fn CompareStringOrdinal(
    lpString1: PCWSTR,
    cchCount1: i32,
    lpString2: PCWSTR,
    cchCount2: i32,
    bIgnoreCase: bool,
) -> Win32Result<COMPARESTRING_RESULT> {
    if cchCount1 < -1 || cchCount2 < -1 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let (left, right) = (to_compare(lpString1, cchCount1)?, to_compare(lpString2, cchCount2)?);
    Ok(compared(collation::compare_ordinal(&left, &right, bIgnoreCase)))
}

/// Gives the types of characters.
#[shim(full)]
pub(super) fn GetStringTypeW(
    dwInfoType: CHAR_TYPE,
    lpSrcStr: PCWSTR,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Win32Result<()> {
    string_types(dwInfoType, &counted_or_z(lpSrcStr, cchSrc)?, lpCharType)
}

/// Gives the types of characters.
#[shim(full)]
pub(super) fn GetStringTypeExW(
    Locale: u32,
    dwInfoType: CHAR_TYPE,
    lpSrcStr: PCWSTR,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Win32Result<()> {
    // Documented: the locale does not matter.
    let _ = Locale;
    string_types(dwInfoType, &counted_or_z(lpSrcStr, cchSrc)?, lpCharType)
}

/// Gives the types of characters of the ANSI code page.
#[shim(full)]
pub(super) fn GetStringTypeExA(
    cx: &Cx,
    Locale: u32,
    dwInfoType: CHAR_TYPE,
    lpSrcStr: PCSTR,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Win32Result<()> {
    // All locales here have the same code page.
    let _ = Locale;
    let bytes = text::counted_ansi(lpSrcStr, if cchSrc < 0 { -1 } else { cchSrc })?;
    string_types(dwInfoType, &text::to_wide(cx, &bytes), lpCharType)
}

/// A counted text of which every negative length says that it ends with a zero.
fn counted_or_z(text: PCWSTR, count: i32) -> Win32Result<Wide> {
    text::counted_wide(text, if count < 0 { -1 } else { count })
}

pub(super) fn string_types(kind: CHAR_TYPE, text: &[u16], types: Ptr<u16>) -> Win32Result<()> {
    let values: Option<Vec<u16>> = text.iter().map(|&unit| ctype::string_type(kind.0, unit)).collect();
    Ok(types.write_slice(&values.ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?)?)
}

abi::flags! {
    /// How text is folded.
    pub(super) struct FOLD_STRING_MAP_FLAGS: u32 {
        MAP_FOLDCZONE = 0x10;
        MAP_PRECOMPOSED = 0x20;
        MAP_COMPOSITE = 0x40;
        MAP_FOLDDIGITS = 0x80;
        MAP_EXPAND_LIGATURES = 0x2000;
    }
}

/// Folds variants of characters into one.
#[shim(partial = "compatibility characters fold by Unicode's decomposition; ligatures are not expanded alone")]
pub(super) fn FoldStringW(
    dwMapFlags: FOLD_STRING_MAP_FLAGS,
    lpSrcStr: PCWSTR,
    cchSrc: i32,
    lpDestStr: PWSTR,
    cchDest: i32,
) -> Win32Result<i32> {
    let source = counted_or_z(lpSrcStr, cchSrc)?;
    let form = match dwMapFlags {
        FOLD_STRING_MAP_FLAGS::MAP_PRECOMPOSED => nls::Form::C,
        FOLD_STRING_MAP_FLAGS::MAP_COMPOSITE => nls::Form::D,
        FOLD_STRING_MAP_FLAGS::MAP_FOLDCZONE => nls::Form::Kc,
        FOLD_STRING_MAP_FLAGS::MAP_FOLDDIGITS => {
            return text::fill(&nls::fold_digits(&source), lpDestStr.ptr(), cchDest);
        }
        _ => return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into()),
    };
    text::fill(&nls::normalize(form, &source), lpDestStr.ptr(), cchDest)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn text_goes_to_utf_16_and_back() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let utf8 = guest.ansi("grün");
            let wide = guest.buffer(32);
            guest.call("kernel32!MultiByteToWideChar", &[65001, 0, utf8, u64::MAX, 0, 0]);
            guest.call("kernel32!MultiByteToWideChar", &[65001, 0, utf8, u64::MAX, wide, 16]);
            guest.call("kernel32!WideCharToMultiByte", &[1252, 0, wide, 4, 0, 0, 0, 0]);
            guest.call("kernel32!WideCharToMultiByte", &[1252, 0, wide, 4, guest.buffer(2), 2, 0, 0]);
            guest.call("kernel32!WideCharToMultiByte", &[65001, 0, wide, 4, 0, 0, guest.ansi("?"), 0]);
            guest.call("kernel32!MultiByteToWideChar", &[4711, 0, utf8, 1, 0, 0]);
            guest.call("kernel32!MultiByteToWideChar", &[65001, 8, guest.bytes(b"\xff\0"), u64::MAX, 0, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!MultiByteToWideChar(CodePage=CP_UTF8, dwFlags=0, lpMultiByteStr="grün", cbMultiByte=-1, lpWideCharStr=NULL, cchWideChar=0) = 5
        kernel32!MultiByteToWideChar(CodePage=CP_UTF8, dwFlags=0, lpMultiByteStr="grün", cbMultiByte=-1, lpWideCharStr="grün", cchWideChar=16) = 5
        kernel32!WideCharToMultiByte(CodePage=1252, dwFlags=0, lpWideCharStr="grün", cchWideChar=4, lpMultiByteStr=NULL, cbMultiByte=0, lpDefaultChar=NULL, lpUsedDefaultChar=NULL) = 4
        kernel32!WideCharToMultiByte(CodePage=1252, dwFlags=0, lpWideCharStr="grün", cchWideChar=4, lpMultiByteStr=@2, cbMultiByte=2, lpDefaultChar=NULL, lpUsedDefaultChar=NULL) = 0 (ERROR_INSUFFICIENT_BUFFER)
        kernel32!WideCharToMultiByte(CodePage=CP_UTF8, dwFlags=0, lpWideCharStr="grün", cchWideChar=4, lpMultiByteStr=NULL, cbMultiByte=0, lpDefaultChar="?", lpUsedDefaultChar=NULL) = 0 (ERROR_INVALID_PARAMETER)
        kernel32!MultiByteToWideChar(CodePage=4711, dwFlags=0, lpMultiByteStr="grün", cbMultiByte=1, lpWideCharStr=NULL, cchWideChar=0) = 0 (ERROR_INVALID_PARAMETER)
        kernel32!MultiByteToWideChar(CodePage=CP_UTF8, dwFlags=MB_ERR_INVALID_CHARS, lpMultiByteStr="�", cbMultiByte=-1, lpWideCharStr=NULL, cchWideChar=0) = 0 (ERROR_NO_UNICODE_TRANSLATION)
        "#);
    }

    #[test]
    fn text_is_compared() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (one, two) = (guest.wide("Abc"), guest.wide("abd"));
            guest.call("kernel32!CompareStringW", &[0x400, 1, one, u64::MAX, two, 2]);
            guest.call("kernel32!CompareStringW", &[0x400, 1, one, 2, two, 2]);
            guest.call("kernel32!CompareStringOrdinal", &[one, 3, two, 3, 0]);
            guest.call("kernel32!CompareStringOrdinal", &[two, 3, one, 3, 1]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!CompareStringW(Locale=1024, dwCmpFlags=NORM_IGNORECASE, lpString1="Abc", cchCount1=-1, lpString2="abd", cchCount2=2) = CSTR_GREATER_THAN
        kernel32!CompareStringW(Locale=1024, dwCmpFlags=NORM_IGNORECASE, lpString1="Abc", cchCount1=2, lpString2="abd", cchCount2=2) = CSTR_EQUAL
        kernel32!CompareStringOrdinal(lpString1="Abc", cchCount1=3, lpString2="abd", cchCount2=3, bIgnoreCase=FALSE) = CSTR_LESS_THAN
        kernel32!CompareStringOrdinal(lpString1="abd", cchCount1=3, lpString2="Abc", cchCount2=3, bIgnoreCase=TRUE) = CSTR_GREATER_THAN
        "#);
    }
}
