//! Opening, creating and deleting.

use std::sync::Arc;

use abi::{HANDLE, Invalid, NTSTATUS, PCSTR, PCWSTR, Ptr, Refusal, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{Action, CreateOptions, Disposition, FILE_ATTRIBUTE, OpenRequest, Share};
use syscall_xlate::object::HandleFlags;
use syscall_xlate::object::access::{DELETE, SYNCHRONIZE};

use crate::kernel32::structs::SECURITY_ATTRIBUTES;
use crate::text;

abi::flags! {
    /// Rights to a file; generic ones are mapped.
    pub(in crate::kernel32) struct FILE_ACCESS: u32 {
        GENERIC_READ = 0x8000_0000;
        GENERIC_WRITE = 0x4000_0000;
        GENERIC_EXECUTE = 0x2000_0000;
        GENERIC_ALL = 0x1000_0000;
        DELETE = 0x1_0000;
        READ_CONTROL = 0x2_0000;
        SYNCHRONIZE = 0x10_0000;
        FILE_READ_DATA = 0x1;
        FILE_WRITE_DATA = 0x2;
        FILE_APPEND_DATA = 0x4;
        FILE_READ_ATTRIBUTES = 0x80;
        FILE_WRITE_ATTRIBUTES = 0x100;
    }

    /// What other openers may do.
    pub(in crate::kernel32) struct FILE_SHARE: u32 {
        FILE_SHARE_READ = 0x1;
        FILE_SHARE_WRITE = 0x2;
        FILE_SHARE_DELETE = 0x4;
    }

    /// Attributes of a new file and flags of its handle, which share a parameter.
    pub(in crate::kernel32) struct FLAGS_AND_ATTRIBUTES: u32 {
        FILE_ATTRIBUTE_READONLY = 0x1;
        FILE_ATTRIBUTE_HIDDEN = 0x2;
        FILE_ATTRIBUTE_SYSTEM = 0x4;
        FILE_ATTRIBUTE_ARCHIVE = 0x20;
        FILE_ATTRIBUTE_NORMAL = 0x80;
        FILE_ATTRIBUTE_TEMPORARY = 0x100;
        FILE_FLAG_WRITE_THROUGH = 0x8000_0000;
        FILE_FLAG_OVERLAPPED = 0x4000_0000;
        FILE_FLAG_NO_BUFFERING = 0x2000_0000;
        FILE_FLAG_RANDOM_ACCESS = 0x1000_0000;
        FILE_FLAG_SEQUENTIAL_SCAN = 0x0800_0000;
        FILE_FLAG_DELETE_ON_CLOSE = 0x0400_0000;
        FILE_FLAG_BACKUP_SEMANTICS = 0x0200_0000;
        FILE_FLAG_POSIX_SEMANTICS = 0x0100_0000;
        FILE_FLAG_OPEN_REPARSE_POINT = 0x0020_0000;
    }
}

abi::choices! {
    /// What to do with a file that is there, and with one that is not.
    pub(in crate::kernel32) struct CREATION_DISPOSITION: u32 {
        CREATE_NEW = 1;
        CREATE_ALWAYS = 2;
        OPEN_EXISTING = 3;
        OPEN_ALWAYS = 4;
        TRUNCATE_EXISTING = 5;
    }
}

/// Creates a folder.
#[shim(partial = "lpSecurityAttributes is ignored: the host's permissions apply")]
pub(in crate::kernel32) fn CreateDirectoryA(
    cx: &Cx,
    lpPathName: PCSTR,
    lpSecurityAttributes: Ptr<SECURITY_ATTRIBUTES>,
) -> Win32Result<()> {
    let _ = lpSecurityAttributes;
    create_directory(cx, &text::to_wide(cx, &lpPathName.read()?))
}

/// Creates a folder.
#[shim(partial = "lpSecurityAttributes is ignored: the host's permissions apply")]
pub(in crate::kernel32) fn CreateDirectoryW(
    cx: &Cx,
    lpPathName: PCWSTR,
    lpSecurityAttributes: Ptr<SECURITY_ATTRIBUTES>,
) -> Win32Result<()> {
    let _ = lpSecurityAttributes;
    create_directory(cx, &lpPathName.read()?)
}

fn create_directory(cx: &Cx, path: &[u16]) -> Win32Result<()> {
    let request = OpenRequest {
        disposition: Disposition::Create,
        options: CreateOptions::DIRECTORY_FILE | CreateOptions::SYNCHRONOUS_IO_NONALERT,
        ..OpenRequest::existing(SYNCHRONIZE)
    };
    match open(cx, path, &request) {
        Ok(_) => Ok(()),
        // As Windows: the name is taken, by whatever.
        Err(Refusal::Fails(WIN32_ERROR::ERROR_FILE_EXISTS)) => Err(WIN32_ERROR::ERROR_ALREADY_EXISTS.into()),
        Err(error) => Err(error),
    }
}

/// Opens or creates a file, folder, pipe or device.
#[shim(partial = "lpSecurityAttributes is used for inheritance only; hTemplateFile is ignored")]
pub(in crate::kernel32) fn CreateFileA(
    cx: &Cx,
    lpFileName: PCSTR,
    dwDesiredAccess: FILE_ACCESS,
    dwShareMode: FILE_SHARE,
    lpSecurityAttributes: Ptr<SECURITY_ATTRIBUTES>,
    dwCreationDisposition: CREATION_DISPOSITION,
    dwFlagsAndAttributes: FLAGS_AND_ATTRIBUTES,
    hTemplateFile: HANDLE,
) -> Win32Result<Invalid<HANDLE>> {
    let _ = hTemplateFile;
    let path = text::to_wide(cx, &lpFileName.read()?);
    let request = request(dwDesiredAccess, dwShareMode, dwCreationDisposition, dwFlagsAndAttributes)?;
    create_file(cx, &path, &request, dwCreationDisposition, lpSecurityAttributes)
}

/// Opens or creates a file, folder, pipe or device.
#[shim(partial = "lpSecurityAttributes is used for inheritance only; hTemplateFile is ignored")]
pub(in crate::kernel32) fn CreateFileW(
    cx: &Cx,
    lpFileName: PCWSTR,
    dwDesiredAccess: FILE_ACCESS,
    dwShareMode: FILE_SHARE,
    lpSecurityAttributes: Ptr<SECURITY_ATTRIBUTES>,
    dwCreationDisposition: CREATION_DISPOSITION,
    dwFlagsAndAttributes: FLAGS_AND_ATTRIBUTES,
    hTemplateFile: HANDLE,
) -> Win32Result<Invalid<HANDLE>> {
    let _ = hTemplateFile;
    let request = request(dwDesiredAccess, dwShareMode, dwCreationDisposition, dwFlagsAndAttributes)?;
    create_file(cx, &lpFileName.read()?, &request, dwCreationDisposition, lpSecurityAttributes)
}

fn request(
    access: FILE_ACCESS,
    share: FILE_SHARE,
    disposition: CREATION_DISPOSITION,
    flags: FLAGS_AND_ATTRIBUTES,
) -> Win32Result<OpenRequest> {
    let disposition = match disposition {
        CREATION_DISPOSITION::CREATE_NEW => Disposition::Create,
        CREATION_DISPOSITION::CREATE_ALWAYS => Disposition::OverwriteIf,
        CREATION_DISPOSITION::OPEN_EXISTING => Disposition::Open,
        CREATION_DISPOSITION::OPEN_ALWAYS => Disposition::OpenIf,
        CREATION_DISPOSITION::TRUNCATE_EXISTING => {
            // Documented: the caller must open with GENERIC_WRITE.
            if !access.intersects(FILE_ACCESS::GENERIC_WRITE | FILE_ACCESS::GENERIC_ALL | FILE_ACCESS::FILE_WRITE_DATA)
            {
                return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
            }
            Disposition::Overwrite
        }
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
    let mut options = CreateOptions::empty();
    let mut set = |flag, option| {
        if flags.contains(flag) {
            options |= option;
        }
    };
    set(FLAGS_AND_ATTRIBUTES::FILE_FLAG_WRITE_THROUGH, CreateOptions::WRITE_THROUGH);
    set(FLAGS_AND_ATTRIBUTES::FILE_FLAG_DELETE_ON_CLOSE, CreateOptions::DELETE_ON_CLOSE);
    set(FLAGS_AND_ATTRIBUTES::FILE_FLAG_BACKUP_SEMANTICS, CreateOptions::OPEN_FOR_BACKUP_INTENT);
    set(FLAGS_AND_ATTRIBUTES::FILE_FLAG_OPEN_REPARSE_POINT, CreateOptions::OPEN_REPARSE_POINT);
    if !flags.contains(FLAGS_AND_ATTRIBUTES::FILE_FLAG_OVERLAPPED) {
        options |= CreateOptions::SYNCHRONOUS_IO_NONALERT;
    }
    if !flags.contains(FLAGS_AND_ATTRIBUTES::FILE_FLAG_BACKUP_SEMANTICS) {
        options |= CreateOptions::NON_DIRECTORY_FILE;
    }
    let mut access = access.bits() | SYNCHRONIZE | syscall_xlate::file::FILE_READ_ATTRIBUTES;
    if flags.contains(FLAGS_AND_ATTRIBUTES::FILE_FLAG_DELETE_ON_CLOSE) {
        access |= DELETE;
    }
    Ok(OpenRequest {
        access,
        attributes: FILE_ATTRIBUTE::from_bits_retain(flags.bits() & 0xffff),
        share: Share::from_bits_truncate(share.bits()),
        disposition,
        options,
    })
}

fn create_file(
    cx: &Cx,
    path: &[u16],
    request: &OpenRequest,
    disposition: CREATION_DISPOSITION,
    security: Ptr<SECURITY_ATTRIBUTES>,
) -> Win32Result<Invalid<HANDLE>> {
    let inherit = security.opt().map(Ptr::read).transpose()?.is_some_and(|security| security.bInheritHandle != 0);
    let flags = if inherit { HandleFlags::INHERIT } else { HandleFlags::empty() };
    let (handle, action) = open_handle(cx, path, request, flags)?;
    // Documented: success, and ERROR_ALREADY_EXISTS says that the file was there before.
    let existed = matches!(action, Action::Opened | Action::Overwritten | Action::Superseded)
        && [CREATION_DISPOSITION::CREATE_ALWAYS, CREATION_DISPOSITION::OPEN_ALWAYS].contains(&disposition);
    cx.thread.set_last_error(if existed { WIN32_ERROR::ERROR_ALREADY_EXISTS } else { WIN32_ERROR::ERROR_SUCCESS });
    Ok(Invalid(handle))
}

fn open_handle(cx: &Cx, path: &[u16], request: &OpenRequest, flags: HandleFlags) -> Win32Result<(HANDLE, Action)> {
    let opened = open(cx, path, request)?;
    let handle = cx.process.handles.insert(Arc::new(opened.file), opened.access, flags)?;
    Ok((handle, opened.action))
}

fn open(cx: &Cx, path: &[u16], request: &OpenRequest) -> Win32Result<syscall_xlate::file::Opened> {
    let files = &cx.process.files;
    let opened = files.open(&files.drives.nt_path(path)?, request).map_err(|status| match status {
        // Win32 knows no folder where a file is wanted.
        NTSTATUS::STATUS_FILE_IS_A_DIRECTORY => WIN32_ERROR::ERROR_ACCESS_DENIED,
        NTSTATUS::STATUS_OBJECT_NAME_COLLISION => WIN32_ERROR::ERROR_FILE_EXISTS,
        status => status.into(),
    })?;
    Ok(opened)
}

/// Deletes a file.
#[shim(full)]
pub(in crate::kernel32) fn DeleteFileA(cx: &Cx, lpFileName: PCSTR) -> Win32Result<()> {
    delete(cx, &text::to_wide(cx, &lpFileName.read()?), CreateOptions::NON_DIRECTORY_FILE)
}

/// Deletes a file.
#[shim(full)]
pub(in crate::kernel32) fn DeleteFileW(cx: &Cx, lpFileName: PCWSTR) -> Win32Result<()> {
    delete(cx, &lpFileName.read()?, CreateOptions::NON_DIRECTORY_FILE)
}

/// Deletes an empty folder.
#[shim(full)]
pub(in crate::kernel32) fn RemoveDirectoryA(cx: &Cx, lpPathName: PCSTR) -> Win32Result<()> {
    delete(cx, &text::to_wide(cx, &lpPathName.read()?), CreateOptions::DIRECTORY_FILE)
}

/// Deletes an empty folder.
#[shim(full)]
pub(in crate::kernel32) fn RemoveDirectoryW(cx: &Cx, lpPathName: PCWSTR) -> Win32Result<()> {
    delete(cx, &lpPathName.read()?, CreateOptions::DIRECTORY_FILE)
}

fn delete(cx: &Cx, path: &[u16], kind: CreateOptions) -> Win32Result<()> {
    let options = kind | CreateOptions::OPEN_REPARSE_POINT | CreateOptions::SYNCHRONOUS_IO_NONALERT;
    let request = OpenRequest { options, ..OpenRequest::existing(DELETE | SYNCHRONIZE) };
    let opened = open(cx, path, &request)?;
    Ok(opened.file.set_disposition(true)?)
}
