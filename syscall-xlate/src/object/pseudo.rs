//! Handles as a call names them: those of the table, and the two that stand for the caller.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, NtResult};

use super::{Access, HandleFlags, Object};
use crate::Cx;
use crate::sync::{ProcessObject, ThreadObject, process};

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

    /// Makes another handle to an object. Of a source that is to be closed nothing is left whatever happens, as the documentation of
    /// `DuplicateHandle` says.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`, `STATUS_ACCESS_DENIED` for a handle to a process without `PROCESS_DUP_HANDLE`, `STATUS_NOT_SUPPORTED` for
    /// another process than the caller's.
    pub fn duplicate(&self, duplication: Duplication) -> NtResult<HANDLE> {
        let Duplication { source_process, source, target_process, access, flags, closes_source } = duplication;
        let own = |process| match self.is_own_process(process, process::DUP_HANDLE) {
            Ok(false) => Err(NTSTATUS::STATUS_NOT_SUPPORTED),
            found => found.map(drop),
        };
        own(source_process)?;
        let handles = &self.process.handles;
        let make = || {
            let object = self.object(source, 0)?;
            let (granted, carried) = match source {
                // A handle to oneself carries all rights.
                HANDLE::CURRENT_PROCESS | HANDLE::CURRENT_THREAD => (object.kind().mapping().all, HandleFlags::empty()),
                handle => handles.info(handle).map(|info| (info.access, info.flags))?,
            };
            if target_process.is_null() && closes_source {
                return Ok(HANDLE::NULL);
            }
            own(target_process)?;
            let access = access.map_or(granted, |access| object.kind().mapping().map(access));
            handles.insert(object, access, flags.unwrap_or(carried))
        };
        let made = make();
        if closes_source {
            // One that is protected, or is the caller itself, stays.
            let _ = handles.close(source);
        }
        made
    }

    /// Whether two handles stand for one object.
    ///
    /// # Errors
    /// `STATUS_NOT_SAME_OBJECT`, `STATUS_INVALID_HANDLE`.
    pub fn compare(&self, first: HANDLE, second: HANDLE) -> NtResult<()> {
        let same = super::is_same(&self.object(first, 0)?, &self.object(second, 0)?);
        if same { Ok(()) } else { Err(NTSTATUS::STATUS_NOT_SAME_OBJECT) }
    }
}

/// A handle to be duplicated.
#[derive(Clone, Copy, Debug)]
pub struct Duplication {
    /// The process whose handle it is.
    pub source_process: HANDLE,
    /// The handle.
    pub source: HANDLE,
    /// The process that gets the new one. NULL for none, where the source is only closed.
    pub target_process: HANDLE,
    /// The new one's rights; `None` for the same ones.
    pub access: Option<Access>,
    /// The new one's flags; `None` for the same ones.
    pub flags: Option<HandleFlags>,
    /// The source goes.
    pub closes_source: bool,
}
