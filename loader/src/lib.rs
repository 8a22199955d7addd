//! PE images to mapped modules.
//!
//! From the file inwards: [`image`] parses and checks a PE file, [`map`] puts it into memory, [`synthetic`] builds the images
//! of the shim DLLs, [`graph`] loads a program with everything it imports, and [`modules`] is the list of what is loaded.
//! [`search`] and [`apiset`] decide which file a DLL name means, [`tls`] what of a module every thread has its own copy of.
//! [`symbols`] knows the names of code, for reports.
//!
//! Nothing here knows what an API does and nothing here runs guest code: initialisation orders, entry points and TLS callbacks
//! are handed up as data.

pub mod apiset;
pub mod graph;
pub mod image;

pub mod ldr;
pub mod map;
pub mod memory;

pub mod module;
pub mod modules;
pub mod resources;
pub mod search;
pub mod symbols;
pub mod synthetic;
#[doc(hidden)]
pub mod testing;
pub mod tls;
pub mod unwind;

mod bytes;

pub use image::{Image, ImageError};
pub use module::Module;
pub use modules::ModuleList;
