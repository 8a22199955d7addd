//! Objects, and the handles by which a guest names them.
//!
//! An object is one Rust value behind an `Arc`. The handle table owns references to it, and so does whoever works on it, so that an
//! object lives until its last handle is closed and its last operation is done; then it is dropped, which is where a type cleans up.

pub mod access;
pub mod directory;
mod information;
mod namespace;
mod pseudo;
mod shared;
mod slot;
pub mod symbolic_link;
mod table;

use std::any::Any;
use std::sync::Arc;

use abi::NtResult;

pub use access::{Access, GenericMapping};
pub use directory::Directory;
pub use information::{TypeInformation, is_same};
pub use namespace::{Created, Listed, Name, Namespace};
pub use pseudo::Duplication;
pub use shared::Place;
pub(crate) use shared::{Record, Registry};
pub use symbolic_link::SymbolicLink;
pub use table::{HandleFlags, HandleInfo, HandleTable};

use crate::wait::Dispatcher;

/// Something a handle can stand for. What is asked at each use of a handle is in the guest's convention, so that an entry that calls nothing in
/// another one saves no vector registers.
pub trait Object: Any + Send + Sync {
    /// Its NT type.
    extern "win64" fn kind(&self) -> Kind;

    /// Its signal state, if threads can wait for it.
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        None
    }

    /// How processes share the named objects of this type, if they do; otherwise a name is known in one process only.
    fn sharing() -> Option<Sharing<Self>>
    where
        Self: Sized,
    {
        None
    }
}

/// How processes share the objects of a type.
pub struct Sharing<T> {
    /// The type.
    pub kind: Kind,
    /// Makes the object of what another process has left in its place.
    pub open: fn(Place) -> NtResult<Arc<T>>,
}

impl dyn Object {
    /// The object as its own type.
    #[inline]
    pub fn downcast_ref<T: Object>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// The object as its own type; the same object if it is of another type.
///
/// # Errors
/// The object, unchanged, when it is not a `T`.
pub fn downcast<T: Object>(object: Arc<dyn Object>) -> Result<Arc<T>, Arc<dyn Object>> {
    if object.downcast_ref::<T>().is_none() {
        return Err(object);
    }
    let any: Arc<dyn Any + Send + Sync> = object;
    // The type was just checked, so nothing is lost in the arm that cannot happen.
    any.downcast().map_err(|_| -> Arc<dyn Object> { unreachable!("the type was checked") })
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident)*) => {
        /// An NT object type.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Kind { $($(#[$meta])* $kind),* }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The type's name, as `NtQueryObject` gives it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind)),* }
            }
        }
    };
}
kinds! {
    /// A device: a name only, whose object is opened as a file.
    Device
    /// A directory of the object namespace.
    Directory
    /// An event.
    Event
    /// An open file, folder, pipe, console or device.
    File
    /// A completion port.
    IoCompletion
    /// A job.
    Job
    /// A registry key.
    Key
    /// A keyed event.
    KeyedEvent
    /// A mutex.
    Mutant
    /// A process.
    Process
    /// A section ("file mapping").
    Section
    /// A semaphore.
    Semaphore
    /// A symbolic link of the object namespace.
    SymbolicLink
    /// A thread.
    Thread
    /// A waitable timer.
    Timer
    /// An access token.
    Token
}
