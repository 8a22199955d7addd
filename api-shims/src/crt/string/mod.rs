//! string.h: the narrow string functions and the memory functions.

pub(crate) mod bounded;
pub(crate) mod case;
pub(crate) mod errors;
pub(crate) mod memory;
pub(crate) mod search;

use abi::{CrtResult, Fault, PCSTR, PSTR, Ptr, bulk, shim};

use super::guest::{GuestUnit, at, length_within, ok};

/// Copies `from` with its closing zero to `to`; gives its length.
pub(in crate::crt) fn copy<U: GuestUnit>(to: u64, from: u64) -> Result<usize, Fault> {
    let length = U::length(from)?;
    bulk::copy(to, from, (length + 1) * U::SIZE as usize)?;
    Ok(length)
}

/// `strncpy`: exactly `count` units, padded with zeros.
pub(in crate::crt) fn copy_counted<U: GuestUnit>(to: u64, from: u64, count: usize) -> Result<(), Fault> {
    let length = length_within::<U>(from, count)?;
    bulk::copy(to, from, length * U::SIZE as usize)?;
    let rest = (count - length).saturating_mul(U::SIZE as usize);
    bulk::fill(at::<U>(to, length), 0, rest)
}

/// Compares two texts unit by unit, both mapped by `map`, within `limit` units; the sign of the first difference.
pub(in crate::crt) fn compare<U: GuestUnit>(a: u64, b: u64, limit: usize, map: impl Fn(U) -> U) -> Result<i32, Fault> {
    for index in 0..limit {
        let (x, y) = (map(U::load(at::<U>(a, index))?), map(U::load(at::<U>(b, index))?));
        if x != y {
            return Ok(if x < y { -1 } else { 1 });
        }
        if x.into() == 0 {
            break;
        }
    }
    Ok(0)
}

/// Gives the length of a string.
#[shim(full)]
pub(crate) fn strlen(str: PCSTR) -> CrtResult<usize> {
    ok(bulk::length8(str.address())?)
}

/// Gives the length of a string, at most a number of bytes.
#[shim(full)]
pub(crate) fn strnlen(str: PCSTR, numberOfElements: usize) -> CrtResult<usize> {
    ok(length_within::<u8>(str.address(), numberOfElements)?)
}

/// Copies a string.
#[shim(full)]
pub(crate) fn strcpy(strDestination: PSTR, strSource: PCSTR) -> CrtResult<Ptr<u8>> {
    copy::<u8>(strDestination.address(), strSource.address())?;
    ok(strDestination.ptr())
}

/// Copies at most a number of bytes of a string and fills the rest with zeros.
#[shim(full)]
pub(crate) fn strncpy(strDest: Ptr<u8>, strSource: PCSTR, count: usize) -> CrtResult<Ptr<u8>> {
    copy_counted::<u8>(strDest.address(), strSource.address(), count)?;
    ok(strDest)
}

/// Appends a string.
#[shim(full)]
pub(crate) fn strcat(strDestination: PSTR, strSource: PCSTR) -> CrtResult<Ptr<u8>> {
    let length = bulk::length8(strDestination.address())?;
    copy::<u8>(at::<u8>(strDestination.address(), length), strSource.address())?;
    ok(strDestination.ptr())
}

/// Appends at most a number of bytes of a string.
#[shim(full)]
pub(crate) fn strncat(strDest: PSTR, strSource: PCSTR, count: usize) -> CrtResult<Ptr<u8>> {
    append_counted::<u8>(strDest.address(), strSource.address(), count)?;
    ok(strDest.ptr())
}

/// `strncat`
pub(in crate::crt) fn append_counted<U: GuestUnit>(to: u64, from: u64, count: usize) -> Result<(), Fault> {
    let end = at::<U>(to, U::length(to)?);
    let length = length_within::<U>(from, count)?;
    bulk::copy(end, from, length * U::SIZE as usize)?;
    U::store(at::<U>(end, length), U::from(0))
}

/// Compares two strings.
#[shim(full)]
pub(crate) fn strcmp(string1: PCSTR, string2: PCSTR) -> CrtResult<i32> {
    ok(bulk::compare_text(string1.address(), string2.address(), usize::MAX)?.signum())
}

/// Compares at most a number of bytes of two strings.
#[shim(full)]
pub(crate) fn strncmp(string1: PCSTR, string2: PCSTR, count: usize) -> CrtResult<i32> {
    ok(bulk::compare_text(string1.address(), string2.address(), count)?.signum())
}

/// Compares two strings by the locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn strcoll(string1: PCSTR, string2: PCSTR) -> CrtResult<i32> {
    strcmp(string1, string2)
}

/// Compares two strings by a given locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _strcoll_l(string1: PCSTR, string2: PCSTR, locale: Ptr<u8>) -> CrtResult<i32> {
    let _ = locale;
    strcmp(string1, string2)
}

/// Makes a string that compares by bytes as the original does by the locale's order.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn strxfrm(strDest: Ptr<u8>, strSource: PCSTR, count: usize) -> CrtResult<usize> {
    ok(transform::<u8>(strDest.address(), strSource.address(), count)?)
}

/// `_strxfrm_l`: as `strxfrm`, by a given locale.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _strxfrm_l(strDest: Ptr<u8>, strSource: PCSTR, count: usize, locale: Ptr<u8>) -> CrtResult<usize> {
    let _ = locale;
    strxfrm(strDest, strSource, count)
}

/// `strxfrm` in the "C" locale: a copy. Gives the length that is needed.
pub(in crate::crt) fn transform<U: GuestUnit>(to: u64, from: u64, count: usize) -> Result<usize, Fault> {
    let length = U::length(from)?;
    if to != 0 && count > 0 {
        let kept = length.min(count - 1);
        bulk::copy(to, from, kept * U::SIZE as usize)?;
        U::store(at::<U>(to, kept), U::from(0))?;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn strings_are_copied_and_appended_with_their_zero() {
        testing::run(crate::dlls(), None, |guest| {
            let to = guest.bytes(&[b'#'; 16]);
            assert_eq!(guest.call("msvcrt!strcpy", &[to, guest.ansi("abc")]), to);
            assert_eq!(guest.read::<[u8; 6]>(to), *b"abc\0##");
            guest.call("msvcrt!strcat", &[to, guest.ansi("de")]);
            guest.call("msvcrt!strncat", &[to, guest.ansi("fgh"), 1]);
            assert_eq!(guest.read::<[u8; 8]>(to), *b"abcdef\0#");
            guest.call("msvcrt!strncpy", &[to, guest.ansi("xy"), 4]);
            assert_eq!(guest.read::<[u8; 8]>(to), *b"xy\0\0ef\0#");
            guest.call("msvcrt!strncpy", &[to, guest.ansi("wxyz"), 2]);
            assert_eq!(guest.read::<[u8; 3]>(to), *b"wx\0");
            assert_eq!(guest.call("msvcrt!strlen", &[to]), 2);
        });
    }

    #[test]
    fn comparisons_give_a_sign() {
        testing::run(crate::dlls(), None, |guest| {
            let (a, b) = (guest.ansi("abc"), guest.ansi("abz\u{e9}"));
            assert_eq!(guest.call("msvcrt!strcmp", &[a, b]) as i32, -1);
            assert_eq!(guest.call("msvcrt!strcmp", &[b, a]) as i32, 1);
            assert_eq!(guest.call("msvcrt!strncmp", &[a, b, 2]) as i32, 0);
            assert_eq!(guest.call("msvcrt!_stricmp", &[a, guest.ansi("ABC")]) as i32, 0);
            assert_eq!(guest.call("msvcrt!_strnicmp", &[a, guest.ansi("ABx"), 3]) as i32, -1);
        });
    }
}
