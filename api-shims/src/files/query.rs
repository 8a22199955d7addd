//! What is known of an open file, by class of information
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryinformationfile>).

use abi::{HANDLE, NTSTATUS, NtResult, Width};
use syscall_xlate::Cx;
use syscall_xlate::file::{FILE_ATTRIBUTE, FILE_READ_ATTRIBUTES, File, Information, Medium};
use syscall_xlate::object::Access;

use super::{Told, encoded, text_bytes};

abi::choices! {
    /// A class of information about a file.
    pub(crate) struct Class: u32 {
        FileDirectoryInformation = 1;
        FileFullDirectoryInformation = 2;
        FileBothDirectoryInformation = 3;
        FileBasicInformation = 4;
        FileStandardInformation = 5;
        FileInternalInformation = 6;
        FileEaInformation = 7;
        FileAccessInformation = 8;
        FileNameInformation = 9;
        FileRenameInformation = 10;
        FileLinkInformation = 11;
        FileNamesInformation = 12;
        FileDispositionInformation = 13;
        FilePositionInformation = 14;
        FileModeInformation = 16;
        FileAlignmentInformation = 17;
        FileAllInformation = 18;
        FileAllocationInformation = 19;
        FileEndOfFileInformation = 20;
        FileAlternateNameInformation = 21;
        FileStreamInformation = 22;
        FilePipeInformation = 23;
        FilePipeLocalInformation = 24;
        FileCompressionInformation = 28;
        FileCompletionInformation = 30;
        FileNetworkOpenInformation = 34;
        FileAttributeTagInformation = 35;
        FileIdBothDirectoryInformation = 37;
        FileIdFullDirectoryInformation = 38;
        FileValidDataLengthInformation = 39;
        FileIoCompletionNotificationInformation = 41;
        FileIoPriorityHintInformation = 43;
        FileNormalizedNameInformation = 48;
        FileIsRemoteDeviceInformation = 51;
        FileStandardLinkInformation = 54;
        FileIdInformation = 59;
        FileIdExtdDirectoryInformation = 60;
        FileIdExtdBothDirectoryInformation = 63;
        FileDispositionInformationEx = 64;
        FileRenameInformationEx = 65;
        FileStatInformation = 68;
        FileCaseSensitiveInformation = 71;
        FileLinkInformationEx = 72;
    }
}

abi::guest_struct! {
    /// Times and attributes.
    pub(crate) struct FILE_BASIC_INFORMATION {
        pub(crate) CreationTime: i64,
        pub(crate) LastAccessTime: i64,
        pub(crate) LastWriteTime: i64,
        pub(crate) ChangeTime: i64,
        pub(crate) FileAttributes: FILE_ATTRIBUTE,
    }

    /// Sizes and links.
    struct FILE_STANDARD_INFORMATION {
        AllocationSize: i64,
        EndOfFile: i64,
        NumberOfLinks: u32,
        DeletePending: u8,
        Directory: u8,
    }

    /// Times, sizes and attributes.
    pub(crate) struct FILE_NETWORK_OPEN_INFORMATION {
        CreationTime: i64,
        LastAccessTime: i64,
        LastWriteTime: i64,
        ChangeTime: i64,
        AllocationSize: i64,
        EndOfFile: i64,
        FileAttributes: FILE_ATTRIBUTE,
    }

    /// Attributes, and what kind of link it is.
    struct FILE_ATTRIBUTE_TAG_INFORMATION {
        FileAttributes: FILE_ATTRIBUTE,
        ReparseTag: u32,
    }

    /// How a pipe is read.
    struct FILE_PIPE_INFORMATION {
        ReadMode: u32,
        CompletionMode: u32,
    }

    /// A pipe as it is now, seen from one end.
    struct FILE_PIPE_LOCAL_INFORMATION {
        NamedPipeType: u32,
        NamedPipeConfiguration: u32,
        MaximumInstances: u32,
        CurrentInstances: u32,
        InboundQuota: u32,
        ReadDataAvailable: u32,
        OutboundQuota: u32,
        WriteQuotaAvailable: u32,
        NamedPipeState: u32,
        NamedPipeEnd: u32,
    }

    /// How a file is compressed.
    struct FILE_COMPRESSION_INFORMATION {
        CompressedFileSize: i64,
        CompressionFormat: u16,
        CompressionUnitShift: u8,
        ChunkShift: u8,
        ClusterShift: u8,
        Reserved: [u8; 3],
    }

    /// The names of a file.
    struct FILE_STANDARD_LINK_INFORMATION {
        NumberOfAccessibleLinks: u32,
        TotalNumberOfLinks: u32,
        DeletePending: u8,
        Directory: u8,
    }

    /// Number of the volume and on it.
    struct FILE_ID_INFORMATION {
        VolumeSerialNumber: u64,
        FileId: [u8; 16],
    }

    /// Nearly everything but the name.
    struct FILE_STAT_INFORMATION {
        FileId: i64,
        CreationTime: i64,
        LastAccessTime: i64,
        LastWriteTime: i64,
        ChangeTime: i64,
        AllocationSize: i64,
        EndOfFile: i64,
        FileAttributes: FILE_ATTRIBUTE,
        ReparseTag: u32,
        NumberOfLinks: u32,
        EffectiveAccess: u32,
    }

    /// A stream of a file, before its name.
    struct FILE_STREAM_INFORMATION {
        NextEntryOffset: u32,
        StreamNameLength: u32,
        StreamSize: i64,
        StreamAllocationSize: i64,
    }
}

/// `IO_REPARSE_TAG_SYMLINK`
pub(super) const SYMBOLIC_LINK: u32 = 0xa000_000c;
/// What an anonymous pipe of the host's holds, in bytes.
const PIPE_SIZE: u32 = 65536;

impl FILE_BASIC_INFORMATION {
    /// Of what is known of a file.
    pub(crate) fn new(known: &Information) -> Self {
        Self {
            CreationTime: known.created,
            LastAccessTime: known.accessed,
            LastWriteTime: known.written,
            ChangeTime: known.changed,
            FileAttributes: known.attributes,
        }
    }
}

impl FILE_NETWORK_OPEN_INFORMATION {
    /// Of what is known of a file.
    pub(crate) fn new(known: &Information) -> Self {
        Self {
            CreationTime: known.created,
            LastAccessTime: known.accessed,
            LastWriteTime: known.written,
            ChangeTime: known.changed,
            AllocationSize: known.allocated as i64,
            EndOfFile: known.size as i64,
            FileAttributes: known.attributes,
        }
    }
}

/// Bytes that a buffer must have at least, by class; `None` for a class that nothing is told of.
fn least(class: Class) -> Option<usize> {
    use Class as C;
    Some(match class {
        C::FileBasicInformation => 40,
        C::FileStandardInformation => 24,
        C::FileEaInformation
        | C::FileAccessInformation
        | C::FileModeInformation
        | C::FileAlignmentInformation
        | C::FileIoPriorityHintInformation
        | C::FileIoCompletionNotificationInformation
        | C::FileCaseSensitiveInformation => 4,
        C::FileInternalInformation
        | C::FileNameInformation
        | C::FileNormalizedNameInformation
        | C::FileAlternateNameInformation
        | C::FilePositionInformation
        | C::FilePipeInformation
        | C::FileAttributeTagInformation => 8,
        C::FileAllInformation => 104,
        C::FileStreamInformation => 32,
        C::FilePipeLocalInformation => 40,
        C::FileCompressionInformation => 16,
        C::FileNetworkOpenInformation => 56,
        C::FileIsRemoteDeviceInformation => 1,
        C::FileStandardLinkInformation => 12,
        C::FileIdInformation => 24,
        C::FileStatInformation => 72,
        _ => return None,
    })
}

/// Tells what a class is about. The buffer's size comes first, as in Windows, and then the handle.
///
/// # Errors
/// `STATUS_INVALID_INFO_CLASS`, `STATUS_INFO_LENGTH_MISMATCH`, those of the handle, `STATUS_ACCESS_DENIED` for one without the right to read
/// attributes, and the file's own.
pub(crate) fn query(cx: &Cx, handle: HANDLE, class: Class, size: usize, width: Width) -> NtResult<Told> {
    use Class as C;
    if size < least(class).ok_or(NTSTATUS::STATUS_INVALID_INFO_CLASS)? {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    // Documented for each of these.
    let required = match class {
        C::FileBasicInformation
        | C::FileAllInformation
        | C::FileNetworkOpenInformation
        | C::FileAttributeTagInformation
        | C::FileStatInformation => FILE_READ_ATTRIBUTES,
        _ => 0,
    };
    let file = cx.process.handles.get::<File>(handle, required)?;
    tell(cx, &file, cx.process.handles.info(handle)?.access, class, width)
}

/// Tells what a class is about of a file that is opened with these rights.
///
/// # Errors
/// `STATUS_INVALID_INFO_CLASS`, and the file's own.
pub(crate) fn tell(cx: &Cx, file: &File, access: Access, class: Class, width: Width) -> NtResult<Told> {
    use Class as C;
    let told = match class {
        C::FileBasicInformation => Told::fixed(&FILE_BASIC_INFORMATION::new(&file.information()?), width),
        C::FileStandardInformation => Told::fixed(&standard(file)?, width),
        C::FileInternalInformation => Told::fixed(&file.information()?.index, width),
        // No extended attributes.
        C::FileEaInformation => Told::fixed(&0u32, width),
        C::FileAccessInformation => Told::fixed(&access, width),
        C::FileNameInformation | C::FileNormalizedNameInformation => Told { bytes: name(cx, file)?, least: 8 },
        C::FilePositionInformation => Told::fixed(&(file.position()? as i64), width),
        C::FileModeInformation => Told::fixed(&file.mode(), width),
        // FILE_BYTE_ALIGNMENT.
        C::FileAlignmentInformation => Told::fixed(&0u32, width),
        C::FileAllInformation => all(cx, file, access, width)?,
        // There are no short names.
        C::FileAlternateNameInformation => return Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
        C::FileStreamInformation => streams(file, width)?,
        C::FilePipeInformation => pipe(file).map(|_| Told::fixed(&FILE_PIPE_INFORMATION::default(), width))?,
        C::FilePipeLocalInformation => Told::fixed(&pipe(file)?, width),
        C::FileCompressionInformation => {
            let size = file.information()?.size as i64;
            Told::fixed(&FILE_COMPRESSION_INFORMATION { CompressedFileSize: size, ..Default::default() }, width)
        }
        C::FileNetworkOpenInformation => Told::fixed(&FILE_NETWORK_OPEN_INFORMATION::new(&file.information()?), width),
        C::FileAttributeTagInformation => {
            let attributes = file.information()?.attributes;
            Told::fixed(
                &FILE_ATTRIBUTE_TAG_INFORMATION { FileAttributes: attributes, ReparseTag: tag(attributes) },
                width,
            )
        }
        C::FileIoCompletionNotificationInformation => Told::fixed(&u32::from(file.notification_modes().bits()), width),
        // IoPriorityNormal.
        C::FileIoPriorityHintInformation => Told::fixed(&2u32, width),
        C::FileIsRemoteDeviceInformation => Told::fixed(&0u8, width),
        C::FileStandardLinkInformation => {
            let known = standard(file)?;
            let names = FILE_STANDARD_LINK_INFORMATION {
                NumberOfAccessibleLinks: known.NumberOfLinks,
                TotalNumberOfLinks: file.information()?.links,
                DeletePending: known.DeletePending,
                Directory: known.Directory,
            };
            Told::fixed(&names, width)
        }
        C::FileIdInformation => {
            let known = file.information()?;
            let FileId = u128::from(known.index).to_le_bytes();
            Told::fixed(&FILE_ID_INFORMATION { VolumeSerialNumber: known.volume.into(), FileId }, width)
        }
        C::FileStatInformation => {
            let known = file.information()?;
            let found = FILE_STAT_INFORMATION {
                FileId: known.index as i64,
                CreationTime: known.created,
                LastAccessTime: known.accessed,
                LastWriteTime: known.written,
                ChangeTime: known.changed,
                AllocationSize: known.allocated as i64,
                EndOfFile: known.size as i64,
                FileAttributes: known.attributes,
                ReparseTag: tag(known.attributes),
                NumberOfLinks: known.links,
                EffectiveAccess: access,
            };
            Told::fixed(&found, width)
        }
        // No folder of ours tells names apart by case.
        C::FileCaseSensitiveInformation => match file.medium() {
            Medium::Directory => Told::fixed(&0u32, width),
            _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        },
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    };
    Ok(told)
}

fn tag(attributes: FILE_ATTRIBUTE) -> u32 {
    if attributes.contains(FILE_ATTRIBUTE::FILE_ATTRIBUTE_REPARSE_POINT) { SYMBOLIC_LINK } else { 0 }
}

fn standard(file: &File) -> NtResult<FILE_STANDARD_INFORMATION> {
    let (known, pending) = (file.information()?, file.is_delete_pending());
    Ok(FILE_STANDARD_INFORMATION {
        AllocationSize: known.allocated as i64,
        EndOfFile: known.size as i64,
        NumberOfLinks: known.links.saturating_sub(u32::from(pending)),
        DeletePending: pending.into(),
        Directory: known.is_directory().into(),
    })
}

/// The path without its drive, behind its length in bytes.
fn name(cx: &Cx, file: &File) -> NtResult<Vec<u8>> {
    let host = file.host_path().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST)?;
    let path = cx.process.files.drives.to_dos(&host);
    let path = path.get(2..).unwrap_or_default();
    let length = ((2 * path.len()) as u32).to_le_bytes();
    Ok(length.into_iter().chain(text_bytes(path)).collect())
}

/// `FILE_ALL_INFORMATION`: some of the others, one behind the other.
fn all(cx: &Cx, file: &File, access: u32, width: Width) -> NtResult<Told> {
    let known = file.information()?;
    let position = file.position().unwrap_or_default() as i64;
    let bytes = [
        encoded(&FILE_BASIC_INFORMATION::new(&known), width),
        encoded(&standard(file)?, width),
        encoded(&known.index, width),
        encoded(&[0u32, access], width),
        encoded(&position, width),
        encoded(&[file.mode(), 0], width),
        name(cx, file)?,
    ];
    Ok(Told { bytes: bytes.concat(), least: 100 })
}

/// The one stream that a file has; a folder has none.
fn streams(file: &File, width: Width) -> NtResult<Told> {
    let known = file.information()?;
    if known.is_directory() {
        return Ok(Told { bytes: Vec::new(), least: 0 });
    }
    let name: Vec<u16> = "::$DATA".encode_utf16().collect();
    let stream = FILE_STREAM_INFORMATION {
        NextEntryOffset: 0,
        StreamNameLength: (2 * name.len()) as u32,
        StreamSize: known.size as i64,
        StreamAllocationSize: known.allocated as i64,
    };
    let mut bytes = encoded(&stream, width);
    bytes.extend(text_bytes(&name));
    Ok(Told { least: 24, bytes })
}

/// # Errors
/// `STATUS_INVALID_PARAMETER` for what is no pipe.
fn pipe(file: &File) -> NtResult<FILE_PIPE_LOCAL_INFORMATION> {
    /// `FILE_PIPE_CONNECTED_STATE`, and the configurations `FILE_PIPE_INBOUND` and `FILE_PIPE_OUTBOUND`.
    const CONNECTED: u32 = 3;
    if !matches!(file.medium(), Medium::Pipe) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let available = match file.peek_pipe(None) {
        Ok(state) => state.available,
        // The end to write to, or nobody writes any more.
        Err(_) => 0,
    };
    Ok(FILE_PIPE_LOCAL_INFORMATION {
        MaximumInstances: 1,
        CurrentInstances: 1,
        InboundQuota: PIPE_SIZE,
        ReadDataAvailable: available,
        OutboundQuota: PIPE_SIZE,
        WriteQuotaAvailable: file.pipe_room(),
        NamedPipeState: CONNECTED,
        ..FILE_PIPE_LOCAL_INFORMATION::default()
    })
}
