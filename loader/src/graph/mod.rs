//! Loading a module with everything it imports, all or nothing.
//!
//! A graph starts with the modules that are loaded already and grows by those that are needed: each is mapped when first met,
//! then its imports are bound, which may meet more. Nothing is visible to the guest before all of it succeeded.

mod error;
mod provider;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::LoadError;
pub use provider::{DllName, DllRequest, Found, ImportSite, Loaded, NotFound, Provider, Resolved};

use crate::apiset;
use crate::image::{Forwarder, Image, ImageError, MAX_IMPORTS, Symbol};
use crate::map::{MapError, NewMapping};
use crate::module::{Body, FileIdentity, Module, Resolution, image_export};
use crate::search::LoadFlags;
use crate::synthetic::SyntheticModule;
use crate::tls::{TlsIndexes, TlsTemplate};

/// The most modules of a process.
const MAX_MODULES: usize = 4096;
/// The most DLLs a forwarder may lead through.
const MAX_FORWARDS: usize = 64;

/// A DLL's file name as it is compared: lower case, with its suffix.
pub fn normalise(name: &str) -> String {
    let lower = name.to_lowercase();
    // Microsoft's documentation of LoadLibrary: `.dll` is appended where there is no suffix; a trailing dot prevents it.
    let full = match lower.strip_suffix('.') {
        Some(bare) => bare.to_owned(),
        None if lower.contains('.') => lower,
        None => lower + ".dll",
    };
    match apiset::host(&full) {
        Some(host) => host.to_owned(),
        None => full,
    }
}

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

    /// Binds the imports of all new modules, which may add more modules.
    pub(crate) fn bind(&mut self) -> Result<(), LoadError> {
        while let Some(node) = self.nodes.get(self.unbound) {
            let index = self.unbound;
            self.unbound += 1;
            if let NodeState::Guest(mapping) = &node.state {
                let (image, name) = (mapping.image().clone(), node.name.clone());
                self.bind_node(index, &image, &name)?;
            }
        }
        Ok(())
    }

    fn bind_node(&mut self, importer: usize, image: &Image, name: &str) -> Result<(), LoadError> {
        let bad = |error: ImageError| LoadError::Image { module: name.to_owned(), error };
        // What is not a DLL is never initialised as one, and Windows binds nothing in it.
        let is_program = self.program == Some(importer);
        if !(is_program || image.is_dll()) || self.flags.contains(LoadFlags::DONT_RESOLVE_DLL_REFERENCES) {
            return Ok(());
        }
        let mut left = MAX_IMPORTS;
        for descriptor in image.imports() {
            let descriptor = descriptor.map_err(bad)?;
            let dll = self.add(DllName::Base(&descriptor.dll), Some(name))?;
            self.depend(importer, dll);
            for import in descriptor.entries() {
                let import = import.map_err(bad)?;
                left -= 1;
                if left == 0 {
                    return Err(bad(ImageError::invalid("it imports more symbols than any DLLs export")));
                }
                let address = self.resolve(importer, dll, import.symbol, import.hint)?;
                if let Some(Node { state: NodeState::Guest(mapping), .. }) = self.nodes.get_mut(importer) {
                    let written = mapping.write(import.slot, &address.to_le_bytes());
                    written.map_err(|error| LoadError::Map { module: name.to_owned(), error })?;
                }
            }
        }
        Ok(())
    }

    fn depend(&mut self, user: usize, used: usize) {
        if let Some(node) = self.nodes.get_mut(user)
            && user != used
            && !node.dependencies.contains(&used)
        {
            node.dependencies.push(used);
        }
    }

    /// The address of an import, forwarders followed.
    fn resolve(&mut self, importer: usize, dll: usize, symbol: Symbol<'_>, hint: u16) -> Result<u64, LoadError> {
        let target = match self.import_of(dll, symbol, hint) {
            Some(Resolution::Address(address)) => return Ok(address),
            Some(Resolution::Forward(target)) => target.to_vec(),
            None => return self.missing(importer, dll, symbol),
        };
        let (holder, name) = self.follow(dll, &target)?;
        self.depend(importer, holder);
        let symbol = symbol_of(&name);
        match self.import_of(holder, symbol, 0) {
            Some(Resolution::Address(address)) => Ok(address),
            _ => self.missing(importer, holder, symbol),
        }
    }

    /// Follows a forwarder of `dll` to the module and symbol it ends at, loading modules on the way.
    pub(crate) fn follow(&mut self, dll: usize, target: &[u8]) -> Result<(usize, OwnedSymbol), LoadError> {
        let (mut holder, mut target) = (dll, target.to_vec());
        for _ in 0..MAX_FORWARDS {
            let from = self.name(holder).to_owned();
            let parsed = Forwarder::parse(&target);
            let Some(Forwarder { dll, symbol }) = parsed else {
                return Err(LoadError::BadForwarder {
                    dll: from,
                    target: String::from_utf8_lossy(&target).into_owned(),
                });
            };
            // The name before the dot has no suffix, though it may have dots.
            let file = if dll.to_lowercase().ends_with(".dll") { dll.to_owned() } else { format!("{dll}.dll") };
            let next = self.add(DllName::Base(&file), Some(&from))?;
            self.depend(holder, next);
            holder = next;
            match self.import_of(holder, symbol, 0) {
                Some(Resolution::Forward(next)) => target = next.to_vec(),
                _ => return Ok((holder, OwnedSymbol::from(symbol))),
            }
        }
        let symbol = String::from_utf8_lossy(&target).into_owned();
        Err(LoadError::ForwarderCycle { dll: self.name(dll).to_owned(), symbol })
    }

    fn import_of(&self, node: usize, symbol: Symbol<'_>, hint: u16) -> Option<Resolution<'_>> {
        match &self.nodes.get(node)?.state {
            NodeState::Loaded { module, .. } => module.import(symbol, hint),
            NodeState::Guest(mapping) => image_export(mapping.image(), mapping.base(), symbol, hint),
            NodeState::Shim(shim) => shim.import(symbol).map(Resolution::from),
        }
    }

    /// What a run-time request for an export of `node` finds there: never straight to a shim's function.
    pub(crate) fn export_of(&self, node: usize, symbol: Symbol<'_>) -> Option<u64> {
        let found = match &self.nodes.get(node)?.state {
            NodeState::Loaded { module, .. } => module.export(symbol),
            NodeState::Guest(mapping) => image_export(mapping.image(), mapping.base(), symbol, 0),
            NodeState::Shim(shim) => shim.find(symbol).map(Resolution::from),
        };
        match found? {
            Resolution::Address(address) => Some(address),
            Resolution::Forward(_) => None,
        }
    }

    /// A shim DLL's missing export is the provider's to replace; one of a guest DLL makes loading fail, as on Windows.
    fn missing(&self, importer: usize, dll: usize, symbol: Symbol<'_>) -> Result<u64, LoadError> {
        let is_shim = match self.nodes.get(dll).map(|node| &node.state) {
            Some(NodeState::Loaded { module, .. }) => module.shim().is_some(),
            Some(NodeState::Shim(_)) => true,
            _ => false,
        };
        let (importer, dll) = (self.name(importer), self.name(dll));
        let site = ImportSite { importer, dll, symbol };
        is_shim.then(|| self.provider.missing_import(&site)).flatten().ok_or_else(|| LoadError::SymbolNotFound {
            dll: dll.to_owned(),
            symbol: symbol.to_string(),
            importer: Some(importer.to_owned()),
        })
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

    /// The new nodes, each after those it uses; in a circle the one met first comes last, as on Windows.
    fn initialisation_order(&self, root: Option<usize>) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        // Shim DLLs have nothing to initialise and everything relies on them. What only a forwarder uses comes last.
        let is_shim = |&node: &usize| self.nodes.get(node).is_some_and(|node| matches!(node.state, NodeState::Shim(_)));
        let shims = (self.existing..self.nodes.len()).filter(is_shim);
        for start in shims.chain(root).chain(self.existing..self.nodes.len()) {
            let mut path = vec![(start, 0)];
            while let Some((node, next)) = path.last_mut() {
                let (node, edge) = (*node, *next);
                if edge == 0 && std::mem::replace(&mut seen[node], true) {
                    path.pop();
                    continue;
                }
                *next += 1;
                match self.nodes.get(node).and_then(|node| node.dependencies.get(edge)) {
                    Some(&used) if !seen[used] => path.push((used, 0)),
                    Some(_) => {}
                    None => {
                        order.push(node);
                        path.pop();
                    }
                }
            }
        }
        order.retain(|&node| node >= self.existing);
        order
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

/// A symbol that outlives the image it was read from.
#[derive(Debug, Clone)]
pub(crate) enum OwnedSymbol {
    Name(Vec<u8>),
    Ordinal(u16),
}

impl From<Symbol<'_>> for OwnedSymbol {
    fn from(symbol: Symbol<'_>) -> Self {
        match symbol {
            Symbol::Name(name) => Self::Name(name.to_vec()),
            Symbol::Ordinal(ordinal) => Self::Ordinal(ordinal),
        }
    }
}

pub(crate) fn symbol_of(symbol: &OwnedSymbol) -> Symbol<'_> {
    match symbol {
        OwnedSymbol::Name(name) => Symbol::Name(name),
        OwnedSymbol::Ordinal(ordinal) => Symbol::Ordinal(*ordinal),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The path with `.dll` where its file name has no suffix, and without a trailing dot.
fn with_suffix(path: &Path) -> PathBuf {
    let name = file_name(path);
    match name.strip_suffix('.') {
        Some(bare) => path.with_file_name(bare),
        None if name.contains('.') => path.to_owned(),
        None => path.with_file_name(name + ".dll"),
    }
}

pub(crate) fn identity(path: &Path) -> Option<FileIdentity> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
