//! The thread pool: the guest's callbacks, run by threads that come and go with the work.
//!
//! An [`Item`] is what callbacks are of: work that is submitted, a timer, a wait, the operations of a file. Whatever makes it due puts it into
//! the queue of its [`Pool`], whose workers are ordinary threads of the guest's. Timers are kept by the process's timer thread, waits and
//! completed operations by threads of the host, none of which runs anything of the guest's.
//!
//! The guest knows items, pools and groups by numbers that look like addresses and are never used again: one that is closed is known to be.
//!
//! Locks, outermost first: an item's timer, a wait thread's list; a pool; an item's counts.

mod group;
mod io;
mod item;
mod queue;
#[cfg(test)]
mod tests;
mod timer;
mod wait;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use abi::{NTSTATUS, NtResult};

pub use group::Group;
pub use item::{Callback, Environment, Item, Priority, Shape, Told};
pub use queue::Pool;
pub use worker::Release;
pub(crate) use worker::Worker;

use crate::program::{self, NewThread};
use crate::sync::timer::Expire;
use crate::{Cx, Process};
use queue::Staff;

/// What the guest has a number of.
#[derive(Clone)]
pub enum Known {
    /// A pool.
    Pool(Arc<Pool>),
    /// A group.
    Group(Arc<Group>),
    /// An item.
    Item(Arc<Item>),
}

/// A type that the guest names by a number.
pub trait Named: Sized {
    /// The value, if it is of this type.
    fn of(known: &Known) -> Option<&Arc<Self>>;
}

macro_rules! named {
    ($($kind:ident)*) => {$(
        impl Named for $kind {
            fn of(known: &Known) -> Option<&Arc<Self>> {
                if let Known::$kind(value) = known { Some(value) } else { None }
            }
        }
    )*};
}
named! { Pool Group Item }

/// The first number, and the distance between two. It is in the part of memory that Windows gives to no program.
const FIRST: u64 = 0x1000;
const STEP: u64 = 0x10;

/// The pools of a process.
#[derive(Default)]
pub struct Pools {
    // Leaf lock.
    known: Mutex<Numbers>,
    employer: OnceLock<Arc<Employer>>,
    shared: OnceLock<Arc<Pool>>,
    /// For callbacks that want to be on one and the same thread: of timers, of waits.
    single: OnceLock<Arc<Pool>>,
    waits: wait::Waits,
    io: io::Completions,
}

#[derive(Default)]
struct Numbers {
    known: HashMap<u64, Known>,
    last: u64,
}

/// Starts workers for pools.
struct Employer {
    process: Weak<Process>,
    /// What the next worker to begin works for. Leaf lock.
    places: Mutex<Vec<Arc<Pool>>>,
}

impl Staff for Employer {
    fn hire(&self, pool: &Arc<Pool>) -> NtResult<()> {
        let process = self.process.upgrade().ok_or(NTSTATUS::STATUS_PROCESS_IS_TERMINATING)?;
        self.places().push(Arc::clone(pool));
        let worker = NewThread { start: worker::entry(), parameter: 0, stack: pool.stack().0, suspended: false };
        program::start_thread_of(&process, worker).map(drop).inspect_err(|_| {
            let mut places = self.places();
            if let Some(place) = places.iter().position(|place| Arc::ptr_eq(place, pool)) {
                places.remove(place);
            }
        })
    }

    fn look_again(&self, pool: &Arc<Pool>, after: Duration) {
        if let Some(process) = self.process.upgrade() {
            let pool = Arc::downgrade(&(Arc::clone(pool) as Arc<dyn Expire>));
            // Without a timer the queue waits for a worker that is free.
            let _ = process.timers.schedule(Instant::now() + after, pool);
        }
    }
}

impl Employer {
    fn places(&self) -> MutexGuard<'_, Vec<Arc<Pool>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pools {
    fn known(&self) -> MutexGuard<'_, Numbers> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self) -> u64 {
        let mut numbers = self.known();
        numbers.last += STEP;
        FIRST + numbers.last
    }

    /// What the guest means by a number.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for none of this type, or no longer.
    pub fn get<T: Named>(&self, number: u64) -> NtResult<Arc<T>> {
        let numbers = self.known();
        numbers.known.get(&number).and_then(T::of).cloned().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
    }

    /// As [`Self::get`], and the number means nothing from then on.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub fn take<T: Named>(&self, number: u64) -> NtResult<Arc<T>> {
        let mut numbers = self.known();
        let found = numbers.known.get(&number).and_then(T::of).cloned().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        numbers.known.remove(&number);
        Ok(found)
    }

    fn enter(&self, number: u64, known: Known) {
        self.known().known.insert(number, known);
    }

    /// The next worker's pool.
    fn place(&self) -> Option<Arc<Pool>> {
        self.employer.get()?.places().pop()
    }
}

impl Cx<'_> {
    fn staff(&self) -> Arc<dyn Staff> {
        let employer = self.process.pools.employer.get_or_init(|| {
            let process = Arc::downgrade(&self.thread.process_arc());
            Arc::new(Employer { process, places: Mutex::default() })
        });
        Arc::clone(employer) as Arc<dyn Staff>
    }

    /// The pool of callbacks that name no other.
    pub fn shared_pool(&self) -> Arc<Pool> {
        Arc::clone(self.process.pools.shared.get_or_init(|| Pool::new(self.staff())))
    }

    /// The pool of a single thread that stays.
    pub fn single_pool(&self) -> Arc<Pool> {
        let pool = self.process.pools.single.get_or_init(|| {
            let pool = Pool::new(self.staff());
            pool.set_maximum(1);
            pool
        });
        Arc::clone(pool)
    }

    /// Makes a pool; gives its number.
    pub fn create_pool(&self) -> u64 {
        let pools = &self.process.pools;
        let number = pools.number();
        pools.enter(number, Known::Pool(Pool::new(self.staff())));
        number
    }

    /// Makes a group of items; gives its number.
    pub fn create_group(&self) -> u64 {
        let pools = &self.process.pools;
        let number = pools.number();
        pools.enter(number, Known::Group(Group::new()));
        number
    }

    /// Makes an item, in the group that its environment names; the guest may name it by its number.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` when the environment names a library that is not loaded.
    pub fn create_item(&self, callback: Callback, environment: Environment) -> NtResult<Arc<Item>> {
        let pools = &self.process.pools;
        if environment.library != 0 {
            let module = self.process.module_at(environment.library).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
            self.reference_module(&module, false).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)?;
        }
        let pool = environment.pool.clone().unwrap_or_else(|| self.shared_pool());
        let group = environment.group.clone();
        let item = Item::new(pools.number(), pool, callback, environment);
        pools.enter(item.number(), Known::Item(Arc::clone(&item)));
        if let Some(group) = group {
            group.add(&item);
        }
        Ok(item)
    }

    /// Closes an item: it is not due any more, and its number means nothing. What is pending still runs.
    pub fn close_item(&self, item: &Arc<Item>) {
        let _ = self.process.pools.take::<Item>(item.number());
        self.disarm_timer(item);
        self.disarm_wait(item);
        if item.close() {
            self.let_go(item);
        }
    }

    /// What an item that is closed, and has no callback left, still has.
    fn let_go(&self, item: &Arc<Item>) {
        if let Some(group) = item.group() {
            group.remove(item);
        }
        self.process.pools.io.forget(item);
        if let Some(module) = item.take_library().and_then(|base| self.process.module_at(base)) {
            let _ = self.free_library(&module);
        }
    }

    /// Waits until an item has no callback left, of which those that have not begun may be dropped. Ends early when the thread is to end.
    pub fn wait_for_callbacks(&self, item: &Arc<Item>, cancel: bool) {
        if cancel {
            item.cancel_pending();
        }
        item.wait_until_idle(self.thread.object().waiter());
    }
}
