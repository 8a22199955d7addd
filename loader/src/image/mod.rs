//! A PE file, parsed and checked: headers and sections at once, tables when asked for.
//!
//! goblin reads the fixed headers. Everything with counts or pointers in it is read here, bounds-checked, from the file's own
//! bytes: a loaded guest can change its memory, never these. Nothing is executed or mapped for execution.

mod debug;
mod error;
mod exports;
mod headers;
mod imports;
mod layout;
mod load_config;
mod relocations;
mod sections;
mod source;
mod tls_directory;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

pub use debug::PdbReference;
pub use error::{Foreign, ImageError, ImageErrorKind};
pub use exports::{Export, ExportTarget, Exports, Forwarder};
pub use headers::{Directory, DirectoryRange, DllCharacteristics, FileCharacteristics, Headers, Machine};
pub(crate) use imports::MAX_IMPORTS;
pub use imports::{DelayImport, DelayImports, Import, ImportDescriptor, ImportEntries, Imports, Symbol};
pub use load_config::LoadConfig;
pub use relocations::{Relocation, RelocationKind, Relocations};
pub use sections::{Section, SectionFlags};
pub(crate) use source::Source;
pub use tls_directory::TlsDirectory;

use crate::bytes;

/// The longest name of a symbol, DLL or forwarder that is read, in bytes.
pub(crate) const NAME_LIMIT: usize = 4096;

/// How many zeros [`Image::read`] makes up, in bytes.
const ZEROS_LIMIT: usize = 0x1_0000;

/// A page of memory, in bytes.
pub(crate) const PAGE: u32 = 0x1000;

/// A parsed PE image. Cheap accessors; tables are decoded as they are walked.
#[derive(Debug)]
pub struct Image {
    source: Source,
    path: Option<PathBuf>,
    headers: Headers,
    sections: Vec<Section>,
}

impl Image {
    /// Opens and parses the file at the host path `path`. Succeeds for any PE file, also those that cannot run here; see
    /// [`Image::check_program`].
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        let source = Source::open(path).map_err(|error| error.at(path))?;
        Self::from_source(source, Some(path.to_owned())).map_err(|error| error.at(path))
    }

    /// Parses an image that is in memory as it would be in a file.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ImageError> {
        Self::from_source(Source::Memory(bytes), None)
    }

    fn from_source(source: Source, path: Option<PathBuf>) -> Result<Self, ImageError> {
        let (headers, section_table) = headers::parse(&source)?;
        let sections = sections::parse(&source, &headers, section_table)?;
        layout::check(&source, &headers, &sections)?;
        Ok(Self { source, path, headers, sections })
    }

    /// Fails unless the image's code can run in this process: x86-64, native, with pages it can be mapped to.
    pub fn check_runnable(&self) -> Result<(), ImageError> {
        self.runnable().map_err(|error| self.locate(error))
    }

    /// Fails unless the image is a program that can run here: [`Image::check_runnable`], not a DLL, console or GUI.
    pub fn check_program(&self) -> Result<(), ImageError> {
        self.check_runnable()?;
        let refused = if self.is_dll() {
            ImageErrorKind::IsDll
        } else if !matches!(self.headers.subsystem, headers::SUBSYSTEM_GUI | headers::SUBSYSTEM_CONSOLE) {
            ImageErrorKind::Subsystem(self.headers.subsystem)
        } else {
            return Ok(());
        };
        Err(self.locate(refused.into()))
    }

    /// Fails unless the image can be mapped to pages, for whatever use.
    pub(crate) fn check_mappable(&self) -> Result<(), ImageError> {
        layout::check_mappable(&self.headers).map_err(|error| self.locate(error))
    }

    fn runnable(&self) -> Result<(), ImageError> {
        if self.directory(Directory::ClrRuntime).is_some() {
            return Err(ImageErrorKind::DotNet.into());
        }
        match self.headers.machine {
            Machine::AMD64 => {}
            Machine::I386 => return Err(ImageErrorKind::ThirtyTwoBit.into()),
            other => return Err(ImageErrorKind::Machine(other).into()),
        }
        layout::check_runnable(&self.headers)
    }

    fn locate(&self, error: ImageError) -> ImageError {
        match &self.path {
            Some(path) => error.at(path),
            None => error,
        }
    }

    /// The host path the image was opened from.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Everything the fixed headers say.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The sections, ascending by address, not overlapping.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Whether the pointers in the image are 64-bit (PE32+).
    pub fn is_64bit(&self) -> bool {
        self.headers.is_64bit
    }

    /// Whether the image is marked as a DLL.
    pub fn is_dll(&self) -> bool {
        self.headers.characteristics.contains(FileCharacteristics::DLL)
    }

    /// The address the image was linked for.
    pub fn preferred_base(&self) -> u64 {
        self.headers.image_base
    }

    /// Size of the image in memory, in bytes, a multiple of the page size.
    pub fn size(&self) -> u32 {
        self.headers.size_of_image.next_multiple_of(PAGE)
    }

    /// The entry point's RVA; `None` when there is none.
    pub fn entry(&self) -> Option<u32> {
        (self.headers.entry != 0).then_some(self.headers.entry)
    }

    /// Whether the image may be mapped elsewhere than at its preferred base.
    pub fn is_relocatable(&self) -> bool {
        !self.headers.characteristics.contains(FileCharacteristics::RELOCS_STRIPPED)
    }

    /// A data directory that is present, that is: has an address and a size.
    pub fn directory(&self, directory: Directory) -> Option<DirectoryRange> {
        self.headers.directories.get(directory as usize).copied().flatten()
    }

    /// The whole file.
    pub fn file_bytes(&self) -> &[u8] {
        &self.source
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The section that holds `rva`.
    pub fn section_at(&self, rva: u32) -> Option<&Section> {
        let index = self.sections.partition_point(|section| section.rva <= rva).checked_sub(1)?;
        self.sections.get(index).filter(|section| rva - section.rva < section.extent())
    }

    /// The file's bytes from `rva` to the end of what its section (or the headers) has in the file. `None` outside the image,
    /// empty where the image is only zeros.
    pub fn bytes_at(&self, rva: u32) -> Option<&[u8]> {
        match self.section_at(rva) {
            Some(section) => {
                let start = section.raw_offset as usize;
                let raw = self.source.get(start..start + section.file_backed() as usize)?;
                Some(raw.get((rva - section.rva) as usize..).unwrap_or_default())
            }
            None => self.source.get(rva as usize..self.headers.size_of_headers as usize),
        }
    }

    /// `length` bytes at `rva`, borrowed when the file has them all, filled up with the zeros the image has there in memory.
    /// `None` when they are not within one section, or when more than 64 KiB of them are such zeros.
    pub fn read(&self, rva: u32, length: u32) -> Option<Cow<'_, [u8]>> {
        let held = self.bytes_at(rva)?;
        if let Some(bytes) = held.get(..length as usize) {
            return Some(Cow::Borrowed(bytes));
        }
        let section = self.section_at(rva)?;
        if length > section.extent() - (rva - section.rva) || length as usize > held.len() + ZEROS_LIMIT {
            return None;
        }
        let mut bytes = held.to_vec();
        bytes.resize(length as usize, 0);
        Some(Cow::Owned(bytes))
    }

    /// `N` bytes at `rva` as they are in memory before anything ran.
    pub(crate) fn array_at<const N: usize>(&self, rva: u32) -> Option<[u8; N]> {
        let held = self.bytes_at(rva)?;
        if let Some(bytes) = held.first_chunk::<N>() {
            return Some(*bytes);
        }
        let section = self.section_at(rva)?;
        if N as u64 > u64::from(section.extent() - (rva - section.rva)) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..held.len()].copy_from_slice(held);
        Some(bytes)
    }

    /// A 16-bit value at `rva`.
    pub fn u16_at(&self, rva: u32) -> Option<u16> {
        self.array_at(rva).map(u16::from_le_bytes)
    }

    /// A 32-bit value at `rva`.
    pub fn u32_at(&self, rva: u32) -> Option<u32> {
        self.array_at(rva).map(u32::from_le_bytes)
    }

    /// A 64-bit value at `rva`.
    pub fn u64_at(&self, rva: u32) -> Option<u64> {
        self.array_at(rva).map(u64::from_le_bytes)
    }

    /// A pointer-sized value at `rva`.
    pub(crate) fn pointer_at(&self, rva: u32) -> Option<u64> {
        if self.is_64bit() { self.u64_at(rva) } else { self.u32_at(rva).map(u64::from) }
    }

    /// The bytes of a NUL-terminated string at `rva`, at most 4096 of them.
    pub fn c_string_at(&self, rva: u32) -> Option<&[u8]> {
        let held = self.bytes_at(rva)?;
        bytes::c_string(held, NAME_LIMIT).or_else(|| {
            // The terminator may be the first of the zeros that follow the section's bytes in memory.
            let section = self.section_at(rva)?;
            let ends_in_zeros = section.extent() > section.file_backed() && held.len() < NAME_LIMIT;
            ends_in_zeros.then_some(held)
        })
    }

    /// The RVA of a virtual address written for the preferred base; `None` outside the image.
    pub fn rva_of(&self, address: u64) -> Option<u32> {
        let rva = u32::try_from(address.checked_sub(self.preferred_base())?).ok()?;
        (rva < self.size()).then_some(rva)
    }
}
