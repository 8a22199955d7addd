//! Which files this process has open, how, and which parts of them are locked.
//!
//! Sharing is checked between the handles of one process; other processes do not see it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult};

use super::open::Share;
use super::{Access, FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA, File};
use crate::object::access::DELETE;
use crate::sync::stop::block;

/// Device and inode.
pub(super) type Key = (u64, u64);

/// The files a process has open.
#[derive(Default)]
pub(super) struct OpenFiles {
    /// Taken before a node's state.
    nodes: Mutex<HashMap<Key, Arc<Node>>>,
}

/// One file, however often it is open.
#[derive(Default)]
struct Node {
    state: Mutex<State>,
    /// How many locks there are, so that reading and writing look at them only when there are any.
    locks: AtomicUsize,
    unlocked: Condvar,
}

#[derive(Default)]
struct State {
    opens: Vec<Open>,
    locks: Vec<Lock>,
    delete_pending: bool,
}

struct Open {
    id: u64,
    access: Access,
    share: Share,
}

/// A locked range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// First byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
    /// Nobody else may read or lock it.
    pub exclusive: bool,
    owner: u64,
}

/// A file's place among the open ones. Goes with it.
pub(super) struct Registration {
    files: Arc<OpenFiles>,
    key: Key,
    node: Arc<Node>,
    id: u64,
}

/// What the last close has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Nothing: others have the file open, or it stays.
    Stays,
    /// Delete it.
    Delete,
}

const READS: Access = FILE_READ_DATA | FILE_EXECUTE;
const WRITES: Access = FILE_WRITE_DATA | FILE_APPEND_DATA;

/// True if an opener with `access` can live with one that shares `share`.
fn allowed(access: Access, share: Share) -> bool {
    (access & READS == 0 || share.contains(Share::READ))
        && (access & WRITES == 0 || share.contains(Share::WRITE))
        && (access & DELETE == 0 || share.contains(Share::DELETE))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OpenFiles {
    /// Takes one more opener in.
    ///
    /// # Errors
    /// `STATUS_SHARING_VIOLATION` if it and one of the others do not go together, `STATUS_DELETE_PENDING` for a file that is to go.
    pub(super) fn register(self: &Arc<Self>, key: Key, access: Access, share: Share) -> NtResult<Registration> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut nodes = lock(&self.nodes);
        let node = nodes.entry(key).or_default().clone();
        let mut state = lock(&node.state);
        if state.delete_pending {
            return Err(NTSTATUS::STATUS_DELETE_PENDING);
        }
        // Looking at attributes disturbs nobody.
        let counts = |access: Access| access & (READS | WRITES | DELETE) != 0;
        let conflict = counts(access)
            && state
                .opens
                .iter()
                .any(|open| counts(open.access) && (!allowed(access, open.share) || !allowed(open.access, share)));
        if conflict {
            return Err(NTSTATUS::STATUS_SHARING_VIOLATION);
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        state.opens.push(Open { id, access, share });
        drop(state);
        Ok(Registration { files: Arc::clone(self), key, node, id })
    }

    /// True if some handle to the file does not allow it to be deleted.
    pub(super) fn forbids_deletion(&self, key: Key) -> bool {
        let nodes = lock(&self.nodes);
        nodes.get(&key).is_some_and(|node| {
            lock(&node.state)
                .opens
                .iter()
                .any(|open| open.access & (READS | WRITES | DELETE) != 0 && !open.share.contains(Share::DELETE))
        })
    }
}

impl Registration {
    /// Marks the file to be deleted when its last handle is closed, or not.
    pub(super) fn set_delete_pending(&self, pending: bool) {
        lock(&self.node.state).delete_pending = pending;
    }

    /// True when the file is to be deleted.
    pub(super) fn is_delete_pending(&self) -> bool {
        lock(&self.node.state).delete_pending
    }

    /// Takes the opener out.
    pub(super) fn close(&self) -> Closing {
        let mut nodes = lock(&self.files.nodes);
        let mut state = lock(&self.node.state);
        state.opens.retain(|open| open.id != self.id);
        let before = state.locks.len();
        state.locks.retain(|lock| lock.owner != self.id);
        if before != state.locks.len() {
            self.node.locks.store(state.locks.len(), Ordering::Release);
            self.node.unlocked.notify_all();
        }
        if !state.opens.is_empty() {
            return Closing::Stays;
        }
        let closing = if state.delete_pending { Closing::Delete } else { Closing::Stays };
        drop(state);
        nodes.remove(&self.key);
        closing
    }

    fn try_lock(&self, state: &mut State, start: u64, len: u64, exclusive: bool) -> bool {
        let conflict = state.locks.iter().any(|lock| overlaps(lock, start, len) && (exclusive || lock.exclusive));
        if !conflict {
            state.locks.push(Lock { start, len, exclusive, owner: self.id });
            self.node.locks.store(state.locks.len(), Ordering::Release);
        }
        !conflict
    }

    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT` if another handle's lock forbids it.
    pub(super) fn check_locks(&self, start: u64, len: usize, writes: bool) -> NtResult<()> {
        let state = lock(&self.node.state);
        let conflict = state.locks.iter().any(|lock| {
            // A shared lock keeps everybody from writing, its owner too.
            overlaps(lock, start, len as u64) && if lock.exclusive { lock.owner != self.id } else { writes }
        });
        if conflict { Err(NTSTATUS::STATUS_FILE_LOCK_CONFLICT) } else { Ok(()) }
    }

    /// True if any part of the file is locked.
    #[inline]
    pub(super) fn has_locks(&self) -> bool {
        self.node.locks.load(Ordering::Acquire) != 0
    }
}

fn overlaps(lock: &Lock, start: u64, len: u64) -> bool {
    lock.len != 0 && len != 0 && start < lock.start.saturating_add(lock.len) && lock.start < start.saturating_add(len)
}

impl File {
    /// Locks a range of bytes; with `wait`, when it becomes free.
    ///
    /// # Errors
    /// `STATUS_LOCK_NOT_GRANTED` without `wait` when it is not free, `STATUS_INVALID_LOCK_RANGE` for a range beyond all numbers,
    /// `STATUS_INVALID_DEVICE_REQUEST` for what is not a file.
    pub fn lock(&self, start: u64, len: u64, exclusive: bool, wait: bool) -> NtResult<()> {
        let registration = self.registration.as_ref().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST)?;
        if len != 0 && start.checked_add(len - 1).is_none() {
            return Err(NTSTATUS::STATUS_INVALID_LOCK_RANGE);
        }
        let mut blocked = None;
        let mut state = lock(&registration.node.state);
        while !registration.try_lock(&mut state, start, len, exclusive) {
            if !wait {
                return Err(NTSTATUS::STATUS_LOCK_NOT_GRANTED);
            }
            blocked.get_or_insert_with(block);
            state = registration.node.unlocked.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Unlocks a range that this handle has locked exactly so.
    ///
    /// # Errors
    /// `STATUS_RANGE_NOT_LOCKED`, or `STATUS_INVALID_DEVICE_REQUEST` for what is not a file.
    pub fn unlock(&self, start: u64, len: u64) -> NtResult<()> {
        let registration = self.registration.as_ref().ok_or(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST)?;
        let mut state = lock(&registration.node.state);
        let mine = |lock: &Lock| lock.owner == registration.id && lock.start == start && lock.len == len;
        // Where both kinds lie over each other the exclusive one goes first (documented for UnlockFileEx).
        let at = state
            .locks
            .iter()
            .position(|lock| mine(lock) && lock.exclusive)
            .or_else(|| state.locks.iter().position(mine))
            .ok_or(NTSTATUS::STATUS_RANGE_NOT_LOCKED)?;
        state.locks.remove(at);
        registration.node.locks.store(state.locks.len(), Ordering::Release);
        registration.node.unlocked.notify_all();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Share = Share::all();

    #[test]
    fn both_openers_must_agree() {
        let files = Arc::new(OpenFiles::default());
        let reader = files.register((1, 1), FILE_READ_DATA, Share::READ).unwrap();
        assert!(files.register((1, 1), FILE_READ_DATA, Share::READ).is_ok());
        for (access, share) in [(FILE_WRITE_DATA, ALL), (DELETE, ALL), (FILE_READ_DATA, Share::empty())] {
            let refused = files.register((1, 1), access, share).err();
            assert_eq!(refused, Some(NTSTATUS::STATUS_SHARING_VIOLATION));
        }
        assert!(files.register((1, 1), super::super::FILE_READ_ATTRIBUTES, Share::empty()).is_ok());
        assert!(files.register((1, 2), FILE_WRITE_DATA, Share::empty()).is_ok());
        reader.close();
    }

    #[test]
    fn the_last_close_deletes() {
        let files = Arc::new(OpenFiles::default());
        let first = files.register((1, 1), DELETE, ALL).unwrap();
        let second = files.register((1, 1), DELETE, ALL).unwrap();
        first.set_delete_pending(true);
        assert_eq!(files.register((1, 1), DELETE, ALL).err(), Some(NTSTATUS::STATUS_DELETE_PENDING));
        assert_eq!(first.close(), Closing::Stays);
        assert_eq!(second.close(), Closing::Delete);
        assert!(files.register((1, 1), DELETE, ALL).is_ok());
    }
}
