//! The ELF files of built images, read with another parser.

use std::path::Path;

use gimli::{BaseAddresses, DebugFrame, EndianSlice, LittleEndian, UnwindContext, UnwindSection, X86_64};
use object::{Object, ObjectSection, ObjectSymbol};

use super::ENTRY;
use crate::symbols::Symbols;
use crate::unwind::RuntimeFunction;

const BINARIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-binaries/bin");

fn symbols(name: &str) -> Symbols {
    Symbols::open(&Path::new(BINARIES).join(name), |_| None).unwrap()
}

fn address_of(file: &object::File<'_>, name: &str) -> Option<u64> {
    file.symbols().find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address())
}

/// The line that the file's DWARF has for an address.
fn line_at(file: &object::File<'_>, address: u64) -> Option<(String, u32)> {
    let section = |id: gimli::SectionId| {
        let data = file.section_by_name(id.name()).and_then(|section| section.data().ok()).unwrap_or_default();
        Ok::<_, ()>(EndianSlice::new(data, LittleEndian))
    };
    let context = addr2line::Context::from_dwarf(gimli::Dwarf::load(section).unwrap()).unwrap();
    let location = context.find_location(address).unwrap()?;
    Some((location.file?.to_owned(), location.line?))
}

#[test]
fn functions_lie_where_the_image_was_loaded() {
    for (name, function) in [("crash_symbols.exe", "middle"), ("crash_pdb.exe", "read_null"), ("dll_a.dll", "a_add")] {
        let symbols = symbols(name);
        let start = symbols.functions().iter().find(|known| known.name == function).unwrap().start;
        for base in [symbols.image().preferred_base(), 0x7000_0000] {
            let bytes = symbols.to_elf(base).unwrap();
            let file = object::File::parse(&*bytes).unwrap();
            assert_eq!(address_of(&file, function), Some(base + u64::from(start)), "{name}");
            let entry = symbols.image().entry().filter(|_| !symbols.image().is_dll());
            assert_eq!(address_of(&file, ENTRY), entry.map(|entry| base + u64::from(entry)), "{name}");
        }
    }
}

#[test]
fn lines_move_with_the_image() {
    for (name, function, source) in
        [("crash_symbols.exe", "middle", "crash_symbols.c"), ("crash_pdb.exe", "read_null", "crash_pdb.c")]
    {
        let symbols = symbols(name);
        let start = symbols.functions().iter().find(|known| known.name == function).unwrap().start;
        let expected = symbols.find(start, false).unwrap().frames.last().unwrap().line.clone().unwrap();
        for base in [symbols.image().preferred_base(), 0x7000_0000] {
            let bytes = symbols.to_elf(base).unwrap();
            let file = object::File::parse(&*bytes).unwrap();
            let (found, line) = line_at(&file, base + u64::from(start)).unwrap();
            assert!(found.ends_with(source), "{name}: {found}");
            assert_eq!(line, expected.line, "{name}");
        }
    }
}

#[test]
fn every_function_with_unwind_information_can_be_left() {
    let symbols = symbols("crash_symbols.exe");
    let (image, base) = (symbols.image(), 0x7000_0000);
    let bytes = symbols.to_elf(base).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let data = file.section_by_name(".debug_frame").unwrap().data().unwrap();
    let mut section = DebugFrame::new(data, LittleEndian);
    section.set_address_size(8);
    let bases = BaseAddresses::default();
    assert!(image.function_count() > 10);
    for RuntimeFunction { begin, end, .. } in (0..image.function_count()).map(|index| image.function(index).unwrap()) {
        for rva in [begin, end - 1] {
            let address = base + u64::from(rva);
            let row = section
                .unwind_info_for_address(&bases, &mut UnwindContext::new(), address, DebugFrame::cie_from_offset)
                .map(|row| (row.cfa().clone(), row.register(X86_64::RA)));
            let (cfa, ra) = row.unwrap_or_else(|error| panic!("{begin:#x}: {error}"));
            assert_eq!(ra, Some(gimli::RegisterRule::Offset(-8)));
            if rva == begin {
                assert_eq!(cfa, gimli::CfaRule::RegisterAndOffset { register: X86_64::RSP, offset: 8 });
            }
        }
    }
}
