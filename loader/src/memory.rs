//! Guest memory, as far as the loader keeps data structures of the guest's in it.

use std::fmt;

/// Memory that the guest reads and may write at any time. The layer above implements it with copies that fail rather than crash.
pub trait GuestMemory {
    /// Zeroed memory of `size` bytes at a multiple of `align`, a power of two; `None` when there is none.
    fn allocate(&self, size: usize, align: usize) -> Option<u64>;

    /// Gives back what [`GuestMemory::allocate`] returned for this size.
    fn free(&self, address: u64, size: usize);

    /// Writes `bytes` at `address`.
    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault>;

    /// Copies `length` bytes that do not overlap from one guest address to another.
    fn copy(&self, from: u64, to: u64, length: usize) -> Result<(), Fault>;
}

/// Guest memory that cannot be accessed, or that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing accessible is at this address.
    Access(u64),
    /// This many bytes could not be allocated.
    OutOfMemory(usize),
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(address) => write!(f, "guest memory at {address:#x} cannot be accessed"),
            Self::OutOfMemory(size) => write!(f, "{size} bytes of guest memory cannot be had"),
        }
    }
}
