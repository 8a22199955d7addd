//! What is known of an image's code as an ELF file, which debuggers for Linux read.
//!
//! It has no code. Its addresses are those of the image where it was loaded: nothing in it is left to relocate.

mod frames;
mod lines;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use gimli::SectionId;
use object::elf;
use object::endian::Endianness;
use object::write::elf::{FileHeader, SectionHeader, SectionIndex, Sym, Writer};

use super::{Symbols, names};
use crate::image::SectionFlags;

/// The name of the program's first instruction.
pub const ENTRY: &str = "__guest_entry";

/// A section with debug information.
type Contents<'a> = (SectionId, Cow<'a, [u8]>);

/// What a section of the image is in the file.
struct Mapped<'a> {
    name: &'a str,
    flags: elf::SectionFlags,
    address: u64,
    size: u64,
}

struct Symbol {
    name: Vec<u8>,
    address: u64,
    size: u64,
    section: usize,
}

impl Symbols {
    /// All functions, lines and frames as an ELF file, for an image that was loaded at `base`. `None` for images that are not x86-64.
    pub fn to_elf(&self, base: u64) -> Option<Vec<u8>> {
        (self.image.is_64bit() && base.checked_add(u64::from(self.image.size())).is_some()).then_some(())?;
        let mut debug: Vec<_> = lines::sections(self, base);
        debug.extend(frames::section(&self.image, base));
        let mapped = self.mapped(base);
        write(&mapped, &self.symbols(base), &debug, self.image.entry().map_or(0, |entry| base + u64::from(entry))).ok()
    }

    /// The sections that are there when the image runs.
    fn mapped(&self, base: u64) -> Vec<Mapped<'_>> {
        let stays = self.image.sections().iter().filter(|section| {
            !section.flags.contains(SectionFlags::DISCARDABLE)
                && !section.name.starts_with(".debug")
                && section.extent() != 0
        });
        let mapped = stays.map(|section| {
            let kinds = [(SectionFlags::EXECUTE, elf::SHF_EXECINSTR), (SectionFlags::WRITE, elf::SHF_WRITE)];
            let flags = kinds.into_iter().filter(|(here, _)| section.flags.contains(*here));
            Mapped {
                name: &section.name,
                flags: flags.fold(elf::SHF_ALLOC, |all, (_, there)| all | there),
                address: base + u64::from(section.rva),
                size: section.extent().into(),
            }
        });
        mapped.collect()
    }

    /// The size of the function at `start` by its unwind information, in bytes; 0 when it has none.
    fn unwound_size(&self, start: u32) -> u32 {
        let row = self.image.function_at(start).map(|(_, row)| row).filter(|row| row.begin == start);
        row.map_or(0, |row| row.end.saturating_sub(row.begin))
    }

    fn symbols(&self, base: u64) -> Vec<Symbol> {
        let functions = self.functions.iter().map(|function| {
            // Others are readable to debuggers as they are.
            let name =
                if function.name.starts_with('?') { names::readable(&function.name) } else { (&*function.name).into() };
            let size = match function.size {
                0 => self.unwound_size(function.start),
                size => size,
            };
            (name, function.start, size)
        });
        // Short, so that it is not what the code behind it is called.
        let entry = self.image.entry().filter(|_| !self.image.is_dll()).map(|entry| (Cow::Borrowed(ENTRY), entry, 1));
        let file =
            self.image.path().and_then(|path| path.file_name()).map(|name| name.to_string_lossy()).unwrap_or_default();
        let nameless = (0..self.image.function_count()).map_while(|index| self.image.function(index));
        let nameless = nameless.filter(|row| self.function_at(row.begin).is_none()).map(|row| {
            let name = Cow::Owned(format!("{file}+{:#x}", row.begin));
            (name, row.begin, row.end.saturating_sub(row.begin))
        });
        let functions = functions.chain(nameless);
        let mapped = self.mapped(base);
        let symbols = entry.into_iter().chain(functions).filter_map(|(name, rva, size)| {
            let address = base + u64::from(rva);
            let within = |section: &Mapped<'_>| section.address <= address && address - section.address < section.size;
            let section = mapped.iter().position(within)?;
            // A name ends with its first zero.
            let name: Vec<u8> = name.bytes().take_while(|&byte| byte != 0).collect();
            (!name.is_empty()).then_some(Symbol { name, address, size: size.into(), section })
        });
        symbols.collect()
    }
}

fn write(
    mapped: &[Mapped<'_>],
    symbols: &[Symbol],
    debug: &[Contents<'_>],
    entry: u64,
) -> object::write::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    writer.reserve_file_header();
    writer.reserve_null_section_index();
    let mapped_names: Vec<_> = mapped.iter().map(|section| writer.add_section_name(section.name.as_bytes())).collect();
    let indexes: Vec<SectionIndex> = mapped.iter().map(|_| writer.reserve_section_index()).collect();
    let debug_names: Vec<_> = debug.iter().map(|(id, _)| writer.add_section_name(id.name().as_bytes())).collect();
    debug.iter().for_each(|_| _ = writer.reserve_section_index());
    let offsets: Vec<u64> = debug.iter().map(|(_, data)| writer.reserve(data.len() as u64, 1)).collect();
    let names: Vec<_> = symbols.iter().map(|symbol| writer.add_string(&symbol.name)).collect();
    writer.reserve_null_symbol_index();
    symbols.iter().for_each(|_| _ = writer.reserve_symbol_index(None));
    writer.reserve_symtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab_section_index();
    writer.reserve_strtab()?;
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: elf::EM_X86_64,
        e_entry: entry,
        e_flags: elf::FileFlags(0),
    })?;
    debug.iter().for_each(|(_, data)| writer.write(data));
    writer.write_null_symbol();
    for (symbol, name) in symbols.iter().zip(names) {
        let st_name = writer.string_offset(Some(name));
        writer.write_symbol(&Sym {
            section: indexes.get(symbol.section).map(|index| index.0),
            st_name,
            st_info: elf::STB_GLOBAL | elf::STT_FUNC,
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SHN_UNDEF,
            st_value: symbol.address,
            st_size: symbol.size,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    let header = SectionHeader {
        sh_name: 0,
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SectionFlags(0),
        sh_addr: 0,
        sh_offset: 0,
        sh_size: 0,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 1,
        sh_entsize: 0,
    };
    for (section, name) in mapped.iter().zip(mapped_names) {
        let sh_name = writer.section_name_offset(Some(name));
        let (sh_flags, sh_addr, sh_size) = (section.flags, section.address, section.size);
        writer.write_section_header(&SectionHeader { sh_name, sh_flags, sh_addr, sh_size, ..header.clone() });
    }
    for (((_, data), name), sh_offset) in debug.iter().zip(debug_names).zip(offsets) {
        let sh_name = writer.section_name_offset(Some(name));
        let (sh_type, sh_size) = (elf::SHT_PROGBITS, data.len() as u64);
        writer.write_section_header(&SectionHeader { sh_name, sh_type, sh_offset, sh_size, ..header.clone() });
    }
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(bytes)
}
