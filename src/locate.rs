//! Which file a program's name means.
//!
//! A name with a slash or backslash is a path. Any other is looked for in the current folder and then on `PATH`, as Windows does it
//! (<https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw>), with `.exe` added when
//! the name has no extension.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::paths::{Paths, is_windows};

/// The file that `program` means, looked for in `path`, which is as the variable `PATH`. A Windows path may be on a drive in `root`.
///
/// # Errors
/// [`Error::ProgramNotFound`] with all that was looked for.
pub(crate) fn locate(program: &OsStr, path: Option<&OsStr>, root: Option<&Path>) -> Result<PathBuf, Error> {
    if program.as_bytes().contains(&b'/') || is_windows(program) {
        return locate_path(program, root);
    }
    let mut folders = vec![PathBuf::new()];
    folders.extend(path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute()));
    for name in names(program) {
        let found = folders.iter().map(|folder| folder.join(&name)).find(|file| file.is_file());
        if let Some(found) = found {
            return Ok(found);
        }
    }
    // A folder of that name is what the user meant, and deserves to be named as such.
    if Path::new(program).is_dir() {
        return Ok(program.into());
    }
    folders[0] = "the current folder".into();
    folders.dedup();
    Err(Error::ProgramNotFound { program: program.to_owned(), searched: folders, by_name: true })
}

/// The names under which a program without a path is looked for, in order: one without an extension is first of all an `.exe`.
fn names(program: &OsStr) -> Vec<OsString> {
    let exact = program.to_owned();
    let with_suffix = add_suffix(program);
    match (Path::new(program).extension(), has_suffix(program)) {
        (_, true) => vec![exact],
        (Some(_), false) => vec![exact, with_suffix],
        (None, false) => vec![with_suffix, exact],
    }
}

fn locate_path(program: &OsStr, root: Option<&Path>) -> Result<PathBuf, Error> {
    let mut candidates = vec![PathBuf::from(program)];
    if !has_suffix(program) {
        candidates.push(add_suffix(program).into());
    }
    let exists = |file: &&PathBuf| file.try_exists().unwrap_or(true);
    if let Some(found) = candidates.iter().find(exists) {
        return Ok(found.clone());
    }
    if is_windows(program) {
        let paths = Paths::new(root)?;
        for candidate in &mut candidates {
            *candidate = paths.to_host(&*candidate)?;
        }
        if let Some(found) = candidates.iter().find(exists) {
            return Ok(found.clone());
        }
    }
    Err(Error::ProgramNotFound { program: program.to_owned(), searched: candidates, by_name: false })
}

fn has_suffix(name: &OsStr) -> bool {
    name.as_bytes().last_chunk().is_some_and(|end: &[u8; 4]| end.eq_ignore_ascii_case(b".exe"))
}

fn add_suffix(name: &OsStr) -> OsString {
    let mut name = name.to_owned();
    name.push(".exe");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tool", "tool.exe", "other", "v1.2.exe", "dotted.com"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn on_path(name: &str, folder: &tempfile::TempDir) -> Option<String> {
        let found = locate(OsStr::new(name), Some(folder.path().as_os_str()), None).ok()?;
        Some(found.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned())
    }

    #[test]
    fn a_name_is_first_of_all_an_exe() {
        let folder = folder();
        assert_eq!(on_path("tool", &folder).unwrap(), "tool.exe");
        assert_eq!(on_path("tool.exe", &folder).unwrap(), "tool.exe");
        assert_eq!(on_path("other", &folder).unwrap(), "other");
        assert_eq!(on_path("v1.2", &folder).unwrap(), "v1.2.exe");
        assert_eq!(on_path("dotted.com", &folder).unwrap(), "dotted.com");
        assert_eq!(on_path("missing", &folder), None);
    }

    #[test]
    fn a_path_may_be_spelled_as_on_windows() {
        let folder = folder();
        let host = folder.path().to_str().unwrap();
        for spelling in [
            format!("{host}/tool.exe"),
            format!("Z:{}\\tool.exe", host.replace('/', "\\")),
            format!("z:{host}/TOOL.exe"),
            format!("{host}\\v1.2"),
        ] {
            let found = locate(OsStr::new(&spelling), None, None).unwrap();
            assert!(found.starts_with(folder.path()) && found.is_file(), "{spelling}: {}", found.display());
        }
        assert_eq!(locate(OsStr::new(&format!("{host}/tool")), None, None).unwrap(), folder.path().join("tool"));
    }

    #[test]
    fn a_missing_program_says_where_it_was_looked_for() {
        let error = locate(OsStr::new("nowhere"), Some(OsStr::new("/a:/b")), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nowhere was not found in the current folder, /a, /b; give its path, or put its folder on PATH"
        );
        let error = locate(OsStr::new(r"Z:\nowhere\x"), None, None).unwrap_err();
        assert_eq!(error.to_string(), r"Z:\nowhere\x was not found: there is no /nowhere/x, /nowhere/x.exe");
    }
}
