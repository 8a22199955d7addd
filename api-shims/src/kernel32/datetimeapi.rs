//! datetimeapi.h: dates and times as text.

use abi::{In, PCSTR, PCWSTR, PSTR, PWSTR, WIN32_ERROR, Wide, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::locale;
use syscall_xlate::time::{self, TimeFields};

use super::structs::SYSTEMTIME;
use super::winnls::locale_by_name;
use crate::text;

abi::flags! {
    /// How a date is written.
    pub(super) struct ENUM_DATE_FORMATS_FLAGS: u32 {
        DATE_SHORTDATE = 0x1;
        DATE_LONGDATE = 0x2;
        DATE_USE_ALT_CALENDAR = 0x4;
        DATE_YEARMONTH = 0x8;
        DATE_LTRREADING = 0x10;
        DATE_RTLREADING = 0x20;
        DATE_AUTOLAYOUT = 0x40;
        DATE_MONTHDAY = 0x80;
        LOCALE_USE_CP_ACP = 0x4000_0000;
        LOCALE_NOUSEROVERRIDE = 0x8000_0000;
    }

    /// How a time of day is written.
    pub(super) struct TIME_FORMAT_FLAGS: u32 {
        TIME_NOMINUTESORSECONDS = 0x1;
        TIME_NOSECONDS = 0x2;
        TIME_NOTIMEMARKER = 0x4;
        TIME_FORCE24HOURFORMAT = 0x8;
        LOCALE_USE_CP_ACP = 0x4000_0000;
        LOCALE_NOUSEROVERRIDE = 0x8000_0000;
    }
}

/// Writes a date.
#[shim(partial = "as in US English")]
pub(super) fn GetDateFormatA(
    cx: &Cx,
    Locale: u32,
    dwFlags: ENUM_DATE_FORMATS_FLAGS,
    lpDate: In<SYSTEMTIME>,
    lpFormat: PCSTR,
    lpDateStr: PSTR,
    cchDate: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let picture = lpFormat.opt().map(PCSTR::read).transpose()?.map(|picture| text::to_wide(cx, &picture));
    text::fill(&text::to_ansi(cx, &date(dwFlags, lpDate, picture)?), lpDateStr.ptr(), cchDate)
}

/// Writes a date.
#[shim(partial = "as in US English")]
pub(super) fn GetDateFormatW(
    Locale: u32,
    dwFlags: ENUM_DATE_FORMATS_FLAGS,
    lpDate: In<SYSTEMTIME>,
    lpFormat: PCWSTR,
    lpDateStr: PWSTR,
    cchDate: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let picture = lpFormat.opt().map(PCWSTR::read).transpose()?;
    text::fill(&date(dwFlags, lpDate, picture)?, lpDateStr.ptr(), cchDate)
}

/// Writes a date.
#[shim(partial = "as in US English")]
pub(super) fn GetDateFormatEx(
    lpLocaleName: PCWSTR,
    dwFlags: ENUM_DATE_FORMATS_FLAGS,
    lpDate: In<SYSTEMTIME>,
    lpFormat: PCWSTR,
    lpDateStr: PWSTR,
    cchDate: i32,
    lpCalendar: PCWSTR,
) -> Win32Result<i32> {
    // Reserved: NULL.
    let _ = lpCalendar;
    locale_by_name(lpLocaleName)?;
    let picture = lpFormat.opt().map(PCWSTR::read).transpose()?;
    text::fill(&date(dwFlags, lpDate, picture)?, lpDateStr.ptr(), cchDate)
}

/// Writes a time of day.
#[shim(partial = "as in US English")]
pub(super) fn GetTimeFormatA(
    cx: &Cx,
    Locale: u32,
    dwFlags: TIME_FORMAT_FLAGS,
    lpTime: In<SYSTEMTIME>,
    lpFormat: PCSTR,
    lpTimeStr: PSTR,
    cchTime: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let picture = lpFormat.opt().map(PCSTR::read).transpose()?.map(|picture| text::to_wide(cx, &picture));
    text::fill(&text::to_ansi(cx, &time_of_day(dwFlags, lpTime, picture)?), lpTimeStr.ptr(), cchTime)
}

/// Writes a time of day.
#[shim(partial = "as in US English")]
pub(super) fn GetTimeFormatW(
    Locale: u32,
    dwFlags: TIME_FORMAT_FLAGS,
    lpTime: In<SYSTEMTIME>,
    lpFormat: PCWSTR,
    lpTimeStr: PWSTR,
    cchTime: i32,
) -> Win32Result<i32> {
    locale::resolve(Locale).ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let picture = lpFormat.opt().map(PCWSTR::read).transpose()?;
    text::fill(&time_of_day(dwFlags, lpTime, picture)?, lpTimeStr.ptr(), cchTime)
}

/// Writes a time of day.
#[shim(partial = "as in US English")]
pub(super) fn GetTimeFormatEx(
    lpLocaleName: PCWSTR,
    dwFlags: TIME_FORMAT_FLAGS,
    lpTime: In<SYSTEMTIME>,
    lpFormat: PCWSTR,
    lpTimeStr: PWSTR,
    cchTime: i32,
) -> Win32Result<i32> {
    locale_by_name(lpLocaleName)?;
    let picture = lpFormat.opt().map(PCWSTR::read).transpose()?;
    text::fill(&time_of_day(dwFlags, lpTime, picture)?, lpTimeStr.ptr(), cchTime)
}

/// The date's text with a closing zero.
fn date(flags: ENUM_DATE_FORMATS_FLAGS, given: In<SYSTEMTIME>, picture: Option<Wide>) -> Win32Result<Wide> {
    use ENUM_DATE_FORMATS_FLAGS as F;
    let kinds = F::DATE_SHORTDATE | F::DATE_LONGDATE | F::DATE_YEARMONTH | F::DATE_MONTHDAY;
    let kind = flags & kinds;
    if (picture.is_some() && !kind.is_empty()) || kind.bits().count_ones() > 1 {
        return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into());
    }
    let picture = picture.unwrap_or_else(|| {
        text::wide(match kind {
            F::DATE_LONGDATE => "dddd, MMMM d, yyyy",
            F::DATE_YEARMONTH => "MMMM yyyy",
            F::DATE_MONTHDAY => "MMMM d",
            _ => "M/d/yyyy",
        })
    });
    let mut fields = match given.opt() {
        Some(given) => TimeFields::from(given.read()?),
        None => now()?,
    };
    // Only the date counts; a wrong weekday is put right.
    (fields.hour, fields.minute, fields.second, fields.milliseconds) = (0, 0, 0, 0);
    fields.weekday = TimeFields::from_filetime(fields.to_filetime()?)?.weekday;
    Ok(closed(locale::format(&picture, &fields)))
}

/// The time's text with a closing zero.
fn time_of_day(flags: TIME_FORMAT_FLAGS, given: In<SYSTEMTIME>, picture: Option<Wide>) -> Win32Result<Wide> {
    use TIME_FORMAT_FLAGS as F;
    let hour = if flags.contains(F::TIME_FORCE24HOURFORMAT) { "HH" } else { "h" };
    let rest = match () {
        () if flags.contains(F::TIME_NOMINUTESORSECONDS) => "",
        () if flags.contains(F::TIME_NOSECONDS) => ":mm",
        () => ":mm:ss",
    };
    let marked = !flags.intersects(F::TIME_NOTIMEMARKER | F::TIME_FORCE24HOURFORMAT);
    let picture = picture.unwrap_or_else(|| text::wide(&format!("{hour}{rest}{}", if marked { " tt" } else { "" })));
    let fields = match given.opt() {
        Some(given) => TimeFields::from(given.read()?),
        None => now()?,
    };
    if fields.hour > 23 || fields.minute > 59 || fields.second > 59 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(closed(locale::format(&picture, &fields)))
}

fn now() -> Win32Result<TimeFields> {
    Ok(TimeFields::from_filetime(time::system_to_local(time::system_time())?)?)
}

fn closed(mut text: Wide) -> Wide {
    text.push(0);
    text
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn dates_are_written_as_in_the_united_states() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let fields: [u16; 8] = [2024, 2, 0, 1, 13, 5, 9, 0];
            let date = guest.bytes(&fields.map(u16::to_le_bytes).concat());
            guest.call("kernel32!GetDateFormatA", &[0x400, 2, date, 0, guest.buffer(64), 64]);
            guest.call("kernel32!GetTimeFormatA", &[0x400, 8, date, 0, guest.buffer(64), 64]);
            guest.call("kernel32!GetDateFormatW", &[0x400, 1, date, guest.wide("yy"), 0, 0]);
            guest.call("kernel32!GetDateFormatW", &[0x400, 0, date, guest.wide("yyyy-MM-dd"), guest.buffer(64), 32]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetDateFormatA(Locale=1024, dwFlags=DATE_LONGDATE, lpDate=&{wYear=2024, wMonth=2, wDayOfWeek=0, wDay=1, wHour=13, wMinute=5, wSecond=9, wMilliseconds=0}, lpFormat=NULL, lpDateStr="Thursday, February 1, 2024", cchDate=64) = 27
        kernel32!GetTimeFormatA(Locale=1024, dwFlags=TIME_FORCE24HOURFORMAT, lpTime=&{wYear=2024, wMonth=2, wDayOfWeek=0, wDay=1, wHour=13, wMinute=5, wSecond=9, wMilliseconds=0}, lpFormat=NULL, lpTimeStr="13:05:09", cchTime=64) = 9
        kernel32!GetDateFormatW(Locale=1024, dwFlags=DATE_SHORTDATE, lpDate=&{wYear=2024, wMonth=2, wDayOfWeek=0, wDay=1, wHour=13, wMinute=5, wSecond=9, wMilliseconds=0}, lpFormat="yy", lpDateStr=NULL, cchDate=0) = 0 (ERROR_INVALID_FLAGS)
        kernel32!GetDateFormatW(Locale=1024, dwFlags=0, lpDate=&{wYear=2024, wMonth=2, wDayOfWeek=0, wDay=1, wHour=13, wMinute=5, wSecond=9, wMilliseconds=0}, lpFormat="yyyy-MM-dd", lpDateStr="2024-02-01", cchDate=32) = 11
        "#);
    }
}
