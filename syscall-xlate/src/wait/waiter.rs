//! A thread as one that waits: the word it sleeps on, and the calls queued to it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::deadline::Deadline;
use super::dispatcher::Passed;
use super::futex;
use super::shared::Sleep;
use crate::sync::completion::Queue;

/// Not in a wait.
const IDLE: u32 = 0;
/// Blocked.
const WAITING: u32 = 1;
/// Blocked, and willing to run calls queued to it.
const ALERTABLE: u32 = 2;
/// One of the objects of a wait for all was signalled.
const LOOK_AGAIN: u32 = 4;
/// Woken for a queued call.
const ALERTED: u32 = 8;
/// Woken to end: the thread is terminated.
const KILLED: u32 = 16;
/// Passed; the object's index is in the low bits.
const SATISFIED: u32 = 0x100;
/// With [`SATISFIED`]: the object was an abandoned mutant.
const ABANDONED: u32 = 0x200;
/// With [`SATISFIED`]: the object's new state cannot be seen yet.
const PENDING: u32 = 0x400;
const INDEX: u32 = 0xff;

/// The word of a blocked thread.
const fn waiting(alertable: bool) -> u32 {
    if alertable { ALERTABLE } else { WAITING }
}

/// A call queued to a thread (`QueueUserAPC`): it runs when the thread waits alertably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apc {
    /// The guest's function.
    pub routine: u64,
    /// Its arguments.
    pub arguments: [u64; 3],
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// The object with this index let the thread pass.
    Object(u32, Passed),
    /// An object of a wait for all was signalled.
    LookAgain,
    /// There are calls to run.
    Apc,
    /// The thread is to end.
    Killed,
    /// Time is up.
    Timeout,
}

/// A thread's side of its waits.
#[derive(Debug)]
pub struct Waiter {
    thread: u32,
    word: AtomicU32,
    killed: AtomicBool,
    // Leaf lock.
    apcs: Mutex<Apcs>,
    /// The completion port whose packets the thread works on. Leaf lock.
    port: Mutex<Option<Arc<Queue>>>,
}

/// A thread that does not run for its completion port. Dropped, it does again.
pub(crate) struct Paused(Arc<Queue>);

impl Drop for Paused {
    fn drop(&mut self) {
        self.0.resumes();
    }
}

#[derive(Debug, Default)]
struct Apcs {
    queue: VecDeque<Apc>,
    /// The thread has ended, or was told to (`NtTestAlert` has nobody to ask).
    closed: bool,
}

impl Waiter {
    /// The wait state of the thread with this identifier, which is not 0.
    pub fn new(thread: u32) -> Arc<Self> {
        Arc::new(Self {
            thread,
            word: AtomicU32::new(IDLE),
            killed: AtomicBool::new(false),
            apcs: Mutex::default(),
            port: Mutex::default(),
        })
    }

    /// The thread's identifier.
    pub const fn thread(&self) -> u32 {
        self.thread
    }

    /// Queues a call; false when the thread has ended.
    pub fn queue_apc(&self, apc: Apc) -> bool {
        let mut apcs = self.apcs.lock().unwrap_or_else(PoisonError::into_inner);
        if apcs.closed {
            return false;
        }
        apcs.queue.push_back(apc);
        // Under the lock: a thread that goes to sleep says so in its word first and looks into the queue then.
        if self.word.compare_exchange(ALERTABLE, ALERTED, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.wake();
        }
        true
    }

    /// Takes the call that was queued first.
    pub fn take_apc(&self) -> Option<Apc> {
        self.apcs.lock().unwrap_or_else(PoisonError::into_inner).queue.pop_front()
    }

    /// True when calls are queued.
    pub fn has_apcs(&self) -> bool {
        !self.apcs.lock().unwrap_or_else(PoisonError::into_inner).queue.is_empty()
    }

    /// The thread has ended: nothing can be queued to it any more, and it works for no completion port.
    pub fn close(&self) {
        let mut apcs = self.apcs.lock().unwrap_or_else(PoisonError::into_inner);
        apcs.closed = true;
        apcs.queue.clear();
        drop(apcs);
        let port = self.port.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(port) = port {
            port.pauses();
        }
    }

    /// The thread belongs to this completion port from now on, and not to another; true if it did before.
    pub(crate) fn work_for(&self, port: &Arc<Queue>) -> bool {
        let before = self.port.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(port));
        match before {
            Some(before) if Arc::ptr_eq(&before, port) => true,
            Some(before) => {
                before.pauses();
                false
            }
            None => false,
        }
    }

    /// Says that something blocks the thread: for its completion port, if it has one, it does not run meanwhile.
    pub(crate) fn pause(&self) -> Option<Paused> {
        let port = self.port.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        port.pauses();
        Some(Paused(port))
    }

    /// Tells the thread to end: its wait ends, and so does every wait it begins.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        // A thread that goes to sleep says so in its word first and looks at the flag then.
        if self.replace(KILLED) {
            self.wake();
        }
    }

    /// True once the thread has been told to end.
    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// Says that the thread is about to sleep. Before it is queued anywhere.
    pub(super) fn begin(&self, alertable: bool) {
        self.word.store(waiting(alertable), Ordering::SeqCst);
    }

    /// Sleeps until something ends the wait. Then nothing can satisfy it any more, except that a [`Wake::LookAgain`] leaves it on.
    pub(super) fn sleep(&self, alertable: bool, deadline: Deadline) -> Wake {
        loop {
            if let Some(wake) = self.ended(alertable) {
                return wake;
            }
            if !futex::wait(&self.word, waiting(alertable), deadline) && self.end() {
                return Wake::Timeout;
            }
        }
    }

    /// Sleeps once, on shared objects as well; `None` when it has ended the wait itself: one of these has changed, or time is up.
    pub(super) fn sleep_on(&self, alertable: bool, deadline: Deadline, shared: &[Sleep<'_>]) -> Option<Wake> {
        if let Some(wake) = self.ended(alertable) {
            return Some(wake);
        }
        futex::wait_any(&self.word, waiting(alertable), shared, deadline);
        match self.ended(alertable) {
            None if self.end() => None,
            None => Some(self.ended(alertable).unwrap_or(Wake::Timeout)),
            wake => wake,
        }
    }

    /// How the wait has ended, if it has.
    fn ended(&self, alertable: bool) -> Option<Wake> {
        loop {
            return Some(match self.word.load(Ordering::Acquire) {
                LOOK_AGAIN => {
                    self.word.store(waiting(alertable), Ordering::Release);
                    Wake::LookAgain
                }
                ALERTED => Wake::Apc,
                KILLED => Wake::Killed,
                _ if self.is_killed() && self.end() => Wake::Killed,
                word if word & PENDING != 0 => {
                    futex::wait(&self.word, word, Deadline::Never);
                    continue;
                }
                word if word & SATISFIED != 0 => {
                    let passed = if word & ABANDONED != 0 { Passed::Abandoned } else { Passed::Plain };
                    Wake::Object(word & INDEX, passed)
                }
                _ if alertable && self.has_apcs() && self.end() => Wake::Apc,
                word if word == waiting(alertable) => return None,
                // Ended by ourselves: cannot be reached, and would be the end of the time.
                _ => Wake::Timeout,
            });
        }
    }

    /// Ends the wait; false if it was satisfied, or told to look again, before.
    pub(super) fn end(&self) -> bool {
        let word = self.word.load(Ordering::Acquire);
        (word == WAITING || word == ALERTABLE)
            && self.word.compare_exchange(word, IDLE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Lets the thread pass by the object with this index; false if its wait ended otherwise before. The thread goes on after
    /// [`Self::release`].
    pub(crate) fn satisfy(&self, index: u32, passed: Passed) -> bool {
        let abandoned = if passed == Passed::Abandoned { ABANDONED } else { 0 };
        self.replace(SATISFIED | PENDING | abandoned | index & INDEX)
    }

    /// Tells a thread that waits for all of its objects to look again; true if it is to be woken for that.
    pub(super) fn look_again(&self) -> bool {
        self.replace(LOOK_AGAIN)
    }

    fn replace(&self, with: u32) -> bool {
        let word = self.word.load(Ordering::Acquire);
        // Only this thread itself changes between the two waiting words, and not while it is queued.
        (word == WAITING || word == ALERTABLE)
            && self.word.compare_exchange(word, with, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The object's new state can be seen: a thread that was let pass goes on, and one that is to look again does.
    pub(crate) fn release(&self) {
        self.word.fetch_and(!PENDING, Ordering::AcqRel);
        self.wake();
    }

    /// Wakes the thread from its sleep to see what its word says.
    fn wake(&self) {
        futex::wake(&self.word, 1);
    }
}
