//! The fixed headers: DOS, COFF, optional.

use std::fmt;

use bitflags::bitflags;
use goblin::pe::header::{DosHeader, Header};

use super::{Foreign, ImageError, ImageErrorKind};
use crate::bytes;

pub(super) const SUBSYSTEM_GUI: u16 = 2;
pub(super) const SUBSYSTEM_CONSOLE: u16 = 3;

const DOS_HEADER_SIZE: usize = 64;
const NT_HEADERS_FIXED: usize = 24;
const PE32_MAGIC: u16 = 0x10b;
const PE32_PLUS_MAGIC: u16 = 0x20b;
/// Offset of `e_lfarlc`; 0x40 or more says that a newer header follows the DOS one.
const DOS_RELOCATION_TABLE: usize = 0x18;
const DIRECTORIES: usize = 16;

/// The processor an image is for (`IMAGE_FILE_MACHINE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine(pub u16);

impl Machine {
    pub const AMD64: Self = Self(0x8664);
    pub const I386: Self = Self(0x014c);
    pub const ARM64: Self = Self(0xaa64);
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0x8664 => "x86-64",
            0x014c => "i386",
            0xaa64 => "ARM64",
            0xa641 => "ARM64EC",
            0xa64e => "ARM64X",
            0x01c0 | 0x01c2 | 0x01c4 => "ARM",
            0x0200 => "Itanium",
            0x0ebc => "EFI byte code",
            0x5032 | 0x5064 | 0x5128 => "RISC-V",
            0x6232 | 0x6264 => "LoongArch",
            other => return write!(f, "machine {other:#06x}"),
        })
    }
}

bitflags! {
    /// `IMAGE_FILE_*` of the COFF header.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FileCharacteristics: u16 {
        const RELOCS_STRIPPED = 0x0001;
        const EXECUTABLE_IMAGE = 0x0002;
        const LINE_NUMS_STRIPPED = 0x0004;
        const LOCAL_SYMS_STRIPPED = 0x0008;
        const AGGRESSIVE_WS_TRIM = 0x0010;
        const LARGE_ADDRESS_AWARE = 0x0020;
        const BYTES_REVERSED_LO = 0x0080;
        const MACHINE_32BIT = 0x0100;
        const DEBUG_STRIPPED = 0x0200;
        const REMOVABLE_RUN_FROM_SWAP = 0x0400;
        const NET_RUN_FROM_SWAP = 0x0800;
        const SYSTEM = 0x1000;
        const DLL = 0x2000;
        const UP_SYSTEM_ONLY = 0x4000;
        const BYTES_REVERSED_HI = 0x8000;
    }
}

bitflags! {
    /// `IMAGE_DLLCHARACTERISTICS_*` of the optional header.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct DllCharacteristics: u16 {
        const HIGH_ENTROPY_VA = 0x0020;
        const DYNAMIC_BASE = 0x0040;
        const FORCE_INTEGRITY = 0x0080;
        const NX_COMPAT = 0x0100;
        const NO_ISOLATION = 0x0200;
        const NO_SEH = 0x0400;
        const NO_BIND = 0x0800;
        const APPCONTAINER = 0x1000;
        const WDM_DRIVER = 0x2000;
        const GUARD_CF = 0x4000;
        const TERMINAL_SERVER_AWARE = 0x8000;
    }
}

/// The data directories, in the order of the optional header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directory {
    Export = 0,
    Import = 1,
    Resource = 2,
    Exception = 3,
    Certificate = 4,
    BaseRelocation = 5,
    Debug = 6,
    Architecture = 7,
    GlobalPointer = 8,
    Tls = 9,
    LoadConfig = 10,
    BoundImport = 11,
    ImportAddressTable = 12,
    DelayImport = 13,
    ClrRuntime = 14,
}

/// Where a data directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryRange {
    /// Its RVA; for the certificate directory a file offset.
    pub rva: u32,
    /// Its size in bytes.
    pub size: u32,
}

/// What the fixed headers say, checked only for being there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    pub machine: Machine,
    /// `TimeDateStamp`: seconds since 1970, or a hash for reproducible builds.
    pub timestamp: u32,
    pub characteristics: FileCharacteristics,
    pub is_64bit: bool,
    /// Linker version, major and minor.
    pub linker_version: (u8, u8),
    /// RVA of the entry point, 0 for none.
    pub entry: u32,
    pub image_base: u64,
    pub section_alignment: u32,
    pub file_alignment: u32,
    /// Required operating system version.
    pub os_version: (u16, u16),
    pub image_version: (u16, u16),
    pub subsystem_version: (u16, u16),
    /// Size in memory in bytes.
    pub size_of_image: u32,
    /// Size in bytes of what is mapped at RVA 0.
    pub size_of_headers: u32,
    pub checksum: u32,
    /// `IMAGE_SUBSYSTEM_*`: 2 GUI, 3 console.
    pub subsystem: u16,
    pub dll_characteristics: DllCharacteristics,
    /// Stack of the first thread, in bytes.
    pub stack_reserve: u64,
    pub stack_commit: u64,
    /// Initial process heap, in bytes.
    pub heap_reserve: u64,
    pub heap_commit: u64,
    /// File offset of the `PE` signature.
    pub nt_offset: u32,
    /// The directories that are present, by [`Directory`].
    pub directories: [Option<DirectoryRange>; DIRECTORIES],
    pub(super) section_count: u16,
    /// File offset of the COFF string table, which long section names are in; 0 for none.
    pub(super) string_table: u64,
}

/// Parses the headers. Also returns the file offset of the section table.
pub(super) fn parse(bytes: &[u8]) -> Result<(Headers, usize), ImageError> {
    let nt_offset = find_nt_headers(bytes)?;
    let nt = bytes.get(nt_offset..).unwrap_or_default();
    let optional_size = usize::from(
        bytes::u16_at(nt, 20).ok_or_else(|| truncated("the COFF header", nt_offset + NT_HEADERS_FIXED, bytes))?,
    );
    let section_table = nt_offset + NT_HEADERS_FIXED + optional_size;
    if section_table > bytes.len() {
        return Err(truncated("the optional header", section_table, bytes));
    }
    check_optional_header(nt, optional_size)?;
    let parsed = Header::parse_without_dos(nt).map_err(|error| ImageError::invalid(error.to_string()))?;
    let coff = parsed.coff_header;
    let optional = parsed.optional_header.ok_or_else(|| ImageError::invalid("there is no optional header"))?;
    let (standard, windows) = (optional.standard_fields, optional.windows_fields);
    let directories = optional.data_directories.data_directories.map(|directory| {
        let (_, directory) = directory?;
        (directory.virtual_address != 0 && directory.size != 0)
            .then_some(DirectoryRange { rva: directory.virtual_address, size: directory.size })
    });
    let symbol_size = 18;
    let headers = Headers {
        machine: Machine(coff.machine),
        timestamp: coff.time_date_stamp,
        characteristics: FileCharacteristics::from_bits_retain(coff.characteristics),
        is_64bit: standard.magic == PE32_PLUS_MAGIC,
        linker_version: (standard.major_linker_version, standard.minor_linker_version),
        entry: standard.address_of_entry_point,
        image_base: windows.image_base,
        section_alignment: windows.section_alignment,
        file_alignment: windows.file_alignment,
        os_version: (windows.major_operating_system_version, windows.minor_operating_system_version),
        image_version: (windows.major_image_version, windows.minor_image_version),
        subsystem_version: (windows.major_subsystem_version, windows.minor_subsystem_version),
        size_of_image: windows.size_of_image,
        size_of_headers: windows.size_of_headers,
        checksum: windows.check_sum,
        subsystem: windows.subsystem,
        dll_characteristics: DllCharacteristics::from_bits_retain(windows.dll_characteristics),
        stack_reserve: windows.size_of_stack_reserve,
        stack_commit: windows.size_of_stack_commit,
        heap_reserve: windows.size_of_heap_reserve,
        heap_commit: windows.size_of_heap_commit,
        nt_offset: nt_offset as u32,
        directories,
        section_count: coff.number_of_sections,
        string_table: match coff.pointer_to_symbol_table {
            0 => 0,
            symbols => u64::from(symbols) + symbol_size * u64::from(coff.number_of_symbol_table),
        },
    };
    Ok((headers, section_table))
}

/// The file offset of the `PE` signature, or what the file is instead.
fn find_nt_headers(bytes: &[u8]) -> Result<usize, ImageError> {
    match bytes {
        [] => return Err(ImageErrorKind::Empty.into()),
        [b'M', b'Z', ..] => {}
        _ => return Err(ImageErrorKind::NotPe(Foreign::of(bytes)).into()),
    }
    if bytes.len() < DOS_HEADER_SIZE {
        return Err(truncated("the DOS header", DOS_HEADER_SIZE, bytes));
    }
    if let Ok(dos) = DosHeader::parse(bytes) {
        return Ok(dos.pe_pointer as usize);
    }
    let new_header = bytes::u32_at(bytes, 0x3c).unwrap_or_default() as usize;
    let promises_new_header = bytes::u16_at(bytes, DOS_RELOCATION_TABLE).is_some_and(|offset| offset >= 0x40);
    match bytes.get(new_header..) {
        Some([b'N', b'E', ..]) => Err(ImageErrorKind::Ne.into()),
        Some([b'L', b'E' | b'X', ..]) => Err(ImageErrorKind::Le.into()),
        None | Some([] | [b'P'] | [b'P', b'E'] | [b'P', b'E', 0]) if promises_new_header => {
            Err(truncated("the PE header", new_header.saturating_add(NT_HEADERS_FIXED), bytes))
        }
        _ => Err(ImageErrorKind::Dos.into()),
    }
}

/// Checks that the optional header is one whose directories fit into the size it claims.
fn check_optional_header(nt: &[u8], optional_size: usize) -> Result<(), ImageError> {
    let optional = nt.get(NT_HEADERS_FIXED..NT_HEADERS_FIXED + optional_size).unwrap_or_default();
    let fixed = match bytes::u16_at(optional, 0) {
        None => return Err(ImageError::invalid("there is no optional header; this is an object file")),
        Some(PE32_MAGIC) => 96,
        Some(PE32_PLUS_MAGIC) => 112,
        Some(other) => return Err(ImageError::invalid(format!("the optional header's magic is {other:#06x}"))),
    };
    let directories = bytes::u32_at(optional, fixed - 4).ok_or_else(|| {
        ImageError::invalid(format!("the optional header has {optional_size} bytes, fewer than {fixed}"))
    })?;
    if directories as usize > DIRECTORIES {
        return Err(ImageError::invalid(format!(
            "{directories} data directories are claimed, {DIRECTORIES} are possible"
        )));
    }
    let needed = fixed + 8 * directories as usize;
    if needed > optional_size {
        return Err(ImageError::invalid(format!("{directories} data directories do not fit the optional header")));
    }
    Ok(())
}

fn truncated(what: &str, needed: usize, bytes: &[u8]) -> ImageError {
    ImageErrorKind::Truncated { what: what.to_owned(), needed: needed as u64, length: bytes.len() as u64 }.into()
}
