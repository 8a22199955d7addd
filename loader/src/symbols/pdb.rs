//! Functions and source lines from a program database.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pdb2::{FallibleIterator, PDB, SymbolData};

use super::{Function, Line};
use crate::image::Image;

/// What a PDB file knows of its image's code.
pub(super) struct Pdb {
    functions: Vec<Function>,
    /// By RVA. Of a run of bytes that the line is of; the next one ends it.
    lines: Vec<(u32, u32, u32)>,
    files: Vec<String>,
}

impl Pdb {
    /// The file, if it is the one of this image: its signature is what the image says, and it is not older.
    pub(super) fn open(path: &Path, image: &Image) -> Option<Self> {
        // The parser panics on some damaged files.
        catch_unwind(AssertUnwindSafe(|| Self::parse(path, image))).ok()?
    }

    fn parse(path: &Path, image: &Image) -> Option<Self> {
        let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|metadata| metadata.is_file()))?;
        let mut pdb = PDB::open(file).ok()?;
        let reference = image.pdb()?;
        let information = pdb.pdb_information().ok()?;
        // The first three parts of a GUID are numbers in memory order.
        let is_its_own = information.guid.to_bytes_le() == reference.guid;
        let age = pdb.debug_information().ok()?.age().unwrap_or(information.age);
        (is_its_own && age >= reference.age).then_some(())?;
        let mut this = Self { functions: Vec::new(), lines: Vec::new(), files: Vec::new() };
        // What was read before something damaged still is true.
        let _ = this.read(&mut pdb);
        this.lines.sort_unstable();
        Some(this)
    }

    fn read(&mut self, pdb: &mut PDB<'_, File>) -> pdb2::Result<()> {
        let map = pdb.address_map()?;
        let strings = pdb.string_table().ok();
        let debug = pdb.debug_information()?;
        let mut modules = debug.modules()?;
        while let Some(module) = modules.next()? {
            let Some(info) = pdb.module_info(&module)? else { continue };
            let mut symbols = info.symbols()?;
            while let Some(symbol) = symbols.next()? {
                if let Ok(SymbolData::Procedure(procedure)) = symbol.parse()
                    && let Some(start) = procedure.offset.to_rva(&map)
                {
                    let name = procedure.name.to_string().into_owned();
                    self.functions.push(Function { start: start.0, size: procedure.len, name });
                }
            }
            let (Ok(program), Some(strings)) = (info.line_program(), &strings) else { continue };
            let mut lines = program.lines();
            let mut known = std::collections::BTreeMap::new();
            while let Some(line) = lines.next()? {
                let Some(start) = line.offset.to_rva(&map) else { continue };
                let file = match known.get(&line.file_index.0) {
                    Some(&file) => file,
                    None => {
                        let name = program.get_file_info(line.file_index)?.name.to_string_lossy(strings)?;
                        self.files.push(name.into_owned());
                        known.insert(line.file_index.0, self.files.len() as u32 - 1);
                        self.files.len() as u32 - 1
                    }
                };
                self.lines.push((start.0, file, line.line_start));
            }
        }
        let globals = pdb.global_symbols()?;
        let mut symbols = globals.iter();
        while let Some(symbol) = symbols.next()? {
            if let Ok(SymbolData::Public(public)) = symbol.parse()
                && let (true, Some(start)) = (public.function, public.offset.to_rva(&map))
            {
                self.functions.push(Function { start: start.0, size: 0, name: public.name.to_string().into_owned() });
            }
        }
        Ok(())
    }

    /// The functions: those with a length first.
    pub(super) fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The names of source files.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// Where lines begin in a function: RVA, index of the file, number.
    pub(super) fn lines(&self, function: &Function) -> &[(u32, u32, u32)] {
        let index = |rva: u32| self.lines.partition_point(|&(start, ..)| start < rva);
        let end = function.start.saturating_add(function.size);
        self.lines.get(index(function.start)..index(end)).unwrap_or_default()
    }

    /// The line of the code at `rva`.
    pub(super) fn line(&self, rva: u32) -> Option<Line> {
        let within = |function: &&Function| function.start <= rva && rva - function.start < function.size;
        let function = self.functions.iter().find(within)?;
        let before = self.lines.partition_point(|&(start, ..)| start <= rva);
        let &(start, file, line) = self.lines.get(before.checked_sub(1)?)?;
        let file = self.files.get(file as usize)?.clone();
        (start >= function.start).then_some(Line { file, line })
    }
}
