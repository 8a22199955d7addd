//! Sections that processes share by name: a file in the folder of the names, or a link there to the file that is shown.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use abi::{NTSTATUS, NtResult};

use super::Section;
use crate::memory::Protection;
use crate::object::Place;

/// In a record's detail, beside the protection: a file is behind the section.
const OF_FILE: u64 = 1 << 32;

/// Makes the file that is the memory of the section in a place.
pub(super) fn make_memory(place: &Place) -> NtResult<OwnedFd> {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(place.section_path());
    file.map(OwnedFd::from).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)
}

/// Says in a place which file its section shows.
pub(super) fn link_file(place: &Place, file: &OwnedFd) -> NtResult<()> {
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    path.and_then(|path| symlink(path, place.section_path())).map_err(|_| NTSTATUS::STATUS_INSUFFICIENT_RESOURCES)
}

impl Section {
    /// The section in this place, for others to find what it is.
    pub(super) fn put_into(self, place: Option<Place>) -> Self {
        if let Some(place) = &place {
            let of_file = if self.of_file { OF_FILE } else { 0 };
            place.record().detail.store(u64::from(self.protection.bits()) | of_file, Ordering::Relaxed);
            place.record().state.store(self.size.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Self { place, ..self }
    }
}

/// The section that another process has put into a place.
pub(super) fn open(place: Place) -> NtResult<Arc<Section>> {
    let detail = place.record().detail.load(Ordering::Relaxed);
    let protection = Protection::new(detail as u32)?;
    let writes = protection.writes() || detail & OF_FILE == 0;
    let file = File::options().read(true).write(writes).open(place.section_path());
    let memory = OwnedFd::from(file.map_err(|_| NTSTATUS::STATUS_ACCESS_DENIED)?);
    Ok(Arc::new(Section {
        memory,
        size: 0.into(),
        protection,
        of_file: detail & OF_FILE != 0,
        place: Some(place),
        commits: None,
    }))
}
