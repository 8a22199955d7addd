//! The debug directory: which PDB file belongs to the image.

use super::{Directory, Image};
use crate::bytes;

const ENTRY_SIZE: u32 = 28;
const TYPE_CODEVIEW: u32 = 2;
const MAX_ENTRIES: u32 = 64;
const PDB_PATH_LIMIT: usize = 4096;

/// The program database an image was linked with (CodeView `RSDS` record).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdbReference {
    /// Path as the linker knew it.
    pub path: String,
    /// Its signature, a GUID in memory order.
    pub guid: [u8; 16],
    /// How often it was rewritten.
    pub age: u32,
}

impl Image {
    /// The PDB file that has the image's symbols, when the image names one.
    pub fn pdb(&self) -> Option<PdbReference> {
        let range = self.directory(Directory::Debug)?;
        (0..(range.size / ENTRY_SIZE).min(MAX_ENTRIES)).find_map(|index| {
            let entry = range.rva.checked_add(index * ENTRY_SIZE)?;
            let is_codeview = self.u32_at(entry.checked_add(12)?)? == TYPE_CODEVIEW;
            is_codeview.then_some(())?;
            // AddressOfRawData is 0 for records that are not mapped; the file offset serves both.
            let offset = self.u32_at(entry.checked_add(24)?)? as usize;
            codeview(self.file_bytes().get(offset..)?)
        })
    }
}

fn codeview(record: &[u8]) -> Option<PdbReference> {
    (record.get(..4)? == b"RSDS").then_some(())?;
    let path = bytes::c_string(record.get(24..)?, PDB_PATH_LIMIT)?;
    Some(PdbReference {
        path: String::from_utf8_lossy(path).into_owned(),
        guid: bytes::array(record, 4)?,
        age: bytes::u32_at(record, 20)?,
    })
}
