//! Sections and views, and the memory of processes.

use std::sync::Arc;

use abi::{Fault, HANDLE, In, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Wide, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{self, File};
use syscall_xlate::memory::{Place, Protection};
use syscall_xlate::section::{self, Section, View};
use syscall_xlate::sync::process;

use crate::kernel32::named::{create, name_a, name_w, open};
use crate::kernel32::structs::SECURITY_ATTRIBUTES;

abi::flags! {
    /// What can be done with pages, and, for a section, how it is made.
    pub(crate) struct PAGE_PROTECTION_FLAGS: u32 {
        PAGE_NOACCESS = 0x1;
        PAGE_READONLY = 0x2;
        PAGE_READWRITE = 0x4;
        PAGE_WRITECOPY = 0x8;
        PAGE_EXECUTE = 0x10;
        PAGE_EXECUTE_READ = 0x20;
        PAGE_EXECUTE_READWRITE = 0x40;
        PAGE_EXECUTE_WRITECOPY = 0x80;
        PAGE_GUARD = 0x100;
        PAGE_NOCACHE = 0x200;
        PAGE_WRITECOMBINE = 0x400;
        SEC_IMAGE = 0x100_0000;
        SEC_RESERVE = 0x400_0000;
        SEC_COMMIT = 0x800_0000;
        SEC_NOCACHE = 0x1000_0000;
        SEC_WRITECOMBINE = 0x4000_0000;
        SEC_LARGE_PAGES = 0x8000_0000;
    }

    /// What a view is for.
    pub(crate) struct FILE_MAP: u32 {
        FILE_MAP_COPY = 0x1;
        FILE_MAP_WRITE = 0x2;
        FILE_MAP_READ = 0x4;
        FILE_MAP_EXECUTE = 0x20;
    }
}

/// Makes a section of a file or of memory, or opens the one of this name.
#[shim(partial = "SEC_IMAGE is refused")]
pub(in crate::kernel32) fn CreateFileMappingA(
    cx: &Cx,
    hFile: HANDLE,
    lpFileMappingAttributes: In<SECURITY_ATTRIBUTES>,
    flProtect: PAGE_PROTECTION_FLAGS,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    let size = u64::from(dwMaximumSizeHigh) << 32 | u64::from(dwMaximumSizeLow);
    create_section(cx, hFile, lpFileMappingAttributes, flProtect, size, &name_a(cx, lpName)?)
}

/// Makes a section of a file or of memory, or opens the one of this name.
#[shim(partial = "SEC_IMAGE is refused")]
pub(in crate::kernel32) fn CreateFileMappingW(
    cx: &Cx,
    hFile: HANDLE,
    lpFileMappingAttributes: In<SECURITY_ATTRIBUTES>,
    flProtect: PAGE_PROTECTION_FLAGS,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    let size = u64::from(dwMaximumSizeHigh) << 32 | u64::from(dwMaximumSizeLow);
    create_section(cx, hFile, lpFileMappingAttributes, flProtect, size, &name_w(lpName)?)
}

/// The protection's part of `flProtect`; the rest says how the section is made.
const PROTECTION: u32 = 0xffff;

fn create_section(
    cx: &Cx,
    file: HANDLE,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: PAGE_PROTECTION_FLAGS,
    size: u64,
    name: &Wide,
) -> Win32Result<HANDLE> {
    let (bits, flags) = (protect.bits() & PROTECTION, protect.bits() & !PROTECTION);
    let protection = Protection::new(bits)?;
    let file = match file {
        HANDLE::INVALID => None,
        handle => {
            let needed = file::FILE_READ_DATA | if protection.writes() { file::FILE_WRITE_DATA } else { 0 };
            Some(cx.process.handles.get::<File>(handle, needed)?)
        }
    };
    let access = section::ALL_ACCESS
        & if protection.writes() { !0 } else { !section::MAP_WRITE }
        & if protection.executes() { !0 } else { !section::MAP_EXECUTE };
    create(cx, attributes, name, access, |place| {
        let fd = file.as_ref().map(|file| std::os::fd::AsFd::as_fd(&**file));
        Ok(Arc::new(Section::new_in(place, fd, size, bits, flags)?))
    })
}

/// Writes the changed pages of a view to its file.
#[shim(full)]
pub(in crate::kernel32) fn FlushViewOfFile(
    cx: &Cx,
    lpBaseAddress: Ptr<u8>,
    dwNumberOfBytesToFlush: usize,
) -> Win32Result<()> {
    Ok(cx.process.memory.flush_view(lpBaseAddress.address(), dwNumberOfBytesToFlush as u64)?)
}

/// Gives the smallest size of large pages; 0 where there are none.
#[shim(stub = "0 says that large pages are not supported, which is so")]
pub(in crate::kernel32) fn GetLargePageMinimum() -> usize {
    0
}

/// Gives how much of a process may stay in memory.
#[shim(stub = "the defaults of Windows; nothing is held to them")]
pub(in crate::kernel32) fn GetProcessWorkingSetSize(
    cx: &Cx,
    hProcess: HANDLE,
    lpMinimumWorkingSetSize: Out<usize>,
    lpMaximumWorkingSetSize: Out<usize>,
) -> Win32Result<()> {
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    lpMinimumWorkingSetSize.set(50 * 4096)?;
    Ok(lpMaximumWorkingSetSize.set(345 * 4096)?)
}

/// Shows a part of a section in memory.
#[shim(full)]
pub(in crate::kernel32) fn MapViewOfFile(
    cx: &Cx,
    hFileMappingObject: HANDLE,
    dwDesiredAccess: FILE_MAP,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
) -> Win32Result<Ptr<u8>> {
    let offset = u64::from(dwFileOffsetHigh) << 32 | u64::from(dwFileOffsetLow);
    map_view(cx, hFileMappingObject, dwDesiredAccess, offset, dwNumberOfBytesToMap, Ptr::NULL)
}

/// Shows a part of a section in memory.
#[shim(full)]
pub(crate) fn MapViewOfFileFromApp(
    cx: &Cx,
    hFileMappingObject: HANDLE,
    DesiredAccess: FILE_MAP,
    FileOffset: u64,
    NumberOfBytesToMap: usize,
) -> Win32Result<Ptr<u8>> {
    map_view(cx, hFileMappingObject, DesiredAccess, FileOffset, NumberOfBytesToMap, Ptr::NULL)
}

/// Shows a part of a section in memory, at an address.
#[shim(full)]
pub(in crate::kernel32) fn MapViewOfFileEx(
    cx: &Cx,
    hFileMappingObject: HANDLE,
    dwDesiredAccess: FILE_MAP,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
    lpBaseAddress: Ptr<u8>,
) -> Win32Result<Ptr<u8>> {
    let offset = u64::from(dwFileOffsetHigh) << 32 | u64::from(dwFileOffsetLow);
    map_view(cx, hFileMappingObject, dwDesiredAccess, offset, dwNumberOfBytesToMap, lpBaseAddress)
}

fn map_view(
    cx: &Cx,
    section: HANDLE,
    access: FILE_MAP,
    offset: u64,
    size: usize,
    wanted: Ptr<u8>,
) -> Win32Result<Ptr<u8>> {
    let executes = access.contains(FILE_MAP::FILE_MAP_EXECUTE);
    let (needed, plain, executable) = match () {
        () if access == FILE_MAP::FILE_MAP_COPY || access == FILE_MAP::FILE_MAP_COPY | FILE_MAP::FILE_MAP_EXECUTE => {
            (section::MAP_READ, PAGE_PROTECTION_FLAGS::PAGE_WRITECOPY, PAGE_PROTECTION_FLAGS::PAGE_EXECUTE_WRITECOPY)
        }
        () if access.contains(FILE_MAP::FILE_MAP_WRITE) => {
            (section::MAP_WRITE, PAGE_PROTECTION_FLAGS::PAGE_READWRITE, PAGE_PROTECTION_FLAGS::PAGE_EXECUTE_READWRITE)
        }
        () if access.contains(FILE_MAP::FILE_MAP_READ) => {
            (section::MAP_READ, PAGE_PROTECTION_FLAGS::PAGE_READONLY, PAGE_PROTECTION_FLAGS::PAGE_EXECUTE_READ)
        }
        () => return Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into()),
    };
    let needed = needed | if executes { section::MAP_EXECUTE } else { 0 };
    let section = cx.process.handles.get::<Section>(section, needed)?;
    let protection = if executes { executable } else { plain };
    let place = Place::wanted(wanted.address());
    let view = View { offset, size: size as u64, place, protection: protection.bits() };
    let (base, _) = section.map(&cx.process.memory, view)?;
    Ok(Ptr::at(base))
}

/// Opens the section of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenFileMappingA(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    open::<Section>(cx, section::MAPPING, view_rights(dwDesiredAccess), bInheritHandle, &name_a(cx, lpName)?)
}

/// Opens the section of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenFileMappingW(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    open::<Section>(cx, section::MAPPING, view_rights(dwDesiredAccess), bInheritHandle, &name_w(lpName)?)
}

/// `FILE_MAP_COPY` is asked for where a right to read is meant, and so is `FILE_MAP_EXECUTE`.
fn view_rights(access: u32) -> u32 {
    let copy = if access & FILE_MAP::FILE_MAP_COPY.bits() != 0 { section::MAP_READ } else { 0 };
    let execute = if access & FILE_MAP::FILE_MAP_EXECUTE.bits() != 0 { section::MAP_EXECUTE } else { 0 };
    access & !FILE_MAP::FILE_MAP_EXECUTE.bits() | copy | execute
}

/// Reads a process's memory.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn ReadProcessMemory(
    cx: &Cx,
    hProcess: HANDLE,
    lpBaseAddress: Ptr<u8>,
    lpBuffer: Ptr<u8>,
    nSize: usize,
    lpNumberOfBytesRead: Out<usize>,
) -> Win32Result<()> {
    own_process(cx, hProcess)?;
    let (done, outcome) = copy(lpBaseAddress, lpBuffer, nSize);
    lpNumberOfBytesRead.set_opt(done)?;
    outcome.map_err(|_| WIN32_ERROR::ERROR_PARTIAL_COPY.into())
}

fn own_process(cx: &Cx, handle: HANDLE) -> Win32Result<()> {
    match cx.is_own_process(handle, 0)? {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()),
    }
}

/// Copies guest memory; how many bytes, and what ended it.
pub(crate) fn copy(from: Ptr<u8>, to: Ptr<u8>, size: usize) -> (usize, Result<(), Fault>) {
    const STEP: usize = 4096;
    let mut done = 0;
    while done < size {
        // Page by page, so that all there is gets copied.
        let to_page_end = STEP - (from.address().wrapping_add(done as u64) as usize) % STEP;
        let step = to_page_end.min(size - done);
        let bytes = from.byte_offset(done as u64).read_bytes(step);
        if let Err(fault) = bytes.and_then(|bytes| to.byte_offset(done as u64).write_bytes(&bytes)) {
            return (done, Err(fault));
        }
        done += step;
    }
    (done, Ok(()))
}

/// Sets how much of a process may stay in memory.
#[shim(stub = "a wish, which the host's memory management does without")]
pub(in crate::kernel32) fn SetProcessWorkingSetSize(
    cx: &Cx,
    hProcess: HANDLE,
    dwMinimumWorkingSetSize: usize,
    dwMaximumWorkingSetSize: usize,
) -> Win32Result<()> {
    let _ = (dwMinimumWorkingSetSize, dwMaximumWorkingSetSize);
    cx.process_of(hProcess, process::QUERY_LIMITED_INFORMATION)?;
    Ok(())
}

/// Takes a view away.
#[shim(full)]
pub(in crate::kernel32) fn UnmapViewOfFile(cx: &Cx, lpBaseAddress: Ptr<u8>) -> Win32Result<()> {
    cx.process.memory.unmap_view(lpBaseAddress.address())?;
    Ok(())
}

/// Writes a process's memory.
#[shim(partial = "the caller's own process only")]
pub(in crate::kernel32) fn WriteProcessMemory(
    cx: &Cx,
    hProcess: HANDLE,
    lpBaseAddress: Ptr<u8>,
    lpBuffer: Ptr<u8>,
    nSize: usize,
    lpNumberOfBytesWritten: Out<usize>,
) -> Win32Result<()> {
    own_process(cx, hProcess)?;
    let (done, outcome) = copy(lpBuffer, lpBaseAddress, nSize);
    lpNumberOfBytesWritten.set_opt(done)?;
    // A page that cannot be written is refused as such ("WriteProcessMemory").
    outcome.map_err(|_| WIN32_ERROR::ERROR_NOACCESS.into())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_named_section_is_opened_and_shown() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let name = guest.wide("Local\\memory");
            let first = guest.call("kernel32!CreateFileMappingW", &[u64::MAX, 0, 4, 0, 0x1000, name]);
            let second = guest.call("kernel32!OpenFileMappingW", &[4, 0, name]);
            let writer = guest.call("kernel32!MapViewOfFile", &[first, 2, 0, 0, 0]);
            let reader = guest.call("kernel32!MapViewOfFile", &[second, 4, 0, 0, 0]);
            abi::fault::store_u32(writer, 77).unwrap();
            assert_eq!(guest.read::<u32>(reader), 77);
            guest.call("kernel32!MapViewOfFile", &[second, 2, 0, 0, 0]);
            guest.call("kernel32!UnmapViewOfFile", &[reader]);
            guest.call("kernel32!UnmapViewOfFile", &[reader]);
        });
        assert_snapshot!(trace, @r#"
        kernel32!CreateFileMappingW(hFile=0xffffffffffffffff, lpFileMappingAttributes=NULL, flProtect=PAGE_READWRITE, dwMaximumSizeHigh=0, dwMaximumSizeLow=4096, lpName="Local\\memory") = h1
        kernel32!OpenFileMappingW(dwDesiredAccess=4, bInheritHandle=FALSE, lpName="Local\\memory") = h2
        kernel32!MapViewOfFile(hFileMappingObject=h1, dwDesiredAccess=FILE_MAP_WRITE, dwFileOffsetHigh=0, dwFileOffsetLow=0, dwNumberOfBytesToMap=0) = @1
        kernel32!MapViewOfFile(hFileMappingObject=h2, dwDesiredAccess=FILE_MAP_READ, dwFileOffsetHigh=0, dwFileOffsetLow=0, dwNumberOfBytesToMap=0) = @2
        kernel32!MapViewOfFile(hFileMappingObject=h2, dwDesiredAccess=FILE_MAP_WRITE, dwFileOffsetHigh=0, dwFileOffsetLow=0, dwNumberOfBytesToMap=0) = NULL (ERROR_ACCESS_DENIED)
        kernel32!UnmapViewOfFile(lpBaseAddress=@2) = TRUE
        kernel32!UnmapViewOfFile(lpBaseAddress=@2) = FALSE (ERROR_INVALID_ADDRESS)
        "#);
    }
}
