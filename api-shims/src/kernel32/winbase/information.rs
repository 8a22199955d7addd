//! What is known of a file, by class.

use abi::{HANDLE, NTSTATUS, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::files::{self, Class, Entries, Listing};
use crate::kernel32::fileapi::with_file;

abi::choices! {
    /// A class of information.
    pub(in crate::kernel32) struct FILE_INFO_BY_HANDLE_CLASS: i32 {
        FileBasicInfo = 0;
        FileStandardInfo = 1;
        FileNameInfo = 2;
        FileRenameInfo = 3;
        FileDispositionInfo = 4;
        FileAllocationInfo = 5;
        FileEndOfFileInfo = 6;
        FileStreamInfo = 7;
        FileCompressionInfo = 8;
        FileAttributeTagInfo = 9;
        FileIdBothDirectoryInfo = 10;
        FileIdBothDirectoryRestartInfo = 11;
        FileIoPriorityHintInfo = 12;
        FileRemoteProtocolInfo = 13;
        FileFullDirectoryInfo = 14;
        FileFullDirectoryRestartInfo = 15;
        FileStorageInfo = 16;
        FileAlignmentInfo = 17;
        FileIdInfo = 18;
        FileIdExtdDirectoryInfo = 19;
        FileIdExtdDirectoryRestartInfo = 20;
        FileDispositionInfoEx = 21;
        FileRenameInfoEx = 22;
        FileCaseSensitiveInfo = 23;
        FileNormalizedNameInfo = 24;
    }
}

impl FILE_INFO_BY_HANDLE_CLASS {
    /// The class of the service that is asked, where that tells or takes the same.
    pub(in crate::kernel32) const fn service(self) -> Option<Class> {
        Some(match self {
            Self::FileBasicInfo => Class::FileBasicInformation,
            Self::FileStandardInfo => Class::FileStandardInformation,
            Self::FileNameInfo => Class::FileNameInformation,
            Self::FileRenameInfo => Class::FileRenameInformation,
            Self::FileDispositionInfo => Class::FileDispositionInformation,
            Self::FileAllocationInfo => Class::FileAllocationInformation,
            Self::FileEndOfFileInfo => Class::FileEndOfFileInformation,
            Self::FileStreamInfo => Class::FileStreamInformation,
            Self::FileCompressionInfo => Class::FileCompressionInformation,
            Self::FileAttributeTagInfo => Class::FileAttributeTagInformation,
            Self::FileIoPriorityHintInfo => Class::FileIoPriorityHintInformation,
            Self::FileAlignmentInfo => Class::FileAlignmentInformation,
            Self::FileIdInfo => Class::FileIdInformation,
            Self::FileDispositionInfoEx => Class::FileDispositionInformationEx,
            Self::FileRenameInfoEx => Class::FileRenameInformationEx,
            Self::FileNormalizedNameInfo => Class::FileNormalizedNameInformation,
            Self::FileCaseSensitiveInfo => Class::FileCaseSensitiveInformation,
            _ => return None,
        })
    }
}

/// Gives what is known of an open file.
#[shim(partial = "no remote protocols and storage")]
pub(in crate::kernel32) fn GetFileInformationByHandleEx(
    cx: &Cx,
    hFile: HANDLE,
    FileInformationClass: FILE_INFO_BY_HANDLE_CLASS,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Win32Result<()> {
    use FILE_INFO_BY_HANDLE_CLASS as Class;
    let size = dwBufferSize as usize;
    let (entries, restart) = match FileInformationClass {
        Class::FileIdBothDirectoryInfo => (Entries::IdBoth, false),
        Class::FileIdBothDirectoryRestartInfo => (Entries::IdBoth, true),
        Class::FileFullDirectoryInfo => (Entries::Full, false),
        Class::FileFullDirectoryRestartInfo => (Entries::Full, true),
        Class::FileIdExtdDirectoryInfo => (Entries::IdExtended, false),
        Class::FileIdExtdDirectoryRestartInfo => (Entries::IdExtended, true),
        // These are for changing only.
        Class::FileRenameInfo | Class::FileDispositionInfo | Class::FileAllocationInfo | Class::FileEndOfFileInfo => {
            return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
        }
        class => {
            let class = class.service().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
            let told = files::query(cx, hFile, class, size, lpFileInformation.width())?;
            return succeeded(told.give(lpFileInformation, size)?.0);
        }
    };
    if size < entries.least() {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    let listing = Listing { entries, pattern: None, restart, single: false };
    let (status, bytes) = with_file(cx, hFile, |file| files::list(file, &listing, size))?;
    lpFileInformation.write_bytes(&bytes)?;
    succeeded(status)
}

/// A warning is a failure here.
fn succeeded(status: NTSTATUS) -> Win32Result<()> {
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}
