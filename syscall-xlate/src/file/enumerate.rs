//! Listing folders.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use abi::{NTSTATUS, NtResult};

use super::info::{self, Information};
use super::{File, FileSystem, Medium, errno, matches};
use crate::nls::case::upcased;
use crate::path::name;

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Its name.
    pub name: Vec<u16>,
    /// What is known of it.
    pub information: Information,
}

/// The pattern that every name matches.
const ALL: &[u16] = &[b'*' as u16];

/// A walk through the entries of a folder that match a pattern: `.` and `..` first, unless it is a drive's root, then in the order of
/// their upper-cased names, as NTFS gives them.
#[derive(Debug)]
pub struct Search {
    directory: PathBuf,
    /// The names that are left, last first.
    left: Vec<(Vec<u16>, OsString)>,
    /// What names are to match, with NT's wildcards.
    pattern: Vec<u16>,
    /// An entry that was given and taken back.
    put_back: Option<DirectoryEntry>,
}

impl Search {
    /// Takes down what matches `pattern` (with NT's wildcards) now.
    fn new(directory: &Path, is_root: bool, pattern: &[u16]) -> NtResult<Self> {
        let entries = std::fs::read_dir(directory).map_err(|error| errno::io_status(&error))?;
        let mut left = Vec::new();
        for entry in entries {
            let host = entry.map_err(|error| errno::io_status(&error))?.file_name();
            let name = name::from_host(host.as_bytes());
            if matches(pattern, &name) {
                left.push((name, host));
            }
        }
        left.sort_by_cached_key(|(name, host)| (upcased(name), host.clone()));
        if !is_root {
            let dots = [".", ".."].map(|dots| (crate::path::wide(dots), OsString::from(dots)));
            // Their dots separate no extension: `*.` finds them.
            left.splice(0..0, dots.into_iter().filter(|(name, _)| matches(pattern, name) || matches(pattern, &[])));
        }
        left.reverse();
        Ok(Self { directory: directory.to_owned(), left, pattern: pattern.to_vec(), put_back: None })
    }

    /// The next entry. Those that have gone since are left out.
    pub fn next_entry(&mut self) -> Option<DirectoryEntry> {
        if let Some(entry) = self.put_back.take() {
            return Some(entry);
        }
        while let Some((name, host)) = self.left.pop() {
            if let Ok(information) = info::of_path(&self.directory.join(&host)) {
                return Some(DirectoryEntry { name, information });
            }
        }
        None
    }
}

impl Search {
    /// Takes back the entry given last, which did not fit: it is the next again.
    pub fn put_back(&mut self, entry: DirectoryEntry) {
        self.put_back = Some(entry);
    }
}

impl FileSystem {
    /// Begins a walk through what in the folder `directory` (an NT path) matches `pattern` (a name, maybe with NT's wildcards).
    /// It has at least one entry.
    ///
    /// # Errors
    /// `STATUS_NO_SUCH_FILE` if nothing matches, `STATUS_OBJECT_PATH_NOT_FOUND` if the folder is missing.
    pub fn search(&self, directory: &[u16], pattern: &[u16]) -> NtResult<Search> {
        let mut location = self.location(directory)?;
        let has_wildcard = pattern.iter().any(|&unit| u8::try_from(unit).is_ok_and(|byte| b"*?<>\"".contains(&byte)));
        if !has_wildcard {
            if pattern.iter().any(|&unit| name::is_forbidden(unit)) {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
            }
            // One name: no need to read the folder.
            location.components.push(pattern.to_vec());
            let path = self.lookup.existing(&location).map_err(|status| match status {
                NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND => NTSTATUS::STATUS_NO_SUCH_FILE,
                status => status,
            })?;
            let host = path.file_name().unwrap_or(OsStr::new(".")).to_owned();
            let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
            let left = vec![(name::from_host(host.as_bytes()), host)];
            return Ok(Search { directory, left, pattern: pattern.to_vec(), put_back: None });
        }
        let path = self.lookup.existing(&location).map_err(|status| match status {
            NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND => NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND,
            status => status,
        })?;
        let search = Search::new(&path, location.components.is_empty(), pattern).map_err(|status| match status {
            NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND => NTSTATUS::STATUS_NOT_A_DIRECTORY,
            status => status,
        })?;
        if search.left.is_empty() { Err(NTSTATUS::STATUS_NO_SUCH_FILE) } else { Ok(search) }
    }
}

impl File {
    /// Runs `work` on the folder's walk (`NtQueryDirectoryFile`). The first call decides the pattern, for good; `restart` begins again.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for what is no folder, `STATUS_NO_SUCH_FILE` if nothing matches at the first call,
    /// `STATUS_NO_MORE_FILES` if nothing does at a later one.
    pub fn with_search<T>(
        &self,
        pattern: Option<&[u16]>,
        restart: bool,
        work: impl FnOnce(&mut Search) -> NtResult<T>,
    ) -> NtResult<T> {
        if !matches!(self.medium, Medium::Directory) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let mut search = self.search.lock().unwrap_or_else(PoisonError::into_inner);
        let first = search.is_none();
        if first || restart {
            let path = self.host_path().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
            let given = pattern.filter(|pattern| !pattern.is_empty()).unwrap_or(ALL);
            let pattern = search.as_ref().map_or(given, |search| &search.pattern);
            let new = Search::new(&path, path.parent().is_none(), pattern)?;
            let empty = new.left.is_empty();
            *search = Some(new);
            if empty {
                let none = if first { NTSTATUS::STATUS_NO_SUCH_FILE } else { NTSTATUS::STATUS_NO_MORE_FILES };
                return Err(none);
            }
        }
        search.as_mut().map_or(Err(NTSTATUS::STATUS_NO_MORE_FILES), work)
    }
}

/// A walk is what a handle of `FindFirstFile` stands for.
pub struct SearchHandle(pub std::sync::Mutex<Search>);

impl crate::object::Object for SearchHandle {
    extern "win64" fn kind(&self) -> crate::object::Kind {
        crate::object::Kind::File
    }
}
