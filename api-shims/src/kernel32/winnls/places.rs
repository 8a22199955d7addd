//! Where the user is: the country of the locale, the United States.

use abi::{PWSTR, WIN32_ERROR, Win32Result, shim};

use crate::text;

/// `GEOCLASS_NATION`
const NATION: u32 = 16;
/// The United States in the table of geographical locations
/// (<https://learn.microsoft.com/windows/win32/intl/table-of-geographical-locations>).
const UNITED_STATES: i32 = 244;

/// `SYSGEOTYPE`
mod kind {
    pub(super) const NATION: u32 = 1;
    pub(super) const ISO2: u32 = 4;
    pub(super) const ISO3: u32 = 5;
    pub(super) const FRIENDLY_NAME: u32 = 8;
    pub(super) const OFFICIAL_NAME: u32 = 9;
}

/// Says where the user is.
#[shim(partial = "the country of the locale; no regions")]
pub(in crate::kernel32) fn GetUserGeoID(GeoClass: u32) -> i32 {
    /// `GEOID_NOT_AVAILABLE`
    const NOT_AVAILABLE: i32 = -1;
    if GeoClass == NATION { UNITED_STATES } else { NOT_AVAILABLE }
}

/// Tells something of a place.
#[shim(partial = "numbers, ISO codes and English names of the United States")]
pub(in crate::kernel32) fn GetGeoInfoW(
    Location: i32,
    GeoType: u32,
    lpGeoData: PWSTR,
    cchData: i32,
    LangId: u16,
) -> Win32Result<i32> {
    // There are names in English only.
    let _ = LangId;
    if Location != UNITED_STATES {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let told = match GeoType {
        kind::NATION => "244",
        kind::ISO2 => "US",
        kind::ISO3 => "USA",
        kind::FRIENDLY_NAME => "United States",
        kind::OFFICIAL_NAME => "United States of America",
        _ => return Err(WIN32_ERROR::ERROR_INVALID_FLAGS.into()),
    };
    let units: Vec<u16> = told.encode_utf16().chain([0]).collect();
    text::fill(&units, lpGeoData.ptr(), cchData)
}
