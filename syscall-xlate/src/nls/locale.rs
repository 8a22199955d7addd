//! Locales. US English is known; others are known by name and number only.

use super::{ANSI_CODE_PAGE, OEM_CODE_PAGE};

/// The number of US English.
pub const EN_US: u32 = 0x409;
/// `LOCALE_NEUTRAL`, `LOCALE_USER_DEFAULT`, `LOCALE_SYSTEM_DEFAULT` and their kin, all of which are US English.
const DEFAULTS: [u32; 7] = [0, 0x400, 0x800, 0xc00, 0x1000, 0x1400, 0x7f];

/// Locales that programs ask for, by number and name ([MS-LCID]).
const LOCALES: [(u32, &str); 33] = [
    (0x401, "ar-SA"),
    (0x404, "zh-TW"),
    (0x405, "cs-CZ"),
    (0x406, "da-DK"),
    (0x407, "de-DE"),
    (0x408, "el-GR"),
    (0x409, "en-US"),
    (0x40b, "fi-FI"),
    (0x40c, "fr-FR"),
    (0x40d, "he-IL"),
    (0x40e, "hu-HU"),
    (0x410, "it-IT"),
    (0x411, "ja-JP"),
    (0x412, "ko-KR"),
    (0x413, "nl-NL"),
    (0x414, "nb-NO"),
    (0x415, "pl-PL"),
    (0x416, "pt-BR"),
    (0x418, "ro-RO"),
    (0x419, "ru-RU"),
    (0x41d, "sv-SE"),
    (0x41e, "th-TH"),
    (0x41f, "tr-TR"),
    (0x422, "uk-UA"),
    (0x804, "zh-CN"),
    (0x807, "de-CH"),
    (0x809, "en-GB"),
    (0x80c, "fr-BE"),
    (0x816, "pt-PT"),
    (0xc07, "de-AT"),
    (0xc09, "en-AU"),
    (0xc0a, "es-ES"),
    (0x1009, "en-CA"),
];

/// The locale that a number stands for, defaults resolved. `None` for one that is not known.
pub fn resolve(lcid: u32) -> Option<u32> {
    // The sort order is in the upper half.
    let language = lcid & 0xffff;
    if DEFAULTS.contains(&language) {
        return Some(EN_US);
    }
    // A bare language is its main country.
    let number = if language < 0x400 { language | 0x400 } else { language };
    LOCALES.iter().any(|row| row.0 == number).then_some(number)
}

/// The name of a locale, such as `en-US`.
pub fn name(lcid: u32) -> Option<&'static str> {
    let number = resolve(lcid)?;
    LOCALES.iter().find(|row| row.0 == number).map(|row| row.1)
}

/// The number of a locale by its name, or by its language alone; the empty name is the invariant locale.
pub fn by_name(name: &[u16]) -> Option<u32> {
    let name = String::from_utf16_lossy(name);
    match name.as_str() {
        "" => Some(0x7f),
        "!x-sys-default-locale" => Some(EN_US),
        _ => {
            let exact = LOCALES.iter().find(|row| row.1.eq_ignore_ascii_case(&name));
            let language = || {
                LOCALES
                    .iter()
                    .find(|row| row.1.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case(&name)))
            };
            exact.or_else(language).map(|row| row.0)
        }
    }
}

/// All numbers.
pub fn all() -> impl Iterator<Item = u32> {
    LOCALES.iter().map(|row| row.0)
}

/// What a locale says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Text.
    Text(&'static str),
    /// A number, which as text is decimal.
    Number(u32),
    /// A number, which as text has four hexadecimal digits.
    Hex(u32),
}

/// Full names of days, Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Full names of months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const SHORT_DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const SHORT_MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a locale says of itself, by its `LCTYPE` without flags
/// (<https://learn.microsoft.com/windows/win32/intl/locale-information-constants>). Only US English says more than its name.
pub fn fact(lcid: u32, kind: u32) -> Option<Fact> {
    use Fact::{Hex, Number, Text};
    let number = resolve(lcid)?;
    let own_name = name(number)?;
    match kind {
        0x1 => return Some(Hex(number)),
        0x5c => return Some(Text(own_name)),
        0x59 => return own_name.split('-').next().map(Text),
        0x5a => return own_name.split('-').nth(1).map(Text),
        _ => {}
    }
    if number != EN_US {
        return None;
    }
    let of = |kind: u32, first: u32, names: &[&'static str]| names.get((kind - first) as usize).copied().map(Text);
    Some(match kind {
        0x2 | 0x72 | 0x6f | 0x73 => Text("English (United States)"),
        0x3 | 0x67 => Text("ENU"),
        0x4 | 0x1001 => Text("English"),
        0x5 => Number(1),
        0x6 | 0x8 | 0x1002 => Text("United States"),
        0x7 => Text("USA"),
        0x9 => Hex(number),
        0xa => Number(1),
        0xb => Number(OEM_CODE_PAGE),
        0xc => Text(","),
        0xd => Number(1),
        0xe => Text("."),
        0xf => Text(","),
        0x10 => Text("3;0"),
        0x11 => Number(2),
        0x12 => Number(1),
        0x13 => Text("0123456789"),
        0x14 => Text("$"),
        0x15 => Text("USD"),
        0x16 => Text("."),
        0x17 => Text(","),
        0x18 => Text("3;0"),
        0x19 | 0x1a => Number(2),
        0x1b | 0x1c => Number(0),
        0x1d => Text("/"),
        0x1e => Text(":"),
        0x1f => Text("M/d/yyyy"),
        0x20 => Text("dddd, MMMM d, yyyy"),
        0x21 | 0x22 => Number(0),
        0x23 | 0x25..=0x27 => Number(0),
        0x24 => Number(1),
        0x28 => Text("AM"),
        0x29 => Text("PM"),
        0x2a..=0x30 => return of(kind, 0x2a, &DAYS),
        0x31..=0x37 => return of(kind, 0x31, &SHORT_DAYS),
        0x38..=0x43 => return of(kind, 0x38, &MONTHS),
        0x44..=0x4f => return of(kind, 0x44, &SHORT_MONTHS),
        0x50 => Text(""),
        0x51 => Text("-"),
        0x5b => Number(244),
        0x1003 => Text("h:mm:ss tt"),
        0x1004 => Number(ANSI_CODE_PAGE),
        0x1005 => Number(0),
        0x1006 => Text("MMMM yyyy"),
        0x1007 => Text("US Dollar"),
        0x1008 => Text("US Dollar"),
        0x1009 => Number(1),
        0x100a => Number(0),
        0x100b => Number(0),
        0x100c => Number(6),
        0x100d => Number(0),
        0x100e => Text("en-US"),
        0x1010 => Number(1),
        0x1011 => Number(10000),
        0x1012 => Number(37),
        0x1014 => Text("Default"),
        0x78 => Text("MMMM d"),
        0x79 => Text("h:mm tt"),
        _ => return None,
    })
}

/// Formats a date by a picture such as `dddd, MMMM d, yyyy`, or a time by one such as `h:mm:ss tt`. Text in single quotes stands for
/// itself (<https://learn.microsoft.com/windows/win32/intl/day--month--year--and-era-format-pictures>,
/// <https://learn.microsoft.com/windows/win32/intl/hour--minute--and-second-format-pictures>).
pub fn format(picture: &[u16], time: &crate::time::TimeFields) -> Vec<u16> {
    const QUOTE: u16 = b'\'' as u16;
    let mut out: Vec<u16> = Vec::new();
    let mut rest = picture;
    let put = |text: &str, out: &mut Vec<u16>| out.extend(text.encode_utf16());
    while let Some(&first) = rest.first() {
        if first == QUOTE {
            rest = &rest[1..];
            let end = rest.iter().position(|&unit| unit == QUOTE);
            out.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            rest = end.map_or(&[], |end| &rest[end + 1..]);
            continue;
        }
        let count = rest.iter().take_while(|&&unit| unit == first).count();
        let number = |value: u16| if count == 1 { format!("{value}") } else { format!("{value:02}") };
        let weekday = (usize::from(time.weekday) + 6) % 7;
        let month = usize::from(time.month.saturating_sub(1)).min(11);
        let hour12 = if time.hour.is_multiple_of(12) { 12 } else { time.hour % 12 };
        let mark = if time.hour < 12 { "AM" } else { "PM" };
        match (u8::try_from(first).unwrap_or(0), count) {
            (b'd', 1 | 2) => put(&number(time.day), &mut out),
            (b'd', 3) => put(SHORT_DAYS[weekday], &mut out),
            (b'd', _) => put(DAYS[weekday], &mut out),
            (b'M', 1 | 2) => put(&number(time.month), &mut out),
            (b'M', 3) => put(SHORT_MONTHS[month], &mut out),
            (b'M', _) => put(MONTHS[month], &mut out),
            (b'y', 1) => put(&format!("{}", time.year % 100), &mut out),
            (b'y', 2) => put(&format!("{:02}", time.year % 100), &mut out),
            (b'y', _) => put(&format!("{:04}", time.year), &mut out),
            (b'g', _) => put("A.D.", &mut out),
            (b'h', _) => put(&number(hour12), &mut out),
            (b'H', _) => put(&number(time.hour), &mut out),
            (b'm', _) => put(&number(time.minute), &mut out),
            (b's', _) => put(&number(time.second), &mut out),
            (b't', 1) => put(&mark[..1], &mut out),
            (b't', _) => put(mark, &mut out),
            _ => out.extend_from_slice(&rest[..count]),
        }
        rest = &rest[count..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TimeFields;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn defaults_are_us_english() {
        assert_eq!((resolve(0x400), resolve(9), resolve(0x3ff)), (Some(EN_US), Some(EN_US), None));
        assert_eq!(
            (by_name(&wide("EN-us")), by_name(&wide("fr")), by_name(&wide("xx"))),
            (Some(EN_US), Some(0x40c), None)
        );
        assert_eq!(name(0x807), Some("de-CH"));
        assert_eq!(fact(EN_US, 0x2b), Some(Fact::Text("Tuesday")));
        assert_eq!(fact(0x407, 0x2b), None);
    }

    #[test]
    fn pictures() {
        let time =
            TimeFields { year: 2024, month: 2, weekday: 4, day: 1, hour: 13, minute: 5, second: 9, milliseconds: 0 };
        let formatted = |picture: &str| String::from_utf16_lossy(&format(&wide(picture), &time));
        assert_eq!(formatted("dddd, MMMM d, yyyy"), "Thursday, February 1, 2024");
        assert_eq!(formatted("h:mm:ss tt"), "1:05:09 PM");
        assert_eq!(formatted("HH'h'mm ddd dd.MM.yy"), "13h05 Thu 01.02.24");
        assert_eq!(formatted("'open"), "open");
    }
}
