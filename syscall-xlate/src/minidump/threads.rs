//! The threads in a dump.

use std::sync::Arc;

use abi::{CONTEXT, fault};

use super::Cause;
use super::content::{Content, stream};
use super::memory::Selection;
use crate::Cx;
use crate::sync::ThreadObject;

/// Most of a stack that is written, in bytes.
const MOST_STACK: u64 = 1 << 20;
const PAGE: u64 = 4096;
/// Where a TEB says that its thread's stack begins (`NT_TIB::StackBase`).
const STACK_BASE: u64 = 8;

/// A thread that does not run.
struct Standing {
    object: Arc<ThreadObject>,
    /// How often it was suspended before; `None` for the calling one.
    suspended: Option<u32>,
    /// Its registers; `None` where they cannot be found.
    context: Option<CONTEXT>,
}

impl Standing {
    /// The part of its stack in use.
    fn stack(&self) -> Option<(u64, u64)> {
        let start = self.context?.rsp() / PAGE * PAGE;
        let base = fault::load_u64(self.object.teb().wrapping_add(STACK_BASE)).ok()?;
        let end = base.min(start.checked_add(MOST_STACK)?);
        (start < end).then_some((start, end))
    }
}

/// All threads: they go on when this is dropped.
pub(super) struct Stopped(Vec<Standing>);

impl Stopped {
    pub(super) fn all(cx: &Cx<'_>, here: &CONTEXT, cause: Option<&Cause>) -> Self {
        let mut all = Vec::new();
        for object in cx.process.thread_objects.living() {
            let own = Arc::ptr_eq(&object, cx.thread.object());
            let of_cause = cause.filter(|cause| own && cause.thread == object.id()).map(|cause| cause.context);
            if own {
                all.push(Standing { object, suspended: None, context: Some(of_cause.unwrap_or(*here)) });
            } else if let Ok(before) = cx.suspend_thread(&object) {
                all.push(Standing { object, suspended: Some(before), context: None });
            }
        }
        // When all stand: they may have waited for each other.
        for thread in all.iter_mut().filter(|thread| thread.suspended.is_some()) {
            thread.context = thread.object.stop().context(thread.object.host_id()).ok();
        }
        // The one that it is about comes first.
        let first = cause.map_or(cx.thread.id(), |cause| cause.thread);
        all.sort_by_key(|thread| (thread.object.id() != first, thread.object.id()));
        Self(all)
    }

    /// The stacks in use.
    pub(super) fn stacks(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().filter_map(Standing::stack)
    }

    /// What the threads' registers point to.
    pub(super) fn pointers(&self) -> impl Iterator<Item = u64> {
        self.0
            .iter()
            .filter_map(|thread| thread.context.as_ref())
            .flat_map(|context| context.integer.into_iter().chain([context.Rip]))
    }

    /// Addresses of their environment blocks.
    pub(super) fn tebs(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|thread| thread.object.teb())
    }

    /// `MINIDUMP_THREAD_LIST`. In a full dump stacks are where all memory is.
    pub(super) fn write(&self, content: &mut Content, full: bool, selection: &mut Selection) {
        let mut entries = Vec::new();
        for thread in &self.0 {
            let registers = thread.context.as_ref().map_or([0; 2], |context| content.context(context));
            let (start, place) = match thread.stack() {
                Some((start, end)) if full => (start, [(end - start) as u32, 0]),
                Some((start, end)) => (start, selection.place(content, start, end)),
                None => (0, [0; 2]),
            };
            entries.push((thread, start, place, registers));
        }
        content.stream(stream::THREAD_LIST, |content| {
            content.u32s([entries.len() as u32]);
            for (thread, start, place, registers) in entries {
                let object = &thread.object;
                // NORMAL_PRIORITY_CLASS
                content.u32s([object.id(), thread.suspended.unwrap_or(0), 0x20, object.priority() as u32]);
                content.u64s([object.teb(), start]);
                content.u32s(place.into_iter().chain(registers));
            }
        });
    }

    /// `MINIDUMP_THREAD_INFO_LIST`. Times are not told.
    pub(super) fn write_info(&self, content: &mut Content) {
        content.stream(stream::THREAD_INFO_LIST, |content| {
            content.u32s([12, 64, self.0.len() as u32]);
            for thread in &self.0 {
                // MINIDUMP_THREAD_INFO_INVALID_CONTEXT; STILL_ACTIVE.
                let flags = if thread.context.is_none() { 0x10 } else { 0 };
                content.u32s([thread.object.id(), flags, 0, 259]);
                content.u64s([0, 0, 0, 0, thread.object.start(), 0]);
            }
        });
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for thread in self.0.iter().filter(|thread| thread.suspended.is_some()) {
            thread.object.resume();
        }
    }
}
