//! Things of threads that have ended, kept for those to come: unmapping memory stops every processor that runs the program.

use std::sync::{Mutex, PoisonError};

/// Up to `N` things that nobody uses.
#[derive(Debug)]
pub(crate) struct Spare<T, const N: usize> {
    // Leaf lock.
    things: Mutex<Vec<T>>,
}

impl<T, const N: usize> Spare<T, N> {
    pub(crate) const fn new() -> Self {
        Self { things: Mutex::new(Vec::new()) }
    }

    /// The last that was given and fits.
    pub(crate) fn take(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let place = things.iter().rposition(fits)?;
        Some(things.remove(place))
    }

    /// Keeps one more, instead of the oldest when there are enough.
    pub(crate) fn give(&self, thing: T) {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (things.len() >= N).then(|| things.remove(0));
        things.push(thing);
        drop(things);
        drop(oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_fits_is_taken_and_the_oldest_forgotten() {
        let spare = Spare::<u32, 3>::new();
        [1, 2, 3, 4].into_iter().for_each(|thing| spare.give(thing));
        assert_eq!(spare.take(|thing| thing % 2 == 1), Some(3));
        assert_eq!(spare.take(|&thing| thing == 1), None);
        assert_eq!([spare.take(|_| true), spare.take(|_| true), spare.take(|_| true)], [Some(4), Some(2), None]);
    }
}
