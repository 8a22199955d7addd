//! The due times of a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use abi::{NTSTATUS, NtResult};

use crate::wait::Timeout;

/// Seconds from 1601, where Windows' time begins, to 1970.
const EPOCH: u64 = 11_644_473_600;
/// Further away than this nothing is due: an instant that far would overflow.
const FOREVER: Duration = Duration::from_secs(1 << 32);

/// Something that is due at a time.
pub trait Expire: Send + Sync {
    /// It is due. Runs on the queue's thread and must be short. Gives back when it is due again.
    fn expire(&self, ticket: u64) -> Option<Instant>;
}

/// The due times of a process. One thread of the host keeps them; it starts with the first.
#[derive(Default)]
pub struct TimerQueue {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    // Leaf lock.
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    due: BTreeMap<(Instant, u64), Weak<dyn Expire>>,
    last_ticket: u64,
    running: bool,
}

impl TimerQueue {
    /// Has `what` expire at `due`; gives back the ticket that [`Self::cancel`] and [`Expire::expire`] know it by.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when the host gives no thread.
    pub fn schedule(&self, due: Instant, what: Weak<dyn Expire>) -> NtResult<u64> {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if !queue.running {
            let shared = Arc::clone(&self.shared);
            let builder = thread::Builder::new().name("timers".to_owned()).stack_size(128 << 10);
            builder.spawn(move || shared.run()).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?;
            queue.running = true;
        }
        queue.last_ticket += 1;
        let ticket = queue.last_ticket;
        queue.due.insert((due, ticket), what);
        if queue.due.first_key_value().is_some_and(|(&(_, first), _)| first == ticket) {
            self.shared.changed.notify_one();
        }
        Ok(ticket)
    }

    /// Takes a ticket back; false when it has expired already.
    pub fn cancel(&self, due: Instant, ticket: u64) -> bool {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.due.remove(&(due, ticket)).is_some()
    }
}

impl Shared {
    fn run(&self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            match queue.due.first_key_value().map(|(&key, _)| key) {
                None => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some((due, _)) if due > now => {
                    queue = self.changed.wait_timeout(queue, due - now).unwrap_or_else(PoisonError::into_inner).0;
                }
                Some((_, ticket)) => {
                    let Some((_, what)) = queue.due.pop_first() else { continue };
                    drop(queue);
                    let again = what.upgrade().and_then(|what| what.expire(ticket));
                    queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(again) = again {
                        queue.due.insert((again, ticket), what);
                    }
                }
            }
        }
    }
}

/// When a limit ends, on the monotonic clock. A later change of the system time is not followed.
pub fn due_time(timeout: Timeout) -> Option<Instant> {
    let ticks = |ticks: u64| Duration::new(ticks / 10_000_000, (ticks % 10_000_000 * 100) as u32).min(FOREVER);
    match timeout {
        Timeout::Infinite => None,
        Timeout::Relative(time) => Some(Instant::now() + ticks(time)),
        Timeout::Absolute(time) => Some(Instant::now() + ticks(time).saturating_sub(now())),
    }
}

/// The system's time since 1601.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(EPOCH)
}

#[cfg(test)]
impl TimerQueue {
    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).due.is_empty()
    }
}
