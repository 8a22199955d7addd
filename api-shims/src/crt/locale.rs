//! locale.h: locales.
//!
//! Every locale formats and classifies as the "C" locale does; what `setlocale` changes is its name and the encoding of multibyte text.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use abi::{CrtResult, Errno, PCSTR, PCWSTR, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use super::encoding::Encoding;
use super::guest::{GuestUnit, ok, write_text};
use super::host;
use super::state::{PerThread, process};
use super::variables::{Variable, new_text, variable};

/// Categories: `LC_ALL` and the five that follow it.
const CATEGORIES: [&str; 6] = ["LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"];

/// `LC_CTYPE`
const CTYPE: usize = 2;

/// The process's locale.
#[derive(Default)]
pub(super) struct Current {
    /// Names by category, `LC_COLLATE` first; empty means "C". A leaf lock.
    names: Mutex<[String; 5]>,
    /// Texts given to the program, by their contents. A leaf lock.
    given: Mutex<Vec<(String, bool, u64)>>,
    utf8: AtomicBool,
    /// Its `LC_CTYPE` is not "C".
    linguistic: AtomicBool,
    /// The `lconv` structure.
    lconv: AtomicU64,
}

/// The encoding of multibyte text.
pub(super) fn encoding(cx: &Cx) -> Encoding {
    if process(cx).locale.utf8.load(Ordering::Relaxed) { Encoding::Utf8 } else { Encoding::C }
}

/// Whether characters are the "C" locale's: only ASCII letters have two cases then.
pub(super) fn is_c(cx: &Cx) -> bool {
    !process(cx).locale.linguistic.load(Ordering::Relaxed)
}

/// A wide character's lower case in the locale.
pub(super) fn lower(cx: &Cx) -> fn(u16) -> u16 {
    if is_c(cx) { GuestUnit::lower } else { super::chartype::wide_lower }
}

/// A wide character's upper case in the locale.
pub(super) fn upper(cx: &Cx) -> fn(u16) -> u16 {
    if is_c(cx) { GuestUnit::upper } else { super::chartype::wide_upper }
}

/// The full name of a locale that a program asks for, and its encoding; `None` for one that is not known.
fn resolve(name: &str) -> Option<(String, Encoding)> {
    const USER: &str = "English_United States";
    if name == "C" {
        return Some(("C".to_owned(), Encoding::C));
    }
    let (language, code_page) = name.split_once('.').unwrap_or((name, ""));
    let lower = language.to_ascii_lowercase();
    let known = matches!(
        lower.as_str(),
        "" | "english"
            | "english_united states"
            | "english_us"
            | "american"
            | "en-us"
            | "en_us"
            | "enu"
            | "english-american"
            | "us"
    );
    if !known {
        return None;
    }
    let short = matches!(lower.as_str(), "en-us" | "en_us");
    let full = if short { language } else { USER };
    match code_page.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" | "65001" => {
            Some((format!("{full}.{}", if short { "UTF-8" } else { "utf8" }), Encoding::Utf8))
        }
        "" if short => Some((full.to_owned(), Encoding::C)),
        "" | "acp" | "1252" => Some((format!("{full}.1252"), Encoding::C)),
        "ocp" | "437" => Some((format!("{full}.437"), Encoding::C)),
        _ => None,
    }
}

/// The name of a category as `setlocale` gives it.
fn name_of(names: &[String; 5], category: usize) -> String {
    let one = |index: usize| if names[index].is_empty() { "C".to_owned() } else { names[index].clone() };
    if category > 0 {
        return one(category - 1);
    }
    if names.iter().all(|name| *name == names[0]) {
        return one(0);
    }
    let parts: Vec<String> = (0..5).map(|index| format!("{}={}", CATEGORIES[index + 1], one(index))).collect();
    parts.join(";")
}

fn set(cx: &Cx, category: i32, name: Option<&str>) -> Result<String, Errno> {
    let category =
        usize::try_from(category).ok().filter(|&category| category < CATEGORIES.len()).ok_or(Errno::EINVAL)?;
    let locale = &process(cx).locale;
    let mut names = locale.names.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(name) = name else { return Ok(name_of(&names, category)) };
    let mut changed = names.clone();
    if name.contains('=') {
        // A name that setlocale gave for locales that differ by category.
        for part in name.split(';') {
            let (key, value) = part.split_once('=').ok_or(Errno::EINVAL)?;
            let index = CATEGORIES.iter().skip(1).position(|known| *known == key).ok_or(Errno::EINVAL)?;
            changed[index] = resolve(value).ok_or(Errno::ENOENT)?.0;
        }
    } else {
        let full = resolve(name).ok_or(Errno::ENOENT)?.0;
        let range = if category == 0 { 0..5 } else { category - 1..category };
        changed[range].fill(full);
    }
    changed.iter_mut().filter(|name| *name == "C").for_each(String::clear);
    *names = changed;
    let ctype = if names[CTYPE - 1].is_empty() { "C" } else { &names[CTYPE - 1] };
    let encoding = resolve(ctype).map_or(Encoding::C, |(_, encoding)| encoding);
    locale.utf8.store(encoding == Encoding::Utf8, Ordering::Relaxed);
    locale.linguistic.store(ctype != "C", Ordering::Relaxed);
    let answer = name_of(&names, category);
    drop(names);
    if let Ok(address) = variable(cx, Variable::MbCurMax) {
        let _ = fault::store_u32(address, encoding.longest() as u32);
    }
    Ok(answer)
}

/// A text that stays, so that a name that was given remains good.
fn given<U: GuestUnit>(cx: &Cx, text: &str) -> Result<u64, Refusal<Errno>> {
    let mut given = process(cx).locale.given.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., address)) = given.iter().find(|(known, wide, _)| known == text && *wide == U::WIDE) {
        return Ok(*address);
    }
    let address = new_text(cx, &text.bytes().map(U::from).collect::<Vec<U>>())?;
    given.push((text.to_owned(), U::WIDE, address));
    Ok(address)
}

fn set_for<U: GuestUnit>(cx: &Cx, category: i32, name: Option<String>) -> CrtResult<Ptr<U>> {
    match set(cx, category, name.as_deref()) {
        Ok(name) => ok(Ptr::at(given::<U>(cx, &name)?)),
        // A locale that is not there is no error of the program's.
        Err(Errno::ENOENT) => ok(Ptr::NULL),
        Err(error) => Err(error.into()),
    }
}

/// Sets or gives the locale.
#[shim(partial = "knows the \"C\" locale, the user's and US English; only their encodings differ")]
pub(crate) fn setlocale(cx: &Cx, category: i32, locale: PCSTR) -> CrtResult<Ptr<u8>> {
    let name = locale.opt().map(|locale| locale.read_limited(256)).transpose()?;
    set_for::<u8>(cx, category, name.map(|name| String::from_utf8_lossy(&name).into_owned()))
}

/// Sets or gives the locale.
#[shim(partial = "knows the \"C\" locale, the user's and US English; only their encodings differ")]
pub(crate) fn _wsetlocale(cx: &Cx, category: i32, locale: PCWSTR) -> CrtResult<Ptr<u16>> {
    let name = locale.opt().map(|locale| locale.read_limited(256)).transpose()?;
    set_for::<u16>(cx, category, name.map(|name| String::from_utf16_lossy(&name)))
}

/// Bytes of `struct lconv`: ten pointers to text, eight numbers, eight pointers to wide text.
const LCONV_SIZE: usize = 10 * 8 + 8 + 8 * 8;

/// `CHAR_MAX`: not known.
const UNKNOWN: u8 = 127;

/// Gives how the locale writes numbers and money.
#[shim(partial = "every locale formats as the \"C\" locale")]
pub(crate) fn localeconv(cx: &Cx) -> CrtResult<Ptr<u8>> {
    let slot = &process(cx).locale.lconv;
    if slot.load(Ordering::Acquire) == 0 {
        let block = host::allocate(cx, LCONV_SIZE + 16, true).ok_or(Errno::ENOMEM)?;
        let texts = block + LCONV_SIZE as u64;
        write_text::<u8>(texts, b".")?;
        write_text::<u16>(texts + 4, &[b'.'.into()])?;
        for index in 0..10 {
            fault::store_u64(block + 8 * index, if index == 0 { texts } else { texts + 1 })?;
        }
        fault::write(block + 80, &[UNKNOWN; 8])?;
        for index in 0..8 {
            fault::store_u64(block + 88 + 8 * index, if index == 0 { texts + 4 } else { texts + 6 })?;
        }
        if slot.compare_exchange(0, block, Ordering::AcqRel, Ordering::Acquire).is_err() {
            host::free(cx, block);
        }
    }
    ok(Ptr::at(slot.load(Ordering::Acquire)))
}

/// Prepares `localeconv`.
#[shim(full)]
pub(crate) fn __lconv_init(cx: &Cx) -> CrtResult<i32> {
    localeconv(cx)?;
    ok(0)
}

/// Gives the code page of multibyte text; 0 in the "C" locale.
#[shim(full)]
pub(crate) fn ___lc_codepage_func(cx: &Cx) -> u32 {
    let names = process(cx).locale.names.lock().unwrap_or_else(PoisonError::into_inner);
    let name = &names[CTYPE - 1];
    if name.is_empty() {
        return 0;
    }
    match encoding(cx) {
        Encoding::Utf8 => 65001,
        Encoding::C => name.rsplit_once('.').and_then(|(_, page)| page.parse().ok()).unwrap_or(1252),
    }
}

/// Gives the code page of collation; 0 in the "C" locale.
#[shim(full)]
pub(crate) fn ___lc_collate_cp_func(cx: &Cx) -> u32 {
    ___lc_codepage_func(cx)
}

/// Gives the most bytes of a character in the locale.
#[shim(full)]
pub(crate) fn ___mb_cur_max_func(cx: &Cx) -> i32 {
    encoding(cx).longest()
}

/// Gives the most bytes of a character in a given locale.
#[shim(full)]
pub(crate) fn ___mb_cur_max_l_func(cx: &Cx, locale: Ptr<u8>) -> i32 {
    let _ = locale;
    encoding(cx).longest()
}

/// Gives the locale names by category, NULL for "C".
#[shim(full)]
pub(crate) fn ___lc_locale_name_func(cx: &Cx) -> CrtResult<Ptr<u64>> {
    let names = process(cx).locale.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let block = host::allocate(cx, 8 * CATEGORIES.len(), true).ok_or(Errno::ENOMEM)?;
    for (index, name) in names.iter().enumerate() {
        if !name.is_empty() {
            fault::store_u64(block + 8 * (index as u64 + 1), given::<u16>(cx, "en-US")?)?;
        }
    }
    ok(Ptr::at(block))
}

/// Gives the locale identifiers by category, 0 for "C".
#[shim(full)]
pub(crate) fn ___lc_handle_func(cx: &Cx) -> CrtResult<Ptr<u32>> {
    let names = process(cx).locale.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let block = host::allocate(cx, 4 * CATEGORIES.len(), true).ok_or(Errno::ENOMEM)?;
    for (index, name) in names.iter().enumerate() {
        fault::store_u32(block + 4 * (index as u64 + 1), if name.is_empty() { 0 } else { 0x409 })?;
    }
    ok(Ptr::at(block))
}

/// Says whether a thread has a locale of its own; gives what was before.
#[shim(partial = "the setting is kept; all threads have the process's locale")]
pub(crate) fn _configthreadlocale(cx: &Cx, per_thread_locale_type: i32) -> CrtResult<i32> {
    /// `_ENABLE_PER_THREAD_LOCALE`
    const ENABLE: i32 = 1;
    /// `_DISABLE_PER_THREAD_LOCALE`
    const DISABLE: i32 = 2;
    let own = &cx.thread.state::<PerThread>().own_locale;
    let before = if own.get() { ENABLE } else { DISABLE };
    match per_thread_locale_type {
        0 => {}
        ENABLE => own.set(true),
        DISABLE => own.set(false),
        _ => return Err(Errno::EINVAL.into()),
    }
    ok(before)
}

/// Makes a locale object.
#[shim(
    partial = "the object is of no use but to be given to the functions that take one, which all use the process's locale"
)]
pub(crate) fn _create_locale(cx: &Cx, category: i32, locale: PCSTR) -> CrtResult<Ptr<u64>> {
    let name = locale.read_limited(256)?;
    if !(0..CATEGORIES.len() as i32).contains(&category) || resolve(&String::from_utf8_lossy(&name)).is_none() {
        return ok(Ptr::NULL);
    }
    locale_object(cx)
}

/// Makes a locale object.
#[shim(
    partial = "the object is of no use but to be given to the functions that take one, which all use the process's locale"
)]
pub(crate) fn _wcreate_locale(cx: &Cx, category: i32, locale: PCWSTR) -> CrtResult<Ptr<u64>> {
    let name = locale.read_limited(256)?;
    if !(0..CATEGORIES.len() as i32).contains(&category) || resolve(&String::from_utf16_lossy(&name)).is_none() {
        return ok(Ptr::NULL);
    }
    locale_object(cx)
}

/// `__crt_locale_pointers`: two pointers.
fn locale_object(cx: &Cx) -> CrtResult<Ptr<u64>> {
    ok(Ptr::at(host::allocate(cx, 16, true).ok_or(Errno::ENOMEM)?))
}

/// Gives a locale object of the current locale.
#[shim(
    partial = "the object is of no use but to be given to the functions that take one, which all use the process's locale"
)]
pub(crate) fn _get_current_locale(cx: &Cx) -> CrtResult<Ptr<u64>> {
    locale_object(cx)
}

/// Frees a locale object.
#[shim(full)]
pub(crate) fn _free_locale(cx: &Cx, locale: Ptr<u64>) {
    if !locale.is_null() {
        host::free(cx, locale.address());
    }
}

/// `_SETLOCALE_LOCK`
const LOCALE_LOCK: i32 = 19;

/// Keeps other threads from changing the locale.
#[shim(full)]
pub(crate) fn _lock_locales(cx: &Cx) {
    process(cx).locks.get(LOCALE_LOCK).acquire(cx.thread.id());
}

/// Lets other threads change the locale again.
#[shim(full)]
pub(crate) fn _unlock_locales(cx: &Cx) {
    process(cx).locks.get(LOCALE_LOCK).release(cx.thread.id());
}

/// Takes one of the runtime's locks.
#[shim(full)]
pub(crate) fn _lock(cx: &Cx, locknum: i32) {
    process(cx).locks.get(locknum).acquire(cx.thread.id());
}

/// Releases one of the runtime's locks.
#[shim(full)]
pub(crate) fn _unlock(cx: &Cx, locknum: i32) {
    process(cx).locks.get(locknum).release(cx.thread.id());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_known_locales_are_completed() {
        assert_eq!(resolve("C"), Some(("C".to_owned(), Encoding::C)));
        assert_eq!(resolve("").map(|found| found.0).as_deref(), Some("English_United States.1252"));
        assert_eq!(resolve(".UTF8"), Some(("English_United States.utf8".to_owned(), Encoding::Utf8)));
        assert_eq!(resolve("en-US").map(|found| found.0).as_deref(), Some("en-US"));
        assert_eq!(resolve("POSIX"), None);
        assert_eq!(resolve("English_United States.1252").map(|found| found.1), Some(Encoding::C));
    }
}
