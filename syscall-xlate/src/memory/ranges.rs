//! A set of addresses, kept as ranges.

use std::collections::BTreeMap;

/// Ranges that neither overlap nor touch.
#[derive(Debug, Default)]
pub(super) struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    /// Puts `from..to` in.
    pub(super) fn insert(&mut self, from: u64, to: u64) {
        if from >= to {
            return;
        }
        let (mut start, mut end) = (from, to);
        while let Some((&known, &known_end)) = self.0.range(..=end).next_back()
            && known_end >= start
        {
            (start, end) = (start.min(known), end.max(known_end));
            self.0.remove(&known);
        }
        self.0.insert(start, end);
    }

    /// Takes `from..to` out.
    pub(super) fn remove(&mut self, from: u64, to: u64) {
        while let Some((&known, &known_end)) = self.0.range(..to).next_back()
            && known_end > from
        {
            self.0.remove(&known);
            if known < from {
                self.0.insert(known, from);
            }
            if known_end > to {
                self.0.insert(to, known_end);
            }
        }
    }

    /// Whether all of `from..to` is in.
    pub(super) fn contains(&self, from: u64, to: u64) -> bool {
        self.0.range(..=from).next_back().is_some_and(|(_, &end)| to <= end)
    }

    /// Whether anything of `from..to` is in.
    pub(super) fn meets(&self, from: u64, to: u64) -> bool {
        self.0.range(..to).next_back().is_some_and(|(_, &end)| end > from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(ranges: &Ranges) -> Vec<(u64, u64)> {
        ranges.0.iter().map(|(&from, &to)| (from, to)).collect()
    }

    #[test]
    fn ranges_join_and_split() {
        let mut ranges = Ranges::default();
        ranges.insert(10, 20);
        ranges.insert(30, 40);
        assert_eq!(shape(&ranges), [(10, 20), (30, 40)]);
        ranges.insert(20, 30);
        assert_eq!(shape(&ranges), [(10, 40)]);
        ranges.remove(15, 25);
        assert_eq!(shape(&ranges), [(10, 15), (25, 40)]);
        assert!(ranges.contains(26, 40) && !ranges.contains(10, 26) && !ranges.contains(0, 12));
        assert!(ranges.meets(14, 16) && !ranges.meets(15, 25));
        ranges.insert(0, 100);
        assert_eq!(shape(&ranges), [(0, 100)]);
        ranges.remove(0, 100);
        ranges.insert(5, 5);
        assert_eq!(shape(&ranges), []);
    }
}
