//! Page protections.

use abi::{NTSTATUS, NtResult};

/// `PAGE_NOACCESS`
pub const PAGE_NOACCESS: u32 = 0x01;
/// `PAGE_READONLY`
pub const PAGE_READONLY: u32 = 0x02;
/// `PAGE_READWRITE`
pub const PAGE_READWRITE: u32 = 0x04;
/// `PAGE_WRITECOPY`
pub const PAGE_WRITECOPY: u32 = 0x08;
/// `PAGE_EXECUTE`
pub const PAGE_EXECUTE: u32 = 0x10;
/// `PAGE_EXECUTE_READ`
pub const PAGE_EXECUTE_READ: u32 = 0x20;
/// `PAGE_EXECUTE_READWRITE`
pub const PAGE_EXECUTE_READWRITE: u32 = 0x40;
/// `PAGE_EXECUTE_WRITECOPY`
pub const PAGE_EXECUTE_WRITECOPY: u32 = 0x80;
/// `PAGE_GUARD`
pub const PAGE_GUARD: u32 = 0x100;
/// `PAGE_NOCACHE`
pub const PAGE_NOCACHE: u32 = 0x200;
/// `PAGE_WRITECOMBINE`
pub const PAGE_WRITECOMBINE: u32 = 0x400;

/// A valid page protection, as the guest spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection(pub(super) u32);

/// True for pages (`PAGE_*`) that can be written, in place or as a copy.
pub(super) const fn is_writable(bits: u32) -> bool {
    bits & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY) != 0
}

impl Protection {
    /// Readable and writable.
    pub const READWRITE: Self = Self(PAGE_READWRITE);
    /// Not accessible.
    pub const NOACCESS: Self = Self(PAGE_NOACCESS);

    /// Checks what the guest asks for: one basic protection, with modifiers that go with it ("Memory Protection Constants").
    ///
    /// # Errors
    /// `STATUS_INVALID_PAGE_PROTECTION`.
    pub fn new(value: u32) -> NtResult<Self> {
        let basic = value & 0xff;
        let modifiers = value & !0xff;
        let known = modifiers & !(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE) == 0;
        let fits = basic != PAGE_NOACCESS || modifiers == 0;
        let one_cache_mode = modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE) != PAGE_NOCACHE | PAGE_WRITECOMBINE;
        if basic.count_ones() == 1 && known && fits && one_cache_mode {
            Ok(Self(value))
        } else {
            Err(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION)
        }
    }

    /// As [`Self::new`], for private memory, which has nothing to copy from.
    ///
    /// # Errors
    /// `STATUS_INVALID_PAGE_PROTECTION`.
    pub fn private(value: u32) -> NtResult<Self> {
        let protection = Self::new(value)?;
        if protection.is_write_copy() { Err(NTSTATUS::STATUS_INVALID_PAGE_PROTECTION) } else { Ok(protection) }
    }

    /// As the guest spells it.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// True for the two copy-on-write ones.
    pub const fn is_write_copy(self) -> bool {
        self.0 & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY) != 0
    }

    /// True when a write goes through to what is mapped.
    pub const fn writes(self) -> bool {
        self.0 & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE) != 0
    }

    /// True when code may run.
    pub const fn executes(self) -> bool {
        self.0 & 0xf0 != 0
    }

    /// True for code that cannot be written.
    pub(super) const fn is_only_code(self) -> bool {
        matches!(self.0 & 0xff, PAGE_EXECUTE | PAGE_EXECUTE_READ) && !self.is_guard()
    }

    /// True for a guard page.
    pub const fn is_guard(self) -> bool {
        self.0 & PAGE_GUARD != 0
    }

    /// The same without the guard.
    pub const fn without_guard(self) -> Self {
        Self(self.0 & !PAGE_GUARD)
    }

    /// The host's protection (`PROT_*`). A guard page has none until it is hit. `PAGE_EXECUTE` can be read as well: the processor
    /// knows no other way without protection keys.
    pub(super) const fn host(self) -> libc::c_int {
        match self.0 {
            guard if guard & PAGE_GUARD != 0 => libc::PROT_NONE,
            value => match value & 0xff {
                PAGE_READONLY => libc::PROT_READ,
                PAGE_READWRITE | PAGE_WRITECOPY => libc::PROT_READ | libc::PROT_WRITE,
                PAGE_EXECUTE | PAGE_EXECUTE_READ => libc::PROT_READ | libc::PROT_EXEC,
                PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY => libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
                _ => libc::PROT_NONE,
            },
        }
    }

    /// How a host mapping with these rights is reported.
    pub(super) const fn of_host(read: bool, write: bool, execute: bool) -> Self {
        Self(match (read, write, execute) {
            (_, true, true) => PAGE_EXECUTE_READWRITE,
            (_, true, false) => PAGE_READWRITE,
            (true, false, true) => PAGE_EXECUTE_READ,
            (false, false, true) => PAGE_EXECUTE,
            (true, false, false) => PAGE_READONLY,
            (false, false, false) => PAGE_NOACCESS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_basic_protection_with_fitting_modifiers_is_valid() {
        for valid in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x104, 0x204, 0x402] {
            assert!(Protection::new(valid).is_ok(), "{valid:#x}");
        }
        for invalid in [0, 3, 6, 0x100, 0x101, 0x604, 0x804, 0x4000_0004, u32::MAX] {
            assert!(Protection::new(invalid).is_err(), "{invalid:#x}");
        }
        assert!(Protection::private(PAGE_WRITECOPY).is_err());
    }
}
