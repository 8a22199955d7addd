//! ntobapi.h: objects, handles and the object namespace. A header that Microsoft does not publish; the names are those of its symbols.

mod directory;
mod object;

pub(super) use directory::*;
pub(super) use object::*;
