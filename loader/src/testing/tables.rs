//! The tables of test images.

use std::collections::BTreeMap;

use super::builder::put;

#[derive(Debug, Clone)]
pub(super) struct ExportRow {
    pub(super) name: Option<String>,
    pub(super) rva: u32,
    pub(super) forward: Option<String>,
}

/// A resource; `Ok` names, `Err` numbers.
#[derive(Debug, Clone)]
pub(super) struct ResourceRow {
    pub(super) kind: Result<String, u16>,
    pub(super) name: Result<String, u16>,
    pub(super) language: u16,
    pub(super) bytes: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct TlsTable {
    pub(super) template: Vec<u8>,
    pub(super) zero_fill: u32,
    pub(super) callbacks: Vec<u32>,
}

/// A DLL and what is imported from it: a name, or an ordinal.
pub(super) type ImportRow = (String, Vec<(Option<String>, u16)>);

/// Bytes that grow at the end and are filled in before it.
struct Table {
    rva: u32,
    bytes: Vec<u8>,
}

impl Table {
    fn new(rva: u32, size: usize) -> Self {
        Self { rva, bytes: vec![0; size] }
    }

    fn append(&mut self, bytes: &[u8], align: usize) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
        let rva = self.rva + self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        rva
    }

    fn set(&mut self, offset: usize, value: u32) {
        put(&mut self.bytes, offset, &value.to_le_bytes());
    }
}

/// Appends a lookup table and an address table for the symbols.
fn thunks(table: &mut Table, symbols: &[(Option<String>, u16)], pe32: bool) -> (u32, u32) {
    let mut lookup = Vec::new();
    for (name, ordinal) in symbols {
        let thunk = match name {
            Some(name) => {
                let entry = [&[0, 0], name.as_bytes(), &[0]].concat();
                u64::from(table.append(&entry, 2))
            }
            None if pe32 => 1 << 31 | u64::from(*ordinal),
            None => 1 << 63 | u64::from(*ordinal),
        };
        lookup.push(thunk);
    }
    lookup.push(0);
    let width = if pe32 { 4 } else { 8 };
    let bytes: Vec<u8> = lookup.iter().flat_map(|thunk| thunk.to_le_bytes().into_iter().take(width)).collect();
    (table.append(&bytes, 8), table.append(&bytes, 8))
}

fn c_string(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

pub(super) fn imports(dlls: &[ImportRow], rva: u32, pe32: bool) -> Vec<u8> {
    let mut table = Table::new(rva, 20 * (dlls.len() + 1));
    for (index, (dll, symbols)) in dlls.iter().enumerate() {
        let name = table.append(&c_string(dll), 1);
        let (lookup, slots) = thunks(&mut table, symbols, pe32);
        for (field, value) in [(0, lookup), (12, name), (16, slots)] {
            table.set(20 * index + field, value);
        }
    }
    table.bytes
}

pub(super) fn delay_imports(dlls: &[ImportRow], rva: u32, pe32: bool) -> Vec<u8> {
    let mut table = Table::new(rva, 32 * (dlls.len() + 1));
    for (index, (dll, symbols)) in dlls.iter().enumerate() {
        let name = table.append(&c_string(dll), 1);
        let handle = table.append(&[0; 8], 8);
        let (lookup, slots) = thunks(&mut table, symbols, pe32);
        for (field, value) in [(0, 1), (4, name), (8, handle), (12, slots), (16, lookup)] {
            table.set(32 * index + field, value);
        }
    }
    table.bytes
}

pub(super) fn exports(name: &str, rows: &[ExportRow], base: u32, rva: u32) -> Vec<u8> {
    let mut named: Vec<(&str, u16)> =
        rows.iter().zip(0..).filter_map(|(row, index)| Some((row.name.as_deref()?, index))).collect();
    named.sort_unstable();
    let functions = 40;
    let names = functions + 4 * rows.len();
    let ordinals = names + 4 * named.len();
    let mut table = Table::new(rva, ordinals + 2 * named.len());
    let name = table.append(&c_string(name), 1);
    let counts = [(20, rows.len()), (24, named.len())];
    let places = [(28, functions), (32, names), (36, ordinals)];
    table.set(12, name);
    table.set(16, base);
    for (field, count) in counts {
        table.set(field, count as u32);
    }
    for (field, offset) in places {
        table.set(field, rva + offset as u32);
    }
    for (index, row) in rows.iter().enumerate() {
        let target = match &row.forward {
            Some(forward) => table.append(&c_string(forward), 1),
            None => row.rva,
        };
        table.set(functions + 4 * index, target);
    }
    for (index, (name, function)) in named.into_iter().enumerate() {
        let name = table.append(&c_string(name), 1);
        table.set(names + 4 * index, name);
        put(&mut table.bytes, ordinals + 2 * index, &function.to_le_bytes());
    }
    table.bytes
}

pub(super) fn relocations(places: &[(u8, u32)]) -> Vec<u8> {
    let mut pages: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    for (kind, rva) in places {
        pages.entry(rva & !0xfff).or_default().push(u16::from(*kind) << 12 | (rva & 0xfff) as u16);
    }
    let mut bytes = Vec::new();
    for (page, mut entries) in pages {
        if entries.len() % 2 != 0 {
            entries.push(0);
        }
        bytes.extend(page.to_le_bytes());
        bytes.extend((8 + 2 * entries.len() as u32).to_le_bytes());
        bytes.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
    }
    bytes
}

impl TlsTable {
    const DIRECTORY: u32 = 40;
    const INDEX: u32 = 40;
    const CALLBACKS: u32 = 48;

    fn template_offset(&self) -> u32 {
        Self::CALLBACKS + 8 * (self.callbacks.len() as u32 + 1)
    }

    /// The directory, the index, the callbacks and the template, for an image at `base`.
    pub(super) fn build(&self, rva: u32, base: u64) -> Vec<u8> {
        let address = |offset: u32| base + u64::from(rva + offset);
        let start = address(self.template_offset());
        let pointers = [start, start + self.template.len() as u64, address(Self::INDEX), address(Self::CALLBACKS)];
        let mut bytes: Vec<u8> = pointers.iter().flat_map(|pointer| pointer.to_le_bytes()).collect();
        bytes.extend(self.zero_fill.to_le_bytes());
        bytes.resize(Self::DIRECTORY as usize + 4, 0);
        bytes[Self::INDEX as usize..].copy_from_slice(&0xffff_ffff_u32.to_le_bytes());
        bytes.resize(Self::CALLBACKS as usize, 0);
        for callback in &self.callbacks {
            bytes.extend((base + u64::from(*callback)).to_le_bytes());
        }
        bytes.extend([0; 8]);
        bytes.extend(&self.template);
        bytes
    }

    /// RVAs of the pointers in it.
    pub(super) fn relocations(&self, rva: u32) -> impl Iterator<Item = u32> + use<> {
        let callbacks = (0..self.callbacks.len() as u32).map(move |index| rva + Self::CALLBACKS + 8 * index);
        (0..4).map(move |index| rva + 8 * index).chain(callbacks)
    }
}

/// `None` sorts names before numbers, as the format wants.
type Key = (Option<u16>, Option<String>);

fn key(id: &Result<String, u16>) -> Key {
    match id {
        Ok(name) => (None, Some(name.to_uppercase())),
        Err(number) => (Some(*number), None),
    }
}

pub(super) fn resources(rows: &[ResourceRow], rva: u32) -> Vec<u8> {
    let mut tree: BTreeMap<Key, BTreeMap<Key, BTreeMap<u16, &[u8]>>> = BTreeMap::new();
    for row in rows {
        tree.entry(key(&row.kind)).or_default().entry(key(&row.name)).or_default().insert(row.language, &row.bytes);
    }
    let mut table = Table::new(rva, 0);
    let root = directory(&mut table, tree.keys());
    for (index, names) in tree.values().enumerate() {
        let at = directory(&mut table, names.keys());
        table.set(root + 16 + 8 * index + 4, 1 << 31 | at as u32);
        for (index, languages) in names.values().enumerate() {
            let keys: Vec<Key> = languages.keys().map(|&language| (Some(language), None)).collect();
            let leaf = directory(&mut table, keys.iter());
            table.set(at + 16 + 8 * index + 4, 1 << 31 | leaf as u32);
            for (index, bytes) in languages.values().enumerate() {
                let data = table.append(bytes, 4);
                let entry = table.append(&[0; 16], 4) - rva;
                table.set(entry as usize, data);
                table.set(entry as usize + 4, bytes.len() as u32);
                table.set(leaf + 16 + 8 * index + 4, entry);
            }
        }
    }
    table.bytes
}

/// Appends a directory whose entries' second halves are still to be set, and returns its offset.
fn directory<'a>(table: &mut Table, keys: impl ExactSizeIterator<Item = &'a Key> + Clone) -> usize {
    let named = keys.clone().filter(|key| key.0.is_none()).count();
    let at = (table.append(&vec![0; 16 + 8 * keys.len()], 4) - table.rva) as usize;
    put(&mut table.bytes, at + 12, &(named as u16).to_le_bytes());
    put(&mut table.bytes, at + 14, &((keys.len() - named) as u16).to_le_bytes());
    for (index, (number, name)) in keys.enumerate() {
        let id = match (number, name) {
            (Some(number), _) => u32::from(*number),
            (None, name) => {
                let units: Vec<u16> = name.as_deref().unwrap_or_default().encode_utf16().collect();
                let text: Vec<u8> =
                    [units.len() as u16].iter().chain(&units).flat_map(|unit| unit.to_le_bytes()).collect();
                1 << 31 | (table.append(&text, 2) - table.rva)
            }
        };
        table.set(at + 16 + 8 * index, id);
    }
    at
}
