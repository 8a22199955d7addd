//! Loading a module with everything it imports, all or nothing.
//!
//! A graph starts with the modules that are loaded already and grows by those that are needed: each is mapped when first met,
//! then its imports are bound, which may meet more. Nothing is visible to the guest before all of it succeeded.

mod bind;
mod error;
mod names;
mod order;
mod provider;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use bind::{OwnedSymbol, symbol_of};
pub use error::LoadError;
pub(crate) use names::identity;
pub use names::normalise;
use names::{file_name, with_suffix};
pub use provider::{DllName, DllRequest, Found, ImportSite, Loaded, NotFound, Provider, Resolved};

use crate::image::Image;
use crate::map::{MapError, NewMapping};
use crate::module::{Body, FileIdentity, Module};
use crate::search::LoadFlags;
use crate::synthetic::SyntheticModule;
use crate::tls::{TlsIndexes, TlsTemplate};

/// The most modules of a process.
const MAX_MODULES: usize = 4096;

/// A module of the graph.
struct Node {
    /// File name as compared.
    key: String,
    name: String,
    host_path: Option<PathBuf>,
    identity: Option<FileIdentity>,
    guest_path: String,
    state: NodeState,
    /// Indices of the nodes whose exports it uses.
    dependencies: Vec<usize>,
}

enum NodeState {
    Loaded { module: Arc<Module>, unloading: bool },
    Guest(NewMapping),
    Shim(SyntheticModule),
}

/// A loaded module as the graph starts with it.
pub(crate) struct Existing {
    pub(crate) module: Arc<Module>,
    pub(crate) unloading: bool,
}

/// What a finished graph adds to the module list. Indices count the existing modules first, then [`Finished::modules`].
pub(crate) struct Finished {
    /// New modules, in the order they were mapped.
    pub(crate) modules: Vec<Arc<Module>>,
    /// New edges from a module to those it uses.
    pub(crate) dependencies: Vec<(usize, Vec<usize>)>,
    /// The new modules, dependencies first.
    pub(crate) order: Vec<Arc<Module>>,
}

/// The loaded modules and those that are being added.
pub(crate) struct Graph<'a> {
    provider: &'a dyn Provider,
    flags: LoadFlags,
    root: Option<&'a Path>,
    nodes: Vec<Node>,
    existing: usize,
    program: Option<usize>,
    /// The first node whose imports are not bound yet.
    unbound: usize,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(
        provider: &'a dyn Provider,
        existing: impl Iterator<Item = Existing>,
        flags: LoadFlags,
        root: Option<&'a Path>,
    ) -> Self {
        let nodes: Vec<Node> = existing
            .map(|Existing { module, unloading }| Node {
                key: module.name.to_lowercase(),
                name: module.name.clone(),
                host_path: None,
                identity: module.identity,
                guest_path: String::new(),
                state: NodeState::Loaded { module, unloading },
                dependencies: Vec::new(),
            })
            .collect();
        Self { provider, flags, root, existing: nodes.len(), program: None, unbound: nodes.len(), nodes }
    }

    /// Adds the program itself.
    pub(crate) fn add_program(&mut self, image: Image) -> Result<usize, LoadError> {
        let name = file_name(image.path().unwrap_or(Path::new("program.exe")));
        image.check_program().map_err(|error| LoadError::Image { module: name, error })?;
        let path = image.path().unwrap_or(Path::new("program.exe")).to_owned();
        let program = self.add_image(path, image)?;
        self.program = Some(program);
        Ok(program)
    }

    /// Adds a DLL whose image is at hand, unless its file is loaded already.
    pub(crate) fn add_dll(&mut self, image: Image) -> Result<usize, LoadError> {
        let loaded = match image.path().and_then(identity) {
            Some(identity) => self.find(|node| node.identity == Some(identity))?,
            None => None,
        };
        match loaded {
            Some(node) => Ok(node),
            None => self.add_image(image.path().unwrap_or(Path::new("memory.dll")).to_owned(), image),
        }
    }

    /// The module that `name` means, loaded if need be.
    pub(crate) fn add(&mut self, name: DllName<'_>, importer: Option<&str>) -> Result<usize, LoadError> {
        let (key, path);
        let name = match name {
            DllName::Base(name) => {
                key = normalise(name);
                if let Some(node) = self.find(|node| node.key == key)? {
                    return Ok(node);
                }
                DllName::Base(&key)
            }
            DllName::Path(given) => {
                path = with_suffix(given);
                DllName::Path(&path)
            }
        };
        let request = DllRequest { name, flags: self.flags, importer, root: self.root };
        match self.provider.resolve(&request) {
            Ok(resolved) => self.add_resolved(resolved),
            Err(NotFound { searched }) => {
                let dll = match name {
                    DllName::Base(name) => name.to_owned(),
                    DllName::Path(path) => path.display().to_string(),
                };
                Err(LoadError::DllNotFound { dll, importer: importer.map(str::to_owned), searched })
            }
        }
    }

    fn add_resolved(&mut self, resolved: Resolved) -> Result<usize, LoadError> {
        match &resolved {
            Resolved::Shim(name) => {
                let key = name.to_lowercase();
                if let Some(node) = self.find(|node| node.key == key)? {
                    return Ok(node);
                }
                let dll = self.provider.shim(name);
                let module =
                    SyntheticModule::build(dll).map_err(|error| LoadError::Shim { dll: name.clone(), error })?;
                let (name, guest_path) = (module.name().to_owned(), self.provider.guest_path(&resolved));
                let state = NodeState::Shim(module);
                self.push(Node {
                    key,
                    name,
                    host_path: None,
                    identity: None,
                    guest_path,
                    state,
                    dependencies: Vec::new(),
                })
            }
            Resolved::File(path) => {
                if let Some(identity) = identity(path)
                    && let Some(node) = self.find(|node| node.identity == Some(identity))?
                {
                    return Ok(node);
                }
                let image = Image::open(path).map_err(|error| LoadError::Image { module: file_name(path), error })?;
                self.add_image(path.clone(), image)
            }
        }
    }

    fn add_image(&mut self, path: PathBuf, image: Image) -> Result<usize, LoadError> {
        let name = file_name(&path);
        let image = Arc::new(image);
        let mapping = NewMapping::new(image.clone()).map_err(|error| LoadError::Map { module: name.clone(), error })?;
        let guest_path = self.provider.guest_path(&Resolved::File(path.clone()));
        self.push(Node {
            key: name.to_lowercase(),
            name,
            identity: identity(&path),
            host_path: Some(path),
            guest_path,
            state: NodeState::Guest(mapping),
            dependencies: Vec::new(),
        })
    }

    fn push(&mut self, node: Node) -> Result<usize, LoadError> {
        if self.nodes.len() >= MAX_MODULES {
            return Err(LoadError::TooManyModules);
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn find(&self, matches: impl Fn(&Node) -> bool) -> Result<Option<usize>, LoadError> {
        let Some(index) = self.nodes.iter().position(matches) else { return Ok(None) };
        match self.nodes.get(index) {
            Some(Node { state: NodeState::Loaded { unloading: true, .. }, name, .. }) => {
                Err(LoadError::Unloading { module: name.clone() })
            }
            _ => Ok(Some(index)),
        }
    }

    pub(crate) fn name(&self, node: usize) -> &str {
        self.nodes.get(node).map_or("", |node| &node.name)
    }

    /// Assigns TLS indices, protects the images and hands over the modules, whose keys count from `next_key`.
    pub(crate) fn finish(
        self,
        root: Option<usize>,
        tls: &mut TlsIndexes,
        next_key: u64,
    ) -> Result<Finished, LoadError> {
        let order = self.initialisation_order(root);
        let existing = self.existing;
        let (mut modules, mut dependencies) = (Vec::new(), Vec::new());
        for (index, node) in self.nodes.into_iter().enumerate() {
            if !node.dependencies.is_empty() {
                dependencies.push((index, node.dependencies));
            }
            let name = node.name;
            let (body, template) = match node.state {
                NodeState::Loaded { .. } => continue,
                NodeState::Shim(shim) => (Body::Shim(shim), None),
                NodeState::Guest(mut mapping) => {
                    let template = assign_tls(&mut mapping, tls)
                        .map_err(|error| LoadError::Map { module: name.clone(), error })?;
                    let image = mapping.protect().map_err(|error| LoadError::Map { module: name.clone(), error })?;
                    (Body::Guest(image), template)
                }
            };
            modules.push(Arc::new(Module {
                key: next_key + (index - existing) as u64,
                name,
                host_path: node.host_path,
                identity: node.identity,
                guest_path: node.guest_path,
                tls: template,
                body,
            }));
        }
        let order = order.into_iter().filter_map(|index| modules.get(index.checked_sub(existing)?).cloned()).collect();
        Ok(Finished { modules, dependencies, order })
    }
}

/// Gives a module its TLS index and stores that where its code looks for it.
fn assign_tls(mapping: &mut NewMapping, indexes: &mut TlsIndexes) -> Result<Option<TlsTemplate>, MapError> {
    let Some(directory) = mapping.image().tls()? else { return Ok(None) };
    let index = indexes.take();
    if let Some(rva) = directory.index {
        mapping.write(rva, &index.to_le_bytes())?;
    }
    let address = |rva: u32| mapping.base() + u64::from(rva);
    Ok(Some(TlsTemplate {
        index,
        template: address(directory.template),
        template_size: directory.template_size,
        zero_fill: directory.zero_fill,
        align: directory.align,
        callbacks: directory.callbacks.map(address),
    }))
}
