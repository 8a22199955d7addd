//! Write watch: which pages have been written, whoever wrote them.
//!
//! The host's kernel keeps the book, with asynchronous write protection of user fault descriptors and `PAGEMAP_SCAN` (both since Linux
//! 6.7): writes that a system call makes into the guest's memory count like the guest's own, and no write is delivered as a fault to us.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use abi::{NTSTATUS, NtResult};

use super::PAGE;

/// `UFFD_USER_MODE_ONLY`: needs no privilege. Asynchronous protection has no faults to handle, so that it covers the kernel's writes too.
const USER_MODE_ONLY: libc::c_int = 1;
const UFFD_API: u64 = 0xaa;
/// `UFFD_FEATURE_WP_ASYNC`
const FEATURE_WP_ASYNC: u64 = 1 << 15;
/// `UFFDIO_REGISTER_MODE_WP`
const MODE_WP: u64 = 2;

const UFFDIO_API: libc::c_ulong = 0xc018_aa3f;
const UFFDIO_REGISTER: libc::c_ulong = 0xc020_aa00;
const PAGEMAP_SCAN: libc::c_ulong = 0xc060_6610;

/// `PM_SCAN_WP_MATCHING`
const SCAN_RESETS: u64 = 1;
/// `PM_SCAN_CHECK_WPASYNC`
const SCAN_CHECKS: u64 = 2;
/// `PAGE_IS_WRITTEN`
const WRITTEN: u64 = 1 << 1;
/// `PAGE_IS_PRESENT`
const PRESENT: u64 = 1 << 3;
/// `PAGE_IS_SWAPPED`
const SWAPPED: u64 = 1 << 4;
/// `PAGE_IS_PFNZERO`: only read so far.
const ZERO: u64 = 1 << 5;

#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct Register {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct PageRegion {
    start: u64,
    end: u64,
    categories: u64,
}

#[repr(C)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// What the host needs for watching.
#[derive(Debug)]
pub(super) struct Watcher {
    faults: OwnedFd,
    pagemap: OwnedFd,
}

impl Watcher {
    /// `None` where the host cannot watch.
    pub(super) fn new() -> Option<Self> {
        let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
        // SAFETY: makes a descriptor, which nobody else owns.
        let faults = unsafe {
            let fd = libc::syscall(libc::SYS_userfaultfd, flags);
            (fd >= 0).then(|| OwnedFd::from_raw_fd(fd as libc::c_int))?
        };
        let mut api = Api { api: UFFD_API, features: FEATURE_WP_ASYNC, ioctls: 0 };
        // SAFETY: the kernel reads and writes the structure, which is its layout.
        let agreed = unsafe { libc::ioctl(faults.as_raw_fd(), UFFDIO_API, &raw mut api) } == 0;
        let watcher = Self { faults, pagemap: File::open("/proc/self/pagemap").ok()?.into() };
        (agreed && watcher.scan_works()).then_some(watcher)
    }

    /// An empty scan fails on a kernel that knows none.
    fn scan_works(&self) -> bool {
        let mut scan = Scan::new(0, 0, 0, &mut []);
        self.scan(&mut scan).is_ok()
    }

    /// Watches memory that has been mapped afresh.
    pub(super) fn watch(&self, from: u64, size: u64) -> NtResult<()> {
        let mut register = Register { start: from, len: size, mode: MODE_WP, ioctls: 0 };
        // SAFETY: the structure is the kernel's. Large pages would be written as a whole; the advice changes no contents. The range is
        // the guest's by the books of the address space.
        let done = unsafe {
            libc::ioctl(self.faults.as_raw_fd(), UFFDIO_REGISTER, &raw mut register) == 0
                && (libc::madvise(from as *mut _, size as usize, libc::MADV_NOHUGEPAGE) == 0
                    || io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL))
        };
        if done { Ok(()) } else { Err(NTSTATUS::STATUS_NOT_SUPPORTED) }
    }

    /// At most `limit` pages of a watched range that have been written, ascending. With `reset` they count as not written from here on.
    pub(super) fn written(&self, from: u64, to: u64, reset: bool, limit: usize) -> NtResult<Vec<u64>> {
        const AT_ONCE: usize = 256;
        let flags = if reset { SCAN_RESETS } else { 0 };
        let mut regions = [PageRegion::default(); AT_ONCE];
        let (mut pages, mut start) = (Vec::new(), from);
        while start < to && pages.len() < limit {
            let mut scan = Scan::new(flags, start, to, &mut regions);
            scan.max_pages = (limit - pages.len()) as u64;
            let count = self.scan(&mut scan)?;
            for region in regions.iter().take(count) {
                pages.extend((region.start..region.end).step_by(PAGE as usize));
            }
            if scan.walk_end <= start {
                break;
            }
            start = scan.walk_end;
        }
        Ok(pages)
    }

    /// Counts all pages of a watched range as not written.
    pub(super) fn reset(&self, from: u64, to: u64) -> NtResult<()> {
        self.scan(&mut Scan::new(SCAN_RESETS, from, to, &mut [])).map(drop)
    }

    fn scan(&self, scan: &mut Scan) -> NtResult<usize> {
        // SAFETY: the kernel reads and writes the structure, which is its layout, and as many regions as it says there is room for.
        let count = unsafe { libc::ioctl(self.pagemap.as_raw_fd(), PAGEMAP_SCAN, &raw mut *scan) };
        // It is the range that is wrong: not, or no longer, watched.
        usize::try_from(count).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER_1)
    }
}

impl Scan {
    fn new(flags: u64, start: u64, end: u64, regions: &mut [PageRegion]) -> Self {
        Self {
            size: size_of::<Self>() as u64,
            flags: flags | SCAN_CHECKS,
            start,
            end,
            walk_end: 0,
            vec: if regions.is_empty() { 0 } else { regions.as_mut_ptr() as u64 },
            vec_len: regions.len() as u64,
            max_pages: 0,
            // What is not there has not been written, and neither has a page of zeros that reading has put there.
            category_inverted: ZERO,
            category_mask: WRITTEN | ZERO,
            category_anyof_mask: PRESENT | SWAPPED,
            return_mask: if regions.is_empty() { 0 } else { WRITTEN },
        }
    }
}
