//! Entries of a folder, as `NtQueryDirectoryFile` and `GetFileInformationByHandleEx` write them one behind the other.

use abi::{NTSTATUS, NtResult};
use syscall_xlate::file::{DirectoryEntry, File};

/// How entries look, by the class of information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entries {
    /// `FILE_DIRECTORY_INFORMATION`
    Directory,
    /// `FILE_FULL_DIR_INFORMATION`
    Full,
    /// `FILE_ID_FULL_DIR_INFORMATION`
    IdFull,
    /// `FILE_BOTH_DIR_INFORMATION`
    Both,
    /// `FILE_ID_BOTH_DIR_INFORMATION`
    IdBoth,
    /// `FILE_NAMES_INFORMATION`
    Names,
    /// `FILE_ID_EXTD_DIR_INFORMATION`
    IdExtended,
    /// `FILE_ID_EXTD_BOTH_DIR_INFORMATION`
    IdExtendedBoth,
}

/// Which entries are wanted, and how.
pub(crate) struct Listing<'a> {
    /// How they look.
    pub(crate) entries: Entries,
    /// With NT's wildcards; only the first of a handle counts.
    pub(crate) pattern: Option<&'a [u16]>,
    /// From the first one on.
    pub(crate) restart: bool,
    /// Only one.
    pub(crate) single: bool,
}

/// Where every entry begins.
const ALIGNMENT: usize = 8;

impl Entries {
    /// The way of a `FILE_INFORMATION_CLASS`.
    pub(crate) const fn of_class(class: u32) -> Option<Self> {
        Some(match class {
            1 => Self::Directory,
            2 => Self::Full,
            3 => Self::Both,
            12 => Self::Names,
            37 => Self::IdBoth,
            38 => Self::IdFull,
            60 => Self::IdExtended,
            63 => Self::IdExtendedBoth,
            _ => return None,
        })
    }

    /// Where the name begins, in bytes.
    const fn name_at(self) -> usize {
        match self {
            Self::Names => 12,
            Self::Directory => 64,
            Self::Full => 68,
            Self::IdFull => 80,
            Self::IdExtended => 88,
            Self::Both => 94,
            Self::IdBoth => 104,
            Self::IdExtendedBoth => 114,
        }
    }

    /// Where the file's number begins, and its bytes.
    const fn number(self) -> Option<(usize, usize)> {
        match self {
            Self::IdFull => Some((72, 8)),
            Self::IdBoth => Some((96, 8)),
            Self::IdExtended | Self::IdExtendedBoth => Some((72, 16)),
            Self::Names | Self::Directory | Self::Full | Self::Both => None,
        }
    }

    /// Bytes of the C struct, which has room for one character of a name: no buffer may be smaller.
    pub(crate) const fn least(self) -> usize {
        let alignment = if matches!(self, Self::Names) { 4 } else { ALIGNMENT };
        (self.name_at() + 2).next_multiple_of(alignment)
    }

    /// What stands before the name. Short names, extended attributes and reparse tags are zero: there are none.
    fn head(self, entry: &DirectoryEntry) -> Vec<u8> {
        let known = &entry.information;
        let name_bytes = (2 * entry.name.len()) as u32;
        let mut head = vec![0; self.name_at()];
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(place) = head.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        if self == Self::Names {
            put(8, &name_bytes.to_le_bytes());
            return head;
        }
        let (size, allocated) = (known.size as i64, known.allocated as i64);
        let longs = [known.created, known.accessed, known.written, known.changed, size, allocated];
        for (index, long) in longs.into_iter().enumerate() {
            put(8 + 8 * index, &long.to_le_bytes());
        }
        put(56, &known.attributes.bits().to_le_bytes());
        put(60, &name_bytes.to_le_bytes());
        if let Some((at, bytes)) = self.number() {
            put(at, u128::from(known.index).to_le_bytes().get(..bytes).unwrap_or_default());
        }
        head
    }
}

/// As many entries as `size` bytes have room for. Of the first one the name is cut where it does not fit, and the status says so; a later one is
/// left for the next time.
///
/// # Errors
/// `STATUS_NO_MORE_FILES`, and those of [`File::with_search`].
pub(crate) fn list(file: &File, listing: &Listing<'_>, size: usize) -> NtResult<(NTSTATUS, Vec<u8>)> {
    file.with_search(listing.pattern, listing.restart, |search| {
        let (mut bytes, mut last): (Vec<u8>, Option<usize>) = (Vec::new(), None);
        let mut status = NTSTATUS::STATUS_SUCCESS;
        while let Some(entry) = search.next_entry() {
            let start = bytes.len().next_multiple_of(ALIGNMENT);
            let mut encoded = listing.entries.head(&entry);
            encoded.extend(super::text_bytes(&entry.name));
            if start + encoded.len() > size {
                if last.is_some() {
                    search.put_back(entry);
                    break;
                }
                encoded.truncate(size);
                status = NTSTATUS::STATUS_BUFFER_OVERFLOW;
            }
            if let Some(field) = last.and_then(|last| bytes.get_mut(last..last + 4)) {
                field.copy_from_slice(&((start - last.unwrap_or_default()) as u32).to_le_bytes());
            }
            bytes.resize(start, 0);
            bytes.extend(encoded);
            last = Some(start);
            if listing.single || status != NTSTATUS::STATUS_SUCCESS {
                break;
            }
        }
        if last.is_none() { Err(NTSTATUS::STATUS_NO_MORE_FILES) } else { Ok((status, bytes)) }
    })
}
