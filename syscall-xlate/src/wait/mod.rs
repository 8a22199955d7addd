//! Waiting for objects: one, any of several, all of several at once.
//!
//! Whoever can pass at once passes with one atomic operation. Whoever cannot is queued at each object and sleeps on a futex of its own
//! thread. The signalling thread decides who passes, under the object's mutex, so that no wake-up is lost and an object that lets
//! one pass lets exactly one pass.

pub(crate) mod deadline;
mod dispatcher;
mod due;
pub(crate) mod futex;
mod mixed;
mod shared;
#[cfg(test)]
mod tests;
mod timed;
mod waiter;

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult};

pub use deadline::Timeout;
pub use dispatcher::{Dispatcher, Passed, Signal};
pub(crate) use waiter::Paused;
pub use waiter::{Apc, Waiter};

use crate::object::access::SYNCHRONIZE;
use crate::object::{HandleTable, Object};
use deadline::Deadline;
use dispatcher::{Locked, Queued};
use waiter::Wake;

/// Most objects one wait can name.
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The object with this index let the thread pass; for a wait for all, index 0.
    Object(u32),
    /// As [`Self::Object`], and a mutant was abandoned by its owner. It is the thread's now all the same.
    Abandoned(u32),
    /// Time was up.
    Timeout,
    /// The wait was alertable, and a call is queued: run what [`Waiter::take_apc`] gives.
    Apc,
    /// The thread was told to end ([`Waiter::kill`]).
    Killed,
}

impl Woken {
    /// What a system service returns for it.
    pub const fn status(self) -> NTSTATUS {
        match self {
            Self::Object(index) => NTSTATUS(NTSTATUS::STATUS_WAIT_0.0 + index),
            Self::Abandoned(index) => NTSTATUS(NTSTATUS::STATUS_ABANDONED_WAIT_0.0 + index),
            Self::Timeout => NTSTATUS::STATUS_TIMEOUT,
            Self::Apc => NTSTATUS::STATUS_USER_APC,
            Self::Killed => NTSTATUS::STATUS_THREAD_IS_TERMINATING,
        }
    }

    const fn passed(index: u32, passed: Passed) -> Self {
        match passed {
            Passed::Plain => Self::Object(index),
            Passed::Abandoned => Self::Abandoned(index),
        }
    }
}

/// Passes by the object of a handle that carries `SYNCHRONIZE` if that is plain to see: nobody is blocked and it is signalled. `None` says
/// nothing: [`for_handle`] must find out.
#[inline(always)]
pub fn pass_at_once(handles: &HandleTable, thread: u32, handle: HANDLE) -> Option<Woken> {
    let passed = handles.with_any(handle, SYNCHRONIZE, |object| {
        object.dispatcher().and_then(|dispatcher| dispatcher.try_pass_fast(thread))
    });
    passed.ok().flatten().map(|passed| Woken::passed(0, passed))
}

/// Waits for the object of a handle that carries `SYNCHRONIZE`.
///
/// # Errors
/// `STATUS_INVALID_HANDLE`, `STATUS_ACCESS_DENIED`, or `STATUS_OBJECT_TYPE_MISMATCH` for what cannot be waited for.
#[inline]
pub fn for_handle(
    handles: &HandleTable,
    waiter: &Arc<Waiter>,
    handle: HANDLE,
    alertable: bool,
    timeout: Timeout,
) -> NtResult<Woken> {
    let passed = handles.with_any(handle, SYNCHRONIZE, |object| {
        object.dispatcher().and_then(|dispatcher| dispatcher.try_pass_fast(waiter.thread()))
    })?;
    match passed {
        Some(passed) => Ok(Woken::passed(0, passed)),
        None => {
            let object = handles.get_any(handle, SYNCHRONIZE)?;
            Ok(one(waiter, waitable(&object)?, alertable, timeout))
        }
    }
}

/// The signal state of an object.
///
/// # Errors
/// `STATUS_OBJECT_TYPE_MISMATCH` for what cannot be waited for.
pub fn waitable(object: &Arc<dyn Object>) -> NtResult<&Dispatcher> {
    object.dispatcher().ok_or(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
}

/// Waits for one object.
pub fn one(waiter: &Arc<Waiter>, object: &Dispatcher, alertable: bool, timeout: Timeout) -> Woken {
    any_of(waiter, &[object], alertable, timeout)
}

/// Waits for any of the objects; the lowest index counts when several are signalled.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER_1` for no object or more than [`MAXIMUM_WAIT_OBJECTS`].
pub fn any(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, timeout: Timeout) -> NtResult<Woken> {
    check_count(objects)?;
    Ok(any_of(waiter, objects, alertable, timeout))
}

/// Waits for all of the objects at once: none is passed before all can be.
///
/// # Errors
/// Those of [`any`], and `STATUS_INVALID_PARAMETER_MIX` when an object is named twice.
pub fn all(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, timeout: Timeout) -> NtResult<Woken> {
    check_count(objects)?;
    let mut ordered = objects.to_vec();
    ordered.sort_by_key(|object| std::ptr::from_ref(*object));
    if ordered.windows(2).any(|pair| std::ptr::eq(pair[0], pair[1])) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_MIX);
    }
    Ok(all_of(waiter, &ordered, alertable, timeout))
}

/// Waits in a line that is no object's. `join` puts the waiter into it; from then on whoever sees it there may let it pass by
/// [`Waiter::satisfy`] and then [`Waiter::release`]. After a wait that ended otherwise the waiter is still in the line.
pub(crate) fn in_line(waiter: &Arc<Waiter>, alertable: bool, timeout: Timeout, join: impl FnOnce()) -> Woken {
    let deadline = timeout.deadline();
    if let Some(woken) = blocks_not(waiter, alertable, deadline) {
        return woken;
    }
    waiter.begin(alertable);
    join();
    woken(waiter.sleep(alertable, deadline))
}

/// Waits for nothing but the time, or a queued call if `alertable` (`NtDelayExecution`).
pub fn delay(waiter: &Arc<Waiter>, alertable: bool, timeout: Timeout) -> Woken {
    any_of(waiter, &[], alertable, timeout)
}

fn check_count(objects: &[&Dispatcher]) -> NtResult<()> {
    match objects.len() {
        1..=MAXIMUM_WAIT_OBJECTS => Ok(()),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER_1),
    }
}

fn any_of(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, timeout: Timeout) -> Woken {
    for (index, object) in objects.iter().enumerate() {
        if let Some(passed) = object.try_pass(waiter.thread()) {
            return Woken::passed(index as u32, passed);
        }
    }
    let deadline = timeout.deadline();
    loop {
        if let Some(woken) = any_once(waiter, objects, alertable, deadline) {
            return woken;
        }
    }
}

/// Waits until one of the objects is signalled or may have become so: `None`.
fn any_once(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, deadline: Deadline) -> Option<Woken> {
    due::signal(objects);
    for (index, object) in (0..).zip(objects) {
        if let Some(passed) = object.try_pass(waiter.thread()) {
            return Some(Woken::passed(index, passed));
        }
    }
    if let Some(woken) = blocks_not(waiter, alertable, deadline) {
        return Some(woken);
    }
    if mixed::concerns(objects) {
        return Some(mixed::any_of(waiter, objects, alertable, deadline));
    }
    waiter.begin(alertable);
    let mut queued = 0;
    for (index, object) in (0..).zip(objects) {
        let mut locked = object.lock();
        if locked.would_pass(waiter.thread()) {
            // Otherwise another object, or a call, has ended the wait already, and this one keeps its signal.
            if waiter.satisfy(index, Passed::Plain) {
                let passed = locked.pass(waiter.thread()).unwrap_or(Passed::Plain);
                drop(locked);
                forget(waiter, &objects[..queued]);
                return Some(Woken::passed(index, passed));
            }
            break;
        }
        locked.enqueue(Queued { waiter: Arc::clone(waiter), index, all: false });
        queued += 1;
    }
    let paused = waiter.pause();
    let ended = sleep(waiter, objects, alertable, deadline);
    drop(paused);
    match ended {
        // The only queue it was in is the one it was taken out of.
        Some(Wake::Object(..)) if queued == 1 => {}
        _ => forget(waiter, &objects[..queued]),
    }
    ended.map(woken)
}

/// Sleeps in the queues of objects. `None` when the wait is over because the thread is to look again.
fn sleep(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, deadline: Deadline) -> Option<Wake> {
    let (until, early) = due::until(objects, deadline);
    loop {
        match waiter.sleep(alertable, until) {
            Wake::Timeout if early => return None,
            // Otherwise an object has let it pass meanwhile, as the next sleep finds out.
            Wake::LookAgain if waiter.end() => return None,
            Wake::LookAgain => {}
            wake => return Some(wake),
        }
    }
}

fn all_of(waiter: &Arc<Waiter>, ordered: &[&Dispatcher], alertable: bool, timeout: Timeout) -> Woken {
    let deadline = timeout.deadline();
    loop {
        if let Some(woken) = all_once(waiter, ordered, alertable, deadline) {
            return woken;
        }
    }
}

/// Waits until all of the objects are signalled or may have become so: `None`.
fn all_once(waiter: &Arc<Waiter>, ordered: &[&Dispatcher], alertable: bool, deadline: Deadline) -> Option<Woken> {
    due::signal(ordered);
    if mixed::concerns(ordered) {
        return Some(mixed::all_of(waiter, ordered, alertable, deadline));
    }
    if let Some(passed) = pass_all(waiter, &mut lock_all(ordered)) {
        return Some(Woken::passed(0, passed));
    }
    if let Some(woken) = blocks_not(waiter, alertable, deadline) {
        return Some(woken);
    }
    waiter.begin(alertable);
    {
        let mut locked = lock_all(ordered);
        if let Some(passed) = pass_all(waiter, &mut locked) {
            // Nobody knows of this wait but one who queues a call, which stays queued.
            waiter.end();
            return Some(Woken::passed(0, passed));
        }
        for locked in &mut locked {
            locked.enqueue(Queued { waiter: Arc::clone(waiter), index: 0, all: true });
        }
    }
    let paused = waiter.pause();
    let ended = sleep(waiter, ordered, alertable, deadline);
    drop(paused);
    forget(waiter, ordered);
    ended.map(woken)
}

/// What ends a wait before it blocks. Calls come before the time: `SleepEx(0, TRUE)` runs them.
fn blocks_not(waiter: &Arc<Waiter>, alertable: bool, deadline: Deadline) -> Option<Woken> {
    if waiter.is_killed() {
        return Some(Woken::Killed);
    }
    if alertable && waiter.has_apcs() {
        return Some(Woken::Apc);
    }
    deadline.is_over().then_some(Woken::Timeout)
}

fn woken(wake: Wake) -> Woken {
    match wake {
        Wake::Object(index, passed) => Woken::passed(index, passed),
        Wake::Apc => Woken::Apc,
        Wake::Killed => Woken::Killed,
        Wake::Timeout | Wake::LookAgain => Woken::Timeout,
    }
}

/// Takes all mutexes. `ordered` is sorted by address, so that two such waits cannot block each other.
fn lock_all<'a>(ordered: &[&'a Dispatcher]) -> Vec<Locked<'a>> {
    ordered.iter().map(|object| object.lock()).collect()
}

fn pass_all(waiter: &Arc<Waiter>, locked: &mut [Locked<'_>]) -> Option<Passed> {
    if !locked.iter().all(|locked| locked.would_pass(waiter.thread())) {
        return None;
    }
    let mut all = Passed::Plain;
    for locked in locked {
        if locked.pass(waiter.thread()) == Some(Passed::Abandoned) {
            all = Passed::Abandoned;
        }
    }
    Some(all)
}

fn forget(waiter: &Arc<Waiter>, objects: &[&Dispatcher]) {
    for object in objects.iter().filter(|object| object.shared().is_none()) {
        object.forget(waiter);
    }
}
