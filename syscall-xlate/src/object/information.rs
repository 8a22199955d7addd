//! What is known of any object (`NtQueryObject`).

use std::sync::Arc;

use abi::{HANDLE, NtResult};

use super::access::SYNCHRONIZE;
use super::directory::SEPARATOR;
use super::{Access, GenericMapping, HandleTable, Kind, Name, Object, SymbolicLink, directory, symbolic_link};
use crate::file::{self, File, Medium};
use crate::registry::{self, Key};
use crate::security::token;
use crate::sync::{completion, event, keyed_event, mutant, process, semaphore, thread, timer};
use crate::{Cx, section};

/// A type of objects, and what there is of it in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeInformation {
    /// The type.
    pub kind: Kind,
    /// Objects that handles stand for.
    pub objects: u32,
    /// Handles to them.
    pub handles: u32,
}

impl Kind {
    /// What generic rights mean for objects of this type.
    pub const fn mapping(self) -> GenericMapping {
        match self {
            Self::Device | Self::File => file::FILE_MAPPING,
            Self::Directory => directory::MAPPING,
            Self::Event => event::MAPPING,
            Self::IoCompletion => completion::MAPPING,
            // "Job Object Security and Access Rights"
            Self::Job => {
                GenericMapping { read: 0x0002_0004, write: 0x0002_000b, execute: 0x0012_0000, all: 0x001f_003f }
            }
            Self::Key => registry::MAPPING,
            Self::KeyedEvent => keyed_event::MAPPING,
            Self::Mutant => mutant::MAPPING,
            Self::Process => process::MAPPING,
            Self::Section => section::MAPPING,
            Self::Semaphore => semaphore::MAPPING,
            Self::SymbolicLink => symbolic_link::MAPPING,
            Self::Thread => thread::MAPPING,
            Self::Timer => timer::MAPPING,
            Self::Token => token::MAPPING,
        }
    }

    /// The rights that a handle to one can carry.
    pub const fn valid_access(self) -> Access {
        match self {
            Self::Directory | Self::SymbolicLink => self.mapping().all,
            _ => self.mapping().all | SYNCHRONIZE,
        }
    }
}

impl HandleTable {
    /// How many handles stand for an object.
    pub fn count_of(&self, object: &Arc<dyn Object>) -> u32 {
        let mut count = 0;
        self.each(|other| count += u32::from(is_same(object, other)));
        count
    }

    /// What there is of a type.
    pub fn type_information(&self, kind: Kind) -> TypeInformation {
        let mut addresses = Vec::new();
        self.each(|object| {
            if object.kind() == kind {
                addresses.push(Arc::as_ptr(object).cast::<()>().addr());
            }
        });
        let handles = addresses.len() as u32;
        addresses.sort_unstable();
        addresses.dedup();
        TypeInformation { kind, objects: addresses.len() as u32, handles }
    }
}

/// Whether two references lead to one object.
pub fn is_same(one: &Arc<dyn Object>, other: &Arc<dyn Object>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}

impl Cx<'_> {
    /// The path of a handle's object in the namespace; `None` for one that has no name.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`.
    pub fn object_path(&self, handle: HANDLE) -> NtResult<Option<Vec<u16>>> {
        let object = self.object(handle, 0)?;
        if let Some(file) = object.downcast_ref::<File>() {
            return Ok(self.file_path(file));
        }
        if let Some(key) = object.downcast_ref::<Key>() {
            return Ok(Some(key.path().to_vec()));
        }
        Ok(self.process.names.path_of(&object))
    }

    /// The path of a file, behind its device's.
    fn file_path(&self, file: &File) -> Option<Vec<u16>> {
        let device = match file.medium() {
            Medium::Pipe => r"\Device\NamedPipe",
            Medium::Console(..) => r"\Device\ConDrv",
            Medium::Character => r"\Device\Null",
            Medium::Disk | Medium::Directory | Medium::Volume => {
                let path = self.process.files.drives.to_dos(&file.host_path()?);
                let (drive, rest) = path.split_at_checked(2)?;
                let link = [r"\??\".encode_utf16().collect::<Vec<_>>().as_slice(), drive].concat();
                let link = self.process.names.open::<SymbolicLink>(&Name::nt(None, link, true).ok()?).ok()?;
                let rest = if matches!(file.medium(), Medium::Volume) { &[] } else { rest };
                debug_assert!(rest.first().is_none_or(|&unit| unit == SEPARATOR), "a full path");
                return Some([link.target(), rest].concat());
            }
        };
        Some(device.encode_utf16().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::HandleFlags;
    use crate::sync::Event;

    #[test]
    fn handles_and_objects_are_counted() {
        let table = HandleTable::default();
        let event = Event::new(true, false);
        for _ in 0..3 {
            table.insert(event.clone(), 0, HandleFlags::empty()).unwrap();
        }
        let other = table.insert(Event::new(true, false), 0, HandleFlags::empty()).unwrap();
        let event: Arc<dyn Object> = event;
        assert_eq!(table.count_of(&event), 3);
        let expected = TypeInformation { kind: Kind::Event, objects: 2, handles: 4 };
        assert_eq!(table.type_information(Kind::Event), expected);
        assert_eq!(table.type_information(Kind::Mutant).handles, 0);
        table.close(other).unwrap();
        assert_eq!(table.type_information(Kind::Event).objects, 1);
    }

    #[test]
    fn all_that_generic_rights_mean_is_valid() {
        for &kind in Kind::ALL {
            let (mapping, valid) = (kind.mapping(), kind.valid_access());
            let meant = mapping.read | mapping.write | mapping.execute | mapping.all;
            assert_eq!(meant & !valid, 0, "{kind:?}");
        }
    }
}
