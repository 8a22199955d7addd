//! time.h: times as text.

use abi::{CrtResult, Errno, In, PCSTR, PCWSTR, Ptr, Refusal, shim};
use syscall_xlate::Cx;

use super::{Seconds, broken_down, now, tm, zone};
use crate::crt::calendar::{self, Era, Tm, zone_facts};
use crate::crt::guest::{GuestUnit, ok, read_text, status, write_text};
use crate::crt::state::{Keep, keep};

fn text<U: GuestUnit>(cx: &Cx, fields: &Tm, era: Era) -> CrtResult<Ptr<U>> {
    let text = calendar::asctime(fields, era).ok_or(Errno::EINVAL)?;
    let to = keep(cx, if U::WIDE { Keep::WideAsctime } else { Keep::Asctime }, 64)?;
    write_text(to, &text.bytes().map(U::from).collect::<Vec<U>>())?;
    ok(Ptr::at(to))
}

fn text_of_fields<U: GuestUnit>(cx: &Cx, fields: In<tm>, era: Era) -> CrtResult<Ptr<U>> {
    if fields.is_null() {
        return Err(Errno::EINVAL.into());
    }
    text(cx, &fields.read()?.into(), era)
}

fn text_of_time<U: GuestUnit, T: Seconds>(cx: &Cx, time: In<T>, era: Era) -> CrtResult<Ptr<U>> {
    if time.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let fields = broken_down(cx, time.read()?.seconds(), era, true)?;
    text(cx, &fields, era)
}

macro_rules! texts {
    ($($era:ident: $asctime:ident $wide_asctime:ident $ctime64:ident $ctime32:ident $wide_ctime64:ident $wide_ctime32:ident;)*) => {$(
        /// Gives calendar fields as text.
        #[shim(full)]
        pub(crate) fn $asctime(cx: &Cx, timeptr: In<tm>) -> CrtResult<Ptr<u8>> {
            text_of_fields(cx, timeptr, Era::$era)
        }

        /// Gives calendar fields as text.
        #[shim(full)]
        pub(crate) fn $wide_asctime(cx: &Cx, timeptr: In<tm>) -> CrtResult<Ptr<u16>> {
            text_of_fields(cx, timeptr, Era::$era)
        }

        /// Gives a time as text, in local time.
        #[shim(full)]
        pub(crate) fn $ctime64(cx: &Cx, sourceTime: In<i64>) -> CrtResult<Ptr<u8>> {
            text_of_time(cx, sourceTime, Era::$era)
        }

        /// Gives a time as text, in local time.
        #[shim(full)]
        pub(crate) fn $ctime32(cx: &Cx, sourceTime: In<i32>) -> CrtResult<Ptr<u8>> {
            text_of_time(cx, sourceTime, Era::$era)
        }

        /// Gives a time as text, in local time.
        #[shim(full)]
        pub(crate) fn $wide_ctime64(cx: &Cx, sourceTime: In<i64>) -> CrtResult<Ptr<u16>> {
            text_of_time(cx, sourceTime, Era::$era)
        }

        /// Gives a time as text, in local time.
        #[shim(full)]
        pub(crate) fn $wide_ctime32(cx: &Cx, sourceTime: In<i32>) -> CrtResult<Ptr<u16>> {
            text_of_time(cx, sourceTime, Era::$era)
        }
    )*};
}
texts! {
    Msvcrt: asctime _wasctime _ctime64 _ctime32 _wctime64 _wctime32;
    Ucrt: ucrt_asctime ucrt_wasctime ucrt_ctime64 ucrt_ctime32 ucrt_wctime64 ucrt_wctime32;
}

fn into_buffer(cx: &Cx, buffer: u64, size: usize, fields: Option<Tm>) -> CrtResult<i32> {
    if buffer == 0 || size == 0 {
        return status(cx, Err(Errno::EINVAL));
    }
    let Some(text) = fields.and_then(|fields| calendar::asctime(&fields, Era::Ucrt)).filter(|text| text.len() < size)
    else {
        write_text::<u8>(buffer, &[])?;
        return status(cx, Err(Errno::EINVAL));
    };
    write_text(buffer, text.as_bytes())?;
    ok(0)
}

/// Writes calendar fields as text.
#[shim(full)]
pub(crate) fn asctime_s(cx: &Cx, buffer: Ptr<u8>, numberOfElements: usize, tmSource: In<tm>) -> CrtResult<i32> {
    let fields = tmSource.opt().map(|fields| fields.read()).transpose()?.map(Tm::from);
    into_buffer(cx, buffer.address(), numberOfElements, fields)
}

/// Writes a time as text, in local time.
#[shim(full)]
pub(crate) fn _ctime64_s(cx: &Cx, buffer: Ptr<u8>, numberOfElements: usize, sourceTime: In<i64>) -> CrtResult<i32> {
    let time = sourceTime.opt().map(|time| time.read()).transpose()?;
    let fields = time.and_then(|time| calendar::localtime(time, Era::Ucrt, zone(cx)));
    into_buffer(cx, buffer.address(), numberOfElements, fields)
}

fn formatted<U: GuestUnit>(cx: &Cx, to: u64, size: usize, format: u64, fields: In<tm>, era: Era) -> CrtResult<Written> {
    if to == 0 || size == 0 || format == 0 {
        return Err(Errno::EINVAL.into());
    }
    let format: String = read_text::<U>(format)?
        .into_iter()
        .map(|unit| char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    // Fields are not looked at where the format has no conversion.
    let given: Tm = if fields.is_null() { Tm::default() } else { fields.read()?.into() };
    if fields.is_null() && format.contains('%') {
        write_text::<U>(to, &[])?;
        return Err(Errno::EINVAL.into());
    }
    let zone_text = || {
        let facts = zone_facts(zone(cx), now());
        let daylight = given.tm_isdst > 0;
        let offset = -facts.timezone - if daylight { facts.dstbias } else { 0 };
        (facts.names[usize::from(daylight)].clone(), offset)
    };
    let Some(text) = calendar::strftime(&format, &given, era, zone_text) else {
        write_text::<U>(to, &[])?;
        return Err(Errno::EINVAL.into());
    };
    let units: Vec<U> = text.chars().map(|c| U::from_int(u32::from(c) as i32)).collect();
    if units.len() >= size {
        write_text::<U>(to, &[])?;
        return Err(Errno::ERANGE.into());
    }
    write_text(to, &units)?;
    ok(Written(units.len()))
}

/// A count of units, where failure is 0.
pub(crate) struct Written(usize);

impl abi::Ret for Written {
    type Raw = u64;
    fn outcome(self) -> abi::Outcome<u64> {
        abi::Outcome::value(self.0 as u64)
    }
    fn result(&self) -> abi::Value {
        abi::Value::Unsigned(self.0 as u64)
    }
}

impl abi::CrtFailure for Written {
    fn failed() -> Self {
        Self(0)
    }
}

macro_rules! formats {
    ($($era:ident: $narrow:ident $wide:ident;)*) => {$(
        /// Formats calendar fields.
        #[shim(full)]
        pub(crate) fn $narrow(cx: &Cx, strDest: Ptr<u8>, maxsize: usize, format: PCSTR, timeptr: In<tm>) -> CrtResult<Written> {
            formatted::<u8>(cx, strDest.address(), maxsize, format.address(), timeptr, Era::$era)
        }

        /// Formats calendar fields.
        #[shim(full)]
        pub(crate) fn $wide(cx: &Cx, strDest: Ptr<u16>, maxsize: usize, format: PCWSTR, timeptr: In<tm>) -> CrtResult<Written> {
            formatted::<u16>(cx, strDest.address(), maxsize, format.address(), timeptr, Era::$era)
        }
    )*};
}
formats! {
    Msvcrt: strftime wcsftime;
    Ucrt: ucrt_strftime ucrt_wcsftime;
}

/// Formats calendar fields in a given locale.
#[shim(partial = "every locale formats as the \"C\" locale")]
pub(crate) fn _strftime_l(
    cx: &Cx,
    strDest: Ptr<u8>,
    maxsize: usize,
    format: PCSTR,
    timeptr: In<tm>,
    locale: Ptr<u8>,
) -> CrtResult<Written> {
    let _ = locale;
    formatted::<u8>(cx, strDest.address(), maxsize, format.address(), timeptr, Era::Ucrt)
}

/// Formats calendar fields in a given locale.
#[shim(partial = "every locale formats as the \"C\" locale")]
pub(crate) fn _wcsftime_l(
    cx: &Cx,
    strDest: Ptr<u16>,
    maxsize: usize,
    format: PCWSTR,
    timeptr: In<tm>,
    locale: Ptr<u8>,
) -> CrtResult<Written> {
    let _ = locale;
    formatted::<u16>(cx, strDest.address(), maxsize, format.address(), timeptr, Era::Ucrt)
}

/// Writes the date, `mm/dd/yy`.
fn short_text<U: GuestUnit>(cx: &Cx, to: u64, format: &str) -> Result<(), Refusal<Errno>> {
    let fields = broken_down(cx, now(), Era::Ucrt, true)?;
    let text = calendar::strftime(format, &fields, Era::Ucrt, || (String::new(), 0)).ok_or(Errno::EINVAL)?;
    Ok(write_text(to, &text.bytes().map(U::from).collect::<Vec<U>>())?)
}

/// Writes the date, `mm/dd/yy`.
#[shim(full)]
pub(crate) fn _strdate(cx: &Cx, datestr: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    short_text::<u8>(cx, datestr.address(), "%m/%d/%y")?;
    ok(datestr)
}

/// Writes the time, `hh:mm:ss`.
#[shim(full)]
pub(crate) fn _strtime(cx: &Cx, timestr: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    short_text::<u8>(cx, timestr.address(), "%H:%M:%S")?;
    ok(timestr)
}

/// Writes the date, `mm/dd/yy`.
#[shim(full)]
pub(crate) fn _wstrdate(cx: &Cx, datestr: Ptr<u16>) -> CrtResult<Ptr<u16>> {
    short_text::<u16>(cx, datestr.address(), "%m/%d/%y")?;
    ok(datestr)
}

/// Writes the time, `hh:mm:ss`.
#[shim(full)]
pub(crate) fn _wstrtime(cx: &Cx, timestr: Ptr<u16>) -> CrtResult<Ptr<u16>> {
    short_text::<u16>(cx, timestr.address(), "%H:%M:%S")?;
    ok(timestr)
}
