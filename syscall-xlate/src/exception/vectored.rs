//! Handlers that a program adds for all its threads: vectored exception and continue handlers, and the unhandled filter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::answer;
use crate::Cx;

/// Which list a handler is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Asked before all others.
    Exception,
    /// Told that execution goes on.
    Continue,
}

/// Where in its list a handler is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before all that are there.
    First,
    /// Behind all that are there.
    Last,
}

/// The handlers of a process.
#[derive(Debug, Default)]
pub struct Vectored {
    /// A leaf lock; handlers are called without it.
    lists: RwLock<Lists>,
    filter: AtomicU64,
}

#[derive(Debug, Default)]
struct Lists {
    entries: Vec<Entry>,
    added: i64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    list: List,
    /// Order in the list: it stays when others come and go, so that a walk finds its place again.
    order: i64,
    handle: u64,
    function: u64,
}

impl Vectored {
    /// Adds the guest's function as a handler; gives what removes it, never 0.
    pub fn add(&self, list: List, position: Position, function: u64) -> u64 {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        lists.added += 1;
        let order = match position {
            Position::First => -lists.added,
            Position::Last => lists.added,
        };
        let handle = 16 * lists.added as u64;
        lists.entries.push(Entry { list, order, handle, function });
        handle
    }

    /// Removes a handler; false when there is none of this handle in the list.
    pub fn remove(&self, list: List, handle: u64) -> bool {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        let before = lists.entries.len();
        lists.entries.retain(|entry| entry.list != list || entry.handle != handle);
        lists.entries.len() != before
    }

    /// True when there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).entries.is_empty()
    }

    /// Makes `function` the unhandled filter, 0 for none; gives the one before.
    pub fn set_filter(&self, function: u64) -> u64 {
        self.filter.swap(function, Ordering::AcqRel)
    }

    /// The unhandled filter; 0 for none.
    pub fn filter(&self) -> u64 {
        self.filter.load(Ordering::Acquire)
    }

    /// Calls the handlers of a list in turn with `pointers` until one says that execution goes on; whether one did.
    pub(super) fn ask(&self, cx: &Cx<'_>, list: List, pointers: u64) -> bool {
        let mut order = i64::MIN;
        while let Some(entry) = self.after(list, order) {
            if cx.call_guest(entry.function, [pointers]) as i32 == answer::CONTINUE_EXECUTION {
                return true;
            }
            order = entry.order;
        }
        false
    }

    fn after(&self, list: List, order: i64) -> Option<Entry> {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        let later = lists.entries.iter().filter(|entry| entry.list == list && entry.order > order);
        later.min_by_key(|entry| entry.order).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(handlers: &Vectored, mut at_each: impl FnMut(Entry)) -> Vec<u64> {
        let (mut order, mut seen) = (i64::MIN, Vec::new());
        while let Some(entry) = handlers.after(List::Exception, order) {
            seen.push(entry.function);
            at_each(entry);
            order = entry.order;
        }
        seen
    }

    #[test]
    fn handlers_are_asked_first_to_last() {
        let handlers = Vectored::default();
        handlers.add(List::Exception, Position::Last, 1);
        handlers.add(List::Exception, Position::First, 2);
        handlers.add(List::Continue, Position::First, 9);
        handlers.add(List::Exception, Position::First, 3);
        assert_eq!(walk(&handlers, |_| ()), [3, 2, 1]);
    }

    #[test]
    fn a_handler_may_remove_itself_and_add_others() {
        let handlers = Vectored::default();
        for function in 1..=3 {
            handlers.add(List::Exception, Position::Last, function);
        }
        let seen = walk(&handlers, |entry| {
            if entry.function == 2 {
                assert!(handlers.remove(List::Exception, entry.handle));
                assert!(!handlers.remove(List::Exception, entry.handle));
                handlers.add(List::Exception, Position::Last, 4);
                handlers.add(List::Exception, Position::First, 5);
            }
        });
        assert_eq!(seen, [1, 2, 3, 4]);
        assert_eq!(walk(&handlers, |_| ()), [5, 1, 3, 4]);
    }

    #[test]
    fn the_filter_before_is_given_back() {
        let handlers = Vectored::default();
        assert_eq!((handlers.set_filter(1), handlers.set_filter(0), handlers.filter()), (0, 1, 0));
    }
}
