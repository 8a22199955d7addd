//! What a DLL name means here: a shim DLL, a file of the guest's, or nothing.

use std::sync::PoisonError;

use loader::graph::{DllName, DllRequest, ImportSite, NotFound, Provider, Resolved};
use loader::image::Symbol;
use loader::search::{ShimKind, find_file};
use loader::synthetic::{CodeExport, ExportKind, SyntheticDll, SyntheticExport};

use super::MissingImport;
use crate::Process;
use crate::dll::{Dll, Export, Target};
use crate::teb;

/// DLLs that programs bring along, so that one beside the program comes before the shim.
const REDISTRIBUTED: &[&str] = &["vcruntime", "msvcp", "concrt", "dbghelp"];

/// The shims of a process, and the files it can reach.
pub(super) struct ShimProvider<'a>(pub(super) &'a Process);

impl ShimProvider<'_> {
    fn dll(&self, name: &str) -> Option<&'static Dll> {
        self.0.dlls().iter().copied().find(|dll| dll.name == name)
    }
}

/// What a DLL name is to the search. A DLL of Windows that has no shim yet is one without exports: the program starts, and stops
/// where it calls it.
pub fn shim_kind(dlls: &[&Dll], name: &str) -> Option<ShimKind> {
    let stem = name.strip_suffix(".dll")?;
    let comes_with_compilers = REDISTRIBUTED.iter().any(|prefix| stem.starts_with(prefix));
    match dlls.iter().any(|dll| dll.name == name) {
        true if !comes_with_compilers => Some(ShimKind::Known),
        false if !abi::is_system_dll(stem) => None,
        _ => Some(ShimKind::System),
    }
}

impl Provider for ShimProvider<'_> {
    fn resolve(&self, request: &DllRequest<'_>) -> Result<Resolved, NotFound> {
        let kind = |name: &str| shim_kind(self.0.dlls(), name);
        let mut paths = self.0.modules.search.read().unwrap_or_else(PoisonError::into_inner).clone();
        // Most names mean shims, for which nobody looks anywhere.
        if !matches!(request.name, DllName::Base(name) if kind(name) == Some(ShimKind::Known)) {
            paths.path = self.0.environment.search_folders(&self.0.files.drives);
        }
        paths.resolve(request, &kind, &find_file)
    }

    fn shim(&self, name: &str) -> SyntheticDll {
        let dll = self.dll(name);
        let exports = dll.map_or(&[][..], |dll| dll.exports);
        SyntheticDll {
            name: dll.map_or_else(|| name.to_owned().into(), |dll| dll.name.into()),
            exports: dll
                .map_or_else(Vec::new, |dll| exports.iter().map(|export| synthetic(self.0, dll, export)).collect()),
            context_slot: teb::offset::TRACED_EXPORT as u32,
        }
    }

    fn guest_path(&self, resolved: &Resolved) -> String {
        match resolved {
            Resolved::Shim(name) => format!("C:\\Windows\\System32\\{name}"),
            Resolved::File(path) => self.0.guest_path(path),
        }
    }

    fn missing_import(&self, site: &ImportSite<'_>) -> Option<u64> {
        let symbol = match site.symbol {
            Symbol::Name(name) => String::from_utf8_lossy(name).into_owned(),
            Symbol::Ordinal(ordinal) => format!("#{ordinal}"),
        };
        let import = MissingImport { importer: site.importer.to_owned(), dll: site.dll.to_owned(), symbol };
        self.0.modules.missing_thunk(import)
    }
}

fn synthetic(process: &Process, dll: &'static Dll, export: &'static Export) -> SyntheticExport {
    let kind = match export.target {
        Target::Code(row) => {
            let traced = process.tracer().is_some_and(|tracer| tracer.shows(dll, export));
            let context = if traced { process.trace_context(dll, export) } else { None };
            let entry = if traced { row.traced } else { row.plain };
            ExportKind::Code(CodeExport { entry: entry.address(), context, service: None })
        }
        Target::Data { size } => ExportKind::Data { size, init: (&[][..]).into() },
        Target::Forward(to) => ExportKind::Forward(to.into()),
    };
    SyntheticExport { name: Some(export.name.into()), ordinal: export.ordinal, kind }
}
