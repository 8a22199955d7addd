//! memoryapi.h: the address space, sections and their views.

mod address_space;
mod extended;
mod residency;
mod section;
mod write_watch;

pub(crate) use address_space::MEMORY_BASIC_INFORMATION;
pub(super) use address_space::*;
pub(crate) use extended::*;
pub(crate) use residency::*;
pub(crate) use section::*;
pub(super) use write_watch::*;
