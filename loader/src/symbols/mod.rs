//! Names and source lines of the code in a PE file: from its PDB, its DWARF sections, its COFF symbol table and its exports.
//!
//! For reports and debuggers, never for loading: nothing of it runs before one is made. Damaged tables give fewer names, no errors.

mod dwarf;
pub mod elf;
mod names;
mod pdb;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

pub use names::undecorated;

use crate::image::{ExportTarget, Image, ImageError};

/// A function's place in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// RVA of its first byte.
    pub start: u32,
    /// Its length in bytes; 0 when unknown.
    pub size: u32,
    /// Its name as the compiler wrote it.
    pub name: String,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file, as the compiler knew it.
    pub file: String,
    /// From 1; 0 when unknown.
    pub line: u32,
}

/// What is known of an address: the function that the compiler put there, which other one that was expanded into, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From the innermost to the one that was called.
    pub frames: Vec<PlaceFrame>,
}

/// One function of a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceFrame {
    /// Its readable name.
    pub name: String,
    /// Distance from its first byte; `None` for a function that was expanded into another.
    pub offset: Option<u32>,
    /// Where in the source.
    pub line: Option<Line>,
}

impl fmt::Display for Place {
    /// `inner (a.c:3), in outer+0x12 (a.c:9)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, frame) in self.frames.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", in " })?;
            f.write_str(&frame.name)?;
            match frame.offset {
                None | Some(0) => {}
                Some(offset) => write!(f, "+{offset:#x}")?,
            }
            match &frame.line {
                Some(Line { file, line: 0 }) => write!(f, " ({file})")?,
                Some(Line { file, line }) => write!(f, " ({file}:{line})")?,
                None => {}
            }
        }
        Ok(())
    }
}

/// The symbols of one PE file.
pub struct Symbols {
    image: Image,
    pdb: Option<pdb::Pdb>,
    /// By start.
    functions: Vec<Function>,
}

impl Symbols {
    /// Those of the file at `path`. `named` says which host file the path means that the image names as its PDB.
    ///
    /// # Errors
    /// When it is no PE file.
    pub fn open(path: &Path, named: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, ImageError> {
        let image = Image::open(path)?;
        let pdb = pdb_candidates(&image, path, named).into_iter().find_map(|file| pdb::Pdb::open(&file, &image));
        let mut functions = pdb.as_ref().map(|pdb| pdb.functions().to_vec()).unwrap_or_default();
        functions.extend(coff_functions(&image));
        if functions.is_empty() {
            functions = exported_functions(&image);
        }
        functions.sort_by_key(|function| function.start);
        // The first source knows best.
        functions.dedup_by_key(|function| function.start);
        Ok(Self { image, pdb, functions })
    }

    /// All functions, by address.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The image.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// What is at `rva`. `behind` is for a return address: the instruction before it is looked at, which made the call.
    pub fn find(&self, rva: u32, behind: bool) -> Option<Place> {
        let probe = if behind { rva.checked_sub(1)? } else { rva };
        let function = self.function_at(probe);
        let mut frames = match &self.pdb {
            Some(pdb) => pdb.line(probe).map(|line| vec![(None, Some(line))]).unwrap_or_default(),
            None => dwarf::frames(&self.image, probe),
        };
        if frames.is_empty() {
            frames.push((None, None));
        }
        let last = frames.len() - 1;
        let frames: Option<Vec<_>> = frames
            .into_iter()
            .enumerate()
            .map(|(index, (name, line))| {
                let outer = (index == last).then_some(function).flatten();
                let name = outer.map(|function| function.name.clone()).or(name)?;
                let offset = outer.map(|function| rva - function.start);
                Some(PlaceFrame { name: names::readable(&name).into_owned(), offset, line })
            })
            .collect();
        frames.map(|frames| Place { frames })
    }

    fn function_at(&self, rva: u32) -> Option<&Function> {
        let section = self.image.section_at(rva)?;
        let before = self.functions.partition_point(|function| function.start <= rva);
        let function = self.functions.get(before.checked_sub(1)?)?;
        let within = function.size == 0 || rva - function.start < function.size;
        (within && function.start >= section.rva).then_some(function)
    }
}

/// Where the image's PDB may be: beside the image, by the name it was linked with or by the image's own, and where it was when it was linked.
fn pdb_candidates(image: &Image, path: &Path, named: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let Some(reference) = image.pdb() else { return Vec::new() };
    let name = reference.path.rsplit(['\\', '/']).next().unwrap_or_default();
    let beside = (!name.is_empty()).then(|| path.with_file_name(name));
    let mut files: Vec<_> = beside.into_iter().chain([path.with_extension("pdb")]).collect();
    files.extend(named(&reference.path));
    files
}

/// Parses a file's bytes for what only needs sections and symbols.
fn parsed(image: &Image) -> Option<object::File<'_>> {
    object::File::parse(image.file_bytes()).ok()
}

/// The functions of the COFF symbol table, which linkers for mingw write.
fn coff_functions(image: &Image) -> Vec<Function> {
    let Some(file) = parsed(image) else { return Vec::new() };
    let base = file.relative_address_base();
    let in_code = |address: u64| {
        file.sections().any(|section| {
            section.kind() == SectionKind::Text
                && section.address() <= address
                && address - section.address() < section.size()
        })
    };
    let mut functions = Vec::new();
    for symbol in file.symbols() {
        let is_function = match symbol.kind() {
            SymbolKind::Text => true,
            SymbolKind::Unknown | SymbolKind::Label => in_code(symbol.address()),
            _ => false,
        };
        let Ok(name) = symbol.name_bytes() else { continue };
        let start = symbol.address().checked_sub(base).and_then(|rva| u32::try_from(rva).ok());
        // A name with a dot in front is a section's.
        if let (true, Some(start), false) = (is_function, start, name.is_empty() || name.starts_with(b".")) {
            functions.push(Function { start, size: 0, name: String::from_utf8_lossy(name).into_owned() });
        }
    }
    functions
}

/// The exports that are code.
fn exported_functions(image: &Image) -> Vec<Function> {
    let Ok(Some(exports)) = image.exports() else { return Vec::new() };
    let named = exports.iter().filter_map(|export| match export.target {
        ExportTarget::Rva(start) => {
            let name = export.name.map_or_else(|| format!("#{}", export.ordinal).into(), String::from_utf8_lossy);
            Some(Function { start, size: 0, name: Cow::into_owned(name) })
        }
        ExportTarget::Forward(_) => None,
    });
    named.collect()
}
