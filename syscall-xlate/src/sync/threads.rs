//! The threads of a process, found by their identifiers.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::ThreadObject;

/// The threads of a process that have not ended, or are still referred to.
#[derive(Debug, Default)]
pub struct Threads {
    // Leaf lock.
    threads: Mutex<Vec<Weak<ThreadObject>>>,
}

impl Threads {
    /// Enters a thread.
    pub fn add(&self, thread: &Arc<ThreadObject>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| thread.strong_count() != 0);
        threads.push(Arc::downgrade(thread));
    }

    /// The living thread with this identifier.
    pub fn find(&self, id: u32) -> Option<Arc<ThreadObject>> {
        self.living().into_iter().find(|thread| thread.id() == id)
    }

    /// The living thread with the next higher identifier; that with the lowest for `None`.
    pub fn after(&self, id: Option<u32>) -> Option<Arc<ThreadObject>> {
        let living = self.living().into_iter().filter(|thread| id.is_none_or(|id| thread.id() > id));
        living.min_by_key(|thread| thread.id())
    }

    /// All threads that have not ended.
    pub fn living(&self) -> Vec<Arc<ThreadObject>> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().filter_map(Weak::upgrade).filter(|thread| !thread.has_ended()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_found_until_it_ends() {
        let threads = Threads::default();
        let (first, second) = (ThreadObject::new(1), ThreadObject::new(2));
        threads.add(&first);
        threads.add(&second);
        assert!(Arc::ptr_eq(&threads.find(2).unwrap(), &second));
        let next = |id| threads.after(id).map(|thread| thread.id());
        assert_eq!([next(None), next(Some(1)), next(Some(2))], [Some(1), Some(2), None]);
        second.end(0);
        assert!(threads.find(2).is_none());
        assert_eq!(threads.living().len(), 1);
    }
}
