//! A pool: callbacks that wait for a thread, and threads that wait for a callback.
//!
//! A worker is started for a callback when none is free and fewer run than there are processors; one that blocks, or said that it takes long,
//! does not count. While callbacks wait, a look at them every few milliseconds sees workers that have blocked since, and starts one all
//! the same when none was taken for long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use abi::{NTSTATUS, NtResult};

use super::item::{Cause, Item};
use crate::sync::ThreadObject;
use crate::sync::timer::Expire;
use crate::system_info;
use crate::wait::{self, Dispatcher, Signal, Timeout, Woken};

/// Most workers of a pool that is not told otherwise, as on Windows.
const MOST: u32 = 500;
/// A worker that had nothing to do for so long ends, in units of 100 ns: 30 seconds.
const PATIENCE: Timeout = Timeout::Relative(30 * 10_000_000);
/// How often the queue is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// When no callback was taken for so long, another worker starts though the processors are busy.
const STALLED: Duration = Duration::from_millis(100);

/// A callback that is to run.
pub(super) struct Task {
    pub(super) item: Arc<Item>,
    pub(super) cause: Cause,
}

/// Who gives a pool its workers.
pub(super) trait Staff: Send + Sync {
    /// Starts a worker, who will ask for tasks.
    fn hire(&self, pool: &Arc<Pool>) -> NtResult<()>;
    /// Has [`Pool::expire`] called after this time.
    fn look_again(&self, pool: &Arc<Pool>, after: Duration);
}

/// A pool of threads.
pub struct Pool {
    own: Weak<Self>,
    state: Mutex<State>,
    staff: Arc<dyn Staff>,
}

struct State {
    /// By priority.
    queues: [VecDeque<Task>; 3],
    /// Workers without a task; the last to come is at the end, and is the first to get one.
    free: Vec<Arc<Dispatcher>>,
    workers: Vec<Arc<ThreadObject>>,
    /// Workers that have not come to ask for a task yet.
    hired: u32,
    /// Workers whose callbacks take long.
    long: u32,
    minimum: u32,
    maximum: u32,
    /// Bytes of stack that is reserved and committed; 0 for the default.
    stack: (u64, u64),
    watched: bool,
    last_taken: Instant,
    closed: bool,
}

impl State {
    fn is_empty(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    fn staff(&self) -> u32 {
        self.workers.len() as u32 + self.hired
    }

    /// Workers that take processor time.
    fn running(&self) -> u32 {
        let working = self.workers.iter().filter(|worker| !worker.is_blocked()).count() as u32;
        (working + self.hired).saturating_sub(self.long)
    }

    /// Counts a worker that is to be started, if one is needed.
    fn needs_worker(&mut self, long: bool) -> bool {
        let needed = self.staff() < self.minimum
            || self.staff() < self.maximum && !self.is_empty() && (long || self.running() < system_info::processors());
        self.hired += u32::from(needed);
        needed
    }
}

impl Pool {
    pub(super) fn new(staff: Arc<dyn Staff>) -> Arc<Self> {
        let state = State {
            queues: Default::default(),
            free: Vec::new(),
            workers: Vec::new(),
            hired: 0,
            long: 0,
            minimum: 0,
            maximum: MOST,
            stack: (0, 0),
            watched: false,
            last_taken: Instant::now(),
            closed: false,
        };
        Arc::new_cyclic(|own| Self { own: own.clone(), state: Mutex::new(state), staff })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn submit(self: &Arc<Self>, task: Task) {
        let mut state = self.state();
        task.item.queued();
        let (long, priority) = (task.item.environment().long, task.item.environment().priority);
        state.queues[priority as usize].push_back(task);
        if let Some(worker) = state.free.pop() {
            worker.set();
            return;
        }
        let hire = state.needs_worker(long);
        drop(state);
        if hire {
            self.hire();
        }
        self.watch();
    }

    /// Starts the worker that `needs_worker` has counted.
    fn hire(self: &Arc<Self>) -> bool {
        let hired = self.staff.hire(self).is_ok();
        if !hired {
            self.state().hired -= 1;
        }
        hired
    }

    /// Sees to it that the queue is looked at again, if there is anything in it.
    fn watch(self: &Arc<Self>) {
        let mut state = self.state();
        if !state.watched && !state.is_empty() {
            state.watched = true;
            drop(state);
            self.staff.look_again(self, LOOK);
        }
    }

    /// Takes an item's tasks out of the queue; gives how many.
    pub(super) fn remove(&self, item: &Arc<Item>) -> u32 {
        let mut state = self.state();
        let queue = &mut state.queues[item.environment().priority as usize];
        let before = queue.len();
        queue.retain(|task| !Arc::ptr_eq(&task.item, item));
        (before - queue.len()) as u32
    }

    /// A hired worker has come. The pool has room for it.
    pub(super) fn join(&self, worker: &Arc<ThreadObject>) {
        let mut state = self.state();
        state.hired = state.hired.saturating_sub(1);
        state.workers.push(Arc::clone(worker));
    }

    /// A worker is gone, whatever it was at.
    pub(super) fn part(self: &Arc<Self>, worker: &Arc<ThreadObject>) {
        let mut state = self.state();
        state.workers.retain(|known| !Arc::ptr_eq(known, worker));
        let hire = state.needs_worker(false) && !state.closed;
        drop(state);
        if hire {
            self.hire();
        }
    }

    /// The next task for a worker, waiting for it; `None` when the worker is to go.
    pub(super) fn next(&self, worker: &Arc<ThreadObject>) -> Option<Task> {
        let wake = Arc::new(Dispatcher::new(Signal::Synchronization, false));
        loop {
            let mut state = self.state();
            if let Some(task) = state.queues.iter_mut().find_map(VecDeque::pop_front) {
                task.item.begun();
                state.last_taken = Instant::now();
                return Some(task);
            }
            if state.closed || state.staff() > state.maximum {
                return None;
            }
            state.free.push(Arc::clone(&wake));
            let limit = if state.staff() <= state.minimum { Timeout::Infinite } else { PATIENCE };
            drop(state);
            let woken = wait::one(worker.waiter(), &wake, false, limit);
            if matches!(woken, Woken::Object(_)) {
                continue;
            }
            let mut state = self.state();
            let free = state.free.len();
            state.free.retain(|other| !Arc::ptr_eq(other, &wake));
            // One that is not in the list any more has a task to take.
            if woken == Woken::Killed || state.free.len() != free {
                return None;
            }
        }
    }

    /// A worker's callback takes long, or no longer does.
    pub(super) fn takes_long(&self, long: bool) {
        let mut state = self.state();
        state.long = if long { state.long + 1 } else { state.long.saturating_sub(1) };
    }

    /// Whether there is, or can be, a worker for another callback.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        !state.free.is_empty() || state.staff() < state.maximum
    }

    /// Sets how many workers there are at most.
    pub fn set_maximum(&self, maximum: u32) {
        let mut state = self.state();
        state.maximum = maximum.max(1);
        state.minimum = state.minimum.min(state.maximum);
    }

    /// Sets how many workers there are at least, and starts them.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY` when they cannot be started.
    pub fn set_minimum(self: &Arc<Self>, minimum: u32) -> NtResult<()> {
        {
            let mut state = self.state();
            state.minimum = minimum;
            state.maximum = state.maximum.max(minimum);
        }
        loop {
            let mut state = self.state();
            if state.staff() >= state.minimum {
                return Ok(());
            }
            state.hired += 1;
            drop(state);
            if !self.hire() {
                self.state().minimum = 0;
                return Err(NTSTATUS::STATUS_NO_MEMORY);
            }
        }
    }

    /// Bytes of stack that its workers have reserved and committed; 0 for the default.
    pub fn stack(&self) -> (u64, u64) {
        self.state().stack
    }

    /// Sets what [`Self::stack`] gives, for workers to come.
    pub fn set_stack(&self, reserve: u64, commit: u64) {
        self.state().stack = (reserve, commit);
    }

    /// Its workers go when they have nothing left to do.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.minimum = 0;
        for worker in state.free.drain(..) {
            worker.set();
        }
    }
}

impl Expire for Pool {
    fn expire(&self, _: u64) -> Option<Instant> {
        let mut state = self.state();
        if state.is_empty() {
            state.watched = false;
            return None;
        }
        let stalled = state.last_taken.elapsed() > STALLED;
        if stalled {
            state.last_taken = Instant::now();
        }
        let hire = state.needs_worker(stalled);
        drop(state);
        if let (true, Some(own)) = (hire, self.own.upgrade()) {
            own.hire();
        }
        Some(Instant::now() + LOOK)
    }
}
