//! Function tables that a program gives us for code it makes as it runs.

use std::sync::{PoisonError, RwLock};

use abi::{Fault, Ptr};

use super::info::RUNTIME_FUNCTION;

/// Entries read at once.
const STEP: usize = 512;

/// The function tables of a process that belong to no module.
#[derive(Debug, Default)]
pub struct DynamicTables(RwLock<Vec<Table>>);

/// What makes the entries of a range when they are needed (`RtlInstallFunctionTableCallback`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableCallback {
    /// What deletes it again.
    pub identifier: u64,
    /// What the entries are relative to, and the range's first byte.
    pub base: u64,
    /// Bytes of the range.
    pub length: u32,
    /// The guest's function: takes the address and `context`, gives the entry's address.
    pub callback: u64,
    /// Its second argument.
    pub context: u64,
}

#[derive(Clone, Copy, Debug)]
enum Table {
    Callback(TableCallback),
    Entries { identifier: u64, table: Rows, first: u64, end: u64 },
}

/// Where to look for an address's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Callback(TableCallback),
    Rows(Rows),
}

/// A table in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) address: u64,
    pub(super) count: u32,
    pub(super) base: u64,
    pub(super) sorted: bool,
}

impl DynamicTables {
    /// Adds the table of `count` entries at `address`, which also deletes it again.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn add(&self, address: u64, count: u32, base: u64) -> Result<(), Fault> {
        let mut rows = Rows { address, count, base, sorted: true };
        let (mut low, mut high, mut last) = (u32::MAX, 0, 0);
        for index in (0..count).step_by(STEP) {
            let at = Ptr::<RUNTIME_FUNCTION>::at(address).offset(index as usize);
            for entry in at.read_slice(STEP.min((count - index) as usize))? {
                rows.sorted &= entry.BeginAddress >= last;
                last = entry.BeginAddress;
                low = low.min(entry.BeginAddress);
                high = high.max(entry.EndAddress);
            }
        }
        let (first, end) = (base.wrapping_add(u64::from(low)), base.wrapping_add(u64::from(high)));
        self.push(Table::Entries { identifier: address, table: rows, first, end });
        Ok(())
    }

    /// Adds a table whose entries, sorted, are for addresses from `base` to `end` and may become more. Gives what names it.
    pub fn add_growable(&self, address: u64, count: u32, base: u64, end: u64) -> u64 {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Odd, so that it is no table's address.
        let used = |identifier: u64| {
            tables.iter().any(|table| matches!(table, Table::Entries { identifier: other, .. } if *other == identifier))
        };
        let identifier = (1..).step_by(2).find(|&identifier| !used(identifier)).unwrap_or_default();
        let table = Rows { address, count, base, sorted: true };
        tables.push(Table::Entries { identifier, table, first: base, end });
        identifier
    }

    /// Tells of more entries of a growable table.
    pub fn grow(&self, identifier: u64, count: u32) {
        for table in self.0.write().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            match table {
                Table::Entries { identifier: own, table, .. } if *own == identifier => table.count = count,
                _ => {}
            }
        }
    }

    /// Adds a range whose entries are made when needed. The identifier has its two lowest bits set.
    pub fn add_callback(&self, callback: TableCallback) {
        self.push(Table::Callback(callback));
    }

    /// Deletes the table of this identifier; false when there is none.
    pub fn delete(&self, identifier: u64) -> bool {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let index = tables.iter().position(|table| match table {
            Table::Callback(callback) => callback.identifier == identifier,
            Table::Entries { identifier: own, .. } => *own == identifier,
        });
        index.map(|index| tables.remove(index)).is_some()
    }

    /// Where the entry of `address` is to be looked for. The lock is not held when this returns: a callback may add and delete.
    pub(super) fn source(&self, address: u64) -> Option<Source> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.iter().find_map(|table| match *table {
            Table::Callback(callback) => {
                let within = address.wrapping_sub(callback.base) < u64::from(callback.length);
                within.then_some(Source::Callback(callback))
            }
            Table::Entries { table, first, end, .. } => (first..end).contains(&address).then_some(Source::Rows(table)),
        })
    }

    fn push(&self, table: Table) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(table);
    }
}
