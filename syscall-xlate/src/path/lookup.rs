//! Finding files whatever the case of their names.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use abi::{NTSTATUS, NtResult};
use rustix::fs::{FileType, Stat, stat};
use rustix::io::Errno;

use super::drives::is_standard_directory;
use super::{Location, name};
use crate::file::errno;
use crate::nls::case::upcased;

/// The names in one directory, by their upper case. Where several differ only in case the first in byte order counts.
struct Listing {
    /// Device, inode, and time of the last change in seconds and nanoseconds: as long as they stay, so do the names.
    stamp: (u64, u64, i64, u64),
    /// When the names were read.
    read: SystemTime,
    /// Names were added since, by this process.
    amended: bool,
    names: HashMap<Vec<u16>, OsString>,
}

/// What a listing is asked for, which decides how old it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To find a file: the answer must be true now.
    Find,
    /// To create one: between the answer and the creation another process may come anyway.
    Create,
}

/// Directories change without a new time stamp when two changes fall into one tick of the host's clock, so a listing is trusted
/// only if the directory had been quiet for this long when it was read.
const QUIET: Duration = Duration::from_millis(50);
/// The same for file systems that keep whole seconds.
const QUIET_COARSE: Duration = Duration::from_secs(3);

/// Most directories kept.
const MOST_LISTINGS: usize = 128;

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host path: of the file that is there under any spelling, else of the one to be made.
    pub path: PathBuf,
    /// True when something is there.
    pub exists: bool,
}

/// Case-insensitive lookup with a cache of directories. An answer is never older than the directory.
#[derive(Default)]
pub struct Lookup {
    /// Held for the reading of one directory at most; no other lock is taken under it.
    listings: Mutex<HashMap<PathBuf, Listing>>,
}

impl Lookup {
    /// Runs `call` with the host path of what `location` names. With the spelling given it takes no extra system call.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND` where the last name is missing, `STATUS_OBJECT_PATH_NOT_FOUND` where one before it is, or
    /// the call's own error.
    pub fn with_existing<T>(
        &self,
        location: &Location,
        mut call: impl FnMut(&Path) -> rustix::io::Result<T>,
    ) -> NtResult<T> {
        let exact = location.exact();
        match call(&exact) {
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            result => return result.map_err(errno::status),
        }
        let found = self.existing(location)?;
        call(&found).map_err(|error| if found == exact { not_found(error) } else { errno::status(error) })
    }

    /// The host path of what `location` names.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND` where the last name is missing, `STATUS_OBJECT_PATH_NOT_FOUND` where one before it is.
    pub fn existing(&self, location: &Location) -> NtResult<PathBuf> {
        let place = self.place(location, Purpose::Find)?;
        if place.exists { Ok(place.path) } else { Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) }
    }

    /// Where a file called `location` is, or is to be made. The directory it is in is there.
    ///
    /// # Errors
    /// `STATUS_OBJECT_PATH_NOT_FOUND` where the directory is missing.
    pub fn for_creation(&self, location: &Location) -> NtResult<Place> {
        self.place(location, Purpose::Create)
    }

    fn place(&self, location: &Location, purpose: Purpose) -> NtResult<Place> {
        let Some((last, parents)) = location.components.split_last() else {
            return Ok(Place { path: self.directory(location, 0, purpose)?, exists: true });
        };
        let parent = match self.directory(location, parents.len(), purpose) {
            Ok(parent) => parent,
            Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) => return Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            Err(status) => return Err(status),
        };
        let exact = parent.join(OsString::from_vec(name::to_host(last)));
        if rustix::fs::lstat(&exact).is_ok() {
            return Ok(Place { path: exact, exists: true });
        }
        if let Some(found) = self.in_directory(&parent, last, purpose)? {
            return Ok(Place { path: found, exists: true });
        }
        if is_standard_directory(location, location.components.len()) {
            make_directories(&exact)?;
            return Ok(Place { path: exact, exists: true });
        }
        Ok(Place { path: exact, exists: false })
    }

    /// The host directory that the first `count` components name.
    fn directory(&self, location: &Location, count: usize, purpose: Purpose) -> NtResult<PathBuf> {
        let exact = location.exact_of(count);
        let error = match stat(&exact) {
            Ok(found) if is_directory(&found) => return Ok(exact),
            Ok(_) => return Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            Err(error) => error,
        };
        if error != Errno::NOENT && error != Errno::NOTDIR {
            return Err(not_found(error));
        }
        let Some(last) = count.checked_sub(1).and_then(|last| location.components.get(last)) else {
            // The private drive's root, made by whoever first needs it.
            return if is_standard_directory(location, 0) {
                if purpose == Purpose::Create {
                    make_directories(&exact)?;
                }
                Ok(exact)
            } else {
                Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)
            };
        };
        let parent = self.directory(location, count - 1, purpose)?;
        if let Some(found) = self.in_directory(&parent, last, purpose)? {
            return match stat(&found) {
                Ok(stat) if is_directory(&stat) => Ok(found),
                _ => Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            };
        }
        if is_standard_directory(location, count) {
            let standard = parent.join(OsString::from_vec(name::to_host(last)));
            if purpose == Purpose::Create {
                make_directories(&standard)?;
            }
            return Ok(standard);
        }
        Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)
    }

    /// The entry of `directory` that is called `name` in any case.
    fn in_directory(&self, directory: &Path, name: &[u16], purpose: Purpose) -> NtResult<Option<PathBuf>> {
        let now = match stat(directory) {
            Ok(now) => now,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(errno::status(error)),
        };
        let key = upcased(name);
        let mut listings = self.listings.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(listing) = listings.get(directory)
            && listing.stamp == stamp(&now)
            && (purpose == Purpose::Create || (!listing.amended && was_quiet(&now, listing.read)))
        {
            return Ok(listing.names.get(&key).map(|name| directory.join(name)));
        }
        let listing = match Listing::read(directory, &now) {
            Ok(listing) => listing,
            // A directory that may be searched but not read: the exact names in it are all there is.
            Err(Errno::ACCESS) => return Ok(None),
            Err(error) => return Err(errno::status(error)),
        };
        let found = listing.names.get(&key).map(|name| directory.join(name));
        if listings.len() >= MOST_LISTINGS {
            listings.clear();
        }
        listings.insert(directory.to_owned(), listing);
        Ok(found)
    }

    /// Notes that this process has made `path`, so that making many files in one directory does not read it each time.
    /// `before` is the directory's state before that, from [`Self::before_creation`].
    pub fn created(&self, path: &Path, before: Option<Stat>) {
        let (Some(before), Some(directory), Some(name)) = (before, path.parent(), path.file_name()) else {
            return;
        };
        let mut listings = self.listings.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(listing) = listings.get_mut(directory)
            && listing.stamp == stamp(&before)
            && let Ok(after) = stat(directory)
        {
            listing.stamp = stamp(&after);
            listing.amended = true;
            listing.names.insert(upcased(&name::from_host(name.as_bytes())), name.to_owned());
        }
    }

    /// The state of the directory in which `path` is about to be made.
    pub fn before_creation(&self, path: &Path) -> Option<Stat> {
        stat(path.parent()?).ok()
    }
}

impl Listing {
    fn read(directory: &Path, now: &Stat) -> rustix::io::Result<Self> {
        let read = SystemTime::now();
        let mut names: HashMap<Vec<u16>, OsString> = HashMap::new();
        let entries =
            std::fs::read_dir(directory).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        for entry in entries {
            let entry = entry.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
            let name = entry.file_name();
            let first = names.entry(upcased(&name::from_host(name.as_bytes()))).or_insert_with(|| name.clone());
            if name < *first {
                *first = name;
            }
        }
        Ok(Self { stamp: stamp(now), read, amended: false, names })
    }
}

fn stamp(stat: &Stat) -> (u64, u64, i64, u64) {
    (stat.st_dev, stat.st_ino, stat.st_mtime, stat.st_mtime_nsec)
}

/// True if the directory had been unchanged for so long when its names were `read` that a later change has another time.
fn was_quiet(stat: &Stat, read: SystemTime) -> bool {
    let needed = if stat.st_mtime_nsec == 0 { QUIET_COARSE } else { QUIET };
    let changed = Duration::new(u64::try_from(stat.st_mtime).unwrap_or(0), stat.st_mtime_nsec as u32);
    SystemTime::UNIX_EPOCH.checked_add(changed + needed).is_some_and(|trusted_from| read >= trusted_from)
}

fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

fn make_directories(path: &Path) -> NtResult<()> {
    std::fs::create_dir_all(path).map_err(|error| errno::status(Errno::from_io_error(&error).unwrap_or(Errno::IO)))
}

/// Failing to reach a directory on the way.
fn not_found(error: Errno) -> NTSTATUS {
    match error {
        Errno::NOENT | Errno::NOTDIR => NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND,
        error => errno::status(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::path::wide;
    use crate::temp_dir::TempDir;

    fn at(root: &TempDir, path: &str) -> Location {
        Location {
            drive: b'T',
            root: Arc::from(root.path()),
            components: path.split('\\').map(wide).collect(),
            names_directory: false,
        }
    }

    #[test]
    fn names_are_found_in_any_case_and_the_exact_one_comes_first() {
        let root = TempDir::new();
        fs::create_dir(root.path().join("Dir")).unwrap();
        fs::write(root.path().join("Dir/File.TXT"), "").unwrap();
        fs::write(root.path().join("Dir/both"), "").unwrap();
        fs::write(root.path().join("Dir/BOTH"), "").unwrap();
        let lookup = Lookup::default();
        assert_eq!(lookup.existing(&at(&root, r"dir\file.txt")).unwrap(), root.path().join("Dir/File.TXT"));
        assert_eq!(lookup.existing(&at(&root, r"DIR\both")).unwrap(), root.path().join("Dir/both"));
        assert_eq!(lookup.existing(&at(&root, r"DIR\Both")).unwrap(), root.path().join("Dir/BOTH"));
    }

    #[test]
    fn what_is_missing_decides_the_status() {
        let root = TempDir::new();
        fs::write(root.path().join("file"), "").unwrap();
        let lookup = Lookup::default();
        for (path, status) in [
            ("none", NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND),
            (r"none\none", NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            (r"none\none\none", NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            (r"file\none", NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
            (r"FILE\none", NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND),
        ] {
            assert_eq!(lookup.existing(&at(&root, path)), Err(status), "{path}");
        }
    }

    #[test]
    fn an_answer_is_never_stale() {
        let root = TempDir::new();
        let lookup = Lookup::default();
        for round in 0..50 {
            let (name, other) = (format!("New{round}"), format!("nEW{round}"));
            assert!(lookup.existing(&at(&root, &other)).is_err());
            fs::write(root.path().join(&name), "").unwrap();
            assert_eq!(lookup.existing(&at(&root, &other)).unwrap(), root.path().join(&name));
            fs::remove_file(root.path().join(&name)).unwrap();
            assert!(lookup.existing(&at(&root, &other)).is_err());
        }
    }

    #[test]
    fn creation_keeps_the_case_given_and_finds_what_is_there() {
        let root = TempDir::new();
        let lookup = Lookup::default();
        let place = lookup.for_creation(&at(&root, "MixedCase")).unwrap();
        assert_eq!(place, Place { path: root.path().join("MixedCase"), exists: false });
        let before = lookup.before_creation(&place.path);
        fs::write(&place.path, "").unwrap();
        lookup.created(&place.path, before);
        let again = lookup.for_creation(&at(&root, "MIXEDCASE")).unwrap();
        assert_eq!(again, Place { path: root.path().join("MixedCase"), exists: true });
    }
}
