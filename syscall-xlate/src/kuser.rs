//! `KUSER_SHARED_DATA`, the page at 0x7ffe0000 that every Windows process can read.
//!
//! The page is reserved without access. The first read of it faults; only then is it filled, and a thread started that keeps its
//! times moving. A program that never looks pays one system call. Offsets: `KUSER_SHARED_DATA` in the WDK's ntddk.h.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::system_info;

/// Where Windows puts it.
const ADDRESS: u64 = 0x7ffe_0000;
const SIZE: usize = 4096;
/// The clock interrupt's rate with the default timer resolution is 15.625 ms; programs that wait for a change of the page want it sooner.
const TICK: Duration = Duration::from_millis(1);
/// 100 ns units between 1601 and 1970.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

mod offset {
    pub(super) const TICK_COUNT_MULTIPLIER: u64 = 0x004;
    pub(super) const INTERRUPT_TIME: u64 = 0x008;
    pub(super) const SYSTEM_TIME: u64 = 0x014;
    pub(super) const IMAGE_NUMBER_LOW: u64 = 0x02c;
    pub(super) const IMAGE_NUMBER_HIGH: u64 = 0x02e;
    pub(super) const NT_SYSTEM_ROOT: u64 = 0x030;
    pub(super) const NT_BUILD_NUMBER: u64 = 0x260;
    pub(super) const NT_PRODUCT_TYPE: u64 = 0x264;
    pub(super) const PRODUCT_TYPE_IS_VALID: u64 = 0x268;
    pub(super) const NT_MAJOR_VERSION: u64 = 0x26c;
    pub(super) const NT_MINOR_VERSION: u64 = 0x270;
    pub(super) const PROCESSOR_FEATURES: u64 = 0x274;
    pub(super) const ACTIVE_PROCESSOR_COUNT: u64 = 0x3c0;
    pub(super) const NUMBER_OF_PHYSICAL_PAGES: u64 = 0x2e8;
    pub(super) const TICK_COUNT: u64 = 0x320;
}

/// What the page says that does not move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
}

static FACTS: OnceLock<Facts> = OnceLock::new();

/// Reserves the page for this host process; later calls change nothing.
pub(crate) fn reserve(facts: Facts) {
    if FACTS.set(facts).is_ok() {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: a fresh mapping that replaces nothing. Where something else lies there, reads of it see that.
        unsafe { libc::mmap(ADDRESS as *mut _, SIZE, libc::PROT_NONE, flags, -1, 0) };
    }
}

/// True for an address in the page.
pub(crate) fn contains(address: u64) -> bool {
    (ADDRESS..ADDRESS + SIZE as u64).contains(&address)
}

/// Fills the page after the first fault on it and lets its times move. True when the access is to be tried again. Async-signal-safe:
/// system calls and plain stores only.
pub(crate) fn fault(write: bool) -> bool {
    static STATE: AtomicU32 = AtomicU32::new(0);
    let (Some(facts), false) = (FACTS.get(), write) else { return false };
    match STATE.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            let made = map(*facts);
            STATE.store(if made { 2 } else { 3 }, Ordering::Release);
            made
        }
        // Another thread is filling it, or has: try again until it is there.
        Err(state) => state != 3,
    }
}

/// Maps a page twice, for us to write and for the guest to read, fills it, and starts the clock.
fn map(facts: Facts) -> bool {
    // SAFETY: plain system calls on a file of our own; the fixed mapping replaces the page `reserve` made.
    unsafe {
        let file = libc::memfd_create(c"KUSER_SHARED_DATA".as_ptr(), libc::MFD_CLOEXEC);
        if file < 0 || libc::ftruncate(file, SIZE as i64) != 0 {
            return false;
        }
        let rw = libc::PROT_READ | libc::PROT_WRITE;
        let page = libc::mmap(std::ptr::null_mut(), SIZE, rw, libc::MAP_SHARED, file, 0);
        if page == libc::MAP_FAILED {
            libc::close(file);
            return false;
        }
        let page = page as u64;
        fill(page, facts);
        update(page);
        let shown = libc::mmap(ADDRESS as *mut _, SIZE, libc::PROT_READ, libc::MAP_SHARED | libc::MAP_FIXED, file, 0);
        libc::close(file);
        shown != libc::MAP_FAILED && start_clock(page)
    }
}

fn put_u32(page: u64, at: u64, value: u32) {
    // SAFETY: `page` is our writable mapping and `at` within it, aligned.
    unsafe { AtomicU32::from_ptr((page + at) as *mut u32) }.store(value, Ordering::Release);
}

fn fill(page: u64, facts: Facts) {
    // One tick of the count is one millisecond: 2^24 is a multiplier of one.
    put_u32(page, offset::TICK_COUNT_MULTIPLIER, 1 << 24);
    // IMAGE_FILE_MACHINE_AMD64, twice.
    put_u32(page, offset::IMAGE_NUMBER_LOW, 0x8664_8664);
    debug_assert_eq!(offset::IMAGE_NUMBER_HIGH, offset::IMAGE_NUMBER_LOW + 2);
    for (index, unit) in "C:\\Windows".encode_utf16().enumerate() {
        // SAFETY: within our writable mapping; nobody else sees it yet.
        unsafe { ((page + offset::NT_SYSTEM_ROOT) as *mut u16).add(index).write(unit) };
    }
    put_u32(page, offset::NT_BUILD_NUMBER, facts.build);
    // NtProductWinNt.
    put_u32(page, offset::NT_PRODUCT_TYPE, 1);
    put_u32(page, offset::PRODUCT_TYPE_IS_VALID, 1);
    put_u32(page, offset::NT_MAJOR_VERSION, facts.major);
    put_u32(page, offset::NT_MINOR_VERSION, facts.minor);
    for (feature, present) in processor_features() {
        // SAFETY: within our writable mapping; features are below 64.
        unsafe { ((page + offset::PROCESSOR_FEATURES + feature) as *mut u8).write(u8::from(present)) };
    }
    put_u32(page, offset::ACTIVE_PROCESSOR_COUNT, system_info::processors());
    let system = rustix::system::sysinfo();
    let bytes = system.totalram as u64 * u64::from(system.mem_unit);
    put_u32(page, offset::NUMBER_OF_PHYSICAL_PAGES, (bytes / 4096) as u32);
}

/// `PF_*` numbers of `IsProcessorFeaturePresent` and whether this processor has them.
pub fn processor_features() -> [(u64, bool); 15] {
    [
        (2, true),  // PF_COMPARE_EXCHANGE_DOUBLE
        (3, true),  // PF_MMX_INSTRUCTIONS_AVAILABLE
        (6, true),  // PF_XMMI_INSTRUCTIONS_AVAILABLE: SSE
        (8, true),  // PF_RDTSC_INSTRUCTION_AVAILABLE
        (9, true),  // PF_PAE_ENABLED
        (10, true), // PF_XMMI64_INSTRUCTIONS_AVAILABLE: SSE2
        (12, true), // PF_NX_ENABLED
        (13, std::arch::is_x86_feature_detected!("sse3")),
        (14, std::arch::is_x86_feature_detected!("cmpxchg16b")),
        (17, std::arch::is_x86_feature_detected!("xsave")),
        (36, std::arch::is_x86_feature_detected!("ssse3")),
        (37, std::arch::is_x86_feature_detected!("sse4.1")),
        (38, std::arch::is_x86_feature_detected!("sse4.2")),
        (39, std::arch::is_x86_feature_detected!("avx")),
        (40, std::arch::is_x86_feature_detected!("avx2")),
    ]
}

/// Writes a `KSYSTEM_TIME`: the second high part first, then low, then high, so that a reader that finds both high parts equal has
/// a whole value.
fn put_time(page: u64, at: u64, value: u64) {
    let high = (value >> 32) as u32;
    put_u32(page, at + 8, high);
    put_u32(page, at, value as u32);
    put_u32(page, at + 4, high);
}

fn update(page: u64) {
    let monotonic = clock(libc::CLOCK_BOOTTIME);
    put_time(page, offset::INTERRUPT_TIME, monotonic);
    put_time(page, offset::SYSTEM_TIME, clock(libc::CLOCK_REALTIME) + UNIX_EPOCH);
    let ticks = monotonic / 10_000;
    // SAFETY: within our writable mapping, aligned.
    unsafe { AtomicU64::from_ptr((page + offset::TICK_COUNT) as *mut u64) }.store(ticks, Ordering::Release);
    put_u32(page, offset::TICK_COUNT + 8, (ticks >> 32) as u32);
}

/// A host clock in units of 100 ns.
fn clock(id: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a local.
    unsafe { libc::clock_gettime(id, &raw mut time) };
    time.tv_sec as u64 * 10_000_000 + time.tv_nsec as u64 / 100
}

/// Starts the thread that updates the page. It is a bare kernel thread on a stack of its own: a signal handler may not start one
/// through the C library.
fn start_clock(page: u64) -> bool {
    const STACK: usize = 64 * 1024;
    // SAFETY: the new thread shares everything but its stack, which is a fresh mapping. It runs `tick`, which makes system calls and
    // stores to the page only: no host TLS, no allocation.
    unsafe {
        let rw = libc::PROT_READ | libc::PROT_WRITE;
        let stack = libc::mmap(std::ptr::null_mut(), STACK, rw, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
        if stack == libc::MAP_FAILED {
            return false;
        }
        let flags = libc::CLONE_VM
            | libc::CLONE_FS
            | libc::CLONE_FILES
            | libc::CLONE_SIGHAND
            | libc::CLONE_THREAD
            | libc::CLONE_SYSVSEM;
        // No signal of the process's is for this thread.
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let started = libc::clone(tick, stack.byte_add(STACK - 64), flags, page as *mut _) > 0;
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        started
    }
}

extern "C" fn tick(page: *mut libc::c_void) -> libc::c_int {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as i64 };
    loop {
        // The C library's wrapper would write errno, which is the parent thread's here.
        // SAFETY: a raw nanosleep; all registers it changes are named.
        unsafe {
            std::arch::asm!(
                "syscall",
                inlateout("rax") libc::SYS_nanosleep => _,
                in("rdi") &raw const pause,
                in("rsi") 0,
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack)
            );
        }
        update(page as u64);
    }
}
