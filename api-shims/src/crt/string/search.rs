//! string.h: finding characters and strings, and cutting strings into tokens.

use abi::{CrtResult, Fault, InOut, PCSTR, PSTR, Ptr, bulk, fault, shim};
use syscall_xlate::Cx;

use crate::crt::guest::{GuestUnit, at, ok, read_text};
use crate::crt::state::PerThread;

/// Finds the first occurrence of a character in a string; the closing zero counts.
#[shim(full)]
pub(crate) fn strchr(str: PCSTR, c: i32) -> CrtResult<Ptr<u8>> {
    let found = str.ptr().byte_offset(bulk::find_or_zero(str.address(), c as u8)? as u64);
    ok(if fault::load_u8(found.address())? == c as u8 { found } else { Ptr::NULL })
}

/// Finds the last occurrence of a character in a string; the closing zero counts.
#[shim(full)]
pub(crate) fn strrchr(str: PCSTR, c: i32) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(last_of::<u8>(str.address(), c as u8)?))
}

/// Address of the last `unit` in a text, its closing zero included; 0 where there is none.
pub(in crate::crt) fn last_of<U: GuestUnit>(text: u64, unit: U) -> Result<u64, Fault> {
    let units = read_text::<U>(text)?;
    if unit.into() == 0 {
        return Ok(at::<U>(text, units.len()));
    }
    Ok(units.iter().rposition(|&other| other == unit).map_or(0, |index| at::<U>(text, index)))
}

/// Finds a string in a string.
#[shim(full)]
pub(crate) fn strstr(str: PCSTR, strSearch: PCSTR) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(position_of::<u8>(str.address(), strSearch.address())?))
}

/// Address of the first `needle` in a text; 0 where there is none.
pub(in crate::crt) fn position_of<U: GuestUnit>(text: u64, needle: u64) -> Result<u64, Fault> {
    let needle = read_text::<U>(needle)?;
    let Some(&first) = needle.first() else { return Ok(text) };
    let text_units = read_text::<U>(text)?;
    let found = text_units.windows(needle.len()).position(|window| window[0] == first && window == needle.as_slice());
    Ok(found.map_or(0, |index| at::<U>(text, index)))
}

/// How many units of `text` from its start are in (`within`) or not in the set of units `set`.
pub(in crate::crt) fn span<U: GuestUnit>(text: u64, set: u64, within: bool) -> Result<usize, Fault> {
    let set = read_text::<U>(set)?;
    let mut index = 0;
    loop {
        let unit = U::load(at::<U>(text, index))?;
        if unit.into() == 0 || set.contains(&unit) != within {
            return Ok(index);
        }
        index += 1;
    }
}

/// Gives how many bytes at the start of a string are in a set.
#[shim(full)]
pub(crate) fn strspn(str: PCSTR, strCharSet: PCSTR) -> CrtResult<usize> {
    ok(span::<u8>(str.address(), strCharSet.address(), true)?)
}

/// Gives how many bytes at the start of a string are not in a set.
#[shim(full)]
pub(crate) fn strcspn(str: PCSTR, strCharSet: PCSTR) -> CrtResult<usize> {
    ok(span::<u8>(str.address(), strCharSet.address(), false)?)
}

/// Finds the first byte of a string that is in a set.
#[shim(full)]
pub(crate) fn strpbrk(str: PCSTR, strCharSet: PCSTR) -> CrtResult<Ptr<u8>> {
    let found = str.ptr().byte_offset(span::<u8>(str.address(), strCharSet.address(), false)? as u64);
    ok(if fault::load_u8(found.address())? == 0 { Ptr::NULL } else { found })
}

/// The next token of the text at `text` (or, where that is 0, at `next`): its address and where to go on; 0 at the end.
pub(in crate::crt) fn token<U: GuestUnit>(text: u64, next: u64, delimiters: u64) -> Result<(u64, u64), Fault> {
    let start = if text != 0 { text } else { next };
    if start == 0 {
        return Ok((0, 0));
    }
    let start = at::<U>(start, span::<U>(start, delimiters, true)?);
    if U::load(start)?.into() == 0 {
        return Ok((0, start));
    }
    let end = at::<U>(start, span::<U>(start, delimiters, false)?);
    if U::load(end)?.into() == 0 {
        return Ok((start, end));
    }
    U::store(end, U::from(0))?;
    Ok((start, at::<U>(end, 1)))
}

/// Cuts the next token off a string; the place to go on is the thread's.
#[shim(full)]
pub(crate) fn strtok(cx: &Cx, strToken: PSTR, strDelimit: PCSTR) -> CrtResult<Ptr<u8>> {
    let state = cx.thread.state::<PerThread>();
    let (found, next) = token::<u8>(strToken.address(), state.strtok.get(), strDelimit.address())?;
    state.strtok.set(next);
    ok(Ptr::at(found))
}

/// Cuts the next token off a string; the place to go on is the caller's.
#[shim(full)]
pub(crate) fn strtok_s(str: PSTR, delimiters: PCSTR, context: InOut<u64>) -> CrtResult<Ptr<u8>> {
    let next = if str.is_null() { context.read()? } else { 0 };
    let (found, next) = token::<u8>(str.address(), next, delimiters.address())?;
    context.set(next)?;
    ok(Ptr::at(found))
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn searching_gives_addresses() {
        testing::run(crate::dlls(), None, |guest| {
            let text = guest.ansi("hello, world");
            assert_eq!(guest.call("msvcrt!strchr", &[text, b'o'.into()]), text + 4);
            assert_eq!(guest.call("msvcrt!strrchr", &[text, b'o'.into()]), text + 8);
            assert_eq!(guest.call("msvcrt!strchr", &[text, 0]), text + 12);
            assert_eq!(guest.call("msvcrt!strchr", &[text, b'z'.into()]), 0);
            assert_eq!(guest.call("msvcrt!strstr", &[text, guest.ansi("wor")]), text + 7);
            assert_eq!(guest.call("msvcrt!strstr", &[text, guest.ansi("")]), text);
            assert_eq!(guest.call("msvcrt!strstr", &[text, guest.ansi("worm")]), 0);
            assert_eq!(guest.call("msvcrt!strspn", &[text, guest.ansi("leh")]), 4);
            assert_eq!(guest.call("msvcrt!strcspn", &[text, guest.ansi(" ,")]), 5);
            assert_eq!(guest.call("msvcrt!strpbrk", &[text, guest.ansi(" ,")]), text + 5);
        });
    }

    #[test]
    fn tokens_are_cut_off_one_by_one() {
        testing::run(crate::dlls(), None, |guest| {
            let (text, delimiters) = (guest.ansi(" a,b,, c"), guest.ansi(" ,"));
            let mut tokens = Vec::new();
            let mut next = guest.call("msvcrt!strtok", &[text, delimiters]);
            while next != 0 {
                tokens.push(next - text);
                next = guest.call("msvcrt!strtok", &[0, delimiters]);
            }
            assert_eq!(tokens, [1, 3, 7]);
            assert_eq!(guest.call("msvcrt!strtok", &[0, delimiters]), 0);
        });
    }
}
