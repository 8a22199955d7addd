//! Paths as Windows programs see them, and as the host has them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use abi::NTSTATUS;
use syscall_xlate::environment::Environment;
use syscall_xlate::path::{Device, Drives, Location, Lookup, Target, name};

use crate::Error;

/// The folder of the private drive in a root.
const PRIVATE_DRIVE: &str = "drive_c";

/// The drives of a program that starts in the current folder: `Z:` is the host's `/`, `C:` a private tree.
///
/// ```
/// use std::path::Path;
/// let paths = exeunt::paths::Paths::new(Some(Path::new("/srv/root"))).unwrap();
/// assert_eq!(paths.to_windows(Path::new("/usr/lib")).unwrap(), r"Z:\usr\lib");
/// assert_eq!(paths.to_host(r"C:\no such\File").unwrap(), Path::new("/srv/root/drive_c/no such/File"));
/// assert_eq!(paths.to_host(r"z:\USR").unwrap(), Path::new("/usr"));
/// ```
pub struct Paths {
    drives: Drives,
    lookup: Lookup,
}

impl Paths {
    /// The drives whose private tree is in `root`; the user's own unless given.
    ///
    /// # Errors
    /// [`Error::Path`] when the current folder is gone.
    pub fn new(root: Option<&Path>) -> Result<Self, Error> {
        let current = std::env::current_dir().map_err(|error| failed(".", &error.to_string()))?;
        let private = root.map(private_drive).transpose()?;
        let private = private.unwrap_or_else(|| Drives::default_private(|name| std::env::var_os(name)));
        Ok(Self { drives: Drives::new(&private, &current), lookup: Lookup::default() })
    }

    /// The full path by which a Windows program sees a file of the host.
    ///
    /// # Errors
    /// [`Error::Path`] when the path is empty.
    pub fn to_windows(&self, host: &Path) -> Result<String, Error> {
        let full = std::path::absolute(host).map_err(|_| failed(host, "an empty path names nothing"))?;
        Ok(String::from_utf16_lossy(&self.drives.to_dos(&normal(&full))))
    }

    /// The file of the host that a Windows path names, whatever the case of its letters; the one it would make when there is none.
    ///
    /// # Errors
    /// [`Error::Path`] when no file can have this path, or none of the host's.
    pub fn to_host(&self, windows: impl AsRef<OsStr>) -> Result<PathBuf, Error> {
        let windows = windows.as_ref();
        let target = self.drives.dos_target(&name::from_host_text(windows.as_bytes()));
        match target.map_err(|status| failed(windows, reason(status)))? {
            Target::File(location) => Ok(self.nearest(&location)),
            Target::Device(Device::Null) => Ok("/dev/null".into()),
            Target::Device(_) => Err(failed(windows, "the console is no file of the host")),
            Target::Volume(_) => Err(failed(windows, "a volume is no file of the host")),
            Target::Pipe(_) => Err(failed(windows, "a named pipe is no file of the host")),
        }
    }

    /// The host folders in which a program looks for DLLs last: those of `WINEPATH` and `PATH`.
    pub(crate) fn search_folders(&self) -> Vec<PathBuf> {
        Environment::from_host(std::env::vars_os(), &self.drives).search_folders(&self.drives)
    }

    /// What a location names: what there is of it by its own spelling, the rest by the one given.
    fn nearest(&self, location: &Location) -> PathBuf {
        let count = location.components.len();
        let known = (0..=count).rev().find_map(|count| {
            let components = location.components.get(..count)?.to_vec();
            let prefix = Location { components, ..location.clone() };
            Some((self.lookup.existing(&prefix).ok()?, count))
        });
        let Some((path, known)) = known else { return location.exact() };
        let rest = location.components.iter().skip(known).map(|component| OsString::from_vec(name::to_host(component)));
        rest.fold(path, |path, component| path.join(component))
    }
}

/// The host folder that is drive `C:` of a root.
///
/// # Errors
/// [`Error::Path`] when the path is empty.
pub(crate) fn private_drive(root: &Path) -> Result<PathBuf, Error> {
    let root = std::path::absolute(root).map_err(|_| failed(root, "an empty path names nothing"))?;
    Ok(root.join(PRIVATE_DRIVE))
}

/// Whether a path is spelled as on Windows: with a backslash or a drive.
pub fn is_windows(path: &OsStr) -> bool {
    let bytes = path.as_bytes();
    bytes.contains(&b'\\') || matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// An absolute path without `..`, taken by its text as Windows does.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            std::path::Component::ParentDir => _ = path.pop(),
            component => path.push(component),
        }
        path
    })
}

/// Why a path leads nowhere, in words.
fn reason(status: NTSTATUS) -> &'static str {
    match status {
        NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND => "there is no such drive, only C: and Z:",
        NTSTATUS::STATUS_BAD_NETWORK_PATH => "there are no network paths",
        _ => "no file can have this name",
    }
}

fn failed(path: impl AsRef<OsStr>, reason: &str) -> Error {
    Error::Path { path: path.as_ref().to_owned(), reason: reason.to_owned() }
}
