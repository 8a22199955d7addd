//! The way to a name: through directories and links, in what this process knows, what is always there, and what others share.

use std::any::TypeId;
use std::sync::{Arc, MutexGuard};

use abi::{NTSTATUS, NtResult};

use super::super::directory::Node;
use super::super::shared::{self, Lookup, Place};
use super::super::{Directory, Kind, Object, Sharing, SymbolicLink, downcast};
use super::fixed::{self, Fixed};
use super::names::Names;
use super::{Name, Namespace};

/// Links that are followed on the way to one name.
const MOST_LINKS: usize = 32;

/// Where the way to a name has led.
pub(super) enum Way<T> {
    /// To an object.
    Object(Arc<T>),
    /// To a directory that has no such name.
    Nothing(Arc<Node>, Vec<u16>),
}

/// A device has a name, and is opened as a file.
struct Device;

impl Object for Device {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Device
    }
}

impl Fixed {
    /// Its type.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Directory { .. } => Kind::Directory,
            Self::Link(_) => Kind::SymbolicLink,
            Self::Device => Kind::Device,
        }
    }

    fn open(self, parent: &Node, name: &[u16]) -> NtResult<Arc<dyn Object>> {
        Ok(match self {
            Self::Directory { id } => Directory::fixed(id, parent.join(name)),
            Self::Link(target) => SymbolicLink::new_in(None, &target.encode_utf16().collect::<Vec<_>>())?,
            Self::Device => Arc::new(Device),
        })
    }
}

/// A search. Nobody else of this process makes or opens names while it lasts, and once it has had to look there, nobody of another.
pub(super) struct Search<'a> {
    space: &'a Namespace,
    pub(super) names: MutexGuard<'a, Names>,
    lookup: Option<Lookup<'a>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(space: &'a Namespace) -> Self {
        Self { space, names: space.lock(), lookup: None }
    }

    /// What processes share, if they do.
    pub(super) fn lookup(&mut self) -> NtResult<Option<&Lookup<'a>>> {
        if self.lookup.is_none() {
            self.lookup = self.space.registry().map(|registry| registry.enter()).transpose()?;
        }
        Ok(self.lookup.as_ref())
    }

    /// Goes the way to a name.
    pub(super) fn walk<T: Object>(&mut self, name: &Name, sharing: Option<&Sharing<T>>) -> NtResult<Way<T>> {
        let mut name = name.clone();
        for _ in 0..=MOST_LINKS {
            match self.walk_to_link(&name, sharing)? {
                Ok(way) => return Ok(way),
                Err(through) => name = through,
            }
        }
        Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)
    }

    /// Goes the way until a link says that it is another one.
    fn walk_to_link<T: Object>(&mut self, name: &Name, sharing: Option<&Sharing<T>>) -> NtResult<Result<Way<T>, Name>> {
        let mut node = Arc::clone(&name.root);
        if name.path.is_empty() {
            return self.directory_itself(&node).map(Ok);
        }
        let mut path = name.path.as_slice();
        loop {
            let (first, rest) = Name::split(path);
            let ignores_case = name.ignores_case || rest.is_some() || leads_on::<T>();
            let found = self.child::<T>(&node, first, ignores_case, sharing.filter(|_| rest.is_none()))?;
            let Some(object) = found else {
                return match rest {
                    Some(_) => Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
                    None => Ok(Ok(Way::Nothing(node, first.to_vec()))),
                };
            };
            if let Some(link) = object.downcast_ref::<SymbolicLink>()
                && (rest.is_some() || TypeId::of::<T>() != TypeId::of::<SymbolicLink>())
            {
                return Ok(Err(name.through_link(link.target(), rest.unwrap_or_default())?));
            }
            match rest {
                None => return typed(object).map(Way::Object).map(Ok),
                Some(rest) => {
                    node = Arc::clone(typed::<Directory>(object)?.node());
                    path = rest;
                }
            }
        }
    }

    /// The directory in which a path begins that is empty.
    fn directory_itself<T: Object>(&mut self, node: &Arc<Node>) -> NtResult<Way<T>> {
        let object = match self.names.directory(node.id) {
            Some(directory) => directory,
            None => {
                let directory = Directory::of(Arc::clone(node));
                self.names.insert_directory(&directory);
                directory
            }
        };
        typed(object).map(Way::Object)
    }

    /// The object of a name in a directory. One that another process has made is opened if it is on the way or of the type looked for.
    fn child<T: Object>(
        &mut self,
        node: &Arc<Node>,
        name: &[u16],
        ignores_case: bool,
        sharing: Option<&Sharing<T>>,
    ) -> NtResult<Option<Arc<dyn Object>>> {
        if let Some(object) = self.names.find(node, name, ignores_case) {
            return Ok(Some(object));
        }
        if let Some((name, what)) = fixed::find(node.id, name, ignores_case) {
            let name: Vec<u16> = name.encode_utf16().collect();
            let object = what.open(node, &name)?;
            self.names.insert_any(node, &name, &object);
            return Ok(Some(object));
        }
        if !node.is_shared() {
            return Ok(None);
        }
        let Some(lookup) = self.lookup()? else { return Ok(None) };
        let (place, kind) = match lookup.open(shared::Name { directory: node.id, text: name }, ignores_case) {
            Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) => return Ok(None),
            found => found?,
        };
        // As it is spelled there.
        let name = Some(place.text().name()).filter(|name| !name.is_empty()).unwrap_or_else(|| name.to_vec());
        let object = open_shared(place, kind, node, &name, sharing)?;
        self.names.insert_any(node, &name, &object);
        Ok(Some(object))
    }
}

/// The object that another process has put into a place.
fn open_shared<T: Object>(
    place: Place,
    kind: Kind,
    parent: &Node,
    name: &[u16],
    sharing: Option<&Sharing<T>>,
) -> NtResult<Arc<dyn Object>> {
    match (kind, sharing) {
        (Kind::Directory, _) => Ok(Directory::open_in(place, parent, name)),
        (Kind::SymbolicLink, _) => Ok(SymbolicLink::open_in(place)?),
        (kind, Some(sharing)) if sharing.kind == kind => Ok((sharing.open)(place)?),
        _ => Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH),
    }
}

/// Whether objects of this type are on the way to others. Their names have no case.
fn leads_on<T: Object>() -> bool {
    [TypeId::of::<Directory>(), TypeId::of::<SymbolicLink>()].contains(&TypeId::of::<T>())
}

fn typed<T: Object>(object: Arc<dyn Object>) -> NtResult<Arc<T>> {
    downcast(object).map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
}
