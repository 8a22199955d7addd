//! Structs that functions of several headers share.

use abi::{AnsiArray, HANDLE, Ptr, WideArray};
use syscall_xlate::file::{FILE_ATTRIBUTE, Information};
use syscall_xlate::time::TimeFields;

abi::guest_struct! {
    /// What a process has read and written.
    pub(crate) struct IO_COUNTERS {
        pub ReadOperationCount: u64,
        pub WriteOperationCount: u64,
        pub OtherOperationCount: u64,
        pub ReadTransferCount: u64,
        pub WriteTransferCount: u64,
        pub OtherTransferCount: u64,
    }

    /// A time in units of 100 ns since 1601 (UTC).
    pub(crate) struct FILETIME {
        pub(crate) dwLowDateTime: u32,
        pub(crate) dwHighDateTime: u32,
    }

    /// A date and time of day.
    pub(crate) struct SYSTEMTIME {
        pub(crate) wYear: u16,
        pub(crate) wMonth: u16,
        pub(crate) wDayOfWeek: u16,
        pub(crate) wDay: u16,
        pub(crate) wHour: u16,
        pub(crate) wMinute: u16,
        pub(crate) wSecond: u16,
        pub(crate) wMilliseconds: u16,
    }

    /// Who may do what with a new object, and whether children inherit its handle.
    pub(crate) struct SECURITY_ATTRIBUTES {
        pub(crate) nLength: u32,
        pub(crate) lpSecurityDescriptor: Ptr<u8>,
        pub(crate) bInheritHandle: i32,
    }

    /// Where an overlapped transfer begins and how it ended.
    pub(crate) struct OVERLAPPED {
        pub(crate) Internal: usize,
        pub(crate) InternalHigh: usize,
        pub(crate) Offset: u32,
        pub(crate) OffsetHigh: u32,
        pub(crate) hEvent: HANDLE,
    }

    /// What `GetFileAttributesEx` tells.
    pub(crate) struct WIN32_FILE_ATTRIBUTE_DATA {
        pub(crate) dwFileAttributes: FILE_ATTRIBUTE,
        pub(crate) ftCreationTime: FILETIME,
        pub(crate) ftLastAccessTime: FILETIME,
        pub(crate) ftLastWriteTime: FILETIME,
        pub(crate) nFileSizeHigh: u32,
        pub(crate) nFileSizeLow: u32,
    }

    /// What `GetFileInformationByHandle` tells.
    pub(crate) struct BY_HANDLE_FILE_INFORMATION {
        pub(crate) dwFileAttributes: FILE_ATTRIBUTE,
        pub(crate) ftCreationTime: FILETIME,
        pub(crate) ftLastAccessTime: FILETIME,
        pub(crate) ftLastWriteTime: FILETIME,
        pub(crate) dwVolumeSerialNumber: u32,
        pub(crate) nFileSizeHigh: u32,
        pub(crate) nFileSizeLow: u32,
        pub(crate) nNumberOfLinks: u32,
        pub(crate) nFileIndexHigh: u32,
        pub(crate) nFileIndexLow: u32,
    }

    /// One entry of a folder.
    pub(crate) struct WIN32_FIND_DATAW {
        pub(crate) dwFileAttributes: FILE_ATTRIBUTE,
        pub(crate) ftCreationTime: FILETIME,
        pub(crate) ftLastAccessTime: FILETIME,
        pub(crate) ftLastWriteTime: FILETIME,
        pub(crate) nFileSizeHigh: u32,
        pub(crate) nFileSizeLow: u32,
        pub(crate) dwReserved0: u32,
        pub(crate) dwReserved1: u32,
        pub(crate) cFileName: WideArray<260>,
        pub(crate) cAlternateFileName: WideArray<14>,
    }

    /// One entry of a folder, with names in the ANSI code page.
    pub(crate) struct WIN32_FIND_DATAA {
        pub(crate) dwFileAttributes: FILE_ATTRIBUTE,
        pub(crate) ftCreationTime: FILETIME,
        pub(crate) ftLastAccessTime: FILETIME,
        pub(crate) ftLastWriteTime: FILETIME,
        pub(crate) nFileSizeHigh: u32,
        pub(crate) nFileSizeLow: u32,
        pub(crate) dwReserved0: u32,
        pub(crate) dwReserved1: u32,
        pub(crate) cFileName: AnsiArray<260>,
        pub(crate) cAlternateFileName: AnsiArray<14>,
    }
}

impl OVERLAPPED {
    /// What a completion port gets of it, where it lies at `address`: nothing when the low bit of its event says so (documented under
    /// `GetQueuedCompletionStatus`).
    pub(super) fn context(&self, address: u64) -> u64 {
        if self.hEvent.0 & 1 == 0 { address } else { 0 }
    }
}

impl FILETIME {
    /// The time that is this many 100 ns after 1601.
    pub(crate) fn new(time: i64) -> Self {
        Self { dwLowDateTime: time as u32, dwHighDateTime: (time >> 32) as u32 }
    }

    /// 100 ns units since 1601.
    pub(crate) fn units(self) -> i64 {
        (u64::from(self.dwHighDateTime) << 32 | u64::from(self.dwLowDateTime)) as i64
    }
}

impl From<TimeFields> for SYSTEMTIME {
    fn from(fields: TimeFields) -> Self {
        Self {
            wYear: fields.year,
            wMonth: fields.month,
            wDayOfWeek: fields.weekday,
            wDay: fields.day,
            wHour: fields.hour,
            wMinute: fields.minute,
            wSecond: fields.second,
            wMilliseconds: fields.milliseconds,
        }
    }
}

impl From<SYSTEMTIME> for TimeFields {
    fn from(time: SYSTEMTIME) -> Self {
        Self {
            year: time.wYear,
            month: time.wMonth,
            weekday: time.wDayOfWeek,
            day: time.wDay,
            hour: time.wHour,
            minute: time.wMinute,
            second: time.wSecond,
            milliseconds: time.wMilliseconds,
        }
    }
}

impl WIN32_FILE_ATTRIBUTE_DATA {
    /// What is known of a file.
    pub(crate) fn new(known: &Information) -> Self {
        Self {
            dwFileAttributes: known.attributes,
            ftCreationTime: FILETIME::new(known.created),
            ftLastAccessTime: FILETIME::new(known.accessed),
            ftLastWriteTime: FILETIME::new(known.written),
            nFileSizeHigh: (known.size >> 32) as u32,
            nFileSizeLow: known.size as u32,
        }
    }
}

impl IO_COUNTERS {
    /// What this process has read and written so far.
    pub(crate) fn now() -> Self {
        let moved = syscall_xlate::usage::process_transfers();
        Self {
            ReadOperationCount: moved.reads,
            WriteOperationCount: moved.writes,
            ReadTransferCount: moved.bytes_read,
            WriteTransferCount: moved.bytes_written,
            ..Self::default()
        }
    }
}
