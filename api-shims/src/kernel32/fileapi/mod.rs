//! fileapi.h: files, folders, volumes.

mod create;
mod find;
mod information;
mod lock;
mod names;
mod overlapped;
mod path;
mod set_information;
mod times;
mod transfer;
mod volume;

pub(super) use create::*;
pub(super) use find::*;
pub(super) use information::*;
pub(super) use lock::*;
pub(super) use names::*;
pub(super) use overlapped::*;
pub(super) use path::*;
pub(super) use set_information::*;
pub(super) use times::*;
pub(super) use transfer::*;
pub(super) use volume::*;
