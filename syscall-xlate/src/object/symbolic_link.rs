//! Symbolic links of the object namespace: a name that stands for a path.

use std::sync::Arc;

use abi::{NTSTATUS, NtResult};

use super::access::STANDARD_RIGHTS_REQUIRED;
use super::{Access, GenericMapping, Kind, Object, Place, Sharing};

/// `SYMBOLIC_LINK_QUERY`
pub const QUERY: Access = 1;
/// `SYMBOLIC_LINK_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | 1;
/// What generic rights mean for a symbolic link.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0000, execute: 0x0002_0001, all: ALL_ACCESS };

/// A symbolic link.
#[derive(Debug)]
pub struct SymbolicLink {
    target: Vec<u16>,
    /// Where other processes find it.
    _place: Option<Place>,
}

impl Object for SymbolicLink {
    extern "win64" fn kind(&self) -> Kind {
        Kind::SymbolicLink
    }
    fn sharing() -> Option<Sharing<Self>> {
        Some(Sharing { kind: Kind::SymbolicLink, open: Self::open_in })
    }
}

impl SymbolicLink {
    /// A new one, in a place that processes share if there is one. What it leads to need not be there.
    ///
    /// # Errors
    /// `STATUS_NAME_TOO_LONG` for more than a place has room for.
    pub fn new_in(place: Option<Place>, target: &[u16]) -> NtResult<Arc<Self>> {
        if let Some(place) = &place
            && !place.text().set_target(target)
        {
            return Err(NTSTATUS::STATUS_NAME_TOO_LONG);
        }
        Ok(Arc::new(Self { target: target.to_vec(), _place: place }))
    }

    /// The one that another process has put into a place.
    pub(super) fn open_in(place: Place) -> NtResult<Arc<Self>> {
        Ok(Arc::new(Self { target: place.text().target(), _place: Some(place) }))
    }

    /// Where it leads.
    pub fn target(&self) -> &[u16] {
        &self.target
    }
}
