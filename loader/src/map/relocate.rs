//! Applying base relocations.

use super::MapError;
use crate::image::{Image, RelocationKind};

/// Adds `distance` (new base minus preferred base, wrapping) to every place that the image's relocations name.
pub(super) fn apply(memory: &mut [u8], image: &Image, distance: u64) -> Result<(), MapError> {
    for relocation in image.relocations()? {
        let relocation = relocation?;
        let start = relocation.rva as usize;
        let place = memory.get_mut(start..start + relocation.kind.width() as usize);
        let place = place.ok_or(MapError::Outside { rva: relocation.rva })?;
        match relocation.kind {
            RelocationKind::Dir64 => adjust(place, |old| u64::from_le_bytes(old).wrapping_add(distance).to_le_bytes()),
            RelocationKind::HighLow => {
                adjust(place, |old| u32::from_le_bytes(old).wrapping_add(distance as u32).to_le_bytes())
            }
            RelocationKind::Low => {
                adjust(place, |old| u16::from_le_bytes(old).wrapping_add(distance as u16).to_le_bytes())
            }
            RelocationKind::High => {
                adjust(place, |old| u16::from_le_bytes(old).wrapping_add((distance >> 16) as u16).to_le_bytes());
            }
            RelocationKind::HighAdjusted(low) => adjust(place, |old| {
                let value = (u32::from(u16::from_le_bytes(old)) << 16).wrapping_add_signed(low.into());
                let moved = value.wrapping_add(distance as u32).wrapping_add(0x8000);
                ((moved >> 16) as u16).to_le_bytes()
            }),
        }
    }
    Ok(())
}

fn adjust<const N: usize>(place: &mut [u8], change: impl FnOnce([u8; N]) -> [u8; N]) {
    if let Some(place) = place.first_chunk_mut() {
        *place = change(*place);
    }
}
