//! Items that are due at a time.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use abi::{NTSTATUS, NtResult};

use super::item::{Cause, Item, Shape};
use super::wait::TIME_IS_UP;
use crate::Cx;
use crate::sync::timer::{Expire, due_time};
use crate::wait::Timeout;

/// A timer that is set.
pub(super) struct Setting {
    due: Instant,
    ticket: u64,
    period: Option<Duration>,
}

impl Cx<'_> {
    /// Sets an item's timer: due then, and every `period` milliseconds from then on (0: once). Gives whether it was set before.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an item that is closed or never due, `STATUS_INSUFFICIENT_RESOURCES`.
    pub fn arm_timer(&self, item: &Arc<Item>, due: Timeout, period: u32) -> NtResult<bool> {
        let due = due_time(due).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        let mut setting = item.timer.lock().unwrap_or_else(PoisonError::into_inner);
        let before = setting.take();
        if let Some(before) = &before {
            self.process.timers.cancel(before.due, before.ticket);
        }
        if item.is_closed() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let weak: Weak<dyn Expire> = Arc::downgrade(&(Arc::clone(item) as Arc<dyn Expire>));
        let ticket = self.process.timers.schedule(due, weak)?;
        let period = (period != 0).then(|| Duration::from_millis(u64::from(period)));
        *setting = Some(Setting { due, ticket, period });
        Ok(before.is_some())
    }

    /// Takes the setting back; gives whether there was one.
    pub fn disarm_timer(&self, item: &Item) -> bool {
        let before = item.timer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = &before {
            self.process.timers.cancel(before.due, before.ticket);
        }
        before.is_some()
    }
}

impl Item {
    /// Whether its timer is set.
    pub fn is_timer_set(&self) -> bool {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Expire for Item {
    fn expire(&self, ticket: u64) -> Option<Instant> {
        let mut setting = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
        // Set anew or taken back since: this is not its time any more.
        let current = setting.as_mut().filter(|setting| setting.ticket == ticket)?;
        let again = current.period.map(|period| current.due + period);
        match again {
            Some(again) => current.due = again,
            None => *setting = None,
        }
        // The callback of a timer queue's timer is told that the time is up ("always TRUE", documented under `WaitOrTimerCallback`).
        // Under the lock: who takes the setting back afterwards finds the callback counted.
        self.submit_for(if self.callback().shape == Shape::TimeUp { Cause::Waited(TIME_IS_UP) } else { Cause::Due });
        again
    }
}
