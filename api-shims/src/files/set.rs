//! Changing an open file, by class of information
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntsetinformationfile>).

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult, Ptr, Wide};
use syscall_xlate::Cx;
use syscall_xlate::file::{
    Deletion, FILE_ATTRIBUTE, FILE_READ_DATA, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA, File, Information,
    NotificationModes, SeekFrom, Times,
};
use syscall_xlate::object::access::{Access, DELETE};
use syscall_xlate::sync::completion;

use super::query::{Class, FILE_BASIC_INFORMATION};
use super::take;

abi::guest_struct! {
    /// The fixed part of a new name; the name follows.
    struct FILE_RENAME_INFORMATION {
        Flags: u32,
        RootDirectory: HANDLE,
        FileNameLength: u32,
    }

    /// The completion port that a file's operations are told to.
    struct FILE_COMPLETION_INFORMATION {
        Port: HANDLE,
        Key: usize,
    }
}

/// How the guest writes a new name: gives its NT path, from the file that is renamed, the folder it is in and the name.
pub(crate) type Naming = fn(&Cx, &File, HANDLE, &[u16]) -> NtResult<Wide>;

/// `FILE_RENAME_REPLACE_IF_EXISTS`, `FILE_LINK_REPLACE_IF_EXISTS`; without flags a BOOLEAN.
const REPLACE_IF_EXISTS: u32 = 1;
/// A BOOLEAN among four bytes.
const BOOLEAN: u32 = 0xff;

/// What a class is about is set.
///
/// # Errors
/// `STATUS_INVALID_INFO_CLASS`, `STATUS_INFO_LENGTH_MISMATCH`, those of the handle, `STATUS_ACCESS_DENIED` for one without the documented right,
/// and the file's own.
pub(crate) fn set(
    cx: &Cx,
    handle: HANDLE,
    class: Class,
    (from, size): (Ptr<u8>, usize),
    naming: Naming,
) -> NtResult<()> {
    use Class as C;
    let file = |required: Access| cx.process.handles.get::<File>(handle, required);
    match class {
        C::FileBasicInformation => {
            let wanted = take::<FILE_BASIC_INFORMATION>(from, size)?;
            set_basic(&*file(FILE_WRITE_ATTRIBUTES)?, &wanted)
        }
        C::FileRenameInformation | C::FileRenameInformationEx | C::FileLinkInformation | C::FileLinkInformationEx => {
            let (wanted, name) = new_name(from, size)?;
            let links = matches!(class, C::FileLinkInformation | C::FileLinkInformationEx);
            let file = file(if links { 0 } else { DELETE })?;
            let to = naming(cx, &file, wanted.RootDirectory, &name)?;
            let flags = matches!(class, C::FileRenameInformationEx | C::FileLinkInformationEx);
            let replace = wanted.Flags & if flags { REPLACE_IF_EXISTS } else { BOOLEAN } != 0;
            let files = &cx.process.files;
            if links { files.link(&file, &to, replace) } else { files.rename(&file, &to, replace) }
        }
        C::FileDispositionInformation => {
            let delete = take::<u8>(from, size)? != 0;
            file(DELETE)?.set_disposition(delete)
        }
        C::FileDispositionInformationEx => {
            let how = take::<u32>(from, size)?;
            file(DELETE)?.dispose(Deletion::from_bits_retain(how))
        }
        C::FilePositionInformation => {
            let position = take::<i64>(from, size)?;
            let file = file(0)?;
            if file.access() & (FILE_READ_DATA | FILE_WRITE_DATA) == 0 {
                return Err(NTSTATUS::STATUS_ACCESS_DENIED);
            }
            file.seek(position, SeekFrom::Start).map(drop)
        }
        C::FileModeInformation => {
            let mode = take::<u32>(from, size)?;
            file(0)?.set_mode(mode)
        }
        C::FileAllocationInformation => {
            let wanted = offset(from, size)?;
            file(FILE_WRITE_DATA)?.set_allocation(wanted)
        }
        C::FileEndOfFileInformation => {
            let wanted = offset(from, size)?;
            file(FILE_WRITE_DATA)?.set_end(wanted)
        }
        C::FileCompletionInformation => {
            let wanted = take::<FILE_COMPLETION_INFORMATION>(from, size)?;
            let file = file(0)?;
            let port = completion::queue(&cx.process.handles, wanted.Port, completion::MODIFY_STATE)?;
            file.associate(Arc::clone(&port), wanted.Key as u64)
        }
        C::FileIoCompletionNotificationInformation => {
            let modes = u8::try_from(take::<u32>(from, size)?).ok().and_then(NotificationModes::from_bits);
            let modes = modes.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
            file(0)?.add_notification_modes(modes);
            Ok(())
        }
        // A hint: the host's scheduler has its own mind.
        C::FileIoPriorityHintInformation => {
            take::<u32>(from, size)?;
            file(0).map(drop)
        }
        // Documented: it takes SE_MANAGE_VOLUME_NAME, which nobody has here.
        C::FileValidDataLengthInformation => {
            take::<i64>(from, size)?;
            file(FILE_WRITE_DATA)?;
            Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD)
        }
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}

fn offset(from: Ptr<u8>, size: usize) -> NtResult<u64> {
    u64::try_from(take::<i64>(from, size)?).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)
}

fn new_name(from: Ptr<u8>, size: usize) -> NtResult<(FILE_RENAME_INFORMATION, Wide)> {
    let wanted = take::<FILE_RENAME_INFORMATION>(from, size)?;
    let at = FILE_RENAME_INFORMATION::offset_of(from.width(), "FileNameLength").unwrap_or_default() + 4;
    let length = wanted.FileNameLength as usize;
    if length == 0 || !length.is_multiple_of(2) || length > size - at {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    Ok((wanted, from.byte_offset(at as u64).cast::<u16>().read_slice(length / 2)?))
}

/// Zero leaves a time or the attributes as they are; -1 and -2 say whether operations change a time, which here is the host's affair.
fn set_basic(file: &File, wanted: &FILE_BASIC_INFORMATION) -> NtResult<()> {
    let times = [wanted.CreationTime, wanted.LastAccessTime, wanted.LastWriteTime, wanted.ChangeTime];
    let folder = FILE_ATTRIBUTE::FILE_ATTRIBUTE_DIRECTORY;
    if times.iter().any(|&time| time < -2)
        || wanted.FileAttributes.contains(folder) && !file.information().as_ref().is_ok_and(Information::is_directory)
    {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let time = |time: i64| (time > 0).then_some(time);
    let [created, accessed, written] = [times[0], times[1], times[2]].map(time);
    file.set_times(Times { created, accessed, written })?;
    if wanted.FileAttributes.is_empty() { Ok(()) } else { file.set_attributes(wanted.FileAttributes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::{Guest, Width};

    #[test]
    fn a_name_follows_the_fixed_part() {
        let at = |width| FILE_RENAME_INFORMATION::offset_of(width, "FileNameLength");
        assert_eq!((at(Width::W64), at(Width::W32)), (Some(16), Some(8)));
        assert_eq!(FILE_RENAME_INFORMATION::layout(Width::W64).size, 24);
    }
}
