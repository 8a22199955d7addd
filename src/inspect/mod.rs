//! What a PE file is, what it needs, and whether it can run here. Nothing of it is mapped or run.

mod imports;
mod text;
mod verdict;

use std::path::Path;

use loader::Image;
use loader::image::{Directory, ExportTarget, SectionFlags};
use serde::Serialize;

pub use imports::{Dll, ImportSupport, Provider, Symbol};
pub use verdict::{Status, Verdict};

use crate::Error;

/// Version of the JSON form of [`Report`]: rises when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// What a PE file is and needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The file, as it was named.
    pub file: String,
    /// The processor it is for.
    pub machine: String,
    /// `PE32+` for 64-bit images, `PE32` for 32-bit ones.
    pub format: &'static str,
    /// `program` or `dll`.
    pub kind: &'static str,
    /// `console`, `gui`, `native`, `efi`, or a number.
    pub subsystem: String,
    /// Whether it is a .NET assembly.
    pub dotnet: bool,
    /// Offset of the entry point from the base; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u32>,
    /// The address it was linked for.
    pub base: u64,
    /// Whether it may be loaded elsewhere.
    pub relocatable: bool,
    /// Bytes in memory.
    pub size: u32,
    /// Bytes of stack that its first thread gets.
    pub stack: u64,
    /// The oldest Windows it asks for.
    pub windows: String,
    /// Its sections.
    pub sections: Vec<Section>,
    /// Its data directories that are present.
    pub directories: Vec<DirectoryEntry>,
    /// What it imports.
    pub imports: Vec<Dll>,
    /// What it imports at the first call.
    pub delay_imports: Vec<Dll>,
    /// The DLLs with guest code that come with it, and what they import in turn.
    pub guest_dlls: Vec<GuestDll>,
    /// What a DLL exports.
    pub exports: Vec<Export>,
    /// Whether it can run here.
    pub verdict: Verdict,
}

/// A section of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Offset from the base.
    pub address: u32,
    /// Bytes in memory.
    pub size: u32,
    /// Bytes in the file.
    pub file_size: u32,
    /// `r`, `w`, `x`, or `-` for each.
    pub protection: String,
}

/// A data directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryEntry {
    /// What it is.
    pub name: &'static str,
    /// Offset from the base; for certificates a file offset.
    pub address: u32,
    /// Bytes.
    pub size: u32,
}

/// A DLL with guest code that another image needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestDll {
    /// Its file.
    pub file: String,
    /// What it imports.
    pub imports: Vec<Dll>,
    /// What it imports at the first call.
    pub delay_imports: Vec<Dll>,
}

/// An export of a DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Its ordinal.
    pub ordinal: u32,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Offset from the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<u32>,
    /// Where it leads to, `DLL.Name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwards_to: Option<String>,
}

/// Looks at the PE file at `path`, and at the DLLs beside it that it needs.
///
/// # Errors
/// When the file cannot be read, or is no PE file that makes sense.
pub fn inspect(path: &Path) -> Result<Report, Error> {
    let image = Image::open(path)?;
    let needs = imports::resolve(&image, path)?;
    let verdict = verdict::judge(&image, &needs);
    let headers = image.headers();
    Ok(Report {
        schema: SCHEMA,
        file: path.display().to_string(),
        machine: headers.machine.to_string(),
        format: if image.is_64bit() { "PE32+" } else { "PE32" },
        kind: if image.is_dll() { "dll" } else { "program" },
        subsystem: subsystem(headers.subsystem),
        dotnet: image.directory(Directory::ClrRuntime).is_some(),
        entry: image.entry(),
        base: image.preferred_base(),
        relocatable: image.is_relocatable(),
        size: image.size(),
        stack: headers.stack_reserve,
        windows: format!("{}.{}", headers.subsystem_version.0, headers.subsystem_version.1),
        sections: image.sections().iter().map(section).collect(),
        directories: directories(&image),
        imports: needs.imports,
        delay_imports: needs.delay_imports,
        guest_dlls: needs.guest_dlls,
        exports: exports(&image)?,
        verdict,
    })
}

/// The name of an `IMAGE_SUBSYSTEM_*`.
fn subsystem(number: u16) -> String {
    match number {
        1 => "native".to_owned(),
        2 => "gui".to_owned(),
        3 => "console".to_owned(),
        10..=13 => "efi".to_owned(),
        other => other.to_string(),
    }
}

fn section(section: &loader::image::Section) -> Section {
    let bit = |flag, letter| if section.flags.contains(flag) { letter } else { '-' };
    let protection =
        [bit(SectionFlags::READ, 'r'), bit(SectionFlags::WRITE, 'w'), bit(SectionFlags::EXECUTE, 'x')].iter().collect();
    Section {
        name: section.name.clone(),
        address: section.rva,
        size: section.extent(),
        file_size: section.raw_size,
        protection,
    }
}

const DIRECTORIES: [(Directory, &str); 15] = [
    (Directory::Export, "exports"),
    (Directory::Import, "imports"),
    (Directory::Resource, "resources"),
    (Directory::Exception, "exceptions"),
    (Directory::Certificate, "certificates"),
    (Directory::BaseRelocation, "relocations"),
    (Directory::Debug, "debug"),
    (Directory::Architecture, "architecture"),
    (Directory::GlobalPointer, "global pointer"),
    (Directory::Tls, "thread-local storage"),
    (Directory::LoadConfig, "load configuration"),
    (Directory::BoundImport, "bound imports"),
    (Directory::ImportAddressTable, "import addresses"),
    (Directory::DelayImport, "delay imports"),
    (Directory::ClrRuntime, ".NET"),
];

fn directories(image: &Image) -> Vec<DirectoryEntry> {
    let present = DIRECTORIES.iter().filter_map(|&(directory, name)| Some((name, image.directory(directory)?)));
    present.map(|(name, range)| DirectoryEntry { name, address: range.rva, size: range.size }).collect()
}

fn exports(image: &Image) -> Result<Vec<Export>, Error> {
    let exports = image.exports()?;
    let exports = exports.iter().flat_map(|exports| exports.iter());
    Ok(exports
        .map(|export| {
            let (address, forwards_to) = match export.target {
                ExportTarget::Rva(rva) => (Some(rva), None),
                ExportTarget::Forward(to) => (None, Some(String::from_utf8_lossy(to).into_owned())),
            };
            let name = export.name.map(|name| String::from_utf8_lossy(name).into_owned());
            Export { ordinal: export.ordinal, name, address, forwards_to }
        })
        .collect())
}
