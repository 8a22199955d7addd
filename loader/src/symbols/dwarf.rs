//! Source lines and expanded functions from an image's DWARF sections, which gcc and clang for mingw write.

use addr2line::Context;
use std::panic::{AssertUnwindSafe, catch_unwind};

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use object::{Object, ObjectSection};

use super::{Line, parsed};
use crate::image::Image;

/// Functions expanded into each other that are looked at, at most.
const MOST_EXPANDED: usize = 16;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// The functions at `rva`, innermost first; empty where nothing is known.
pub(super) fn frames(image: &Image, rva: u32) -> Vec<(Option<String>, Option<Line>)> {
    // As for other parsers of debug information: not to be trusted with damaged files.
    catch_unwind(AssertUnwindSafe(|| find(image, rva))).ok().flatten().unwrap_or_default()
}

fn find(image: &Image, rva: u32) -> Option<Vec<(Option<String>, Option<Line>)>> {
    let file = parsed(image)?;
    let section = |id: SectionId| -> Result<Reader<'_>, ()> {
        let found = file.section_by_name(id.name());
        // Padded to the file's alignment: the tables end where their virtual size says.
        let size = |section: &object::Section<'_, '_>| usize::try_from(section.size()).unwrap_or(usize::MAX);
        let bytes = found.and_then(|section| {
            let data = section.data().ok()?;
            Some(data.get(..size(&section)).unwrap_or(data))
        });
        Ok(EndianSlice::new(bytes.unwrap_or_default(), LittleEndian))
    };
    let dwarf = Dwarf::load(section).ok()?;
    let context = Context::from_dwarf(dwarf).ok()?;
    let address = file.relative_address_base() + u64::from(rva);
    let mut frames = Vec::new();
    let mut found = context.find_frames(address).skip_all_loads().ok()?;
    while let (true, Ok(Some(frame))) = (frames.len() < MOST_EXPANDED, found.next()) {
        let name = frame.function.and_then(|function| Some(function.raw_name().ok()?.into_owned()));
        let line = frame.location.and_then(|location| {
            Some(Line { file: location.file?.to_owned(), line: location.line.unwrap_or_default() })
        });
        frames.push((name, line));
    }
    Some(frames)
}
