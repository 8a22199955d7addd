//! libloaderapi.h: modules and their resources.

mod modules;
mod resources;

pub(super) use modules::*;
pub(super) use resources::*;
