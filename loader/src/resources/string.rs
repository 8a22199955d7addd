//! String tables: blocks of sixteen counted UTF-16 strings.

use super::{Language, Resource, ResourceError, ResourceId, Resources, TYPE_STRING};

/// A string of a string table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringResource {
    /// RVA of its first unit. It has no terminator.
    pub rva: u32,
    pub text: Vec<u16>,
}

impl Resources<'_> {
    /// The string of an id, as `LoadString` finds it. A string that was never defined is empty.
    pub fn string(&self, id: u16, language: Language) -> Result<StringResource, ResourceError> {
        let block = ResourceId::Id((id >> 4) + 1);
        let resource = self.find(&ResourceId::Id(TYPE_STRING), &block, language)?;
        self.string_in(&resource, id & 15).ok_or(ResourceError::Damaged)
    }

    fn string_in(&self, block: &Resource, index: u16) -> Option<StringResource> {
        let mut offset = 0_u32;
        let mut length = self.length_at(block, offset)?;
        for _ in 0..index {
            offset += 2 + 2 * length;
            length = self.length_at(block, offset)?;
        }
        let (rva, size) = (block.rva + offset + 2, 2 * length);
        if offset + 2 + size > block.size {
            return None;
        }
        let bytes = self.image.read(rva, size)?;
        Some(StringResource {
            rva,
            text: bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect(),
        })
    }

    /// The length in units of the string that begins at `offset` of a block.
    fn length_at(&self, block: &Resource, offset: u32) -> Option<u32> {
        if offset + 2 > block.size {
            return None;
        }
        self.image.u16_at(block.rva + offset).map(u32::from)
    }
}
