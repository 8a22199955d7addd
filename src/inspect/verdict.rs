//! Whether an image can run here.

use std::collections::BTreeSet;
use std::fmt;

use loader::Image;
use serde::Serialize;

use super::imports::{ImportSupport, Needs, Provider};
use super::{Dll, GuestDll};

/// Whether an image can run here, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All it imports is there.
    Runs,
    /// It starts, and stops when it calls an API that is missing.
    MayStop,
    /// It does not start.
    DoesNotStart,
}

/// Whether an image can run here, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// In a word.
    pub status: Status,
    /// Imports that are missing, as `dll!name`, sorted, each once.
    pub missing: Vec<String>,
    /// Why it does not start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it is a DLL, which starts when a program loads it.
    #[serde(skip)]
    is_dll: bool,
}

/// One line.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.missing.len();
        let apis = if count == 1 { "API" } else { "APIs" };
        match (self.status, self.is_dll) {
            (Status::Runs, false) => f.write_str("runs"),
            (Status::Runs, true) => f.write_str("loads"),
            (Status::MayStop, false) => write!(f, "starts, may stop at {count} missing {apis}"),
            (Status::MayStop, true) => write!(f, "loads, may stop at {count} missing {apis}"),
            (Status::DoesNotStart, is_dll) => {
                let verb = if is_dll { "load" } else { "start" };
                write!(f, "does not {verb}: {}", self.reason.as_deref().unwrap_or("unknown"))
            }
        }
    }
}

/// Judges an image by its headers and by what it needs.
pub(super) fn judge(image: &Image, needs: &Needs) -> Verdict {
    let refused = if image.is_dll() { image.check_runnable() } else { image.check_program() };
    let refused = refused.err().map(|error| error.kind.to_string());
    let reason = refused.or_else(|| unresolved(image, needs)).or_else(|| needs.unusable.clone());
    let missing = missing(needs);
    let status = match (&reason, missing.is_empty()) {
        (Some(_), _) => Status::DoesNotStart,
        (None, false) => Status::MayStop,
        (None, true) => Status::Runs,
    };
    Verdict { status, missing, reason, is_dll: image.is_dll() }
}

/// The first DLL that nobody has, or the first import that a DLL with guest code lacks: either keeps a program from starting.
fn unresolved(image: &Image, needs: &Needs) -> Option<String> {
    let own = image.path().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy().into_owned();
    let file_name = |dll: &GuestDll| dll.file.rsplit('/').next().unwrap_or(&dll.file).to_owned();
    let importers = needs.guest_dlls.iter().map(|dll| (file_name(dll), &dll.imports));
    for (importer, imports) in std::iter::once((own, &needs.imports)).chain(importers) {
        for dll in imports {
            match dll.provider {
                Provider::Nobody => return Some(format!("{}, which {importer} needs, was not found", dll.name)),
                Provider::Guest { .. } => {
                    let lacks = dll.symbols.iter().find(|symbol| symbol.support == ImportSupport::Missing);
                    if let Some(symbol) = lacks {
                        return Some(format!("{} does not export {}, which {importer} needs", dll.name, symbol.name));
                    }
                }
                Provider::Shims { .. } => {}
            }
        }
    }
    None
}

fn missing(needs: &Needs) -> Vec<String> {
    let of_guests = needs.guest_dlls.iter().flat_map(|dll| dll.imports.iter().chain(&dll.delay_imports));
    let all = needs.imports.iter().chain(&needs.delay_imports).chain(of_guests);
    let missing: BTreeSet<String> = all.flat_map(missing_of).collect();
    missing.into_iter().collect()
}

fn missing_of(dll: &Dll) -> impl Iterator<Item = String> {
    let name = dll.name.to_lowercase();
    let stem = name.strip_suffix(".dll").unwrap_or(&name).to_owned();
    let missing = dll.symbols.iter().filter(|symbol| symbol.support == ImportSupport::Missing);
    missing.map(move |symbol| format!("{stem}!{}", symbol.name))
}
