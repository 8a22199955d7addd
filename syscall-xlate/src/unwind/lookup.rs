//! Finding the function that an address is in.

use abi::{Fault, Ptr, fault};
use loader::image::Directory;

use super::info::{FunctionEntry, RUNTIME_FUNCTION};
use super::tables::{Rows, Source};
use crate::{Cx, Process};

/// The lowest bit of `UnwindData`: it leads to another entry, to be used instead.
const INDIRECT: u32 = 1;

impl Process {
    /// The entry of the function that `address` is in, in a module's table or one that the program added; `None` for a leaf function, or
    /// where only a callback of the program's can tell.
    pub fn function_entry(&self, address: u64) -> Option<FunctionEntry> {
        match self.module_rows(address) {
            Some(rows) => rows.find(address),
            None => match self.function_tables.source(address)? {
                Source::Rows(rows) => rows.find(address),
                Source::Callback(_) => None,
            },
        }
    }

    /// The function table of the module that `address` is in.
    fn module_rows(&self, address: u64) -> Option<Rows> {
        let module = self.module_of(address)?;
        let table = module.image().and_then(|image| image.directory(Directory::Exception));
        let (rva, size) = table.map_or((0, 0), |table| (table.rva, table.size));
        let (base, count) = (module.base(), size / RUNTIME_FUNCTION::SIZE as u32);
        Some(Rows { address: base + u64::from(rva), count, base, sorted: true })
    }
}

impl Cx<'_> {
    /// [`Process::function_entry`] that asks the program's callbacks, too.
    pub fn function_entry(&self, address: u64) -> Option<FunctionEntry> {
        let rows = self.process.module_rows(address);
        match rows.map(Source::Rows).or_else(|| self.process.function_tables.source(address))? {
            Source::Rows(rows) => rows.find(address),
            Source::Callback(callback) => {
                let entry = self.call_guest(callback.callback, [address, callback.context]);
                let function = Ptr::<RUNTIME_FUNCTION>::at(entry).opt()?.read().ok()?;
                Some(FunctionEntry { image_base: callback.base, address: entry, function })
            }
        }
    }
}

impl Process {
    /// Whether nobody can write the code at `address`, which is in a module, nor what its tables say of it.
    pub(super) fn is_settled(&self, address: u64, entry: Option<&FunctionEntry>) -> bool {
        let settled = |address| self.memory.is_settled(address);
        match entry {
            Some(entry) => {
                let information = entry.image_base.wrapping_add(u64::from(entry.function.UnwindData));
                settled(address) && settled(entry.address) && settled(information)
            }
            None => settled(address) && self.module_rows(address).is_some_and(|rows| settled(rows.address)),
        }
    }
}

impl Rows {
    /// The entry of `address`; none where the table cannot be read.
    fn find(&self, address: u64) -> Option<FunctionEntry> {
        let offset = u32::try_from(address.checked_sub(self.base)?).ok()?;
        let index = if self.sorted { self.search(offset) } else { self.walk(offset) };
        let (address, function) = self.follow(index.ok()??).ok()?;
        Some(FunctionEntry { image_base: self.base, address, function })
    }

    fn at(&self, index: u32) -> u64 {
        self.address.wrapping_add(RUNTIME_FUNCTION::SIZE * u64::from(index))
    }

    /// Looks for the last entry that begins at or before `offset`.
    fn search(&self, offset: u32) -> Result<Option<u64>, Fault> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if fault::load_u32(self.at(middle))? <= offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(index) = low.checked_sub(1) else { return Ok(None) };
        let entry = Ptr::<RUNTIME_FUNCTION>::at(self.at(index)).read()?;
        Ok(entry.contains(offset).then(|| self.at(index)))
    }

    fn walk(&self, offset: u32) -> Result<Option<u64>, Fault> {
        for index in 0..self.count {
            if Ptr::<RUNTIME_FUNCTION>::at(self.at(index)).read()?.contains(offset) {
                return Ok(Some(self.at(index)));
            }
        }
        Ok(None)
    }

    /// The entry at `address`, or the one that it leads to.
    fn follow(&self, address: u64) -> Result<(u64, RUNTIME_FUNCTION), Fault> {
        let entry = Ptr::<RUNTIME_FUNCTION>::at(address).read()?;
        if entry.UnwindData & INDIRECT == 0 {
            return Ok((address, entry));
        }
        let other = self.base.wrapping_add(u64::from(entry.UnwindData & !INDIRECT));
        Ok((other, Ptr::at(other).read()?))
    }
}
