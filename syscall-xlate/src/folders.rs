//! The folders that Windows has a name for: where they are, and making them.

use abi::{NTSTATUS, NtResult};

use crate::Process;

/// A folder below the one that an environment variable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The variable.
    pub variable: &'static str,
    /// The way down from there; empty for the folder itself.
    pub below: &'static str,
}

impl Process {
    /// The path of a folder; it need not be there.
    ///
    /// # Errors
    /// `STATUS_OBJECT_PATH_NOT_FOUND` when the guest has taken the variable away.
    pub fn folder(&self, folder: Folder) -> NtResult<Vec<u16>> {
        let variable: Vec<u16> = folder.variable.encode_utf16().collect();
        let mut path = self.environment.get(&variable).ok_or(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)?;
        if !folder.below.is_empty() {
            path.push(u16::from(b'\\'));
            path.extend(folder.below.encode_utf16());
        }
        Ok(path)
    }

    /// Makes a folder, and those above it, where they are not there.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` when the host refuses.
    pub fn make_folder(&self, path: &[u16]) -> NtResult<()> {
        std::fs::create_dir_all(self.host_path(path)?).map_err(|_| NTSTATUS::STATUS_ACCESS_DENIED)
    }
}
