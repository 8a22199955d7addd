//! Groups of items that are closed together: cleanup groups, timer queues.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Item;
use crate::Cx;

/// Items that are closed together.
#[derive(Default)]
pub struct Group {
    // Leaf lock.
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    items: Vec<Arc<Item>>,
    /// Functions of the guest's that are to be told of an item, by its context.
    to_tell: VecDeque<(u64, u64)>,
}

impl Group {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, item: &Arc<Item>) {
        self.members().items.push(Arc::clone(item));
    }

    pub(super) fn remove(&self, item: &Arc<Item>) {
        self.members().items.retain(|member| !Arc::ptr_eq(member, item));
    }

    /// The items it has.
    pub fn items(&self) -> Vec<Arc<Item>> {
        self.members().items.clone()
    }

    fn next_to_tell(&self) -> Option<(u64, u64)> {
        self.members().to_tell.pop_front()
    }
}

impl Cx<'_> {
    /// Closes all items of the group with this number, and waits until their callbacks have returned. Callbacks that have not begun are dropped
    /// for `cancel`, and the guest is told of each item for which it asked for that, with `context`.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for no group.
    pub fn close_members(&self, group: u64, cancel: bool, context: u64) -> abi::NtResult<()> {
        self.close_and_wait(group, cancel)?;
        // Nothing is owned while the guest is told: the group is looked up anew each time.
        while let Some((routine, item)) =
            self.process.pools.get::<Group>(group).ok().and_then(|group| group.next_to_tell())
        {
            self.call_guest(routine, [item, context]);
        }
        Ok(())
    }

    fn close_and_wait(&self, group: u64, cancel: bool) -> abi::NtResult<()> {
        let group = self.process.pools.get::<Group>(group)?;
        for item in group.items() {
            let was_open = !item.is_closed();
            self.disarm_timer(&item);
            self.disarm_wait(&item);
            let dropped = if cancel { item.cancel_pending() } else { 0 };
            let (routine, callback) = (item.environment().cancelled, item.callback());
            // A callback that was submitted alone is told of only if it did not begin.
            let told = if callback.shape == super::Shape::Simple { dropped != 0 } else { was_open };
            if cancel && routine != 0 && told {
                group.members().to_tell.push_back((routine, callback.context));
            }
            item.wait_until_idle(self.thread.object().waiter());
            if self.thread.object().waiter().is_killed() {
                break;
            }
            self.close_item(&item);
        }
        Ok(())
    }
}
