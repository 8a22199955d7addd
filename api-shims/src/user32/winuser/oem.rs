//! Between the ANSI and the OEM code page.

use abi::{PCSTR, PCWSTR, PSTR, PWSTR, Ptr, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::{CodePage, OEM_CODE_PAGE};

use crate::text;

fn oem() -> CodePage {
    CodePage::new(OEM_CODE_PAGE).unwrap_or(CodePage::ANSI)
}

/// Turns text of the ANSI code page into the OEM code page; both may be the same buffer.
#[shim(full)]
pub(in crate::user32) fn CharToOemA(cx: &Cx, pSrc: PCSTR, pDst: PSTR) -> Win32Result<()> {
    Ok(pDst.write_z(&oem().encode(&text::to_wide(cx, &pSrc.read()?)))?)
}

/// Turns characters of the ANSI code page into the OEM code page.
#[shim(full)]
pub(in crate::user32) fn CharToOemBuffA(
    cx: &Cx,
    lpszSrc: Ptr<u8>,
    lpszDst: Ptr<u8>,
    cchDstLength: u32,
) -> Win32Result<()> {
    let text = text::to_wide(cx, &lpszSrc.read_bytes(cchDstLength as usize)?);
    Ok(lpszDst.write_bytes(&oem().encode(&text))?)
}

/// Turns characters into the OEM code page.
#[shim(full)]
pub(in crate::user32) fn CharToOemBuffW(lpszSrc: Ptr<u16>, lpszDst: Ptr<u8>, cchDstLength: u32) -> Win32Result<()> {
    Ok(lpszDst.write_bytes(&oem().encode(&lpszSrc.read_slice(cchDstLength as usize)?))?)
}

/// Turns text into the OEM code page.
#[shim(full)]
pub(in crate::user32) fn CharToOemW(pSrc: PCWSTR, pDst: PSTR) -> Win32Result<()> {
    Ok(pDst.write_z(&oem().encode(&pSrc.read()?))?)
}

/// Turns text of the OEM code page into the ANSI code page; both may be the same buffer.
#[shim(full)]
pub(in crate::user32) fn OemToCharA(cx: &Cx, pSrc: PCSTR, pDst: PSTR) -> Win32Result<()> {
    Ok(pDst.write_z(&text::to_ansi(cx, &oem().decode(&pSrc.read()?)))?)
}

/// Turns characters of the OEM code page into the ANSI code page.
#[shim(full)]
pub(in crate::user32) fn OemToCharBuffA(
    cx: &Cx,
    lpszSrc: Ptr<u8>,
    lpszDst: Ptr<u8>,
    cchDstLength: u32,
) -> Win32Result<()> {
    let text = oem().decode(&lpszSrc.read_bytes(cchDstLength as usize)?);
    Ok(lpszDst.write_bytes(&text::to_ansi(cx, &text))?)
}

/// Turns characters of the OEM code page into UTF-16.
#[shim(full)]
pub(in crate::user32) fn OemToCharBuffW(lpszSrc: Ptr<u8>, lpszDst: Ptr<u16>, cchDstLength: u32) -> Win32Result<()> {
    Ok(lpszDst.write_slice(&oem().decode(&lpszSrc.read_bytes(cchDstLength as usize)?))?)
}

/// Turns text of the OEM code page into UTF-16.
#[shim(full)]
pub(in crate::user32) fn OemToCharW(pSrc: PCSTR, pDst: PWSTR) -> Win32Result<()> {
    Ok(pDst.write_z(&oem().decode(&pSrc.read()?))?)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn code_page_437_and_1252_have_an_accent_in_different_places() {
        testing::run(crate::dlls(), None, |guest| {
            let text = guest.bytes(b"caf\xe9\0");
            assert_eq!(guest.call("user32!CharToOemA", &[text, text]), 1);
            assert_eq!(guest.read::<[u8; 5]>(text), *b"caf\x82\0");
            assert_eq!(guest.call("user32!OemToCharBuffA", &[text, text, 4]), 1);
            assert_eq!(guest.read::<[u8; 5]>(text), *b"caf\xe9\0");
        });
    }
}
