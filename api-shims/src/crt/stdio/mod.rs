//! stdio.h: streams, formatted output and input.

pub(crate) mod chars;
pub(crate) mod common;
pub(crate) mod guest_args;
pub(crate) mod open;
pub(crate) mod output;
pub(crate) mod position;
pub(crate) mod print;
pub(crate) mod scan;
pub(crate) mod wide;

/// `EOF`
pub(crate) const EOF: i32 = -1;
/// `WEOF`
pub(crate) const WEOF: u16 = 0xffff;

/// A guest's `FILE`, by its address.
pub(crate) type FILE = abi::Ptr<FileStruct>;

/// What a `FILE` points to: the runtime's own.
pub(crate) enum FileStruct {}
