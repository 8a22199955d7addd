//! The host's side of memory: mapping, protecting, and what else is mapped.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use abi::{NTSTATUS, NtResult};

use super::protection::Protection;
use crate::service::code;

/// Page size in bytes.
pub const PAGE: u64 = 4096;
/// Allocation granularity in bytes.
pub const GRANULE: u64 = 0x1_0000;

/// What is mapped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// Zeroed memory.
    Anonymous,
    /// A file from an offset, seen by all who map it.
    Shared(BorrowedFd<'a>, u64),
    /// A file from an offset; what is written stays with us.
    Private(BorrowedFd<'a>, u64),
}

/// Maps where nothing is mapped; `None` when something is.
pub(super) fn map(address: u64, size: u64, protection: libc::c_int, source: Source<'_>) -> NtResult<Option<()>> {
    map_with(address, size, protection, source, libc::MAP_FIXED_NOREPLACE)
}

/// Maps over memory of ours.
pub(super) fn replace(address: u64, size: u64, protection: libc::c_int, source: Source<'_>) -> NtResult<()> {
    map_with(address, size, protection, source, libc::MAP_FIXED).map(drop)
}

/// Replaces memory of ours by fresh zeroed pages without access.
pub(super) fn discard(address: u64, size: u64) -> NtResult<()> {
    map_with(address, size, libc::PROT_NONE, Source::Anonymous, libc::MAP_FIXED).map(|_| ())
}

fn map_with(
    address: u64,
    size: u64,
    protection: libc::c_int,
    source: Source<'_>,
    how: libc::c_int,
) -> NtResult<Option<()>> {
    let (flags, fd, offset) = match source {
        Source::Anonymous => (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE, -1, 0),
        Source::Shared(fd, offset) => (libc::MAP_SHARED, fd.as_raw_fd(), offset),
        Source::Private(fd, offset) => (libc::MAP_PRIVATE | libc::MAP_NORESERVE, fd.as_raw_fd(), offset),
    };
    if how == libc::MAP_FIXED {
        code::goes(address, size);
    }
    // What is written by another mapping, or will be by this one, cannot be looked at.
    let shown = !matches!(source, Source::Anonymous);
    if protection & libc::PROT_EXEC != 0 && (shown || protection & libc::PROT_WRITE != 0) {
        code::appears_writable();
    }
    // SAFETY: replaces nothing with MAP_FIXED_NOREPLACE; with MAP_FIXED only what the caller owns in the books of the address space,
    // where Rust holds no reference to it.
    let got =
        unsafe { libc::mmap(address as *mut _, size as usize, protection, flags | how, fd, offset as libc::off_t) };
    if got != libc::MAP_FAILED {
        return Ok(Some(()));
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EEXIST) => Ok(None),
        Some(libc::EACCES | libc::EPERM) => Err(NTSTATUS::STATUS_ACCESS_DENIED),
        _ => Err(NTSTATUS::STATUS_NO_MEMORY),
    }
}

/// Unmaps memory of ours.
pub(super) fn unmap(address: u64, size: u64) {
    code::goes(address, size);
    // SAFETY: the books of the address space say it is the guest's, and no Rust reference points into it.
    unsafe { libc::munmap(address as *mut _, size as usize) };
}

/// Changes the protection of memory of ours. What becomes code that cannot be written can be read, and cannot be written any more.
pub(super) fn protect(address: u64, size: u64, protection: libc::c_int) -> NtResult<()> {
    match (protection & libc::PROT_EXEC != 0, protection & libc::PROT_WRITE != 0) {
        (true, true) => {
            code::becomes_writable(address, size);
            code::appears_writable();
        }
        (true, false) => code::appears(address, size),
        (false, true) => code::becomes_writable(address, size),
        (false, false) => {}
    }
    set_protection(address, size, protection)
}

/// Lets nobody write memory of ours that is to be code, nor run it yet.
pub(super) fn seal(address: u64, size: u64) -> NtResult<()> {
    set_protection(address, size, libc::PROT_READ)
}

fn set_protection(address: u64, size: u64, protection: libc::c_int) -> NtResult<()> {
    // SAFETY: as above.
    if unsafe { libc::mprotect(address as *mut _, size as usize, protection) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EACCES) => Err(NTSTATUS::STATUS_SECTION_PROTECTION),
        _ => Err(NTSTATUS::STATUS_NO_MEMORY),
    }
}

/// What the guest says of its use of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// It is used soon.
    Soon,
    /// It is not used soon.
    Later,
    /// The contents are not used any more. Memory of ours only.
    Discard,
}

/// Passes on what the guest says; true when the host took it.
pub(super) fn advise(address: u64, size: u64, advice: Advice) -> bool {
    let advice = match advice {
        Advice::Soon => libc::MADV_WILLNEED,
        Advice::Later => libc::MADV_COLD,
        Advice::Discard => libc::MADV_DONTNEED,
    };
    // SAFETY: only discarding changes contents: the guest's, by the books of the address space.
    unsafe { libc::madvise(address as *mut _, size as usize, advice) == 0 }
}

/// Keeps pages in memory; true when the host does.
pub(super) fn lock(address: u64, size: u64) -> bool {
    // SAFETY: changes no contents.
    unsafe { libc::mlock(address as *const _, size as usize) == 0 }
}

/// Lets pages be paged out again.
pub(super) fn unlock(address: u64, size: u64) {
    // SAFETY: changes no contents.
    unsafe { libc::munlock(address as *const _, size as usize) };
}

/// Writes changed pages of a shared mapping to its file.
pub(super) fn flush(address: u64, size: u64) -> NtResult<()> {
    // SAFETY: changes nothing in memory.
    match unsafe { libc::msync(address as *mut _, size as usize, libc::MS_SYNC) } {
        0 => Ok(()),
        _ => Err(NTSTATUS::STATUS_NOT_MAPPED_VIEW),
    }
}

/// One line of the host's list of mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub start: u64,
    pub end: u64,
    pub protection: Protection,
    /// The path of a mapped file, or a name in brackets, or nothing.
    pub name: String,
}

/// All mappings of the process, ascending.
pub(super) fn mappings() -> Vec<Mapping> {
    let Ok(text) = fs::read_to_string("/proc/self/maps") else { return Vec::new() };
    text.lines().filter_map(parse).collect()
}

/// `start-end rwxp offset device inode   name`
fn parse(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let name = fields.nth(3).unwrap_or_default().trim().to_owned();
    let protection = Protection::of_host(rights.contains('r'), rights.contains('w'), rights.contains('x'));
    Some(Mapping {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        protection,
        name,
    })
}

/// Bytes of memory and swap the machine has: what can be committed at most.
pub(super) fn commit_limit() -> u64 {
    let info = rustix::system::sysinfo();
    let unit = u64::from(info.mem_unit.max(1));
    (info.totalram as u64).saturating_add(info.totalswap as u64).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_mappings_is_understood() {
        let line = "7f0000000000-7f0000021000 r-xp 00002000 08:01 1234      /usr/lib/a b.so";
        let mapping = parse(line).unwrap();
        assert_eq!(
            (mapping.start, mapping.end, mapping.name.as_str()),
            (0x7f00_0000_0000, 0x7f00_0002_1000, "/usr/lib/a b.so")
        );
        assert_eq!(mapping.protection.bits(), super::super::protection::PAGE_EXECUTE_READ);
        assert_eq!(parse("10000-20000 ---p 00000000 00:00 0").unwrap().name, "");
        assert_eq!(parse("nonsense"), None);
    }
}
