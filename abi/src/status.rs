//! The three kinds of status a guest sees, and the C runtime's `errno`. Names and mappings are generated from Microsoft's metadata.

use std::fmt;

use crate::generated::{hresult, ntstatus, status_map, win32_error};

/// Status of a system service ([MS-ERREF] 2.3). The two top bits are the severity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct NTSTATUS(pub u32);

/// Error of a Win32 function, as `GetLastError` gives it ([MS-ERREF] 2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct WIN32_ERROR(pub u32);

/// Result of a COM-style function ([MS-ERREF] 2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct HRESULT(pub u32);

/// The C runtime's error number (`errno.h` of the Microsoft C runtime), not the host's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Errno(pub i32);

impl NTSTATUS {
    /// True for success and informational statuses (`NT_SUCCESS`).
    pub const fn is_success(self) -> bool {
        (self.0 as i32) >= 0
    }

    /// Microsoft's name, where the status has one.
    pub fn name(self) -> Option<&'static str> {
        lookup(ntstatus::NTSTATUS_NAMES, self.0)
    }
}

impl WIN32_ERROR {
    /// Microsoft's name, where the error has one.
    pub fn name(self) -> Option<&'static str> {
        lookup(win32_error::WIN32_ERROR_NAMES, self.0)
    }
}

impl HRESULT {
    /// True unless the severity bit is set (`SUCCEEDED`).
    pub const fn is_success(self) -> bool {
        (self.0 as i32) >= 0
    }

    /// Microsoft's name, where the result has one.
    pub fn name(self) -> Option<&'static str> {
        lookup(hresult::HRESULT_NAMES, self.0)
    }
}

/// `RtlNtStatusToDosError`: what a Win32 function reports for a service's status.
impl From<NTSTATUS> for WIN32_ERROR {
    #[inline(always)]
    fn from(status: NTSTATUS) -> Self {
        error_of(status)
    }
}

/// In the guest's convention: an entry that calls nothing else in another one saves no vector registers.
#[inline(never)]
extern "win64" fn error_of(status: NTSTATUS) -> WIN32_ERROR {
    if status.0 & CUSTOMER_BIT != 0 {
        return WIN32_ERROR(status.0);
    }
    let status = status.0 & !FROM_HRESULT_BIT;
    match status_map::NTSTATUS_TO_WIN32.binary_search_by_key(&status, |row| row.0) {
        Ok(at) => WIN32_ERROR(status_map::NTSTATUS_TO_WIN32[at].1),
        Err(_) if WRAPS_WIN32_ERROR.contains(&(status >> 16)) => WIN32_ERROR(status & 0xffff),
        // Documented: a status without an error of its own gives this one.
        Err(_) => WIN32_ERROR::ERROR_MR_MID_NOT_FOUND,
    }
}

/// A status that a program defined itself ([MS-ERREF] 2.3); it has no other meaning as an error. Observed: it is given as it is.
const CUSTOMER_BIT: u32 = 1 << 29;

/// `HRESULT_FROM_WIN32`.
impl From<WIN32_ERROR> for HRESULT {
    fn from(error: WIN32_ERROR) -> Self {
        match error.0 as i32 {
            ..=0 => Self(error.0),
            _ => Self(error.0 & 0xffff | FAILED_WIN32),
        }
    }
}

/// The severity bit and FACILITY_WIN32.
const FAILED_WIN32: u32 = 0x8007_0000;

/// Set in an NTSTATUS that travelled as an HRESULT (`FACILITY_NT_BIT`, [MS-ERREF] 2.1). Observed: it does not matter.
const FROM_HRESULT_BIT: u32 = 1 << 28;

/// Upper halves of statuses whose lower half is a system error code: FACILITY_NTWIN32 as a warning and as an
/// error, and FACILITY_DEBUGGER as an error. Observed.
const WRAPS_WIN32_ERROR: [u32; 3] = [0x8007, 0xc007, 0xc001];

fn lookup(table: &[(u32, &'static str)], value: u32) -> Option<&'static str> {
    table.binary_search_by_key(&value, |row| row.0).ok().map(|at| table[at].1)
}

macro_rules! named_status {
    ($($type:ident)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#010x}", self.0),
                }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    )*};
}
named_status!(NTSTATUS HRESULT);

impl fmt::Debug for WIN32_ERROR {
    /// Its name, or that of the `HRESULT` that some functions set as last error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name().or_else(|| HRESULT(self.0).name()) {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for WIN32_ERROR {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

macro_rules! errno {
    ($($name:ident = $value:literal)*) => {
        impl Errno {
            $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: Self = Self($value);)*
            /// The name in the C runtime's `errno.h`.
            pub fn name(self) -> Option<&'static str> {
                match self.0 { $($value => Some(stringify!($name)),)* _ => None }
            }
        }
    };
}
errno! {
    EPERM = 1 ENOENT = 2 ESRCH = 3 EINTR = 4 EIO = 5 ENXIO = 6 E2BIG = 7 ENOEXEC = 8 EBADF = 9 ECHILD = 10 EAGAIN = 11
    ENOMEM = 12 EACCES = 13 EFAULT = 14 EBUSY = 16 EEXIST = 17 EXDEV = 18 ENODEV = 19 ENOTDIR = 20 EISDIR = 21 EINVAL = 22
    ENFILE = 23 EMFILE = 24 ENOTTY = 25 EFBIG = 27 ENOSPC = 28 ESPIPE = 29 EROFS = 30 EMLINK = 31 EPIPE = 32 EDOM = 33
    ERANGE = 34 EDEADLK = 36 ENAMETOOLONG = 38 ENOLCK = 39 ENOSYS = 40 ENOTEMPTY = 41 EILSEQ = 42 STRUNCATE = 80
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_print_by_name_and_map_to_errors() {
        assert_eq!(format!("{:?}", NTSTATUS::STATUS_ACCESS_VIOLATION), "STATUS_ACCESS_VIOLATION");
        assert_eq!(WIN32_ERROR::from(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND), WIN32_ERROR::ERROR_FILE_NOT_FOUND);
        assert_eq!(WIN32_ERROR::from(NTSTATUS(0xdead_beef)), WIN32_ERROR::ERROR_MR_MID_NOT_FOUND);
        assert_eq!(format!("{}", WIN32_ERROR(0xfff_ffff)), "268435455");
    }

    #[test]
    fn statuses_outside_the_table_map_by_their_bits() {
        let error = |status| WIN32_ERROR::from(NTSTATUS(status));
        assert_eq!(error(0xc007_0005), WIN32_ERROR::ERROR_ACCESS_DENIED);
        assert_eq!(error(0x8007_0005), WIN32_ERROR::ERROR_ACCESS_DENIED);
        assert_eq!(error(0x4007_0005), WIN32_ERROR::ERROR_MR_MID_NOT_FOUND);
        assert_eq!(error(0xd000_0022), WIN32_ERROR::ERROR_ACCESS_DENIED);
        assert_eq!(error(0xe000_0005), WIN32_ERROR(0xe000_0005));
    }
}
