//! Calendar time: `gmtime`, `localtime`, `mktime`, `asctime` and `strftime` without a guest.
//!
//! Ranges: times before 1970 (less twelve hours, which time zones may need) and after 3000 are refused, as Microsoft documents
//! for the `_gmtime64` family.

mod render;

pub use render::{asctime, strftime};

/// The C runtime's `struct tm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the C standard's")]
pub struct Tm {
    pub tm_sec: i32,
    pub tm_min: i32,
    pub tm_hour: i32,
    pub tm_mday: i32,
    pub tm_mon: i32,
    pub tm_year: i32,
    pub tm_wday: i32,
    pub tm_yday: i32,
    pub tm_isdst: i32,
}

/// What runtime's range and format dialect holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Era {
    /// msvcrt.dll: up to the last second of 3000 and the hours a time zone adds; the C89 conversions of `strftime`.
    Msvcrt,
    /// ucrtbase.dll: up to `_MAX__TIME64_T`; C99's `strftime`.
    Ucrt,
}

impl Era {
    /// The last time in seconds since 1970 UTC.
    pub const fn last(self) -> i64 {
        match self {
            Self::Msvcrt => 32_535_244_799,
            Self::Ucrt => 0x7_9358_2aff,
        }
    }
}

/// What a time zone says of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneMoment {
    /// Seconds that local time is ahead of UTC.
    pub offset: i32,
    /// Whether daylight saving time holds.
    pub daylight: bool,
    /// The zone's name at that moment.
    pub name: String,
}

/// A source of local time.
pub trait Zone {
    /// What holds at `utc`, seconds since 1970.
    fn at(&self, utc: i64) -> ZoneMoment;
}

/// UTC as a zone.
#[derive(Clone, Copy, Debug)]
pub struct Utc;

impl Zone for Utc {
    fn at(&self, _: i64) -> ZoneMoment {
        ZoneMoment { offset: 0, daylight: false, name: "UTC".to_owned() }
    }
}

/// The host's time zone (`TZ`, or `/etc/localtime`).
pub struct HostZone(jiff::tz::TimeZone);

impl HostZone {
    /// Reads the host's settings; UTC where there are none.
    pub fn new() -> Self {
        Self(jiff::tz::TimeZone::system())
    }
}

impl Default for HostZone {
    fn default() -> Self {
        Self::new()
    }
}

impl Zone for HostZone {
    fn at(&self, utc: i64) -> ZoneMoment {
        let Ok(moment) = jiff::Timestamp::from_second(utc) else { return Utc.at(utc) };
        let info = self.0.to_offset_info(moment);
        ZoneMoment {
            offset: info.offset().seconds(),
            daylight: info.dst().is_dst(),
            name: info.abbreviation().to_owned(),
        }
    }
}

/// `_timezone`, `_daylight`, `_dstbias` and `_tzname`, from the rules that hold around a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFacts {
    /// Seconds to add to local standard time to get UTC.
    pub timezone: i32,
    /// Whether the zone has daylight saving time at all.
    pub daylight: bool,
    /// Seconds to add to `timezone` while it holds; negative.
    pub dstbias: i32,
    /// Names of standard and daylight time.
    pub names: [String; 2],
}

/// The facts of `zone` in the year after `now`.
pub fn zone_facts(zone: &dyn Zone, now: i64) -> ZoneFacts {
    const MONTH: i64 = 30 * 86_400;
    let moments: Vec<ZoneMoment> = (0..12).map(|month| zone.at(now + month * MONTH)).collect();
    let standard = moments.iter().find(|moment| !moment.daylight).or(moments.first());
    let daylight = moments.iter().find(|moment| moment.daylight);
    let offset = standard.map_or(0, |moment| moment.offset);
    let standard_name = standard.map_or_else(String::new, |moment| moment.name.clone());
    ZoneFacts {
        timezone: -offset,
        daylight: daylight.is_some(),
        dstbias: daylight.map_or(0, |moment| offset - moment.offset),
        names: [standard_name, daylight.map_or_else(String::new, |moment| moment.name.clone())],
    }
}

const DAY: i64 = 86_400;

/// Days since 1970-01-01 of a date; `month` is 0 to 11, `year` any.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 10) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month (0 to 11) and day of a count of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    (era * 400 + year_of_era + i64::from(month < 2), month, day)
}

/// `seconds` since 1970 as calendar fields, no range check; `tm_isdst` is 0.
fn fields(seconds: i64) -> Tm {
    let days = seconds.div_euclid(DAY);
    let rest = seconds.rem_euclid(DAY);
    let (year, month, day) = civil_from_days(days);
    Tm {
        tm_sec: (rest % 60) as i32,
        tm_min: (rest / 60 % 60) as i32,
        tm_hour: (rest / 3600) as i32,
        tm_mday: day as i32,
        tm_mon: month as i32,
        tm_year: (year - 1900) as i32,
        tm_wday: (days + 4).rem_euclid(7) as i32,
        tm_yday: (days - days_from_civil(year, 0, 1)) as i32,
        tm_isdst: 0,
    }
}

/// `_gmtime64`: `None` (`EINVAL`) outside the runtime's range.
pub fn gmtime(time: i64, era: Era) -> Option<Tm> {
    (0..=era.last()).contains(&time).then(|| fields(time))
}

/// `_localtime64`: `None` (`EINVAL`) outside the runtime's range.
pub fn localtime(time: i64, era: Era, zone: &dyn Zone) -> Option<Tm> {
    if !(0..=era.last()).contains(&time) {
        return None;
    }
    let moment = zone.at(time);
    let local = fields(time + i64::from(moment.offset));
    Some(Tm { tm_isdst: moment.daylight.into(), ..local })
}

/// `_mktime64`: the time of local fields, which may be out of their ranges, and the fields set right. `None` (`EINVAL`) where
/// the time is outside the runtime's range.
pub fn mktime(tm: &Tm, era: Era, zone: &dyn Zone) -> Option<(i64, Tm)> {
    let naive = naive_seconds(tm);
    // Beyond any time zone's reach from the range there is nothing to ask the zone.
    if !(-2 * DAY..=era.last() + 2 * DAY).contains(&naive) {
        return None;
    }
    let near = [zone.at(naive - DAY), zone.at(naive + DAY)];
    let standard = near.iter().find(|moment| !moment.daylight).unwrap_or(&near[0]).offset;
    let daylight = near.iter().find(|moment| moment.daylight).map_or(standard + 3600, |moment| moment.offset);
    let as_standard = naive - i64::from(standard);
    let as_daylight = naive - i64::from(daylight);
    let time = match tm.tm_isdst {
        0 => as_standard,
        1.. => as_daylight,
        _ if zone.at(as_daylight).daylight => as_daylight,
        _ => {
            let moment = zone.at(as_standard);
            if moment.daylight { naive - i64::from(moment.offset) } else { as_standard }
        }
    };
    localtime(time, era, zone).map(|fields| (time, fields))
}

/// `_mkgmtime64`: as [`mktime`], in UTC.
pub fn mkgmtime(tm: &Tm, era: Era) -> Option<(i64, Tm)> {
    let time = naive_seconds(tm);
    gmtime(time, era).map(|fields| (time, fields))
}

fn naive_seconds(tm: &Tm) -> i64 {
    let months = i64::from(tm.tm_year) * 12 + i64::from(tm.tm_mon);
    let year = months.div_euclid(12) + 1900;
    let days = days_from_civil(year, months.rem_euclid(12), 1) + i64::from(tm.tm_mday) - 1;
    days * DAY + i64::from(tm.tm_hour) * 3600 + i64::from(tm.tm_min) * 60 + i64::from(tm.tm_sec)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One hour ahead of UTC, two from day 90 to day 300 of 1970's first years.
    struct Summer;

    impl Zone for Summer {
        fn at(&self, utc: i64) -> ZoneMoment {
            let daylight = (90..300).contains(&(utc.div_euclid(DAY) % 365));
            ZoneMoment {
                offset: if daylight { 7200 } else { 3600 },
                daylight,
                name: if daylight { "EEST" } else { "EET" }.to_owned(),
            }
        }
    }

    #[test]
    fn days_and_dates_are_each_other_s_inverse() {
        for days in (-800_000..800_000).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn the_range_ends_with_the_year_3000() {
        assert_eq!(gmtime(-1, Era::Msvcrt), None);
        let last = gmtime(32_535_215_999, Era::Msvcrt).expect("in range");
        assert_eq!(
            (last.tm_year, last.tm_mon, last.tm_mday, last.tm_hour, last.tm_wday, last.tm_yday),
            (1100, 11, 31, 23, 3, 364)
        );
        assert_eq!(gmtime(32_535_244_800, Era::Msvcrt), None);
        assert!(gmtime(32_535_244_800, Era::Ucrt).is_some());
        assert_eq!(gmtime(0x7_9358_2b00, Era::Ucrt), None);
        assert_eq!(gmtime(i64::MAX, Era::Ucrt), None);
    }

    #[test]
    fn fields_out_of_range_are_set_right() {
        let tm = Tm { tm_mday: 31, tm_mon: 13, tm_year: 99, tm_isdst: -1, ..Tm::default() };
        let (time, right) = mktime(&tm, Era::Msvcrt, &Utc).expect("in range");
        assert_eq!(time, 951_955_200);
        assert_eq!((right.tm_year, right.tm_mon, right.tm_mday, right.tm_wday, right.tm_yday), (100, 2, 2, 4, 61));
        let extreme = Tm { tm_mday: i32::MAX, tm_mon: i32::MAX, tm_year: i32::MAX, tm_hour: i32::MIN, ..Tm::default() };
        assert_eq!(mktime(&extreme, Era::Ucrt, &Utc), None);
        assert_eq!(mktime(&Tm { tm_year: 69, tm_mday: 1, ..Tm::default() }, Era::Ucrt, &Utc), None);
    }

    #[test]
    fn local_time_round_trips_through_daylight_saving() {
        for time in (0..400 * DAY).step_by(7919) {
            let local = localtime(time, Era::Ucrt, &Summer).expect("in range");
            assert_eq!(mktime(&local, Era::Ucrt, &Summer).map(|found| found.0), Some(time), "{local:?}");
        }
        let facts = zone_facts(&Summer, 0);
        assert_eq!((facts.timezone, facts.daylight, facts.dstbias), (-3600, true, -3600));
        assert_eq!(facts.names, ["EET", "EEST"]);
    }
}
