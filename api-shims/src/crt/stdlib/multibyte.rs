//! stdlib.h and wchar.h: multibyte text and wide text.

use abi::{CrtResult, Errno, Fault, InOut, Out, PCSTR, PCWSTR, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use crate::crt::encoding::{Decoded, Encoding};
use crate::crt::guest::{ok, read_text, status};
use crate::crt::locale::encoding;
use crate::crt::state::PerThread;

/// A count of characters or bytes, where failure is `(size_t)-1`, and 0 for functions that say -1 as an `int`.
type Count = CrtResult<usize>;

/// Bytes of guest memory that a character may need: up to `limit`, and not beyond a zero.
fn some_bytes(address: u64, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while bytes.len() < limit.min(4) {
        let byte = fault::load_u8(address.wrapping_add(bytes.len() as u64))?;
        bytes.push(byte);
        if byte == 0 {
            break;
        }
    }
    Ok(bytes)
}

/// Gives the length of a multibyte character; -1 for what is none.
#[shim(full)]
pub(crate) fn mblen(cx: &Cx, mbstr: PCSTR, count: usize) -> CrtResult<i32> {
    mbtowc(cx, <Out<u16> as abi::Arg>::from_raw(0), mbstr, count)
}

/// Gives the wide character of a multibyte character, and its length; -1 for what is none.
#[shim(full)]
pub(crate) fn mbtowc(cx: &Cx, wchar: Out<u16>, mbchar: PCSTR, count: usize) -> CrtResult<i32> {
    if mbchar.is_null() || count == 0 {
        return ok(0);
    }
    let bytes = some_bytes(mbchar.address(), count)?;
    if bytes.first() == Some(&0) {
        wchar.set_opt(0)?;
        return ok(0);
    }
    match encoding(cx).decode(&bytes) {
        Decoded::Character { units, used } if units.len() == 1 => {
            wchar.set_opt(units[0])?;
            ok(used as i32)
        }
        _ => Err(Errno::EILSEQ.into()),
    }
}

/// As `mbtowc`, in a given locale.
#[shim(full)]
pub(crate) fn _mbtowc_l(cx: &Cx, wchar: Out<u16>, mbchar: PCSTR, count: usize, locale: Ptr<u8>) -> CrtResult<i32> {
    let _ = locale;
    mbtowc(cx, wchar, mbchar, count)
}

/// Gives the multibyte character of a wide character, and its length; -1 for what has none.
#[shim(full)]
pub(crate) fn wctomb(cx: &Cx, mbchar: Ptr<u8>, wchar: u16) -> CrtResult<i32> {
    if mbchar.is_null() {
        return ok(0);
    }
    let mut bytes = Vec::new();
    if !encoding(cx).encode(&[wchar], &mut bytes) {
        return Err(Errno::EILSEQ.into());
    }
    mbchar.write_bytes(&bytes)?;
    ok(bytes.len() as i32)
}

/// Gives the multibyte character of a wide character in a buffer of a given size.
#[shim(full)]
pub(crate) fn wctomb_s(
    cx: &Cx,
    pRetValue: Out<i32>,
    mbchar: Ptr<u8>,
    sizeInBytes: usize,
    wchar: u16,
) -> CrtResult<i32> {
    if mbchar.is_null() {
        pRetValue.set_opt(0)?;
        return ok(0);
    }
    let mut bytes = Vec::new();
    if !encoding(cx).encode(&[wchar], &mut bytes) {
        pRetValue.set_opt(-1)?;
        return status(cx, Err(Errno::EILSEQ));
    }
    if bytes.len() > sizeInBytes {
        return status(cx, Err(Errno::ERANGE));
    }
    mbchar.write_bytes(&bytes)?;
    pRetValue.set_opt(bytes.len() as i32)?;
    ok(0)
}

/// The wide text of multibyte text.
fn widened(encoding: Encoding, address: u64) -> Result<Vec<u16>, Refusal<Errno>> {
    encoding.widen(&read_text::<u8>(address)?).ok_or_else(|| Errno::EILSEQ.into())
}

/// The multibyte text of wide text.
fn narrowed(encoding: Encoding, address: u64) -> Result<Vec<u8>, Refusal<Errno>> {
    encoding.narrow(&read_text::<u16>(address)?).ok_or_else(|| Errno::EILSEQ.into())
}

/// Writes up to `count` units, and a closing zero where there is room.
fn deliver<U: crate::crt::guest::GuestUnit>(to: u64, text: &[U], count: usize) -> Result<usize, Fault> {
    let length = text.len().min(count);
    Ptr::<U>::at(to).write_slice(&text[..length])?;
    if length < count {
        U::store(crate::crt::guest::at::<U>(to, length), U::from(0))?;
    }
    Ok(length)
}

/// Makes wide text of multibyte text.
#[shim(full)]
pub(crate) fn mbstowcs(cx: &Cx, wcstr: Ptr<u16>, mbstr: PCSTR, count: usize) -> Count {
    let text = widened(encoding(cx), mbstr.address())?;
    ok(if wcstr.is_null() { text.len() } else { deliver(wcstr.address(), &text, count)? })
}

/// As `mbstowcs`, in a given locale.
#[shim(full)]
pub(crate) fn _mbstowcs_l(cx: &Cx, wcstr: Ptr<u16>, mbstr: PCSTR, count: usize, locale: Ptr<u8>) -> Count {
    let _ = locale;
    mbstowcs(cx, wcstr, mbstr, count)
}

/// Makes multibyte text of wide text.
#[shim(full)]
pub(crate) fn wcstombs(cx: &Cx, mbstr: Ptr<u8>, wcstr: PCWSTR, count: usize) -> Count {
    let text = narrowed(encoding(cx), wcstr.address())?;
    ok(if mbstr.is_null() { text.len() } else { deliver(mbstr.address(), &text, count)? })
}

/// As `wcstombs`, in a given locale.
#[shim(full)]
pub(crate) fn _wcstombs_l(cx: &Cx, mbstr: Ptr<u8>, wcstr: PCWSTR, count: usize, locale: Ptr<u8>) -> Count {
    let _ = locale;
    wcstombs(cx, mbstr, wcstr, count)
}

/// The `_s` conversions: stores the size with its zero, and gives the error.
fn deliver_secure<U: crate::crt::guest::GuestUnit>(
    cx: &Cx,
    size: Out<usize>,
    to: u64,
    room: usize,
    text: Result<Vec<U>, Refusal<Errno>>,
    count: usize,
) -> CrtResult<i32> {
    if (to == 0) != (room == 0) {
        return status(cx, Err(Errno::EINVAL));
    }
    let text = match text {
        Ok(text) => text,
        Err(Refusal::Fails(error)) => {
            if to != 0 {
                U::store(to, U::from(0))?;
            }
            return status(cx, Err(error));
        }
        Err(refusal) => return Err(refusal),
    };
    if to == 0 {
        size.set_opt(text.len() + 1)?;
        return ok(0);
    }
    /// `_TRUNCATE`
    const TRUNCATE: usize = usize::MAX;
    let wanted = text.len().min(count);
    if wanted >= room {
        if count != TRUNCATE {
            U::store(to, U::from(0))?;
            return status(cx, Err(Errno::ERANGE));
        }
        deliver(to, &text[..room - 1], room)?;
        size.set_opt(room)?;
        return ok(Errno::STRUNCATE.0);
    }
    deliver(to, &text[..wanted], room)?;
    size.set_opt(wanted + 1)?;
    ok(0)
}

/// Makes wide text of multibyte text in a buffer of a given size.
#[shim(full)]
pub(crate) fn mbstowcs_s(
    cx: &Cx,
    pReturnValue: Out<usize>,
    wcstr: Ptr<u16>,
    sizeInWords: usize,
    mbstr: PCSTR,
    count: usize,
) -> CrtResult<i32> {
    let text = widened(encoding(cx), mbstr.address());
    deliver_secure(cx, pReturnValue, wcstr.address(), sizeInWords, text, count)
}

/// Makes multibyte text of wide text in a buffer of a given size.
#[shim(full)]
pub(crate) fn wcstombs_s(
    cx: &Cx,
    pReturnValue: Out<usize>,
    mbstr: Ptr<u8>,
    sizeInBytes: usize,
    wcstr: PCWSTR,
    count: usize,
) -> CrtResult<i32> {
    let text = narrowed(encoding(cx), wcstr.address());
    deliver_secure(cx, pReturnValue, mbstr.address(), sizeInBytes, text, count)
}

/// `(size_t)-2`: the bytes begin a character.
const INCOMPLETE: usize = usize::MAX - 1;

/// The bytes of an unfinished character, in a caller's `mbstate_t` (whose first member is a 32-bit number) or the thread's: the lowest
/// byte is their count.
#[derive(Clone, Copy)]
enum Unfinished<'a> {
    Caller(u64),
    Thread(&'a PerThread),
}

impl<'a> Unfinished<'a> {
    fn of(cx: &Cx<'a>, state: u64) -> Self {
        if state != 0 { Self::Caller(state) } else { Self::Thread(cx.thread.state::<PerThread>()) }
    }

    fn get(self) -> Result<Vec<u8>, Fault> {
        let word = match self {
            Self::Caller(address) => fault::load_u32(address)?,
            Self::Thread(state) => state.partial.get(),
        };
        let [count, bytes @ ..] = word.to_le_bytes();
        Ok(bytes[..usize::from(count).min(3)].to_vec())
    }

    fn set(self, bytes: &[u8]) -> Result<(), Fault> {
        let mut word = [0; 4];
        word[0] = bytes.len().min(3) as u8;
        word[1..].iter_mut().zip(bytes).for_each(|(to, &from)| *to = from);
        let word = u32::from_le_bytes(word);
        match self {
            Self::Caller(address) => fault::store_u32(address, word),
            Self::Thread(state) => {
                state.partial.set(word);
                Ok(())
            }
        }
    }
}

fn next_character(cx: &Cx, to: Out<u16>, from: u64, count: usize, state: u64) -> Count {
    let unfinished = Unfinished::of(cx, state);
    if from == 0 {
        unfinished.set(&[])?;
        return ok(0);
    }
    let before = unfinished.get()?;
    let mut bytes = before.clone();
    bytes.extend(some_bytes(from, count.min(4 - before.len().min(3)))?);
    if bytes.first() == Some(&0) {
        to.set_opt(0)?;
        unfinished.set(&[])?;
        return ok(0);
    }
    match encoding(cx).decode(&bytes) {
        Decoded::Character { units, used } if units.len() == 1 => {
            to.set_opt(units[0])?;
            unfinished.set(&[])?;
            ok(used.saturating_sub(before.len()))
        }
        Decoded::Incomplete => {
            unfinished.set(&bytes)?;
            ok(INCOMPLETE)
        }
        _ => {
            unfinished.set(&[])?;
            Err(Errno::EILSEQ.into())
        }
    }
}

/// Gives the wide character of the next multibyte character; remembers the beginning of one.
#[shim(full)]
pub(crate) fn mbrtowc(cx: &Cx, wchar: Out<u16>, mbchar: PCSTR, count: usize, mbstate: Ptr<u32>) -> Count {
    next_character(cx, wchar, mbchar.address(), count, mbstate.address())
}

/// Gives the length of the next multibyte character; remembers the beginning of one.
#[shim(full)]
pub(crate) fn mbrlen(cx: &Cx, str: PCSTR, maxSize: usize, mbstate: Ptr<u32>) -> Count {
    next_character(cx, <Out<u16> as abi::Arg>::from_raw(0), str.address(), maxSize, mbstate.address())
}

/// Gives the multibyte character of a wide character.
#[shim(full)]
pub(crate) fn wcrtomb(cx: &Cx, mbchar: Ptr<u8>, wchar: u16, mbstate: Ptr<u32>) -> Count {
    let _ = mbstate;
    if mbchar.is_null() {
        return ok(1);
    }
    let mut bytes = Vec::new();
    if !encoding(cx).encode(&[wchar], &mut bytes) {
        return Err(Errno::EILSEQ.into());
    }
    mbchar.write_bytes(&bytes)?;
    ok(bytes.len())
}

/// Gives the multibyte character of a wide character in a buffer of a given size.
#[shim(full)]
pub(crate) fn wcrtomb_s(
    cx: &Cx,
    pReturnValue: Out<usize>,
    mbchar: Ptr<u8>,
    sizeOfmbchar: usize,
    wchar: u16,
    mbstate: Ptr<u32>,
) -> CrtResult<i32> {
    let _ = mbstate;
    let mut bytes = Vec::new();
    if !encoding(cx).encode(&[wchar], &mut bytes) {
        pReturnValue.set_opt(usize::MAX)?;
        return status(cx, Err(Errno::EILSEQ));
    }
    if !mbchar.is_null() {
        if bytes.len() > sizeOfmbchar {
            return status(cx, Err(Errno::ERANGE));
        }
        mbchar.write_bytes(&bytes)?;
    }
    pReturnValue.set_opt(bytes.len())?;
    ok(0)
}

/// Makes wide text of multibyte text, and says where it stopped.
#[shim(full)]
pub(crate) fn mbsrtowcs(cx: &Cx, wcstr: Ptr<u16>, mbstr: InOut<u64>, count: usize, mbstate: Ptr<u32>) -> Count {
    let _ = mbstate;
    let source = mbstr.read()?;
    let bytes = read_text::<u8>(source)?;
    let text = encoding(cx).widen(&bytes).ok_or(Errno::EILSEQ)?;
    if wcstr.is_null() {
        return ok(text.len());
    }
    let length = deliver(wcstr.address(), &text, count)?;
    let used = encoding(cx).narrow(&text[..length]).map_or(bytes.len(), |taken| taken.len());
    mbstr.set(if length < count { 0 } else { source.wrapping_add(used as u64) })?;
    ok(length)
}

/// Makes multibyte text of wide text, and says where it stopped.
#[shim(full)]
pub(crate) fn wcsrtombs(cx: &Cx, mbstr: Ptr<u8>, wcstr: InOut<u64>, count: usize, mbstate: Ptr<u32>) -> Count {
    let _ = mbstate;
    let source = wcstr.read()?;
    let units = read_text::<u16>(source)?;
    let text = encoding(cx).narrow(&units).ok_or(Errno::EILSEQ)?;
    if mbstr.is_null() {
        return ok(text.len());
    }
    let length = deliver(mbstr.address(), &text, count)?;
    let used = encoding(cx).widen(&text[..length]).map_or(units.len(), |taken| taken.len());
    wcstr.set(if length < count { 0 } else { source.wrapping_add(2 * used as u64) })?;
    ok(length)
}

/// Says whether an `mbstate_t` is in its initial state.
#[shim(full)]
pub(crate) fn mbsinit(ps: Ptr<u32>) -> CrtResult<i32> {
    ok(i32::from(ps.is_null() || ps.read()? == 0))
}

/// Gives the wide character of a byte; `WEOF` where it is none.
#[shim(full)]
pub(crate) fn btowc(cx: &Cx, c: i32) -> u16 {
    let Ok(byte) = u8::try_from(c) else { return 0xffff };
    match encoding(cx).decode(&[byte]) {
        Decoded::Character { units, .. } if units.len() == 1 => units[0],
        _ => 0xffff,
    }
}

/// Gives the byte of a wide character; `EOF` where it has none.
#[shim(full)]
pub(crate) fn wctob(cx: &Cx, wchar: u16) -> i32 {
    let mut bytes = Vec::new();
    match encoding(cx).encode(&[wchar], &mut bytes) {
        true if bytes.len() == 1 => bytes[0].into(),
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn the_c_locale_has_one_byte_characters() {
        testing::run(crate::dlls(), None, |guest| {
            let wide = guest.buffer(32);
            assert_eq!(guest.call("msvcrt!mbstowcs", &[wide, guest.ansi("ab"), 8]), 2);
            assert_eq!(guest.read::<[u16; 3]>(wide), [0x61, 0x62, 0]);
            let narrow = guest.buffer(32);
            assert_eq!(guest.call("msvcrt!wcstombs", &[narrow, guest.wide("\u{100}"), 8]), u64::MAX);
            assert_eq!(guest.call("ucrtbase!btowc", &[0xe9]), 0xe9);
        });
    }

    #[test]
    fn utf8_is_read_byte_by_byte() {
        testing::run(crate::dlls(), None, |guest| {
            guest.call("ucrtbase!setlocale", &[0, guest.ansi(".UTF8")]);
            let wide = guest.buffer(8);
            let bytes = guest.bytes("\u{e9}".as_bytes());
            assert_eq!(guest.call("ucrtbase!mbrtowc", &[wide, bytes, 1, 0]), u64::MAX - 1);
            assert_eq!(guest.call("ucrtbase!mbrtowc", &[wide, bytes + 1, 1, 0]), 1);
            assert_eq!(guest.read::<u16>(wide), 0xe9);
        });
    }
}
