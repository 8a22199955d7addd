//! Debug information proper: the image's own DWARF, or what its PDB says of functions and lines.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gimli::write::{Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString, Sections};
use gimli::{Dwarf, Encoding, EndianSlice, Format, LineEncoding, LittleEndian, SectionId, constants};
use object::{Object, ObjectSection};

use super::Contents;
use crate::image::Image;
use crate::symbols::pdb::Pdb;
use crate::symbols::{Symbols, names, parsed};

/// Those that are taken over as they are when the image lies where it was linked for.
const SECTIONS: [SectionId; 16] = [
    SectionId::DebugAbbrev,
    SectionId::DebugAddr,
    SectionId::DebugAranges,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugLoc,
    SectionId::DebugLocLists,
    SectionId::DebugMacinfo,
    SectionId::DebugMacro,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugTypes,
    SectionId::DebugPubTypes,
];

type Written = Sections<EndianVec<LittleEndian>>;

/// Nothing where there is none, or it is damaged.
pub(super) fn sections(symbols: &Symbols, base: u64) -> Vec<Contents<'_>> {
    let image = &symbols.image;
    // As for other parsers of debug information: not to be trusted with damaged files.
    let found = catch_unwind(AssertUnwindSafe(|| match &symbols.pdb {
        Some(pdb) => from_pdb(pdb, image, base).map(owned),
        None if base == image.preferred_base() => Some(copied(image)),
        None => moved(image, base.wrapping_sub(image.preferred_base())).map(owned),
    }));
    found.ok().flatten().unwrap_or_default()
}

fn owned(mut written: Written) -> Vec<Contents<'static>> {
    let mut all = Vec::new();
    let _ = written.for_each_mut(|id, section| {
        let data = std::mem::replace(section, EndianVec::new(LittleEndian)).into_vec();
        all.extend((!data.is_empty()).then_some((id, Cow::Owned(data))));
        Ok::<(), ()>(())
    });
    all
}

/// A section's bytes, without what pads it to the file's alignment.
fn data<'a>(file: &object::File<'a>, id: SectionId) -> &'a [u8] {
    let found = file.section_by_name(id.name()).and_then(|section| {
        let (data, size) = (section.data().ok()?, usize::try_from(section.size()).ok()?);
        Some(data.get(..size).unwrap_or(data))
    });
    found.unwrap_or_default()
}

fn copied(image: &Image) -> Vec<Contents<'_>> {
    let Some(file) = parsed(image) else { return Vec::new() };
    let sections = SECTIONS.into_iter().map(|id| (id, Cow::Borrowed(data(&file, id))));
    sections.filter(|(_, data)| !data.is_empty()).collect()
}

/// The image's DWARF with all addresses moved by `delta`.
fn moved(image: &Image, delta: u64) -> Option<Written> {
    let file = parsed(image)?;
    let load = |id: SectionId| Ok::<_, ()>(EndianSlice::new(data(&file, id), LittleEndian));
    let dwarf = Dwarf::load(load).ok()?;
    let size = u64::from(image.size());
    let within = |address: u64| address.wrapping_sub(image.preferred_base()) <= size;
    // Offsets, and what the linker has thrown away, are not in the image.
    let moved =
        |address: u64| Some(Address::Constant(if within(address) { address.wrapping_add(delta) } else { address }));
    let mut converted = gimli::write::Dwarf::from(&dwarf, &moved).ok()?;
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    converted.write(&mut sections).ok()?;
    Some(sections)
}

/// Functions and lines as one unit.
fn from_pdb(pdb: &Pdb, image: &Image, base: u64) -> Option<Written> {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let mut dwarf = DwarfUnit::new(encoding);
    let path = image.path().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let name = path.unwrap_or_else(|| "image".to_owned());
    let text = |text: &str| LineString::String(text.bytes().filter(|&byte| byte != 0).collect());
    let mut program = LineProgram::new(encoding, LineEncoding::default(), text("."), None, text(&name), None);
    let folder = program.default_directory();
    // Debuggers for Linux know no other separator.
    let files: Vec<_> = pdb
        .files()
        .iter()
        .map(|file| match file.replace('\\', "/") {
            file if file.bytes().all(|byte| byte == 0) => program.add_file(text("?"), folder, None),
            file => program.add_file(text(&file), folder, None),
        })
        .collect();
    let root = dwarf.unit.root();
    let (mut first, mut end) = (u32::MAX, 0);
    for function in pdb.functions().iter().filter(|function| function.size != 0) {
        let Some(behind) = function.start.checked_add(function.size) else { continue };
        (first, end) = (first.min(function.start), end.max(behind));
        let start = Address::Constant(base + u64::from(function.start));
        let lines = pdb.lines(function);
        if !lines.is_empty() {
            program.begin_sequence(Some(start));
            for &(rva, file, line) in lines {
                let Some(&file) = files.get(file as usize) else { continue };
                let row = program.row();
                (row.address_offset, row.file, row.line) = (u64::from(rva - function.start), file, line.into());
                program.generate_row();
            }
            program.end_sequence(function.size.into());
        }
        let id = dwarf.unit.add(root, constants::DW_TAG_subprogram);
        let name = names::readable(&function.name).bytes().filter(|&byte| byte != 0).collect();
        let entry = dwarf.unit.get_mut(id);
        entry.set(constants::DW_AT_name, AttributeValue::String(name));
        entry.set(constants::DW_AT_external, AttributeValue::Flag(true));
        entry.set(constants::DW_AT_low_pc, AttributeValue::Address(start));
        entry.set(constants::DW_AT_high_pc, AttributeValue::Udata(function.size.into()));
    }
    (first < end).then_some(())?;
    dwarf.unit.line_program = program;
    let unit = dwarf.unit.get_mut(root);
    unit.set(constants::DW_AT_name, AttributeValue::String(name.into_bytes()));
    unit.set(constants::DW_AT_comp_dir, AttributeValue::String(b".".to_vec()));
    unit.set(constants::DW_AT_language, AttributeValue::Language(constants::DW_LANG_C_plus_plus));
    unit.set(constants::DW_AT_low_pc, AttributeValue::Address(Address::Constant(base + u64::from(first))));
    unit.set(constants::DW_AT_high_pc, AttributeValue::Udata(u64::from(end - first)));
    unit.set(constants::DW_AT_stmt_list, AttributeValue::LineProgramRef);
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).ok()?;
    Some(sections)
}
