//! string.h: case, reversal and setting, and comparing without regard to case.

use abi::{CrtResult, Fault, PCSTR, PSTR, Ptr, shim};

use crate::crt::guest::{GuestUnit, ok, read_text};
use crate::crt::string::compare;

/// Replaces each unit of a text by what `map` makes of it.
pub(in crate::crt) fn rewrite<U: GuestUnit>(text: u64, map: impl Fn(U) -> U) -> Result<(), Fault> {
    let units: Vec<U> = read_text::<U>(text)?.into_iter().map(map).collect();
    Ptr::<U>::at(text).write_slice(&units)
}

/// Turns a text round.
pub(in crate::crt) fn reverse<U: GuestUnit>(text: u64) -> Result<(), Fault> {
    let mut units = read_text::<U>(text)?;
    units.reverse();
    Ptr::<U>::at(text).write_slice(&units)
}

/// Compares two strings without regard to case.
#[shim(full)]
pub(crate) fn _stricmp(string1: PCSTR, string2: PCSTR) -> CrtResult<i32> {
    ok(compare(string1.address(), string2.address(), usize::MAX, u8::lower)?)
}

/// Compares at most a number of bytes of two strings without regard to case.
#[shim(full)]
pub(crate) fn _strnicmp(string1: PCSTR, string2: PCSTR, count: usize) -> CrtResult<i32> {
    ok(compare(string1.address(), string2.address(), count, u8::lower)?)
}

/// Compares two strings by the locale's order without regard to case.
#[shim(partial = "every locale has the order of the \"C\" locale")]
pub(crate) fn _stricoll(string1: PCSTR, string2: PCSTR) -> CrtResult<i32> {
    _stricmp(string1, string2)
}

/// Makes a string lower case.
#[shim(full)]
pub(crate) fn _strlwr(str: PSTR) -> CrtResult<Ptr<u8>> {
    rewrite(str.address(), u8::lower)?;
    ok(str.ptr())
}

/// Makes a string upper case.
#[shim(full)]
pub(crate) fn _strupr(str: PSTR) -> CrtResult<Ptr<u8>> {
    rewrite(str.address(), u8::upper)?;
    ok(str.ptr())
}

/// Turns a string round.
#[shim(full)]
pub(crate) fn _strrev(str: PSTR) -> CrtResult<Ptr<u8>> {
    reverse::<u8>(str.address())?;
    ok(str.ptr())
}

/// Sets all characters of a string to one.
#[shim(full)]
pub(crate) fn _strset(str: PSTR, c: i32) -> CrtResult<Ptr<u8>> {
    rewrite::<u8>(str.address(), |_| c as u8)?;
    ok(str.ptr())
}

/// Sets at most a number of characters of a string to one.
#[shim(full)]
pub(crate) fn _strnset(str: PSTR, c: i32, count: usize) -> CrtResult<Ptr<u8>> {
    let length = crate::crt::guest::length_within::<u8>(str.address(), count)?;
    abi::bulk::fill(str.address(), c as u8, length)?;
    ok(str.ptr())
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn strings_change_in_place() {
        testing::run(crate::dlls(), None, |guest| {
            let text = guest.ansi("aBc\u{e9}");
            guest.call("msvcrt!_strupr", &[text]);
            assert_eq!(guest.read::<[u8; 6]>(text), *b"ABC\xc3\xa9\0");
            guest.call("msvcrt!_strlwr", &[text]);
            guest.call("msvcrt!_strrev", &[text]);
            assert_eq!(guest.read::<[u8; 6]>(text), *b"\xa9\xc3cba\0");
            guest.call("msvcrt!_strset", &[text, b'x'.into()]);
            assert_eq!(guest.read::<[u8; 6]>(text), *b"xxxxx\0");
        });
    }
}
