//! Listing folders.

use abi::{BOOLEAN, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{FILE_READ_DATA, File};

use crate::files::{self, Class, Entries, Listing};
use crate::ntdll::ntioapi::{IO_STATUS_BLOCK, Told};
use crate::ntdll::structs::UNICODE_STRING;

abi::flags! {
    /// How a folder is listed.
    pub(in crate::ntdll) struct QUERY_DIRECTORY_FLAGS: u32 {
        SL_RESTART_SCAN = 0x1;
        SL_RETURN_SINGLE_ENTRY = 0x2;
        SL_INDEX_SPECIFIED = 0x4;
        SL_RETURN_ON_DISK_ENTRIES_ONLY = 0x8;
        SL_NO_CURSOR_UPDATE_QUERY = 0x10;
    }
}

/// Gives the next entries of a folder.
#[shim(
    partial = "done before the call returns; no reparse points, object identifiers and quotas; there are no short names"
)]
pub(in crate::ntdll) fn NtQueryDirectoryFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: Class,
    ReturnSingleEntry: BOOLEAN,
    FileName: Ptr<UNICODE_STRING>,
    RestartScan: BOOLEAN,
) -> NTSTATUS {
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let mut how = QUERY_DIRECTORY_FLAGS::empty();
    how.set(QUERY_DIRECTORY_FLAGS::SL_RETURN_SINGLE_ENTRY, ReturnSingleEntry.0);
    how.set(QUERY_DIRECTORY_FLAGS::SL_RESTART_SCAN, RestartScan.0);
    list(cx, FileHandle, &told, (FileInformation, Length), FileInformationClass, how, FileName)
}

/// Gives the next entries of a folder, as the flags say.
#[shim(
    partial = "done before the call returns; no reparse points, object identifiers and quotas; there are no short names; no index, and the next call goes on"
)]
pub(in crate::ntdll) fn NtQueryDirectoryFileEx(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: Class,
    QueryFlags: QUERY_DIRECTORY_FLAGS,
    FileName: Ptr<UNICODE_STRING>,
) -> NTSTATUS {
    const NOT_OURS: QUERY_DIRECTORY_FLAGS =
        QUERY_DIRECTORY_FLAGS::SL_INDEX_SPECIFIED.union(QUERY_DIRECTORY_FLAGS::SL_NO_CURSOR_UPDATE_QUERY);
    if QueryFlags.iter_names().fold(QueryFlags.bits(), |left, (_, flag)| left & !flag.bits()) != 0 {
        return NTSTATUS::STATUS_INVALID_PARAMETER;
    }
    if QueryFlags.intersects(NOT_OURS) {
        return NTSTATUS::STATUS_NOT_SUPPORTED;
    }
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    list(cx, FileHandle, &told, (FileInformation, Length), FileInformationClass, QueryFlags, FileName)
}

fn list(
    cx: &Cx,
    folder: HANDLE,
    told: &Told,
    (to, length): (Ptr<u8>, u32),
    class: Class,
    how: QUERY_DIRECTORY_FLAGS,
    pattern: Ptr<UNICODE_STRING>,
) -> NTSTATUS {
    let work = || -> NtResult<NTSTATUS> {
        let entries = Entries::of_class(class.0).ok_or(NTSTATUS::STATUS_INVALID_INFO_CLASS)?;
        if (length as usize) < entries.least() {
            return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
        }
        let pattern = pattern.opt().map(|pattern| pattern.read()?.text()).transpose()?;
        let file = cx.process.handles.get::<File>(folder, FILE_READ_DATA)?;
        told.begin(cx)?;
        let listing = Listing {
            entries,
            pattern: pattern.as_deref(),
            restart: how.contains(QUERY_DIRECTORY_FLAGS::SL_RESTART_SCAN),
            single: how.contains(QUERY_DIRECTORY_FLAGS::SL_RETURN_SINGLE_ENTRY),
        };
        match files::list(&file, &listing, length as usize) {
            Ok((status, bytes)) => {
                to.write_bytes(&bytes)?;
                told.end(cx, &file, status, bytes.len())
            }
            Err(status) => told.end(cx, &file, status, 0),
        }
    };
    work().unwrap_or_else(|status| status)
}
