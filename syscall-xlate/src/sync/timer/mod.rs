//! Waitable timers.
//!
//! One with a name is known to all processes of a root, and whoever looks at it sees whether it is due: its due time lies with its signal
//! state. So it signals whether or not the process lives that has set it. One without a name that does no more than signal once is kept by
//! its waiters as well. The queue's thread has the others.

mod queue;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use abi::{NTSTATUS, NtResult};

pub use queue::{Expire, TimerQueue, due_time};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, Kind, Object, Place, Sharing};
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

/// A waitable timer.
pub struct Timer {
    dispatcher: Dispatcher,
    // Taken before the queue's lock and those of what processes share, and not held while the queue expires.
    setting: Mutex<Option<Setting>>,
}

/// What the queue has to do when the timer is due.
struct Setting {
    due: Instant,
    ticket: u64,
    period: Option<Duration>,
    apc: Option<(Arc<Waiter>, Apc)>,
    /// Which setting of a shared timer it is.
    generation: u8,
}

impl Object for Timer {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Timer
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::Timer, open: Self::open_in })
    }
}

impl Timer {
    /// A timer that is not set. A manual one stays signalled until it is set again; another lets one thread pass.
    pub fn new(manual: bool) -> Arc<Self> {
        Self::new_in(None, manual)
    }

    /// As [`Self::new`], in a place that processes share if there is one.
    pub fn new_in(place: Option<Place>, manual: bool) -> Arc<Self> {
        if let Some(place) = &place {
            place.record().detail.store(u64::from(manual), Ordering::Relaxed);
        }
        let dispatcher = Dispatcher::new_in(place, signal(manual), 0).timed();
        Arc::new(Self { dispatcher, setting: Mutex::default() })
    }

    fn open_in(place: Place) -> NtResult<Arc<Self>> {
        let manual = place.record().detail.load(Ordering::Relaxed) != 0;
        let dispatcher = Dispatcher::open_in(place, signal(manual)).timed();
        Ok(Arc::new(Self { dispatcher, setting: Mutex::default() }))
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
        self.unset(&mut setting, queue);
        let (before, generation) = match self.dispatcher.timer() {
            None => (self.dispatcher.reset(), 0),
            Some(timer) => timer.set(due, period)?,
        };
        let alone = self.dispatcher.timer().is_none();
        if alone && period == 0 && apc.is_none() {
            self.dispatcher.signal_at(Some(due));
        } else if alone || apc.is_some() {
            let weak: Weak<dyn Expire> = Arc::downgrade(&(Arc::clone(self) as Arc<dyn Expire>));
            let ticket = queue.schedule(due, weak)?;
            let period = (period != 0).then(|| Duration::from_millis(u64::from(period)));
            *setting = Some(Setting { due, ticket, period, apc, generation });
        }
        Ok(before)
    }

    /// Takes a setting back. The signal stays as it is; gives it back.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`
    pub fn cancel(&self, queue: &TimerQueue) -> NtResult<bool> {
        self.unset(&mut self.setting.lock().unwrap_or_else(PoisonError::into_inner), queue);
        match self.dispatcher.timer() {
            None => Ok(self.dispatcher.is_signalled()),
            Some(timer) => timer.cancel(),
        }
    }

    fn unset(&self, setting: &mut Option<Setting>, queue: &TimerQueue) {
        if let Some(old) = setting.take() {
            queue.cancel(old.due, old.ticket);
        }
        self.dispatcher.signal_if_due();
        self.dispatcher.signal_at(None);
    }

    /// Time left until it is due, and whether it is signalled.
    pub fn query(&self) -> (Option<Duration>, bool) {
        if let Some(timer) = self.dispatcher.timer() {
            return timer.query();
        }
        self.dispatcher.signal_if_due();
        let setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let queued = setting.as_ref().map(|setting| setting.due.saturating_duration_since(Instant::now()));
        (queued.or_else(|| self.dispatcher.due().left()), self.dispatcher.is_signalled())
    }
}

const fn signal(manual: bool) -> Signal {
    if manual { Signal::Notification } else { Signal::Synchronization }
}

impl Expire for Timer {
    fn expire(&self, ticket: u64) -> Option<Instant> {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        // Set anew or cancelled since: this expiry is not its any more.
        let current = setting.as_mut().filter(|setting| setting.ticket == ticket)?;
        match self.dispatcher.timer() {
            None => _ = self.dispatcher.set(),
            Some(timer) if timer.generation() == current.generation => {}
            Some(_) => {
                *setting = None;
                return None;
            }
        }
        if let Some((waiter, apc)) = &current.apc {
            let time = queue::now().as_nanos() as u64 / 100;
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
    use crate::object::{Name, Namespace};
    use crate::sync::Event;
    use crate::temp_dir::TempDir;
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
    fn who_waits_already_follows_a_new_due_time() {
        let queue = TimerQueue::default();
        let (timer, never) = (Timer::new(true), Timer::new(true));
        for all in [false, true] {
            timer.set(&queue, Timeout::Relative(3_600_000 * MILLISECOND), 0, None).unwrap();
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    let waiter = Waiter::new(1);
                    match all {
                        true => wait::all(&waiter, &[&timer.dispatcher], false, Timeout::Infinite),
                        false => wait::any(&waiter, &[&never.dispatcher, &timer.dispatcher], false, Timeout::Infinite),
                    }
                });
                while !timer.dispatcher.has_waiters() {
                    std::thread::yield_now();
                }
                timer.set(&queue, Timeout::Relative(MILLISECOND), 0, None).unwrap();
                assert_eq!(waiting.join().unwrap(), Ok(Woken::Object(u32::from(!all))));
            });
        }
    }

    #[test]
    fn a_timer_lets_one_of_many_pass_and_the_limit_counts_for_the_others() {
        let queue = TimerQueue::default();
        let timer = Timer::new(false);
        timer.set(&queue, Timeout::Relative(5 * MILLISECOND), 0, None).unwrap();
        let passed = std::thread::scope(|scope| {
            let wait = |id| {
                let timer = &timer;
                move || wait::one(&Waiter::new(id), &timer.dispatcher, false, Timeout::Relative(50 * MILLISECOND))
            };
            let waiting = [1, 2, 3, 4].map(|id| scope.spawn(wait(id)));
            waiting.map(|waiting| waiting.join().unwrap()).iter().filter(|woken| **woken == Woken::Object(0)).count()
        });
        assert_eq!(passed, 1);
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
        assert_eq!(timer.cancel(&queue), Ok(true));
        assert!(queue.is_empty() || timer.query().0.is_none());
    }

    #[test]
    fn a_cancelled_timer_never_signals_and_an_earlier_one_comes_first() {
        let queue = TimerQueue::default();
        let waiter = Waiter::new(1);
        let (late, early, never) = (Timer::new(true), Timer::new(true), Timer::new(true));
        never.set(&queue, Timeout::Relative(2 * MILLISECOND), 0, None).unwrap();
        late.set(&queue, Timeout::Relative(10 * MILLISECOND), 0, None).unwrap();
        early.set(&queue, Timeout::Relative(MILLISECOND), 0, None).unwrap();
        assert_eq!(never.cancel(&queue), Ok(false));
        let objects = [&late.dispatcher, &early.dispatcher, &never.dispatcher];
        assert_eq!(wait::any(&waiter, &objects, false, Timeout::Infinite), Ok(Woken::Object(1)));
        assert_eq!(wait::one(&waiter, &late.dispatcher, false, Timeout::Infinite), Woken::Object(0));
        assert!(!never.dispatcher.is_signalled());
        assert!(never.set(&queue, Timeout::Relative(u64::MAX), 0, None).is_ok());
    }

    /// Two processes of one root, each with the timer of one name.
    fn processes(folder: &TempDir, manual: bool) -> [(Namespace, Arc<Timer>); 2] {
        [(); 2].map(|()| {
            let (process, name) = (Namespace::new(folder.path()), Name::win32(&[97]).unwrap());
            let timer = process.create(Some(&name), |place| Ok(Timer::new_in(place, manual))).unwrap().object;
            (process, timer)
        })
    }

    #[test]
    fn a_timer_that_another_process_sets_signals_when_due() {
        let folder = TempDir::new();
        let [(_here, waited), (there, set)] = processes(&folder, false);
        let (queue, waiter) = (TimerQueue::default(), Waiter::new(1));
        let wait = |timeout| wait::one(&waiter, &waited.dispatcher, false, timeout);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(Timeout::Infinite));
            std::thread::sleep(Duration::from_millis(5));
            let started = Instant::now();
            assert_eq!(set.set(&queue, Timeout::Relative(60 * MILLISECOND), 0, None), Ok(false));
            let left = waited.query().0.unwrap();
            assert!(left > Duration::from_millis(20) && left <= Duration::from_millis(60), "{left:?}");
            assert_eq!(waiting.join().unwrap(), Woken::Object(0));
            assert!(started.elapsed() >= Duration::from_millis(60));
        });
        assert_eq!((wait(Timeout::NOW), waited.query(), set.query()), (Woken::Timeout, (None, false), (None, false)));
        // Who has set it need not live.
        set.set(&queue, Timeout::Relative(5 * MILLISECOND), 3, None).unwrap();
        drop((set, there, queue));
        for _ in 0..3 {
            assert_eq!(wait(Timeout::Infinite), Woken::Object(0));
        }
        assert!(!waited.cancel(&TimerQueue::default()).unwrap());
        assert_eq!(wait(Timeout::Relative(10 * MILLISECOND)), Woken::Timeout);
    }

    #[test]
    fn a_call_is_queued_unless_another_process_takes_the_setting_back() {
        let folder = TempDir::new();
        let [(_here, first), (_there, second)] = processes(&folder, true);
        let (queue, waiter) = (TimerQueue::default(), Waiter::new(1));
        let apc = Apc { routine: 9, arguments: [7, 0, 0] };
        first.set(&queue, Timeout::Relative(MILLISECOND), 0, Some((waiter.clone(), apc))).unwrap();
        assert_eq!(wait::delay(&waiter, true, Timeout::Infinite), Woken::Apc);
        assert_eq!((waiter.take_apc().unwrap().routine, second.query()), (9, (None, true)));
        first.set(&queue, Timeout::Relative(20 * MILLISECOND), 0, Some((waiter.clone(), apc))).unwrap();
        assert_eq!(second.cancel(&queue), Ok(false));
        assert_eq!(wait::delay(&waiter, true, Timeout::Relative(40 * MILLISECOND)), Woken::Timeout);
        assert!(!first.dispatcher.is_signalled());
    }

    #[test]
    fn timers_of_two_processes_and_events_are_waited_for_together() {
        let folder = TempDir::new();
        let [(_here, timer), (_there, other)] = processes(&folder, true);
        let (queue, waiter, event) = (TimerQueue::default(), Waiter::new(1), Event::new(true, false));
        let objects = [event.dispatcher().unwrap(), &timer.dispatcher];
        other.set(&queue, Timeout::Relative(5 * MILLISECOND), 0, None).unwrap();
        assert_eq!(wait::any(&waiter, &objects, false, Timeout::Infinite), Ok(Woken::Object(1)));
        other.set(&queue, Timeout::Relative(30 * MILLISECOND), 0, None).unwrap();
        event.set();
        assert_eq!(wait::all(&waiter, &objects, false, Timeout::Relative(MILLISECOND)), Ok(Woken::Timeout));
        assert_eq!(wait::all(&waiter, &objects, false, Timeout::Infinite), Ok(Woken::Object(0)));
        assert!(timer.dispatcher.is_signalled());
    }
}
