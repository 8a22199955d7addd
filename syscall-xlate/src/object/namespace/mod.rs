//! The namespace: directories, symbolic links, and the objects that have names in them.
//!
//! What is always there is in [`fixed`]. An object stays in the namespace until its last handle is closed. Names are case-sensitive unless
//! the caller says otherwise, but not those of the directories and links on the way ("Object Names" in Microsoft's documentation). The
//! processes of one root share the names of the types that can be shared ([`Object::sharing`]); those of others, and all that is in a
//! directory without a name, are known in this process only.

mod fixed;
mod name;
mod names;
mod search;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use abi::{NTSTATUS, NtResult};

pub use name::Name;
use names::Names;

use super::directory::Node;
use super::shared::{self, Place, Registry};
use super::{Directory, Kind, Object, Sharing, SymbolicLink, downcast};
use crate::say::say;
use search::{Search, Way};

/// The named objects.
pub struct Namespace {
    // Taken before the registry's locks. `make` of a new object locks nothing of ours.
    names: Mutex<Names>,
    /// The folder that processes share, and our part in it once a name needed it. `None` where there is none.
    registry: OnceLock<Option<Arc<Registry>>>,
    root: PathBuf,
    /// Counts the directories that only this process knows.
    directories: AtomicU64,
}

/// What [`Namespace::create`] found or made.
pub struct Created<T> {
    /// The object.
    pub object: Arc<T>,
    /// True when an object of this name was there before (`STATUS_OBJECT_NAME_EXISTS`, which is a success).
    pub existed: bool,
}

/// What a directory has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name there.
    pub name: Vec<u16>,
    /// Its type.
    pub kind: Kind,
}

impl Namespace {
    /// The names that processes with this root share. Nothing is touched before the first name is used.
    pub fn new(root: &Path) -> Self {
        let (names, registry, directories) = Default::default();
        Self { names, registry, root: root.to_owned(), directories }
    }

    /// Opens the object of a name, or makes it: in the place that processes share, if there is one. An object without a name is new.
    ///
    /// # Errors
    /// `STATUS_OBJECT_TYPE_MISMATCH` when the name belongs to an object of another type, `STATUS_OBJECT_PATH_NOT_FOUND` where a
    /// directory on the way is not there, `STATUS_OBJECT_NAME_INVALID` for a directory's own, `STATUS_INSUFFICIENT_RESOURCES` when
    /// there are too many, and what `make` returns.
    pub fn create<T: Object>(
        &self,
        name: Option<&Name>,
        make: impl FnOnce(Option<Place>) -> NtResult<Arc<T>>,
    ) -> NtResult<Created<T>> {
        match name {
            None => Ok(Created { object: make(None)?, existed: false }),
            Some(name) => self.create_named(name, T::sharing(), |place, _, _| make(place)),
        }
    }

    /// Makes a directory, or opens the one of this name.
    ///
    /// # Errors
    /// Those of [`Self::create`].
    pub fn create_directory(&self, name: Option<&Name>) -> NtResult<Created<Directory>> {
        let number = self.directories.fetch_add(1, Ordering::Relaxed);
        let Some(name) = name else {
            return Ok(Created { object: Directory::unnamed(number), existed: false });
        };
        // How one of another process is opened depends on where it is: `open_shared` sees to that.
        let sharing = Sharing { kind: Kind::Directory, open: |_| Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH) };
        self.create_named(name, Some(sharing), |place, parent, name| {
            Ok(match place {
                Some(place) => Directory::new_in(place, parent, name),
                None => Directory::local(number, parent, name),
            })
        })
    }

    /// Opens the object of a name.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, and those of [`Self::create`].
    pub fn open<T: Object>(&self, name: &Name) -> NtResult<Arc<T>> {
        match Search::new(self).walk(name, T::sharing().as_ref())? {
            Way::Object(object) => Ok(object),
            Way::Nothing(..) => Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
        }
    }

    /// The path of an object; `None` for one that has no name.
    pub fn path_of(&self, object: &Arc<dyn Object>) -> Option<Vec<u16>> {
        match object.downcast_ref::<Directory>() {
            Some(directory) => directory.path(),
            None => self.lock().path_of(object),
        }
    }

    /// What is in a directory, sorted by name.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`.
    pub fn list(&self, directory: &Directory) -> NtResult<Vec<Listed>> {
        let node = directory.node();
        let fixed =
            fixed::all(node.id).map(|(name, what)| Listed { name: name.encode_utf16().collect(), kind: what.kind() });
        let mut all: Vec<Listed> = fixed.collect();
        all.extend(self.lock().list(node));
        if let Some(registry) = self.registry().filter(|_| node.is_shared()) {
            all.extend(registry.enter()?.list(node.id).into_iter().map(|(name, kind)| Listed { name, kind }));
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        Ok(all)
    }

    /// Where a drive or device leads, or the names of all of them (`QueryDosDevice`).
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, and those of [`Self::open`].
    pub fn dos_devices(&self, name: Option<&[u16]>) -> NtResult<Vec<Vec<u16>>> {
        let directory = Name::nt(None, fixed::DOS_DEVICES_PATH.encode_utf16().collect(), true)?;
        let directory: Arc<Directory> = self.open(&directory)?;
        match name {
            Some(name) => {
                let link: Arc<SymbolicLink> = self.open(&Name::nt(Some(&directory), name.to_vec(), true)?)?;
                Ok(vec![link.target().to_vec()])
            }
            None => {
                let all = self.list(&directory)?.into_iter();
                Ok(all.filter(|listed| listed.kind == Kind::SymbolicLink).map(|listed| listed.name).collect())
            }
        }
    }

    /// The objects of a type that have names and are open here.
    pub fn all<T: Object>(&self) -> Vec<Arc<T>> {
        let alive = self.lock().alive();
        alive.into_iter().filter_map(|object| downcast(object).ok()).collect()
    }

    /// The process ends: what it has open is closed for the others.
    pub fn leave(&self) {
        if let Some(Some(registry)) = self.registry.get() {
            registry.leave();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create_named<T: Object>(
        &self,
        name: &Name,
        sharing: Option<Sharing<T>>,
        make: impl FnOnce(Option<Place>, &Node, &[u16]) -> NtResult<Arc<T>>,
    ) -> NtResult<Created<T>> {
        let mut search = Search::new(self);
        let (node, last) = match search.walk(name, sharing.as_ref())? {
            Way::Object(object) => return Ok(Created { object, existed: true }),
            Way::Nothing(node, last) => (node, last),
        };
        let lookup = if sharing.is_some() && node.is_shared() { search.lookup()? } else { None };
        let object = match (lookup, sharing) {
            (Some(lookup), Some(sharing)) => {
                let place = lookup.reserve(shared::Name { directory: node.id, text: &last })?;
                let index = place.index();
                let object = make(Some(place), &node, &last)?;
                lookup.publish(index, sharing.kind);
                object
            }
            _ => make(None, &node, &last)?,
        };
        search.names.insert(&node, &last, &object);
        Ok(Created { object, existed: false })
    }

    /// What processes share, if they do.
    fn registry(&self) -> Option<&Arc<Registry>> {
        let registry = self.registry.get_or_init(|| {
            let folder = shared::folder(&self.root);
            Registry::join(folder.clone())
                .inspect_err(|error| {
                    let folder = folder.display();
                    say(format_args!("named objects are not shared with other processes: {folder}: {error}"));
                })
                .ok()
        });
        registry.as_ref()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.leave();
    }
}
