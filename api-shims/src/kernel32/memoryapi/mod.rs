//! memoryapi.h: the address space, sections and their views.

mod address_space;
mod section;

pub(crate) use address_space::MEMORY_BASIC_INFORMATION;
pub(super) use address_space::*;
pub(super) use section::*;
