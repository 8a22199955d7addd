//! Code pages.

use abi::{Out, PCSTR, Ptr, WIN32_ERROR, WideArray, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::{ANSI_CODE_PAGE, CodePage, OEM_CODE_PAGE};

use crate::kernel32::stringapiset::{CHAR_TYPE, CODE_PAGE, code_page, string_types};
use crate::text;

abi::guest_struct! {
    /// The shape of a code page.
    pub(in crate::kernel32) struct CPINFO {
        MaxCharSize: u32,
        DefaultChar: [u8; 2],
        LeadByte: [u8; 12],
    }

    /// The shape and name of a code page.
    pub(in crate::kernel32) struct CPINFOEXW {
        MaxCharSize: u32,
        DefaultChar: [u8; 2],
        LeadByte: [u8; 12],
        UnicodeDefaultChar: u16,
        CodePage: u32,
        CodePageName: WideArray<260>,
    }
}

/// Gives the ANSI code page.
#[shim(full)]
pub(in crate::kernel32) fn GetACP() -> u32 {
    ANSI_CODE_PAGE
}

/// Gives the OEM code page.
#[shim(full)]
pub(in crate::kernel32) fn GetOEMCP() -> u32 {
    OEM_CODE_PAGE
}

/// Says whether a code page is there.
#[shim(full)]
pub(in crate::kernel32) fn IsValidCodePage(CodePage: u32) -> bool {
    // The names for the defaults are no code pages.
    CodePage > 3 && self::CodePage::new(CodePage).is_some()
}

/// Gives the shape of a code page.
#[shim(full)]
pub(in crate::kernel32) fn GetCPInfo(CodePage: CODE_PAGE, lpCPInfo: Out<CPINFO>) -> Win32Result<()> {
    let page = code_page(CodePage)?;
    if lpCPInfo.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let (DefaultChar, LeadByte) = shape(&page);
    Ok(lpCPInfo.set(CPINFO { MaxCharSize: page.max_char_size(), DefaultChar, LeadByte })?)
}

/// Gives the shape and name of a code page.
#[shim(full)]
pub(in crate::kernel32) fn GetCPInfoExW(
    CodePage: CODE_PAGE,
    dwFlags: u32,
    lpCPInfoEx: Out<CPINFOEXW>,
) -> Win32Result<()> {
    let page = code_page(CodePage)?;
    if dwFlags != 0 || lpCPInfoEx.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let (DefaultChar, LeadByte) = shape(&page);
    Ok(lpCPInfoEx.set(CPINFOEXW {
        MaxCharSize: page.max_char_size(),
        DefaultChar,
        LeadByte,
        UnicodeDefaultChar: page.default_unicode_char(),
        CodePage: page.number(),
        CodePageName: WideArray::new(&text::wide(&page.name())),
    })?)
}

fn shape(page: &CodePage) -> ([u8; 2], [u8; 12]) {
    let (mut default, mut leads) = ([0; 2], [0; 12]);
    for (byte, &value) in default.iter_mut().zip(page.default_char()) {
        *byte = value;
    }
    for (byte, value) in leads.iter_mut().zip(page.lead_bytes().iter().flat_map(|&(first, last)| [first, last])) {
        *byte = value;
    }
    (default, leads)
}

/// Says whether a byte begins a character of two bytes in the ANSI code page.
#[shim(full)]
pub(in crate::kernel32) fn IsDBCSLeadByte(TestChar: u8) -> bool {
    CodePage::ANSI.is_lead_byte(TestChar)
}

/// Says whether a byte begins a character of two bytes.
#[shim(full)]
pub(in crate::kernel32) fn IsDBCSLeadByteEx(CodePage: CODE_PAGE, TestChar: u8) -> bool {
    self::CodePage::new(CodePage.0).is_some_and(|page| page.is_lead_byte(TestChar))
}

/// Gives the types of characters of the ANSI code page.
#[shim(full)]
pub(in crate::kernel32) fn GetStringTypeA(
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

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn code_pages_tell_their_shape() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetACP", &[]);
            guest.call("kernel32!GetCPInfo", &[932, guest.buffer(20)]);
            guest.call("kernel32!IsValidCodePage", &[1]);
            guest.call("kernel32!IsValidCodePage", &[65001]);
            guest.call("kernel32!IsDBCSLeadByteEx", &[932, 0x81]);
            guest.call("kernel32!GetCPInfo", &[1200, guest.buffer(20)]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetACP() = 1252
        kernel32!GetCPInfo(CodePage=932, lpCPInfo=&{MaxCharSize=2, DefaultChar=[63, 0], LeadByte=[129, 159, 224, 252, 0, 0, 0, 0, 0, 0, 0, 0]}) = TRUE
        kernel32!IsValidCodePage(CodePage=1) = FALSE
        kernel32!IsValidCodePage(CodePage=65001) = TRUE
        kernel32!IsDBCSLeadByteEx(CodePage=932, TestChar=129) = TRUE
        kernel32!GetCPInfo(CodePage=1200, lpCPInfo=@2) = FALSE (ERROR_INVALID_PARAMETER)
        "#);
    }
}
