//! Directories of the object namespace.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::access::STANDARD_RIGHTS_REQUIRED;
use super::{Access, GenericMapping, Kind, Object, Place};

/// `DIRECTORY_QUERY`
pub const QUERY: Access = 1;
/// `DIRECTORY_TRAVERSE`
pub const TRAVERSE: Access = 2;
/// `DIRECTORY_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | 0xf;
/// What generic rights mean for a directory.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0003, write: 0x0002_000c, execute: 0x0002_0003, all: ALL_ACCESS };

/// What stands for the path of a directory that has no name.
const NO_NAME: &str = "...";
/// The identifier's bit of those that one process knows.
const LOCAL: u64 = 1 << 63;

/// What names are looked for in. Objects that were named there keep it; the [`Directory`] goes with its handles, as its name does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Never another directory's.
    pub id: u64,
    /// From the root on, without a backslash at its end.
    pub path: Vec<u16>,
}

impl Node {
    /// True when other processes find what is in it.
    pub(super) const fn is_shared(&self) -> bool {
        self.id & LOCAL == 0
    }

    /// The path of what has this name in it.
    pub(super) fn join(&self, name: &[u16]) -> Vec<u16> {
        [self.path.as_slice(), &[SEPARATOR], name].concat()
    }
}

/// What stands between the names of a path.
pub(super) const SEPARATOR: u16 = b'\\' as u16;

/// A directory.
#[derive(Debug)]
pub struct Directory {
    node: Arc<Node>,
    /// Where other processes find it.
    _place: Option<Place>,
}

impl Object for Directory {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Directory
    }
}

impl Directory {
    /// One that is always there.
    pub(super) fn fixed(id: u64, path: Vec<u16>) -> Arc<Self> {
        Self::of(Arc::new(Node { id, path }))
    }

    /// The one that names were looked for in.
    pub(super) fn of(node: Arc<Node>) -> Arc<Self> {
        Arc::new(Self { node, _place: None })
    }

    /// A new one without a name, the `number`th of its process that no other process knows.
    pub(super) fn unnamed(number: u64) -> Arc<Self> {
        Self::fixed(LOCAL | number, NO_NAME.encode_utf16().collect())
    }

    /// A new one that no other process knows.
    pub(super) fn local(number: u64, parent: &Node, name: &[u16]) -> Arc<Self> {
        Self::fixed(LOCAL | number, parent.join(name))
    }

    /// A new one, in a place that processes share.
    pub(super) fn new_in(place: Place, parent: &Node, name: &[u16]) -> Arc<Self> {
        place.record().state.store(place.registry().next_directory(), Ordering::Relaxed);
        Self::open_in(place, parent, name)
    }

    /// The one that another process has put into a place.
    pub(super) fn open_in(place: Place, parent: &Node, name: &[u16]) -> Arc<Self> {
        let id = place.record().state.load(Ordering::Relaxed) & !LOCAL;
        Arc::new(Self { node: Arc::new(Node { id, path: parent.join(name) }), _place: Some(place) })
    }

    /// Its path; `None` for one without a name.
    pub(super) fn path(&self) -> Option<Vec<u16>> {
        match self.node.path.as_slice() {
            [] => Some(vec![SEPARATOR]),
            path if path.iter().copied().eq(NO_NAME.encode_utf16()) => None,
            path => Some(path.to_vec()),
        }
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }
}
