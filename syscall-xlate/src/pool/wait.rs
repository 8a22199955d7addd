//! Items that are due when an object is signalled, or when that takes too long. Threads of the host wait for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use abi::{NTSTATUS, NtResult};

use super::item::{Cause, Item};
use crate::Cx;
use crate::object::Object;
use crate::sync::timer::due_time;
use crate::wait::{self, Dispatcher, MAXIMUM_WAIT_OBJECTS, Signal, Timeout, Waiter, Woken};

/// What a callback is told whose time was up (`WAIT_TIMEOUT`).
pub(super) const TIME_IS_UP: u32 = NTSTATUS::STATUS_TIMEOUT.0;

/// Waits of one thread: it also waits to be told of changes.
const MOST: usize = MAXIMUM_WAIT_OBJECTS - 1;

/// The threads that wait.
#[derive(Default)]
pub(super) struct Waits {
    // Before a watcher's list.
    watchers: Mutex<Vec<Arc<Watcher>>>,
}

/// A thread that waits for up to [`MOST`] objects.
struct Watcher {
    changed: Dispatcher,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    waits: Vec<Waiting>,
    last_ticket: u64,
}

struct Waiting {
    ticket: u64,
    object: Arc<dyn Object>,
    until: Option<Instant>,
    item: Arc<Item>,
}

/// An item's wait.
#[derive(Default)]
pub(super) struct Armed {
    place: Option<(Arc<Watcher>, u64)>,
    /// What is waited for again when the callback has returned.
    again: Option<(Arc<dyn Object>, Timeout)>,
}

impl Waits {
    fn arm(&self, item: &Arc<Item>, object: Arc<dyn Object>, until: Option<Instant>) -> NtResult<(Arc<Watcher>, u64)> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watcher) = watchers.iter().find(|watcher| watcher.list().waits.len() < MOST) {
            return Ok((Arc::clone(watcher), watcher.add(item, object, until)));
        }
        let watcher =
            Arc::new(Watcher { changed: Dispatcher::new(Signal::Synchronization, false), list: Mutex::default() });
        let ticket = watcher.add(item, object, until);
        let runs = Arc::clone(&watcher);
        let builder = thread::Builder::new().name("waits".to_owned()).stack_size(128 << 10);
        builder.spawn(move || runs.run()).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?;
        watchers.push(Arc::clone(&watcher));
        Ok((watcher, ticket))
    }
}

impl Watcher {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, item: &Arc<Item>, object: Arc<dyn Object>, until: Option<Instant>) -> u64 {
        let mut list = self.list();
        list.last_ticket += 1;
        let ticket = list.last_ticket;
        list.waits.push(Waiting { ticket, object, until, item: Arc::clone(item) });
        drop(list);
        self.changed.set();
        ticket
    }

    /// Takes a wait back; false when it has ended already.
    fn remove(&self, ticket: u64) -> bool {
        let mut list = self.list();
        let Some(at) = list.waits.iter().position(|waiting| waiting.ticket == ticket) else { return false };
        let removed = list.waits.remove(at);
        drop(list);
        self.changed.set();
        drop(removed);
        true
    }

    fn run(&self) {
        let waiter = Waiter::new(rustix::thread::gettid().as_raw_nonzero().get() as u32);
        loop {
            let (objects, until): (Vec<_>, Option<Instant>) = {
                let list = self.list();
                let objects = list.waits.iter().map(|waiting| (waiting.ticket, Arc::clone(&waiting.object)));
                (objects.collect(), list.waits.iter().filter_map(|waiting| waiting.until).min())
            };
            let dispatchers = objects.iter().filter_map(|(_, object)| object.dispatcher());
            let dispatchers: Vec<_> = std::iter::once(&self.changed).chain(dispatchers).collect();
            let woken = wait::any(&waiter, &dispatchers, false, until.map_or(Timeout::Infinite, left));
            let ended = |index: u32| objects.get((index as usize).checked_sub(1)?).map(|(ticket, _)| *ticket);
            match woken {
                Ok(Woken::Object(index) | Woken::Abandoned(index)) => {
                    let ticket = ended(index);
                    self.fire(woken.map_or(0, |woken| woken.status().0 - index), |waiting| {
                        Some(waiting.ticket) == ticket
                    });
                }
                _ => {
                    let now = Instant::now();
                    self.fire(TIME_IS_UP, |waiting| waiting.until.is_some_and(|until| until <= now));
                }
            }
        }
    }

    /// Ends the waits for which `ended` is true.
    fn fire(&self, result: u32, ended: impl Fn(&Waiting) -> bool) {
        let mut list = self.list();
        let mut at = 0;
        while let Some(waiting) = list.waits.get(at) {
            if ended(waiting) {
                // Under the lock: who takes the wait back afterwards finds the callback counted.
                list.waits.remove(at).item.submit_for(Cause::Waited(result));
            } else {
                at += 1;
            }
        }
    }
}

/// The time from now until then, not shorter.
fn left(until: Instant) -> Timeout {
    Timeout::Relative(until.saturating_duration_since(Instant::now()).as_nanos().div_ceil(100) as u64)
}

impl Cx<'_> {
    /// Has an item wait for an object, in place of what it waited for before: the callback runs once, or again and again for `repeated`. An
    /// object that can be owned is owned by a thread which never gives it back.
    ///
    /// # Errors
    /// `STATUS_OBJECT_TYPE_MISMATCH` for what cannot be waited for, `STATUS_INSUFFICIENT_RESOURCES`.
    pub fn arm_wait(&self, item: &Arc<Item>, object: Arc<dyn Object>, limit: Timeout, repeated: bool) -> NtResult<()> {
        wait::waitable(&object)?;
        self.disarm_wait(item);
        let mut armed = item.wait.lock().unwrap_or_else(PoisonError::into_inner);
        if item.is_closed() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        armed.again = repeated.then(|| (Arc::clone(&object), limit));
        armed.place = Some(self.process.pools.waits.arm(item, object, due_time(limit))?);
        Ok(())
    }

    /// Has an item wait for nothing; gives whether it did.
    pub fn disarm_wait(&self, item: &Item) -> bool {
        let Armed { place, .. } = std::mem::take(&mut *item.wait.lock().unwrap_or_else(PoisonError::into_inner));
        place.is_some_and(|(watcher, ticket)| watcher.remove(ticket))
    }

    /// After a callback: the item waits again, if it was told to.
    pub(super) fn wait_again(&self, item: &Arc<Item>) {
        let mut armed = item.wait.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((object, limit)) = armed.again.clone()
            && !item.is_closed()
        {
            armed.place = self.process.pools.waits.arm(item, object, due_time(limit)).ok();
        }
    }
}
