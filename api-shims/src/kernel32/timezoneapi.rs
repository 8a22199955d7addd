//! timezoneapi.h: FILETIMEs, calendar fields, time zones.

use abi::{In, Invalid, Lstatus, Out, WIN32_ERROR, WideArray, Win32Result, shim};
use syscall_xlate::time::{self, TimeFields, TransitionRule, ZoneId, ZoneInformation};

use super::structs::{FILETIME, SYSTEMTIME};

abi::guest_struct! {
    /// A time zone: what is added to local time to get UTC, in minutes, and when that changes.
    pub(super) struct TIME_ZONE_INFORMATION {
        pub(super) Bias: i32,
        pub(super) StandardName: WideArray<32>,
        pub(super) StandardDate: SYSTEMTIME,
        pub(super) StandardBias: i32,
        pub(super) DaylightName: WideArray<32>,
        pub(super) DaylightDate: SYSTEMTIME,
        pub(super) DaylightBias: i32,
    }

    /// A time zone by name, with its rules in one year.
    pub(crate) struct DYNAMIC_TIME_ZONE_INFORMATION {
        pub(super) Bias: i32,
        pub(super) StandardName: WideArray<32>,
        pub(super) StandardDate: SYSTEMTIME,
        pub(super) StandardBias: i32,
        pub(super) DaylightName: WideArray<32>,
        pub(super) DaylightDate: SYSTEMTIME,
        pub(super) DaylightBias: i32,
        pub(super) TimeZoneKeyName: WideArray<128>,
        pub(super) DynamicDaylightTimeDisabled: u8,
    }
}

abi::choices! {
    /// Which part of the year it is.
    pub(super) struct TIME_ZONE_ID: u32 {
        TIME_ZONE_ID_UNKNOWN = 0;
        TIME_ZONE_ID_STANDARD = 1;
        TIME_ZONE_ID_DAYLIGHT = 2;
    }
}

/// Gives the calendar fields of a time.
#[shim(full)]
pub(super) fn FileTimeToSystemTime(lpFileTime: In<FILETIME>, lpSystemTime: Out<SYSTEMTIME>) -> Win32Result<()> {
    let fields = time::TimeFields::from_filetime(lpFileTime.read()?.units())?;
    Ok(lpSystemTime.set(fields.into())?)
}

/// Gives the time of calendar fields.
#[shim(full)]
pub(super) fn SystemTimeToFileTime(lpSystemTime: In<SYSTEMTIME>, lpFileTime: Out<FILETIME>) -> Win32Result<()> {
    let units = time::TimeFields::from(lpSystemTime.read()?).to_filetime()?;
    Ok(lpFileTime.set(FILETIME::new(units))?)
}

/// Gives the time zone and which part of the year it is.
#[shim(full)]
pub(super) fn GetTimeZoneInformation(
    lpTimeZoneInformation: Out<TIME_ZONE_INFORMATION>,
) -> Win32Result<Invalid<TIME_ZONE_ID>> {
    let zone = time::zone_information();
    lpTimeZoneInformation.set(TIME_ZONE_INFORMATION::new(&zone))?;
    Ok(Invalid(TIME_ZONE_ID(zone.id as u32)))
}

/// Gives the time zone, its name, and which part of the year it is.
#[shim(full)]
pub(super) fn GetDynamicTimeZoneInformation(
    pTimeZoneInformation: Out<DYNAMIC_TIME_ZONE_INFORMATION>,
) -> Win32Result<Invalid<TIME_ZONE_ID>> {
    let zone = time::zone_information();
    pTimeZoneInformation.set(DYNAMIC_TIME_ZONE_INFORMATION::new(&zone))?;
    Ok(Invalid(TIME_ZONE_ID(zone.id as u32)))
}

/// Gives the rules of the current or a given time zone in a year.
#[shim(full)]
pub(super) fn GetTimeZoneInformationForYear(
    wYear: u16,
    pdtzi: In<DYNAMIC_TIME_ZONE_INFORMATION>,
    ptzi: Out<TIME_ZONE_INFORMATION>,
) -> Win32Result<()> {
    let zone = dynamic(pdtzi, wYear)?;
    Ok(ptzi.set(TIME_ZONE_INFORMATION::new(&zone))?)
}

/// A zone in a year: the one that is named, or whose rules are given without a name, or the current one for NULL.
fn dynamic(given: In<DYNAMIC_TIME_ZONE_INFORMATION>, year: u16) -> Win32Result<ZoneInformation> {
    let Some(given) = given.opt() else { return Ok(time::zone_in_year(None, year)?) };
    let given = given.read()?;
    let key = String::from_utf16_lossy(given.TimeZoneKeyName.text());
    // Documented: without a name, or with what changes from year to year switched off, the rules given count.
    if key.is_empty() || given.DynamicDaylightTimeDisabled != 0 {
        return Ok(by_rules(&given.plain()));
    }
    Ok(time::zone_in_year(Some(&key), year)?)
}

/// Gives the name and the rules of a time zone by its number.
#[shim(full)]
pub(crate) fn EnumDynamicTimeZoneInformation(
    dwIndex: u32,
    lpTimeZoneInformation: Out<DYNAMIC_TIME_ZONE_INFORMATION>,
) -> Lstatus {
    let name = time::zone_name(dwIndex as usize).ok_or(WIN32_ERROR::ERROR_NO_MORE_ITEMS)?;
    let year = TimeFields::from_filetime(time::system_time()).map_or(2000, |now| now.year);
    let zone = time::zone_in_year(Some(name), year).map_err(WIN32_ERROR::from)?;
    Ok(lpTimeZoneInformation.set(DYNAMIC_TIME_ZONE_INFORMATION::new(&zone))?)
}

/// Gives the local time of a UTC time, in the current or a given zone, by the rules of its year.
#[shim(full)]
pub(super) fn SystemTimeToTzSpecificLocalTimeEx(
    lpTimeZoneInformation: In<DYNAMIC_TIME_ZONE_INFORMATION>,
    lpUniversalTime: In<SYSTEMTIME>,
    lpLocalTime: Out<SYSTEMTIME>,
) -> Win32Result<()> {
    let universal = TimeFields::from(lpUniversalTime.read()?);
    let local = dynamic(lpTimeZoneInformation, universal.year)?.to_local(universal.to_filetime()?)?;
    Ok(lpLocalTime.set(TimeFields::from_filetime(local)?.into())?)
}

/// Gives the UTC time of a local time, in the current or a given zone, by the rules of its year.
#[shim(full)]
pub(super) fn TzSpecificLocalTimeToSystemTimeEx(
    lpTimeZoneInformation: In<DYNAMIC_TIME_ZONE_INFORMATION>,
    lpLocalTime: In<SYSTEMTIME>,
    lpUniversalTime: Out<SYSTEMTIME>,
) -> Win32Result<()> {
    let local = TimeFields::from(lpLocalTime.read()?);
    let universal = dynamic(lpTimeZoneInformation, local.year)?.to_utc(local.to_filetime()?)?;
    Ok(lpUniversalTime.set(TimeFields::from_filetime(universal)?.into())?)
}

/// Gives the local time of a UTC time, in the current or a given zone.
#[shim(full)]
pub(super) fn SystemTimeToTzSpecificLocalTime(
    lpTimeZoneInformation: In<TIME_ZONE_INFORMATION>,
    lpUniversalTime: In<SYSTEMTIME>,
    lpLocalTime: Out<SYSTEMTIME>,
) -> Win32Result<()> {
    let zone = given_or_current(lpTimeZoneInformation)?;
    let local = zone.to_local(time::TimeFields::from(lpUniversalTime.read()?).to_filetime()?)?;
    Ok(lpLocalTime.set(time::TimeFields::from_filetime(local)?.into())?)
}

/// Gives the UTC time of a local time, in the current or a given zone.
#[shim(full)]
pub(super) fn TzSpecificLocalTimeToSystemTime(
    lpTimeZoneInformation: In<TIME_ZONE_INFORMATION>,
    lpLocalTime: In<SYSTEMTIME>,
    lpUniversalTime: Out<SYSTEMTIME>,
) -> Win32Result<()> {
    let zone = given_or_current(lpTimeZoneInformation)?;
    let universal = zone.to_utc(time::TimeFields::from(lpLocalTime.read()?).to_filetime()?)?;
    Ok(lpUniversalTime.set(time::TimeFields::from_filetime(universal)?.into())?)
}

fn given_or_current(given: In<TIME_ZONE_INFORMATION>) -> Win32Result<ZoneInformation> {
    let Some(given) = given.opt() else {
        return Ok(time::zone_information());
    };
    Ok(by_rules(&given.read()?))
}

fn by_rules(given: &TIME_ZONE_INFORMATION) -> ZoneInformation {
    ZoneInformation {
        key: String::new(),
        bias: given.Bias.saturating_add(given.StandardBias),
        standard_name: String::new(),
        standard: rule(&given.StandardDate),
        daylight_name: String::new(),
        daylight: rule(&given.DaylightDate),
        daylight_bias: given.DaylightBias.saturating_sub(given.StandardBias),
        id: ZoneId::Unknown,
    }
}

fn rule(date: &SYSTEMTIME) -> TransitionRule {
    TransitionRule {
        month: date.wMonth,
        weekday: date.wDayOfWeek,
        week: date.wDay,
        hour: date.wHour,
        minute: date.wMinute,
    }
}

impl TIME_ZONE_INFORMATION {
    fn new(zone: &ZoneInformation) -> Self {
        let date = |rule: &TransitionRule| SYSTEMTIME {
            wMonth: rule.month,
            wDayOfWeek: rule.weekday,
            wDay: rule.week,
            wHour: rule.hour,
            wMinute: rule.minute,
            ..SYSTEMTIME::default()
        };
        Self {
            Bias: zone.bias,
            StandardName: fixed(&zone.standard_name),
            StandardDate: date(&zone.standard),
            StandardBias: 0,
            DaylightName: fixed(&zone.daylight_name),
            DaylightDate: date(&zone.daylight),
            DaylightBias: zone.daylight_bias,
        }
    }
}

impl DYNAMIC_TIME_ZONE_INFORMATION {
    fn new(zone: &ZoneInformation) -> Self {
        let plain = TIME_ZONE_INFORMATION::new(zone);
        Self {
            Bias: plain.Bias,
            StandardName: plain.StandardName,
            StandardDate: plain.StandardDate,
            StandardBias: plain.StandardBias,
            DaylightName: plain.DaylightName,
            DaylightDate: plain.DaylightDate,
            DaylightBias: plain.DaylightBias,
            TimeZoneKeyName: fixed(&zone.key),
            DynamicDaylightTimeDisabled: 0,
        }
    }

    /// The rules, without the name.
    fn plain(&self) -> TIME_ZONE_INFORMATION {
        TIME_ZONE_INFORMATION {
            Bias: self.Bias,
            StandardDate: self.StandardDate,
            StandardBias: self.StandardBias,
            DaylightDate: self.DaylightDate,
            DaylightBias: self.DaylightBias,
            ..TIME_ZONE_INFORMATION::default()
        }
    }
}

/// Text in an array with a closing zero.
fn fixed<const N: usize>(text: &str) -> WideArray<N> {
    WideArray::new(&crate::text::wide(text))
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn the_unix_epoch_is_a_thursday() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let time = guest.bytes(&116_444_736_000_000_000_i64.to_le_bytes());
            guest.call("kernel32!FileTimeToSystemTime", &[time, guest.buffer(16)]);
        });
        insta::assert_snapshot!(trace, @r#"kernel32!FileTimeToSystemTime(lpFileTime=&{dwLowDateTime=3577643008, dwHighDateTime=27111902}, lpSystemTime=&{wYear=1970, wMonth=1, wDayOfWeek=4, wDay=1, wHour=0, wMinute=0, wSecond=0, wMilliseconds=0}) = TRUE"#);
    }
}
