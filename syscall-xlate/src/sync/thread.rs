//! The thread object: what a thread handle stands for. The running of threads is not here.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use abi::NTSTATUS;

use super::stop::Stop;
use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, Kind, Object};
use crate::time::system_time;
use crate::wait::{Dispatcher, Signal, Waiter};

/// `THREAD_TERMINATE`
pub const TERMINATE: Access = 0x0001;
/// `THREAD_SUSPEND_RESUME`
pub const SUSPEND_RESUME: Access = 0x0002;
/// `THREAD_GET_CONTEXT`
pub const GET_CONTEXT: Access = 0x0008;
/// `THREAD_SET_CONTEXT`
pub const SET_CONTEXT: Access = 0x0010;
/// `THREAD_SET_INFORMATION`
pub const SET_INFORMATION: Access = 0x0020;
/// `THREAD_QUERY_INFORMATION`
pub const QUERY_INFORMATION: Access = 0x0040;
/// `THREAD_SET_THREAD_TOKEN`
pub const SET_THREAD_TOKEN: Access = 0x0080;
/// `THREAD_SET_LIMITED_INFORMATION`
pub const SET_LIMITED_INFORMATION: Access = 0x0400;
/// `THREAD_QUERY_LIMITED_INFORMATION`
pub const QUERY_LIMITED_INFORMATION: Access = 0x0800;
/// `THREAD_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0xffff;
/// What generic rights mean for a thread.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0048, write: 0x0002_0437, execute: 0x0012_0800, all: ALL_ACCESS };

/// The rights of a handle that is opened with these: the rights to query and to set carry the limited ones ("Thread Security and Access
/// Rights").
pub const fn granted(desired: Access) -> Access {
    let mut access = MAPPING.map(desired);
    if access & QUERY_INFORMATION != 0 {
        access |= QUERY_LIMITED_INFORMATION;
    }
    if access & SET_INFORMATION != 0 {
        access |= SET_LIMITED_INFORMATION;
    }
    access
}

/// `MEMORY_PRIORITY_NORMAL`
const NORMAL_PAGE_PRIORITY: u8 = 5;

/// A thread. It is signalled once it has ended.
#[derive(Debug)]
pub struct ThreadObject {
    waiter: Arc<Waiter>,
    dispatcher: Dispatcher,
    exit_status: AtomicU32,
    /// Where its TEB is; 0 before it has one.
    teb: AtomicU64,
    /// The host's identifier of the thread; 0 before it runs.
    host_id: AtomicU32,
    /// When it was made, in units of 100 ns since 1601.
    created: i64,
    /// Its host thread has something that another guest thread's should not have.
    changed_host: AtomicBool,
    /// Its base priority relative to the process's class, -15 to 15 (`SetThreadPriority`).
    priority: AtomicI32,
    /// The processors it is limited to; 0 for no limit of its own.
    affinity: AtomicU64,
    /// The guest's function that it runs; 0 before it is known.
    start: AtomicU64,
    /// How soon its memory is taken away, 1 to 5: kept and told.
    page_priority: AtomicU8,
    /// It asked for debuggers not to be told of it.
    hidden: AtomicBool,
    /// Another thread let it go on ([`crate::Cx::alert_thread`]).
    alerted: AtomicBool,
    stop: Stop,
    /// Which system call instructions trap on it; a [`crate::service::Traps`].
    traps: AtomicU8,
    // Leaf lock.
    description: Mutex<Vec<u16>>,
}

impl Object for ThreadObject {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Thread
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
}

impl ThreadObject {
    /// A thread that has not ended. Its identifier is not 0 and not that of another living thread.
    pub fn new(id: u32) -> Arc<Self> {
        Arc::new(Self {
            waiter: Waiter::new(id),
            dispatcher: Dispatcher::new(Signal::Notification, false),
            exit_status: AtomicU32::new(NTSTATUS::STATUS_PENDING.0),
            teb: AtomicU64::new(0),
            host_id: AtomicU32::new(0),
            created: system_time(),
            changed_host: AtomicBool::new(false),
            priority: AtomicI32::new(0),
            affinity: AtomicU64::new(0),
            start: AtomicU64::new(0),
            page_priority: AtomicU8::new(NORMAL_PAGE_PRIORITY),
            hidden: AtomicBool::new(false),
            alerted: AtomicBool::new(false),
            stop: Stop::default(),
            traps: AtomicU8::new(0),
            description: Mutex::default(),
        })
    }

    /// Its identifier.
    pub fn id(&self) -> u32 {
        self.waiter.thread()
    }

    /// Its side of its waits, and the calls queued to it.
    #[inline]
    pub const fn waiter(&self) -> &Arc<Waiter> {
        &self.waiter
    }

    /// Its exit status; `STATUS_PENDING` (`STILL_ACTIVE`) while it runs.
    pub fn exit_status(&self) -> u32 {
        self.exit_status.load(Ordering::Acquire)
    }

    /// What `GetExitCodeThread` tells: `STILL_ACTIVE` until it has ended, also while it is on its way to.
    pub fn reported_status(&self) -> u32 {
        if self.has_ended() { self.exit_status() } else { NTSTATUS::STATUS_PENDING.0 }
    }

    /// True once it has ended.
    pub fn has_ended(&self) -> bool {
        self.dispatcher.is_signalled()
    }

    /// It has ended: who waits for it is woken, and nothing can be queued to it. Only the first call counts. What it owned is
    /// abandoned by [`super::Mutants::abandon`], before this.
    pub fn end(&self, exit_status: u32) {
        if !self.has_ended() {
            self.exit_status.store(exit_status, Ordering::Release);
            self.waiter.close();
            self.stop.close();
            self.dispatcher.set();
        }
    }

    /// Tells it to end with this status. See [`crate::Cx::terminate_thread`].
    pub fn terminate(&self, exit_status: u32) {
        if !self.has_ended() && !self.waiter.is_killed() {
            self.exit_status.store(exit_status, Ordering::Release);
            self.waiter.kill();
            self.stop.end();
        }
    }

    /// The status it was told to end with, if it was.
    pub fn termination(&self) -> Option<u32> {
        self.waiter.is_killed().then(|| self.exit_status())
    }

    /// Address of its TEB; 0 before it has one.
    pub fn teb(&self) -> u64 {
        self.teb.load(Ordering::Acquire)
    }

    /// Says where its TEB is.
    pub fn set_teb(&self, address: u64) {
        self.teb.store(address, Ordering::Release);
    }

    /// When it was made, in units of 100 ns since 1601.
    pub const fn created(&self) -> i64 {
        self.created
    }

    /// Whether its host thread is as it was before, so that another guest thread may have it.
    pub(crate) fn leaves_host_as_it_was(&self) -> bool {
        self.termination().is_none() && self.traps() == 0 && !self.changed_host.load(Ordering::Relaxed)
    }

    /// The host thread is given a name, a priority or processors of its own.
    pub(crate) fn note_changed_host(&self) {
        self.changed_host.store(true, Ordering::Relaxed);
    }

    /// The host's identifier of the thread; 0 before it runs.
    pub fn host_id(&self) -> u32 {
        self.host_id.load(Ordering::Acquire)
    }

    /// Says which host thread it is.
    pub fn set_host_id(&self, id: u32) {
        self.host_id.store(id, Ordering::Release);
    }

    /// Which system call instructions trap on it.
    pub(crate) fn traps(&self) -> u8 {
        self.traps.load(Ordering::SeqCst)
    }

    /// Says which do.
    pub(crate) fn set_traps(&self, traps: u8) {
        self.traps.store(traps, Ordering::SeqCst);
    }

    /// The address of the guest's function that it runs (`ThreadQuerySetWin32StartAddress`); 0 before it is known.
    pub fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    /// Notes the function that it runs.
    pub fn set_start(&self, address: u64) {
        self.start.store(address, Ordering::Relaxed);
    }

    /// How soon its memory is taken away: 1, soonest, to 5.
    pub fn page_priority(&self) -> u32 {
        self.page_priority.load(Ordering::Relaxed).into()
    }

    /// Notes how soon its memory may be taken away, 1 to 5.
    pub fn set_page_priority(&self, priority: u32) {
        self.page_priority.store(priority.min(u32::from(NORMAL_PAGE_PRIORITY)) as u8, Ordering::Relaxed);
    }

    /// Whether debuggers are not to be told of it.
    pub fn is_hidden(&self) -> bool {
        self.hidden.load(Ordering::Relaxed)
    }

    /// Debuggers are not to be told of it from now on.
    pub fn hide_from_debugger(&self) {
        self.hidden.store(true, Ordering::Relaxed);
    }

    /// Whether another thread let it go on.
    pub(crate) fn alerted(&self) -> &AtomicBool {
        &self.alerted
    }

    /// Its priority relative to the process's class.
    pub fn priority(&self) -> i32 {
        self.priority.load(Ordering::Relaxed)
    }

    /// Notes its priority.
    pub fn set_priority(&self, priority: i32) {
        self.priority.store(priority, Ordering::Relaxed);
    }

    /// Whether it may run.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// True while it does not run: it waits, or is suspended.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.stop.is_running()
    }

    /// Resumes it once; gives how often it was suspended before.
    pub fn resume(&self) -> u32 {
        self.stop.resume()
    }

    /// Notes the processors it is limited to; gives back those before, 0 for no limit.
    pub(crate) fn swap_affinity(&self, mask: u64) -> u64 {
        self.affinity.swap(mask, Ordering::Relaxed)
    }

    /// The processors it is limited to, 0 for no limit.
    pub(crate) fn affinity(&self) -> u64 {
        self.affinity.load(Ordering::Relaxed)
    }

    /// Its name (`GetThreadDescription`).
    pub fn description(&self) -> Vec<u16> {
        self.description.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives it a name.
    pub fn set_description(&self, description: &[u16]) {
        *self.description.lock().unwrap_or_else(PoisonError::into_inner) = description.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{self, Apc, Timeout, Woken};

    #[test]
    fn a_thread_is_signalled_once_it_has_ended() {
        let thread = ThreadObject::new(7);
        let join = || wait::one(&Waiter::new(1), thread.dispatcher().unwrap(), false, Timeout::NOW);
        assert_eq!((join(), thread.exit_status()), (Woken::Timeout, 259));
        thread.end(3);
        thread.end(4);
        assert_eq!((join(), thread.exit_status()), (Woken::Object(0), 3));
        assert!(!thread.waiter().queue_apc(Apc { routine: 1, arguments: [0; 3] }));
    }

    #[test]
    fn who_waited_for_the_end_sees_it() {
        for round in 0..200 {
            let thread = ThreadObject::new(7);
            std::thread::scope(|scope| {
                let joined = scope.spawn(|| {
                    wait::one(&Waiter::new(1), thread.dispatcher().unwrap(), false, Timeout::Infinite);
                    thread.reported_status()
                });
                while !thread.dispatcher.has_waiters() {
                    std::thread::yield_now();
                }
                thread.end(round);
                assert_eq!(joined.join().unwrap(), round);
            });
        }
    }
}
