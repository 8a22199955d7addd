//! Host threads for guest threads. One whose guest thread has ended waits a while for another: starting a thread is most of what a short one costs.

use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
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
type Idle = Mutex<Vec<(u64, SyncSender<Work>)>>;

impl Hosts {
    /// Has a host thread do this: one that waits, if any will do, or a new one, which is like its maker.
    ///
    /// # Errors
    /// The host's when it gives no thread.
    pub(crate) fn run(&self, any: bool, work: impl FnOnce() -> bool + Send + 'static) -> std::io::Result<()> {
        let mut work: Work = Box::new(work);
        while let Some((_, host)) = any.then(|| lock(&self.idle).pop()).flatten() {
            match host.send(work) {
                Ok(()) => return Ok(()),
                Err(back) => work = back.0,
            }
        }
        let idle = Arc::clone(&self.idle);
        thread::Builder::new().stack_size(STACK).spawn(move || live(&idle, work)).map(drop)
    }
}

fn lock(idle: &Idle) -> std::sync::MutexGuard<'_, Vec<(u64, SyncSender<Work>)>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A host thread's life.
fn live(idle: &Idle, mut work: Work) {
    // Without one a fault cannot be told to the guest: the process ends by the signal.
    let _alternate = AlternateStack::new();
    let (host, next) = mpsc::sync_channel(1);
    let id = u64::from(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned());
    while work() {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        let fresh = used.tv_sec == 0 && used.tv_nsec < MOST_CPU.as_nanos() as i64;
        if !fresh || !wait_in(idle, id, &host) {
            return;
        }
        work = match next.recv_timeout(PATIENCE) {
            Ok(work) => work,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let mut waiting = lock(idle);
                let still = waiting.iter().position(|(waiting, _)| *waiting == id);
                if let Some(place) = still {
                    waiting.remove(place);
                    return;
                }
                drop(waiting);
                // Somebody has chosen it just now.
                let Ok(work) = next.recv() else { return };
                work
            }
        };
    }
}

/// Joins those who wait; false when there are enough.
fn wait_in(idle: &Idle, id: u64, host: &SyncSender<Work>) -> bool {
    let mut waiting = lock(idle);
    if waiting.len() >= MOST_IDLE {
        return false;
    }
    waiting.push((id, host.clone()));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs something on a host thread and gives that thread's identifier.
    fn host_of(hosts: &Hosts, clean: bool, work: fn()) -> thread::ThreadId {
        let (tell, told) = mpsc::channel();
        hosts
            .run(true, move || {
                work();
                tell.send(thread::current().id()).unwrap();
                clean
            })
            .unwrap();
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
        hosts.run(false, move || tell.send(thread::current().id()).is_err()).unwrap();
        assert_ne!(told.recv().unwrap(), first);
    }

    #[test]
    fn few_wait() {
        let hosts = Hosts::default();
        let gate = Arc::new(std::sync::Barrier::new(MOST_IDLE + 4));
        for _ in 0..MOST_IDLE + 3 {
            let gate = Arc::clone(&gate);
            hosts
                .run(true, move || {
                    gate.wait();
                    true
                })
                .unwrap();
        }
        gate.wait();
        until_idle(&hosts, MOST_IDLE);
    }
}
