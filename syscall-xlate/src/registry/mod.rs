//! The registry: a tree of keys with values.
//!
//! [`Registry`] opens and makes keys by path; a [`Key`] is what a handle stands for. Where keys are kept is behind [`Store`]: now
//! [`MemoryStore`], which begins with the `seed` and ends with the process. A process that never asks pays nothing.

mod memory;
mod seed;
mod store;

use std::fmt;
use std::sync::{Arc, OnceLock};

use abi::{NTSTATUS, NtResult};

use crate::object::{Access, GenericMapping, Kind, Object};
use crate::process::Version;
use crate::security::Sid;

pub use memory::MemoryStore;
pub use store::{KeyId, KeyInfo, NewKey, Store, Value};

/// `KEY_QUERY_VALUE`
pub const QUERY_VALUE: Access = 0x1;
/// `KEY_SET_VALUE`
pub const SET_VALUE: Access = 0x2;
/// `KEY_CREATE_SUB_KEY`
pub const CREATE_SUB_KEY: Access = 0x4;
/// `KEY_ENUMERATE_SUB_KEYS`
pub const ENUMERATE_SUB_KEYS: Access = 0x8;
/// `KEY_ALL_ACCESS`
pub const ALL_ACCESS: Access = 0x000f_003f;
/// `KEY_WOW64_64KEY` and `KEY_WOW64_32KEY`: which view is meant, not a right.
pub const WOW64_MASK: Access = 0x300;
/// What generic rights mean for a key.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0019, write: 0x0002_0006, execute: 0x0002_0039, all: ALL_ACCESS };

/// Longest name of a key in UTF-16 units
/// (<https://learn.microsoft.com/windows/win32/sysinfo/registry-element-size-limits>).
const LONGEST_KEY_NAME: usize = 255;
/// Longest name of a value in UTF-16 units.
const LONGEST_VALUE_NAME: usize = 16_383;
/// Deepest nesting of keys.
const DEEPEST: usize = 512;

const SEPARATOR: u16 = b'\\' as u16;

/// A key of a tree that programs know by a predefined handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `HKEY_LOCAL_MACHINE`
    LocalMachine,
    /// `HKEY_USERS`
    Users,
    /// `HKEY_CURRENT_USER`
    CurrentUser,
    /// `HKEY_CLASSES_ROOT`; the machine's classes only.
    ClassesRoot,
    /// `HKEY_CURRENT_CONFIG`
    CurrentConfig,
}

/// The registry of a process.
pub struct Registry {
    version: Version,
    store: OnceLock<Box<dyn Store>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

/// An open key.
#[derive(Clone, Debug)]
pub struct Key {
    id: KeyId,
    /// Its path from the root of the namespace, as `NtQueryKey` gives it.
    path: Vec<u16>,
}

impl Object for Key {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Key
    }
}

impl Key {
    /// Its full path: `\REGISTRY\MACHINE\SOFTWARE`.
    pub fn path(&self) -> &[u16] {
        &self.path
    }
}

impl Registry {
    /// The registry that a Windows of this version starts with.
    pub fn new(version: Version) -> Self {
        Self { version, store: OnceLock::new() }
    }

    /// A registry over another store.
    pub fn with_store(version: Version, store: Box<dyn Store>) -> Self {
        Self { version, store: OnceLock::from(store) }
    }

    fn store(&self) -> &dyn Store {
        self.store.get_or_init(|| Box::new(seed::store(self.version))).as_ref()
    }

    /// Opens the key a predefined handle stands for.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND` when the store lacks it.
    pub fn root(&self, root: Root) -> NtResult<Key> {
        let path = match root {
            Root::LocalMachine => "MACHINE".to_owned(),
            Root::Users => "USER".to_owned(),
            Root::CurrentUser => format!(r"USER\{}", Sid::user()),
            Root::ClassesRoot => r"MACHINE\SOFTWARE\Classes".to_owned(),
            Root::CurrentConfig => r"MACHINE\SYSTEM\CurrentControlSet\Hardware Profiles\Current".to_owned(),
        };
        let top = Key { id: self.store().top(), path: r"\REGISTRY".encode_utf16().collect() };
        self.open(&top, &path.encode_utf16().collect::<Vec<_>>())
    }

    /// Opens the key at `path` below `key`; `key` itself for an empty path.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_KEY_DELETED`, `STATUS_OBJECT_PATH_SYNTAX_BAD` for a path that begins with a backslash.
    pub fn open(&self, key: &Key, path: &[u16]) -> NtResult<Key> {
        let mut key = key.clone();
        self.store().info(key.id)?;
        for name in names(path)? {
            let id = self.store().child(key.id, name)?.ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?;
            key.step(id, name);
        }
        Ok(key)
    }

    /// Opens the key at `path` below `key`, and makes it and those on the way to it where they are not there. True with a key that was made.
    ///
    /// # Errors
    /// Those of [`Self::open`], `STATUS_INVALID_PARAMETER` for a name that is too long, `STATUS_CHILD_MUST_BE_VOLATILE`.
    pub fn create(&self, key: &Key, path: &[u16], new: NewKey<'_>) -> NtResult<(Key, bool)> {
        let mut key = key.clone();
        let mut made = false;
        let names = names(path)?;
        let depth = key.path.iter().filter(|&&unit| unit == SEPARATOR).count();
        if depth + names.len() > DEEPEST || names.iter().any(|name| name.len() > LONGEST_KEY_NAME) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.store().info(key.id)?;
        for name in names {
            let (id, is_new) = self.store().create(key.id, name, new)?;
            made = is_new;
            key.step(id, name);
        }
        Ok((key, made))
    }

    /// Deletes a key without subkeys; whoever has it open finds it deleted.
    ///
    /// # Errors
    /// `STATUS_CANNOT_DELETE` for a key with subkeys or at the top, `STATUS_KEY_DELETED`.
    pub fn delete(&self, key: &Key) -> NtResult<()> {
        self.store().delete(key.id)
    }

    /// What there is to know of a key.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    pub fn info(&self, key: &Key) -> NtResult<KeyInfo> {
        self.store().info(key.id)
    }

    /// What there is to know of a key's subkey number `index`, in the order of names.
    ///
    /// # Errors
    /// `STATUS_NO_MORE_ENTRIES`, `STATUS_KEY_DELETED`.
    pub fn subkey(&self, key: &Key, index: u32) -> NtResult<KeyInfo> {
        let id = self.store().child_at(key.id, index)?.ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)?;
        self.store().info(id)
    }

    /// A value by name; the key's default value by an empty one.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_KEY_DELETED`.
    pub fn value(&self, key: &Key, name: &[u16]) -> NtResult<Value> {
        self.store().value(key.id, name)?.ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)
    }

    /// Value number `index`, in the order they were first set.
    ///
    /// # Errors
    /// `STATUS_NO_MORE_ENTRIES`, `STATUS_KEY_DELETED`.
    pub fn value_at(&self, key: &Key, index: u32) -> NtResult<Value> {
        self.store().value_at(key.id, index)?.ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)
    }

    /// Sets a value.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a name that is too long, `STATUS_KEY_DELETED`.
    pub fn set_value(&self, key: &Key, value: Value) -> NtResult<()> {
        if value.name.len() > LONGEST_VALUE_NAME {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.store().set_value(key.id, value)
    }

    /// Deletes a value.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_KEY_DELETED`.
    pub fn delete_value(&self, key: &Key, name: &[u16]) -> NtResult<()> {
        if self.store().delete_value(key.id, name)? { Ok(()) } else { Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) }
    }

    /// An open key as an object for a handle.
    pub fn object(key: Key) -> Arc<Key> {
        Arc::new(key)
    }
}

impl Key {
    fn step(&mut self, id: KeyId, name: &[u16]) {
        self.id = id;
        self.path.push(SEPARATOR);
        self.path.extend_from_slice(name);
    }
}

/// The names in a path. Backslashes at its end do not count.
fn names(path: &[u16]) -> NtResult<Vec<&[u16]>> {
    if path.first() == Some(&SEPARATOR) {
        return Err(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD);
    }
    Ok(path.split(|&unit| unit == SEPARATOR).filter(|name| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests;
