//! The names that processes share, without a server.
//!
//! The processes of one root share a folder in the host's shared memory: a [`segment`] with a record for each named object, and a file
//! for each named section. Whoever looks a name up or makes one holds a lock on the file; whoever has an object open shares a lock on its
//! record's number; each process has one on a number of its own, by which others see that it lives. The kernel gives the locks of a
//! process back when it dies, wherever that was. So an object lives as long as a living process has it open, and a dead owner is known.
//!
//! The last process to leave removes the folder. One that finds a folder in which nobody is left begins it anew.

mod lock;
mod segment;

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult};
use lock::Mode;
use rustix::process::geteuid;
use segment::{RECORDS, Segment};
pub(crate) use segment::{Record, Text};
use sha2::{Digest, Sha256};

use super::Kind;
use crate::nls::case::upcased;

/// Changes when the layout of the segment does: processes of two versions do not share.
const VERSION: u32 = 2;
const SEGMENT: &str = "names";

/// Shared by all who are there.
const PRESENCE: u64 = 1 << 40;
/// Held while names are looked up.
const LOOKUP: u64 = PRESENCE + 1;
/// The first of the records' bytes.
const OBJECTS: u64 = 1 << 41;
/// The first of the processes' bytes.
const PROCESSES: u64 = 1 << 42;

/// Bits of a process's number.
const PROCESS_BITS: u32 = 30;
/// Tries to join a folder that others keep removing.
const TRIES: u32 = 1000;

/// The first identifier of a directory that is not always there.
const FIRST_DIRECTORY: u64 = 1 << 16;

/// A name as it is compared: whatever its case, and as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key([u64; 2]);

impl Key {
    fn new(name: Name<'_>) -> Self {
        let hash = |text: &[u16]| {
            let mut hash = Sha256::new_with_prefix(name.directory.to_le_bytes());
            text.iter().for_each(|unit| hash.update(unit.to_le_bytes()));
            let hash = hash.finalize();
            u64::from_le_bytes(std::array::from_fn(|byte| hash[byte]))
        };
        Self([hash(&upcased(name.text)), hash(name.text)])
    }

    /// Whether a record has this name.
    fn is_of(self, record: &Record, ignores_case: bool) -> bool {
        let parts = if ignores_case { 1 } else { 2 };
        record.name.iter().zip(self.0).take(parts).all(|(name, key)| name.load(Ordering::Relaxed) == key)
    }
}

/// A name in its directory.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    /// The directory's identifier.
    pub directory: u64,
    /// The name.
    pub text: &'a [u16],
}

/// A process's share of the names.
#[derive(Debug)]
pub(crate) struct Registry {
    segment: Segment,
    file: File,
    folder: PathBuf,
    process: u32,
    /// Held while names are looked up, by one thread: the lock in the file keeps out other processes only.
    lookup: Mutex<()>,
    /// How many places stand for a record here. Leaf lock.
    places: Mutex<HashMap<u32, u32>>,
}

/// The folder that the processes of a root share.
pub(super) fn folder(root: &Path) -> PathBuf {
    let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let name = u64::from_le_bytes(std::array::from_fn(|byte| hash[byte]));
    let shared = Path::new("/dev/shm");
    let parent = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    parent.join(format!("exeunt-{VERSION}-{}-{name:016x}", geteuid().as_raw()))
}

impl Registry {
    /// Joins those who share the names in a folder; makes it where it is not there.
    ///
    /// # Errors
    /// The host's; `PermissionDenied` for a folder of somebody else's.
    pub(super) fn join(folder: PathBuf) -> io::Result<Arc<Self>> {
        for _ in 0..TRIES {
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let found = match fs::symlink_metadata(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            if !found.is_dir() || found.uid() != geteuid().as_raw() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            let path = folder.join(SEGMENT);
            let mut options = File::options();
            let file = match options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            let alone = lock::try_lock(&file, PRESENCE, Mode::Exclusive)?;
            if !alone {
                lock::lock(&file, PRESENCE, Mode::Shared)?;
            }
            // The last one may have removed it meanwhile.
            if fs::metadata(&path).ok().map(|found| found.ino()) != Some(file.metadata()?.ino()) {
                continue;
            }
            if alone {
                clear_folder(&folder)?;
                Segment::clear(&file)?;
                lock::try_lock(&file, PRESENCE, Mode::Shared)?;
            }
            let segment = Segment::map(&file)?;
            let process = number_process(&segment, &file)?;
            let (lookup, places) = Default::default();
            return Ok(Arc::new(Self { segment, file, folder, process, lookup, places }));
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Keeps everybody else from looking names up and making them.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when the host has no locks.
    pub(super) fn enter(self: &Arc<Self>) -> NtResult<Lookup<'_>> {
        let guard = self.lookup.lock().unwrap_or_else(PoisonError::into_inner);
        lock::lock(&self.file, LOOKUP, Mode::Exclusive).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)?;
        Ok(Lookup { registry: self, _guard: guard })
    }

    /// An identifier for a new directory.
    pub(super) fn next_directory(&self) -> u64 {
        FIRST_DIRECTORY + self.segment.header().directories.fetch_add(1, Ordering::Relaxed)
    }

    /// Does something that no other process and no other thread does at the same time.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when the host has no locks.
    pub(crate) fn exclusively<R>(self: &Arc<Self>, work: impl FnOnce() -> R) -> NtResult<R> {
        let _lookup = self.enter()?;
        Ok(work())
    }

    /// The number of this process among those who share.
    pub(crate) const fn process(&self) -> u32 {
        self.process
    }

    /// Whether the process with this number lives.
    pub(crate) fn lives(&self, process: u32) -> bool {
        // Who cannot be asked after is not declared dead.
        process == self.process || lock::is_locked(&self.file, PROCESSES + u64::from(process)).unwrap_or(true)
    }

    /// Removes the folder if nobody else is there. For the end of the process: what others do not hold is gone.
    pub(super) fn leave(&self) {
        lock::unlock(&self.file, PRESENCE);
        if lock::try_lock(&self.file, PRESENCE, Mode::Exclusive).unwrap_or(false) {
            // What cannot be removed is begun anew by the next one.
            let _ = clear_folder(&self.folder);
            let _ = fs::remove_file(self.folder.join(SEGMENT));
            let _ = fs::remove_dir(&self.folder);
        }
    }

    /// Whether anybody has the object of a record open.
    fn is_open(&self, index: u32) -> bool {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&index) || self.is_open_elsewhere(index)
    }

    fn is_open_elsewhere(&self, index: u32) -> bool {
        lock::is_locked(&self.file, OBJECTS + u64::from(index)).unwrap_or(true)
    }

    fn hold(self: &Arc<Self>, index: u32) -> NtResult<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let count = places.entry(index).or_insert(0);
        if *count == 0 {
            let locked = lock::try_lock(&self.file, OBJECTS + u64::from(index), Mode::Shared);
            if !locked.unwrap_or(false) {
                places.remove(&index);
                return Err(NTSTATUS::STATUS_INSUFFICIENT_RESOURCES);
            }
        }
        *count += 1;
        Ok(Place { registry: Arc::clone(self), index })
    }

    /// Gives a section's memory back if nobody has it open. While somebody looks names up it stays, until the record is used again.
    fn remove_section(self: &Arc<Self>, index: u32) {
        let Ok(_guard) = self.lookup.try_lock() else { return };
        if lock::try_lock(&self.file, LOOKUP, Mode::Exclusive).unwrap_or(false) {
            if !self.is_open(index) {
                self.segment.record(index).kind.store(Record::FREE, Ordering::Release);
                let _ = fs::remove_file(self.section(index));
            }
            lock::unlock(&self.file, LOOKUP);
        }
    }

    /// The file of a section's memory.
    fn section(&self, index: u32) -> PathBuf {
        self.folder.join(format!("section-{index}"))
    }
}

/// Gives a process the next number, which it holds from then on.
fn number_process(segment: &Segment, file: &File) -> io::Result<u32> {
    loop {
        let number = segment.header().next.fetch_add(1, Ordering::Relaxed) as u32 & ((1 << PROCESS_BITS) - 1);
        // 0 is nobody.
        if number != 0 && lock::try_lock(file, PROCESSES + u64::from(number), Mode::Exclusive)? {
            return Ok(number);
        }
    }
}

/// Removes what is left of sections.
fn clear_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != SEGMENT {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The right to look names up.
pub(super) struct Lookup<'a> {
    registry: &'a Arc<Registry>,
    _guard: MutexGuard<'a, ()>,
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        lock::unlock(&self.registry.file, LOOKUP);
    }
}

impl Lookup<'_> {
    /// The object of a name, and its type.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_INSUFFICIENT_RESOURCES`.
    pub(super) fn open(&self, name: Name<'_>, ignores_case: bool) -> NtResult<(Place, Kind)> {
        let index = self.search(Key::new(name), ignores_case).map_err(|_| NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?;
        let kind = self.registry.segment.record(index).kind.load(Ordering::Acquire);
        let kind = kind_of(kind).ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?;
        Ok((self.registry.hold(index)?, kind))
    }

    /// The names in a directory, and their types. Those that are too long to be kept are not there.
    pub(super) fn list(&self, directory: u64) -> Vec<(Vec<u16>, Kind)> {
        let segment = &self.registry.segment;
        let named = segment.used().filter_map(|index| {
            let record = segment.record(index);
            let kind = kind_of(record.kind.load(Ordering::Acquire))?;
            let here = record.directory.load(Ordering::Relaxed) == directory && self.registry.is_open(index);
            here.then(|| (segment.text(index).name(), kind)).filter(|(name, _)| !name.is_empty())
        });
        named.collect()
    }

    /// A place for a new object, which nobody finds before [`Self::publish`].
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` when all are taken.
    pub(super) fn reserve(&self, name: Name<'_>) -> NtResult<Place> {
        let key = Key::new(name);
        let index = match self.search(key, false) {
            Err(Some(index)) => index,
            _ => return Err(NTSTATUS::STATUS_INSUFFICIENT_RESOURCES),
        };
        self.registry.segment.note_use(index);
        let record = self.registry.segment.record(index);
        record.kind.store(Record::FREE, Ordering::Release);
        let _ = fs::remove_file(self.registry.section(index));
        for (to, from) in record.name.iter().zip(key.0) {
            to.store(from, Ordering::Relaxed);
        }
        record.state.store(0, Ordering::Relaxed);
        record.detail.store(0, Ordering::Relaxed);
        record.recursion.store(0, Ordering::Relaxed);
        record.directory.store(name.directory, Ordering::Relaxed);
        self.registry.segment.text(index).set_name(name.text);
        self.registry.hold(index)
    }

    /// From now on the object in the place with this index is found under its name.
    pub(super) fn publish(&self, index: u32, kind: Kind) {
        self.registry.segment.record(index).kind.store(number(kind), Ordering::Release);
    }

    /// The record of a name; otherwise one that is free, if there is one.
    fn search(&self, key: Key, ignores_case: bool) -> Result<u32, Option<u32>> {
        let mut free = None;
        let start = (key.0[0] % u64::from(RECORDS)) as u32;
        for index in (0..RECORDS).map(|step| (start + step) % RECORDS) {
            let record = self.registry.segment.record(index);
            match record.kind.load(Ordering::Acquire) {
                // Behind one that was never used, none was put.
                0 => return Err(free.or(Some(index))),
                Record::FREE => free = free.or(Some(index)),
                _ => {
                    let same = key.is_of(record, ignores_case);
                    if (same || free.is_none()) && !self.registry.is_open(index) {
                        free = free.or(Some(index));
                    } else if same {
                        return Ok(index);
                    }
                }
            }
        }
        Err(free)
    }
}

const fn number(kind: Kind) -> u32 {
    kind as u32 + 1
}

/// The type that a record has, if it has one.
fn kind_of(number: u32) -> Option<Kind> {
    Kind::ALL.get(number.checked_sub(1)? as usize).copied()
}

/// A named object's place among those that processes share. The object lives as long as a living process has one.
#[derive(Debug)]
pub struct Place {
    registry: Arc<Registry>,
    index: u32,
}

impl Place {
    /// Its record's number.
    pub(super) const fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn record(&self) -> &Record {
        self.registry.segment.record(self.index)
    }

    pub(crate) fn text(&self) -> &Text {
        self.registry.segment.text(self.index)
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Where the file is, or the link to a file, that is a section's memory.
    pub(crate) fn section_path(&self) -> PathBuf {
        self.registry.section(self.index)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.registry.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = places.get_mut(&self.index) else { return };
        *count -= 1;
        if *count == 0 {
            places.remove(&self.index);
            lock::unlock(&self.registry.file, OBJECTS + u64::from(self.index));
            drop(places);
            if self.record().kind.load(Ordering::Acquire) == number(Kind::Section) {
                self.registry.remove_section(self.index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp_dir::TempDir;

    fn join(folder: &TempDir) -> Arc<Registry> {
        Registry::join(folder.path().join("shared")).unwrap()
    }
    fn make(registry: &Arc<Registry>, name: &str) -> Place {
        let (lookup, text) = (registry.enter().unwrap(), name.encode_utf16().collect::<Vec<_>>());
        let place = lookup.reserve(Name { directory: 1, text: &text }).unwrap();
        lookup.publish(place.index, Kind::Event);
        place
    }
    fn open_as(registry: &Arc<Registry>, name: &str, ignores_case: bool) -> NtResult<Place> {
        let text = name.encode_utf16().collect::<Vec<_>>();
        let (place, kind) = registry.enter()?.open(Name { directory: 1, text: &text }, ignores_case)?;
        assert_eq!(kind, Kind::Event);
        Ok(place)
    }
    fn open(registry: &Arc<Registry>, name: &str) -> NtResult<Place> {
        open_as(registry, name, false)
    }

    #[test]
    fn an_object_lives_while_anybody_has_it_open() {
        let folder = TempDir::new();
        let (first, second) = (join(&folder), join(&folder));
        let made = make(&first, "a");
        made.record().state.store(5, Ordering::Relaxed);
        let opened = open(&second, "a").unwrap();
        assert_eq!(opened.record().state.load(Ordering::Relaxed), 5);
        assert_eq!(open(&second, "A").err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        assert!(open_as(&second, "A", true).is_ok());
        assert_eq!(open(&second, "b").err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        drop(made);
        assert!(open(&first, "a").is_ok());
        drop(opened);
        assert_eq!(open(&first, "a").err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        assert_eq!(make(&second, "a").record().state.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_was_not_published_is_not_found() {
        let folder = TempDir::new();
        let registry = join(&folder);
        drop(registry.enter().unwrap().reserve(Name { directory: 1, text: &[97] }).unwrap());
        assert_eq!(open(&registry, "a").err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    }

    #[test]
    fn names_are_listed_by_their_directory() {
        let folder = TempDir::new();
        let (first, second) = (join(&folder), join(&folder));
        let (_kept, gone) = (make(&first, "a"), make(&first, "b"));
        drop(gone);
        let _unlisted = make(&first, &"long".repeat(100));
        let lookup = second.enter().unwrap();
        assert_eq!((lookup.list(1), lookup.list(2)), (vec![(vec![97], Kind::Event)], vec![]));
    }

    #[test]
    fn a_process_that_is_gone_is_known_to_be() {
        let folder = TempDir::new();
        let (first, second) = (join(&folder), join(&folder));
        let number = second.process();
        assert!(first.process() != number && first.lives(first.process()) && first.lives(number));
        drop(second);
        assert!(!first.lives(number));
    }

    #[test]
    fn the_last_one_removes_the_folder_and_one_that_is_alone_begins_anew() {
        let folder = TempDir::new();
        let shared = folder.path().join("shared");
        let (first, second) = (join(&folder), join(&folder));
        let _kept = make(&first, "a");
        first.leave();
        assert!(shared.exists());
        drop(first);
        second.leave();
        assert!(!shared.exists());
        drop(second);
        // Killed: leaves all as it is.
        let third = join(&folder);
        drop(make(&third, "a"));
        fs::write(third.folder.join("section-1"), "left").unwrap();
        drop(third);
        let fourth = join(&folder);
        assert!(!shared.join("section-1").exists());
        assert_eq!(open(&fourth, "a").err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    }

    #[test]
    fn records_are_used_again() {
        let folder = TempDir::new();
        let registry = join(&folder);
        let kept: Vec<_> = (0..100).map(|n| make(&registry, &format!("kept{n}"))).collect();
        (0..70_000).for_each(|n| drop(make(&registry, &format!("gone{n}"))));
        assert!(kept.iter().enumerate().all(|(n, place)| {
            open(&registry, &format!("kept{n}")).is_ok_and(|opened| opened.index == place.index)
        }));
    }

    #[test]
    fn processes_that_come_and_go_at_once_do_not_lose_each_other() {
        let folder = TempDir::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let registry = join(&folder);
                        let place = make(&registry, &format!("{}", registry.process()));
                        assert!(open(&registry, &format!("{}", registry.process())).is_ok());
                        drop(place);
                        registry.leave();
                    }
                });
            }
        });
        assert!(!folder.path().join("shared").exists());
    }
}
