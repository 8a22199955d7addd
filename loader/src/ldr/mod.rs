//! The loader data that the guest sees: `PEB_LDR_DATA` and a `LDR_DATA_TABLE_ENTRY` per module, x64 layout.
//!
//! The guest may have scribbled over all of it, so links are never followed: every update writes the lists anew from what is kept
//! here.

#[cfg(test)]
mod tests;

use crate::memory::{Fault, GuestMemory};
use crate::module::Module;
use crate::modules::ModuleList;

const HEAD_SIZE: usize = 0x58;
/// The buckets that `HashLinks` are in; Windows has them in ntdll's data.
const BUCKETS: usize = 32;
const LIST_ENTRY: usize = 0x10;

/// Offsets in `PEB_LDR_DATA`.
mod head {
    pub(super) const INITIALIZED: usize = 0x04;
    pub(super) const IN_LOAD_ORDER: usize = 0x10;
    pub(super) const IN_MEMORY_ORDER: usize = 0x20;
    pub(super) const IN_INITIALIZATION_ORDER: usize = 0x30;
}

/// Offsets in `LDR_DATA_TABLE_ENTRY`, as Windows 10 has it.
mod entry {
    pub(super) const IN_LOAD_ORDER: usize = 0x00;
    pub(super) const IN_MEMORY_ORDER: usize = 0x10;
    pub(super) const IN_INITIALIZATION_ORDER: usize = 0x20;
    pub(super) const DLL_BASE: usize = 0x30;
    pub(super) const ENTRY_POINT: usize = 0x38;
    pub(super) const SIZE_OF_IMAGE: usize = 0x40;
    pub(super) const FULL_DLL_NAME: usize = 0x48;
    pub(super) const BASE_DLL_NAME: usize = 0x58;
    pub(super) const FLAGS: usize = 0x68;
    pub(super) const LOAD_COUNT: usize = 0x6c;
    pub(super) const TLS_INDEX: usize = 0x6e;
    pub(super) const HASH_LINKS: usize = 0x70;
    pub(super) const TIME_DATE_STAMP: usize = 0x80;
    pub(super) const DDAG_NODE: usize = 0x98;
    pub(super) const NODE_MODULE_LINK: usize = 0xa0;
    pub(super) const ORIGINAL_BASE: usize = 0xf8;
    pub(super) const BASE_NAME_HASH: usize = 0x108;
    pub(super) const REFERENCE_COUNT: usize = 0x114;
    pub(super) const SIZE: usize = 0x120;
}

/// Offsets in `LDR_DDAG_NODE`.
mod ddag {
    pub(super) const LOAD_COUNT: usize = 0x18;
    pub(super) const STATE: usize = 0x38;
    pub(super) const SIZE: usize = 0x50;
}

const FLAG_IMAGE_DLL: u32 = 0x0000_0004;
const FLAG_ENTRY_PROCESSED: u32 = 0x0000_4000;
const FLAG_PROCESS_ATTACH_CALLED: u32 = 0x0008_0000;
/// `LdrModulesReadyToRun`
const STATE_READY: u32 = 9;
/// The count of a module that is never unloaded.
const PINNED: u16 = 0xffff;

/// One module as its table entry describes it.
#[derive(Debug)]
struct LdrModule {
    base: u64,
    /// Size in memory in bytes.
    size: u32,
    /// Address of the entry point, 0 for none.
    entry: u64,
    full_name: String,
    base_name: String,
    timestamp: u32,
    /// The base its linker chose.
    original_base: u64,
    is_dll: bool,
    has_tls: bool,
}

impl From<&Module> for LdrModule {
    fn from(module: &Module) -> Self {
        let headers = module.image().map(|image| image.headers());
        Self {
            base: module.base(),
            size: module.size(),
            entry: module.entry().unwrap_or_default(),
            full_name: module.guest_path().to_owned(),
            base_name: module.name().to_owned(),
            timestamp: headers.map_or(0, |headers| headers.timestamp),
            original_base: headers.map_or(module.base(), |headers| headers.image_base),
            is_dll: module.image().is_none_or(|image| image.is_dll()),
            has_tls: module.tls().is_some(),
        }
    }
}

/// A module's entry in guest memory.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u64,
    base: u64,
    address: u64,
    size: usize,
    bucket: usize,
}

/// The guest's loader data. Not freed by dropping: it lives as long as the process.
#[derive(Debug)]
pub struct LoaderData {
    head: u64,
    /// In load order.
    entries: Vec<Entry>,
}

impl LoaderData {
    /// Allocates the head with empty lists.
    pub fn new(memory: &dyn GuestMemory) -> Result<Self, Fault> {
        let size = HEAD_SIZE + 8 + BUCKETS * LIST_ENTRY;
        let head = memory.allocate(size, 16).ok_or(Fault::OutOfMemory(size))?;
        let data = Self { head, entries: Vec::new() };
        memory.write(head, &(HEAD_SIZE as u32).to_le_bytes())?;
        memory.write(head + head::INITIALIZED as u64, &[1])?;
        data.link(memory, &[])?;
        Ok(data)
    }

    /// Address of the `PEB_LDR_DATA`, for `PEB.Ldr`.
    pub fn address(&self) -> u64 {
        self.head
    }

    /// Address of a module's `LDR_DATA_TABLE_ENTRY`.
    pub fn entry(&self, base: u64) -> Option<u64> {
        self.entries.iter().find(|entry| entry.base == base).map(|entry| entry.address)
    }

    /// Makes the guest see the modules of `list`. To be called after every load and unload.
    pub fn update(&mut self, memory: &dyn GuestMemory, list: &ModuleList) -> Result<(), Fault> {
        let program = list.program().map(|program| program.key);
        // As on Windows, the program is not in the initialisation list: it has no DllMain.
        let order: Vec<u64> =
            list.initialisation_order().iter().map(|module| module.key).filter(|&key| Some(key) != program).collect();
        let mut gone = std::mem::take(&mut self.entries);
        let mut fault = None;
        for module in list.modules() {
            // The entry of a module that is still there stays where it is.
            let entry = match gone.iter().position(|entry| entry.key == module.key) {
                Some(index) => Ok(gone.remove(index)),
                None => write_entry(memory, module.key, &LdrModule::from(&*module)),
            };
            match entry {
                Ok(entry) => self.entries.push(entry),
                Err(error) => fault = Some(error),
            }
        }
        self.link(memory, &order)?;
        for entry in gone {
            memory.free(entry.address, entry.size);
        }
        fault.map_or(Ok(()), Err)
    }

    /// Writes all links.
    fn link(&self, memory: &dyn GuestMemory, order: &[u64]) -> Result<(), Fault> {
        let at = |offset: usize| move |entry: &Entry| entry.address + offset as u64;
        let load: Vec<u64> = self.entries.iter().map(at(entry::IN_LOAD_ORDER)).collect();
        let memory_order: Vec<u64> = self.entries.iter().map(at(entry::IN_MEMORY_ORDER)).collect();
        let initialised = order.iter().filter_map(|&key| self.entries.iter().find(|entry| entry.key == key));
        let initialisation: Vec<u64> = initialised.map(at(entry::IN_INITIALIZATION_ORDER)).collect();
        let head = |offset: usize| self.head + offset as u64;
        // What is in no list points to itself.
        for entry in &self.entries {
            write_list(memory, entry.address + entry::IN_INITIALIZATION_ORDER as u64, &[])?;
        }
        write_list(memory, head(head::IN_LOAD_ORDER), &load)?;
        write_list(memory, head(head::IN_MEMORY_ORDER), &memory_order)?;
        write_list(memory, head(head::IN_INITIALIZATION_ORDER), &initialisation)?;
        for bucket in 0..BUCKETS {
            let entries = self.entries.iter().filter(|entry| entry.bucket == bucket);
            let links: Vec<u64> = entries.map(at(entry::HASH_LINKS)).collect();
            write_list(memory, head(HEAD_SIZE + 8 + bucket * LIST_ENTRY), &links)?;
        }
        Ok(())
    }
}

/// Writes a circular list of `LIST_ENTRY`s: the head, then the links in order.
fn write_list(memory: &dyn GuestMemory, head: u64, links: &[u64]) -> Result<(), Fault> {
    let mut previous = links.last().copied().unwrap_or(head);
    let mut following = links.iter().copied().chain([head]);
    for link in [head].into_iter().chain(links.iter().copied()) {
        let next = following.next().unwrap_or(head);
        memory.write(link, &list_entry(next, previous))?;
        previous = link;
    }
    Ok(())
}

/// A `LIST_ENTRY`: forward link, backward link.
fn list_entry(next: u64, previous: u64) -> [u8; LIST_ENTRY] {
    (u128::from(next) | u128::from(previous) << 64).to_le_bytes()
}

/// Writes a module's entry, its dependency node and its names into one allocation.
fn write_entry(memory: &dyn GuestMemory, key: u64, module: &LdrModule) -> Result<Entry, Fault> {
    let (full, base) = (unicode(&module.full_name), unicode(&module.base_name));
    let node = entry::SIZE;
    let full_at = node + ddag::SIZE;
    let base_at = full_at + full.len();
    let size = base_at + base.len();
    let address = memory.allocate(size, 16).ok_or(Fault::OutOfMemory(size))?;
    let hash = name_hash(&module.base_name);

    let mut bytes = vec![0; size];
    let mut put = |offset: usize, value: &[u8]| {
        if let Some(place) = bytes.get_mut(offset..offset + value.len()) {
            place.copy_from_slice(value);
        }
    };
    put(entry::DLL_BASE, &module.base.to_le_bytes());
    put(entry::ENTRY_POINT, &module.entry.to_le_bytes());
    put(entry::SIZE_OF_IMAGE, &module.size.to_le_bytes());
    put(entry::FULL_DLL_NAME, &unicode_string(address + full_at as u64, full.len()));
    put(entry::BASE_DLL_NAME, &unicode_string(address + base_at as u64, base.len()));
    let dll = if module.is_dll { FLAG_IMAGE_DLL } else { 0 };
    put(entry::FLAGS, &(dll | FLAG_ENTRY_PROCESSED | FLAG_PROCESS_ATTACH_CALLED).to_le_bytes());
    put(entry::LOAD_COUNT, &PINNED.to_le_bytes());
    put(entry::TLS_INDEX, &(if module.has_tls { u16::MAX } else { 0 }).to_le_bytes());
    put(entry::TIME_DATE_STAMP, &module.timestamp.to_le_bytes());
    put(entry::DDAG_NODE, &(address + node as u64).to_le_bytes());
    let modules = address + node as u64;
    let link = address + entry::NODE_MODULE_LINK as u64;
    put(entry::NODE_MODULE_LINK, &list_entry(modules, modules));
    put(entry::ORIGINAL_BASE, &module.original_base.to_le_bytes());
    put(entry::BASE_NAME_HASH, &hash.to_le_bytes());
    put(entry::REFERENCE_COUNT, &1_u32.to_le_bytes());
    put(node, &list_entry(link, link));
    put(node + ddag::LOAD_COUNT, &u32::MAX.to_le_bytes());
    put(node + ddag::STATE, &STATE_READY.to_le_bytes());
    put(full_at, &full);
    put(base_at, &base);
    match memory.write(address, &bytes) {
        Ok(()) => Ok(Entry { key, base: module.base, address, size, bucket: hash as usize % BUCKETS }),
        Err(fault) => {
            memory.free(address, size);
            Err(fault)
        }
    }
}

/// UTF-16 with a terminator, cut to what a `UNICODE_STRING` can hold.
fn unicode(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().take(usize::from(u16::MAX / 2) - 1).chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

/// A `UNICODE_STRING` over `size` bytes that end with a terminator.
fn unicode_string(buffer: u64, size: usize) -> [u8; 16] {
    let (length, maximum) = (size as u128 - 2, size as u128);
    (length | maximum << 16 | u128::from(buffer) << 64).to_le_bytes()
}

/// The hash of `RtlHashUnicodeString` with the default algorithm (x65599), case ignored.
fn name_hash(name: &str) -> u32 {
    let units: Vec<u16> = name.to_uppercase().encode_utf16().collect();
    units.iter().fold(0_u32, |hash, &unit| hash.wrapping_mul(65599).wrapping_add(unit.into()))
}
