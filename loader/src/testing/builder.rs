//! Builds PE images.

use std::collections::BTreeMap;

use super::tables::{self, ExportRow, ImportRow, ResourceRow, TlsTable};

/// Where the first section, `.text`, is.
pub const TEXT_RVA: u32 = 0x1000;

const NT_OFFSET: usize = 0x80;
const DATA_FLAGS: u32 = 0xc000_0040;
const CODE_FLAGS: u32 = 0x6000_0020;

/// How a test image imports a symbol.
#[derive(Debug, Clone, Copy)]
pub enum ImportBy<'a> {
    Name(&'a str),
    Ordinal(u16),
}

/// A PE image to be built: `.text` at [`TEXT_RVA`], then the sections added, then a section for each table.
#[derive(Debug, Clone)]
pub struct PeBuilder {
    pub machine: u16,
    pub pe32: bool,
    pub characteristics: u16,
    pub dll_characteristics: u16,
    pub subsystem: u16,
    pub image_base: u64,
    pub entry: u32,
    pub section_alignment: u32,
    pub file_alignment: u32,
    sections: Vec<Section>,
    name: String,
    imports: Vec<ImportRow>,
    delay_imports: Vec<ImportRow>,
    exports: Vec<ExportRow>,
    ordinal_base: u32,
    relocations: Vec<(u8, u32)>,
    tls: Option<TlsTable>,
    resources: Vec<ResourceRow>,
    functions: Vec<[u32; 3]>,
    directories: BTreeMap<usize, (u32, u32)>,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    flags: u32,
    bytes: Vec<u8>,
    virtual_size: u32,
}

/// A built image and where things are in it.
#[derive(Debug, Clone)]
pub struct Built {
    pub bytes: Vec<u8>,
    /// RVA, file offset and size in the file of each section, by name.
    pub sections: BTreeMap<String, (u32, u32, u32)>,
    pe32: bool,
}

impl PeBuilder {
    /// A console program with one instruction, `ret`.
    pub fn exe() -> Self {
        Self {
            machine: 0x8664,
            pe32: false,
            characteristics: 0x22,
            dll_characteristics: 0x160,
            subsystem: 3,
            image_base: 0x1_4000_0000,
            entry: TEXT_RVA,
            section_alignment: 0x1000,
            file_alignment: 0x200,
            sections: vec![Section { name: ".text".into(), flags: CODE_FLAGS, bytes: vec![0xc3], virtual_size: 0 }],
            name: "test.exe".into(),
            imports: Vec::new(),
            delay_imports: Vec::new(),
            exports: Vec::new(),
            ordinal_base: 1,
            relocations: Vec::new(),
            tls: None,
            resources: Vec::new(),
            functions: Vec::new(),
            directories: BTreeMap::new(),
        }
    }

    /// A DLL of this name without an entry point.
    pub fn dll(name: &str) -> Self {
        Self { characteristics: 0x2022, image_base: 0x1_8000_0000, entry: 0, name: name.into(), ..Self::exe() }
    }

    /// Changes header fields.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Turns the image into a 32-bit one.
    pub fn pe32(mut self) -> Self {
        (self.machine, self.pe32, self.image_base) = (0x14c, true, 0x40_0000);
        self.characteristics |= 0x100;
        self
    }

    /// Replaces the contents of `.text`.
    pub fn text(mut self, code: &[u8]) -> Self {
        self.sections[0].bytes = code.to_vec();
        self
    }

    /// Adds a section.
    pub fn section(mut self, name: &str, flags: u32, bytes: &[u8]) -> Self {
        self.sections.push(Section { name: name.into(), flags, bytes: bytes.to_vec(), virtual_size: 0 });
        self
    }

    /// Adds a section larger in memory than in the file.
    pub fn section_sized(mut self, name: &str, flags: u32, bytes: &[u8], virtual_size: u32) -> Self {
        self.sections.push(Section { name: name.into(), flags, bytes: bytes.to_vec(), virtual_size });
        self
    }

    /// Imports symbols of a DLL.
    pub fn import(mut self, dll: &str, symbols: &[ImportBy<'_>]) -> Self {
        self.imports.push((dll.into(), symbols.iter().map(owned).collect()));
        self
    }

    /// Delay-imports symbols of a DLL.
    pub fn delay_import(mut self, dll: &str, symbols: &[ImportBy<'_>]) -> Self {
        self.delay_imports.push((dll.into(), symbols.iter().map(owned).collect()));
        self
    }

    /// Sets the lowest ordinal of the exports.
    pub fn ordinal_base(mut self, base: u32) -> Self {
        self.ordinal_base = base;
        self
    }

    /// Exports an RVA under a name; ordinals count up in the order of calls.
    pub fn export(mut self, name: &str, rva: u32) -> Self {
        self.exports.push(ExportRow { name: Some(name.into()), rva, forward: None });
        self
    }

    /// Exports an RVA by ordinal only.
    pub fn export_unnamed(mut self, rva: u32) -> Self {
        self.exports.push(ExportRow { name: None, rva, forward: None });
        self
    }

    /// Exports a forwarder.
    pub fn forward(mut self, name: &str, target: &str) -> Self {
        self.exports.push(ExportRow { name: Some(name.into()), rva: 0, forward: Some(target.into()) });
        self
    }

    /// Adds a base relocation of an `IMAGE_REL_BASED_*` type.
    pub fn relocation(mut self, kind: u8, rva: u32) -> Self {
        self.relocations.push((kind, rva));
        self
    }

    /// Marks the image as one that cannot move.
    pub fn strip_relocations(mut self) -> Self {
        self.characteristics |= 1;
        self
    }

    /// Gives the image thread-local storage with callbacks at these RVAs.
    pub fn tls(mut self, template: &[u8], zero_fill: u32, callbacks: &[u32]) -> Self {
        self.tls = Some(TlsTable { template: template.into(), zero_fill, callbacks: callbacks.into() });
        self
    }

    /// Adds a resource with numeric type and name.
    pub fn resource(mut self, kind: u16, name: u16, language: u16, bytes: &[u8]) -> Self {
        self.resources.push(ResourceRow { kind: Err(kind), name: Err(name), language, bytes: bytes.into() });
        self
    }

    /// Adds a resource with textual type and name.
    pub fn named_resource(mut self, kind: &str, name: &str, language: u16, bytes: &[u8]) -> Self {
        self.resources.push(ResourceRow {
            kind: Ok(kind.into()),
            name: Ok(name.into()),
            language,
            bytes: bytes.into(),
        });
        self
    }

    /// Adds a row to `.pdata`.
    pub fn function(mut self, begin: u32, end: u32, unwind_info: u32) -> Self {
        self.functions.push([begin, end, unwind_info]);
        self
    }

    /// Sets a data directory to anything.
    pub fn directory(mut self, index: usize, rva: u32, size: u32) -> Self {
        self.directories.insert(index, (rva, size));
        self
    }

    /// Builds the image.
    pub fn build(&self) -> Built {
        let mut this = self.clone();
        this.add_tables();
        this.write()
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.build().bytes
    }

    fn next_rva(&self) -> u32 {
        let step = |section: &Section| section.size().next_multiple_of(self.section_alignment.max(1));
        let first = TEXT_RVA.max(self.section_alignment);
        first + self.sections.iter().map(step).sum::<u32>()
    }

    fn add_table(&mut self, directory: usize, name: &str, flags: u32, build: impl FnOnce(u32) -> Vec<u8>) -> u32 {
        let rva = self.next_rva();
        let bytes = build(rva);
        self.directories.entry(directory).or_insert((rva, bytes.len() as u32));
        self.sections.push(Section { name: name.into(), flags, bytes, virtual_size: 0 });
        rva
    }

    fn add_tables(&mut self) {
        let this = self.clone();
        if !this.imports.is_empty() {
            self.add_table(1, ".idata", DATA_FLAGS, |rva| tables::imports(&this.imports, rva, this.pe32));
        }
        if !this.delay_imports.is_empty() {
            self.add_table(13, ".didat", DATA_FLAGS, |rva| tables::delay_imports(&this.delay_imports, rva, this.pe32));
        }
        if !this.exports.is_empty() {
            let build = |rva| tables::exports(&this.name, &this.exports, this.ordinal_base, rva);
            self.add_table(0, ".edata", 0x4000_0040, build);
        }
        if !this.functions.is_empty() {
            let rows = |_| this.functions.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
            self.add_table(3, ".pdata", 0x4000_0040, rows);
        }
        if let Some(tls) = &this.tls {
            let rva = self.add_table(9, ".tls", DATA_FLAGS, |rva| tls.build(rva, this.image_base));
            self.directories.insert(9, (rva, 40));
            self.relocations.extend(tls.relocations(rva).map(|rva| (10, rva)));
        }
        if !this.resources.is_empty() {
            self.add_table(2, ".rsrc", 0x4000_0040, |rva| tables::resources(&this.resources, rva));
        }
        if !self.relocations.is_empty() {
            let relocations = self.relocations.clone();
            self.add_table(5, ".reloc", 0x4200_0040, |_| tables::relocations(&relocations));
        }
    }

    fn write(&self) -> Built {
        let optional_size = if self.pe32 { 224 } else { 240 };
        let table = NT_OFFSET + 24 + optional_size;
        let headers = (table + 40 * self.sections.len()).next_multiple_of(self.file_alignment.max(1) as usize);
        let mut bytes = vec![0; headers];
        let mut sections = BTreeMap::new();
        let mut rva = TEXT_RVA.max(self.section_alignment);
        for (index, section) in self.sections.iter().enumerate() {
            let raw_offset = bytes.len();
            bytes.extend_from_slice(&section.bytes);
            bytes.resize(bytes.len().next_multiple_of(self.file_alignment.max(1) as usize), 0);
            let raw_size = (bytes.len() - raw_offset) as u32;
            let header = table + 40 * index;
            let name: Vec<u8> = section.name.bytes().take(8).collect();
            put(&mut bytes, header, &name);
            let raw = if raw_size == 0 { 0 } else { raw_offset as u32 };
            for (offset, value) in [(8, section.size()), (12, rva), (16, raw_size), (20, raw), (36, section.flags)] {
                put(&mut bytes, header + offset, &value.to_le_bytes());
            }
            sections.insert(section.name.clone(), (rva, raw_offset as u32, raw_size));
            rva += section.size().next_multiple_of(self.section_alignment.max(1));
        }
        self.write_headers(&mut bytes, rva, headers as u32);
        Built { bytes, sections, pe32: self.pe32 }
    }

    fn write_headers(&self, bytes: &mut [u8], size_of_image: u32, size_of_headers: u32) {
        put(bytes, 0, b"MZ");
        put(bytes, 0x18, &0x40_u16.to_le_bytes());
        put(bytes, 0x3c, &(NT_OFFSET as u32).to_le_bytes());
        put(bytes, NT_OFFSET, b"PE\0\0");
        put(bytes, NT_OFFSET + 4, &self.machine.to_le_bytes());
        put(bytes, NT_OFFSET + 6, &(self.sections.len() as u16).to_le_bytes());
        put(bytes, NT_OFFSET + 20, &(if self.pe32 { 224_u16 } else { 240 }).to_le_bytes());
        put(bytes, NT_OFFSET + 22, &self.characteristics.to_le_bytes());
        let optional = NT_OFFSET + 24;
        put(bytes, optional, &(if self.pe32 { 0x10b_u16 } else { 0x20b }).to_le_bytes());
        let fields = [
            (16, self.entry),
            (20, TEXT_RVA),
            (32, self.section_alignment),
            (36, self.file_alignment),
            (40, 6),
            (48, 6),
            (56, size_of_image),
            (60, size_of_headers),
        ];
        for (offset, value) in fields {
            put(bytes, optional + offset, &value.to_le_bytes());
        }
        put(bytes, optional + 68, &self.subsystem.to_le_bytes());
        put(bytes, optional + 70, &self.dll_characteristics.to_le_bytes());
        let sizes = [0x10_0000_u64, 0x1000, 0x10_0000, 0x1000];
        let directories = if self.pe32 {
            put(bytes, optional + 28, &(self.image_base as u32).to_le_bytes());
            for (index, size) in sizes.into_iter().enumerate() {
                put(bytes, optional + 72 + 4 * index, &(size as u32).to_le_bytes());
            }
            optional + 96
        } else {
            put(bytes, optional + 24, &self.image_base.to_le_bytes());
            for (index, size) in sizes.into_iter().enumerate() {
                put(bytes, optional + 72 + 8 * index, &size.to_le_bytes());
            }
            optional + 112
        };
        put(bytes, directories - 4, &16_u32.to_le_bytes());
        for (&index, &(rva, size)) in &self.directories {
            put(bytes, directories + 8 * index, &rva.to_le_bytes());
            put(bytes, directories + 8 * index + 4, &size.to_le_bytes());
        }
    }
}

impl Section {
    fn size(&self) -> u32 {
        if self.virtual_size == 0 { self.bytes.len() as u32 } else { self.virtual_size }
    }
}

impl Built {
    /// Offset in the file of the COFF header's field at `offset` from the `PE` signature.
    pub fn nt(offset: usize) -> usize {
        NT_OFFSET + offset
    }

    /// Offset in the file of the optional header's field at `offset`.
    pub fn optional(offset: usize) -> usize {
        NT_OFFSET + 24 + offset
    }

    /// Offset in the file of a field of the section header at `index`.
    pub fn section_header(&self, index: usize, offset: usize) -> usize {
        NT_OFFSET + 24 + if self.pe32 { 224 } else { 240 } + 40 * index + offset
    }

    /// Offset in the file of an RVA in a section.
    pub fn offset_of(&self, rva: u32) -> usize {
        let holds = |(start, _, size): &&(u32, u32, u32)| rva >= *start && rva - start < *size;
        let &(start, raw, _) = self.sections.values().find(holds).expect("the RVA is in a section");
        (rva - start + raw) as usize
    }

    /// The RVA of a section.
    pub fn rva(&self, section: &str) -> u32 {
        self.sections[section].0
    }

    /// Overwrites bytes of the file.
    pub fn patch(mut self, offset: usize, bytes: &[u8]) -> Self {
        put(&mut self.bytes, offset, bytes);
        self
    }

    /// Overwrites bytes of a section.
    pub fn patch_rva(self, rva: u32, bytes: &[u8]) -> Self {
        let offset = self.offset_of(rva);
        self.patch(offset, bytes)
    }

    /// Cuts the file off.
    pub fn truncate(mut self, length: usize) -> Self {
        self.bytes.truncate(length);
        self
    }
}

fn owned(symbol: &ImportBy<'_>) -> (Option<String>, u16) {
    match symbol {
        ImportBy::Name(name) => (Some((*name).into()), 0),
        ImportBy::Ordinal(ordinal) => (None, *ordinal),
    }
}

pub(super) fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}
