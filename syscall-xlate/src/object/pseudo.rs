//! Handles as a call names them: those of the table, and the two that stand for the caller.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult};

use super::{Access, Object};
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
        match handle {
            HANDLE::CURRENT_THREAD => Ok(Arc::clone(self.thread.object())),
            HANDLE::CURRENT_PROCESS => Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH),
            handle => self.process.handles.get(handle, required),
        }
    }

    /// The process of a handle, `GetCurrentProcess()` included.
    ///
    /// # Errors
    /// As [`Self::thread_of`].
    pub fn process_of(&self, handle: HANDLE, required: Access) -> NtResult<Arc<ProcessObject>> {
        match handle {
            HANDLE::CURRENT_PROCESS => Ok(Arc::clone(&self.process.object)),
            HANDLE::CURRENT_THREAD => Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH),
            handle => self.process.handles.get(handle, required),
        }
    }

    /// Whether a handle stands for the caller's own process.
    ///
    /// # Errors
    /// As [`Self::process_of`].
    pub fn is_own_process(&self, handle: HANDLE, required: Access) -> NtResult<bool> {
        Ok(self.process_of(handle, required)?.id() == self.process.id())
    }
}
