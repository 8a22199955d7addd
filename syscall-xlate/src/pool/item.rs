//! What callbacks are of, and how many of each there are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::group::Group;
use super::queue::{Pool, Task};
use super::timer::Setting;
use super::wait::Armed;
use crate::sync::Event;
use crate::sync::completion::Packet;
use crate::wait::{self, Dispatcher, Signal, Timeout, Waiter};

/// What a callback is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `PTP_WORK_CALLBACK`, `PTP_TIMER_CALLBACK`: instance, context, item.
    Item,
    /// `PTP_SIMPLE_CALLBACK`: instance, context.
    Simple,
    /// `PTP_WAIT_CALLBACK`: instance, context, item, how the wait ended.
    Wait,
    /// `PTP_WIN32_IO_CALLBACK`: instance, context, `OVERLAPPED`, error, bytes, item.
    Io,
    /// `LPTHREAD_START_ROUTINE`: context.
    Context,
    /// `WAITORTIMERCALLBACK`: context, whether time was up.
    TimeUp,
    /// `LPOVERLAPPED_COMPLETION_ROUTINE`: error, bytes, `OVERLAPPED`.
    Overlapped,
}

/// A function of the guest's.
#[derive(Clone, Copy, Debug)]
pub struct Callback {
    /// What it is given.
    pub shape: Shape,
    /// Its address.
    pub routine: u64,
    /// The guest's own value, which it is given.
    pub context: u64,
}

/// Which pending callbacks run first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// `TP_CALLBACK_PRIORITY_HIGH`
    High = 0,
    /// `TP_CALLBACK_PRIORITY_NORMAL`
    #[default]
    Normal = 1,
    /// `TP_CALLBACK_PRIORITY_LOW`
    Low = 2,
}

/// Where and how callbacks run (`TP_CALLBACK_ENVIRON`).
#[derive(Clone, Default)]
pub struct Environment {
    /// The pool; the shared one for `None`.
    pub pool: Option<Arc<Pool>>,
    /// The group that closes the item.
    pub group: Option<Arc<Group>>,
    /// Called when the group drops what the item has pending; 0 for nothing.
    pub cancelled: u64,
    /// The module that stays loaded as long as there may be a callback; 0 for none.
    pub library: u64,
    /// Called after each callback; 0 for nothing.
    pub finalization: u64,
    /// Callbacks may take long: others do not wait for them.
    pub long: bool,
    /// Which of the pool's callbacks run first.
    pub priority: Priority,
}

/// Why a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It was submitted, or its time has come.
    Due,
    /// A wait ended so (`TP_WAIT_RESULT`).
    Waited(u32),
    /// An operation was completed.
    Completed(Packet),
}

#[derive(Default)]
struct Counts {
    /// In the pool's queue.
    pending: u32,
    running: u32,
    /// Operations that were announced and will end with a callback.
    announced: u32,
    closed: bool,
    /// Given up when it is closed and has no callback left.
    told: Option<Arc<Told>>,
}

/// An event that is signalled when nobody refers to this any more.
pub struct Told(pub Arc<Event>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.set();
    }
}

impl Counts {
    fn outstanding(&self) -> u32 {
        self.pending + self.running + self.announced
    }
}

/// Something that callbacks are of.
pub struct Item {
    own: Weak<Self>,
    number: u64,
    pool: Arc<Pool>,
    callback: Callback,
    environment: Environment,
    /// Signalled while there are no callbacks.
    idle: Dispatcher,
    counts: Mutex<Counts>,
    // Leaf lock.
    library: Mutex<u64>,
    pub(super) timer: Mutex<Option<Setting>>,
    pub(super) wait: Mutex<Armed>,
}

impl Item {
    pub(super) fn new(number: u64, pool: Arc<Pool>, callback: Callback, environment: Environment) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            own: own.clone(),
            number,
            pool,
            callback,
            library: Mutex::new(environment.library),
            environment,
            idle: Dispatcher::new(Signal::Notification, true),
            counts: Mutex::default(),
            timer: Mutex::default(),
            wait: Mutex::default(),
        })
    }

    /// What the guest calls it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its pool.
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(super) fn callback(&self) -> Callback {
        self.callback
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn group(&self) -> Option<&Arc<Group>> {
        self.environment.group.as_ref()
    }

    /// The library that it keeps; only once.
    pub(super) fn take_library(&self) -> Option<u64> {
        let base = std::mem::take(&mut *self.library.lock().unwrap_or_else(PoisonError::into_inner));
        (base != 0).then_some(base)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the counts and says so to whoever waits for their end; true when the item is closed and nothing is left of it.
    fn change(&self, change: impl FnOnce(&mut Counts)) -> bool {
        let mut counts = self.counts();
        let before = counts.outstanding();
        change(&mut counts);
        match (before, counts.outstanding()) {
            (0, after) if after != 0 => _ = self.idle.reset(),
            (before, 0) if before != 0 => _ = self.idle.set(),
            _ => {}
        }
        let over = counts.closed && counts.outstanding() == 0;
        let told = if over { counts.told.take() } else { None };
        drop(counts);
        drop(told);
        over
    }

    /// Has the callback run.
    pub fn submit(&self) {
        self.submit_for(Cause::Due);
    }

    pub(super) fn submit_for(&self, cause: Cause) {
        if let Some(item) = self.own.upgrade() {
            self.pool.submit(Task { item, cause });
        }
    }

    /// For the pool, under its lock: a callback was queued.
    pub(super) fn queued(&self) {
        self.change(|counts| counts.pending += 1);
    }

    /// For the pool, under its lock: a callback was taken out of the queue, to be run.
    pub(super) fn begun(&self) {
        self.change(|counts| (counts.pending, counts.running) = (counts.pending.saturating_sub(1), counts.running + 1));
    }

    /// A callback has returned, or is not to be waited for. True when the item is closed and this was its last.
    pub(super) fn ended(&self) -> bool {
        self.change(|counts| counts.running = counts.running.saturating_sub(1))
    }

    /// An operation begins that will end with a callback (`StartThreadpoolIo`).
    pub fn announce(&self) {
        self.change(|counts| counts.announced = counts.announced.saturating_add(1));
    }

    /// An announced operation ends without one, or its callback is queued.
    pub fn withdraw(&self) {
        self.change(|counts| counts.announced = counts.announced.saturating_sub(1));
    }

    /// Drops the callbacks that have not begun; gives how many.
    pub fn cancel_pending(self: &Arc<Self>) -> u32 {
        let dropped = self.pool.remove(self);
        self.change(|counts| counts.pending = counts.pending.saturating_sub(dropped));
        dropped
    }

    /// Callbacks that are queued or running.
    pub fn outstanding(&self) -> u32 {
        self.counts().outstanding()
    }

    /// Has an event signalled once the item is closed and its last callback has returned, and that of all others that were told the same.
    pub fn tell(&self, told: Arc<Told>) {
        self.change(|counts| counts.told = Some(told));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.counts().closed
    }

    /// It will not be due any more. True when it has no callback left.
    pub(super) fn close(&self) -> bool {
        self.change(|counts| counts.closed = true)
    }

    pub(super) fn wait_until_idle(&self, waiter: &Arc<Waiter>) {
        wait::one(waiter, &self.idle, false, Timeout::Infinite);
    }
}
