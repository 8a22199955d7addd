//! What processors have written and others do not see yet (`FlushProcessWriteBuffers`).

use rustix::thread::{MembarrierCommand, membarrier};

/// Has every processor that runs a thread of the process do a full memory barrier.
pub fn flush_write_buffers() {
    let expedited = || membarrier(MembarrierCommand::PrivateExpedited);
    // The host wants to know first who asks for it; where it does not know the quick way it has the slow one.
    let done = expedited().or_else(|_| {
        membarrier(MembarrierCommand::RegisterPrivateExpedited)?;
        expedited()
    });
    if done.or_else(|_| membarrier(MembarrierCommand::Global)).is_err() {
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// The pattern it is there for: the quick side has no barrier of its own, and never do both sides miss the other's store.
    #[test]
    fn one_side_does_without_a_barrier() {
        for _ in 0..200 {
            let (mine, yours) = (AtomicU32::new(0), AtomicU32::new(0));
            let (quick, slow) = std::thread::scope(|scope| {
                let quick = scope.spawn(|| {
                    mine.store(1, Ordering::Relaxed);
                    std::sync::atomic::compiler_fence(Ordering::SeqCst);
                    yours.load(Ordering::Relaxed)
                });
                yours.store(1, Ordering::Relaxed);
                flush_write_buffers();
                let slow = mine.load(Ordering::Relaxed);
                (quick.join().unwrap_or_default(), slow)
            });
            assert!(quick == 1 || slow == 1);
        }
    }
}
