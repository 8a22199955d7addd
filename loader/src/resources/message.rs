//! Message tables: ranges of message ids with texts in an ANSI code page or UTF-16.

use std::borrow::Cow;

use super::{Language, Resource, ResourceError, ResourceId, Resources, TYPE_MESSAGE_TABLE};

const BLOCK_SIZE: u32 = 12;
const ENTRY_HEADER: u32 = 4;
/// `MESSAGE_RESOURCE_UNICODE`
const UNICODE: u16 = 1;
const MAX_BLOCKS: u32 = 0x1_0000;
/// The most messages that are passed over to reach one of a block.
const MAX_STEPS: u32 = 0x1_0000;

/// A message's text, inserts not replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// In the code page of the program that reads it.
    Ansi(Cow<'a, [u8]>),
    Unicode(Vec<u16>),
}

impl<'a> Resources<'a> {
    /// The text of a message id, as `FormatMessage` finds it in a module.
    pub fn message(&self, id: u32, language: Language) -> Result<Message<'a>, ResourceError> {
        let resource = self.find(&ResourceId::Id(TYPE_MESSAGE_TABLE), &ResourceId::Id(1), language)?;
        self.message_in(&resource, id).ok_or(ResourceError::NameNotFound)
    }

    fn message_in(&self, table: &Resource, id: u32) -> Option<Message<'a>> {
        let word = |offset: u32| self.image.u32_at(table.rva.checked_add(offset)?);
        let blocks = word(0)?.min(table.size / BLOCK_SIZE).min(MAX_BLOCKS);
        let block = (0..blocks).map(|block| 4 + block * BLOCK_SIZE).find(
            |&block| matches!((word(block), word(block + 4)), (Some(low), Some(high)) if low <= id && id <= high),
        )?;
        let (low, mut offset) = (word(block)?, word(block + 8)?);
        let half = |offset: u32| self.image.u16_at(table.rva.checked_add(offset)?);
        let steps = (id - low).min(MAX_STEPS + 1);
        if steps > MAX_STEPS {
            return None;
        }
        for _ in 0..steps {
            let length = half(offset)?;
            offset = offset.checked_add(u32::from(length).max(ENTRY_HEADER))?;
        }
        let (length, flags) = (u32::from(half(offset)?), half(offset.checked_add(2)?)?);
        let rva = table.rva.checked_add(offset)?.checked_add(ENTRY_HEADER)?;
        let text = self.image.read(rva, length.checked_sub(ENTRY_HEADER)?)?;
        // Entries are padded with NULs.
        Some(if flags & UNICODE != 0 {
            let units = text.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            Message::Unicode(units.take_while(|&unit| unit != 0).collect())
        } else {
            let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
            Message::Ansi(match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
                Cow::Owned(mut text) => {
                    text.truncate(end);
                    Cow::Owned(text)
                }
            })
        })
    }
}
