//! Host threads for guest threads. One whose guest thread has ended waits a while for another: starting a thread is most of what a short one costs.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::signals::AlternateStack;

/// A host thread's own stack: enough to set a guest thread up.
const STACK: usize = 128 * 1024;
/// Host threads that wait for work at a time.
const MOST_IDLE: usize = 8;
/// How long one waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// One that has used more time of a processor ends: a guest thread's times are those of its host thread, counted in units of this.
const MOST_CPU: Duration = Duration::from_millis(10);

/// What a host thread does for a guest thread; true when nothing of that is left on it.
type Work = Box<dyn FnOnce() -> bool + Send>;

/// The host threads of a process.
#[derive(Default)]
pub(crate) struct Hosts {
    idle: Arc<Idle>,
}

// Leaf lock.
type Idle = Mutex<Vec<Waiting>>;

/// A host thread that waits for work.
#[derive(Clone)]
struct Waiting {
    id: u32,
    work: SyncSender<Work>,
}

/// A host thread that does nothing else than wait for what its owner has for it. Dropped, it waits for others.
pub(crate) struct Host(Option<Waiting>);

impl Hosts {
    /// One that waits, if any will do, or a new one, which is like its maker.
    ///
    /// # Errors
    /// The host's when it gives no thread.
    pub(crate) fn take(&self, any: bool) -> std::io::Result<Host> {
        if let Some(waiting) = any.then(|| lock(&self.idle).pop()).flatten() {
            return Ok(Host(Some(waiting)));
        }
        let idle = Arc::clone(&self.idle);
        let (tell, told) = mpsc::sync_channel(1);
        thread::Builder::new().stack_size(STACK).spawn(move || live(&idle, &tell))?;
        told.recv().map(|waiting| Host(Some(waiting))).map_err(std::io::Error::other)
    }
}

impl Host {
    /// The host's identifier of the thread.
    pub(crate) fn id(&self) -> u32 {
        self.0.as_ref().map_or(0, |waiting| waiting.id)
    }

    /// Has it do this.
    pub(crate) fn run(mut self, work: impl FnOnce() -> bool + Send + 'static) {
        self.give(Box::new(work));
    }

    fn give(&mut self, work: Work) {
        // It holds a sender itself and waits for one piece of work: neither can it be gone nor its place be taken.
        let _ = self.0.take().map(|waiting| waiting.work.send(work));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.give(Box::new(|| true));
    }
}

/// The host's identifier of the calling thread.
pub(crate) fn this_thread() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned()
}

fn lock(idle: &Idle) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A host thread's life.
fn live(idle: &Idle, tell: &SyncSender<Waiting>) {
    // Without one a fault cannot be told to the guest: the process ends by the signal.
    let _alternate = AlternateStack::new();
    let (work, next) = mpsc::sync_channel::<Work>(1);
    let this = Waiting { id: this_thread(), work };
    if tell.send(this.clone()).is_err() {
        return;
    }
    let mut patience = None;
    while let Some(work) = next_work(idle, &this, &next, patience) {
        let reusable = work();
        let used = clock_gettime(ClockId::ThreadCPUTime);
        let fresh = used.tv_sec == 0 && used.tv_nsec < MOST_CPU.as_nanos() as i64;
        if !(reusable && fresh && wait_in(idle, &this)) {
            return;
        }
        patience = Some(PATIENCE);
    }
}

/// Waits for work; `None` when there was none for so long.
fn next_work(idle: &Idle, this: &Waiting, next: &Receiver<Work>, patience: Option<Duration>) -> Option<Work> {
    if let Some(patience) = patience {
        if let Ok(work) = next.recv_timeout(patience) {
            return Some(work);
        }
        let mut waiting = lock(idle);
        if let Some(place) = waiting.iter().position(|waiting| waiting.id == this.id) {
            waiting.remove(place);
            return None;
        }
    }
    // Somebody has chosen it, and says what for or that it was for nothing.
    next.recv().ok()
}

/// Joins those who wait; false when there are enough.
fn wait_in(idle: &Idle, this: &Waiting) -> bool {
    let mut waiting = lock(idle);
    if waiting.len() >= MOST_IDLE {
        return false;
    }
    waiting.push(this.clone());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs something on a host thread and gives that thread's identifier.
    fn host_of(hosts: &Hosts, clean: bool, work: fn()) -> thread::ThreadId {
        let (tell, told) = mpsc::channel();
        hosts.take(true).unwrap().run(move || {
            work();
            tell.send(thread::current().id()).unwrap();
            clean
        });
        told.recv().unwrap()
    }

    /// Waits until as many wait for work.
    fn until_idle(hosts: &Hosts, count: usize) {
        while lock(&hosts.idle).len() != count {
            thread::yield_now();
        }
    }

    #[test]
    fn a_host_thread_is_used_again_unless_it_is_worn() {
        let hosts = Hosts::default();
        let first = host_of(&hosts, true, || {});
        until_idle(&hosts, 1);
        assert_eq!(host_of(&hosts, false, || {}), first);
        let second = host_of(&hosts, true, || {});
        assert_ne!(second, first);
        until_idle(&hosts, 1);
        let busy = || {
            while clock_gettime(ClockId::ThreadCPUTime).tv_nsec < 2 * MOST_CPU.as_nanos() as i64 {}
        };
        assert_eq!(host_of(&hosts, true, busy), second);
        assert_ne!(host_of(&hosts, true, || {}), second);
    }

    #[test]
    fn a_new_one_is_made_where_none_that_waits_will_do() {
        let hosts = Hosts::default();
        let first = host_of(&hosts, true, || {});
        until_idle(&hosts, 1);
        let (tell, told) = mpsc::channel();
        hosts.take(false).unwrap().run(move || tell.send(thread::current().id()).is_err());
        assert_ne!(told.recv().unwrap(), first);
    }

    #[test]
    fn one_that_was_taken_for_nothing_waits_on() {
        let hosts = Hosts::default();
        let id = hosts.take(true).unwrap().id();
        until_idle(&hosts, 1);
        let taken = hosts.take(true).unwrap();
        assert_eq!(taken.id(), id);
        assert_eq!(lock(&hosts.idle).len(), 0);
        drop(taken);
        until_idle(&hosts, 1);
    }

    #[test]
    fn few_wait() {
        let hosts = Hosts::default();
        let gate = Arc::new(std::sync::Barrier::new(MOST_IDLE + 4));
        for _ in 0..MOST_IDLE + 3 {
            let gate = Arc::clone(&gate);
            hosts.take(true).unwrap().run(move || {
                gate.wait();
                true
            });
        }
        gate.wait();
        until_idle(&hosts, MOST_IDLE);
    }
}
