//! What is always in the namespace: the root, the directories of named objects with the links that Win32's prefixes are, and the names of
//! drives and devices ("Kernel object namespaces" in Microsoft's documentation). There is one session, number 1.

use crate::nls::case::eq_ignoring_case;

/// What is found under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    /// A directory.
    Directory {
        /// Its identifier.
        id: u64,
    },
    /// A symbolic link to this path.
    Link(&'static str),
    /// A device. It is opened as a file.
    Device,
}

/// The root.
pub(super) const ROOT: u64 = 1;
const GLOBAL: u64 = 2;
const SESSIONS: u64 = 3;
const SESSION_0: u64 = 4;
const SESSION_1: u64 = 5;
/// Where the names begin that Win32's functions take.
pub(super) const SESSION_OBJECTS: u64 = 6;
const SESSION_LINKS: u64 = 7;
/// The names of drives and devices.
pub(super) const DOS_DEVICES: u64 = 8;
const DEVICES: u64 = 9;

/// The path of [`SESSION_OBJECTS`].
pub(super) const SESSION_OBJECTS_PATH: &str = r"\Sessions\1\BaseNamedObjects";
/// The path of [`DOS_DEVICES`].
pub(super) const DOS_DEVICES_PATH: &str = r"\GLOBAL??";

/// Directory, name, and what is there.
static FIXED: &[(u64, &str, Fixed)] = &[
    (ROOT, "??", Fixed::Link(DOS_DEVICES_PATH)),
    (ROOT, "BaseNamedObjects", Fixed::Directory { id: GLOBAL }),
    (ROOT, "Device", Fixed::Directory { id: DEVICES }),
    (ROOT, "DosDevices", Fixed::Link(r"\??")),
    (ROOT, "GLOBAL??", Fixed::Directory { id: DOS_DEVICES }),
    (ROOT, "Sessions", Fixed::Directory { id: SESSIONS }),
    (GLOBAL, "Global", Fixed::Link(r"\BaseNamedObjects")),
    (GLOBAL, "Local", Fixed::Link(r"\BaseNamedObjects")),
    (GLOBAL, "Session", Fixed::Link(r"\Sessions\BNOLINKS")),
    (SESSIONS, "0", Fixed::Directory { id: SESSION_0 }),
    (SESSIONS, "1", Fixed::Directory { id: SESSION_1 }),
    (SESSIONS, "BNOLINKS", Fixed::Directory { id: SESSION_LINKS }),
    (SESSION_0, "BaseNamedObjects", Fixed::Link(r"\BaseNamedObjects")),
    (SESSION_0, "DosDevices", Fixed::Link(DOS_DEVICES_PATH)),
    (SESSION_1, "BaseNamedObjects", Fixed::Directory { id: SESSION_OBJECTS }),
    (SESSION_1, "DosDevices", Fixed::Link(DOS_DEVICES_PATH)),
    (SESSION_OBJECTS, "Global", Fixed::Link(r"\BaseNamedObjects")),
    (SESSION_OBJECTS, "Local", Fixed::Link(SESSION_OBJECTS_PATH)),
    (SESSION_OBJECTS, "Session", Fixed::Link(r"\Sessions\BNOLINKS")),
    (SESSION_LINKS, "0", Fixed::Link(r"\BaseNamedObjects")),
    (SESSION_LINKS, "1", Fixed::Link(SESSION_OBJECTS_PATH)),
    (DOS_DEVICES, "C:", Fixed::Link(r"\Device\HarddiskVolume1")),
    (DOS_DEVICES, "CON", Fixed::Link(r"\Device\ConDrv\Console")),
    (DOS_DEVICES, "CONIN$", Fixed::Link(r"\Device\ConDrv\CurrentIn")),
    (DOS_DEVICES, "CONOUT$", Fixed::Link(r"\Device\ConDrv\CurrentOut")),
    (DOS_DEVICES, "GLOBALROOT", Fixed::Link("")),
    (DOS_DEVICES, "Global", Fixed::Link(DOS_DEVICES_PATH)),
    (DOS_DEVICES, "NUL", Fixed::Link(r"\Device\Null")),
    (DOS_DEVICES, "PIPE", Fixed::Link(r"\Device\NamedPipe")),
    (DOS_DEVICES, "Z:", Fixed::Link(r"\Device\HarddiskVolume2")),
    (DEVICES, "ConDrv", Fixed::Device),
    (DEVICES, "HarddiskVolume1", Fixed::Device),
    (DEVICES, "HarddiskVolume2", Fixed::Device),
    (DEVICES, "NamedPipe", Fixed::Device),
    (DEVICES, "Null", Fixed::Device),
];

/// What has this name in a directory: the spelling, and what it is.
pub(super) fn find(directory: u64, name: &[u16], ignores_case: bool) -> Option<(&'static str, Fixed)> {
    all(directory).find(|(found, _)| {
        let found: Vec<u16> = found.encode_utf16().collect();
        found == name || (ignores_case && eq_ignoring_case(&found, name))
    })
}

/// All that is in a directory.
pub(super) fn all(directory: u64) -> impl Iterator<Item = (&'static str, Fixed)> {
    FIXED.iter().filter(move |row| row.0 == directory).map(|&(_, name, what)| (name, what))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::path::Drives;

    #[test]
    fn each_drive_has_a_name() {
        let drives = Drives::new(Path::new("/c"), Path::new("/"));
        let letters: Vec<String> =
            all(DOS_DEVICES).filter_map(|(name, _)| name.strip_suffix(':').map(str::to_owned)).collect();
        assert_eq!(letters, drives.letters().map(|letter| char::from(letter).to_string()));
    }
}
