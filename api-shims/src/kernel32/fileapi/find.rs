//! Listing folders.

use std::sync::{Arc, Mutex, PoisonError};

use abi::{AnsiArray, HANDLE, Invalid, NTSTATUS, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, WideArray, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{DirectoryEntry, SearchHandle, from_win32};
use syscall_xlate::object::HandleFlags;

use crate::kernel32::structs::{WIN32_FILE_ATTRIBUTE_DATA, WIN32_FIND_DATAA, WIN32_FIND_DATAW};
use crate::text;

abi::choices! {
    /// What a search tells of each entry.
    pub(in crate::kernel32) struct FINDEX_INFO_LEVELS: u32 {
        FindExInfoStandard = 0;
        FindExInfoBasic = 1;
    }

    /// Which entries a search finds.
    pub(in crate::kernel32) struct FINDEX_SEARCH_OPS: u32 {
        FindExSearchNameMatch = 0;
        FindExSearchLimitToDirectories = 1;
        FindExSearchLimitToDevices = 2;
    }
}

/// Ends a search.
#[shim(full)]
pub(in crate::kernel32) fn FindClose(cx: &Cx, hFindFile: HANDLE) -> Win32Result<()> {
    cx.process.handles.with::<SearchHandle, _>(hFindFile, 0, |_| ())?;
    Ok(cx.process.handles.close(hFindFile)?)
}

/// Begins a search for the entries of a folder that match a pattern.
#[shim(full)]
pub(in crate::kernel32) fn FindFirstFileA(
    cx: &Cx,
    lpFileName: PCSTR,
    lpFindFileData: Out<WIN32_FIND_DATAA>,
) -> Win32Result<Invalid<HANDLE>> {
    let pattern = text::to_wide(cx, &lpFileName.read()?);
    find_first(cx, &pattern, |entry| Ok(lpFindFileData.set(data_a(cx, entry))?))
}

/// Begins a search for the entries of a folder that match a pattern.
#[shim(partial = "fSearchOp and dwAdditionalFlags only hint, as documented; there are no short names")]
pub(in crate::kernel32) fn FindFirstFileExA(
    cx: &Cx,
    lpFileName: PCSTR,
    fInfoLevelId: FINDEX_INFO_LEVELS,
    lpFindFileData: Out<WIN32_FIND_DATAA>,
    fSearchOp: FINDEX_SEARCH_OPS,
    lpSearchFilter: Ptr<u8>,
    dwAdditionalFlags: u32,
) -> Win32Result<Invalid<HANDLE>> {
    let _ = dwAdditionalFlags;
    check(fInfoLevelId, fSearchOp, lpSearchFilter)?;
    let pattern = text::to_wide(cx, &lpFileName.read()?);
    find_first(cx, &pattern, |entry| Ok(lpFindFileData.set(data_a(cx, entry))?))
}

/// Begins a search for the entries of a folder that match a pattern.
#[shim(partial = "fSearchOp and dwAdditionalFlags only hint, as documented; there are no short names")]
pub(in crate::kernel32) fn FindFirstFileExW(
    cx: &Cx,
    lpFileName: PCWSTR,
    fInfoLevelId: FINDEX_INFO_LEVELS,
    lpFindFileData: Out<WIN32_FIND_DATAW>,
    fSearchOp: FINDEX_SEARCH_OPS,
    lpSearchFilter: Ptr<u8>,
    dwAdditionalFlags: u32,
) -> Win32Result<Invalid<HANDLE>> {
    let _ = dwAdditionalFlags;
    check(fInfoLevelId, fSearchOp, lpSearchFilter)?;
    find_first(cx, &lpFileName.read()?, |entry| Ok(lpFindFileData.set(data_w(entry))?))
}

fn check(level: FINDEX_INFO_LEVELS, operation: FINDEX_SEARCH_OPS, filter: Ptr<u8>) -> Win32Result<()> {
    let known = level.0 <= FINDEX_INFO_LEVELS::FindExInfoBasic.0
        && operation.0 <= FINDEX_SEARCH_OPS::FindExSearchLimitToDirectories.0;
    // Documented: the filter must be NULL for these operations.
    if !known || !filter.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

/// Begins a search for the entries of a folder that match a pattern.
#[shim(full)]
pub(in crate::kernel32) fn FindFirstFileW(
    cx: &Cx,
    lpFileName: PCWSTR,
    lpFindFileData: Out<WIN32_FIND_DATAW>,
) -> Win32Result<Invalid<HANDLE>> {
    find_first(cx, &lpFileName.read()?, |entry| Ok(lpFindFileData.set(data_w(entry))?))
}

fn find_first(
    cx: &Cx,
    path: &[u16],
    result: impl FnOnce(&DirectoryEntry) -> Win32Result<()>,
) -> Win32Result<Invalid<HANDLE>> {
    let drives = &cx.process.files.drives;
    let separator = |&unit: &u16| unit == u16::from(b'\\') || unit == u16::from(b'/') || unit == u16::from(b':');
    let name_at = path.iter().rposition(separator).map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(name_at);
    if name.is_empty() {
        return Err(if path.is_empty() {
            WIN32_ERROR::ERROR_PATH_NOT_FOUND
        } else {
            WIN32_ERROR::ERROR_FILE_NOT_FOUND
        }
        .into());
    }
    let folder = if folder.is_empty() { drives.nt_path(&[u16::from(b'.')])? } else { drives.nt_path(folder)? };
    let mut search = cx.process.files.search(&folder, &from_win32(name)).map_err(|status| match status {
        NTSTATUS::STATUS_NO_SUCH_FILE => WIN32_ERROR::ERROR_FILE_NOT_FOUND,
        NTSTATUS::STATUS_NOT_A_DIRECTORY => WIN32_ERROR::ERROR_DIRECTORY,
        status => status.into(),
    })?;
    let first = search.next_entry().ok_or(WIN32_ERROR::ERROR_FILE_NOT_FOUND)?;
    result(&first)?;
    let object = Arc::new(SearchHandle(Mutex::new(search)));
    Ok(Invalid(cx.process.handles.insert(object, 0, HandleFlags::empty())?))
}

/// Gives a search's next entry.
#[shim(full)]
pub(in crate::kernel32) fn FindNextFileA(
    cx: &Cx,
    hFindFile: HANDLE,
    lpFindFileData: Out<WIN32_FIND_DATAA>,
) -> Win32Result<()> {
    let entry = find_next(cx, hFindFile)?;
    Ok(lpFindFileData.set(data_a(cx, &entry))?)
}

/// Gives a search's next entry.
#[shim(full)]
pub(in crate::kernel32) fn FindNextFileW(
    cx: &Cx,
    hFindFile: HANDLE,
    lpFindFileData: Out<WIN32_FIND_DATAW>,
) -> Win32Result<()> {
    Ok(lpFindFileData.set(data_w(&find_next(cx, hFindFile)?))?)
}

fn find_next(cx: &Cx, handle: HANDLE) -> Win32Result<DirectoryEntry> {
    let next = cx.process.handles.with::<SearchHandle, _>(handle, 0, |search| {
        search.0.lock().unwrap_or_else(PoisonError::into_inner).next_entry()
    })?;
    Ok(next.ok_or(WIN32_ERROR::ERROR_NO_MORE_FILES)?)
}

fn data_w(entry: &DirectoryEntry) -> WIN32_FIND_DATAW {
    let known = WIN32_FILE_ATTRIBUTE_DATA::new(&entry.information);
    WIN32_FIND_DATAW {
        dwFileAttributes: known.dwFileAttributes,
        ftCreationTime: known.ftCreationTime,
        ftLastAccessTime: known.ftLastAccessTime,
        ftLastWriteTime: known.ftLastWriteTime,
        nFileSizeHigh: known.nFileSizeHigh,
        nFileSizeLow: known.nFileSizeLow,
        dwReserved0: 0,
        dwReserved1: 0,
        cFileName: WideArray::new(&entry.name),
        cAlternateFileName: WideArray::default(),
    }
}

fn data_a(cx: &Cx, entry: &DirectoryEntry) -> WIN32_FIND_DATAA {
    let known = WIN32_FILE_ATTRIBUTE_DATA::new(&entry.information);
    WIN32_FIND_DATAA {
        dwFileAttributes: known.dwFileAttributes,
        ftCreationTime: known.ftCreationTime,
        ftLastAccessTime: known.ftLastAccessTime,
        ftLastWriteTime: known.ftLastWriteTime,
        nFileSizeHigh: known.nFileSizeHigh,
        nFileSizeLow: known.nFileSizeLow,
        dwReserved0: 0,
        dwReserved1: 0,
        cFileName: AnsiArray::new(&text::to_ansi(cx, &entry.name)),
        cAlternateFileName: AnsiArray::default(),
    }
}
