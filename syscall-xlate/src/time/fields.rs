//! FILETIMEs and DOS times as calendar fields.
//!
//! Own arithmetic, not jiff's: Windows' years go on to 30827, jiff's end with 9999.

use abi::{NTSTATUS, NtResult};

const TICKS_PER_MS: i64 = 10_000;
const TICKS_PER_DAY: i64 = 864_000_000_000;
/// Days from 0000-03-01 to 1601-01-01 in the Gregorian calendar.
const DAYS_TO_1601: i64 = 584_694;
const DAYS_IN_400_YEARS: i64 = 146_097;
/// The last year that fields can show (documented for `SYSTEMTIME`).
const LAST_YEAR: u16 = 30827;

/// A date and time of day (`SYSTEMTIME`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeFields {
    /// 1601 to 30827.
    pub year: u16,
    /// 1 to 12.
    pub month: u16,
    /// 0 for Sunday to 6. Ignored when a time is made from fields.
    pub weekday: u16,
    /// 1 to 31.
    pub day: u16,
    /// 0 to 23.
    pub hour: u16,
    /// 0 to 59.
    pub minute: u16,
    /// 0 to 59.
    pub second: u16,
    /// 0 to 999.
    pub milliseconds: u16,
}

impl TimeFields {
    /// The fields of a FILETIME.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a negative one.
    pub fn from_filetime(time: i64) -> NtResult<Self> {
        if time < 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let (days, in_day) = (time / TICKS_PER_DAY, time % TICKS_PER_DAY / TICKS_PER_MS);
        let (year, month, day) = date(days);
        Ok(Self {
            year: year as u16,
            month: month as u16,
            // 1601 began with a Monday.
            weekday: ((days + 1) % 7) as u16,
            day: day as u16,
            hour: (in_day / 3_600_000) as u16,
            minute: (in_day / 60_000 % 60) as u16,
            second: (in_day / 1000 % 60) as u16,
            milliseconds: (in_day % 1000) as u16,
        })
    }

    /// The FILETIME of these fields.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for fields that are no date or time of day.
    pub fn to_filetime(self) -> NtResult<i64> {
        let valid = (1601..=LAST_YEAR).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.milliseconds < 1000;
        if !valid {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute);
        let ms = (minutes * 60 + i64::from(self.second)) * 1000 + i64::from(self.milliseconds);
        days(self.year, self.month, self.day)
            .checked_mul(TICKS_PER_DAY)
            .and_then(|ticks| ticks.checked_add(ms * TICKS_PER_MS))
            .ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
    }
}

/// Days in a month; 0 for no month.
pub(super) fn days_in_month(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u16::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Days from 1601-01-01 to a date.
pub(super) fn days(year: u16, month: u16, day: u16) -> i64 {
    // Years are counted from March, so that the day that may be missing is a year's last.
    let (year, month) = (i64::from(year), i64::from(month));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + in_year - DAYS_TO_1601
}

/// Year, month and day so many days after 1601-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1601;
    let (era, day) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    (era * 400 + year, month, day)
}

/// A DOS date and time, as in a ZIP archive
/// (<https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-dosdatetimetofiletime>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DosDateTime {
    /// Bits 0 to 4 day, 5 to 8 month, 9 to 15 years since 1980.
    pub date: u16,
    /// Bits 0 to 4 pairs of seconds, 5 to 10 minute, 11 to 15 hour.
    pub time: u16,
}

impl DosDateTime {
    /// The FILETIME.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for no date or time of day.
    pub fn to_filetime(self) -> NtResult<i64> {
        let fields = TimeFields {
            year: 1980 + (self.date >> 9),
            month: self.date >> 5 & 15,
            day: self.date & 31,
            hour: self.time >> 11,
            minute: self.time >> 5 & 63,
            second: (self.time & 31) * 2,
            ..TimeFields::default()
        };
        fields.to_filetime()
    }

    /// The DOS date and time of a FILETIME, rounded down to two seconds.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a time before 1980 or after 2107.
    pub fn from_filetime(time: i64) -> NtResult<Self> {
        let fields = TimeFields::from_filetime(time)?;
        if !(1980..=2107).contains(&fields.year) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        Ok(Self {
            date: (fields.year - 1980) << 9 | fields.month << 5 | fields.day,
            time: fields.hour << 11 | fields.minute << 5 | (fields.second / 2),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(year: u16, month: u16, day: u16, weekday: u16) -> TimeFields {
        TimeFields { year, month, weekday, day, ..TimeFields::default() }
    }

    #[test]
    fn dates_and_filetimes() {
        for (time, expected) in [
            (0, fields(1601, 1, 1, 1)),
            (super::super::FILETIME_OF_UNIX_EPOCH, fields(1970, 1, 1, 4)),
            (125_962_560_000_000_000, fields(2000, 2, 29, 2)),
            (133_801_632_000_000_000, fields(2025, 1, 1, 3)),
        ] {
            assert_eq!(TimeFields::from_filetime(time), Ok(expected));
            assert_eq!(expected.to_filetime(), Ok(time));
        }
    }

    #[test]
    fn every_day_comes_back() {
        for day in (0..10_000_000).step_by(37) {
            let time = day * TICKS_PER_DAY + 8_639_999_990_000 / 10;
            let Ok(fields) = TimeFields::from_filetime(time) else { break };
            if fields.year > LAST_YEAR {
                break;
            }
            assert_eq!(fields.to_filetime(), Ok(time - time % TICKS_PER_MS));
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for wrong in [fields(1600, 1, 1, 0), fields(2023, 2, 29, 0), fields(2023, 13, 1, 0), fields(2023, 0, 1, 0)] {
            assert_eq!(wrong.to_filetime(), Err(NTSTATUS::STATUS_INVALID_PARAMETER), "{wrong:?}");
        }
        assert_eq!(TimeFields::from_filetime(-1), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    }

    #[test]
    fn dos_times_have_two_seconds() {
        let dos = DosDateTime { date: (2024 - 1980) << 9 | 2 << 5 | 29, time: 23 << 11 | 59 << 5 | 29 };
        let time = dos.to_filetime().unwrap();
        assert_eq!(DosDateTime::from_filetime(time), Ok(dos));
        assert_eq!(DosDateTime::from_filetime(time + 19_999_999), Ok(dos));
        assert!(DosDateTime { date: 0, time: 0 }.to_filetime().is_err());
        assert!(DosDateTime::from_filetime(0).is_err());
    }
}
