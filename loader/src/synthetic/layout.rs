//! Where everything in a synthetic image is, and writing it there.

use std::ops::Range;

use super::order::Order;
use super::stub::{ServiceShape, Stub};
use super::{Access, CodeExport, ExportKind, ExportTable, Summary, SyntheticDll, SyntheticError, SyntheticExport};
use crate::bytes::align_up;
use crate::image::PAGE;

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
    pub(super) data: Range<u32>,
    /// Stubs of system services, the last pages of `.text`, and what they look like.
    pub(super) services: Option<(Range<u32>, ServiceShape)>,
    /// Bytes from one export's stub to the next one's; an export without a stub has the room of one.
    stub_size: u32,
    /// RVAs of the variables, in the order of the table: (index, RVA).
    variables: Vec<(u32, u32)>,
    /// RVA of the export directory, which follows the jump slots in `.rdata`.
    directory: u32,
    directory_size: u32,
}

fn stub_of(code: &CodeExport, context_slot: u32) -> Stub {
    let context = code.context.map(|context| (context, context_slot));
    Stub { context, number: None }
}

impl Layout {
    pub(super) fn new(dll: &SyntheticDll, summary: &Summary, order: &Order) -> Result<Self, SyntheticError> {
        let exports = &*dll.exports;
        let (mut data, mut variables) = (0_u64, Vec::new());
        for index in 0..if summary.has_variables { exports.len() } else { 0 } {
            let Some(SyntheticExport { kind: ExportKind::Data { size, init }, .. }) = exports.get(index) else {
                continue;
            };
            variables.push((index as u32, data as u32));
            let size = u64::from(size).max(init.len() as u64).max(1);
            data = align_up(data.saturating_add(size), DATA_ALIGN)
                .filter(|&end| end <= MAX_SIZE)
                .ok_or(SyntheticError::TooLarge)?;
        }
        let stub = Stub { context: summary.has_contexts.then_some((0, 0)), number: None };
        let (stub_size, strings) = (stub.size(), dll.name.len() as u64 + 1 + summary.strings);
        let count = exports.len() as u64;
        let tables = 4 * u64::from(order.ordinals()) + 6 * u64::from(order.names());
        let slots = u64::from(SLOT) * count;
        let directory_size = u64::from(DIRECTORY) + tables + strings;
        let mut end = u64::from(HEADERS);
        let mut place = |size: u64| {
            let start = end;
            // Every section has a page at least: an empty one would not be a valid section.
            end = align_up(end.saturating_add(size.max(1)), PAGE.into())
                .filter(|&end| end <= MAX_SIZE)
                .ok_or(SyntheticError::TooLarge)?;
            Ok::<_, SyntheticError>(start as u32..end as u32)
        };
        let mut text = place(u64::from(stub_size) * count)?;
        let mut services = None;
        if let Some((count, shape)) = exports.services() {
            let range = place(u64::from(count) * u64::from(shape.size()))?;
            text.end = range.end;
            services = Some((range, shape));
        }
        let (rdata, data) = (place(slots + directory_size)?, place(data)?);
        variables.iter_mut().for_each(|(_, rva)| *rva += data.start);
        Ok(Self {
            size: data.end,
            directory: rdata.start + slots as u32,
            directory_size: directory_size as u32,
            text,
            rdata,
            data,
            services,
            stub_size,
            variables,
        })
    }

    /// RVA of the stub that leads straight to an export's function.
    pub(super) fn stub(&self, index: usize) -> u32 {
        self.text.start + self.stub_size * index as u32
    }

    /// RVA of a system service's stub.
    fn service(&self, number: u32) -> Option<u32> {
        let (range, shape) = self.services.as_ref()?;
        Some(range.start + shape.size().checked_mul(number)?).filter(|rva| range.contains(rva))
    }

    /// RVA of what the guest is given as an export: its stub or variable; `None` for forwarders.
    pub(super) fn target(&self, index: usize, kind: &ExportKind) -> Option<u32> {
        match kind {
            ExportKind::Code(code) => {
                Some(code.service.and_then(|number| self.service(number)).unwrap_or_else(|| self.stub(index)))
            }
            ExportKind::Data { .. } => {
                let place = self.variables.binary_search_by_key(&(index as u32), |&(index, _)| index).ok()?;
                self.variables.get(place).map(|&(_, rva)| rva)
            }
            ExportKind::Forward(_) => None,
        }
    }

    /// The export whose stub or variable is the last at or below an RVA, by index.
    pub(super) fn target_at(&self, rva: u32, exports: &dyn ExportTable) -> Option<usize> {
        if let Some(last) = self.variables.partition_point(|&(_, variable)| variable <= rva).checked_sub(1) {
            return self.variables.get(last).map(|&(index, _)| index as usize);
        }
        if let Some((range, shape)) = self.services.as_ref().filter(|(range, _)| range.contains(&rva)) {
            let number = (rva - range.start) / shape.size();
            let is_it = |index: &usize| matches!(exports.get(*index), Some(SyntheticExport { kind: ExportKind::Code(code), .. }) if code.service == Some(number));
            return (0..exports.len()).find(is_it);
        }
        let beyond = rva.checked_sub(self.text.start)?.checked_div(self.stub_size)? as usize + 1;
        let is_code =
            |&index: &usize| matches!(exports.get(index), Some(export) if matches!(export.kind, ExportKind::Code(_)));
        (0..beyond.min(exports.len())).rev().find(is_code)
    }

    pub(super) fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    /// Whether the section at an RVA allows an access.
    pub(super) fn allows(&self, rva: u32, access: Access) -> bool {
        match access {
            Access::Read => rva < self.size,
            Access::Write => self.data.contains(&rva),
            // Whoever lets a service's stub run prepares for what it does.
            Access::Execute => self.text.contains(&rva) && !self.is_service(rva),
        }
    }

    fn is_service(&self, rva: u32) -> bool {
        self.services.as_ref().is_some_and(|(range, _)| range.contains(&rva))
    }

    /// Writes the variables into `.data`, which is zeroed.
    pub(super) fn write_variables(&self, exports: &dyn ExportTable, data: &mut [u8]) {
        for &(index, rva) in &self.variables {
            if let Some(SyntheticExport { kind: ExportKind::Data { init, .. }, .. }) = exports.get(index as usize) {
                put(data, rva - self.data.start, init);
            }
        }
    }

    /// Writes the headers and the sections before `.data` into `memory`, which is zeroed and has room for them.
    pub(super) fn write(&self, dll: &SyntheticDll, order: &Order, base: u64, memory: &mut [u8]) {
        self.write_headers(base, memory);
        for index in 0..dll.exports.len() {
            let Some(SyntheticExport { kind: ExportKind::Code(code), .. }) = dll.exports.get(index) else { continue };
            let rva = self.stub(index);
            let slot = self.rdata.start + SLOT * index as u32;
            if let Some(place) = memory.get_mut(rva as usize..self.text.end as usize) {
                stub_of(&code, dll.context_slot).write(place, rva, slot);
            }
            put(memory, slot, &code.entry.to_le_bytes());
        }
        if let Some((range, shape)) = &self.services
            && let Some(place) = memory.get_mut(range.start as usize..range.end as usize)
        {
            let count = dll.exports.services().map_or(0, |(count, _)| count);
            for (number, stub) in (0..count).zip(place.chunks_exact_mut(shape.size() as usize)) {
                shape.write(number, stub);
            }
        }
        self.write_exports(dll, order, memory);
    }

    fn write_exports(&self, dll: &SyntheticDll, order: &Order, memory: &mut [u8]) {
        let functions = self.directory + DIRECTORY;
        let names = functions + 4 * order.ordinals();
        let name_ordinals = names + 4 * order.names();
        let mut string = name_ordinals + 2 * order.names();
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
            (16, u32::from(order.base())),
            (20, order.ordinals()),
            (24, order.names()),
            (28, functions),
            (32, names),
            (36, name_ordinals),
        ];
        for (offset, value) in fields {
            put(memory, self.directory + offset, &value.to_le_bytes());
        }
        for place in 0..order.ordinals() {
            let Some(index) = order.by_ordinal(place) else { continue };
            let Some(SyntheticExport { kind, .. }) = dll.exports.get(index) else { continue };
            let target = match kind {
                ExportKind::Forward(target) => put_string(memory, target.as_bytes()),
                _ => self.target(index, &kind).unwrap_or_default(),
            };
            put(memory, functions + 4 * place, &target.to_le_bytes());
        }
        for place in 0..order.names() {
            let Some(index) = order.by_name(place) else { continue };
            let (Some(export), Some(ordinal)) = (dll.exports.get(index), order.ordinal(index)) else { continue };
            let rva = put_string(memory, export.name_bytes());
            put(memory, names + 4 * place, &rva.to_le_bytes());
            put(memory, name_ordinals + 2 * place, &(ordinal - order.base()).to_le_bytes());
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
