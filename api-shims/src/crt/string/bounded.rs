//! string.h: the functions that know the size of their target.
//!
//! <https://learn.microsoft.com/cpp/c-runtime-library/security-features-in-the-crt>. Where Windows would call the invalid
//! parameter handler, these give the error.

use abi::{CrtResult, Errno, Fault, PCSTR, Ptr, bulk, shim};
use syscall_xlate::Cx;

use crate::crt::guest::{GuestUnit, at, length_within, ok, status};

/// `_TRUNCATE`: copy what fits.
const TRUNCATE: usize = usize::MAX;

/// A bad pointer, or an error to give back.
type Bounded = Result<Result<(), Errno>, Fault>;

/// Copies up to `count` units (`None`: all) to offset `start` of a target of `size` units.
fn place<U: GuestUnit>(to: u64, size: usize, start: usize, from: u64, count: Option<usize>) -> Bounded {
    let length = match count {
        None => U::length(from)?,
        Some(TRUNCATE) => {
            let room = size - start - 1;
            let length = length_within::<U>(from, room.saturating_add(1))?;
            if length > room {
                bulk::copy(at::<U>(to, start), from, room * U::SIZE as usize)?;
                U::store(at::<U>(to, size - 1), U::from(0))?;
                return Ok(Err(Errno::STRUNCATE));
            }
            length
        }
        Some(count) => length_within::<U>(from, count)?,
    };
    if length >= size - start {
        U::store(to, U::from(0))?;
        return Ok(Err(Errno::ERANGE));
    }
    bulk::copy(at::<U>(to, start), from, length * U::SIZE as usize)?;
    U::store(at::<U>(to, start + length), U::from(0))?;
    Ok(Ok(()))
}

/// `strcpy_s` and `strncpy_s`.
pub(in crate::crt) fn copy<U: GuestUnit>(to: u64, size: usize, from: u64, count: Option<usize>) -> Bounded {
    if to == 0 && size == 0 && count == Some(0) {
        return Ok(Ok(()));
    }
    if to == 0 || size == 0 {
        return Ok(Err(Errno::EINVAL));
    }
    if count == Some(0) {
        U::store(to, U::from(0))?;
        return Ok(Ok(()));
    }
    if from == 0 {
        U::store(to, U::from(0))?;
        return Ok(Err(Errno::EINVAL));
    }
    place::<U>(to, size, 0, from, count)
}

/// `strcat_s` and `strncat_s`.
pub(in crate::crt) fn append<U: GuestUnit>(to: u64, size: usize, from: u64, count: Option<usize>) -> Bounded {
    if to == 0 || size == 0 {
        return Ok(Err(Errno::EINVAL));
    }
    if from == 0 && count != Some(0) {
        U::store(to, U::from(0))?;
        return Ok(Err(Errno::EINVAL));
    }
    let start = length_within::<U>(to, size)?;
    if start == size {
        U::store(to, U::from(0))?;
        return Ok(Err(Errno::EINVAL));
    }
    if count == Some(0) {
        return Ok(Ok(()));
    }
    place::<U>(to, size, start, from, count)
}

/// Changes the case of a text that must end within `size` units.
pub(in crate::crt) fn rewrite<U: GuestUnit>(text: u64, size: usize, map: impl Fn(U) -> U) -> Bounded {
    if text == 0 {
        return Ok(Err(Errno::EINVAL));
    }
    if length_within::<U>(text, size)? == size {
        if size > 0 {
            U::store(text, U::from(0))?;
        }
        return Ok(Err(Errno::EINVAL));
    }
    super::case::rewrite(text, map)?;
    Ok(Ok(()))
}

/// Copies a string into a buffer of a given size.
#[shim(full)]
pub(crate) fn strcpy_s(cx: &Cx, dest: Ptr<u8>, dest_size: usize, src: PCSTR) -> CrtResult<i32> {
    status(cx, copy::<u8>(dest.address(), dest_size, src.address(), None)?)
}

/// Copies at most a number of bytes of a string into a buffer of a given size.
#[shim(full)]
pub(crate) fn strncpy_s(
    cx: &Cx,
    strDest: Ptr<u8>,
    numberOfElements: usize,
    strSource: PCSTR,
    count: usize,
) -> CrtResult<i32> {
    truncated(cx, copy::<u8>(strDest.address(), numberOfElements, strSource.address(), Some(count))?)
}

/// Appends a string in a buffer of a given size.
#[shim(full)]
pub(crate) fn strcat_s(cx: &Cx, strDestination: Ptr<u8>, numberOfElements: usize, strSource: PCSTR) -> CrtResult<i32> {
    status(cx, append::<u8>(strDestination.address(), numberOfElements, strSource.address(), None)?)
}

/// Appends at most a number of bytes of a string in a buffer of a given size.
#[shim(full)]
pub(crate) fn strncat_s(
    cx: &Cx,
    strDest: Ptr<u8>,
    numberOfElements: usize,
    strSource: PCSTR,
    count: usize,
) -> CrtResult<i32> {
    truncated(cx, append::<u8>(strDest.address(), numberOfElements, strSource.address(), Some(count))?)
}

/// Cutting a string short on demand gives `STRUNCATE` and leaves `errno` alone.
pub(in crate::crt) fn truncated(cx: &Cx, result: Result<(), Errno>) -> CrtResult<i32> {
    if result == Err(Errno::STRUNCATE) { ok(Errno::STRUNCATE.0) } else { status(cx, result) }
}

/// Makes a string of a given size lower case.
#[shim(full)]
pub(crate) fn _strlwr_s(cx: &Cx, str: Ptr<u8>, numberOfElements: usize) -> CrtResult<i32> {
    status(cx, rewrite(str.address(), numberOfElements, u8::lower)?)
}

/// Makes a string of a given size upper case.
#[shim(full)]
pub(crate) fn _strupr_s(cx: &Cx, str: Ptr<u8>, numberOfElements: usize) -> CrtResult<i32> {
    status(cx, rewrite(str.address(), numberOfElements, u8::upper)?)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn what_does_not_fit_is_refused_or_cut_on_demand() {
        testing::run(crate::dlls(), None, |guest| {
            let (to, from) = (guest.bytes(b"########"), guest.ansi("abcd"));
            assert_eq!(guest.call("msvcrt!strcpy_s", &[to, 4, from]), 34);
            assert_eq!(guest.read::<u8>(to), 0);
            assert_eq!(guest.call("msvcrt!strcpy_s", &[to, 5, from]), 0);
            assert_eq!(guest.call("msvcrt!strncpy_s", &[to, 4, from, u64::MAX]), 80);
            assert_eq!(guest.read::<[u8; 4]>(to), *b"abc\0");
            assert_eq!(guest.call("msvcrt!strcat_s", &[to, 8, from]), 0);
            assert_eq!(guest.read::<[u8; 8]>(to), *b"abcabcd\0");
            assert_eq!(guest.call("msvcrt!strcat_s", &[to, 8, from]), 34);
            assert_eq!(guest.call("msvcrt!strcpy_s", &[0, 8, from]), 22);
        });
    }
}
