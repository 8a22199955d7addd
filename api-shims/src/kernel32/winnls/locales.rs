//! Locales.

use abi::{Guest, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::locale::{self, EN_US, Fact};

use crate::text;

/// `LOCALE_RETURN_NUMBER`: the answer is a number, not text.
const RETURN_NUMBER: u32 = 0x2000_0000;
/// `LOCALE_NOUSEROVERRIDE`, `LOCALE_USE_CP_ACP`, `LOCALE_RETURN_NUMBER`, `LOCALE_RETURN_GENITIVE_NAMES`, `LOCALE_ALLOW_NEUTRAL_NAMES`.
const FLAGS: u32 = 0xf800_0000;

/// The locale of a name; NULL is the user's.
pub(in crate::kernel32) fn locale_by_name(name: PCWSTR) -> Win32Result<u32> {
    match name.opt() {
        None => Ok(EN_US),
        Some(name) => Ok(locale::by_name(&name.read()?).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?),
    }
}

/// Tells something of a locale.
#[shim(partial = "US English; of others only names and numbers")]
pub(in crate::kernel32) fn GetLocaleInfoA(
    cx: &Cx,
    Locale: u32,
    LCType: u32,
    lpLCData: PSTR,
    cchData: i32,
) -> Win32Result<i32> {
    match fact(Locale, LCType)? {
        Answer::Number(number) => text::fill(&number.to_le_bytes(), lpLCData.ptr(), cchData),
        Answer::Text(wide) => text::fill(&text::to_ansi(cx, &wide), lpLCData.ptr(), cchData),
    }
}

/// Tells something of a locale.
#[shim(partial = "US English; of others only names and numbers")]
pub(in crate::kernel32) fn GetLocaleInfoW(Locale: u32, LCType: u32, lpLCData: PWSTR, cchData: i32) -> Win32Result<i32> {
    give_fact(Locale, LCType, lpLCData, cchData)
}

/// Tells something of a locale.
#[shim(partial = "US English; of others only names and numbers")]
pub(in crate::kernel32) fn GetLocaleInfoEx(
    lpLocaleName: PCWSTR,
    LCType: u32,
    lpLCData: PWSTR,
    cchData: i32,
) -> Win32Result<i32> {
    give_fact(locale_by_name(lpLocaleName)?, LCType, lpLCData, cchData)
}

fn give_fact(locale: u32, kind: u32, buffer: PWSTR, size: i32) -> Win32Result<i32> {
    match fact(locale, kind)? {
        Answer::Number(number) => text::fill(&[number as u16, (number >> 16) as u16], buffer.ptr(), size),
        Answer::Text(text) => text::fill(&text, buffer.ptr(), size),
    }
}

enum Answer {
    Number(u32),
    /// With a closing zero.
    Text(Vec<u16>),
}

fn fact(locale: u32, kind: u32) -> Win32Result<Answer> {
    locale::resolve(locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let fact = locale::fact(locale, kind & !FLAGS).ok_or(WIN32_ERROR::ERROR_INVALID_FLAGS)?;
    let text = match (fact, kind & RETURN_NUMBER != 0) {
        (Fact::Number(number) | Fact::Hex(number), true) => return Ok(Answer::Number(number)),
        (Fact::Text(_), true) => return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into()),
        (Fact::Text(text), false) => text.to_owned(),
        (Fact::Number(number), false) => number.to_string(),
        (Fact::Hex(number), false) => format!("{number:04X}"),
    };
    Ok(Answer::Text(text.encode_utf16().chain([0]).collect()))
}

/// Gives the user's locale.
#[shim(full)]
pub(in crate::kernel32) fn GetUserDefaultLCID() -> u32 {
    EN_US
}

/// Gives the system's locale.
#[shim(full)]
pub(in crate::kernel32) fn GetSystemDefaultLCID() -> u32 {
    EN_US
}

/// Gives the thread's locale.
#[shim(partial = "that it was set is not remembered")]
pub(in crate::kernel32) fn GetThreadLocale() -> u32 {
    EN_US
}

/// Sets the thread's locale.
#[shim(partial = "to no other than the user's")]
pub(in crate::kernel32) fn SetThreadLocale(Locale: u32) -> Win32Result<()> {
    match locale::resolve(Locale) {
        Some(EN_US) => Ok(()),
        Some(_) => Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()),
        None => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives the user's language.
#[shim(full)]
pub(in crate::kernel32) fn GetUserDefaultLangID() -> u16 {
    EN_US as u16
}

/// Gives the system's language.
#[shim(full)]
pub(in crate::kernel32) fn GetSystemDefaultLangID() -> u16 {
    EN_US as u16
}

/// Gives the language of the user's menus and messages.
#[shim(full)]
pub(in crate::kernel32) fn GetUserDefaultUILanguage() -> u16 {
    EN_US as u16
}

/// Gives the language of the system's menus and messages.
#[shim(full)]
pub(in crate::kernel32) fn GetSystemDefaultUILanguage() -> u16 {
    EN_US as u16
}

/// Gives the locale that a default or a bare language stands for.
#[shim(full)]
pub(in crate::kernel32) fn ConvertDefaultLocale(Locale: u32) -> u32 {
    locale::resolve(Locale).unwrap_or(Locale)
}

/// Says whether a locale is there.
#[shim(full)]
pub(in crate::kernel32) fn IsValidLocale(Locale: u32, dwFlags: u32) -> bool {
    // What is supported is installed.
    let _ = dwFlags;
    Locale != 0 && locale::resolve(Locale).is_some()
}

/// Says whether a locale is there.
#[shim(full)]
pub(in crate::kernel32) fn IsValidLocaleName(lpLocaleName: PCWSTR) -> Win32Result<bool> {
    match lpLocaleName.opt() {
        None => Ok(false),
        Some(name) => Ok(locale::by_name(&name.read()?).is_some()),
    }
}

/// Gives the number of a locale.
#[shim(full)]
pub(in crate::kernel32) fn LocaleNameToLCID(lpName: PCWSTR, dwFlags: u32) -> Win32Result<u32> {
    // LOCALE_ALLOW_NEUTRAL_NAMES: languages are found either way.
    let _ = dwFlags;
    locale_by_name(lpName)
}

/// Gives the name of a locale.
#[shim(full)]
pub(in crate::kernel32) fn LCIDToLocaleName(
    Locale: u32,
    lpName: PWSTR,
    cchName: i32,
    dwFlags: u32,
) -> Win32Result<i32> {
    let _ = dwFlags;
    let name = locale::name(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    give_z(name, lpName, cchName)
}

/// Gives the name of the user's locale.
#[shim(full)]
pub(in crate::kernel32) fn GetUserDefaultLocaleName(lpLocaleName: PWSTR, cchLocaleName: i32) -> Win32Result<i32> {
    give_z("en-US", lpLocaleName, cchLocaleName)
}

/// Gives the name of the system's locale.
#[shim(full)]
pub(in crate::kernel32) fn GetSystemDefaultLocaleName(lpLocaleName: PWSTR, cchLocaleName: i32) -> Win32Result<i32> {
    give_z("en-US", lpLocaleName, cchLocaleName)
}

/// Gives the locale that is there and nearest to a name.
#[shim(full)]
pub(in crate::kernel32) fn ResolveLocaleName(
    lpNameToResolve: PCWSTR,
    lpLocaleName: PWSTR,
    cchLocaleName: i32,
) -> Win32Result<i32> {
    let wanted = lpNameToResolve.opt().map(PCWSTR::read).transpose()?;
    let found = match &wanted {
        None => Some(EN_US),
        Some(name) => {
            let language = name.split(|&unit| unit == u16::from(b'-')).next().unwrap_or_default();
            locale::by_name(name).or_else(|| locale::by_name(language))
        }
    };
    give_z(found.and_then(locale::name).unwrap_or(""), lpLocaleName, cchLocaleName)
}

fn give_z(name: &str, buffer: PWSTR, size: i32) -> Win32Result<i32> {
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    text::fill(&name, buffer.ptr(), size)
}

/// Calls back with the number of every locale as eight hexadecimal digits, until the callback has enough.
#[shim(full)]
pub(in crate::kernel32) fn EnumSystemLocalesW(cx: &Cx, lpLocaleEnumProc: Ptr<u8>, dwFlags: u32) -> Win32Result<()> {
    let _ = dwFlags;
    enumerate::<u16>(cx, lpLocaleEnumProc, u16::from)
}

/// Calls back with the number of every locale as eight hexadecimal digits, until the callback has enough.
#[shim(full)]
pub(in crate::kernel32) fn EnumSystemLocalesA(cx: &Cx, lpLocaleEnumProc: Ptr<u8>, dwFlags: u32) -> Win32Result<()> {
    let _ = dwFlags;
    enumerate::<u8>(cx, lpLocaleEnumProc, |digit| digit)
}

fn enumerate<T: Guest + Default + Copy>(cx: &Cx, callback: Ptr<u8>, unit: impl Fn(u8) -> T) -> Win32Result<()> {
    if callback.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    for number in locale::all() {
        let mut digits = [T::default(); 9];
        for (place, digit) in digits.iter_mut().zip(format!("{number:08X}").bytes()) {
            *place = unit(digit);
        }
        // The callback sees our own array, and may write to it.
        let text = digits.as_mut_ptr() as u64;
        if cx.call_guest(callback.address(), [text]) as u32 == 0 {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn the_users_locale_is_us_english() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetUserDefaultLCID", &[]);
            guest.call("kernel32!GetLocaleInfoW", &[0x400, 0x5c, guest.buffer(32), 16]);
            guest.call("kernel32!GetLocaleInfoW", &[0x400, 0x2000_1004, guest.buffer(4), 2]);
            guest.call("kernel32!GetLocaleInfoA", &[0x409, 0x1e, guest.buffer(2), 2]);
            guest.call("kernel32!GetLocaleInfoW", &[0x409, 0x5c, guest.buffer(4), 2]);
            guest.call("kernel32!GetLocaleInfoW", &[0xfff, 0x5c, 0, 0]);
            guest.call("kernel32!LocaleNameToLCID", &[guest.wide("de-DE"), 0]);
            guest.call("kernel32!ResolveLocaleName", &[guest.wide("fr-XX"), guest.buffer(32), 16]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetUserDefaultLCID() = 1033
        kernel32!GetLocaleInfoW(Locale=1024, LCType=92, lpLCData="en-US", cchData=16) = 6
        kernel32!GetLocaleInfoW(Locale=1024, LCType=536875012, lpLCData="Ӥ", cchData=2) = 2
        kernel32!GetLocaleInfoA(Locale=1033, LCType=30, lpLCData=":", cchData=2) = 2
        kernel32!GetLocaleInfoW(Locale=1033, LCType=92, lpLCData=@4, cchData=2) = 0 (ERROR_INSUFFICIENT_BUFFER)
        kernel32!GetLocaleInfoW(Locale=4095, LCType=92, lpLCData=NULL, cchData=0) = 0 (ERROR_INVALID_PARAMETER)
        kernel32!LocaleNameToLCID(lpName="de-DE", dwFlags=0) = 1031
        kernel32!ResolveLocaleName(lpNameToResolve="fr-XX", lpLocaleName="fr-FR", cchLocaleName=16) = 6
        "#);
    }
}
