//! Images in memory.
//!
//! Mapping has two phases. A [`NewMapping`] is writable, relocated and known to nobody but its owner: imports are bound in it.
//! [`NewMapping::protect`] then gives each section its own protection and the result, a [`MappedImage`], belongs to the guest:
//! what is in it may change at any time, and nothing here reads it again.

mod error;
mod relocate;
mod reserve;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use error::MapError;
#[cfg(test)]
pub(crate) use reserve::peek;
pub use reserve::{GUEST_END, GUEST_START, Reservation};

use crate::image::{Image, PAGE, Section, SectionFlags, Source};
use region::Protection;
use std::os::unix::fs::FileExt;

/// Sections at least this large, in bytes, are mapped from the file where its layout allows; smaller ones are copied, which
/// costs less than another mapping.
const FILE_BACKED_MIN: u32 = 0x2_0000;

/// Sections with at least this much to copy, in bytes, go to huge pages.
const HUGE_MIN: u32 = 0x20_0000;

/// Offset of `ImageBase` from the NT headers, PE32+.
const IMAGE_BASE_FIELD: u32 = 24 + 24;

/// An image in writable memory, not yet visible to the guest. Dropping it unmaps it.
#[derive(Debug)]
pub struct NewMapping {
    memory: Reservation,
    image: Arc<Image>,
}

/// An image in memory with the protections of its sections. Dropping it unmaps it.
#[derive(Debug)]
pub struct MappedImage {
    memory: Reservation,
    image: Arc<Image>,
}

impl NewMapping {
    /// Maps a runnable image at its preferred base, or elsewhere with its base relocations applied.
    pub fn new(image: Arc<Image>) -> Result<Self, MapError> {
        image.check_runnable()?;
        let size = image.size() as usize;
        let memory = match Reservation::at(image.preferred_base(), size)? {
            Some(memory) => memory,
            None if image.is_relocatable() => Reservation::anywhere(size)?,
            None => return Err(MapError::BaseTaken { base: image.preferred_base(), size: image.size() }),
        };
        let mut mapping = Self { memory, image };
        mapping.fill()?;
        mapping.relocate()?;
        Ok(mapping)
    }

    /// Address of the image's first byte.
    pub fn base(&self) -> u64 {
        self.memory.base()
    }

    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Writes `bytes` at `rva`; fails when they do not fit the image.
    pub fn write(&mut self, rva: u32, bytes: &[u8]) -> Result<(), MapError> {
        let start = rva as usize;
        let target = start.checked_add(bytes.len()).and_then(|end| self.memory.bytes_mut().get_mut(start..end));
        target.ok_or(MapError::Outside { rva })?.copy_from_slice(bytes);
        Ok(())
    }

    /// Gives every section its own protection; headers become read-only and what lies between sections inaccessible.
    pub fn protect(self) -> Result<MappedImage, MapError> {
        let mut run = Run {
            start: 0,
            end: self.image.headers().size_of_headers.next_multiple_of(PAGE),
            protection: Protection::READ,
        };
        for section in self.image.sections().iter().filter(|section| section.extent() != 0) {
            let end = section.rva.saturating_add(section.extent()).next_multiple_of(PAGE);
            let gap = Run { start: run.end, end: section.rva, protection: Protection::NONE };
            for next in [gap, Run { start: section.rva, end, protection: protection_of(section) }] {
                if next.start >= next.end {
                    continue;
                }
                if next.protection == run.protection {
                    run.end = next.end;
                } else {
                    self.memory.protect(run.start, run.end, run.protection)?;
                    run = next;
                }
            }
        }
        self.memory.protect(run.start, run.end, run.protection)?;
        self.memory.protect(run.end, self.image.size(), Protection::NONE)?;
        Ok(MappedImage { memory: self.memory, image: self.image })
    }

    fn fill(&mut self) -> Result<(), MapError> {
        let Self { memory, image } = self;
        let source = image.source();
        copy(memory, source, 0, 0, image.headers().size_of_headers)?;
        for section in image.sections() {
            let whole_pages = match source.file() {
                Some(file) if section.file_backed() >= FILE_BACKED_MIN && section.raw_offset % PAGE == 0 => {
                    let length = section.file_backed() / PAGE * PAGE;
                    memory.map_file(section.rva, length, file, section.raw_offset)?;
                    length
                }
                _ => 0,
            };
            let (rva, offset) = (section.rva + whole_pages, section.raw_offset + whole_pages);
            let length = section.file_backed() - whole_pages;
            // Not for what is zero behind it: of that a program may touch little.
            if length >= HUGE_MIN {
                memory.expect_writes(rva, length);
            }
            copy(memory, source, rva, offset, length)?;
        }
        Ok(())
    }

    fn relocate(&mut self) -> Result<(), MapError> {
        let distance = self.base().wrapping_sub(self.image.preferred_base());
        if distance == 0 {
            return Ok(());
        }
        let image = self.image.clone();
        relocate::apply(self.memory.bytes_mut(), &image, distance)?;
        // A guest that reads its own headers finds where it is, as on Windows.
        let field = image.headers().nt_offset.saturating_add(IMAGE_BASE_FIELD);
        if field.saturating_add(8) <= image.headers().size_of_headers {
            self.write(field, &self.base().to_le_bytes())?;
        }
        Ok(())
    }
}

/// Copies `length` bytes at `offset` of the file to `rva`.
fn copy(memory: &mut Reservation, source: &Source, rva: u32, offset: u32, length: u32) -> Result<(), MapError> {
    let range = rva as usize..rva as usize + length as usize;
    let target = memory.bytes_mut().get_mut(range).ok_or(MapError::Outside { rva })?;
    match source.file() {
        Some(file) => file.read_exact_at(target, offset.into()).map_err(MapError::Read),
        None => {
            let bytes = source.get(offset as usize..offset as usize + length as usize);
            target.copy_from_slice(bytes.ok_or(MapError::Outside { rva })?);
            Ok(())
        }
    }
}

/// Pages that get one protection.
struct Run {
    start: u32,
    end: u32,
    protection: Protection,
}

/// A section's protection. Writable memory is readable on x86-64.
fn protection_of(section: &Section) -> Protection {
    let mut protection = Protection::NONE;
    if section.flags.intersects(SectionFlags::READ | SectionFlags::WRITE) {
        protection |= Protection::READ;
    }
    if section.flags.contains(SectionFlags::WRITE) {
        protection |= Protection::WRITE;
    }
    if section.flags.contains(SectionFlags::EXECUTE) {
        protection |= Protection::EXECUTE;
    }
    protection
}

impl MappedImage {
    /// Maps an image of any machine as data, read-only, neither relocated nor bound: what `LOAD_LIBRARY_AS_DATAFILE` and
    /// `LOAD_LIBRARY_AS_IMAGE_RESOURCE` are for.
    pub fn for_data(image: Arc<Image>) -> Result<Self, MapError> {
        image.check_mappable()?;
        let memory = Reservation::anywhere(image.size() as usize)?;
        let mut mapping = NewMapping { memory, image };
        mapping.fill()?;
        mapping.memory.protect(0, mapping.image.size(), Protection::READ)?;
        Ok(Self { memory: mapping.memory, image: mapping.image })
    }

    /// Address of the image's first byte.
    pub fn base(&self) -> u64 {
        self.memory.base()
    }

    /// Size in memory in bytes.
    pub fn size(&self) -> u32 {
        self.image.size()
    }

    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }
}
