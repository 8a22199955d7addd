//! What an image imports, and who has it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use loader::Image;
use loader::graph::{DllName, DllRequest, Resolved, normalise};
use loader::image::{self, ExportTarget, ImportEntries};
use loader::search::{LoadFlags, SearchPaths, find_file};
use serde::Serialize;
use syscall_xlate::modules;

use super::GuestDll;
use crate::paths::Paths;
use crate::{Error, shims};

/// The most DLLs with guest code that are looked into, as the loader loads no more.
const MAX_GUEST_DLLS: usize = 4096;

/// A DLL that is imported from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dll {
    /// Its name, as the importing image has it.
    pub name: String,
    /// Who has it.
    pub provider: Provider,
    /// What is imported from it.
    pub symbols: Vec<Symbol>,
}

/// Who has a DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Provider {
    /// exeunt, under this name.
    Shims {
        /// The name: another one for api-set names.
        dll: String,
    },
    /// A file with guest code.
    Guest {
        /// The file.
        file: String,
    },
    /// Nobody.
    Nobody,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Its name, or `#` and its ordinal.
    pub name: String,
    /// How much of it there is.
    pub support: ImportSupport,
    /// What is missing of it, or why a stub is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How much of an import there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportSupport {
    /// Nothing.
    Missing,
    /// An honest constant answer.
    Stub,
    /// Some of it.
    Partial,
    /// All of it.
    Full,
    /// Guest code.
    Guest,
}

impl ImportSupport {
    /// As [`Symbol`] is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stub => "stub",
            Self::Partial => "partial",
            Self::Full => "full",
            Self::Guest => "guest",
        }
    }
}

/// All that an image needs, through the DLLs that come with it.
pub(super) struct Needs {
    pub imports: Vec<Dll>,
    pub delay_imports: Vec<Dll>,
    pub guest_dlls: Vec<GuestDll>,
    /// Why a DLL that comes with it cannot be used.
    pub unusable: Option<String>,
}

/// Finds out what the image at `path` needs.
///
/// # Errors
/// When its import directory makes no sense.
pub(super) fn resolve(image: &Image, path: &Path) -> Result<Needs, Error> {
    let mut resolver = Resolver::new(path, image.is_64bit())?;
    let (imports, delay_imports) = resolver.imports(image)?;
    let mut guest_dlls = Vec::new();
    while guest_dlls.len() < MAX_GUEST_DLLS {
        let Some(file) = resolver.next_pending() else { break };
        let Some(Ok(image)) = resolver.images.remove(&file) else { continue };
        match resolver.imports(&image) {
            Ok((imports, delay_imports)) => {
                guest_dlls.push(GuestDll { file: shown(&file), imports, delay_imports });
            }
            Err(error) => _ = resolver.unusable.get_or_insert(error.to_string()),
        }
        resolver.images.insert(file, Ok(image));
    }
    Ok(Needs { imports, delay_imports, guest_dlls, unusable: resolver.unusable })
}

struct Resolver {
    folders: SearchPaths,
    is_64bit: bool,
    images: BTreeMap<PathBuf, Result<Image, String>>,
    /// Files whose own imports are to be looked at.
    pending: Vec<PathBuf>,
    unusable: Option<String>,
}

impl Resolver {
    fn new(path: &Path, is_64bit: bool) -> Result<Self, Error> {
        let mut folders = modules::search_paths(Some(path));
        folders.path = Paths::new(None)?.search_folders();
        Ok(Self { folders, is_64bit, images: BTreeMap::new(), pending: Vec::new(), unusable: None })
    }

    fn next_pending(&mut self) -> Option<PathBuf> {
        (!self.pending.is_empty()).then(|| self.pending.remove(0))
    }

    fn imports(&mut self, image: &Image) -> Result<(Vec<Dll>, Vec<Dll>), Error> {
        let mut imports = Vec::new();
        for descriptor in image.imports() {
            let descriptor = descriptor?;
            imports.push(self.dll(&descriptor.dll, descriptor.entries(), true)?);
        }
        let mut delay_imports = Vec::new();
        for descriptor in image.delay_imports() {
            let descriptor = descriptor?;
            delay_imports.push(self.dll(&descriptor.dll, descriptor.entries(), false)?);
        }
        Ok((imports, delay_imports))
    }

    fn dll(&mut self, name: &str, entries: ImportEntries<'_>, is_needed: bool) -> Result<Dll, Error> {
        let key = normalise(name);
        let (shim, file) = match self.find(&key) {
            Some(Resolved::Shim(dll)) => (Some(dll), None),
            Some(Resolved::File(file)) => (None, Some(file)),
            None => (None, None),
        };
        if let Some(file) = &file
            && !self.images.contains_key(file)
        {
            self.open(file, is_needed);
        }
        let mut symbols = Vec::new();
        for entry in entries {
            let symbol = entry?.symbol;
            let (support, note) = match (&shim, &file) {
                (Some(dll), _) => shim_support(dll, symbol),
                (None, Some(file)) => (self.guest_support(file, symbol), None),
                (None, None) => (ImportSupport::Missing, None),
            };
            symbols.push(Symbol { name: symbol.to_string(), support, note });
        }
        let provider = match (shim, file) {
            (Some(dll), _) => Provider::Shims { dll },
            (None, Some(file)) => Provider::Guest { file: shown(&file) },
            (None, None) => Provider::Nobody,
        };
        Ok(Dll { name: name.to_owned(), provider, symbols })
    }

    /// What a DLL's name means: as the loader will find it.
    fn find(&self, name: &str) -> Option<Resolved> {
        let flags = LoadFlags::empty();
        let request = DllRequest { name: DllName::Base(name), flags, importer: None, root: None };
        self.folders.resolve(&request, &|name| modules::shim_kind(api_shims::dlls(), name), &find_file).ok()
    }

    fn open(&mut self, file: &Path, is_needed: bool) {
        let image = Image::open(file).map_err(|error| error.to_string());
        let runnable = image.and_then(|image| match (self.is_64bit, image.check_runnable()) {
            (true, Err(error)) => Err(error.to_string()),
            _ => Ok(image),
        });
        match &runnable {
            Ok(_) => self.pending.push(file.to_owned()),
            Err(error) if is_needed => _ = self.unusable.get_or_insert_with(|| error.clone()),
            Err(_) => {}
        }
        self.images.insert(file.to_owned(), runnable);
    }

    fn guest_support(&self, file: &Path, symbol: image::Symbol<'_>) -> ImportSupport {
        let Some(Ok(image)) = self.images.get(file) else { return ImportSupport::Missing };
        let exports = image.exports().ok().flatten();
        match exports.and_then(|exports| exports.find(symbol, 0)) {
            Some(ExportTarget::Rva(_) | ExportTarget::Forward(_)) => ImportSupport::Guest,
            None => ImportSupport::Missing,
        }
    }
}

/// A file as a user would write it: without the current folder.
fn shown(file: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(current).unwrap_or(file).display().to_string()
}

/// How much there is of an import from a DLL of Windows, of which there may be nothing at all.
fn shim_support(dll: &str, symbol: image::Symbol<'_>) -> (ImportSupport, Option<String>) {
    let dll = api_shims::dlls().iter().find(|known| known.name == dll);
    let export = dll.and_then(|dll| match symbol {
        image::Symbol::Name(_) => dll.find(symbol.name()?),
        image::Symbol::Ordinal(ordinal) => dll.exports.iter().find(|export| export.ordinal == Some(ordinal)),
    });
    let Some(export) = export else { return (ImportSupport::Missing, None) };
    let support = shims::support(export);
    let level = match support.into() {
        shims::Level::Full => ImportSupport::Full,
        shims::Level::Partial => ImportSupport::Partial,
        shims::Level::Stub => ImportSupport::Stub,
    };
    (level, support.note().map(str::to_owned))
}
