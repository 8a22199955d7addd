//! What an NT path leads to.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use abi::{NTSTATUS, NtResult};

use super::{SEPARATOR, eq_ignoring_case, name, wide};

/// A device that is not a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// `NUL`
    Null,
    /// `CON`: input or output of the console, by the access asked for.
    Console,
    /// `CONIN$`
    ConsoleInput,
    /// `CONOUT$`
    ConsoleOutput,
}

/// What an NT path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file or directory, there or not.
    File(Location),
    /// A device.
    Device(Device),
    /// The volume of a drive (`\\.\C:`), by its upper-case letter.
    Volume(u8),
    /// A named pipe (`\\.\pipe\NAME`), without the prefix.
    Pipe(Vec<u16>),
}

/// A place in a drive's tree: the host directory that is the drive's root, and the components below it as the guest spelled them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Upper-case drive letter.
    pub drive: u8,
    /// The host directory that is the drive's root.
    pub root: Arc<Path>,
    /// Components below the root; empty for the root itself.
    pub components: Vec<Vec<u16>>,
    /// The path ended with a separator, so that it can only name a directory.
    pub names_directory: bool,
}

impl Location {
    /// The host path with the spelling given.
    pub fn exact(&self) -> PathBuf {
        self.exact_of(self.components.len())
    }

    /// The host path of the first `count` components with the spelling given.
    pub(super) fn exact_of(&self, count: usize) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        let mut bytes = self.root.as_os_str().as_bytes().to_vec();
        for component in self.components.iter().take(count) {
            if bytes.last() != Some(&b'/') {
                bytes.push(b'/');
            }
            name::push_host(component, &mut bytes);
        }
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
}

/// Takes an NT path (`\??\C:\file`) apart. `root_of` gives a drive's root on the host.
///
/// # Errors
/// `STATUS_OBJECT_NAME_INVALID` for a name that no file can have, `STATUS_OBJECT_PATH_NOT_FOUND` for a drive that is not there,
/// `STATUS_BAD_NETWORK_PATH` for a network path, `STATUS_OBJECT_PATH_SYNTAX_BAD` for what is not an NT path.
pub fn nt_target(path: &[u16], root_of: impl Fn(u8) -> Option<Arc<Path>>) -> NtResult<Target> {
    let rest = strip(path, r"\??\")
        .or_else(|| strip(path, r"\DosDevices\"))
        .or_else(|| strip(path, r"\GLOBAL??\"))
        .or_else(|| strip(path, r"\Device\"))
        .ok_or(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD)?;
    if let [letter, colon, rest @ ..] = rest
        && *colon == u16::from(b':')
    {
        let letter = u8::try_from(*letter).unwrap_or_default().to_ascii_uppercase();
        return in_drive(letter, rest, root_of(letter).ok_or(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)?);
    }
    if let Some(pipe) = strip(rest, r"pipe\").or_else(|| strip(rest, r"NamedPipe\")) {
        return Ok(Target::Pipe(pipe.to_vec()));
    }
    let first = rest.split(|&unit| unit == SEPARATOR).next().unwrap_or_default();
    if eq_ignoring_case(first, "UNC") {
        return Err(NTSTATUS::STATUS_BAD_NETWORK_PATH);
    }
    let named = |name: &str| eq_ignoring_case(rest, name);
    match () {
        () if named("NUL") || named("Null") => Ok(Target::Device(Device::Null)),
        () if named("CON") => Ok(Target::Device(Device::Console)),
        () if named("CONIN$") => Ok(Target::Device(Device::ConsoleInput)),
        () if named("CONOUT$") => Ok(Target::Device(Device::ConsoleOutput)),
        () => Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
    }
}

fn strip<'a>(path: &'a [u16], prefix: &str) -> Option<&'a [u16]> {
    let (head, rest) = path.split_at_checked(prefix.len())?;
    eq_ignoring_case(head, prefix).then_some(rest)
}

fn in_drive(drive: u8, rest: &[u16], root: Arc<Path>) -> NtResult<Target> {
    let Some((&first, rest)) = rest.split_first() else {
        return Ok(Target::Volume(drive));
    };
    if first != SEPARATOR {
        return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
    }
    let (rest, names_directory) = match rest {
        [rest @ .., last] if *last == SEPARATOR => (rest, true),
        rest => (rest, rest.is_empty()),
    };
    // The unnamed stream is the file itself; other streams there are none.
    let unnamed = wide("::$DATA");
    let rest = match rest.len().checked_sub(unnamed.len()) {
        Some(at) if eq_ignoring_case(&rest[at..], "::$DATA") => &rest[..at],
        _ => rest,
    };
    let mut components = Vec::new();
    if !rest.is_empty() {
        for component in rest.split(|&unit| unit == SEPARATOR) {
            let dots = component == [u16::from(b'.')] || component == [u16::from(b'.'); 2];
            if component.is_empty() || dots || component.iter().any(|&unit| name::is_forbidden(unit)) {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
            }
            components.push(component.to_vec());
        }
    }
    Ok(Target::File(Location { drive, root, components, names_directory }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> NtResult<Target> {
        nt_target(&wide(path), |letter| (letter == b'Z').then(|| Arc::from(Path::new("/"))))
    }

    #[test]
    fn a_file_is_a_drive_and_components() {
        let Ok(Target::File(location)) = target(r"\??\z:\usr\Share\") else { panic!("not a file") };
        assert_eq!((location.drive, location.names_directory), (b'Z', true));
        assert_eq!(location.exact(), Path::new("/usr/Share"));
    }

    #[test]
    fn names_no_file_can_have_are_invalid() {
        for path in [r"\??\Z:\a*b", r"\??\Z:\a:b", r"\??\Z:\a\\b", r"\??\Z:\a\..\b", r"\??\Z:\a/b", "\\??\\Z:\\a\tb"] {
            assert_eq!(target(path), Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID), "{path}");
        }
        assert!(target(r"\??\Z:\a::$data").is_ok());
    }

    #[test]
    fn devices_volumes_pipes_and_what_is_not_there() {
        assert_eq!(target(r"\??\nul"), Ok(Target::Device(Device::Null)));
        assert_eq!(target(r"\??\CONIN$"), Ok(Target::Device(Device::ConsoleInput)));
        assert_eq!(target(r"\??\Z:"), Ok(Target::Volume(b'Z')));
        assert_eq!(target(r"\??\pipe\x"), Ok(Target::Pipe(wide("x"))));
        assert_eq!(target(r"\??\Q:\x"), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
        assert_eq!(target(r"\??\UNC\server\share"), Err(NTSTATUS::STATUS_BAD_NETWORK_PATH));
        assert_eq!(target(r"\??\COM1"), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        assert_eq!(target("C:\\x"), Err(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD));
    }
}
