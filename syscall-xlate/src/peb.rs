//! The process environment block.
//!
//! Offsets are those of 64-bit Windows 10 (public symbols of ntdll; `winternl.h` documents some).

use abi::fault;

use crate::heap::Heaps;
use crate::{Process, system_info};

/// Bytes set aside for the block.
pub(crate) const SIZE: usize = 0x1000;

mod offset {
    pub(super) const IMAGE_BASE_ADDRESS: u64 = 0x10;
    pub(super) const LDR: u64 = 0x18;
    pub(super) const PROCESS_PARAMETERS: u64 = 0x20;
    pub(super) const PROCESS_HEAP: u64 = 0x30;
    pub(super) const IMAGE_SUBSYSTEM: u64 = 0x128;
    pub(super) const NUMBER_OF_PROCESSORS: u64 = 0xb8;
    pub(super) const OS_MAJOR_VERSION: u64 = 0x118;
    pub(super) const OS_MINOR_VERSION: u64 = 0x11c;
    pub(super) const OS_BUILD_NUMBER: u64 = 0x120;
    pub(super) const OS_PLATFORM_ID: u64 = 0x124;
}

/// `VER_PLATFORM_WIN32_NT`.
const PLATFORM_NT: u32 = 2;

impl Process {
    /// Fills in what is known before a program is.
    pub(crate) fn fill_peb(&self) {
        let version = self.version();
        let _ = fault::store_u64(self.peb() + offset::PROCESS_HEAP, Heaps::PROCESS.0);
        self.set_peb_u32(offset::NUMBER_OF_PROCESSORS, system_info::processors());
        self.set_peb_u32(offset::OS_MAJOR_VERSION, version.major);
        self.set_peb_u32(offset::OS_MINOR_VERSION, version.minor);
        self.set_peb_u32(offset::OS_BUILD_NUMBER, version.build);
        self.set_peb_u32(offset::OS_PLATFORM_ID, PLATFORM_NT);
    }

    /// Fills in what comes with a program: its base, its subsystem, and where its parameters are.
    pub(crate) fn set_peb_program(&self, base: u64, subsystem: u16, parameters: u64) {
        let _ = fault::store_u64(self.peb() + offset::IMAGE_BASE_ADDRESS, base);
        let _ = fault::store_u64(self.peb() + offset::PROCESS_PARAMETERS, parameters);
        self.set_peb_u32(offset::IMAGE_SUBSYSTEM, u32::from(subsystem));
    }

    /// Says where the lists of modules are.
    pub(crate) fn set_peb_loader_data(&self, address: u64) {
        let _ = fault::store_u64(self.peb() + offset::LDR, address);
    }

    fn set_peb_u32(&self, at: u64, value: u32) {
        // The block is ours and writable unless the guest protected it, which is its own loss.
        let _ = fault::store_u32(self.peb() + at, value);
    }
}
