//! Characters: case, kind, stepping from one to the next.

use abi::{Fault, PCSTR, PCWSTR, Ptr, Raises, shim};
use syscall_xlate::nls::{CodePage, case};

/// Lower case: text in place, or one character in place of the pointer.
#[shim(full)]
pub(in crate::user32) fn CharLowerA(lpsz: Ptr<u8>) -> Raises<Ptr<u8>> {
    text_or_character(lpsz, |text| bytes(text, case::downcase))
}

/// Lower case of `cchLength` characters in place.
#[shim(full)]
pub(in crate::user32) fn CharLowerBuffA(lpsz: Ptr<u8>, cchLength: u32) -> Raises<u32> {
    buffer(lpsz, cchLength, |text| bytes(text, case::downcase))
}

/// Lower case of `cchLength` characters in place.
#[shim(full)]
pub(in crate::user32) fn CharLowerBuffW(lpsz: Ptr<u16>, cchLength: u32) -> Raises<u32> {
    buffer(lpsz, cchLength, |text| units(text, case::downcase))
}

/// Lower case: text in place, or one character in place of the pointer.
#[shim(full)]
pub(in crate::user32) fn CharLowerW(lpsz: Ptr<u16>) -> Raises<Ptr<u16>> {
    text_or_character(lpsz, |text| units(text, case::downcase))
}

/// Upper case: text in place, or one character in place of the pointer.
#[shim(full)]
pub(in crate::user32) fn CharUpperA(lpsz: Ptr<u8>) -> Raises<Ptr<u8>> {
    text_or_character(lpsz, |text| bytes(text, case::upcase))
}

/// Upper case of `cchLength` characters in place.
#[shim(full)]
pub(in crate::user32) fn CharUpperBuffA(lpsz: Ptr<u8>, cchLength: u32) -> Raises<u32> {
    buffer(lpsz, cchLength, |text| bytes(text, case::upcase))
}

/// Upper case of `cchLength` characters in place.
#[shim(full)]
pub(in crate::user32) fn CharUpperBuffW(lpsz: Ptr<u16>, cchLength: u32) -> Raises<u32> {
    buffer(lpsz, cchLength, |text| units(text, case::upcase))
}

/// Upper case: text in place, or one character in place of the pointer.
#[shim(full)]
pub(in crate::user32) fn CharUpperW(lpsz: Ptr<u16>) -> Raises<Ptr<u16>> {
    text_or_character(lpsz, |text| units(text, case::upcase))
}

/// What these functions work on: units of guest text.
trait Unit: abi::Guest + Copy + From<u8> {
    fn read(text: Ptr<Self>) -> Result<Vec<Self>, Fault>;
    fn value(self) -> u64;
    fn of(value: u64) -> Self;
}

impl Unit for u8 {
    fn read(text: Ptr<Self>) -> Result<Vec<Self>, Fault> {
        PCSTR::new(text).read()
    }
    fn value(self) -> u64 {
        self.into()
    }
    fn of(value: u64) -> Self {
        value as Self
    }
}

impl Unit for u16 {
    fn read(text: Ptr<Self>) -> Result<Vec<Self>, Fault> {
        PCWSTR::new(text).read()
    }
    fn value(self) -> u64 {
        self.into()
    }
    fn of(value: u64) -> Self {
        value as Self
    }
}

/// Documented: where the pointer's upper half is zero, its lower half is a character.
fn text_or_character<U: Unit>(text: Ptr<U>, map: impl Fn(&mut [U])) -> Raises<Ptr<U>> {
    if text.address() <= 0xffff {
        let mut character = [U::of(text.address())];
        map(&mut character);
        return Ok(Ptr::at(character[0].value()));
    }
    let mut units = U::read(text)?;
    map(&mut units);
    text.write_slice(&units)?;
    Ok(text)
}

fn buffer<U: Unit>(text: Ptr<U>, count: u32, map: impl Fn(&mut [U])) -> Raises<u32> {
    let mut units = text.read_slice(count as usize)?;
    map(&mut units);
    text.write_slice(&units)?;
    Ok(count)
}

fn units(text: &mut [u16], map: fn(u16) -> u16) {
    text.iter_mut().for_each(|unit| *unit = map(*unit));
}

/// Maps bytes of the ANSI code page, each by itself; what the code page lacks stays as it is.
fn bytes(text: &mut [u8], map: fn(u16) -> u16) {
    for byte in text {
        if let [unit] = CodePage::ANSI.decode(&[*byte])[..] {
            let mapped = map(unit);
            let encoded = CodePage::ANSI.encode(&[mapped]);
            if CodePage::ANSI.decode(&encoded) == [mapped] {
                *byte = encoded.first().copied().unwrap_or(*byte);
            }
        }
    }
}

/// Gives the address of the next character, or that of the closing zero.
#[shim(full)]
pub(in crate::user32) fn CharNextA(lpsz: Ptr<u8>) -> Raises<Ptr<u8>> {
    next(CodePage::ANSI, lpsz)
}

/// Gives the address of the next character in a code page, or that of the closing zero.
#[shim(full)]
pub(in crate::user32) fn CharNextExA(CodePage: u16, lpCurrentChar: Ptr<u8>, dwFlags: u32) -> Raises<Ptr<u8>> {
    // Documented as reserved.
    let _ = dwFlags;
    next(code_page(CodePage), lpCurrentChar)
}

/// Code pages 0 and 1 are the user's; one that there is not has characters of one byte.
fn code_page(number: u16) -> CodePage {
    match number {
        1 => CodePage::new(syscall_xlate::nls::OEM_CODE_PAGE),
        number => CodePage::new(u32::from(number)),
    }
    .unwrap_or(CodePage::ANSI)
}

fn next(code_page: CodePage, text: Ptr<u8>) -> Raises<Ptr<u8>> {
    let first = text.read()?;
    let is_pair = code_page.is_lead_byte(first) && text.byte_offset(1).read()? != 0;
    Ok(text.byte_offset(match first {
        0 => 0,
        _ if is_pair => 2,
        _ => 1,
    }))
}

/// Gives the address of the next character, or that of the closing zero. Marks that combine with a character belong to it.
#[shim(partial = "only the blocks of combining marks are known as such")]
pub(in crate::user32) fn CharNextW(lpsz: Ptr<u16>) -> Raises<Ptr<u16>> {
    if lpsz.read()? == 0 {
        return Ok(lpsz);
    }
    let mut at = lpsz.offset(1);
    while combines(at.read()?) {
        at = at.offset(1);
    }
    Ok(at)
}

/// Gives the address of the character before another, but not before the text's first.
#[shim(full)]
pub(in crate::user32) fn CharPrevA(lpszStart: Ptr<u8>, lpszCurrent: Ptr<u8>) -> Raises<Ptr<u8>> {
    previous(CodePage::ANSI, lpszStart, lpszCurrent)
}

/// Gives the address of the character before another in a code page, but not before the text's first.
#[shim(full)]
pub(in crate::user32) fn CharPrevExA(
    CodePage: u16,
    lpStart: Ptr<u8>,
    lpCurrentChar: Ptr<u8>,
    dwFlags: u32,
) -> Raises<Ptr<u8>> {
    // Documented as reserved.
    let _ = dwFlags;
    previous(code_page(CodePage), lpStart, lpCurrentChar)
}

fn previous(code_page: CodePage, start: Ptr<u8>, current: Ptr<u8>) -> Raises<Ptr<u8>> {
    if current.address() <= start.address() {
        return Ok(start);
    }
    let before = current.address() - 1;
    // Only lead bytes in an unbroken row before the last byte can make it a trail byte.
    let mut leads = 0;
    let mut at = before;
    while at > start.address() && !code_page.lead_bytes().is_empty() {
        at -= 1;
        if !code_page.is_lead_byte(Ptr::at(at).read()?) {
            break;
        }
        leads += 1;
    }
    Ok(Ptr::at(before - leads % 2))
}

/// Gives the address of the character before another, but not before the text's first.
#[shim(partial = "only the blocks of combining marks are known as such")]
pub(in crate::user32) fn CharPrevW(lpszStart: Ptr<u16>, lpszCurrent: Ptr<u16>) -> Raises<Ptr<u16>> {
    let mut at = lpszCurrent.address();
    while at > lpszStart.address() {
        at = at.saturating_sub(2);
        if !combines(Ptr::<u16>::at(at).read()?) {
            break;
        }
    }
    Ok(Ptr::at(at.max(lpszStart.address())))
}

/// Marks that combine with the character before them: Unicode's blocks of them.
fn combines(unit: u16) -> bool {
    matches!(unit, 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// Tells whether a character is a letter.
#[shim(full)]
pub(in crate::user32) fn IsCharAlphaA(ch: u8) -> bool {
    ansi(ch).is_some_and(char::is_alphabetic)
}

/// Tells whether a character is a letter or a digit.
#[shim(full)]
pub(in crate::user32) fn IsCharAlphaNumericA(ch: u8) -> bool {
    ansi(ch).is_some_and(char::is_alphanumeric)
}

/// Tells whether a character is a letter or a digit.
#[shim(full)]
pub(in crate::user32) fn IsCharAlphaNumericW(ch: u16) -> bool {
    wide(ch).is_some_and(char::is_alphanumeric)
}

/// Tells whether a character is a letter.
#[shim(full)]
pub(in crate::user32) fn IsCharAlphaW(ch: u16) -> bool {
    wide(ch).is_some_and(char::is_alphabetic)
}

/// Tells whether a character is a lower-case letter.
#[shim(full)]
pub(in crate::user32) fn IsCharLowerA(ch: u8) -> bool {
    ansi(ch).is_some_and(char::is_lowercase)
}

/// Tells whether a character is a lower-case letter.
#[shim(full)]
pub(in crate::user32) fn IsCharLowerW(ch: u16) -> bool {
    wide(ch).is_some_and(char::is_lowercase)
}

/// Tells whether a character is an upper-case letter.
#[shim(full)]
pub(in crate::user32) fn IsCharUpperA(ch: u8) -> bool {
    ansi(ch).is_some_and(char::is_uppercase)
}

/// Tells whether a character is an upper-case letter.
#[shim(full)]
pub(in crate::user32) fn IsCharUpperW(ch: u16) -> bool {
    wide(ch).is_some_and(char::is_uppercase)
}

fn ansi(byte: u8) -> Option<char> {
    CodePage::ANSI.decode(&[byte]).first().copied().and_then(wide)
}

fn wide(unit: u16) -> Option<char> {
    char::from_u32(u32::from(unit))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn text_changes_in_place_and_a_character_in_the_result() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let text = guest.wide("Grüße, Ελλάδα 1");
            guest.call("user32!CharUpperW", &[text]);
            let upper = abi::PCWSTR::new(abi::Ptr::at(text)).read().unwrap();
            assert_eq!(String::from_utf16(&upper).unwrap(), "GRÜßE, ΕΛΛΆΔΑ 1");
            assert_eq!(guest.call("user32!CharUpperW", &[u64::from(b'a')]), u64::from(b'A'));
            let text = guest.bytes(b"caf\xe9\0");
            guest.call("user32!CharUpperBuffA", &[text, 4]);
            assert_eq!(guest.read::<[u8; 5]>(text), *b"CAF\xc9\0");
        });
        assert_snapshot!(trace, @r"
        user32!CharUpperW(lpsz=@1) = @1
        user32!CharUpperW(lpsz=@2) = @3
        user32!CharUpperBuffA(lpsz=@4, cchLength=4) = 4
        ");
    }

    #[test]
    fn stepping_knows_pairs_of_bytes_and_combining_marks() {
        testing::run(crate::dlls(), None, |guest| {
            // In code page 932 0x83 0x5c is one character whose second byte is a backslash.
            let text = guest.bytes(b"a\x83\x5cb\0");
            let next = |at| guest.call("user32!CharNextExA", &[932, text + at, 0]) - text;
            assert_eq!([next(0), next(1), next(3), next(4)], [1, 3, 4, 4]);
            let previous = |at| guest.call("user32!CharPrevExA", &[932, text, text + at, 0]) - text;
            assert_eq!([previous(0), previous(1), previous(3), previous(4)], [0, 0, 1, 3]);
            let text = guest.wide("a\u{301}\u{302}b");
            assert_eq!(guest.call("user32!CharNextW", &[text]) - text, 6);
            assert_eq!(guest.call("user32!CharPrevW", &[text, text + 6]) - text, 0);
        });
    }

    #[test]
    fn letters_are_known_in_both_kinds_of_text() {
        testing::run(crate::dlls(), None, |guest| {
            let is = |name: &str, character: u64| guest.call(&format!("user32!IsChar{name}"), &[character]) == 1;
            assert!(is("AlphaA", 0xe9) && is("LowerA", 0xe9) && !is("UpperA", 0xe9));
            assert!(is("AlphaW", 0x416) && is("UpperW", 0x416) && is("AlphaNumericW", 0x31));
            assert!(!is("AlphaA", 0x31) && !is("AlphaW", 0xd800));
        });
    }
}
