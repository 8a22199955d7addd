//! libloaderapi.h: modules and their resources.

mod directories;
mod modules;
mod resources;

pub(super) use directories::*;
pub(super) use modules::*;
pub(super) use resources::*;
