//! C++ exceptions of Microsoft's ABI: what a function's tables say, which block catches an object, and running it.
//!
//! The layouts are those of public articles on the compiler's output (Skochinsky, "Compiler Internals: Exceptions and RTTI"; the C++ team's
//! "Making C++ Exception Handling Smaller On x64") and of programs. All tables are the guest's: they are read where they are, each time, by
//! accesses that can fail, and nothing is believed to end that is not bounded.
//!
//! Programs that bring this runtime in their own image never come here.

mod build;
mod catch;
mod compressed;
mod handler;
mod plain;
mod tables;
#[cfg(test)]
mod tests;
mod thread;
mod throw;

use abi::NTSTATUS;

pub use build::{adjusted, build, build_part, destroy};
pub use handler::{Asked, CONTINUE_SEARCH, Verdict, handle};
pub use tables::{Encoding, Handler};
pub use thread::OfThread;
pub use throw::{Catchable, Displacement, Thrown};

/// Code of a C++ exception: `msc` and 0xE0.
pub const EXCEPTION: NTSTATUS = NTSTATUS(0xE06D_7363);
/// First of the magic numbers of an exception's first parameter and of a function's tables; the newer ones follow it.
pub const MAGIC: u32 = 0x1993_0520;
/// The last magic number.
const LAST_MAGIC: u32 = 0x1993_0522;

/// Bits of a catch block's adjectives (`HT_*`).
pub mod adjective {
    /// It catches constants.
    pub const CONST: u32 = 1;
    /// It catches volatile objects.
    pub const VOLATILE: u32 = 2;
    /// It catches unaligned objects.
    pub const UNALIGNED: u32 = 4;
    /// It catches by reference.
    pub const REFERENCE: u32 = 8;
    /// It catches exceptions of old `bad_alloc`s.
    pub const BAD_ALLOC: u32 = 0x80;
}

/// Bits of a catchable type's properties (`CT_*`).
pub mod property {
    /// It is copied as bytes: a number, an enumeration, a pointer.
    pub const SIMPLE: u32 = 1;
    /// Only a reference can catch it.
    pub const REFERENCE_ONLY: u32 = 2;
    /// Its copy constructor is told that it makes a complete object.
    pub const VIRTUAL_BASE: u32 = 4;
    /// It is `std::bad_alloc`.
    pub const BAD_ALLOC: u32 = 0x10;
}
