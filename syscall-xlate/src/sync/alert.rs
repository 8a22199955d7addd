//! Alerts: one thread lets another one, by its identifier, go on that waits for that. What `WaitOnAddress` stands on in Windows.

use std::sync::atomic::Ordering;

use abi::{NTSTATUS, NtResult};

use super::Slept;
use crate::Cx;
use crate::wait::Timeout;

impl Cx<'_> {
    /// Lets the thread with this identifier go on, now or when it waits the next time.
    ///
    /// # Errors
    /// `STATUS_INVALID_CID` for no thread of this process.
    pub fn alert_thread(&self, id: u32) -> NtResult<()> {
        let thread = self.process.thread_objects.find(id).ok_or(NTSTATUS::STATUS_INVALID_CID)?;
        thread.alerted().store(true, Ordering::Release);
        self.process.addresses.wake(thread.teb(), usize::MAX);
        Ok(())
    }

    /// Waits until another thread alerts the calling one, unless one has; gives `STATUS_ALERTED` or `STATUS_TIMEOUT`.
    ///
    /// # Errors
    /// None but those of memory that is gone.
    pub fn wait_for_alert(&self, timeout: Timeout) -> NtResult<NTSTATUS> {
        let thread = self.thread.object();
        loop {
            if thread.alerted().swap(false, Ordering::AcqRel) {
                return Ok(NTSTATUS::STATUS_ALERTED);
            }
            let asleep = || Ok(!thread.alerted().load(Ordering::Acquire));
            // The TEB is this thread's own: it names the wait.
            if self.process.addresses.sleep(thread.teb(), timeout, asleep)? == Slept::Timeout {
                return Ok(match thread.alerted().swap(false, Ordering::AcqRel) {
                    true => NTSTATUS::STATUS_ALERTED,
                    false => NTSTATUS::STATUS_TIMEOUT,
                });
            }
        }
    }
}
