//! The exports of a synthetic DLL by name and by ordinal.

use super::{ExportTable, SyntheticError};

/// Marks an ordinal that no export has.
const UNUSED: u32 = u32::MAX;

/// How a table's indices lead to names and ordinals.
#[derive(Debug)]
pub(super) enum Order {
    /// All have names, in their order, and the ordinals follow it from 1.
    AsGiven(u32),
    Mixed(Mixed),
}

#[derive(Debug)]
pub(super) struct Mixed {
    /// Ordinal of each export.
    ordinals: Vec<u16>,
    /// Exports with names, by name.
    by_name: Vec<u32>,
    /// Exports by ordinal, from the lowest.
    by_ordinal: Vec<u32>,
    base: u16,
}

impl Order {
    /// # Errors
    /// A table with a name or an ordinal twice, or too many of them.
    pub(super) fn new(exports: &dyn ExportTable, in_order: bool) -> Result<Self, SyntheticError> {
        let count = u16::try_from(exports.len()).map_err(|_| SyntheticError::TooLarge)?;
        if in_order {
            return Ok(Self::AsGiven(count.into()));
        }
        Mixed::new(exports).map(Self::Mixed)
    }

    /// The lowest ordinal.
    pub(super) fn base(&self) -> u16 {
        match self {
            Self::AsGiven(_) => 1,
            Self::Mixed(mixed) => mixed.base,
        }
    }

    /// How many have names.
    pub(super) fn names(&self) -> u32 {
        match self {
            Self::AsGiven(count) => *count,
            Self::Mixed(mixed) => mixed.by_name.len() as u32,
        }
    }

    /// How many ordinals there are from the lowest to the highest.
    pub(super) fn ordinals(&self) -> u32 {
        match self {
            Self::AsGiven(count) => *count,
            Self::Mixed(mixed) => mixed.by_ordinal.len() as u32,
        }
    }

    /// The export at a place of the order by name.
    pub(super) fn by_name(&self, place: u32) -> Option<usize> {
        match self {
            Self::AsGiven(count) => (place < *count).then_some(place as usize),
            Self::Mixed(mixed) => mixed.by_name.get(place as usize).map(|&index| index as usize),
        }
    }

    /// The export at a place of the order by ordinal; `None` where nobody has that ordinal.
    pub(super) fn by_ordinal(&self, place: u32) -> Option<usize> {
        match self {
            Self::AsGiven(count) => (place < *count).then_some(place as usize),
            Self::Mixed(mixed) => {
                let index = *mixed.by_ordinal.get(place as usize)?;
                (index != UNUSED).then_some(index as usize)
            }
        }
    }

    /// The ordinal of an export.
    pub(super) fn ordinal(&self, index: usize) -> Option<u16> {
        match self {
            Self::AsGiven(count) => (index < *count as usize).then_some(index as u16 + 1),
            Self::Mixed(mixed) => mixed.ordinals.get(index).copied(),
        }
    }

    /// The export with an ordinal.
    pub(super) fn with_ordinal(&self, ordinal: u16) -> Option<usize> {
        self.by_ordinal(ordinal.checked_sub(self.base())?.into())
    }

    /// The export with a name.
    pub(super) fn with_name(&self, exports: &dyn ExportTable, name: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.names());
        while low < high {
            let middle = low.midpoint(high);
            let index = self.by_name(middle)?;
            match exports.get(index)?.name_bytes().cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(index),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

impl Mixed {
    fn new(exports: &dyn ExportTable) -> Result<Self, SyntheticError> {
        let by_name = sort_names(exports)?;
        let ordinal_of = |index: usize| exports.get(index).and_then(|export| export.ordinal);
        let mut ordinals: Vec<u16> = (0..exports.len()).map(|index| ordinal_of(index).unwrap_or_default()).collect();
        let highest = ordinals.iter().copied().max().unwrap_or_default();
        let mut owners = vec![UNUSED; usize::from(highest) + exports.len() + 1];
        for index in 0..exports.len() {
            let Some(ordinal) = ordinal_of(index) else { continue };
            match owners.get_mut(usize::from(ordinal)) {
                Some(owner) if *owner == UNUSED && ordinal != 0 => *owner = index as u32,
                _ => return Err(SyntheticError::Ordinal(ordinal)),
            }
        }
        let has_name = |index: &u32| exports.get(*index as usize).is_some_and(|export| export.name.is_some());
        let unnamed = (0..exports.len() as u32).filter(|index| !has_name(index));
        let mut next = 1;
        for index in by_name.iter().copied().chain(unnamed) {
            let Some(ordinal) = ordinals.get_mut(index as usize).filter(|ordinal| **ordinal == 0) else { continue };
            while owners.get(next).is_some_and(|&owner| owner != UNUSED) {
                next += 1;
            }
            *ordinal = u16::try_from(next).map_err(|_| SyntheticError::TooLarge)?;
            if let Some(owner) = owners.get_mut(next) {
                *owner = index;
            }
        }
        let base = owners.iter().position(|&owner| owner != UNUSED).unwrap_or(1);
        let end = owners.iter().rposition(|&owner| owner != UNUSED).map_or(base, |last| last + 1);
        let by_ordinal = owners.get(base..end).unwrap_or_default().to_vec();
        Ok(Self { ordinals, by_name, by_ordinal, base: u16::try_from(base).unwrap_or(1) })
    }
}

/// Indices of the exports that have names, sorted by name.
fn sort_names(exports: &dyn ExportTable) -> Result<Vec<u32>, SyntheticError> {
    let named = |index: u32| exports.get(index as usize).and_then(|export| export.name);
    let mut sorted: Vec<u32> = (0..exports.len() as u32).filter(|&index| named(index).is_some()).collect();
    sorted.sort_unstable_by_key(|&index| named(index).unwrap_or_default());
    let twice = sorted.windows(2).find(|pair| matches!(pair, [a, b] if named(*a) == named(*b)));
    if let Some(&[name, _]) = twice {
        return Err(SyntheticError::Name(named(name).unwrap_or_default().to_owned()));
    }
    match sorted.first() {
        Some(&first) if named(first) == Some("") => Err(SyntheticError::Name(String::new())),
        _ => Ok(sorted),
    }
}
