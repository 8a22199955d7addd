//! The services that the C runtime stands on, with `errno` for their failures.

use abi::{Buffer, Errno, HANDLE, NTSTATUS, WIN32_ERROR, fault};
use syscall_xlate::Cx;
use syscall_xlate::console::Standard;
use syscall_xlate::file::{
    At, CreateOptions, DirectoryEntry, Disposition, FILE_ATTRIBUTE, File, Information, Medium, OpenRequest, Search,
    SeekFrom, Share, Times,
};
use syscall_xlate::heap::{HeapFlags, Heaps};
use syscall_xlate::object::HandleFlags;

use super::stream::Whence;

/// A block of the process heap, zeroed on demand; `None` where memory is short.
#[inline(always)]
pub(super) fn allocate(cx: &Cx, size: usize, zeroed: bool) -> Option<u64> {
    let flags = if zeroed { HeapFlags::ZERO_MEMORY } else { HeapFlags::empty() };
    cx.allocate(Heaps::PROCESS, flags, size as u64).ok()
}

/// Frees a block; what is no block stays as it is.
#[inline(always)]
pub(super) fn free(cx: &Cx, address: u64) {
    let _ = cx.free(Heaps::PROCESS, address);
}

/// Gives a block another size; `None` where memory is short or it is no block.
pub(super) fn reallocate(cx: &Cx, address: u64, size: usize) -> Option<u64> {
    cx.process.heaps.reallocate(Heaps::PROCESS, HeapFlags::empty(), address, size as u64).ok()
}

/// Gives a block another size where it is; `None` where that cannot be.
pub(super) fn resize_in_place(cx: &Cx, address: u64, size: usize) -> Option<u64> {
    cx.process.heaps.reallocate(Heaps::PROCESS, HeapFlags::REALLOC_IN_PLACE_ONLY, address, size as u64).ok()
}

/// The size of a block; `None` where it is none.
pub(super) fn size_of(cx: &Cx, address: u64) -> Option<usize> {
    cx.process.heaps.size(Heaps::PROCESS, address).ok().map(|size| size as usize)
}

/// `errno` for a system error, as Microsoft's runtime maps it ("_doserrno, errno, syserrlist"); `EINVAL` for what has no other.
pub(super) fn errno(error: WIN32_ERROR) -> Errno {
    match error {
        WIN32_ERROR::ERROR_FILE_NOT_FOUND
        | WIN32_ERROR::ERROR_PATH_NOT_FOUND
        | WIN32_ERROR::ERROR_INVALID_DRIVE
        | WIN32_ERROR::ERROR_NO_MORE_FILES
        | WIN32_ERROR::ERROR_BAD_NETPATH
        | WIN32_ERROR::ERROR_BAD_NET_NAME
        | WIN32_ERROR::ERROR_BAD_PATHNAME
        | WIN32_ERROR::ERROR_FILENAME_EXCED_RANGE => Errno::ENOENT,
        WIN32_ERROR::ERROR_TOO_MANY_OPEN_FILES => Errno::EMFILE,
        WIN32_ERROR::ERROR_ACCESS_DENIED
        | WIN32_ERROR::ERROR_CURRENT_DIRECTORY
        | WIN32_ERROR::ERROR_LOCK_VIOLATION
        | WIN32_ERROR::ERROR_SHARING_VIOLATION
        | WIN32_ERROR::ERROR_NETWORK_ACCESS_DENIED
        | WIN32_ERROR::ERROR_CANNOT_MAKE
        | WIN32_ERROR::ERROR_FAIL_I24
        | WIN32_ERROR::ERROR_DRIVE_LOCKED
        | WIN32_ERROR::ERROR_SEEK_ON_DEVICE
        | WIN32_ERROR::ERROR_NOT_LOCKED
        | WIN32_ERROR::ERROR_LOCK_FAILED => Errno::EACCES,
        WIN32_ERROR::ERROR_INVALID_HANDLE
        | WIN32_ERROR::ERROR_INVALID_TARGET_HANDLE
        | WIN32_ERROR::ERROR_DIRECT_ACCESS_HANDLE => Errno::EBADF,
        WIN32_ERROR::ERROR_NOT_ENOUGH_MEMORY
        | WIN32_ERROR::ERROR_INVALID_BLOCK
        | WIN32_ERROR::ERROR_ARENA_TRASHED
        | WIN32_ERROR::ERROR_NOT_ENOUGH_QUOTA => Errno::ENOMEM,
        WIN32_ERROR::ERROR_BAD_ENVIRONMENT => Errno::E2BIG,
        WIN32_ERROR::ERROR_BAD_FORMAT => Errno::ENOEXEC,
        WIN32_ERROR::ERROR_NOT_SAME_DEVICE => Errno::EXDEV,
        WIN32_ERROR::ERROR_FILE_EXISTS | WIN32_ERROR::ERROR_ALREADY_EXISTS => Errno::EEXIST,
        WIN32_ERROR::ERROR_BROKEN_PIPE | WIN32_ERROR::ERROR_NO_DATA => Errno::EPIPE,
        WIN32_ERROR::ERROR_DISK_FULL => Errno::ENOSPC,
        WIN32_ERROR::ERROR_WAIT_NO_CHILDREN | WIN32_ERROR::ERROR_CHILD_NOT_COMPLETE => Errno::ECHILD,
        WIN32_ERROR::ERROR_NO_PROC_SLOTS
        | WIN32_ERROR::ERROR_MAX_THRDS_REACHED
        | WIN32_ERROR::ERROR_NESTING_NOT_ALLOWED => Errno::EAGAIN,
        WIN32_ERROR::ERROR_DIR_NOT_EMPTY => Errno::ENOTEMPTY,
        WIN32_ERROR::ERROR_NO_UNICODE_TRANSLATION => Errno::EILSEQ,
        // The errors of reading and writing devices, and those of starting programs.
        WIN32_ERROR(19..=36) => Errno::EACCES,
        WIN32_ERROR(188..=202) => Errno::ENOEXEC,
        _ => Errno::EINVAL,
    }
}

/// `errno` for a status; `_doserrno` is set to its system error.
fn failed(cx: &Cx, status: NTSTATUS) -> Errno {
    let error = WIN32_ERROR::from(status);
    // The thread's own block is always writable.
    let _ = fault::store_u32(cx.thread.doserrno_address(), error.0);
    errno(error)
}

/// What stands behind a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A file.
    Disk,
    /// A pipe or socket.
    Pipe,
    /// A console or another character device.
    Device,
}

fn with<R>(cx: &Cx, handle: HANDLE, work: impl FnOnce(&File) -> Result<R, NTSTATUS>) -> Result<R, Errno> {
    match cx.process.handles.with(handle, 0, work) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(status)) => Err(failed(cx, status)),
        Err(_) => Err(Errno::EBADF),
    }
}

/// What stands behind a handle.
pub(super) fn kind(cx: &Cx, handle: HANDLE) -> Kind {
    let kind = with(cx, handle, |file| {
        Ok(match file.medium() {
            Medium::Pipe => Kind::Pipe,
            Medium::Character | Medium::Console(..) => Kind::Device,
            _ => Kind::Disk,
        })
    });
    kind.unwrap_or(Kind::Disk)
}

fn buffer(bytes: *const u8, len: usize) -> Buffer {
    Buffer { address: bytes as u64, len }
}

/// Reads some bytes; 0 at the end of a file or of a pipe.
pub(super) fn read(cx: &Cx, handle: HANDLE, to: &mut [u8]) -> Result<usize, Errno> {
    let result = with(cx, handle, |file| match file.read(buffer(to.as_mut_ptr(), to.len()), At::Position) {
        Err(NTSTATUS::STATUS_END_OF_FILE | NTSTATUS::STATUS_PIPE_BROKEN) => Ok(0),
        other => other,
    });
    result.map_err(not_open_for_that)
}

/// Writes bytes; gives how many were taken.
pub(super) fn write(cx: &Cx, handle: HANDLE, from: &[u8]) -> Result<usize, Errno> {
    with(cx, handle, |file| file.write(buffer(from.as_ptr(), from.len()), At::Position)).map_err(not_open_for_that)
}

/// Documented for `_read` and `_write`: a file that is not open for it is `EBADF`.
fn not_open_for_that(error: Errno) -> Errno {
    if error == Errno::EACCES { Errno::EBADF } else { error }
}

/// Moves the position; gives the new one.
pub(super) fn seek(cx: &Cx, handle: HANDLE, offset: i64, whence: Whence) -> Result<u64, Errno> {
    let from = match whence {
        Whence::Set => SeekFrom::Start,
        Whence::Current => SeekFrom::Current,
        Whence::End => SeekFrom::End,
    };
    with(cx, handle, |file| match file.seek(offset, from) {
        Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST) => Ok(Err(Errno::ESPIPE)),
        other => other.map(Ok),
    })?
}

/// Waits until what was written is on its disk.
pub(super) fn commit(cx: &Cx, handle: HANDLE) -> Result<(), Errno> {
    with(cx, handle, File::flush)
}

/// Makes a file end at `size` bytes.
pub(super) fn set_size(cx: &Cx, handle: HANDLE, size: u64) -> Result<(), Errno> {
    with(cx, handle, |file| file.set_end(size))
}

/// A file's size in bytes.
pub(super) fn file_size(cx: &Cx, handle: HANDLE) -> Result<u64, Errno> {
    with(cx, handle, File::size)
}

/// What is known of an open file.
pub(super) fn information(cx: &Cx, handle: HANDLE) -> Result<Information, Errno> {
    with(cx, handle, File::information)
}

/// Sets the times of an open file.
pub(super) fn set_times(cx: &Cx, handle: HANDLE, times: Times) -> Result<(), Errno> {
    with(cx, handle, |file| file.set_times(times))
}

/// Locks or unlocks a range of an open file.
pub(super) fn lock(cx: &Cx, handle: HANDLE, start: u64, len: u64, locks: bool) -> Result<(), Errno> {
    let result =
        with(cx, handle, |file| if locks { file.lock(start, len, true, false) } else { file.unlock(start, len) });
    result.map_err(|_| Errno::EACCES)
}

/// Closes a handle.
pub(super) fn close(cx: &Cx, handle: HANDLE) -> Result<(), Errno> {
    cx.process.handles.close(handle).map_err(|status| failed(cx, status))
}

/// Makes a second handle for what stands behind one.
pub(super) fn duplicate(cx: &Cx, handle: HANDLE, inherit: bool) -> Result<HANDLE, Errno> {
    let object = cx.process.handles.get_any(handle, 0).map_err(|status| failed(cx, status))?;
    let access = cx.process.handles.info(handle).map_err(|status| failed(cx, status))?.access;
    insert(cx, object, access, inherit)
}

fn insert(
    cx: &Cx,
    object: std::sync::Arc<dyn syscall_xlate::object::Object>,
    access: u32,
    inherit: bool,
) -> Result<HANDLE, Errno> {
    let flags = if inherit { HandleFlags::INHERIT } else { HandleFlags::empty() };
    cx.process.handles.insert(object, access, flags).map_err(|status| failed(cx, status))
}

/// Makes a pipe; gives the handles to read from and to write to.
pub(super) fn pipe(cx: &Cx, capacity: u32, inherit: bool) -> Result<(HANDLE, HANDLE), Errno> {
    let (reader, writer) = syscall_xlate::file::anonymous_pipe(capacity).map_err(|status| failed(cx, status))?;
    let (read_access, write_access) = (reader.access(), writer.access());
    let reader = insert(cx, std::sync::Arc::new(reader), read_access, inherit)?;
    let writer = insert(cx, std::sync::Arc::new(writer), write_access, inherit)?;
    Ok((reader, writer))
}

/// How a file is to be opened.
pub(super) struct Opening {
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) share: Share,
    pub(super) disposition: Disposition,
    pub(super) read_only: bool,
    pub(super) temporary: bool,
    pub(super) delete_on_close: bool,
    pub(super) inherit: bool,
}

/// `GENERIC_READ`
const GENERIC_READ: u32 = 0x8000_0000;
/// `GENERIC_WRITE`
const GENERIC_WRITE: u32 = 0x4000_0000;
/// `DELETE`
const DELETE: u32 = 0x0001_0000;

/// Opens a file.
pub(super) fn open(cx: &Cx, path: &[u16], opening: &Opening) -> Result<HANDLE, Errno> {
    let mut access = 0;
    let mut options = CreateOptions::SYNCHRONOUS_IO_NONALERT | CreateOptions::NON_DIRECTORY_FILE;
    let mut attributes = FILE_ATTRIBUTE::empty();
    for (wanted, bit) in
        [(opening.reads, GENERIC_READ), (opening.writes, GENERIC_WRITE), (opening.delete_on_close, DELETE)]
    {
        access |= if wanted { bit } else { 0 };
    }
    if opening.delete_on_close {
        options |= CreateOptions::DELETE_ON_CLOSE;
    }
    if opening.read_only {
        attributes |= FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY;
    }
    if opening.temporary {
        attributes |= FILE_ATTRIBUTE::FILE_ATTRIBUTE_TEMPORARY;
    }
    let request = OpenRequest { access, attributes, share: opening.share, disposition: opening.disposition, options };
    open_by(cx, path, &request, opening.inherit)
}

fn open_by(cx: &Cx, path: &[u16], request: &OpenRequest, inherit: bool) -> Result<HANDLE, Errno> {
    let files = &cx.process.files;
    let opened = files.drives.nt_path(path).and_then(|path| files.open(&path, request));
    let opened = opened.map_err(|status| match status {
        // CreateFile says ERROR_FILE_EXISTS and, of folders, ERROR_ACCESS_DENIED.
        NTSTATUS::STATUS_FILE_IS_A_DIRECTORY => failed(cx, NTSTATUS::STATUS_ACCESS_DENIED),
        status => failed(cx, status),
    })?;
    let access = opened.access;
    insert(cx, std::sync::Arc::new(opened.file), access, inherit)
}

/// What is known of the file at a path.
pub(super) fn query(cx: &Cx, path: &[u16]) -> Result<Information, Errno> {
    let files = &cx.process.files;
    files.drives.nt_path(path).and_then(|path| files.query(&path)).map_err(|status| failed(cx, status))
}

/// Whether there is something at a path.
pub(super) fn exists(cx: &Cx, path: &[u16]) -> bool {
    query(cx, path).is_ok()
}

/// Opens what is there for a short while, and does something with it.
fn with_path<R>(
    cx: &Cx,
    path: &[u16],
    access: u32,
    options: CreateOptions,
    work: impl FnOnce(&File) -> Result<R, NTSTATUS>,
) -> Result<R, Errno> {
    let files = &cx.process.files;
    let request =
        OpenRequest { options: options | CreateOptions::SYNCHRONOUS_IO_NONALERT, ..OpenRequest::existing(access) };
    let opened = files.drives.nt_path(path).and_then(|path| files.open(&path, &request));
    opened.and_then(|opened| work(&opened.file)).map_err(|status| failed(cx, status))
}

/// Deletes a file; a folder is refused.
pub(super) fn delete(cx: &Cx, path: &[u16]) -> Result<(), Errno> {
    if query(cx, path)?.is_directory() {
        return Err(failed(cx, NTSTATUS::STATUS_ACCESS_DENIED));
    }
    with_path(cx, path, DELETE, CreateOptions::OPEN_REPARSE_POINT | CreateOptions::NON_DIRECTORY_FILE, File::delete_now)
}

/// Deletes an empty folder.
pub(super) fn remove_folder(cx: &Cx, path: &[u16]) -> Result<(), Errno> {
    if !query(cx, path)?.is_directory() {
        return Err(Errno::EINVAL);
    }
    with_path(cx, path, DELETE, CreateOptions::DIRECTORY_FILE, File::delete_now)
}

/// Makes a folder.
pub(super) fn make_folder(cx: &Cx, path: &[u16]) -> Result<(), Errno> {
    let request = OpenRequest {
        disposition: Disposition::Create,
        options: CreateOptions::DIRECTORY_FILE | CreateOptions::SYNCHRONOUS_IO_NONALERT,
        ..OpenRequest::existing(1)
    };
    let files = &cx.process.files;
    let opened = files.drives.nt_path(path).and_then(|path| files.open(&path, &request));
    opened.map(drop).map_err(|status| failed(cx, status))
}

/// Renames a file or folder; a name that is taken is an error.
pub(super) fn rename(cx: &Cx, from: &[u16], to: &[u16]) -> Result<(), Errno> {
    let files = &cx.process.files;
    let to = files.drives.nt_path(to).map_err(|status| failed(cx, status))?;
    with_path(cx, from, DELETE, CreateOptions::OPEN_REPARSE_POINT, |file| files.rename(file, &to, false))
}

/// Sets or clears a file's read-only attribute.
pub(super) fn set_read_only(cx: &Cx, path: &[u16], read_only: bool) -> Result<(), Errno> {
    let mut attributes = query(cx, path)?.attributes;
    attributes.set(FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY, read_only);
    if attributes.is_empty() {
        attributes = FILE_ATTRIBUTE::FILE_ATTRIBUTE_NORMAL;
    }
    with_path(cx, path, 0x100, CreateOptions::empty(), |file| file.set_attributes(attributes))
}

/// Sets the times of the file at a path.
pub(super) fn set_path_times(cx: &Cx, path: &[u16], times: Times) -> Result<(), Errno> {
    with_path(cx, path, 0x100, CreateOptions::empty(), |file| file.set_times(times))
}

/// Begins a walk through the entries that match a path with wildcards.
pub(super) fn search(cx: &Cx, path: &[u16]) -> Result<Search, Errno> {
    let is_separator = |&unit: &u16| unit == u16::from(b'\\') || unit == u16::from(b'/') || unit == u16::from(b':');
    let split = path.iter().rposition(is_separator).map_or(0, |index| index + 1);
    let (folder, pattern) = path.split_at(split);
    let dot = [u16::from(b'.')];
    let folder = if folder.is_empty() { &dot[..] } else { folder };
    let files = &cx.process.files;
    let pattern = syscall_xlate::file::from_win32(pattern);
    files.drives.nt_path(folder).and_then(|folder| files.search(&folder, &pattern)).map_err(|status| failed(cx, status))
}

/// The next entry of a walk.
pub(super) fn next_entry(search: &mut Search) -> Option<DirectoryEntry> {
    search.next_entry()
}

/// The current folder.
pub(super) fn current_folder(cx: &Cx) -> Vec<u16> {
    cx.process.files.drives.current_directory()
}

/// The full path of a path.
pub(super) fn full_path(cx: &Cx, path: &[u16]) -> Result<Vec<u16>, Errno> {
    if path.is_empty() {
        return Ok(current_folder(cx));
    }
    cx.process.files.drives.full_path(path).ok_or(Errno::EINVAL)
}

/// Makes a folder the current one.
pub(super) fn set_current_folder(cx: &Cx, path: &[u16]) -> Result<(), Errno> {
    if !query(cx, path)?.is_directory() {
        return Err(Errno::ENOENT);
    }
    let full = full_path(cx, path)?;
    cx.process.files.drives.set_current_directory(&full);
    Ok(())
}

/// The drives there are, one bit each.
pub(super) fn drive_letters(cx: &Cx) -> Vec<u8> {
    cx.process.files.drives.letters().to_vec()
}

/// The folder for temporary files, with a separator at its end.
pub(super) fn temporary_folder(cx: &Cx) -> Vec<u16> {
    let variable = |name: &str| cx.process.environment.get(&name.encode_utf16().collect::<Vec<u16>>());
    let mut folder = variable("TMP").or_else(|| variable("TEMP")).unwrap_or_else(|| current_folder(cx));
    if folder.last() != Some(&u16::from(b'\\')) {
        folder.push(b'\\'.into());
    }
    folder
}

/// Sets an environment variable, or removes it.
pub(super) fn set_environment_variable(cx: &Cx, name: &[u16], value: Option<&[u16]>) -> Result<(), Errno> {
    cx.process.environment.set(name, value).map_err(|status| failed(cx, status))
}

/// All environment variables, by name and value.
pub(super) fn environment(cx: &Cx) -> Vec<(Vec<u16>, Vec<u16>)> {
    cx.process.environment.all()
}

/// Text in the ANSI code page as UTF-16.
pub(super) fn widen_path(_: &Cx, text: &[u8]) -> Vec<u16> {
    syscall_xlate::nls::ansi_to_wide(text)
}

/// UTF-16 as text in the ANSI code page.
pub(super) fn narrow_path(_: &Cx, text: &[u16]) -> Vec<u8> {
    syscall_xlate::nls::wide_to_ansi(text)
}

const STANDARD: [Standard; 3] = [Standard::Input, Standard::Output, Standard::Error];

/// The handle of standard input, output or error; `None` where the process has none.
pub(super) fn standard_handle(cx: &Cx, number: usize) -> Option<HANDLE> {
    let handle = cx.process.standard.get(cx.process, *STANDARD.get(number)?);
    (handle != HANDLE::NULL && handle != HANDLE::INVALID).then_some(handle)
}

/// Sets the handle of standard input, output or error.
pub(super) fn set_standard_handle(cx: &Cx, number: usize, handle: HANDLE) {
    if let Some(&which) = STANDARD.get(number) {
        cx.process.standard.set(cx.process, which, handle);
    }
}

/// The command line.
pub(super) fn command_line(cx: &Cx) -> Vec<u16> {
    cx.process.command_line_text()
}

/// The program's own path.
pub(super) fn program_path(cx: &Cx) -> Vec<u16> {
    cx.process.program().map(|program| program.guest_path().encode_utf16().collect()).unwrap_or_default()
}

/// The time now, in 100 ns since 1601.
pub(super) fn now() -> u64 {
    /// 1601 to 1970 in seconds.
    const SINCE_1601: u64 = 11_644_473_600;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64 / 100 + SINCE_1601 * 10_000_000
}

/// A random number from the host.
pub(super) fn random() -> Option<u32> {
    let mut bytes = [0; 4];
    std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes)).ok()?;
    Some(u32::from_le_bytes(bytes))
}
