//! A store in this process's memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult};

use super::store::{KeyId, KeyInfo, NewKey, Store, Value};
use crate::nls::case::upcased;
use crate::time::system_time;

const TOP: KeyId = KeyId(0);

/// Keys in memory.
pub struct MemoryStore {
    // Leaf lock: nothing else is locked while it is held.
    tree: Mutex<Tree>,
}

struct Tree {
    keys: HashMap<KeyId, Key>,
    next: u64,
}

#[derive(Default)]
struct Key {
    parent: Option<KeyId>,
    name: Vec<u16>,
    class: Vec<u16>,
    volatile: bool,
    last_write: i64,
    /// By name in upper case, which is the order of enumeration too.
    children: BTreeMap<Vec<u16>, KeyId>,
    values: Vec<Value>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let top = Key { last_write: system_time(), ..Key::default() };
        Self { tree: Mutex::new(Tree { keys: HashMap::from([(TOP, top)]), next: 1 }) }
    }
}

impl MemoryStore {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tree {
    fn key(&self, id: KeyId) -> NtResult<&Key> {
        self.keys.get(&id).ok_or(NTSTATUS::STATUS_KEY_DELETED)
    }

    fn key_mut(&mut self, id: KeyId) -> NtResult<&mut Key> {
        self.keys.get_mut(&id).ok_or(NTSTATUS::STATUS_KEY_DELETED)
    }
}

impl Store for MemoryStore {
    fn top(&self) -> KeyId {
        TOP
    }

    fn child(&self, key: KeyId, name: &[u16]) -> NtResult<Option<KeyId>> {
        Ok(self.tree().key(key)?.children.get(&upcased(name)).copied())
    }

    fn child_at(&self, key: KeyId, index: u32) -> NtResult<Option<KeyId>> {
        Ok(self.tree().key(key)?.children.values().nth(index as usize).copied())
    }

    fn create(&self, key: KeyId, name: &[u16], new: NewKey<'_>) -> NtResult<(KeyId, bool)> {
        let mut tree = self.tree();
        let id = KeyId(tree.next);
        let parent = tree.key_mut(key)?;
        let folded = upcased(name);
        if let Some(&child) = parent.children.get(&folded) {
            return Ok((child, false));
        }
        if parent.volatile && !new.volatile {
            return Err(NTSTATUS::STATUS_CHILD_MUST_BE_VOLATILE);
        }
        parent.children.insert(folded, id);
        parent.last_write = system_time();
        let child = Key {
            parent: Some(key),
            name: name.to_vec(),
            class: new.class.to_vec(),
            volatile: new.volatile,
            last_write: system_time(),
            ..Key::default()
        };
        tree.keys.insert(id, child);
        tree.next += 1;
        Ok((id, true))
    }

    fn delete(&self, key: KeyId) -> NtResult<()> {
        let mut tree = self.tree();
        let found = tree.key(key)?;
        let parent = found.parent.filter(|&parent| parent != TOP);
        let (Some(parent), true) = (parent, found.children.is_empty()) else {
            return Err(NTSTATUS::STATUS_CANNOT_DELETE);
        };
        let folded = upcased(&found.name);
        tree.keys.remove(&key);
        let parent = tree.key_mut(parent)?;
        parent.children.remove(&folded);
        parent.last_write = system_time();
        Ok(())
    }

    fn info(&self, key: KeyId) -> NtResult<KeyInfo> {
        let tree = self.tree();
        let key = tree.key(key)?;
        let children = || key.children.values().filter_map(|child| tree.keys.get(child));
        Ok(KeyInfo {
            name: key.name.clone(),
            class: key.class.clone(),
            subkeys: key.children.len() as u32,
            longest_subkey: children().map(|child| child.name.len()).max().unwrap_or(0) as u32,
            longest_class: children().map(|child| child.class.len()).max().unwrap_or(0) as u32,
            values: key.values.len() as u32,
            longest_value_name: key.values.iter().map(|value| value.name.len()).max().unwrap_or(0) as u32,
            largest_data: key.values.iter().map(|value| value.data.len()).max().unwrap_or(0) as u32,
            last_write: key.last_write,
        })
    }

    fn value(&self, key: KeyId, name: &[u16]) -> NtResult<Option<Value>> {
        let folded = upcased(name);
        Ok(self.tree().key(key)?.values.iter().find(|value| upcased(&value.name) == folded).cloned())
    }

    fn value_at(&self, key: KeyId, index: u32) -> NtResult<Option<Value>> {
        Ok(self.tree().key(key)?.values.get(index as usize).cloned())
    }

    fn set_value(&self, key: KeyId, value: Value) -> NtResult<()> {
        let mut tree = self.tree();
        let key = tree.key_mut(key)?;
        let folded = upcased(&value.name);
        match key.values.iter_mut().find(|known| upcased(&known.name) == folded) {
            Some(known) => *known = Value { name: std::mem::take(&mut known.name), ..value },
            None => key.values.push(value),
        }
        key.last_write = system_time();
        Ok(())
    }

    fn delete_value(&self, key: KeyId, name: &[u16]) -> NtResult<bool> {
        let mut tree = self.tree();
        let key = tree.key_mut(key)?;
        let folded = upcased(name);
        let before = key.values.len();
        key.values.retain(|value| upcased(&value.name) != folded);
        if key.values.len() < before {
            key.last_write = system_time();
        }
        Ok(key.values.len() < before)
    }
}
