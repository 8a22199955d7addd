//! Where everything in a synthetic image is, and writing it there.

use std::ops::Range;

use super::stub::Stub;
use super::{CodeExport, ExportKind, SyntheticDll, SyntheticError, SyntheticExport};
use crate::bytes::align_up;
use crate::image::PAGE;

/// Marks an ordinal that no export has.
pub(super) const UNUSED: u32 = u32::MAX;

const HEADERS: u32 = PAGE;
const MAX_SIZE: u64 = 0x4000_0000;
const DATA_ALIGN: u64 = 16;
const SLOT: u32 = 8;
const DIRECTORY: u32 = 40;

const NT_OFFSET: usize = 0x80;
const OPTIONAL_HEADER: usize = NT_OFFSET + 24;
const OPTIONAL_SIZE: u16 = 240;
const SECTION_TABLE: usize = OPTIONAL_HEADER + OPTIONAL_SIZE as usize;

const CODE: u32 = 0x6000_0020;
const READ_ONLY_DATA: u32 = 0x4000_0040;
const WRITABLE_DATA: u32 = 0xc000_0040;

/// The image's layout: ranges are of RVAs and page-aligned.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) size: u32,
    pub(super) text: Range<u32>,
    pub(super) rdata: Range<u32>,
    data: Range<u32>,
    /// RVA of the export directory, which follows the jump slots in `.rdata`.
    directory: u32,
    directory_size: u32,
    /// RVA of each export's stub or variable; 0 for forwarders.
    pub(super) targets: Vec<u32>,
    /// Ordinal of each export.
    pub(super) ordinals: Vec<u16>,
    /// Exports with names, by name.
    pub(super) by_name: Vec<u32>,
    /// Exports by ordinal, from the lowest.
    pub(super) by_ordinal: Vec<u32>,
    pub(super) ordinal_base: u16,
}

pub(super) fn name_bytes(export: &SyntheticExport) -> &[u8] {
    export.name.as_deref().unwrap_or_default().as_bytes()
}

fn stub_of(code: &CodeExport, context_slot: u32) -> Stub {
    let context = code.context.map(|context| (context, context_slot));
    Stub { service: code.service, context, number: None }
}

impl Layout {
    pub(super) fn new(dll: &SyntheticDll) -> Result<Self, SyntheticError> {
        let by_name = sort_names(&dll.exports)?;
        let (ordinals, ordinal_base, by_ordinal) = assign_ordinals(&dll.exports, &by_name)?;
        let (mut text, mut slots, mut data, mut strings) = (0_u64, 0_u64, 0_u64, dll.name.len() as u64 + 1);
        let mut offsets = Vec::with_capacity(dll.exports.len());
        for export in &dll.exports {
            strings += export.name.as_ref().map_or(0, |name| name.len() as u64 + 1);
            match &export.kind {
                ExportKind::Code(code) => {
                    offsets.push(text);
                    text += u64::from(stub_of(code, 0).size());
                    slots += u64::from(SLOT);
                }
                ExportKind::Data { size, init } => {
                    offsets.push(data);
                    let size = u64::from(*size).max(init.len() as u64).max(1);
                    data = align_up(data.saturating_add(size), DATA_ALIGN).ok_or(SyntheticError::TooLarge)?;
                }
                ExportKind::Forward(target) => {
                    offsets.push(0);
                    strings += target.len() as u64 + 1;
                }
            }
        }
        let tables = 4 * by_ordinal.len() as u64 + 6 * by_name.len() as u64;
        let directory_size = u64::from(DIRECTORY) + tables + strings;
        let mut end = u64::from(HEADERS);
        let mut place = |size: u64| {
            let start = end;
            end = align_up(end.saturating_add(size), PAGE.into())
                .filter(|&end| end <= MAX_SIZE)
                .ok_or(SyntheticError::TooLarge)?;
            Ok::<_, SyntheticError>(start as u32..end as u32)
        };
        // Every section has a page at least: an empty one would not be a valid section.
        let (text, rdata, data) = (place(text.max(1))?, place(slots + directory_size)?, place(data.max(1))?);
        let targets = dll.exports.iter().zip(&offsets).map(|(export, &offset)| match &export.kind {
            ExportKind::Code(_) => text.start + offset as u32,
            ExportKind::Data { .. } => data.start + offset as u32,
            ExportKind::Forward(_) => 0,
        });
        Ok(Self {
            size: data.end,
            directory: rdata.start + slots as u32,
            directory_size: directory_size as u32,
            targets: targets.collect(),
            text,
            rdata,
            data,
            ordinals,
            by_name,
            by_ordinal,
            ordinal_base,
        })
    }

    /// Writes the whole image into `memory`, which is zeroed and has [`Layout::size`] bytes.
    pub(super) fn write(&self, dll: &SyntheticDll, base: u64, memory: &mut [u8]) {
        self.write_headers(base, memory);
        let mut slot = self.rdata.start;
        for (export, &rva) in dll.exports.iter().zip(&self.targets) {
            match &export.kind {
                ExportKind::Code(code) => {
                    let stub = stub_of(code, dll.context_slot);
                    if let Some(place) = memory.get_mut(rva as usize..self.text.end as usize) {
                        stub.write(place, rva, slot);
                    }
                    put(memory, slot, &code.entry.to_le_bytes());
                    slot += SLOT;
                }
                ExportKind::Data { init, .. } => put(memory, rva, init),
                ExportKind::Forward(_) => {}
            }
        }
        self.write_exports(dll, memory);
    }

    fn write_exports(&self, dll: &SyntheticDll, memory: &mut [u8]) {
        let functions = self.directory + DIRECTORY;
        let names = functions + 4 * self.by_ordinal.len() as u32;
        let name_ordinals = names + 4 * self.by_name.len() as u32;
        let mut string = name_ordinals + 2 * self.by_name.len() as u32;
        // Strings need no terminator written: the memory is zeroed.
        let mut put_string = |memory: &mut [u8], text: &[u8]| {
            let rva = string;
            put(memory, rva, text);
            string += text.len() as u32 + 1;
            rva
        };
        let name = put_string(memory, dll.name.as_bytes());
        let fields = [
            (12, name),
            (16, u32::from(self.ordinal_base)),
            (20, self.by_ordinal.len() as u32),
            (24, self.by_name.len() as u32),
            (28, functions),
            (32, names),
            (36, name_ordinals),
        ];
        for (offset, value) in fields {
            put(memory, self.directory + offset, &value.to_le_bytes());
        }
        for (slot, &index) in (0..).zip(&self.by_ordinal) {
            let target = match dll.exports.get(index as usize).map(|export| &export.kind) {
                None => 0,
                Some(ExportKind::Forward(target)) => put_string(memory, target.as_bytes()),
                Some(_) => self.targets.get(index as usize).copied().unwrap_or_default(),
            };
            put(memory, functions + 4 * slot, &target.to_le_bytes());
        }
        for (slot, &index) in (0..).zip(&self.by_name) {
            let Some(export) = dll.exports.get(index as usize) else { continue };
            let ordinal = self.ordinals.get(index as usize).copied().unwrap_or_default() - self.ordinal_base;
            let rva = put_string(memory, name_bytes(export));
            put(memory, names + 4 * slot, &rva.to_le_bytes());
            put(memory, name_ordinals + 2 * slot, &ordinal.to_le_bytes());
        }
    }

    fn write_headers(&self, base: u64, memory: &mut [u8]) {
        let mut put = |offset: usize, bytes: &[u8]| put(memory, offset as u32, bytes);
        put(0, b"MZ");
        put(0x3c, &(NT_OFFSET as u32).to_le_bytes());
        put(NT_OFFSET, b"PE\0\0");
        put(NT_OFFSET + 4, &0x8664_u16.to_le_bytes());
        put(NT_OFFSET + 6, &3_u16.to_le_bytes());
        put(NT_OFFSET + 20, &OPTIONAL_SIZE.to_le_bytes());
        // Executable, large address aware, a DLL.
        put(NT_OFFSET + 22, &0x2022_u16.to_le_bytes());
        let words: [(usize, u32); 15] = [
            (0, 0x0e0e_020b),
            (4, self.text.end - self.text.start),
            (8, self.size - self.text.end),
            (20, self.text.start),
            (32, PAGE),
            (36, PAGE),
            // Required Windows and subsystem versions: 10.0.
            (40, 10),
            (44, 10),
            (48, 10),
            (56, self.size),
            (60, HEADERS),
            // Console subsystem; high entropy, dynamic base, no execution of data.
            (68, 3 | 0x0160 << 16),
            (108, 16),
            (112, self.directory),
            (116, self.directory_size),
        ];
        for (offset, value) in words {
            put(OPTIONAL_HEADER + offset, &value.to_le_bytes());
        }
        put(OPTIONAL_HEADER + 24, &base.to_le_bytes());
        for (offset, value) in [(72, 0x4_0000_u64), (80, 0x1000), (88, 0x10_0000), (96, 0x1000)] {
            put(OPTIONAL_HEADER + offset, &value.to_le_bytes());
        }
        let sections: [(&[u8], &Range<u32>, u32); 3] = [
            (b".text", &self.text, CODE),
            (b".rdata", &self.rdata, READ_ONLY_DATA),
            (b".data", &self.data, WRITABLE_DATA),
        ];
        for ((name, range, flags), header) in sections.into_iter().zip((SECTION_TABLE..).step_by(40)) {
            put(header, name);
            let size = range.end - range.start;
            for (offset, value) in [(8, size), (12, range.start), (16, size), (20, range.start), (36, flags)] {
                put(header + offset, &value.to_le_bytes());
            }
        }
    }
}

fn put(memory: &mut [u8], rva: u32, bytes: &[u8]) {
    if let Some(place) = memory.get_mut(rva as usize..rva as usize + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Indices of the exports that have names, sorted by name.
fn sort_names(exports: &[SyntheticExport]) -> Result<Vec<u32>, SyntheticError> {
    if exports.len() > usize::from(u16::MAX) {
        return Err(SyntheticError::TooLarge);
    }
    let named = |index: u32| exports.get(index as usize).map_or(&b""[..], name_bytes);
    let mut sorted: Vec<u32> =
        (0..).zip(exports).filter(|(_, export)| export.name.is_some()).map(|(index, _)| index).collect();
    if !sorted.is_sorted_by(|&a, &b| named(a) < named(b)) {
        sorted.sort_unstable_by_key(|&index| named(index));
        let twice = sorted.windows(2).find(|pair| matches!(pair, [a, b] if named(*a) == named(*b)));
        if let Some(&[name, _]) = twice {
            return Err(SyntheticError::Name(String::from_utf8_lossy(named(name)).into_owned()));
        }
    }
    match sorted.first() {
        Some(&first) if named(first).is_empty() => Err(SyntheticError::Name(String::new())),
        _ => Ok(sorted),
    }
}

/// The ordinal of each export, the lowest one, and the exports by ordinal from there.
fn assign_ordinals(exports: &[SyntheticExport], by_name: &[u32]) -> Result<(Vec<u16>, u16, Vec<u32>), SyntheticError> {
    let mut ordinals: Vec<u16> = exports.iter().map(|export| export.ordinal.unwrap_or_default()).collect();
    let highest = ordinals.iter().copied().max().unwrap_or_default();
    let mut owners = vec![UNUSED; usize::from(highest) + exports.len() + 1];
    for (index, export) in (0..).zip(exports) {
        let Some(ordinal) = export.ordinal else { continue };
        match owners.get_mut(usize::from(ordinal)) {
            Some(owner) if *owner == UNUSED && ordinal != 0 => *owner = index,
            _ => return Err(SyntheticError::Ordinal(ordinal)),
        }
    }
    let unnamed = (0..).zip(exports).filter(|(_, export)| export.name.is_none()).map(|(index, _)| index);
    let mut next = 1;
    for index in by_name.iter().copied().chain(unnamed) {
        let Some(ordinal) = ordinals.get_mut(index as usize).filter(|ordinal| **ordinal == 0) else { continue };
        while owners.get(next).is_some_and(|&owner| owner != UNUSED) {
            next += 1;
        }
        *ordinal = u16::try_from(next).map_err(|_| SyntheticError::TooLarge)?;
        if let Some(owner) = owners.get_mut(next) {
            *owner = index;
        }
    }
    let base = owners.iter().position(|&owner| owner != UNUSED).unwrap_or(1);
    let end = owners.iter().rposition(|&owner| owner != UNUSED).map_or(base, |last| last + 1);
    let by_ordinal = owners.get(base..end).unwrap_or_default().to_vec();
    Ok((ordinals, u16::try_from(base).unwrap_or(1), by_ordinal))
}
