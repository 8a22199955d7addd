//! What the doors to files share: information by class, listings of folders, volumes, control codes. kernel32 and ntdll have a function for each.

mod control;
mod listing;
mod query;
mod set;
mod volume;

pub(crate) use control::{CONTROL_CODE, Control, control};
pub(crate) use listing::{Entries, Listing, list};
pub(crate) use query::{Class, FILE_BASIC_INFORMATION, FILE_NETWORK_OPEN_INFORMATION, query, tell};
pub(crate) use set::set;
pub(crate) use volume::query as query_volume;

use abi::{Guest, NTSTATUS, NtResult, Ptr, Width};

/// What is told of a file, as it lies in guest memory.
pub(crate) struct Told {
    bytes: Vec<u8>,
    /// A buffer with room for only these gets the beginning: a name, or a list, is last.
    least: usize,
}

impl Told {
    /// A struct, which must fit.
    fn fixed<T: Guest>(value: &T, width: Width) -> Self {
        let bytes = encoded(value, width);
        Self { least: bytes.len(), bytes }
    }

    /// Writes what there is room for, in a buffer of so many bytes; gives `STATUS_BUFFER_OVERFLOW`, which is no failure of a service's, when that
    /// is not all, and how many bytes were written.
    ///
    /// # Errors
    /// `STATUS_INFO_LENGTH_MISMATCH` for a buffer that is too small for any of it.
    pub(crate) fn give(&self, to: Ptr<u8>, size: usize) -> NtResult<(NTSTATUS, usize)> {
        if size < self.least {
            return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
        }
        let given = self.bytes.get(..size).unwrap_or(&self.bytes);
        to.write_bytes(given)?;
        let cut = given.len() < self.bytes.len();
        Ok((if cut { NTSTATUS::STATUS_BUFFER_OVERFLOW } else { NTSTATUS::STATUS_SUCCESS }, given.len()))
    }
}

fn encoded<T: Guest>(value: &T, width: Width) -> Vec<u8> {
    let mut bytes = vec![0; T::layout(width).size];
    value.encode(width, &mut bytes);
    bytes
}

fn text_bytes(text: &[u16]) -> impl Iterator<Item = u8> + '_ {
    text.iter().flat_map(|unit| unit.to_le_bytes())
}

/// The value in a buffer of so many bytes.
///
/// # Errors
/// `STATUS_INFO_LENGTH_MISMATCH` when it does not fit in there.
fn take<T: Guest>(from: Ptr<u8>, size: usize) -> NtResult<T> {
    if size < T::layout(from.width()).size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    Ok(from.cast::<T>().read()?)
}
