//! Calendar fields as text: `asctime` and `strftime` in the "C" locale.

use syscall_xlate::nls::locale::MONTHS;

use super::{Era, Tm};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Whether every field is in its range; the runtimes refuse other ones as invalid parameters.
fn is_in_range(tm: &Tm) -> bool {
    (0..=60).contains(&tm.tm_sec)
        && (0..60).contains(&tm.tm_min)
        && (0..24).contains(&tm.tm_hour)
        && (1..=31).contains(&tm.tm_mday)
        && (0..12).contains(&tm.tm_mon)
        && (0..7).contains(&tm.tm_wday)
        && (0..366).contains(&tm.tm_yday)
        && tm.tm_year >= -1900
        && tm.tm_year <= 8099
}

fn short(names: &[&'static str], index: i32) -> &'static str {
    long(names, index).get(..3).unwrap_or("")
}

fn long(names: &[&'static str], index: i32) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("")
}

/// `Fri Jan 02 03:04:05 1970\n`; the newer runtime pads the day with a space (both observed). `None` (`EINVAL`) with a field out
/// of its range.
pub fn asctime(tm: &Tm, era: Era) -> Option<String> {
    if !is_in_range(tm) {
        return None;
    }
    let day = match era {
        Era::Msvcrt => format!("{:02}", tm.tm_mday),
        Era::Ucrt => format!("{:2}", tm.tm_mday),
    };
    Some(format!(
        "{} {} {day} {:02}:{:02}:{:02} {:04}\n",
        short(&DAYS, tm.tm_wday),
        short(&MONTHS, tm.tm_mon),
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        tm.tm_year + 1900
    ))
}

/// `strftime`: the text of `tm` under `format`; `zone` gives the zone's name and
/// its seconds ahead of UTC, and is asked only where the format needs it. `None` (`EINVAL`) with a conversion
/// the runtime does not have or a field out of its range.
pub fn strftime(format: &str, tm: &Tm, era: Era, zone: impl Fn() -> (String, i32)) -> Option<String> {
    let mut text = String::with_capacity(format.len() * 2);
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut letter = rest.next()?;
        let plain = letter == '#';
        if plain {
            letter = rest.next()?;
        }
        if era == Era::Ucrt && matches!(letter, 'E' | 'O') {
            letter = rest.next()?;
        }
        conversion(&mut text, letter, plain, tm, era, &zone)?;
    }
    Some(text)
}

fn conversion(
    text: &mut String,
    letter: char,
    plain: bool,
    tm: &Tm,
    era: Era,
    zone: &dyn Fn() -> (String, i32),
) -> Option<()> {
    if !matches!(letter, '%' | 'n' | 't' | 'z' | 'Z') && !is_in_range(tm) {
        return None;
    }
    let mut number = |value: i32, width: usize| {
        let width = if plain { 1 } else { width };
        text.push_str(&format!("{value:0width$}"));
    };
    let year = tm.tm_year + 1900;
    let hour12 = if tm.tm_hour % 12 == 0 { 12 } else { tm.tm_hour % 12 };
    match letter {
        'a' => text.push_str(short(&DAYS, tm.tm_wday)),
        'A' => text.push_str(long(&DAYS, tm.tm_wday)),
        'b' => text.push_str(short(&MONTHS, tm.tm_mon)),
        'B' => text.push_str(long(&MONTHS, tm.tm_mon)),
        'd' => number(tm.tm_mday, 2),
        'H' => number(tm.tm_hour, 2),
        'I' => number(hour12, 2),
        'j' => number(tm.tm_yday + 1, 3),
        'm' => number(tm.tm_mon + 1, 2),
        'M' => number(tm.tm_min, 2),
        'p' => text.push_str(if tm.tm_hour < 12 { "AM" } else { "PM" }),
        'S' => number(tm.tm_sec, 2),
        'U' => number((tm.tm_yday + 7 - tm.tm_wday) / 7, 2),
        'w' => number(tm.tm_wday, 1),
        'W' => number((tm.tm_yday + 7 - (tm.tm_wday + 6) % 7) / 7, 2),
        'y' => number(year % 100, 2),
        'Y' => number(year, 4),
        '%' => text.push('%'),
        'Z' => text.push_str(&zone().0),
        'z' if era == Era::Msvcrt => text.push_str(&zone().0),
        'z' => {
            let minutes = zone().1 / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            text.push_str(&format!("{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60));
        }
        'x' if plain => return all(text, "%A, %B %d, %Y", false, tm, era, zone),
        'c' if plain => return all(text, "%A, %B %d, %Y %H:%M:%S", false, tm, era, zone),
        'x' => return all(text, "%m/%d/%y", false, tm, era, zone),
        'X' => return all(text, "%H:%M:%S", false, tm, era, zone),
        'c' if era == Era::Msvcrt => return all(text, "%m/%d/%y %H:%M:%S", false, tm, era, zone),
        'c' => return all(text, "%a %b %e %H:%M:%S %Y", false, tm, era, zone),
        _ if era == Era::Msvcrt => return None,
        'C' => number(year / 100, 2),
        'e' if plain => number(tm.tm_mday, 1),
        'e' => text.push_str(&format!("{:2}", tm.tm_mday)),
        'g' => number(iso_week(tm).0 % 100, 2),
        'G' => number(iso_week(tm).0, 4),
        'h' => text.push_str(short(&MONTHS, tm.tm_mon)),
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'u' => number(if tm.tm_wday == 0 { 7 } else { tm.tm_wday }, 1),
        'V' => number(iso_week(tm).1, 2),
        'D' => return all(text, "%m/%d/%y", plain, tm, era, zone),
        'F' => return all(text, "%Y-%m-%d", plain, tm, era, zone),
        'r' => return all(text, "%I:%M:%S %p", plain, tm, era, zone),
        'R' => return all(text, "%H:%M", plain, tm, era, zone),
        'T' => return all(text, "%H:%M:%S", plain, tm, era, zone),
        _ => return None,
    }
    Some(())
}

/// A format made of plain conversions, each with `#` if `plain`.
fn all(
    text: &mut String,
    format: &str,
    plain: bool,
    tm: &Tm,
    era: Era,
    zone: &dyn Fn() -> (String, i32),
) -> Option<()> {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            conversion(text, rest.next()?, plain, tm, era, zone)?;
        } else {
            text.push(c);
        }
    }
    Some(())
}

/// The ISO 8601 year and week.
fn iso_week(tm: &Tm) -> (i32, i32) {
    let year = tm.tm_year + 1900;
    let weekday = (tm.tm_wday + 6) % 7;
    let week = (tm.tm_yday - weekday + 10) / 7;
    if week < 1 {
        let days = days_in(year - 1);
        return (year - 1, (tm.tm_yday + days - weekday + 10) / 7);
    }
    if week == 53 && tm.tm_yday - weekday + 3 >= days_in(year) {
        return (year + 1, 1);
    }
    (year, week)
}

fn days_in(year: i32) -> i32 {
    if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Tm = Tm {
        tm_sec: 5,
        tm_min: 4,
        tm_hour: 3,
        tm_mday: 2,
        tm_mon: 0,
        tm_year: 95,
        tm_wday: 5,
        tm_yday: 1,
        tm_isdst: 0,
    };

    fn utc() -> (String, i32) {
        ("UTC".to_owned(), -19_800)
    }

    #[test]
    fn asctime_pads_the_day_by_runtime() {
        assert_eq!(asctime(&MOMENT, Era::Msvcrt).as_deref(), Some("Fri Jan 02 03:04:05 1995\n"));
        assert_eq!(asctime(&MOMENT, Era::Ucrt).as_deref(), Some("Fri Jan  2 03:04:05 1995\n"));
        assert_eq!(asctime(&Tm { tm_mon: 12, ..MOMENT }, Era::Ucrt), None);
    }

    #[test]
    fn conversions_of_both_runtimes() {
        for (format, old, new) in [
            ("%c", "01/02/95 03:04:05", "Fri Jan  2 03:04:05 1995"),
            ("%#c", "Friday, January 02, 1995 03:04:05", "Friday, January 02, 1995 03:04:05"),
            ("%x|%X|%#x", "01/02/95|03:04:05|Friday, January 02, 1995", "01/02/95|03:04:05|Friday, January 02, 1995"),
            ("%a %A %b %B %d %#d", "Fri Friday Jan January 02 2", "Fri Friday Jan January 02 2"),
            ("%H %I %j %m %M %p %S", "03 03 002 01 04 AM 05", "03 03 002 01 04 AM 05"),
            ("%U %w %W %y %Y %%", "00 5 00 95 1995 %", "00 5 00 95 1995 %"),
        ] {
            assert_eq!(strftime(format, &MOMENT, Era::Msvcrt, utc).as_deref(), Some(old), "{format}");
            assert_eq!(strftime(format, &MOMENT, Era::Ucrt, utc).as_deref(), Some(new), "{format}");
        }
        for (format, new) in [
            ("%C %D %#D %e %#e", "19 01/02/95 1/2/95  2 2"),
            ("%F %#F %h %r %#r", "1995-01-02 1995-1-2 Jan 03:04:05 AM 3:4:5 AM"),
            ("%R %T %u %n%t %Ey %Od", "03:04 03:04:05 5 \n\t 95 02"),
            ("%z %Z", "-0530 UTC"),
        ] {
            assert_eq!(strftime(format, &MOMENT, Era::Ucrt, utc).as_deref(), Some(new), "{format}");
            assert_eq!(strftime(format, &MOMENT, Era::Msvcrt, utc).is_none(), format != "%z %Z");
        }
        assert_eq!(strftime("%", &MOMENT, Era::Ucrt, utc), None);
        assert_eq!(strftime("%Q", &MOMENT, Era::Ucrt, utc), None);
    }

    #[test]
    fn iso_weeks_belong_to_the_year_of_their_thursday() {
        // 2021-01-03 is a Sunday of 2020's week 53; 2018-12-31 a Monday of 2019's week 1.
        assert_eq!(iso_week(&Tm { tm_year: 121, tm_yday: 2, tm_wday: 0, ..MOMENT }), (2020, 53));
        assert_eq!(iso_week(&Tm { tm_year: 118, tm_yday: 364, tm_wday: 1, ..MOMENT }), (2019, 1));
        assert_eq!(iso_week(&Tm { tm_year: 120, tm_yday: 365, tm_wday: 4, ..MOMENT }), (2020, 53));
    }
}
