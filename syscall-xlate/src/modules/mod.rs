//! The process's modules: which DLL a name means, what its exports are bound to, and telling modules of process and thread.
//!
//! The loader maps and binds; here guest code runs: TLS callbacks and `DllMain`, in the loader's order and under the loader lock.

mod arena;
mod guarded;
mod lock;
mod missing;
mod notify;
mod provider;
mod regions;
mod static_tls;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use abi::NTSTATUS;
use loader::graph::{DllName, LoadError};
use loader::image::Symbol;
use loader::ldr::LoaderData;
use loader::search::{LoadFlags, SearchPaths};
use loader::synthetic::ThunkPool;
use loader::{Image, Module, ModuleList};

use arena::Arena;
use guarded::Guarded;
pub(crate) use lock::LoaderLock;
use missing::MissingImport;
use provider::ShimProvider;
pub use provider::{SYSTEM_FOLDER, WINDOWS_FOLDER, shim_kind};
use regions::Regions;
pub(crate) use static_tls::StaticTls;

use crate::{Cx, Process, unwind};

/// The modules of a process.
pub struct Modules {
    list: ModuleList,
    thunks: ThunkPool,
    /// Imports bound to a thunk; the thunk's number is the index. A leaf lock.
    missing: Mutex<Vec<MissingImport>>,
    /// Held while modules are loaded, told of something, or unloaded. Taken before all other locks.
    lock: LoaderLock,
    /// The thread-local variables of every thread. Taken under the loader lock.
    threads: Mutex<Vec<Arc<StaticTls>>>,
    /// Where DLLs are looked for. A leaf lock.
    search: RwLock<SearchPaths>,
    /// The lists that the guest walks. Taken under the loader lock.
    loader_data: Mutex<Option<LoaderData>>,
    arena: Arena,
    regions: Regions,
    guarded: Guarded,
}

impl Default for Modules {
    fn default() -> Self {
        Self {
            list: ModuleList::new(),
            thunks: ThunkPool::new(missing::handler()),
            missing: Mutex::default(),
            lock: LoaderLock::default(),
            threads: Mutex::default(),
            search: RwLock::default(),
            loader_data: Mutex::default(),
            arena: Arena::default(),
            regions: Regions::default(),
            guarded: Guarded::default(),
        }
    }
}

/// DLLs that every process has.
const REQUIRED: &[&str] = &["ntdll.dll", "kernel32.dll"];

impl Process {
    /// Loads the program and what it imports. Nothing of the guest runs yet.
    ///
    /// # Errors
    /// Names the module, and what of it is missing or unusable.
    pub(crate) fn load_program(&self, image: Image) -> Result<Arc<Module>, LoadError> {
        self.change_search_paths(|paths| *paths = search_paths(image.path()));
        let loaded = self.modules.list.load_program(&ShimProvider(self), image, REQUIRED)?;
        self.show_modules();
        Ok(loaded.module)
    }

    /// Changes the folders in which DLLs are looked for.
    pub fn change_search_paths<R>(&self, change: impl FnOnce(&mut SearchPaths) -> R) -> R {
        change(&mut self.modules.search.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the guest's own lists say what is loaded.
    fn show_modules(&self) {
        let Modules { list, arena, loader_data, .. } = &self.modules;
        let mut data = loader_data.lock().unwrap_or_else(PoisonError::into_inner);
        if data.is_none() {
            *data = LoaderData::new(arena).ok();
        }
        self.modules.regions.update(self, &list.modules());
        unwind::forget();
        if let Some(data) = data.as_mut() {
            // The guest may have made its lists unwritable, which is its own loss.
            let _ = data.update(arena, list);
            self.set_peb_loader_data(data.address());
        }
        self.tell_debugger(&list.modules());
    }

    /// Takes an index of dynamic thread-local storage: its slot is zero in every thread. `None` when all are taken.
    pub fn take_tls_index(&self) -> Option<u32> {
        let index = self.tls_indexes.take()?;
        let threads = self.modules.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().for_each(|thread| thread.clear_dynamic(index));
        Some(index)
    }

    /// Gives an index of dynamic thread-local storage back; false when it was not taken.
    pub fn give_back_tls_index(&self, index: u32) -> bool {
        self.tls_indexes.give_back(index)
    }

    /// The program; `None` for a process without one.
    pub fn program(&self) -> Option<Arc<Module>> {
        self.modules.list.program()
    }

    /// The module of a file name, as `GetModuleHandle` finds it.
    pub fn module_named(&self, name: &str) -> Option<Arc<Module>> {
        self.modules.list.by_name(name)
    }

    /// The module of a full name, as the guest spells it.
    pub fn module_by_guest_path(&self, path: &str) -> Option<Arc<Module>> {
        self.modules.list.by_guest_path(path)
    }

    /// The module with this `HMODULE`; the program for 0.
    pub fn module_at(&self, handle: u64) -> Option<Arc<Module>> {
        // The low bits mark a module loaded as data (LoadLibraryEx).
        if handle == 0 { self.program() } else { self.modules.list.by_base(handle & !3) }
    }

    /// The module that an address is in.
    pub fn module_of(&self, address: u64) -> Option<Arc<Module>> {
        self.modules.list.by_address(address)
    }

    /// All modules, in load order.
    pub fn all_modules(&self) -> Vec<Arc<Module>> {
        self.modules.list.modules()
    }

    /// `module+0x1234`, for an address in a module.
    pub fn place_of(&self, address: u64) -> Option<String> {
        let module = self.module_of(address)?;
        match address - module.base() {
            0 => Some(module.name().to_owned()),
            offset => Some(format!("{}+{offset:#x}", module.name())),
        }
    }

    /// The variable that a shim DLL exports.
    pub fn dll_data(&self, dll: &str, name: &str) -> Option<u64> {
        let module = self.modules.list.by_name(dll)?;
        let shim = module.shim()?;
        shim.address(shim.index_of(Symbol::Name(name.as_bytes()))?)
    }
}

/// Where DLLs are looked for at the start of the program at `path`; the folders of `PATH` follow the guest's environment and are added when
/// they are needed.
pub fn search_paths(path: Option<&Path>) -> SearchPaths {
    let folder = path.and_then(|path| std::path::absolute(path).ok());
    SearchPaths {
        program: folder.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default(),
        current: std::env::current_dir().unwrap_or_default(),
        ..SearchPaths::default()
    }
}

/// What `LoadLibraryEx` is asked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A file name, looked for by the search order.
    Name(String),
    /// A file.
    File(PathBuf),
}

impl Cx<'_> {
    /// Loads a DLL, or finds it loaded, counts a reference to it, and initialises what came with it.
    ///
    /// # Errors
    /// `STATUS_DLL_NOT_FOUND`, `STATUS_ENTRYPOINT_NOT_FOUND`, `STATUS_ORDINAL_NOT_FOUND`, `STATUS_INVALID_IMAGE_FORMAT`,
    /// `STATUS_DLL_INIT_FAILED` when a `DllMain` refuses, or the code of what it raised.
    pub fn load_library(&self, wanted: &Wanted, flags: LoadFlags) -> Result<Arc<Module>, NTSTATUS> {
        let name = match wanted {
            Wanted::Name(name) => DllName::Base(name),
            Wanted::File(path) => DllName::Path(path),
        };
        let modules = &self.process.modules;
        modules.lock.acquire(self.thread.id());
        let loaded = modules.list.load(&ShimProvider(self.process), name, flags);
        let result = match loaded {
            Ok(loaded) => match self.attach_new(&loaded.new) {
                Ok(()) => Ok(loaded.module),
                Err(status) => {
                    let _ = modules.list.release(&loaded.module).map(|unused| modules.list.remove(&unused));
                    self.process.show_modules();
                    Err(status)
                }
            },
            Err(error) => Err(status_of(&error)),
        };
        modules.lock.release();
        result
    }

    /// Shows new modules to the guest and initialises them.
    fn attach_new(&self, new: &[Arc<Module>]) -> Result<(), NTSTATUS> {
        if !new.is_empty() {
            self.process.show_modules();
        }
        self.attach_modules(new)
    }

    /// Gives up a reference to a module; the last one unloads it.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE` when it is not loaded.
    pub fn free_library(&self, module: &Module) -> Result<(), NTSTATUS> {
        let modules = &self.process.modules;
        modules.lock.acquire(self.thread.id());
        let result = modules.list.release(module).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE).map(|unused| {
            self.detach_modules(&unused, false);
            modules.list.remove(&unused);
            self.process.show_modules();
        });
        modules.lock.release();
        result
    }

    /// The address of an export, forwarders followed.
    ///
    /// # Errors
    /// `STATUS_ENTRYPOINT_NOT_FOUND` or `STATUS_ORDINAL_NOT_FOUND`, or what loading a forwarder's DLL gives.
    pub fn procedure(&self, module: &Module, symbol: Symbol<'_>) -> Result<u64, NTSTATUS> {
        let modules = &self.process.modules;
        let found =
            modules.list.symbol(&ShimProvider(self.process), module, symbol).map_err(|error| status_of(&error))?;
        if !found.new.is_empty() {
            modules.lock.acquire(self.thread.id());
            let attached = self.attach_new(&found.new);
            modules.lock.release();
            attached?;
        }
        Ok(found.address)
    }

    /// Counts one more reference to a module, or keeps it for good.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE` when it is not loaded.
    pub fn reference_module(&self, module: &Module, pin: bool) -> Result<(), NTSTATUS> {
        let list = &self.process.modules.list;
        let result = if pin { list.pin(module) } else { list.add_reference(module) };
        result.map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)
    }
}

/// The status that the guest gets for a DLL that does not load. An import that is not there has the name it was imported by.
fn status_of(error: &LoadError) -> NTSTATUS {
    match error {
        LoadError::DllNotFound { .. } => NTSTATUS::STATUS_DLL_NOT_FOUND,
        LoadError::SymbolNotFound { symbol, .. } if symbol.starts_with('#') => NTSTATUS::STATUS_ORDINAL_NOT_FOUND,
        LoadError::SymbolNotFound { .. } | LoadError::ForwarderCycle { .. } | LoadError::BadForwarder { .. } => {
            NTSTATUS::STATUS_ENTRYPOINT_NOT_FOUND
        }
        LoadError::Image { error, .. } if error.is_not_found() => NTSTATUS::STATUS_DLL_NOT_FOUND,
        LoadError::Image { .. } => NTSTATUS::STATUS_INVALID_IMAGE_FORMAT,
        LoadError::Map { .. } | LoadError::Shim { .. } | LoadError::TooManyModules => NTSTATUS::STATUS_NO_MEMORY,
        LoadError::Unloading { .. } | LoadError::NotLoaded => NTSTATUS::STATUS_INVALID_HANDLE,
    }
}
