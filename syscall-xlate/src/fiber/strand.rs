//! What a thread runs on, and can exchange for another: a stack and the values of fiber-local storage.

use std::io;
use std::sync::{Arc, Weak};

use crate::memory::{MemoryType, PAGE_GUARD, PAGE_READWRITE, Page, Protection};
use crate::stack::Stack;
use crate::{Process, fls};

/// A stack of the guest's and what goes with it.
pub(crate) struct Strand {
    stack: Option<Stack>,
    fls: Arc<fls::Values>,
    process: Weak<Process>,
}

impl Strand {
    /// One with a stack of `size` bytes (0: the default), or on the host's own stack for `None`.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn new(process: &Arc<Process>, size: Option<u64>) -> io::Result<Arc<Self>> {
        let stack = size.map(Stack::new).transpose()?;
        let strand = Self { stack, fls: process.fls.new_thread(), process: Arc::downgrade(process) };
        strand.enter_in_books(process);
        Ok(Arc::new(strand))
    }

    /// Lets `VirtualQuery` find the stack.
    fn enter_in_books(&self, process: &Process) {
        let Some(stack) = &self.stack else { return };
        let (start, size) = (stack.allocation_base(), stack.base() - stack.allocation_base());
        let guard = stack.limit() - start;
        let protection = |bits| Protection::new(bits).ok().map(Page::Committed);
        let pages = [(0, guard, protection(PAGE_READWRITE | PAGE_GUARD)), (guard, size, protection(PAGE_READWRITE))];
        let known = pages.into_iter().filter_map(|(from, to, page)| Some((from, to, page?)));
        process.memory.register(start, size, MemoryType::Private, PAGE_READWRITE, known);
    }

    /// Its stack, if it has one of its own.
    pub(crate) fn stack(&self) -> Option<&Stack> {
        self.stack.as_ref()
    }

    /// Its values of fiber-local storage.
    #[inline(always)]
    pub(crate) fn fls(&self) -> &fls::Values {
        &self.fls
    }

    /// `StackBase`, `StackLimit` and `DeallocationStack` of the TEB.
    pub(crate) fn limits(&self) -> [u64; 3] {
        match &self.stack {
            Some(stack) => [stack.base(), stack.limit(), stack.allocation_base()],
            // On the host's stack: nobody may run into a limit of ours.
            None => [u64::MAX, 0, 0],
        }
    }
}

impl Drop for Strand {
    fn drop(&mut self) {
        if let (Some(stack), Some(process)) = (self.stack.take(), self.process.upgrade()) {
            process.memory.unregister(stack.allocation_base());
            stack.keep();
        }
    }
}
