//! fileapi.h: files, folders, volumes.

mod create;
mod find;
mod information;
mod path;
mod transfer;

pub(super) use create::*;
pub(super) use find::*;
pub(super) use information::*;
pub(super) use path::*;
pub(super) use transfer::*;
