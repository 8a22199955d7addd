//! The time zone: the host's, in Windows' terms.
//!
//! Windows knows a zone by two rules a year, when daylight saving begins and when it ends. They are taken from the host's time zone
//! database for the year asked for; a zone with other changes in that year is known by the first of each kind.

use abi::{NTSTATUS, NtResult};
use jiff::civil::date;
use jiff::tz::{Dst, TimeZone, TimeZoneTransition};
use jiff::{Timestamp, ToSpan};
use strum::IntoEnumIterator;
use windows_timezones::WindowsTimezone;

use super::fields::{TimeFields, days_in_month};

/// What part of the year it is (`TIME_ZONE_ID_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneId {
    /// The zone has no daylight saving.
    Unknown = 0,
    /// Standard time.
    Standard = 1,
    /// Daylight saving time.
    Daylight = 2,
}

/// When one of the two parts of a year begins: in this month, on this weekday, for the `week`th time (5: the last), at this local time.
/// Month 0 says that the zone has no such part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransitionRule {
    /// 1 to 12, or 0.
    pub month: u16,
    /// 0 for Sunday to 6.
    pub weekday: u16,
    /// 1 to 5.
    pub week: u16,
    /// Hour.
    pub hour: u16,
    /// Minute.
    pub minute: u16,
}

/// A zone in one year (`TIME_ZONE_INFORMATION`). Biases are minutes to be added to local time to get UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneInformation {
    /// Windows' name of the zone (`Romance Standard Time`), or the IANA name where there is none.
    pub key: String,
    /// Standard bias.
    pub bias: i32,
    /// Name of standard time.
    pub standard_name: String,
    /// When standard time begins.
    pub standard: TransitionRule,
    /// Name of daylight saving time.
    pub daylight_name: String,
    /// When daylight saving time begins.
    pub daylight: TransitionRule,
    /// What daylight saving adds to the bias: usually -60.
    pub daylight_bias: i32,
    /// What it is now.
    pub id: ZoneId,
}

/// The host's time zone, now.
pub fn zone_information() -> ZoneInformation {
    let now = Timestamp::now();
    let zone = TimeZone::system();
    in_year(&zone, now.to_zoned(zone.clone()).year(), now)
}

/// A zone in a year: the host's, or the one of a Windows name.
///
/// # Errors
/// `STATUS_OBJECT_NAME_NOT_FOUND` for a name of no zone, `STATUS_INVALID_PARAMETER` for a year that cannot be shown.
pub fn zone_in_year(name: Option<&str>, year: u16) -> NtResult<ZoneInformation> {
    let year = i16::try_from(year).ok().filter(|year| (1601..9999).contains(year));
    let year = year.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
    let zone = match name {
        None => TimeZone::system(),
        Some(name) => {
            let windows = WindowsTimezone::iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
            let windows = windows.ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?;
            TimeZone::get(windows.tzdb_id()).map_err(|_| NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?
        }
    };
    let mut found = in_year(&zone, year, Timestamp::now());
    if let Some(name) = name {
        // Zones may have the same main city; the one asked for keeps its name.
        found.standard_name = name.to_owned();
        found.daylight_name = name.replace("Standard", "Daylight");
        found.key = name.to_owned();
    }
    Ok(found)
}

/// The name of Windows' zone of this number, in alphabetical order; `None` behind the last.
pub fn zone_name(index: usize) -> Option<&'static str> {
    let mut names: Vec<_> = WindowsTimezone::iter().map(|zone| zone.name()).collect();
    names.sort_unstable();
    names.dedup();
    names.get(index).copied()
}

/// A zone in a year; `now` decides only which part of it is said to be current.
fn in_year(zone: &TimeZone, year: i16, now: Timestamp) -> ZoneInformation {
    let iana = zone.iana_name().unwrap_or("UTC").to_owned();
    let key = windows_zone(&iana, zone, year).map_or(iana, |windows| windows.name().to_owned());
    let start = date(year, 1, 1).to_zoned(zone.clone()).map(|start| start.timestamp()).unwrap_or(now);
    let end = date(year, 1, 1)
        .checked_add(1.year())
        .and_then(|next| next.to_zoned(zone.clone()))
        .map_or(now, |end| end.timestamp());
    let mut standard = TransitionRule::default();
    let mut daylight = TransitionRule::default();
    let mut standard_seconds = None;
    let mut daylight_seconds = None;
    for transition in zone.following(start - 1.second()).take_while(|transition| transition.timestamp() < end).take(16)
    {
        let before = zone.to_offset(transition.timestamp() - 1.second());
        let rule = rule(&transition, before.seconds());
        let seconds = transition.offset().seconds();
        if transition.dst() == Dst::Yes {
            if daylight.month == 0 {
                (daylight, daylight_seconds) = (rule, Some(seconds));
            }
        } else if standard.month == 0 {
            (standard, standard_seconds) = (rule, Some(seconds));
        }
    }
    let current = zone.to_offset_info(now);
    let (Some(standard_seconds), Some(daylight_seconds)) = (standard_seconds, daylight_seconds) else {
        let bias = -zone.to_offset(if end <= now { start } else { now }).seconds() / 60;
        let name = key.clone();
        return ZoneInformation {
            bias,
            standard_name: name.clone(),
            standard: TransitionRule::default(),
            daylight_name: name.replace("Standard", "Daylight"),
            daylight: TransitionRule::default(),
            daylight_bias: 0,
            id: ZoneId::Unknown,
            key,
        };
    };
    ZoneInformation {
        bias: -standard_seconds / 60,
        standard_name: key.clone(),
        standard,
        daylight_name: key.replace("Standard", "Daylight"),
        daylight,
        daylight_bias: (standard_seconds - daylight_seconds) / 60,
        id: if current.dst() == Dst::Yes { ZoneId::Daylight } else { ZoneId::Standard },
        key,
    }
}

/// The rule behind a transition, in the local time that ends with it.
fn rule(transition: &TimeZoneTransition<'_>, seconds_before: i32) -> TransitionRule {
    let offset = jiff::tz::Offset::from_seconds(seconds_before).unwrap_or(jiff::tz::Offset::UTC);
    let local = offset.to_datetime(transition.timestamp());
    let day = local.day() as u16;
    let last = days_in_month(local.year() as u16, local.month() as u16) - day < 7;
    TransitionRule {
        month: local.month() as u16,
        weekday: local.weekday().to_sunday_zero_offset() as u16,
        week: if last { 5 } else { (day - 1) / 7 + 1 },
        hour: local.hour() as u16,
        minute: local.minute() as u16,
    }
}

impl ZoneInformation {
    /// The bias that holds at a time, in minutes; `time` is a FILETIME in UTC, or in local time if `local`.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a time before 1601.
    pub fn bias_at(&self, time: i64, local: bool) -> NtResult<i32> {
        let (standard_bias, daylight_bias) = (self.bias, self.bias + self.daylight_bias);
        if self.standard.month == 0 || self.daylight.month == 0 {
            return Ok(standard_bias);
        }
        // Transitions are given in the local time before them: daylight saving begins in standard time and ends in its own.
        let in_standard = if local { time } else { shift(time, -standard_bias)? };
        let in_daylight = if local { time } else { shift(time, -daylight_bias)? };
        let year = TimeFields::from_filetime(in_standard)?.year;
        let begins = self.daylight.in_year(year)?;
        let ends = self.standard.in_year(year)?;
        let is_daylight = if begins < ends {
            in_standard >= begins && in_daylight < ends
        } else {
            in_standard >= begins || in_daylight < ends
        };
        Ok(if is_daylight { daylight_bias } else { standard_bias })
    }

    /// Local time of a UTC time by these rules (`SystemTimeToTzSpecificLocalTime`).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a time outside of what can be shown.
    pub fn to_local(&self, time: i64) -> NtResult<i64> {
        shift(time, -self.bias_at(time, false)?)
    }

    /// UTC of a local time by these rules (`TzSpecificLocalTimeToSystemTime`).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a time outside of what can be shown.
    pub fn to_utc(&self, time: i64) -> NtResult<i64> {
        shift(time, self.bias_at(time, true)?)
    }
}

fn shift(time: i64, minutes: i32) -> NtResult<i64> {
    let shifted = time.checked_add(i64::from(minutes) * 600_000_000).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
    if shifted < 0 { Err(NTSTATUS::STATUS_INVALID_PARAMETER) } else { Ok(shifted) }
}

impl TransitionRule {
    /// When the rule applies in a year, as a FILETIME of local time.
    fn in_year(&self, year: u16) -> NtResult<i64> {
        let first = TimeFields {
            year,
            month: self.month,
            day: 1,
            hour: self.hour,
            minute: self.minute,
            ..TimeFields::default()
        };
        let weekday = TimeFields::from_filetime(first.to_filetime()?)?.weekday;
        let mut day = 1 + (self.weekday + 7 - weekday % 7) % 7 + 7 * (self.week.max(1) - 1).min(4);
        while day > days_in_month(year, self.month) {
            day -= 7;
        }
        TimeFields { day, ..first }.to_filetime()
    }
}

/// Local time of a FILETIME, by the bias that holds *now*, as `FileTimeToLocalFileTime` does it.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for a time that cannot be shown.
pub fn system_to_local(time: i64) -> NtResult<i64> {
    shift_seconds(time, current_offset())
}

/// UTC of a local FILETIME, by the bias that holds *now*.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for a time that cannot be shown.
pub fn local_to_system(time: i64) -> NtResult<i64> {
    shift_seconds(time, -current_offset())
}

fn current_offset() -> i64 {
    i64::from(TimeZone::system().to_offset(Timestamp::now()).seconds())
}

fn shift_seconds(time: i64, seconds: i64) -> NtResult<i64> {
    time.checked_add(seconds * 10_000_000).filter(|&time| time >= 0).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
}

/// Windows' zone of this IANA name: the one whose main city it is, by Unicode's mapping, or else one whose clocks show the same all year.
fn windows_zone(iana: &str, zone: &TimeZone, year: i16) -> Option<WindowsTimezone> {
    if matches!(iana, "UTC" | "Etc/UTC" | "Etc/UCT" | "UCT" | "Zulu" | "Etc/Zulu") {
        return WindowsTimezone::iter().find(|windows| windows.name() == "UTC");
    }
    let months: Vec<Timestamp> = (1..=12)
        .filter_map(|month| date(year, month, 15).to_zoned(TimeZone::UTC).ok())
        .map(|middle| middle.timestamp())
        .collect();
    let same = |other: &TimeZone| months.iter().all(|&time| zone.to_offset(time) == other.to_offset(time));
    WindowsTimezone::iter().find(|windows| windows.tzdb_id() == iana).or_else(|| {
        WindowsTimezone::iter().find(|windows| TimeZone::get(windows.tzdb_id()).is_ok_and(|other| same(&other)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FILETIME_OF_UNIX_EPOCH;

    fn zone(name: &str, year: i16) -> Option<ZoneInformation> {
        let now = date(year, 7, 1).to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(in_year(&TimeZone::get(name).ok()?, year, now))
    }

    #[test]
    fn a_zone_with_daylight_saving_has_two_rules() {
        let Some(berlin) = zone("Europe/Berlin", 2024) else { return };
        assert_eq!((berlin.key.as_str(), berlin.bias, berlin.daylight_bias), ("W. Europe Standard Time", -60, -60));
        assert_eq!(berlin.daylight, TransitionRule { month: 3, weekday: 0, week: 5, hour: 2, minute: 0 });
        assert_eq!(berlin.standard, TransitionRule { month: 10, weekday: 0, week: 5, hour: 3, minute: 0 });
        assert_eq!((berlin.id, berlin.daylight_name.as_str()), (ZoneId::Daylight, "W. Europe Daylight Time"));
        let Some(new_york) = zone("America/New_York", 2024) else { return };
        assert_eq!(new_york.daylight, TransitionRule { month: 3, weekday: 0, week: 2, hour: 2, minute: 0 });
    }

    #[test]
    fn a_zone_without_daylight_saving_has_none() {
        let Some(utc) = zone("UTC", 2024) else { return };
        assert_eq!((utc.key.as_str(), utc.bias, utc.id), ("UTC", 0, ZoneId::Unknown));
        let Some(kolkata) = zone("Asia/Kolkata", 2024) else { return };
        assert_eq!((kolkata.bias, kolkata.id), (-330, ZoneId::Unknown));
    }

    #[test]
    fn zones_have_windows_names() {
        let names: Vec<_> = (0..).map_while(zone_name).collect();
        assert!(names.len() > 100 && names.contains(&"Romance Standard Time") && names.is_sorted());
        assert_eq!(zone_in_year(Some("Nowhere Standard Time"), 2024), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        assert_eq!(zone_in_year(None, 0), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        let Ok(romance) = zone_in_year(Some("Romance Standard Time"), 2024) else { return };
        assert_eq!((romance.key.as_str(), romance.bias), ("Romance Standard Time", -60));
    }

    #[test]
    fn local_time_follows_the_rules() {
        let Some(berlin) = zone("Europe/Berlin", 2024) else { return };
        let Some(sydney) = zone("Australia/Sydney", 2024) else { return };
        let timestamp = |time: i64| Timestamp::from_second((time - FILETIME_OF_UNIX_EPOCH) / 10_000_000).unwrap();
        let start = TimeFields { year: 2024, month: 1, day: 1, ..TimeFields::default() }.to_filetime().unwrap();
        for (zone, name) in [(&berlin, "Europe/Berlin"), (&sydney, "Australia/Sydney")] {
            let jiff = TimeZone::get(name).unwrap();
            for hour in 0..366 * 24 {
                let utc = start + hour * 36_000_000_000;
                let offset = i64::from(jiff.to_offset(timestamp(utc)).seconds());
                assert_eq!(zone.to_local(utc), Ok(utc + offset * 10_000_000), "{name} hour {hour}");
            }
        }
        let summer = TimeFields { year: 2024, month: 7, day: 1, hour: 12, ..TimeFields::default() };
        let local = summer.to_filetime().unwrap();
        assert_eq!(berlin.to_utc(local), Ok(local - 2 * 36_000_000_000));
    }
}
