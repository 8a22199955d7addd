//! A worker: a thread of the guest's that runs one callback after the other.
//!
//! What it is at stands in its [`Worker`], not on the stack: a callback may end its thread.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use abi::{Exception, HANDLE, NTSTATUS, NtResult, WIN32_ERROR};

use super::item::{Cause, Item, Shape};
use super::queue::{Pool, Task};
use super::wait::TIME_IS_UP;
use crate::sync::{Event, Mutant, Semaphore, critical_section, event, semaphore};
use crate::{Cx, exception, gate};

/// What a thread does for a pool.
#[derive(Default)]
pub(crate) struct Worker {
    pool: RefCell<Option<Arc<Pool>>>,
    running: RefCell<Option<Running>>,
    last_instance: Cell<u64>,
}

/// A callback that has begun and not returned.
struct Running {
    /// What the guest calls it.
    instance: u64,
    item: Arc<Item>,
    /// It is waited for by those who wait for the item's callbacks.
    counted: bool,
    long: bool,
    after: After,
}

/// What is done for a callback that has returned. Only the last of a kind that was asked for counts.
#[derive(Clone, Copy, Default)]
struct After {
    section: Option<u64>,
    mutant: Option<HANDLE>,
    semaphore: Option<(HANDLE, u32)>,
    event: Option<HANDLE>,
    library: Option<u64>,
}

/// What [`Cx::after_callback`] asks for.
#[derive(Clone, Copy, Debug)]
pub enum Release {
    /// The critical section at an address is left.
    Section(u64),
    /// A mutant is released.
    Mutant(HANDLE),
    /// A semaphore is released so often.
    Semaphore(HANDLE, u32),
    /// An event is signalled.
    Event(HANDLE),
    /// A module is given up.
    Library(u64),
}

/// Calls of the guest's for one callback.
#[derive(Clone, Copy)]
struct Call {
    routine: u64,
    arguments: [u64; 6],
    finalization: u64,
    instance: u64,
    context: u64,
}

/// Where a worker begins, as the start address of a guest thread.
pub(super) fn entry() -> u64 {
    work as *const () as u64
}

extern "win64" fn work(_: u64) -> u64 {
    if let Some(cx) = gate::current() {
        cx.take_place();
        while let Some(call) = cx.next_callback() {
            cx.call_guest(call.routine, call.arguments);
            if call.finalization != 0 {
                cx.call_guest(call.finalization, [call.instance, call.context]);
            }
            let after = cx.callback_returned();
            cx.release_after(after);
        }
    }
    0
}

impl Call {
    fn new(item: &Item, cause: Cause, instance: u64) -> Self {
        let callback = item.callback();
        let (context, number) = (callback.context, item.number());
        let waited = if let Cause::Waited(result) = cause { result } else { 0 };
        let (overlapped, error, bytes) = match cause {
            Cause::Completed(packet) => {
                (packet.context, u64::from(WIN32_ERROR::from(packet.status).0), packet.information)
            }
            _ => (0, 0, 0),
        };
        let arguments = match callback.shape {
            Shape::Item | Shape::Simple => [instance, context, number, 0, 0, 0],
            Shape::Wait => [instance, context, number, u64::from(waited), 0, 0],
            Shape::Io => [instance, context, overlapped, error, bytes, number],
            Shape::Context => [context, 0, 0, 0, 0, 0],
            Shape::TimeUp => [context, u64::from(waited == TIME_IS_UP), 0, 0, 0, 0],
            Shape::Overlapped => [error, bytes, overlapped, 0, 0, 0],
        };
        let finalization = item.environment().finalization;
        Self { routine: callback.routine, arguments, finalization, instance, context }
    }
}

impl Cx<'_> {
    fn take_place(&self) {
        if let Some(pool) = self.process.pools.place() {
            pool.join(self.thread.object());
            *self.thread.worker().pool.borrow_mut() = Some(pool);
        }
    }

    /// Waits for a callback to run and notes it.
    fn next_callback(&self) -> Option<Call> {
        let worker = self.thread.worker();
        let pool = worker.pool.borrow().clone()?;
        let Task { item, cause } = pool.next(self.thread.object())?;
        let long = item.environment().long;
        if long {
            pool.takes_long(true);
        }
        worker.last_instance.set(worker.last_instance.get() + 1);
        let instance = self.thread.teb() + worker.last_instance.get();
        let call = Call::new(&item, cause, instance);
        *worker.running.borrow_mut() = Some(Running { instance, item, counted: true, long, after: After::default() });
        Some(call)
    }

    /// Counts the callback as returned; gives what is to be done now.
    fn callback_returned(&self) -> After {
        let Some(running) = self.thread.worker().running.take() else { return After::default() };
        let Running { item, counted, long, after, .. } = running;
        if long {
            item.pool().takes_long(false);
        }
        if counted && item.ended() {
            self.let_go(&item);
        }
        self.wait_again(&item);
        after
    }

    /// Does what a callback wanted done once it has returned.
    fn release_after(&self, after: After) {
        let handles = &self.process.handles;
        if let Some(section) = after.section {
            while let Err(fault) = critical_section::leave(&self.process.addresses, section) {
                exception::raise_from_shim(self, &fault.into());
            }
        }
        let mutant = after.mutant.map(|handle| handles.get::<Mutant>(handle, 0)?.release(self.thread.id()).map(drop));
        self.check_release(mutant, NTSTATUS::STATUS_THREADPOOL_RELEASE_MUTEX_ON_COMPLETION_FAILED);
        let semaphore = after.semaphore.map(|(handle, count)| {
            handles.get::<Semaphore>(handle, semaphore::MODIFY_STATE)?.release(count as i32).map(drop)
        });
        self.check_release(semaphore, NTSTATUS::STATUS_THREADPOOL_RELEASE_SEMAPHORE_ON_COMPLETION_FAILED);
        let event =
            after.event.map(|handle| handles.get::<Event>(handle, event::MODIFY_STATE).map(|event| _ = event.set()));
        self.check_release(event, NTSTATUS::STATUS_THREADPOOL_SET_EVENT_ON_COMPLETION_FAILED);
        let library = after.library.map(|base| match self.process.module_at(base) {
            Some(module) => self.free_library(&module),
            None => Err(NTSTATUS::STATUS_INVALID_HANDLE),
        });
        self.check_release(library, NTSTATUS::STATUS_THREADPOOL_FREE_LIBRARY_ON_COMPLETION_FAILED);
    }

    /// What could not be done is an exception in the worker, as these statuses say.
    fn check_release(&self, result: Option<NtResult<()>>, status: NTSTATUS) {
        if let Some(Err(_)) = result {
            exception::raise_from_shim(self, &Exception::new(status, &[]));
        }
    }

    /// The thread ends, maybe in a callback: its pool counts it no longer.
    pub(crate) fn leave_pool(&self) {
        let worker = self.thread.worker();
        if let Some(running) = worker.running.take() {
            if running.long {
                running.item.pool().takes_long(false);
            }
            if running.counted {
                running.item.ended();
            }
        }
        if let Some(pool) = worker.pool.take() {
            pool.part(self.thread.object());
        }
    }

    fn with_instance<R>(&self, instance: u64, work: impl FnOnce(&mut Running) -> R) -> NtResult<R> {
        let mut running = self.thread.worker().running.borrow_mut();
        let running = running.as_mut().filter(|running| running.instance == instance);
        running.map(work).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
    }

    /// Has something released once the callback has returned.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` unless `instance` is the callback that the thread runs.
    pub fn after_callback(&self, instance: u64, release: Release) -> NtResult<()> {
        self.with_instance(instance, |running| match release {
            Release::Section(address) => running.after.section = Some(address),
            Release::Mutant(handle) => running.after.mutant = Some(handle),
            Release::Semaphore(handle, count) => running.after.semaphore = Some((handle, count)),
            Release::Event(handle) => running.after.event = Some(handle),
            Release::Library(base) => running.after.library = Some(base),
        })
    }

    /// The callback may take long; gives whether others need not wait for it.
    ///
    /// # Errors
    /// As [`Self::after_callback`].
    pub fn callback_takes_long(&self, instance: u64) -> NtResult<bool> {
        self.with_instance(instance, |running| {
            let pool = running.item.pool();
            if !std::mem::replace(&mut running.long, true) {
                pool.takes_long(true);
            }
            pool.has_room()
        })
    }

    /// Nobody waits for the callback any more.
    ///
    /// # Errors
    /// As [`Self::after_callback`].
    pub fn disassociate_callback(&self, instance: u64) -> NtResult<()> {
        let over = self.with_instance(instance, |running| {
            let counted = std::mem::replace(&mut running.counted, false);
            (counted && running.item.ended()).then(|| Arc::clone(&running.item))
        })?;
        if let Some(item) = over {
            self.let_go(&item);
        }
        Ok(())
    }
}
