//! Finding a file in a folder as Windows would: without regard to case.

use std::fs;
use std::path::{Path, PathBuf};

/// The file called `name` in `folder`: exactly so, or else the first by name that differs only in case. Folders do not count.
pub fn find_file(folder: &Path, name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return None;
    }
    let exact = folder.join(name);
    if is_file(&exact) {
        return Some(exact);
    }
    let wanted = name.to_lowercase();
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().to_lowercase() == wanted);
    names.map(|name| folder.join(name)).filter(|path| is_file(path)).min()
}

/// The file a relative path with `/` or `\` between its parts means, starting from `folder`, each part without regard to case.
pub(super) fn find_path(folder: &Path, path: &Path, find: &dyn Fn(&Path, &str) -> Option<PathBuf>) -> Option<PathBuf> {
    let parts = path.to_string_lossy().replace('\\', "/");
    let (folders, name) = match parts.rsplit_once('/') {
        Some((folders, name)) => (folders, name),
        None => ("", parts.as_str()),
    };
    let mut folder = folder.to_owned();
    for part in folders.split('/').filter(|part| !part.is_empty() && *part != ".") {
        folder = match part {
            ".." => folder.join(part),
            part => find_folder(&folder, part)?,
        };
    }
    find(&folder, name)
}

fn find_folder(parent: &Path, name: &str) -> Option<PathBuf> {
    let exact = parent.join(name);
    if exact.is_dir() {
        return Some(exact);
    }
    let wanted = name.to_lowercase();
    let entries = fs::read_dir(parent).ok()?.filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().to_lowercase() == wanted);
    names.map(|name| parent.join(name)).filter(|path| path.is_dir()).min()
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}
