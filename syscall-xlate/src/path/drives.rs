//! Drives and current directories.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};
use std::sync::{Arc, RwLock};

use abi::{NTSTATUS, NtResult};

use super::dos::{self, Current};
use super::{Location, SEPARATOR, Target, eq_ignoring_case, name, nt_target, wide};

/// The drive that is the host's whole tree.
const HOST_DRIVE: u8 = b'Z';
/// The drive that is the user's private tree.
const PRIVATE_DRIVE: u8 = b'C';

/// The drives of a process and its current directories.
///
/// `Z:` is the host's `/`. `C:` is a private tree under a directory that need not be there: calls that need it make it.
pub struct Drives {
    host: Arc<Path>,
    private: Arc<Path>,
    /// Full paths with a closing separator, by drive letter; 0 is the process's current directory. No lock is taken under it.
    current: RwLock<BTreeMap<u8, Vec<u16>>>,
}

impl Drives {
    /// Drives whose `C:` is at `private`, with the current directory at the host's `directory`.
    pub fn new(private: &Path, directory: &Path) -> Self {
        let drives = Self { host: Arc::from(Path::new("/")), private: Arc::from(private), current: RwLock::default() };
        let mut start = drives.to_dos(directory);
        if start.last() != Some(&SEPARATOR) {
            start.push(SEPARATOR);
        }
        drives.set(0, start);
        drives
    }

    /// Where `C:` is by default: `drive_c` in `$XDG_DATA_HOME/exeunt`, or in `~/.local/share/exeunt`.
    pub fn default_private(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> std::path::PathBuf {
        let absolute = |name| variable(name).map(std::path::PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .unwrap_or_else(|| "/var/tmp".into())
            .join("exeunt/drive_c")
    }

    fn set(&self, letter: u8, directory: Vec<u16>) {
        let mut current = self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        current.insert(letter, directory);
    }

    /// The host directory that is the drive's root.
    pub fn root(&self, letter: u8) -> Option<Arc<Path>> {
        match letter {
            HOST_DRIVE => Some(self.host.clone()),
            PRIVATE_DRIVE => Some(self.private.clone()),
            _ => None,
        }
    }

    /// The letters of the drives there are, in order.
    pub fn letters(&self) -> [u8; 2] {
        [PRIVATE_DRIVE, HOST_DRIVE]
    }

    /// The Windows path of a host path, without a closing separator except for a drive's root.
    /// A relative path is taken from the root.
    pub fn to_dos(&self, host: &Path) -> Vec<u16> {
        let (letter, rest) = match host.strip_prefix(&self.private) {
            Ok(rest) => (PRIVATE_DRIVE, rest),
            Err(_) => (HOST_DRIVE, host),
        };
        let mut path = vec![u16::from(letter), u16::from(b':')];
        let mut any = false;
        for component in rest.components() {
            if let Component::Normal(component) = component {
                path.push(SEPARATOR);
                path.extend(name::from_host(component.as_bytes()));
                any = true;
            }
        }
        if !any {
            path.push(SEPARATOR);
        }
        path
    }

    /// The NT path of a Win32 path.
    ///
    /// # Errors
    /// `STATUS_OBJECT_PATH_NOT_FOUND` for an empty path, as `CreateFile` reports it.
    pub fn nt_path(&self, path: &[u16]) -> NtResult<Vec<u16>> {
        dos::nt_path(path, self).ok_or(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)
    }

    /// The full path of a Win32 path (`GetFullPathName`), `None` for an empty one.
    pub fn full_path(&self, path: &[u16]) -> Option<Vec<u16>> {
        dos::full_path(path, self)
    }

    /// What an NT path leads to.
    ///
    /// # Errors
    /// Those of [`nt_target`].
    pub fn target(&self, nt_path: &[u16]) -> NtResult<Target> {
        nt_target(nt_path, |letter| self.root(letter))
    }

    /// What a Win32 path leads to.
    ///
    /// # Errors
    /// Those of [`Self::nt_path`] and [`nt_target`].
    pub fn dos_target(&self, path: &[u16]) -> NtResult<Target> {
        self.target(&self.nt_path(path)?)
    }

    /// The current directory, with a separator at its end only where it is a root, as `GetCurrentDirectory` gives it.
    pub fn current_directory(&self) -> Vec<u16> {
        let mut directory = self.directory();
        if directory.len() > 3 {
            directory.pop();
        }
        directory
    }

    /// Makes `full`, a full path of a directory that is there, the current directory, and its drive's.
    pub fn set_current_directory(&self, full: &[u16]) {
        let mut full = full.to_vec();
        if full.last() != Some(&SEPARATOR) {
            full.push(SEPARATOR);
        }
        if let Some(letter) = dos::drive(&full) {
            self.set(letter, full.clone());
        }
        self.set(0, full);
    }
}

impl Current for Drives {
    fn directory(&self) -> Vec<u16> {
        let current = self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        current.get(&0).cloned().unwrap_or_else(|| wide(r"Z:\"))
    }

    fn directory_of(&self, letter: u8) -> Vec<u16> {
        let directory = self.directory();
        if dos::drive(&directory) == Some(letter) {
            return directory;
        }
        let current = self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        current.get(&letter).cloned().unwrap_or_else(|| vec![u16::from(letter), u16::from(b':'), SEPARATOR])
    }
}

/// Directories of `C:` that every Windows has.
const STANDARD: [&[&str]; 10] = [
    &["windows", "system32", "drivers", "etc"],
    &["windows", "syswow64"],
    &["windows", "temp"],
    &["windows", "fonts"],
    &["Program Files", "Common Files"],
    &["Program Files (x86)", "Common Files"],
    &["ProgramData"],
    &["users", "Public"],
    &["users", "*", "AppData", "Local", "Temp"],
    &["users", "*", "AppData", "Roaming"],
];

/// True if the first `count` components name a directory of `C:` that is there on every Windows; it is made when it is needed.
pub(super) fn is_standard_directory(location: &Location, count: usize) -> bool {
    location.drive == PRIVATE_DRIVE
        && STANDARD.iter().any(|standard| {
            standard.len() >= count
                && location
                    .components
                    .iter()
                    .take(count)
                    .zip(standard.iter())
                    .all(|(component, standard)| *standard == "*" || eq_ignoring_case(component, standard))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drives() -> Drives {
        Drives::new(Path::new("/data/c"), Path::new("/home/me"))
    }

    fn text(path: &[u16]) -> String {
        String::from_utf16_lossy(path)
    }

    #[test]
    fn host_paths_have_a_windows_path() {
        let drives = drives();
        for (host, dos) in [
            ("/", r"Z:\"),
            ("/usr/bin/", r"Z:\usr\bin"),
            ("/data/c", r"C:\"),
            ("/data/c/windows/x", r"C:\windows\x"),
            ("/data/cc", r"Z:\data\cc"),
        ] {
            assert_eq!(text(&drives.to_dos(Path::new(host))), dos);
        }
    }

    #[test]
    fn each_drive_has_a_current_directory() {
        let drives = drives();
        assert_eq!(text(&drives.current_directory()), r"Z:\home\me");
        drives.set_current_directory(&wide(r"C:\windows"));
        assert_eq!(text(&drives.current_directory()), r"C:\windows");
        drives.set_current_directory(&wide(r"Z:\"));
        assert_eq!(text(&drives.current_directory()), r"Z:\");
        assert_eq!(text(&drives.full_path(&wide("c:x")).unwrap()), r"c:\windows\x");
    }

    #[test]
    fn win32_paths_lead_to_host_paths() {
        let drives = drives();
        let Ok(Target::File(location)) = drives.dos_target(&wide(r"..\x/y")) else { panic!("not a file") };
        assert_eq!(location.exact(), Path::new("/home/x/y"));
        let Ok(Target::File(location)) = drives.dos_target(&wide(r"c:\a")) else { panic!("not a file") };
        assert_eq!(location.exact(), Path::new("/data/c/a"));
    }

    #[test]
    fn only_windows_own_directories_are_standard() {
        let drives = drives();
        for (path, expected) in [
            (r"C:\", true),
            (r"C:\Windows\System32", true),
            (r"C:\users\anyone\appdata\local\temp", true),
            (r"C:\windows\other", false),
            (r"Z:\windows", false),
        ] {
            let Ok(Target::File(location)) = drives.dos_target(&wide(path)) else { panic!("not a file") };
            assert_eq!(is_standard_directory(&location, location.components.len()), expected, "{path}");
        }
    }

    #[test]
    fn the_private_drive_is_where_the_user_keeps_data() {
        let with = |pairs: &'static [(&str, &str)]| {
            Drives::default_private(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into()))
        };
        assert_eq!(with(&[("XDG_DATA_HOME", "/x")]), Path::new("/x/exeunt/drive_c"));
        assert_eq!(with(&[("XDG_DATA_HOME", "rel"), ("HOME", "/h")]), Path::new("/h/.local/share/exeunt/drive_c"));
    }
}
