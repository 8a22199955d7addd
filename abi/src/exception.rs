//! An exception raised in the guest.

use crate::{Access, Fault, NTSTATUS};

/// `EXCEPTION_ACCESS_VIOLATION`.
pub const EXCEPTION_ACCESS_VIOLATION: NTSTATUS = NTSTATUS::STATUS_ACCESS_VIOLATION;

/// What the guest's handlers will find in its `EXCEPTION_RECORD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// `ExceptionCode`.
    pub code: NTSTATUS,
    /// `ExceptionFlags`.
    pub flags: u32,
    /// `NumberParameters`, at most 15.
    pub count: u32,
    /// `ExceptionInformation`; only the first `count` count.
    pub parameters: [u64; 15],
}

impl Exception {
    /// An exception with a code and parameters; more than 15 are cut, as `RaiseException` does.
    pub fn new(code: NTSTATUS, parameters: &[u64]) -> Self {
        let mut all = [0; 15];
        let count = parameters.len().min(all.len());
        all[..count].copy_from_slice(&parameters[..count]);
        Self { code, flags: 0, count: count as u32, parameters: all }
    }
}

/// `ExceptionInformation[0]` is 0 for a read and 1 for a write, `[1]` the address (documented under `EXCEPTION_RECORD`).
impl From<Fault> for Exception {
    fn from(fault: Fault) -> Self {
        let kind = match fault.access {
            Access::Read => 0,
            Access::Write => 1,
        };
        Self::new(EXCEPTION_ACCESS_VIOLATION, &[kind, fault.address])
    }
}
