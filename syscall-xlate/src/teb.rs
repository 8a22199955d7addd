//! The thread environment block, and what lies behind it in the same pages.
//!
//! Offsets are those of 64-bit Windows 10 (public symbols of ntdll; `winternl.h` documents some). Only fields that guest code or we
//! touch are named.

/// Size of the block and what we keep behind it, in bytes.
pub(crate) const SIZE: usize = 0x3000;

/// Room of the array that the TEB's `ThreadLocalStoragePointer` points to: the most modules with thread-local variables.
pub(crate) const STATIC_TLS_SLOTS: u32 = 512;

/// Offsets from the block's start.
pub(crate) mod offset {
    pub(crate) const EXCEPTION_LIST: u64 = 0x00;
    pub(crate) const STACK_BASE: u64 = 0x08;
    pub(crate) const STACK_LIMIT: u64 = 0x10;
    pub(crate) const FIBER_DATA: u64 = 0x20;
    pub(crate) const SELF: u64 = 0x30;
    pub(crate) const PROCESS_ID: u64 = 0x40;
    pub(crate) const THREAD_ID: u64 = 0x48;
    pub(crate) const TLS_POINTER: u64 = 0x58;
    pub(crate) const PEB: u64 = 0x60;
    pub(crate) const LAST_ERROR: u64 = 0x68;
    pub(crate) const CURRENT_LOCALE: u64 = 0x108;
    pub(crate) const REAL_PROCESS_ID: u64 = 0x7d8;
    pub(crate) const REAL_THREAD_ID: u64 = 0x7e0;
    pub(crate) const STATIC_UNICODE_STRING: u64 = 0x1258;
    pub(crate) const STATIC_UNICODE_BUFFER: u64 = 0x1268;
    pub(crate) const DEALLOCATION_STACK: u64 = 0x1478;
    /// 64 pointers.
    pub(crate) const TLS_SLOTS: u64 = 0x1480;
    /// `Instrumentation[0]`, unused on Windows since 10: which export a traced call came in by, written by the stub.
    pub(crate) const TRACED_EXPORT: u64 = 0x16b8;
    pub(crate) const TLS_EXPANSION_SLOTS: u64 = 0x1780;
    /// `CrossTebFlags` and, in the upper half, `SameTebFlags`.
    pub(crate) const TEB_FLAGS: u64 = 0x17ec;
    /// Behind the TEB proper (0x1838 bytes): the C runtime's `errno` and `_doserrno`.
    pub(crate) const ERRNO: u64 = 0x1900;
    pub(crate) const DOS_ERRNO: u64 = 0x1904;
    /// The address of our own [`crate::Thread`], where the gate finds it.
    pub(crate) const THREAD: u64 = 0x1910;
    /// Not 0 while the guard of the guest's stack may be lent to host code.
    pub(crate) const GUARANTEED_STACK_BYTES: u64 = 0x1748;
    pub(crate) const GUARD_LENT: u64 = 0x1918;
    /// What leads a raw system call to its service.
    pub(crate) const SERVICES: u64 = 0x1920;
    /// The array of a thread's blocks of thread-local variables.
    pub(crate) const STATIC_TLS: u64 = 0x2000;
}

/// What is in the place of the fiber's address for a thread that never was a fiber (`Version`, which shares it).
pub(crate) const NO_FIBER: u64 = 0x1e00;

/// `HasFiberData` of `SameTebFlags`.
pub(crate) const HAS_FIBER_DATA: u32 = 0x4_0000;

/// Bytes of `StaticUnicodeBuffer`.
pub(crate) const STATIC_UNICODE_BYTES: u16 = 522;
