//! time.h: clocks and calendar time.

pub(crate) mod text;

use abi::{CrtResult, Errno, In, Out, Ptr, Refusal, fault, guest_struct, shim};
use syscall_xlate::Cx;

use super::calendar::{self, Era, HostZone, Tm, Zone, zone_facts};
use super::guest::{ok, read_text, status, write_text};
use super::host;
use super::io::unix_time;
use super::state::{Keep, keep, process};
use super::variables::{TZNAME_BYTES, Variable, variable};

guest_struct! {
    /// `struct tm`
    pub(crate) struct tm {
        tm_sec: i32, tm_min: i32, tm_hour: i32, tm_mday: i32, tm_mon: i32, tm_year: i32, tm_wday: i32, tm_yday: i32, tm_isdst: i32,
    }
    /// `struct __timeb64`
    pub(crate) struct __timeb64 { time: i64, millitm: u16, timezone: i16, dstflag: i16 }
    /// `struct __timeb32`
    pub(crate) struct __timeb32 { time: i32, millitm: u16, timezone: i16, dstflag: i16 }
    /// `struct _timespec64`
    pub(crate) struct _timespec64 { tv_sec: i64, tv_nsec: i32 }
}

impl From<Tm> for tm {
    fn from(from: Tm) -> Self {
        let Tm { tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst } = from;
        Self { tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst }
    }
}

impl From<tm> for Tm {
    fn from(from: tm) -> Self {
        let tm { tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst } = from;
        Self { tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst }
    }
}

fn zone<'a>(cx: &Cx<'a>) -> &'a HostZone {
    process(cx).zone.get_or_init(HostZone::new)
}

fn now() -> i64 {
    unix_time(host::now() as i64)
}

/// Gives the time in seconds since 1970.
#[shim(full)]
pub(crate) fn _time64(destTime: Out<i64>) -> CrtResult<i64> {
    let now = now();
    destTime.set_opt(now)?;
    ok(now)
}

/// Gives the time in seconds since 1970, as long as 32 bits hold it.
#[shim(full)]
pub(crate) fn _time32(destTime: Out<i32>) -> CrtResult<i32> {
    let now = i32::try_from(now()).unwrap_or(-1);
    destTime.set_opt(now)?;
    ok(now)
}

/// Gives the time since the process began in milliseconds.
#[shim(full)]
pub(crate) fn clock() -> i32 {
    i32::try_from(process_time().as_millis()).unwrap_or(-1)
}

/// How long this process runs.
fn process_time() -> std::time::Duration {
    // Field 22 of /proc/self/stat is the start in clock ticks since boot; the clock since boot is field 1 of /proc/uptime.
    let read = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let start: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
        let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
        // The kernel counts 100 ticks a second for user space.
        Some(std::time::Duration::from_secs_f64((uptime - start / 100.0).max(0.0)))
    };
    read().unwrap_or_default()
}

/// Gives the difference of two times in seconds.
#[shim(full)]
pub(crate) fn _difftime64(timeEnd: i64, timeStart: i64) -> f64 {
    timeEnd.wrapping_sub(timeStart) as f64
}

/// Gives the difference of two times in seconds.
#[shim(full)]
pub(crate) fn _difftime32(timeEnd: i32, timeStart: i32) -> f64 {
    f64::from(timeEnd) - f64::from(timeStart)
}

/// The times of the two widths as the guest passes them.
trait Seconds: abi::Guest {
    fn seconds(self) -> i64;
}

impl Seconds for i64 {
    fn seconds(self) -> i64 {
        self
    }
}

impl Seconds for i32 {
    fn seconds(self) -> i64 {
        self.into()
    }
}

fn broken_down(cx: &Cx, time: i64, era: Era, local: bool) -> Result<Tm, Errno> {
    let fields = if local { calendar::localtime(time, era, zone(cx)) } else { calendar::gmtime(time, era) };
    fields.ok_or(Errno::EINVAL)
}

fn to_thread<T: Seconds>(cx: &Cx, time: In<T>, era: Era, local: bool) -> CrtResult<Ptr<tm>> {
    if time.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let fields = broken_down(cx, time.read()?.seconds(), era, local)?;
    let to = Ptr::<tm>::at(keep(cx, Keep::Tm, size_of::<Tm>())?);
    to.write(&fields.into())?;
    ok(to)
}

fn to_guest<T: Seconds>(cx: &Cx, out: Out<tm>, time: In<T>, era: Era, local: bool) -> CrtResult<i32> {
    if out.is_null() || time.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    match broken_down(cx, time.read()?.seconds(), era, local) {
        Ok(fields) => {
            out.set(fields.into())?;
            ok(0)
        }
        Err(error) => {
            let none = -1;
            out.set(tm {
                tm_sec: none,
                tm_min: none,
                tm_hour: none,
                tm_mday: none,
                tm_mon: none,
                tm_year: none,
                tm_wday: none,
                tm_yday: none,
                tm_isdst: none,
            })?;
            status(cx, Err(error))
        }
    }
}

macro_rules! breaking_down {
    ($($(#[$doc:meta])* $name:ident $stored:ident $ucrt:ident: $type:ty, $local:literal;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $name(cx: &Cx, sourceTime: In<$type>) -> CrtResult<Ptr<tm>> {
            to_thread(cx, sourceTime, Era::Msvcrt, $local)
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $ucrt(cx: &Cx, sourceTime: In<$type>) -> CrtResult<Ptr<tm>> {
            to_thread(cx, sourceTime, Era::Ucrt, $local)
        }

        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $stored(cx: &Cx, tmDest: Out<tm>, sourceTime: In<$type>) -> CrtResult<i32> {
            to_guest(cx, tmDest, sourceTime, Era::Ucrt, $local)
        }
    )*};
}
breaking_down! {
    /// Breaks a time down into calendar fields, in UTC.
    _gmtime64 _gmtime64_s ucrt_gmtime64: i64, false;
    /// Breaks a time down into calendar fields, in UTC.
    _gmtime32 _gmtime32_s ucrt_gmtime32: i32, false;
    /// Breaks a time down into calendar fields, in local time.
    _localtime64 _localtime64_s ucrt_localtime64: i64, true;
    /// Breaks a time down into calendar fields, in local time.
    _localtime32 _localtime32_s ucrt_localtime32: i32, true;
}

fn make(cx: &Cx, fields: Ptr<tm>, local: bool) -> Result<i64, Refusal<Errno>> {
    if fields.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let given: Tm = fields.read()?.into();
    let made =
        if local { calendar::mktime(&given, Era::Ucrt, zone(cx)) } else { calendar::mkgmtime(&given, Era::Ucrt) };
    let (time, right) = made.ok_or(Errno::EINVAL)?;
    fields.write(&right.into())?;
    Ok(time)
}

/// Gives the time of local calendar fields and sets them right.
#[shim(full)]
pub(crate) fn _mktime64(cx: &Cx, timeptr: Ptr<tm>) -> CrtResult<i64> {
    ok(make(cx, timeptr, true)?)
}

/// Gives the time of local calendar fields and sets them right.
#[shim(full)]
pub(crate) fn _mktime32(cx: &Cx, timeptr: Ptr<tm>) -> CrtResult<i32> {
    ok(i32::try_from(make(cx, timeptr, true)?).map_err(|_| Errno::EINVAL)?)
}

/// Gives the time of calendar fields in UTC and sets them right.
#[shim(full)]
pub(crate) fn _mkgmtime64(cx: &Cx, timeptr: Ptr<tm>) -> CrtResult<i64> {
    ok(make(cx, timeptr, false)?)
}

/// Gives the time of calendar fields in UTC and sets them right.
#[shim(full)]
pub(crate) fn _mkgmtime32(cx: &Cx, timeptr: Ptr<tm>) -> CrtResult<i32> {
    ok(i32::try_from(make(cx, timeptr, false)?).map_err(|_| Errno::EINVAL)?)
}

/// Sets `_timezone`, `_daylight`, `_dstbias` and `_tzname` by the host's time zone.
#[shim(partial = "reads the host's TZ, not one that the program has set")]
pub(crate) fn _tzset(cx: &Cx) -> CrtResult<()> {
    let facts = zone_facts(zone(cx), now());
    fault::store_u32(variable(cx, Variable::Timezone)?, facts.timezone as u32)?;
    fault::store_u32(variable(cx, Variable::Daylight)?, facts.daylight.into())?;
    fault::store_u32(variable(cx, Variable::Dstbias)?, facts.dstbias as u32)?;
    let names = variable(cx, Variable::Tzname)?;
    for (index, name) in facts.names.iter().enumerate() {
        let bytes: Vec<u8> = name.bytes().take(TZNAME_BYTES - 1).collect();
        write_text(fault::load_u64(names + 8 * index as u64)?, &bytes)?;
    }
    ok(())
}

/// Gives the difference of local standard time to UTC in seconds.
#[shim(full)]
pub(crate) fn _get_timezone(cx: &Cx, seconds: Out<i32>) -> CrtResult<i32> {
    get(cx, Variable::Timezone, seconds)
}

/// Says whether the time zone has daylight saving time.
#[shim(full)]
pub(crate) fn _get_daylight(cx: &Cx, hours: Out<i32>) -> CrtResult<i32> {
    get(cx, Variable::Daylight, hours)
}

/// Gives the bias of daylight saving time in seconds.
#[shim(full)]
pub(crate) fn _get_dstbias(cx: &Cx, seconds: Out<i32>) -> CrtResult<i32> {
    get(cx, Variable::Dstbias, seconds)
}

fn get(cx: &Cx, which: Variable, out: Out<i32>) -> CrtResult<i32> {
    if out.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    out.set(fault::load_u32(variable(cx, which)?)? as i32)?;
    ok(0)
}

/// Copies a name of the time zone.
#[shim(full)]
pub(crate) fn _get_tzname(
    cx: &Cx,
    pReturnValue: Out<usize>,
    timeZoneName: Ptr<u8>,
    sizeInBytes: usize,
    index: i32,
) -> CrtResult<i32> {
    if pReturnValue.is_null() || !(0..=1).contains(&index) {
        return status(cx, Err(Errno::EINVAL));
    }
    let names = variable(cx, Variable::Tzname)?;
    let name = read_text::<u8>(fault::load_u64(names + 8 * index as u64)?)?;
    pReturnValue.set(name.len() + 1)?;
    if timeZoneName.is_null() {
        return ok(0);
    }
    if name.len() >= sizeInBytes {
        return status(cx, Err(Errno::ERANGE));
    }
    write_text(timeZoneName.address(), &name)?;
    ok(0)
}

/// Seconds and milliseconds now, minutes west of Greenwich, and whether daylight saving time holds.
fn time_and_zone(cx: &Cx) -> (i64, u16, i16, i16) {
    let ticks = host::now() as i64;
    let seconds = unix_time(ticks);
    let facts = zone_facts(zone(cx), seconds);
    let daylight = zone(cx).at(seconds).daylight;
    (seconds, (ticks / 10_000 % 1000) as u16, (facts.timezone / 60) as i16, daylight.into())
}

/// Gives the time with milliseconds and the time zone.
#[shim(full)]
pub(crate) fn _ftime64(cx: &Cx, timeptr: Out<__timeb64>) -> CrtResult<()> {
    let (time, millitm, timezone, dstflag) = time_and_zone(cx);
    timeptr.set(__timeb64 { time, millitm, timezone, dstflag })?;
    ok(())
}

/// Gives the time with milliseconds and the time zone.
#[shim(full)]
pub(crate) fn _ftime64_s(cx: &Cx, timeptr: Out<__timeb64>) -> CrtResult<i32> {
    if timeptr.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    _ftime64(cx, timeptr)?;
    ok(0)
}

/// Gives the time with milliseconds and the time zone.
#[shim(full)]
pub(crate) fn _ftime32(cx: &Cx, timeptr: Out<__timeb32>) -> CrtResult<()> {
    let (time, millitm, timezone, dstflag) = time_and_zone(cx);
    timeptr.set(__timeb32 { time: i32::try_from(time).unwrap_or(-1), millitm, timezone, dstflag })?;
    ok(())
}

/// Gives the time with nanoseconds; gives the base, or 0 for one that is not known.
#[shim(full)]
pub(crate) fn _timespec64_get(time_spec: Out<_timespec64>, base: i32) -> CrtResult<i32> {
    if base != 1 {
        return ok(0);
    }
    let ticks = host::now() as i64;
    time_spec.set(_timespec64 { tv_sec: unix_time(ticks), tv_nsec: (ticks % 10_000_000 * 100) as i32 })?;
    ok(base)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn times_break_down_and_are_written() {
        testing::run(crate::dlls(), None, |guest| {
            let time = guest.bytes(&86_400i64.to_le_bytes());
            let fields = guest.call("msvcrt!_gmtime64", &[time]);
            let text = guest.call("msvcrt!asctime", &[fields]);
            assert_eq!(guest.read::<[u8; 25]>(text), *b"Fri Jan 02 00:00:00 1970\n");
            let negative = guest.bytes(&(-1i64).to_le_bytes());
            assert_eq!(guest.call("msvcrt!_gmtime64", &[negative]), 0);
            let buffer = guest.buffer(64);
            assert_eq!(guest.call("msvcrt!strftime", &[buffer, 64, guest.ansi("%Y-%m-%d"), fields]), 10);
            assert_eq!(guest.read::<[u8; 11]>(buffer), *b"1970-01-02\0");
            assert_eq!(guest.call("msvcrt!strftime", &[buffer, 10, guest.ansi("%Y-%m-%d"), fields]), 0);
        });
    }
}
