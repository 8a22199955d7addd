//! Waitable timers, and the queue that keeps all of a process's due times.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use abi::{NTSTATUS, NtResult};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, Kind, Object};
use crate::wait::{Apc, Dispatcher, Signal, Timeout, Waiter};

/// `TIMER_QUERY_STATE`
pub const QUERY_STATE: Access = 1;
/// `TIMER_MODIFY_STATE`
pub const MODIFY_STATE: Access = 2;
/// `TIMER_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3;
/// What generic rights mean for a timer.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0002, execute: 0x0012_0000, all: ALL_ACCESS };

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
        Timeout::Absolute(time) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(EPOCH);
            Some(Instant::now() + ticks(time).saturating_sub(now))
        }
    }
}

/// A waitable timer.
pub struct Timer {
    dispatcher: Dispatcher,
    // Taken before the queue's lock, and not held while the queue expires.
    setting: Mutex<Option<Setting>>,
}

/// A set timer.
struct Setting {
    due: Instant,
    ticket: u64,
    period: Option<Duration>,
    apc: Option<(Arc<Waiter>, Apc)>,
}

impl Object for Timer {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Timer
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
}

impl Timer {
    /// A timer that is not set. A manual one stays signalled until it is set again; another lets one thread pass.
    pub fn new(manual: bool) -> Arc<Self> {
        let signal = if manual { Signal::Notification } else { Signal::Synchronization };
        Arc::new(Self { dispatcher: Dispatcher::new(signal, false), setting: Mutex::default() })
    }

    /// Sets it anew: takes the signal away, signals when due and then every `period` milliseconds (0: once). The call, if there is
    /// one, is queued to the waiter's thread each time. Gives back whether it was signalled.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`; `STATUS_INVALID_PARAMETER` for an infinite due time.
    pub fn set(
        self: &Arc<Self>,
        queue: &TimerQueue,
        due: Timeout,
        period: u32,
        apc: Option<(Arc<Waiter>, Apc)>,
    ) -> NtResult<bool> {
        let due = due_time(due).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = setting.take() {
            queue.cancel(old.due, old.ticket);
        }
        let before = self.dispatcher.reset();
        let weak: Weak<dyn Expire> = Arc::downgrade(&(Arc::clone(self) as Arc<dyn Expire>));
        let ticket = queue.schedule(due, weak)?;
        let period = (period != 0).then(|| Duration::from_millis(u64::from(period)));
        *setting = Some(Setting { due, ticket, period, apc });
        Ok(before)
    }

    /// Takes a setting back. The signal stays as it is; gives it back.
    pub fn cancel(&self, queue: &TimerQueue) -> bool {
        let old = self.setting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(old) = old {
            queue.cancel(old.due, old.ticket);
        }
        self.dispatcher.is_signalled()
    }

    /// Time left until it is due, and whether it is signalled.
    pub fn query(&self) -> (Option<Duration>, bool) {
        let setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let left = setting.as_ref().map(|setting| setting.due.saturating_duration_since(Instant::now()));
        (left, self.dispatcher.is_signalled())
    }
}

impl Expire for Timer {
    fn expire(&self, ticket: u64) -> Option<Instant> {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        // Set anew or cancelled since: this expiry is not its any more.
        let current = setting.as_mut().filter(|setting| setting.ticket == ticket)?;
        self.dispatcher.set();
        if let Some((waiter, apc)) = &current.apc {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(EPOCH);
            let time = now.as_nanos() as u64 / 100;
            let [argument, ..] = apc.arguments;
            // `TimerAPCProc(argument, low part of the time, high part of the time)`.
            waiter.queue_apc(Apc { arguments: [argument, time & 0xffff_ffff, time >> 32], ..*apc });
        }
        let again = current.period.map(|period| current.due + period);
        match again {
            Some(again) => current.due = again,
            None => *setting = None,
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{self, Woken};

    const MILLISECOND: u64 = 10_000;

    #[test]
    fn a_timer_signals_when_due_and_takes_no_signal_before() {
        let queue = TimerQueue::default();
        let waiter = Waiter::new(1);
        let timer = Timer::new(false);
        assert_eq!(timer.set(&queue, Timeout::Relative(5 * MILLISECOND), 0, None), Ok(false));
        assert_eq!(wait::one(&waiter, &timer.dispatcher, false, Timeout::NOW), Woken::Timeout);
        assert_eq!(wait::one(&waiter, &timer.dispatcher, false, Timeout::Infinite), Woken::Object(0));
        assert_eq!(wait::one(&waiter, &timer.dispatcher, false, Timeout::NOW), Woken::Timeout);
        assert_eq!(timer.query(), (None, false));
        assert_eq!(timer.set(&queue, Timeout::Absolute(1), 0, None), Ok(false));
        assert_eq!(wait::one(&waiter, &timer.dispatcher, false, Timeout::Infinite), Woken::Object(0));
    }

    #[test]
    fn a_periodic_timer_queues_its_call_until_cancelled() {
        let queue = TimerQueue::default();
        let waiter = Waiter::new(1);
        let timer = Timer::new(true);
        let apc = Apc { routine: 9, arguments: [7, 0, 0] };
        timer.set(&queue, Timeout::Relative(MILLISECOND), 1, Some((waiter.clone(), apc))).unwrap();
        for _ in 0..3 {
            assert_eq!(wait::delay(&waiter, true, Timeout::Infinite), Woken::Apc);
            let queued = waiter.take_apc().unwrap();
            assert_eq!((queued.routine, queued.arguments[0]), (9, 7));
        }
        assert!(timer.cancel(&queue));
        assert!(queue.shared.queue.lock().unwrap().due.is_empty() || timer.query().0.is_none());
    }

    #[test]
    fn a_cancelled_timer_never_signals_and_an_earlier_one_comes_first() {
        let queue = TimerQueue::default();
        let waiter = Waiter::new(1);
        let (late, early, never) = (Timer::new(true), Timer::new(true), Timer::new(true));
        never.set(&queue, Timeout::Relative(2 * MILLISECOND), 0, None).unwrap();
        late.set(&queue, Timeout::Relative(10 * MILLISECOND), 0, None).unwrap();
        early.set(&queue, Timeout::Relative(MILLISECOND), 0, None).unwrap();
        assert!(!never.cancel(&queue));
        let objects = [&late.dispatcher, &early.dispatcher, &never.dispatcher];
        assert_eq!(wait::any(&waiter, &objects, false, Timeout::Infinite), Ok(Woken::Object(1)));
        assert_eq!(wait::one(&waiter, &late.dispatcher, false, Timeout::Infinite), Woken::Object(0));
        assert!(!never.dispatcher.is_signalled());
        assert!(never.set(&queue, Timeout::Relative(u64::MAX), 0, None).is_ok());
    }
}
