//! The base relocation directory.

use super::{Directory, Image, ImageError};
use crate::bytes;

const BLOCK_HEADER: usize = 8;

/// How one place changes when the image is not at its preferred base (`IMAGE_REL_BASED_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelocationKind {
    /// Adds bits 16 to 31 of the distance to a 16-bit value.
    High,
    /// Adds bits 0 to 15 of the distance to a 16-bit value.
    Low,
    /// Adds the distance to a 32-bit value.
    HighLow,
    /// Adds the distance to a value whose high half is stored and whose low half is this; stores the rounded high half.
    HighAdjusted(i16),
    /// Adds the distance to a 64-bit value.
    Dir64,
}

impl RelocationKind {
    /// Size of the place in bytes.
    pub fn width(self) -> u32 {
        match self {
            Self::High | Self::Low | Self::HighAdjusted(_) => 2,
            Self::HighLow => 4,
            Self::Dir64 => 8,
        }
    }
}

/// One place to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relocation {
    /// Where it is; it lies within the image with its full width.
    pub rva: u32,
    pub kind: RelocationKind,
}

/// The places to change, `ABSOLUTE` padding left out.
#[derive(Debug, Clone)]
pub struct Relocations<'a> {
    image_size: u32,
    /// What is left of the directory, beginning with a block.
    blocks: &'a [u8],
    page: u32,
    entries: &'a [u8],
}

impl Image {
    /// The base relocations. Ends after the first error.
    pub fn relocations(&self) -> Result<Relocations<'_>, ImageError> {
        let blocks = match self.directory(Directory::BaseRelocation) {
            None => &[],
            Some(range) => {
                let held = self.bytes_at(range.rva).ok_or_else(|| {
                    ImageError::invalid(format!("the base relocations at {:#x} are outside the image", range.rva))
                })?;
                held.get(..range.size as usize).ok_or_else(|| {
                    ImageError::invalid(format!("the base relocations, {:#x} bytes, leave their section", range.size))
                })?
            }
        };
        Ok(Relocations { image_size: self.size(), blocks, page: 0, entries: &[] })
    }
}

impl Iterator for Relocations<'_> {
    type Item = Result<Relocation, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.relocation();
        if !matches!(result, Ok(Some(_))) {
            (self.blocks, self.entries) = (&[], &[]);
        }
        result.transpose()
    }
}

impl<'a> Relocations<'a> {
    fn relocation(&mut self) -> Result<Option<Relocation>, ImageError> {
        loop {
            let Some(entry) = self.take_entry() else {
                if self.next_block()? {
                    continue;
                }
                return Ok(None);
            };
            let kind = match entry >> 12 {
                0 => continue,
                1 => RelocationKind::High,
                2 => RelocationKind::Low,
                3 => RelocationKind::HighLow,
                4 => {
                    let low = self
                        .take_entry()
                        .ok_or_else(|| ImageError::invalid("a base relocation lacks its second half"))?;
                    RelocationKind::HighAdjusted(low as i16)
                }
                10 => RelocationKind::Dir64,
                other => return Err(ImageError::invalid(format!("a base relocation has the unknown type {other}"))),
            };
            let rva = self.page.checked_add(u32::from(entry & 0xfff));
            let rva = rva.filter(|rva| rva.checked_add(kind.width()).is_some_and(|end| end <= self.image_size));
            let rva = rva.ok_or_else(|| {
                ImageError::invalid(format!("a base relocation on page {:#x} is outside the image", self.page))
            })?;
            return Ok(Some(Relocation { rva, kind }));
        }
    }

    fn take_entry(&mut self) -> Option<u16> {
        let (entry, rest) = self.entries.split_first_chunk()?;
        self.entries = rest;
        Some(u16::from_le_bytes(*entry))
    }

    /// Moves on to the next block; `false` at the end.
    fn next_block(&mut self) -> Result<bool, ImageError> {
        let (Some(page), Some(size)) = (bytes::u32_at(self.blocks, 0), bytes::u32_at(self.blocks, 4)) else {
            return Ok(false);
        };
        // Zeros after the last block are padding.
        if size == 0 {
            return Ok(false);
        }
        let (block, rest) = self.blocks.split_at_checked(size as usize).unwrap_or((self.blocks, &[]));
        let entries = block.get(BLOCK_HEADER..).filter(|_| block.len() == size as usize);
        let entries = entries.ok_or_else(|| {
            ImageError::invalid(format!("a base relocation block has {size} bytes, too many or too few"))
        })?;
        (self.blocks, self.page, self.entries) = (rest, page, entries);
        Ok(true)
    }
}
