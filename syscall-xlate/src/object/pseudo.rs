//! Handles as a call names them: those of the table, and the two that stand for the caller.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult};

use super::{Access, Object, downcast};
use crate::Cx;
use crate::sync::{ProcessObject, ThreadObject};

impl Cx<'_> {
    /// The object of a handle, `GetCurrentProcess()` and `GetCurrentThread()` included.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_ACCESS_DENIED`.
    pub fn object(&self, handle: HANDLE, required: Access) -> NtResult<Arc<dyn Object>> {
        match handle {
            HANDLE::CURRENT_PROCESS => Ok(self.process.object.clone()),
            HANDLE::CURRENT_THREAD => Ok(self.thread.object().clone()),
            handle => self.process.handles.get_any(handle, required),
        }
    }

    /// The thread of a handle, `GetCurrentThread()` included.
    ///
    /// # Errors
    /// As [`Self::object`], and `STATUS_OBJECT_TYPE_MISMATCH`.
    pub fn thread_of(&self, handle: HANDLE, required: Access) -> NtResult<Arc<ThreadObject>> {
        downcast(self.object(handle, required)?).map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
    }

    /// The process of a handle, `GetCurrentProcess()` included.
    ///
    /// # Errors
    /// As [`Self::thread_of`].
    pub fn process_of(&self, handle: HANDLE, required: Access) -> NtResult<Arc<ProcessObject>> {
        downcast(self.object(handle, required)?).map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
    }

    /// Whether a handle stands for the caller's own process.
    ///
    /// # Errors
    /// As [`Self::process_of`].
    pub fn is_own_process(&self, handle: HANDLE, required: Access) -> NtResult<bool> {
        Ok(self.process_of(handle, required)?.id() == self.process.id())
    }
}
