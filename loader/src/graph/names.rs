//! File names of modules, and when two mean the same module.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::apiset;
use crate::module::FileIdentity;

/// A DLL's file name as it is compared: lower case, with its suffix.
pub fn normalise(name: &str) -> String {
    let lower = name.to_lowercase();
    // Microsoft's documentation of LoadLibrary: `.dll` is appended where there is no suffix; a trailing dot prevents it.
    let full = match lower.strip_suffix('.') {
        Some(bare) => bare.to_owned(),
        None if lower.contains('.') => lower,
        None => lower + ".dll",
    };
    match apiset::host(&full) {
        Some(host) => host.to_owned(),
        None => full,
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The path with `.dll` where its file name has no suffix, and without a trailing dot.
pub(super) fn with_suffix(path: &Path) -> PathBuf {
    let name = file_name(path);
    match name.strip_suffix('.') {
        Some(bare) => path.with_file_name(bare),
        None if name.contains('.') => path.to_owned(),
        None => path.with_file_name(name + ".dll"),
    }
}

pub(crate) fn identity(path: &Path) -> Option<FileIdentity> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
