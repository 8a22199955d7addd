//! Items whose callbacks tell of operations on a file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;

use abi::{NTSTATUS, NtResult};

use super::item::{Cause, Item};
use crate::Cx;
use crate::file::File;
use crate::sync::CompletionPort;
use crate::wait::{Timeout, Waiter};

/// Packets taken at once.
const PACKETS: usize = 64;

/// The completion port of the pools, and a thread of the host that empties it.
#[derive(Default)]
pub(super) struct Completions {
    port: OnceLock<Arc<CompletionPort>>,
    items: Arc<Items>,
}

#[derive(Default)]
struct Items {
    // Leaf lock.
    by_key: Mutex<HashMap<u64, Weak<Item>>>,
}

impl Items {
    fn find(&self, key: u64) -> Option<Arc<Item>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner).get(&key)?.upgrade()
    }
}

impl Completions {
    fn port(&self) -> NtResult<&Arc<CompletionPort>> {
        if let Some(port) = self.port.get() {
            return Ok(port);
        }
        let port = CompletionPort::new(1);
        let (queue, items) = (Arc::clone(port.queue()), Arc::clone(&self.items));
        let empty = move || {
            let waiter = Waiter::new(rustix::thread::gettid().as_raw_nonzero().get() as u32);
            while let Ok(packets) = queue.remove(&waiter, PACKETS, false, Timeout::Infinite) {
                for packet in packets {
                    if let Some(item) = items.find(packet.key) {
                        item.submit_for(Cause::Completed(packet));
                        item.withdraw();
                    }
                }
            }
        };
        // Whoever loses a race has closed a port of nobody's, and its thread ends.
        let builder = thread::Builder::new().name("completions".to_owned()).stack_size(128 << 10);
        builder.spawn(empty).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?;
        Ok(self.port.get_or_init(|| port))
    }

    pub(super) fn forget(&self, item: &Item) {
        self.items.by_key.lock().unwrap_or_else(PoisonError::into_inner).remove(&item.number());
    }
}

impl Cx<'_> {
    /// Has an item's callback run for each operation on a file that is completed.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a file that has a completion port or is not overlapped, `STATUS_INSUFFICIENT_RESOURCES`.
    pub fn bind_file(&self, item: &Arc<Item>, file: &File) -> NtResult<()> {
        let completions = &self.process.pools.io;
        let queue = Arc::clone(completions.port()?.queue());
        let items = &completions.items.by_key;
        items.lock().unwrap_or_else(PoisonError::into_inner).insert(item.number(), Arc::downgrade(item));
        file.associate(queue, item.number()).inspect_err(|_| completions.forget(item))
    }
}
