//! The pages of one allocation, as runs of pages in the same state.

use super::protection::Protection;

/// A page's state within an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Reserved only.
    Reserved,
    /// Committed, with this protection.
    Committed(Protection),
}

/// Runs of equal pages that cover an allocation without gaps. Positions are bytes from its start, multiples of a page.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    size: u64,
    /// Where each run begins; the first begins at 0, and no two neighbours are equal.
    runs: Vec<(u64, Page)>,
}

impl Runs {
    /// All pages alike.
    pub(super) fn new(size: u64, page: Page) -> Self {
        Self { size, runs: vec![(0, page)] }
    }

    /// The state at a position, and where the run it is in ends.
    pub(super) fn at(&self, position: u64) -> (Page, u64) {
        let next = self.runs.partition_point(|&(start, _)| start <= position);
        let end = self.runs.get(next).map_or(self.size, |&(start, _)| start);
        let page = self.runs.get(next.saturating_sub(1)).map_or(Page::Reserved, |&(_, page)| page);
        (page, end)
    }

    /// The runs that overlap `from..to`, cut to it.
    pub(super) fn within(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64, Page)> {
        let mut position = from;
        std::iter::from_fn(move || {
            (position < to).then(|| {
                let (page, end) = self.at(position);
                let run = (position, end.min(to), page);
                position = run.1;
                run
            })
        })
    }

    /// Puts `from..to` in a state.
    pub(super) fn set(&mut self, from: u64, to: u64, page: Page) {
        let to = to.min(self.size);
        if from >= to {
            return;
        }
        let (behind, _) = self.at(to);
        let first = self.runs.partition_point(|&(start, _)| start < from);
        let last = self.runs.partition_point(|&(start, _)| start <= to);
        let mut with = Vec::with_capacity(2);
        if first == 0 || self.runs.get(first - 1).is_none_or(|&(_, before)| before != page) {
            with.push((from, page));
        }
        if to < self.size && behind != page {
            with.push((to, behind));
        }
        self.runs.splice(first..last, with);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Page = Page::Reserved;
    const B: Page = Page::Committed(Protection(4));
    const C: Page = Page::Committed(Protection(2));

    fn shape(runs: &Runs) -> Vec<(u64, Page)> {
        runs.runs.clone()
    }

    #[test]
    fn equal_neighbours_merge() {
        let mut runs = Runs::new(100, A);
        runs.set(10, 20, B);
        assert_eq!(shape(&runs), [(0, A), (10, B), (20, A)]);
        runs.set(20, 30, B);
        assert_eq!(shape(&runs), [(0, A), (10, B), (30, A)]);
        runs.set(5, 10, B);
        assert_eq!(shape(&runs), [(0, A), (5, B), (30, A)]);
        runs.set(12, 14, C);
        assert_eq!(shape(&runs), [(0, A), (5, B), (12, C), (14, B), (30, A)]);
        runs.set(0, 100, A);
        assert_eq!(shape(&runs), [(0, A)]);
        runs.set(0, 10, B);
        runs.set(90, 200, C);
        assert_eq!(shape(&runs), [(0, B), (10, A), (90, C)]);
        runs.set(10, 90, C);
        assert_eq!(shape(&runs), [(0, B), (10, C)]);
        runs.set(0, 10, C);
        assert_eq!(shape(&runs), [(0, C)]);
    }

    #[test]
    fn every_page_is_as_it_was_last_set() {
        // A small linear congruential generator: the same sequence each time.
        let mut seed = 7u64;
        let mut random = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % limit
        };
        let mut runs = Runs::new(64, A);
        let mut model = [A; 64];
        for _ in 0..5000 {
            let (from, to, page) = (random(64), random(70), [A, B, C][random(3) as usize]);
            runs.set(from, to, page);
            model.iter_mut().take(to as usize).skip(from as usize).for_each(|item| *item = page);
            assert!((0..64).all(|at| runs.at(at).0 == model[at as usize]));
            assert!(runs.runs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
            assert_eq!(runs.runs[0].0, 0);
        }
    }

    #[test]
    fn runs_are_cut_to_the_range_asked_for() {
        let mut runs = Runs::new(100, A);
        runs.set(10, 20, B);
        assert_eq!(runs.within(5, 15).collect::<Vec<_>>(), [(5, 10, A), (10, 15, B)]);
        assert_eq!(runs.within(20, 20).count(), 0);
    }
}
