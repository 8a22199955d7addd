//! Stand-ins for the layer above the loader.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::graph::{DllName, DllRequest, ImportSite, NotFound, Provider, Resolved};
use crate::memory::{Fault, GuestMemory};
use crate::synthetic::{SyntheticDll, SyntheticExport};

/// Provides shim DLLs from a table and guest DLLs from one folder.
#[derive(Debug, Default)]
pub struct TestProvider {
    pub folder: PathBuf,
    /// The shim DLLs by name, with their exports.
    pub shims: BTreeMap<String, Vec<SyntheticExport>>,
    /// The address that missing imports are bound to; `None` refuses them.
    pub missing: Option<u64>,
    /// Whether every other DLL is a shim without exports.
    pub any: bool,
    /// What was missing, as `importer: dll!symbol`.
    pub sites: RefCell<Vec<String>>,
}

impl TestProvider {
    /// Adds a shim DLL.
    pub fn with_shim(mut self, name: &str, exports: Vec<SyntheticExport>) -> Self {
        self.shims.insert(name.into(), exports);
        self
    }
}

impl Provider for TestProvider {
    fn resolve(&self, request: &DllRequest<'_>) -> Result<Resolved, NotFound> {
        let path = match request.name {
            DllName::Base(name) if self.shims.contains_key(name) => return Ok(Resolved::Shim(name.into())),
            DllName::Base(name) => self.folder.join(name),
            DllName::Path(path) => path.into(),
        };
        match (request.name, path.is_file()) {
            (_, true) => Ok(Resolved::File(path)),
            (DllName::Base(name), false) if self.any => Ok(Resolved::Shim(name.into())),
            _ => Err(NotFound { searched: vec![self.folder.clone()] }),
        }
    }

    fn shim(&self, name: &str) -> SyntheticDll {
        let exports = self.shims.get(name).cloned().unwrap_or_default();
        SyntheticDll { name: name.to_owned().into(), exports: Box::new(exports), context_slot: 0 }
    }

    fn guest_path(&self, resolved: &Resolved) -> String {
        match resolved {
            Resolved::Shim(name) => format!(r"C:\Windows\System32\{name}"),
            Resolved::File(path) => format!("Z:{}", path.display().to_string().replace('/', r"\")),
        }
    }

    fn missing_import(&self, site: &ImportSite<'_>) -> Option<u64> {
        self.sites.borrow_mut().push(format!("{}: {}!{}", site.importer, site.dll, site.symbol));
        self.missing
    }
}

/// Guest memory that is not memory: allocations in a table. Addresses count up from 64 KiB.
#[derive(Debug, Default)]
pub struct TestMemory {
    blocks: RefCell<BTreeMap<u64, Vec<u8>>>,
}

impl TestMemory {
    /// How many allocations there are.
    pub fn allocations(&self) -> usize {
        self.blocks.borrow().len()
    }

    /// Adds memory at an address.
    pub fn place(&self, address: u64, bytes: &[u8]) {
        self.blocks.borrow_mut().insert(address, bytes.to_vec());
    }

    /// Reads memory.
    pub fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let blocks = self.blocks.borrow();
        let (start, bytes) = blocks.range(..=address).next_back().ok_or(Fault::Access(address))?;
        let offset = (address - start) as usize;
        bytes.get(offset..offset + length).map(<[u8]>::to_vec).ok_or(Fault::Access(address))
    }

    /// Reads a pointer.
    pub fn pointer(&self, address: u64) -> Result<u64, Fault> {
        let bytes = self.read(address, 8)?;
        Ok(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }
}

impl GuestMemory for TestMemory {
    fn allocate(&self, size: usize, align: usize) -> Option<u64> {
        let mut blocks = self.blocks.borrow_mut();
        let end = blocks.last_key_value().map_or(0x1_0000, |(start, bytes)| start + bytes.len() as u64 + 1);
        let address = end.next_multiple_of(align as u64);
        blocks.insert(address, vec![0; size]);
        Some(address)
    }

    fn free(&self, address: u64, size: usize) {
        let freed = self.blocks.borrow_mut().remove(&address);
        assert_eq!(freed.map(|bytes| bytes.len()), Some(size), "freed what was not allocated at {address:#x}");
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let mut blocks = self.blocks.borrow_mut();
        let (start, block) = blocks.range_mut(..=address).next_back().ok_or(Fault::Access(address))?;
        let offset = (address - start) as usize;
        let place = block.get_mut(offset..offset + bytes.len()).ok_or(Fault::Access(address))?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    fn copy(&self, from: u64, to: u64, length: usize) -> Result<(), Fault> {
        self.write(to, &self.read(from, length)?)
    }
}
