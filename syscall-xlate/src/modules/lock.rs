//! The loader lock: one thread at a time loads, unloads and runs `DllMain`, and may do so again from within.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::sync::stop::block;

/// A lock that its owner may take again. Taken and released by hand: guest code runs under it, and may end the thread.
#[derive(Default)]
pub(crate) struct LoaderLock {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    owner: u32,
    depth: u32,
    /// Threads that wait until it is free.
    waiting: u32,
}

impl LoaderLock {
    /// Waits until no other thread has the lock, and takes it for `thread`.
    pub(crate) fn acquire(&self, thread: u32) {
        // Dropped after the state: a thread that is suspended meanwhile holds none of ours.
        let mut blocked = None;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.depth != 0 && state.owner != thread {
            blocked.get_or_insert_with(block);
            state.waiting += 1;
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.owner = thread;
        state.depth += 1;
    }

    /// Gives back one [`Self::acquire`] of the calling thread.
    pub(crate) fn release(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.depth = state.depth.saturating_sub(1);
        self.tell_if_free(&state);
    }

    /// Gives back all that `thread` has taken, because it ends.
    pub(crate) fn abandon(&self, thread: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.owner == thread && state.depth != 0 {
            state.depth = 0;
            self.tell_if_free(&state);
        }
    }

    fn tell_if_free(&self, state: &State) {
        // A condition variable asks the host whether somebody waits.
        if state.depth == 0 && state.waiting != 0 {
            self.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_may_take_it_again_and_a_dead_one_does_not_keep_it() {
        let lock = LoaderLock::default();
        lock.acquire(1);
        lock.acquire(1);
        lock.release();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                lock.acquire(2);
                lock.release();
            });
            lock.abandon(1);
            other.join().unwrap();
        });
    }
}
