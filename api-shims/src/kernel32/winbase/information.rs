//! What is known of a file, by class.

use abi::{Guest, HANDLE, NTSTATUS, Ptr, WIN32_ERROR, Width, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{DirectoryEntry, FILE_ATTRIBUTE, File, Information};

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
        FileDispositionInfoEx = 21;
        FileRenameInfoEx = 22;
    }
}

abi::guest_struct! {
    /// Times and attributes.
    pub(in crate::kernel32) struct FILE_BASIC_INFO {
        pub(in crate::kernel32) CreationTime: i64,
        pub(in crate::kernel32) LastAccessTime: i64,
        pub(in crate::kernel32) LastWriteTime: i64,
        pub(in crate::kernel32) ChangeTime: i64,
        pub(in crate::kernel32) FileAttributes: FILE_ATTRIBUTE,
    }

    /// Sizes and names.
    pub(in crate::kernel32) struct FILE_STANDARD_INFO {
        AllocationSize: i64,
        EndOfFile: i64,
        NumberOfLinks: u32,
        DeletePending: u8,
        Directory: u8,
    }

    /// Attributes, and what kind of link it is.
    pub(in crate::kernel32) struct FILE_ATTRIBUTE_TAG_INFO {
        FileAttributes: FILE_ATTRIBUTE,
        ReparseTag: u32,
    }

    /// Number of the volume and on it.
    pub(in crate::kernel32) struct FILE_ID_INFO {
        VolumeSerialNumber: u64,
        FileId: [u8; 16],
    }

    /// An entry of a folder, before its name.
    pub(in crate::kernel32) struct FILE_ID_BOTH_DIR_INFO {
        NextEntryOffset: u32,
        FileIndex: u32,
        CreationTime: i64,
        LastAccessTime: i64,
        LastWriteTime: i64,
        ChangeTime: i64,
        EndOfFile: i64,
        AllocationSize: i64,
        FileAttributes: FILE_ATTRIBUTE,
        FileNameLength: u32,
        EaSize: u32,
        ShortNameLength: u8,
        ShortName: [u16; 12],
        FileId: i64,
    }

    /// An entry of a folder, before its name, without its number.
    pub(in crate::kernel32) struct FILE_FULL_DIR_INFO {
        NextEntryOffset: u32,
        FileIndex: u32,
        CreationTime: i64,
        LastAccessTime: i64,
        LastWriteTime: i64,
        ChangeTime: i64,
        EndOfFile: i64,
        AllocationSize: i64,
        FileAttributes: FILE_ATTRIBUTE,
        FileNameLength: u32,
        EaSize: u32,
    }
}

/// Gives what is known of an open file.
#[shim(partial = "basic, standard, name, tag, number and listings of a folder")]
pub(in crate::kernel32) fn GetFileInformationByHandleEx(
    cx: &Cx,
    hFile: HANDLE,
    FileInformationClass: FILE_INFO_BY_HANDLE_CLASS,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Win32Result<()> {
    use FILE_INFO_BY_HANDLE_CLASS as Class;
    let size = dwBufferSize as usize;
    match FileInformationClass {
        Class::FileBasicInfo => give(&basic(&with_file(cx, hFile, File::information)?), lpFileInformation, size),
        Class::FileStandardInfo => {
            let (known, pending) = with_file(cx, hFile, |file| Ok((file.information()?, file.is_delete_pending())))?;
            let standard = FILE_STANDARD_INFO {
                AllocationSize: known.allocated as i64,
                EndOfFile: known.size as i64,
                NumberOfLinks: known.links.saturating_sub(u32::from(pending)),
                DeletePending: u8::from(pending),
                Directory: u8::from(known.is_directory()),
            };
            give(&standard, lpFileInformation, size)
        }
        Class::FileNameInfo => give_name(cx, hFile, lpFileInformation, size),
        Class::FileAttributeTagInfo => {
            let known = with_file(cx, hFile, File::information)?;
            give(&FILE_ATTRIBUTE_TAG_INFO { FileAttributes: known.attributes, ReparseTag: 0 }, lpFileInformation, size)
        }
        Class::FileIdInfo => {
            let known = with_file(cx, hFile, File::information)?;
            let FileId = u128::from(known.index).to_le_bytes();
            give(&FILE_ID_INFO { VolumeSerialNumber: u64::from(known.volume), FileId }, lpFileInformation, size)
        }
        Class::FileIdBothDirectoryInfo | Class::FileIdBothDirectoryRestartInfo => {
            let restart = FileInformationClass == Class::FileIdBothDirectoryRestartInfo;
            list(cx, hFile, restart, lpFileInformation, size, id_both)
        }
        Class::FileFullDirectoryInfo | Class::FileFullDirectoryRestartInfo => {
            let restart = FileInformationClass == Class::FileFullDirectoryRestartInfo;
            list(cx, hFile, restart, lpFileInformation, size, full)
        }
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

fn give<T: Guest>(value: &T, to: Ptr<u8>, size: usize) -> Win32Result<()> {
    if size < T::layout(to.width()).size {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    Ok(to.cast::<T>().write(value)?)
}

fn basic(known: &Information) -> FILE_BASIC_INFO {
    FILE_BASIC_INFO {
        CreationTime: known.created,
        LastAccessTime: known.accessed,
        LastWriteTime: known.written,
        ChangeTime: known.changed,
        FileAttributes: known.attributes,
    }
}

/// The path without its drive, behind its length in bytes.
fn give_name(cx: &Cx, handle: HANDLE, to: Ptr<u8>, size: usize) -> Win32Result<()> {
    let host = with_file(cx, handle, |file| file.host_path().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST))?;
    let path = cx.process.files.drives.to_dos(&host);
    let name = path.get(2..).unwrap_or_default();
    if size < 4 {
        return Err(WIN32_ERROR::ERROR_BAD_LENGTH.into());
    }
    to.cast::<u32>().write(&(name.len() as u32 * 2))?;
    let fits = name.len().min((size - 4) / 2);
    to.byte_offset(4).cast::<u16>().write_slice(&name[..fits])?;
    if fits < name.len() { Err(WIN32_ERROR::ERROR_MORE_DATA.into()) } else { Ok(()) }
}

/// Writes as many entries as fit, each at a multiple of 8 bytes, the first 4 of which say how far the next one is.
fn list(
    cx: &Cx,
    handle: HANDLE,
    restart: bool,
    to: Ptr<u8>,
    size: usize,
    encode: impl Fn(&DirectoryEntry, Width) -> Vec<u8>,
) -> Win32Result<()> {
    let width = to.width();
    let bytes = with_file(cx, handle, |file| {
        file.with_search(None, restart, |search| {
            let (mut bytes, mut last) = (Vec::new(), None);
            while let Some(entry) = search.next_entry() {
                let start = usize::next_multiple_of(bytes.len(), 8);
                let encoded = encode(&entry, width);
                if start + encoded.len() > size {
                    search.put_back(entry);
                    if last.is_none() {
                        return Err(NTSTATUS::STATUS_BUFFER_OVERFLOW);
                    }
                    break;
                }
                if let Some(last) = last {
                    let distance = (start - last) as u32;
                    let field: Option<&mut [u8]> = bytes.get_mut(last..last + 4);
                    if let Some(field) = field {
                        field.copy_from_slice(&distance.to_le_bytes());
                    }
                }
                bytes.resize(start, 0);
                bytes.extend(encoded);
                last = Some(start);
            }
            if last.is_none() { Err(NTSTATUS::STATUS_NO_MORE_FILES) } else { Ok(bytes) }
        })
    })?;
    Ok(to.write_bytes(&bytes)?)
}

fn id_both(entry: &DirectoryEntry, width: Width) -> Vec<u8> {
    let known = &entry.information;
    let fixed = FILE_ID_BOTH_DIR_INFO {
        CreationTime: known.created,
        LastAccessTime: known.accessed,
        LastWriteTime: known.written,
        ChangeTime: known.changed,
        EndOfFile: known.size as i64,
        AllocationSize: known.allocated as i64,
        FileAttributes: known.attributes,
        FileNameLength: entry.name.len() as u32 * 2,
        FileId: known.index as i64,
        ..FILE_ID_BOTH_DIR_INFO::default()
    };
    with_name(&fixed, FILE_ID_BOTH_DIR_INFO::layout(width).size, entry, width)
}

fn full(entry: &DirectoryEntry, width: Width) -> Vec<u8> {
    let known = &entry.information;
    let fixed = FILE_FULL_DIR_INFO {
        CreationTime: known.created,
        LastAccessTime: known.accessed,
        LastWriteTime: known.written,
        ChangeTime: known.changed,
        EndOfFile: known.size as i64,
        AllocationSize: known.allocated as i64,
        FileAttributes: known.attributes,
        FileNameLength: entry.name.len() as u32 * 2,
        ..FILE_FULL_DIR_INFO::default()
    };
    // The name follows the last field, not the padding behind it.
    let name_at = FILE_FULL_DIR_INFO::offset_of(width, "EaSize").unwrap_or(0) + 4;
    with_name(&fixed, name_at, entry, width)
}

fn with_name<T: Guest>(fixed: &T, name_at: usize, entry: &DirectoryEntry, width: Width) -> Vec<u8> {
    let mut bytes = vec![0; T::layout(width).size];
    fixed.encode(width, &mut bytes);
    bytes.truncate(name_at);
    bytes.extend(entry.name.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes
}
