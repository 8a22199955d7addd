//! Comparing times, and local time.

use std::cmp::Ordering;

use abi::{In, Out, Raises, Win32Result, shim};
use syscall_xlate::time;

use crate::kernel32::structs::FILETIME;

/// Compares two times: -1 when the first is earlier.
#[shim(full)]
pub(in crate::kernel32) fn CompareFileTime(lpFileTime1: In<FILETIME>, lpFileTime2: In<FILETIME>) -> Raises<i32> {
    let units = |time: In<FILETIME>| Ok::<_, abi::Fault>(time.read()?.units() as u64);
    Ok(match units(lpFileTime1)?.cmp(&units(lpFileTime2)?) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Gives the local time of a UTC time, by what holds now.
#[shim(full)]
pub(in crate::kernel32) fn FileTimeToLocalFileTime(
    lpFileTime: In<FILETIME>,
    lpLocalFileTime: Out<FILETIME>,
) -> Win32Result<()> {
    Ok(lpLocalFileTime.set(FILETIME::new(time::system_to_local(lpFileTime.read()?.units())?))?)
}

/// Gives the UTC time of a local time, by what holds now.
#[shim(full)]
pub(in crate::kernel32) fn LocalFileTimeToFileTime(
    lpLocalFileTime: In<FILETIME>,
    lpFileTime: Out<FILETIME>,
) -> Win32Result<()> {
    Ok(lpFileTime.set(FILETIME::new(time::local_to_system(lpLocalFileTime.read()?.units())?))?)
}
