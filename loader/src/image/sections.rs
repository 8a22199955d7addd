//! The section table.

use bitflags::bitflags;

use super::{Headers, ImageError, ImageErrorKind, PAGE};
use crate::bytes;

const SECTION_HEADER_SIZE: usize = 40;
/// The unit in which Windows reads section data: `PointerToRawData` is rounded down to it.
const SECTOR: u32 = 0x200;

bitflags! {
    /// `IMAGE_SCN_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct SectionFlags: u32 {
        const CODE = 0x0000_0020;
        const INITIALIZED_DATA = 0x0000_0040;
        const UNINITIALIZED_DATA = 0x0000_0080;
        const DISCARDABLE = 0x0200_0000;
        const NOT_CACHED = 0x0400_0000;
        const NOT_PAGED = 0x0800_0000;
        const SHARED = 0x1000_0000;
        const EXECUTE = 0x2000_0000;
        const READ = 0x4000_0000;
        const WRITE = 0x8000_0000;
    }
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name; long names (`/4`) are looked up in the string table.
    pub name: String,
    /// Where it begins in memory.
    pub rva: u32,
    /// `VirtualSize` in bytes as the header has it; see [`Section::extent`].
    pub virtual_size: u32,
    /// Where its bytes begin in the file.
    pub raw_offset: u32,
    /// How many bytes the header says that the file has.
    pub raw_size: u32,
    pub flags: SectionFlags,
    /// How many bytes of the file are mapped.
    pub(super) file_backed: u32,
}

impl Section {
    /// Its size in memory in bytes, before rounding to pages: `VirtualSize`, or the raw size where that is 0.
    pub fn extent(&self) -> u32 {
        if self.virtual_size == 0 { self.raw_size } else { self.virtual_size }
    }

    /// How many bytes of the file are in memory at the section's start. May reach past [`Section::extent`] to the page's end.
    pub fn file_backed(&self) -> u32 {
        self.file_backed
    }
}

/// Parses the section table at `table`.
pub(super) fn parse(bytes: &[u8], headers: &Headers, table: usize) -> Result<Vec<Section>, ImageError> {
    let count = usize::from(headers.section_count);
    let end = table + count * SECTION_HEADER_SIZE;
    let Some(table) = bytes.get(table..end) else {
        let what = format!("the table of {count} sections");
        return Err(ImageErrorKind::Truncated { what, needed: end as u64, length: bytes.len() as u64 }.into());
    };
    let strings = usize::try_from(headers.string_table).ok().filter(|&offset| offset != 0);
    let strings = strings.and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    table.chunks_exact(SECTION_HEADER_SIZE).map(|header| section(header, strings, bytes.len() as u64)).collect()
}

fn section(header: &[u8], strings: &[u8], file_length: u64) -> Result<Section, ImageError> {
    let field = |offset| bytes::u32_at(header, offset).unwrap_or_default();
    let name = name(header.first_chunk().unwrap_or(&[0; 8]), strings);
    let (virtual_size, rva, raw_size, mut raw_offset) = (field(8), field(12), field(16), field(20));
    if raw_offset >= SECTOR {
        raw_offset &= !(SECTOR - 1);
    }
    let mut section = Section {
        name,
        rva,
        virtual_size,
        raw_offset,
        raw_size,
        flags: SectionFlags::from_bits_retain(field(36)),
        file_backed: 0,
    };
    if raw_size == 0 || raw_offset == 0 {
        return Ok(section);
    }
    // What must be there is what the image can see; padding after it may be cut off.
    let needed = u64::from(raw_offset) + u64::from(raw_size.min(section.extent()));
    if needed > file_length {
        let what = format!("section {}", section.name);
        return Err(ImageErrorKind::Truncated { what, needed, length: file_length }.into());
    }
    let pages = bytes::align_up(section.extent().into(), PAGE.into()).unwrap_or_default();
    let visible = u64::from(raw_size).min(pages).min(file_length - u64::from(raw_offset));
    section.file_backed = visible as u32;
    Ok(section)
}

/// A section's name: 8 bytes, or `/` and the decimal offset of a longer one in the string table.
fn name(field: &[u8; 8], strings: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let short = String::from_utf8_lossy(field.get(..end).unwrap_or_default());
    let offset = short.strip_prefix('/').and_then(|digits| digits.parse::<usize>().ok());
    let long = offset.and_then(|offset| bytes::c_string(strings.get(offset..)?, 256));
    match long {
        Some(long) if !long.is_empty() => String::from_utf8_lossy(long).into_owned(),
        _ => short.into_owned(),
    }
}
