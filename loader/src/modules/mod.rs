//! The list of loaded modules, and loading, finding and unloading at run time.
//!
//! Two locks, taken in this order: `loading` serialises changes and is held while the provider is asked; `state` guards the list
//! and is held only to read or write it. Neither is held when a function here returns, so an entry point that the caller runs
//! may load and unload further modules. That no two threads run entry points at once is the caller's to see to, as it is part of
//! what the guest can observe (the loader lock).

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::graph::{
    DllName, Existing, Found, Graph, LoadError, Loaded, OwnedSymbol, Provider, identity, normalise, symbol_of,
};
use crate::image::{Image, Symbol};
use crate::module::{Module, Resolution};
use crate::search::LoadFlags;
use crate::tls::TlsIndexes;

/// The modules of the process.
#[derive(Debug, Default)]
pub struct ModuleList {
    loading: Mutex<Loading>,
    state: RwLock<State>,
}

/// What only loading changes.
#[derive(Debug, Default)]
struct Loading {
    next_key: u64,
    tls: TlsIndexes,
}

#[derive(Debug, Default)]
struct State {
    /// In load order; the program is the first.
    entries: Vec<Entry>,
    /// Keys in initialisation order.
    initialisation: Vec<u64>,
    program: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    module: Arc<Module>,
    /// How often it was asked for by name and not released.
    references: u32,
    /// Stays until the process ends: the program and whatever asked for that.
    pinned: bool,
    /// Its entry point is being told to detach.
    unloading: bool,
    /// Keys of the modules it uses.
    dependencies: Vec<u64>,
}

impl State {
    fn entry(&self, key: u64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.module.key == key)
    }

    fn entry_mut(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.module.key == key)
    }

    /// The modules that neither a reference nor a pin keeps, in the order they are to detach.
    fn unused(&self) -> Vec<Arc<Module>> {
        let roots = self.entries.iter().filter(|entry| entry.pinned || entry.references > 0);
        let mut reached: Vec<u64> = roots.map(|entry| entry.module.key).collect();
        let mut next = 0;
        while let Some(&key) = reached.get(next) {
            next += 1;
            for &used in self.entry(key).map_or(&[][..], |entry| &entry.dependencies) {
                if !reached.contains(&used) {
                    reached.push(used);
                }
            }
        }
        let unused = |key: &&u64| !reached.contains(key);
        let entries = self.initialisation.iter().rev().filter(unused).filter_map(|&key| self.entry(key));
        entries.filter(|entry| !entry.unloading).map(|entry| entry.module.clone()).collect()
    }
}

impl ModuleList {
    pub fn new() -> Self {
        Self::default()
    }

    fn loading(&self) -> MutexGuard<'_, Loading> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads a program, then the DLLs `required` of every process such as `ntdll.dll`, then what it imports. The program, and so
    /// everything it uses, stays loaded. [`Loaded::new`] ends with the program, whose entry point is no `DllMain`.
    pub fn load_program(&self, provider: &dyn Provider, image: Image, required: &[&str]) -> Result<Loaded, LoadError> {
        let mut loading = self.loading();
        let mut graph = self.graph(provider, LoadFlags::empty(), None);
        let program = graph.add_program(image)?;
        let mut pinned = vec![program];
        for name in required {
            pinned.push(graph.add(DllName::Base(name), None)?);
        }
        graph.bind()?;
        let (modules, new) = self.publish(graph, Some(program), &mut loading)?;
        let module = modules.get(program).cloned().ok_or(LoadError::NotLoaded)?;
        let mut state = self.write();
        state.program = Some(module.key);
        for key in pinned.iter().filter_map(|&index| modules.get(index)).map(|module| module.key) {
            if let Some(entry) = state.entry_mut(key) {
                entry.pinned = true;
            }
        }
        Ok(Loaded { module, new })
    }

    /// `LoadLibraryEx`: loads a DLL, or finds it loaded, and counts a reference to it. A base name needs no normalising. The
    /// caller initialises [`Loaded::new`] and, should that fail, releases the module again.
    pub fn load(&self, provider: &dyn Provider, name: DllName<'_>, flags: LoadFlags) -> Result<Loaded, LoadError> {
        let mut loading = self.loading();
        let root = match name {
            DllName::Path(path) => Some(path),
            DllName::Base(_) => None,
        };
        let mut graph = self.graph(provider, flags, root);
        let index = graph.add(name, None)?;
        graph.bind()?;
        self.publish_referenced(graph, index, &mut loading)
    }

    /// As [`ModuleList::load`], for a DLL whose image is at hand, in memory or opened before.
    pub fn load_image(&self, provider: &dyn Provider, image: Image) -> Result<Loaded, LoadError> {
        let mut loading = self.loading();
        let mut graph = self.graph(provider, LoadFlags::empty(), None);
        let index = graph.add_dll(image)?;
        graph.bind()?;
        self.publish_referenced(graph, index, &mut loading)
    }

    /// Publishes a graph and counts a reference to the module that it is about.
    fn publish_referenced(&self, graph: Graph<'_>, index: usize, loading: &mut Loading) -> Result<Loaded, LoadError> {
        let (modules, new) = self.publish(graph, Some(index), loading)?;
        let module = modules.get(index).cloned().ok_or(LoadError::NotLoaded)?;
        if let Some(entry) = self.write().entry_mut(module.key) {
            entry.references = entry.references.saturating_add(1);
        }
        Ok(Loaded { module, new })
    }

    /// `GetProcAddress`: the address of an export, forwarders followed, which may load modules.
    pub fn symbol(&self, provider: &dyn Provider, module: &Module, symbol: Symbol<'_>) -> Result<Found, LoadError> {
        let not_found = |dll: &str, symbol: Symbol<'_>| LoadError::SymbolNotFound {
            dll: dll.to_owned(),
            symbol: symbol.to_string(),
            importer: None,
        };
        let target = match module.export(symbol) {
            Some(Resolution::Address(address)) => return Ok(Found { address, new: Vec::new() }),
            Some(Resolution::Forward(target)) => target,
            None => return Err(not_found(&module.name, symbol)),
        };
        let mut loading = self.loading();
        let mut graph = self.graph(provider, LoadFlags::empty(), None);
        let start =
            self.read().entries.iter().position(|entry| entry.module.key == module.key).ok_or(LoadError::NotLoaded)?;
        let (holder, name): (usize, OwnedSymbol) = graph.follow(start, target)?;
        let symbol = symbol_of(&name);
        let address = graph.export_of(holder, symbol).ok_or_else(|| not_found(graph.name(holder), symbol))?;
        graph.bind()?;
        let (_, new) = self.publish(graph, Some(holder), &mut loading)?;
        Ok(Found { address, new })
    }

    fn graph<'a>(&self, provider: &'a dyn Provider, flags: LoadFlags, root: Option<&'a Path>) -> Graph<'a> {
        let state = self.read();
        let existing =
            state.entries.iter().map(|entry| Existing { module: entry.module.clone(), unloading: entry.unloading });
        Graph::new(provider, existing, flags, root)
    }

    /// Adds a bound graph to the list. Returns all modules, by index in the graph, and the new ones in initialisation order.
    #[expect(clippy::type_complexity, reason = "two lists of modules, named in the doc comment")]
    fn publish(
        &self,
        graph: Graph<'_>,
        root: Option<usize>,
        loading: &mut Loading,
    ) -> Result<(Vec<Arc<Module>>, Vec<Arc<Module>>), LoadError> {
        let mut tls = loading.tls.clone();
        let finished = graph.finish(root, &mut tls, loading.next_key)?;
        loading.tls = tls;
        loading.next_key += finished.modules.len() as u64;
        let mut state = self.write();
        state.entries.extend(finished.modules.iter().map(|module| Entry {
            module: module.clone(),
            references: 0,
            pinned: false,
            unloading: false,
            dependencies: Vec::new(),
        }));
        let modules: Vec<_> = state.entries.iter().map(|entry| entry.module.clone()).collect();
        for (user, used) in finished.dependencies {
            let keys = used.iter().filter_map(|&index| modules.get(index)).map(|module| module.key);
            if let Some(entry) = state.entries.get_mut(user) {
                entry.dependencies.extend(keys);
            }
        }
        state.initialisation.extend(finished.order.iter().map(|module| module.key));
        Ok((modules, finished.order))
    }

    /// Counts one more reference to a module (`GetModuleHandleEx`).
    pub fn add_reference(&self, module: &Module) -> Result<(), LoadError> {
        let _loading = self.loading();
        let mut state = self.write();
        let entry = state.entry_mut(module.key).filter(|entry| !entry.unloading).ok_or(LoadError::NotLoaded)?;
        entry.references = entry.references.saturating_add(1);
        Ok(())
    }

    /// Keeps a module until the process ends (`GET_MODULE_HANDLE_EX_FLAG_PIN`).
    pub fn pin(&self, module: &Module) -> Result<(), LoadError> {
        let _loading = self.loading();
        let mut state = self.write();
        state.entry_mut(module.key).filter(|entry| !entry.unloading).ok_or(LoadError::NotLoaded)?.pinned = true;
        Ok(())
    }

    /// `FreeLibrary`: gives up one reference. Returns the modules that nothing uses any more, in the order in which they are to
    /// be told to detach; they stay in the list, and cannot be loaded, until [`ModuleList::remove`].
    pub fn release(&self, module: &Module) -> Result<Vec<Arc<Module>>, LoadError> {
        let _loading = self.loading();
        let mut state = self.write();
        let entry = state.entry_mut(module.key).filter(|entry| !entry.unloading).ok_or(LoadError::NotLoaded)?;
        entry.references = entry.references.saturating_sub(1);
        if entry.pinned || entry.references > 0 {
            return Ok(Vec::new());
        }
        let unused = state.unused();
        for module in &unused {
            if let Some(entry) = state.entry_mut(module.key) {
                entry.unloading = true;
            }
        }
        Ok(unused)
    }

    /// Takes modules that have detached out of the list. Their memory goes with the last `Arc`.
    pub fn remove(&self, modules: &[Arc<Module>]) {
        let mut loading = self.loading();
        let mut state = self.write();
        let keys: Vec<u64> = modules.iter().map(|module| module.key).collect();
        let (gone, kept) = std::mem::take(&mut state.entries)
            .into_iter()
            .partition(|entry: &Entry| entry.unloading && keys.contains(&entry.module.key));
        state.entries = kept;
        for entry in gone {
            if let Some(tls) = &entry.module.tls {
                loading.tls.give_back(tls.index);
            }
            state.initialisation.retain(|&key| key != entry.module.key);
            for other in &mut state.entries {
                other.dependencies.retain(|&key| key != entry.module.key);
            }
        }
    }

    /// The program.
    pub fn program(&self) -> Option<Arc<Module>> {
        let state = self.read();
        state.entry(state.program?).map(|entry| entry.module.clone())
    }

    /// All modules in load order.
    pub fn modules(&self) -> Vec<Arc<Module>> {
        self.read().entries.iter().map(|entry| entry.module.clone()).collect()
    }

    /// All modules in initialisation order: attach in this one, detach in reverse.
    pub fn initialisation_order(&self) -> Vec<Arc<Module>> {
        let state = self.read();
        let modules = state.initialisation.iter().filter_map(|&key| state.entry(key));
        modules.map(|entry| entry.module.clone()).collect()
    }

    /// The module whose first byte is at `base`, that is: with this `HMODULE`.
    pub fn by_base(&self, base: u64) -> Option<Arc<Module>> {
        self.find(|module| module.base() == base)
    }

    /// The module that an address is in.
    pub fn by_address(&self, address: u64) -> Option<Arc<Module>> {
        self.find(|module| module.contains(address))
    }

    /// The module of a file name: case, a missing `.dll` and api-set names are seen to.
    pub fn by_name(&self, name: &str) -> Option<Arc<Module>> {
        let key = normalise(name);
        self.find(|module| module.name.to_lowercase() == key)
    }

    /// The module that was loaded from the file at a host path.
    pub fn by_host_path(&self, path: &Path) -> Option<Arc<Module>> {
        let identity = identity(path)?;
        self.find(|module| module.identity == Some(identity))
    }

    /// The module of a full guest name, case ignored.
    pub fn by_guest_path(&self, path: &str) -> Option<Arc<Module>> {
        let path = path.to_lowercase();
        self.find(|module| module.guest_path.to_lowercase() == path)
    }

    fn find(&self, matches: impl Fn(&Module) -> bool) -> Option<Arc<Module>> {
        self.read().entries.iter().map(|entry| &entry.module).find(|module| matches(module)).cloned()
    }
}
