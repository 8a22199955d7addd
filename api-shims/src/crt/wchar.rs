//! wchar.h: the wide string functions.

use abi::{CrtResult, Errno, InOut, PCWSTR, PWSTR, Ptr, bulk, fault, shim};
use syscall_xlate::Cx;

use super::guest::{GuestUnit, at, length_within, ok, status, write_text};
use super::locale;
use super::state::{Keep, PerThread, keep};
use super::string::{append_counted, bounded, case, compare, copy, copy_counted, errors, search, transform};

/// Gives the length of a wide string.
#[shim(full)]
pub(crate) fn wcslen(str: PCWSTR) -> CrtResult<usize> {
    ok(bulk::length16(str.address())?)
}

/// Gives the length of a wide string, at most a number of characters.
#[shim(full)]
pub(crate) fn wcsnlen(str: PCWSTR, numberOfElements: usize) -> CrtResult<usize> {
    ok(length_within::<u16>(str.address(), numberOfElements)?)
}

/// Copies a wide string.
#[shim(full)]
pub(crate) fn wcscpy(strDestination: PWSTR, strSource: PCWSTR) -> CrtResult<Ptr<u16>> {
    copy::<u16>(strDestination.address(), strSource.address())?;
    ok(strDestination.ptr())
}

/// Copies at most a number of characters of a wide string and fills the rest with zeros.
#[shim(full)]
pub(crate) fn wcsncpy(strDest: Ptr<u16>, strSource: PCWSTR, count: usize) -> CrtResult<Ptr<u16>> {
    copy_counted::<u16>(strDest.address(), strSource.address(), count)?;
    ok(strDest)
}

/// Appends a wide string.
#[shim(full)]
pub(crate) fn wcscat(strDestination: PWSTR, strSource: PCWSTR) -> CrtResult<Ptr<u16>> {
    let length = bulk::length16(strDestination.address())?;
    copy::<u16>(at::<u16>(strDestination.address(), length), strSource.address())?;
    ok(strDestination.ptr())
}

/// Appends at most a number of characters of a wide string.
#[shim(full)]
pub(crate) fn wcsncat(strDest: PWSTR, strSource: PCWSTR, count: usize) -> CrtResult<Ptr<u16>> {
    append_counted::<u16>(strDest.address(), strSource.address(), count)?;
    ok(strDest.ptr())
}

/// Compares two wide strings.
#[shim(full)]
pub(crate) fn wcscmp(string1: PCWSTR, string2: PCWSTR) -> CrtResult<i32> {
    ok(compare::<u16>(string1.address(), string2.address(), usize::MAX, |unit| unit)?)
}

/// Compares at most a number of characters of two wide strings.
#[shim(full)]
pub(crate) fn wcsncmp(string1: PCWSTR, string2: PCWSTR, count: usize) -> CrtResult<i32> {
    ok(compare::<u16>(string1.address(), string2.address(), count, |unit| unit)?)
}

/// Compares two wide strings without regard to case.
#[shim(full)]
pub(crate) fn _wcsicmp(cx: &Cx, string1: PCWSTR, string2: PCWSTR) -> CrtResult<i32> {
    ok(compare(string1.address(), string2.address(), usize::MAX, locale::lower(cx))?)
}

/// Compares at most a number of characters of two wide strings without regard to case.
#[shim(full)]
pub(crate) fn _wcsnicmp(cx: &Cx, string1: PCWSTR, string2: PCWSTR, count: usize) -> CrtResult<i32> {
    ok(compare(string1.address(), string2.address(), count, locale::lower(cx))?)
}

/// Compares two wide strings by the locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn wcscoll(string1: PCWSTR, string2: PCWSTR) -> CrtResult<i32> {
    wcscmp(string1, string2)
}

/// Compares two wide strings by a given locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _wcscoll_l(string1: PCWSTR, string2: PCWSTR, locale: Ptr<u8>) -> CrtResult<i32> {
    let _ = locale;
    wcscmp(string1, string2)
}

/// Compares two wide strings by the locale's order without regard to case.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _wcsicoll(cx: &Cx, string1: PCWSTR, string2: PCWSTR) -> CrtResult<i32> {
    _wcsicmp(cx, string1, string2)
}

/// Makes a wide string that compares by characters as the original does by the locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn wcsxfrm(strDest: Ptr<u16>, strSource: PCWSTR, count: usize) -> CrtResult<usize> {
    ok(transform::<u16>(strDest.address(), strSource.address(), count)?)
}

/// `_wcsxfrm_l`: as `wcsxfrm`, by a given locale.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _wcsxfrm_l(strDest: Ptr<u16>, strSource: PCWSTR, count: usize, locale: Ptr<u8>) -> CrtResult<usize> {
    let _ = locale;
    wcsxfrm(strDest, strSource, count)
}

/// Finds the first occurrence of a character in a wide string; the closing zero counts.
#[shim(full)]
pub(crate) fn wcschr(str: PCWSTR, c: u16) -> CrtResult<Ptr<u16>> {
    let mut index = 0;
    loop {
        let unit = fault::load_u16(at::<u16>(str.address(), index))?;
        if unit == c {
            return ok(str.ptr().offset(index));
        }
        if unit == 0 {
            return ok(Ptr::NULL);
        }
        index += 1;
    }
}

/// Finds the last occurrence of a character in a wide string; the closing zero counts.
#[shim(full)]
pub(crate) fn wcsrchr(str: PCWSTR, c: u16) -> CrtResult<Ptr<u16>> {
    ok(Ptr::at(search::last_of::<u16>(str.address(), c)?))
}

/// Finds a wide string in a wide string.
#[shim(full)]
pub(crate) fn wcsstr(str: PCWSTR, strSearch: PCWSTR) -> CrtResult<Ptr<u16>> {
    ok(Ptr::at(search::position_of::<u16>(str.address(), strSearch.address())?))
}

/// Gives how many characters at the start of a wide string are in a set.
#[shim(full)]
pub(crate) fn wcsspn(str: PCWSTR, strCharSet: PCWSTR) -> CrtResult<usize> {
    ok(search::span::<u16>(str.address(), strCharSet.address(), true)?)
}

/// Gives how many characters at the start of a wide string are not in a set.
#[shim(full)]
pub(crate) fn wcscspn(str: PCWSTR, strCharSet: PCWSTR) -> CrtResult<usize> {
    ok(search::span::<u16>(str.address(), strCharSet.address(), false)?)
}

/// Finds the first character of a wide string that is in a set.
#[shim(full)]
pub(crate) fn wcspbrk(str: PCWSTR, strCharSet: PCWSTR) -> CrtResult<Ptr<u16>> {
    let found = str.ptr().offset(search::span::<u16>(str.address(), strCharSet.address(), false)?);
    ok(if fault::load_u16(found.address())? == 0 { Ptr::NULL } else { found })
}

/// Cuts the next token off a wide string; the place to go on is the thread's.
#[shim(full)]
pub(crate) fn wcstok(cx: &Cx, strToken: PWSTR, strDelimit: PCWSTR) -> CrtResult<Ptr<u16>> {
    let state = cx.thread.state::<PerThread>();
    let (found, next) = search::token::<u16>(strToken.address(), state.wcstok.get(), strDelimit.address())?;
    state.wcstok.set(next);
    ok(Ptr::at(found))
}

/// Cuts the next token off a wide string; the place to go on is the caller's.
#[shim(full)]
pub(crate) fn wcstok_s(str: PWSTR, delimiters: PCWSTR, context: InOut<u64>) -> CrtResult<Ptr<u16>> {
    let next = if str.is_null() { context.read()? } else { 0 };
    let (found, next) = search::token::<u16>(str.address(), next, delimiters.address())?;
    context.set(next)?;
    ok(Ptr::at(found))
}

/// Makes a wide string lower case.
#[shim(full)]
pub(crate) fn _wcslwr(cx: &Cx, str: PWSTR) -> CrtResult<Ptr<u16>> {
    case::rewrite(str.address(), locale::lower(cx))?;
    ok(str.ptr())
}

/// Makes a wide string upper case.
#[shim(full)]
pub(crate) fn _wcsupr(cx: &Cx, str: PWSTR) -> CrtResult<Ptr<u16>> {
    case::rewrite(str.address(), locale::upper(cx))?;
    ok(str.ptr())
}

/// Turns a wide string round.
#[shim(full)]
pub(crate) fn _wcsrev(str: PWSTR) -> CrtResult<Ptr<u16>> {
    case::reverse::<u16>(str.address())?;
    ok(str.ptr())
}

/// Sets all characters of a wide string to one.
#[shim(full)]
pub(crate) fn _wcsset(str: PWSTR, c: u16) -> CrtResult<Ptr<u16>> {
    case::rewrite::<u16>(str.address(), |_| c)?;
    ok(str.ptr())
}

/// Copies a wide string into a buffer of a given size.
#[shim(full)]
pub(crate) fn wcscpy_s(cx: &Cx, dest: Ptr<u16>, dest_size: usize, src: PCWSTR) -> CrtResult<i32> {
    status(cx, bounded::copy::<u16>(dest.address(), dest_size, src.address(), None)?)
}

/// Copies at most a number of characters of a wide string into a buffer of a given size.
#[shim(full)]
pub(crate) fn wcsncpy_s(
    cx: &Cx,
    strDest: Ptr<u16>,
    numberOfElements: usize,
    strSource: PCWSTR,
    count: usize,
) -> CrtResult<i32> {
    bounded::truncated(cx, bounded::copy::<u16>(strDest.address(), numberOfElements, strSource.address(), Some(count))?)
}

/// Appends a wide string in a buffer of a given size.
#[shim(full)]
pub(crate) fn wcscat_s(
    cx: &Cx,
    strDestination: Ptr<u16>,
    numberOfElements: usize,
    strSource: PCWSTR,
) -> CrtResult<i32> {
    status(cx, bounded::append::<u16>(strDestination.address(), numberOfElements, strSource.address(), None)?)
}

/// Appends at most a number of characters of a wide string in a buffer of a given size.
#[shim(full)]
pub(crate) fn wcsncat_s(
    cx: &Cx,
    strDest: Ptr<u16>,
    numberOfElements: usize,
    strSource: PCWSTR,
    count: usize,
) -> CrtResult<i32> {
    bounded::truncated(
        cx,
        bounded::append::<u16>(strDest.address(), numberOfElements, strSource.address(), Some(count))?,
    )
}

/// Makes a wide string of a given size lower case.
#[shim(full)]
pub(crate) fn _wcslwr_s(cx: &Cx, str: Ptr<u16>, numberOfElements: usize) -> CrtResult<i32> {
    status(cx, bounded::rewrite(str.address(), numberOfElements, locale::lower(cx))?)
}

/// Makes a wide string of a given size upper case.
#[shim(full)]
pub(crate) fn _wcsupr_s(cx: &Cx, str: Ptr<u16>, numberOfElements: usize) -> CrtResult<i32> {
    status(cx, bounded::rewrite(str.address(), numberOfElements, locale::upper(cx))?)
}

/// Copies a string into a new block.
pub(super) fn duplicated<U: GuestUnit>(cx: &Cx, text: u64) -> CrtResult<Ptr<U>> {
    if text == 0 {
        return ok(Ptr::NULL);
    }
    let bytes = (U::length(text)? + 1) * U::SIZE as usize;
    let block = super::host::allocate(cx, bytes, false).ok_or(Errno::ENOMEM)?;
    bulk::copy(block, text, bytes)?;
    ok(Ptr::at(block))
}

/// Copies a string into a new block.
#[shim(full)]
pub(crate) fn _strdup(cx: &Cx, strSource: abi::PCSTR) -> CrtResult<Ptr<u8>> {
    duplicated(cx, strSource.address())
}

/// Copies a wide string into a new block.
#[shim(full)]
pub(crate) fn _wcsdup(cx: &Cx, strSource: PCWSTR) -> CrtResult<Ptr<u16>> {
    duplicated(cx, strSource.address())
}

/// Gives the text of an error.
#[shim(full)]
pub(crate) fn _wcserror(cx: &Cx, errnum: i32) -> CrtResult<Ptr<u16>> {
    let address = keep(cx, Keep::WideError, 512)?;
    write_text::<u16>(address, &errors::units(errors::text(errnum)))?;
    ok(Ptr::at(address))
}

/// Writes the text of an error, cut to the buffer.
#[shim(full)]
pub(crate) fn _wcserror_s(cx: &Cx, buffer: Ptr<u16>, sizeInWords: usize, errnum: i32) -> CrtResult<i32> {
    status(cx, errors::into_buffer::<u16>(buffer.address(), sizeInWords, errnum)?)
}

/// Copies a block of wide characters.
#[shim(full)]
pub(crate) fn wmemcpy(dest: Ptr<u16>, src: Ptr<u16>, count: usize) -> CrtResult<Ptr<u16>> {
    bulk::copy(dest.address(), src.address(), count.saturating_mul(2))?;
    ok(dest)
}

/// Copies a block of wide characters into a buffer of a given size; one that does not fit is refused and the buffer zeroed.
#[shim(full)]
pub(crate) fn wmemcpy_s(
    cx: &Cx,
    dest: Ptr<u16>,
    numberOfElements: usize,
    src: Ptr<u16>,
    count: usize,
) -> CrtResult<i32> {
    let (size, bytes) = (numberOfElements.saturating_mul(2), count.saturating_mul(2));
    super::string::memory::memcpy_s(cx, dest.cast(), size, src.cast(), bytes)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn wide_strings_behave_as_narrow_ones() {
        testing::run(crate::dlls(), None, |guest| {
            let text = guest.wide("h\u{e9}llo");
            assert_eq!(guest.call("msvcrt!wcslen", &[text]), 5);
            assert_eq!(guest.call("msvcrt!wcschr", &[text, 0xe9]), text + 2);
            assert_eq!(guest.call("msvcrt!wcsrchr", &[text, b'l'.into()]), text + 6);
            assert_eq!(guest.call("msvcrt!_wcsicmp", &[text, guest.wide("H\u{e9}LLO")]), 0);
            let copy = guest.call("msvcrt!_wcsdup", &[text]);
            assert_eq!(guest.call("msvcrt!wcscmp", &[text, copy]), 0);
            assert_eq!(guest.call("msvcrt!wcsstr", &[text, guest.wide("llo")]), text + 4);
        });
    }
}
