//! Recursive locks that a guest takes and releases in calls of its own (`_lock`, `_lock_file`).

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use syscall_xlate::sync::stop::block;

/// A lock that its owner may take again.
#[derive(Default, Debug)]
pub(super) struct Recursive {
    /// A leaf lock.
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default, Debug)]
struct State {
    /// The owner's thread id.
    owner: u32,
    /// How often it holds the lock.
    depth: u32,
    /// Threads that sleep until the lock is released; a wake-up is a system call, which most releases need not make.
    sleepers: u32,
}

impl State {
    fn take(&mut self, thread: u32) -> bool {
        let free = self.depth == 0 || self.owner == thread;
        if free {
            self.owner = thread;
            self.depth += 1;
        }
        free
    }
}

impl Recursive {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock for `thread`.
    pub(super) fn acquire(&self, thread: u32) {
        // Dropped after the state: a thread that is suspended meanwhile holds none of ours.
        let mut blocked = None;
        let mut state = self.state();
        while !state.take(thread) {
            blocked.get_or_insert_with(block);
            state.sleepers += 1;
            state = self.released.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
    }

    /// Takes the lock for `thread` if nobody else has it.
    pub(super) fn try_acquire(&self, thread: u32) -> bool {
        self.state().take(thread)
    }

    /// Releases the lock once; nothing happens where `thread` does not have it.
    pub(super) fn release(&self, thread: u32) {
        let mut state = self.state();
        if state.depth > 0 && state.owner == thread {
            state.depth -= 1;
            if state.depth == 0 && state.sleepers > 0 {
                self.released.notify_one();
            }
        }
    }

    /// Takes the lock for as long as the guard lives.
    pub(super) fn hold(&self, thread: u32) -> Held<'_> {
        self.acquire(thread);
        Held { lock: self, thread }
    }
}

/// A lock that is held.
pub(super) struct Held<'a> {
    lock: &'a Recursive,
    thread: u32,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.lock.release(self.thread);
    }
}

/// The runtime's numbered locks.
#[derive(Debug)]
pub(super) struct Locks([Recursive; 64]);

impl Default for Locks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Recursive::default()))
    }
}

impl Locks {
    /// The lock of a number; numbers beyond the runtime's own share locks.
    pub(super) fn get(&self, number: i32) -> &Recursive {
        &self.0[(number as usize) % 64]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_takes_a_lock_again() {
        let lock = Recursive::default();
        lock.acquire(1);
        lock.acquire(1);
        assert!(!lock.try_acquire(2));
        lock.release(2);
        lock.release(1);
        assert!(!lock.try_acquire(2));
        lock.release(1);
        assert!(lock.try_acquire(2));
    }

    #[test]
    fn a_waiting_thread_goes_on_after_the_release() {
        let lock = Recursive::default();
        lock.acquire(1);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| drop(lock.hold(2)));
            lock.release(1);
            waiter.join().expect("the waiter ends");
        });
    }
}
