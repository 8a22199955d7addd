//! What a DLL name means here: a shim DLL, a file of the guest's, or nothing.

use std::path::PathBuf;
use std::sync::PoisonError;

use loader::graph::{DllName, DllRequest, ImportSite, NotFound, Provider, Resolved};
use loader::image::Symbol;
use loader::search::{ShimKind, find_file};
use loader::synthetic::{CodeExport, ExportKind, ExportTable, ServiceShape, Summary, SyntheticDll, SyntheticExport};

use super::MissingImport;
use crate::Process;
use crate::dll::{Dll, Exports, Target};
use crate::service::{self, Table};
use crate::{path, teb};

/// Where the shim DLLs are (`GetSystemDirectory`).
pub const SYSTEM_FOLDER: &str = r"C:\windows\system32";
/// `GetWindowsDirectory`
pub const WINDOWS_FOLDER: &str = r"C:\windows";

/// DLLs that programs bring along, so that one beside the program comes before the shim.
const REDISTRIBUTED: &[&str] = &["vcruntime", "msvcp", "concrt", "dbghelp"];

/// The shims of a process, and the files it can reach.
pub(super) struct ShimProvider<'a>(pub(super) &'a Process);

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
            let drives = &self.0.files.drives;
            // Without a look at them: they need not be there, and are not made.
            let folder = |path: &str| match drives.dos_target(&path.encode_utf16().collect::<Vec<_>>()) {
                Ok(path::Target::File(location)) => location.exact(),
                _ => PathBuf::new(),
            };
            paths.system = folder(SYSTEM_FOLDER);
            paths.windows = Some(folder(WINDOWS_FOLDER)).filter(|folder| folder.is_dir()).unwrap_or_default();
            paths.path = self.0.environment.search_folders(&self.0.files.drives);
        }
        paths.resolve(request, &kind, &find_file)
    }

    fn shim(&self, name: &str) -> SyntheticDll {
        let dlls = self.0.dlls();
        let dll = dlls.iter().position(|dll| dll.name == name).and_then(|index| Some((index, *dlls.get(index)?)));
        let exports = match dll {
            Some((index, dll)) => ShimExports {
                exports: Some(dll.exports),
                context: Process::trace_context(index, 0),
                services: (dll.name == service::NTDLL).then(|| self.0.services.table()).flatten(),
                traced: self
                    .0
                    .tracer()
                    .map(|tracer| dll.exports.iter().map(|export| tracer.shows(dll, export)).collect()),
            },
            None => ShimExports::default(),
        };
        SyntheticDll {
            name: dll.map_or_else(|| name.to_owned().into(), |(_, dll)| dll.name.into()),
            exports: Box::new(exports),
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

/// A shim DLL's table, as the maker of its image reads it.
#[derive(Debug, Default)]
struct ShimExports {
    exports: Option<Exports>,
    /// What the first export's stub stores when it is traced; the others follow.
    context: u64,
    /// The numbers of the exports that are system services, in ntdll.
    services: Option<Table>,
    /// Which exports are traced; `None` when nobody traces.
    traced: Option<Vec<bool>>,
}

impl ExportTable for ShimExports {
    fn len(&self) -> usize {
        self.exports.map_or(0, |exports| exports.len())
    }

    fn summary(&self) -> Summary {
        self.exports.map_or(Summary::EMPTY, |exports| exports.summary(self.traced.is_some()))
    }

    fn services(&self) -> Option<(u32, ServiceShape)> {
        let table = self.services?;
        let shape = if table == Table::Windows7 { ServiceShape::Plain } else { ServiceShape::Tested };
        Some((table.count(), shape))
    }

    fn get(&self, index: usize) -> Option<SyntheticExport> {
        let exports = self.exports?;
        let export = exports.get(index)?;
        let kind = match export.target {
            Target::Code(row) => {
                let traced = self.traced.as_ref().is_some_and(|traced| traced.get(index) == Some(&true));
                let context = traced.then(|| self.context + index as u64);
                let service = self.services.and_then(|table| table.number(export.name));
                let entry = if traced { row.traced } else { row.plain };
                ExportKind::Code(CodeExport { entry: entry.address(), context, service })
            }
            Target::Data { size } => ExportKind::Data { size, init: &[] },
            Target::Forward(to) => ExportKind::Forward(to),
        };
        Some(SyntheticExport { name: Some(export.name), ordinal: export.ordinal, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dll::Export;

    #[test]
    fn what_is_worked_out_beforehand_is_what_the_rows_say() {
        static PLAIN: [Export; 2] = [Export::forward("A", "b.C"), Export::forward("AB", "b.D")];
        static UNSORTED: [Export; 3] =
            [Export::data("B", 4), Export::forward("AB", "b.D"), Export::forward("ABC", "b.E")];
        static TWICE: [Export; 2] = [Export::data("A", 4), Export::data("A", 4)];
        static NUMBERED: [Export; 2] = [Export::data("A", 4), Export::forward("B", "b.C").at(7)];
        for (rows, in_order) in
            [(&PLAIN[..], true), (&UNSORTED, false), (&TWICE, false), (&NUMBERED, false), (&[], true)]
        {
            let table = ShimExports { exports: Some(Exports::new(rows)), context: 0, services: None, traced: None };
            let looked_at = Summary::new((0..table.len()).filter_map(|index| table.get(index)));
            assert_eq!(table.summary(), looked_at);
            assert_eq!(looked_at.in_order, in_order);
        }
    }
}
