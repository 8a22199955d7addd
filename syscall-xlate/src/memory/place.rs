//! Where memory is to be placed.

use abi::{NTSTATUS, NtResult};

use super::GRANULE;
use crate::low;

/// Bounds for an address that is not the caller's to choose (`MEM_ADDRESS_REQUIREMENTS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    lowest: u64,
    /// Behind the highest address.
    end: u64,
    alignment: u64,
}

impl Requirements {
    /// None: wherever there is room.
    pub const NONE: Self = Self { lowest: 0, end: low::END, alignment: GRANULE };

    /// At `lowest` or above, and up to `highest`, at a multiple of `alignment`; each may be 0 for no such requirement.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` where a bound is not at a granule's, the alignment is not a power of two from a granule on, or the
    /// bounds leave nothing ("MEM_ADDRESS_REQUIREMENTS").
    pub fn new(lowest: u64, highest: u64, alignment: u64) -> NtResult<Self> {
        let at_granules = lowest.is_multiple_of(GRANULE) && highest.wrapping_add(1).is_multiple_of(GRANULE);
        let aligned = alignment == 0 || alignment.is_power_of_two() && alignment >= GRANULE;
        let none = highest == 0;
        let sound = lowest.is_multiple_of(GRANULE) && (none || at_granules && lowest < highest) && aligned;
        if !sound {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let end = if none { low::END } else { highest.saturating_add(1).min(low::END) };
        Ok(Self { lowest, end, alignment: alignment.max(GRANULE) })
    }

    /// So many zero bits above, as `NtAllocateVirtualMemory` takes them: below 32 they are counted from bit 31 on, above they are a mask
    /// of the bits that may be set.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER_3` where that leaves nothing.
    pub fn zero_bits(bits: u64) -> NtResult<Self> {
        match bits {
            0 => Ok(Self::NONE),
            1..=15 => Ok(Self { end: 1 << (32 - bits), ..Self::NONE }),
            16..=32 => Err(NTSTATUS::STATUS_INVALID_PARAMETER_3),
            mask => {
                let end = (u64::MAX >> mask.leading_zeros()).saturating_add(1);
                if end <= GRANULE {
                    Err(NTSTATUS::STATUS_INVALID_PARAMETER_3)
                } else {
                    Ok(Self { end: end.min(low::END), ..Self::NONE })
                }
            }
        }
    }

    /// The range they leave, and the alignment; `None` when there are no requirements.
    pub(super) fn bounds(&self) -> Option<(u64, u64, u64)> {
        (*self != Self::NONE).then_some((self.lowest.max(GRANULE), self.end, self.alignment))
    }
}

/// Where a mapping goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Here.
    At(u64),
    /// In place of the placeholder of exactly this address and the mapping's size.
    Placeholder(u64),
    /// Wherever these requirements allow it, from the highest address down where asked for.
    Anywhere {
        /// `MEM_TOP_DOWN`
        top_down: bool,
        /// Bounds.
        requirements: Requirements,
    },
}

impl Place {
    /// Wherever there is room.
    pub const ANYWHERE: Self = Self::Anywhere { top_down: false, requirements: Requirements::NONE };

    /// At an address, or anywhere for 0.
    pub const fn wanted(address: u64) -> Self {
        if address == 0 { Self::ANYWHERE } else { Self::At(address) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_whole_granules() {
        assert_eq!(Requirements::new(0, 0, 0), Ok(Requirements::NONE));
        assert_eq!(Requirements::new(0, 0xffff_ffff, 0).unwrap().bounds(), Some((GRANULE, 1 << 32, GRANULE)));
        assert_eq!(Requirements::new(1 << 32, 0, 1 << 21).unwrap().bounds(), Some((1 << 32, low::END, 1 << 21)));
        for (lowest, highest, alignment) in
            [(1, 0, 0), (0x1000, 0, 0), (0, 0x1_0000, 0), (0x2_0000, 0x1_ffff, 0), (0, 0, 3 << 16), (0, 0, 4096)]
        {
            assert_eq!(
                Requirements::new(lowest, highest, alignment),
                Err(NTSTATUS::STATUS_INVALID_PARAMETER),
                "{lowest:#x} {highest:#x} {alignment:#x}"
            );
        }
    }

    #[test]
    fn zero_bits_are_a_number_or_a_mask() {
        assert_eq!(Requirements::zero_bits(0), Ok(Requirements::NONE));
        assert_eq!(Requirements::zero_bits(1).unwrap().bounds(), Some((GRANULE, 1 << 31, GRANULE)));
        assert_eq!(Requirements::zero_bits(0x7fff_ffff).unwrap().bounds(), Some((GRANULE, 1 << 31, GRANULE)));
        assert!(Requirements::zero_bits(20).is_err() && Requirements::zero_bits(0xff).is_err());
    }
}
