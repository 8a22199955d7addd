//! For tests only: PE images built in memory, and a generator of damaged ones. Nothing outside tests refers to it, so it is not
//! in a release binary.

mod builder;
pub mod fuzz;
mod provider;
mod tables;

pub use builder::{Built, ImportBy, PeBuilder, TEXT_RVA};
pub use provider::{TestMemory, TestProvider};
