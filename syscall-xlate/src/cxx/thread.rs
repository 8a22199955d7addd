//! What a thread knows of its C++ exceptions.

use std::cell::Cell;

use abi::fault;

use crate::exception::Lent;

/// The cells that the guest is given the addresses of.
mod cell {
    pub(super) const RECORD: u64 = 0;
    pub(super) const CONTEXT: u64 = 8;
    pub(super) const UNWINDING: u64 = 16;
}

/// A thread's C++ exceptions.
pub struct OfThread {
    cells: Lent<32>,
    /// Address of the innermost [`super::catch::Caught`]; 0 for none.
    pub(super) caught: Cell<u64>,
    /// A place on the stack above which no exception may pass: a copy constructor makes the object that a catch block gets. 0 for none.
    pub(super) copying: Cell<u64>,
}

impl Default for OfThread {
    fn default() -> Self {
        Self { cells: Lent::new(), caught: Cell::new(0), copying: Cell::new(0) }
    }
}

impl OfThread {
    /// Where the address of the record of the exception stands whose catch block runs (`__current_exception`).
    pub fn record_cell(&self) -> u64 {
        self.cells.address() + cell::RECORD
    }

    /// Where the address of its context stands (`__current_exception_context`).
    pub fn context_cell(&self) -> u64 {
        self.cells.address() + cell::CONTEXT
    }

    /// Where the number of exceptions stands that are between their `throw` and their catch block (`__processing_throw`).
    pub fn unwinding_cell(&self) -> u64 {
        self.cells.address() + cell::UNWINDING
    }

    // The cells are our own memory: accesses cannot fail.

    /// Address of the record of the exception whose catch block runs; 0 for none.
    pub fn record(&self) -> u64 {
        fault::load_u64(self.record_cell()).unwrap_or_default()
    }

    /// Address of the context of the exception whose catch block runs.
    pub(super) fn context(&self) -> u64 {
        fault::load_u64(self.context_cell()).unwrap_or_default()
    }

    pub(super) fn set_current(&self, record: u64, context: u64) {
        let _ = fault::store_u64(self.record_cell(), record);
        let _ = fault::store_u64(self.context_cell(), context);
    }

    /// How many exceptions are between their `throw` and their catch block.
    pub fn unwinding(&self) -> u32 {
        fault::load_u32(self.unwinding_cell()).unwrap_or_default()
    }

    pub(super) fn set_unwinding(&self, count: u32) {
        let _ = fault::store_u32(self.unwinding_cell(), count);
    }
}
