//! Changing a file, by class of information.

use abi::{Guest, HANDLE, NtResult, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{File, Times};

use super::transfer::with_file;
use crate::kernel32::winbase::{FILE_BASIC_INFO, FILE_INFO_BY_HANDLE_CLASS};

abi::guest_struct! {
    /// The fixed part of a new name; the name follows.
    pub(in crate::kernel32) struct FILE_RENAME_INFO {
        Flags: u32,
        RootDirectory: HANDLE,
        FileNameLength: u32,
    }
}

/// `FILE_DISPOSITION_FLAG_DELETE`, `FILE_RENAME_FLAG_REPLACE_IF_EXISTS`
const FLAG_FIRST: u32 = 1;
/// `FILE_DISPOSITION_FLAG_POSIX_SEMANTICS`
const FLAG_POSIX: u32 = 2;

/// Changes an open file.
#[shim(partial = "times and attributes, name, deletion, size")]
pub(in crate::kernel32) fn SetFileInformationByHandle(
    cx: &Cx,
    hFile: HANDLE,
    FileInformationClass: FILE_INFO_BY_HANDLE_CLASS,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Win32Result<()> {
    use FILE_INFO_BY_HANDLE_CLASS as Class;
    let size = dwBufferSize as usize;
    let take_u64 = || take::<u64>(lpFileInformation, size);
    match FileInformationClass {
        Class::FileBasicInfo => {
            let wanted = take::<FILE_BASIC_INFO>(lpFileInformation, size)?;
            with_file(cx, hFile, |file| set_basic(file, &wanted))
        }
        Class::FileRenameInfo | Class::FileRenameInfoEx => {
            let wanted = take::<FILE_RENAME_INFO>(lpFileInformation, size)?;
            let replace = wanted.Flags & FLAG_FIRST != 0;
            let offset = FILE_RENAME_INFO::offset_of(lpFileInformation.width(), "FileNameLength").unwrap_or(0) + 4;
            let name = lpFileInformation.byte_offset(offset as u64).cast::<u16>();
            let name = name.read_slice(wanted.FileNameLength as usize / 2)?;
            let files = &cx.process.files;
            let to = files.drives.nt_path(&name)?;
            with_file(cx, hFile, |file| files.rename(file, &to, replace))
        }
        Class::FileDispositionInfo => {
            let delete = take::<u8>(lpFileInformation, size)? != 0;
            with_file(cx, hFile, |file| file.set_disposition(delete))
        }
        Class::FileDispositionInfoEx => {
            let flags = take::<u32>(lpFileInformation, size)?;
            with_file(cx, hFile, |file| match flags & (FLAG_FIRST | FLAG_POSIX) {
                both if both == FLAG_FIRST | FLAG_POSIX => file.delete_now(),
                flags => file.set_disposition(flags & FLAG_FIRST != 0),
            })
        }
        Class::FileAllocationInfo => {
            let wanted = take_u64()?;
            with_file(cx, hFile, |file| file.set_allocation(wanted))
        }
        Class::FileEndOfFileInfo => {
            let wanted = take_u64()?;
            with_file(cx, hFile, |file| file.set_end(wanted))
        }
        // A hint: the host's scheduler has its own mind.
        Class::FileIoPriorityHintInfo => with_file(cx, hFile, |_| Ok(())),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

fn take<T: Guest>(from: Ptr<u8>, size: usize) -> Win32Result<T> {
    if size < T::layout(from.width()).size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    Ok(from.cast::<T>().read()?)
}

/// Zero leaves a time or the attributes as they are; -1 stops changing them, which nothing here does by itself.
fn set_basic(file: &File, wanted: &FILE_BASIC_INFO) -> NtResult<()> {
    let time = |time: i64| (time > 0).then_some(time);
    file.set_times(Times {
        created: time(wanted.CreationTime),
        accessed: time(wanted.LastAccessTime),
        written: time(wanted.LastWriteTime),
    })?;
    if wanted.FileAttributes.is_empty() { Ok(()) } else { file.set_attributes(wanted.FileAttributes) }
}
