//! Signalling one object and waiting for another.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult};

use crate::Cx;
use crate::object::access::SYNCHRONIZE;
use crate::object::{Kind, Object};
use crate::sync::{event, mutant, semaphore};
use crate::wait::{self, Timeout, Woken};

impl Cx<'_> {
    /// Sets an event or releases a mutant or semaphore once, and then waits for another object (`NtSignalAndWaitForSingleObject`). Nothing
    /// is signalled when the wait is not possible.
    ///
    /// # Errors
    /// `STATUS_OBJECT_TYPE_MISMATCH` for another type or what cannot be waited for, `STATUS_INVALID_HANDLE`, `STATUS_ACCESS_DENIED`, and why
    /// the first one cannot be released.
    pub fn signal_and_wait(&self, signal: HANDLE, wait: HANDLE, alertable: bool, timeout: Timeout) -> NtResult<Woken> {
        let handles = &self.process.handles;
        let waited: Arc<dyn Object> = self.object(wait, SYNCHRONIZE)?;
        let dispatcher = wait::waitable(&waited)?;
        match self.object(signal, 0)?.kind() {
            Kind::Event => _ = event::set(handles, signal)?,
            Kind::Mutant => _ = mutant::release(handles, signal, self.thread.id())?,
            Kind::Semaphore => _ = semaphore::release(handles, signal, 1)?,
            _ => return Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH),
        }
        Ok(wait::one(self.thread.object().waiter(), dispatcher, alertable, timeout))
    }
}
