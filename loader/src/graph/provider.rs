//! What the loader asks of the layer above it.

use std::path::{Path, PathBuf};

use crate::image::Symbol;
use crate::module::Module;
use crate::search::LoadFlags;
use crate::synthetic::SyntheticDll;

/// Knows which DLLs there are. Called with the loader's lock held: an implementation must not call back into the module list,
/// nor run guest code.
pub trait Provider {
    /// Says what a DLL name means, by Microsoft's search order (see [`crate::search`]). Not asked for modules that are loaded
    /// already under the same file name.
    fn resolve(&self, request: &DllRequest<'_>) -> Result<Resolved, NotFound>;

    /// The table of a shim DLL that [`Provider::resolve`] named.
    fn shim(&self, name: &str) -> SyntheticDll;

    /// The full name under which the guest sees a module.
    fn guest_path(&self, resolved: &Resolved) -> String;

    /// The address to bind an import to that a shim DLL lacks, such as a thunk that stops the program; `None` makes it an error.
    fn missing_import(&self, site: &ImportSite<'_>) -> Option<u64>;
}

/// A DLL that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct DllRequest<'a> {
    pub name: DllName<'a>,
    /// How it and what it imports are to be looked for.
    pub flags: LoadFlags,
    /// File name of the module that imports it; `None` when the guest asks at run time.
    pub importer: Option<&'a str>,
    /// The file being loaded at run time, whose folder some search orders begin with.
    pub root: Option<&'a Path>,
}

/// How a DLL is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DllName<'a> {
    /// A file name without folders, normalised: lower case, with its suffix, api-set names replaced by their hosts.
    Base(&'a str),
    /// A host path.
    Path(&'a Path),
}

/// What a DLL name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// The shim DLL of this file name.
    Shim(String),
    /// A file with guest code.
    File(PathBuf),
}

/// Where a DLL was looked for in vain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotFound {
    pub searched: Vec<PathBuf>,
}

/// An import that its DLL does not have.
#[derive(Debug, Clone, Copy)]
pub struct ImportSite<'a> {
    /// File name of the module that imports.
    pub importer: &'a str,
    /// File name of the DLL that lacks it.
    pub dll: &'a str,
    pub symbol: Symbol<'a>,
}

/// A program or DLL that was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The module asked for.
    pub module: std::sync::Arc<Module>,
    /// Every module that came with it and is now to be initialised, in this order: dependencies first. Empty when all were
    /// loaded before.
    pub new: Vec<std::sync::Arc<Module>>,
}

/// The address of an export, found at run time.
#[derive(Debug, Clone)]
pub struct Found {
    pub address: u64,
    /// Modules that a forwarder made the loader load, to be initialised in this order.
    pub new: Vec<std::sync::Arc<Module>>,
}
