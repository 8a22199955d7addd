//! Blocks of the process heap that functions make for the guest to free.

use abi::{Fault, NtResult, Ptr};
use syscall_xlate::Cx;
use syscall_xlate::heap::{HeapFlags, Heaps};

/// A block of `size` bytes; what is in it does not matter.
///
/// # Errors
/// `STATUS_NO_MEMORY`.
pub(crate) fn allocate(cx: &Cx, size: usize) -> NtResult<Ptr<u8>> {
    cx.allocate(Heaps::PROCESS, HeapFlags::default(), size as u64).map(Ptr::at)
}

/// A block with these bytes.
///
/// # Errors
/// `STATUS_NO_MEMORY`.
pub(crate) fn of_bytes(cx: &Cx, bytes: &[u8]) -> NtResult<Ptr<u8>> {
    let block = allocate(cx, bytes.len())?;
    block.write_bytes(bytes).map_err(|_: Fault| abi::NTSTATUS::STATUS_NO_MEMORY)?;
    Ok(block)
}

/// A block with UTF-16 text and a closing zero.
///
/// # Errors
/// `STATUS_NO_MEMORY`.
pub(crate) fn of_wide(cx: &Cx, text: &[u16]) -> NtResult<Ptr<u16>> {
    let bytes: Vec<u8> = text.iter().chain([&0]).flat_map(|unit| unit.to_le_bytes()).collect();
    Ok(of_bytes(cx, &bytes)?.cast())
}

/// A block with text in the ANSI code page and a closing zero.
///
/// # Errors
/// `STATUS_NO_MEMORY`.
pub(crate) fn of_ansi(cx: &Cx, text: &[u8]) -> NtResult<Ptr<u8>> {
    of_bytes(cx, &[text, b"\0"].concat())
}

/// Frees a block; the null pointer is none.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for what is no block.
pub(crate) fn free<T>(cx: &Cx, block: Ptr<T>) -> NtResult<()> {
    cx.free(Heaps::PROCESS, block.address())
}
