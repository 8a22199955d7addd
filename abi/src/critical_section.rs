//! Fault-proof entering and leaving of a critical section that nobody contends for, each in one stretch of assembly.
//!
//! They are the calls that programs make most often. Made of [`crate::atomic`] and [`crate::fault`] they would be seven accesses with a
//! check behind each; here the check is where a fault comes out.

use std::arch::{asm, global_asm};

use crate::fault::first_bad;
use crate::{Access, Fault};

/// Offsets in a 64-bit `RTL_CRITICAL_SECTION`.
pub mod offset {
    /// `DebugInfo`
    pub const DEBUG_INFO: u64 = 0;
    /// `LockCount`
    pub const LOCK_COUNT: u64 = 8;
    /// `RecursionCount`
    pub const RECURSION_COUNT: u64 = 12;
    /// `OwningThread`
    pub const OWNING_THREAD: u64 = 16;
    /// `LockSemaphore`
    pub const LOCK_SEMAPHORE: u64 = 24;
    /// `SpinCount`
    pub const SPIN_COUNT: u64 = 32;
}

/// `LockCount` of a section that nobody owns and nobody waits for.
pub const FREE: u32 = u32::MAX;
/// `LockCount` of one that is owned and nobody waits for.
pub const OWNED: u32 = FREE - 1;

global_asm!(
    ".pushsection .text.exeunt_critical_section,\"ax\",@progbits",
    ".globl exeunt_critical_section_start",
    ".hidden exeunt_critical_section_start",
    ".globl exeunt_critical_section_end",
    ".hidden exeunt_critical_section_end",
    ".globl exeunt_critical_section_failed",
    ".hidden exeunt_critical_section_failed",
    // rdi: section, rsi: owner; changes rcx. Returns LockCount as it was in eax and 0 in edx, or in edx the offset of what cannot be written.
    ".p2align 4",
    ".globl exeunt_critical_section_enter",
    ".hidden exeunt_critical_section_enter",
    "exeunt_critical_section_enter:",
    "mov eax, {FREE}",
    "mov ecx, {OWNED}",
    "mov edx, {LOCK_COUNT}",
    "exeunt_critical_section_start:",
    "lock cmpxchg [rdi + {LOCK_COUNT}], ecx",
    "jne 2f",
    "mov edx, {OWNING_THREAD}",
    "mov [rdi + {OWNING_THREAD}], rsi",
    "mov edx, {RECURSION_COUNT}",
    "mov dword ptr [rdi + {RECURSION_COUNT}], 1",
    "2: xor edx, edx",
    "ret",
    // rdi: section; changes rcx. Returns OWNED in eax when that was all, or LockCount; and in edx as above.
    ".p2align 4",
    ".globl exeunt_critical_section_leave",
    ".hidden exeunt_critical_section_leave",
    "exeunt_critical_section_leave:",
    "mov eax, {OWNED}",
    "mov edx, {RECURSION_COUNT}",
    "sub dword ptr [rdi + {RECURSION_COUNT}], 1",
    "jne 2f",
    "mov edx, {OWNING_THREAD}",
    "mov qword ptr [rdi + {OWNING_THREAD}], 0",
    "mov ecx, {FREE}",
    "mov edx, {LOCK_COUNT}",
    "lock cmpxchg [rdi + {LOCK_COUNT}], ecx",
    "exeunt_critical_section_end:",
    "2: xor edx, edx",
    "exeunt_critical_section_failed:",
    "ret",
    ".popsection",
    FREE = const FREE,
    OWNED = const OWNED,
    LOCK_COUNT = const offset::LOCK_COUNT,
    RECURSION_COUNT = const offset::RECURSION_COUNT,
    OWNING_THREAD = const offset::OWNING_THREAD,
);

unsafe extern "sysv64" {
    fn exeunt_critical_section_enter();
    fn exeunt_critical_section_leave();
    static exeunt_critical_section_start: u8;
    static exeunt_critical_section_end: u8;
    static exeunt_critical_section_failed: u8;
}

/// Where a faulting thread goes on, if the instruction at `rip` is one of ours.
pub(crate) fn fixup(rip: u64) -> Option<u64> {
    let at = |symbol: *const u8| symbol as u64;
    (at(&raw const exeunt_critical_section_start)..at(&raw const exeunt_critical_section_end))
        .contains(&rip)
        .then(|| at(&raw const exeunt_critical_section_failed))
}

/// Enters a free section for the thread `owner`; gives back `LockCount` as it was. Anything but [`FREE`]: it was not entered.
///
/// # Errors
/// A [`Fault`] where it cannot be written; it may be entered then, but not marked.
#[inline(always)]
pub fn enter(section: u64, owner: u32) -> Result<u32, Fault> {
    let (before, failed): (u64, u64);
    // SAFETY: a fault is caught by `fixup`; what is overwritten is the guest's to lose. These are all the registers that change.
    unsafe {
        asm!("call {}", sym exeunt_critical_section_enter, in("rdi") section, in("rsi") u64::from(owner),
            out("rax") before, out("rcx") _, out("rdx") failed);
    }
    finish(section, before, failed)
}

/// Leaves a section once; gives back [`OWNED`] when nothing is left to do. Anything else: it is marked as nobody's, and `LockCount` has
/// to be dealt with, for threads may wait.
///
/// # Errors
/// A [`Fault`] where it cannot be written.
#[inline(always)]
pub fn leave(section: u64) -> Result<u32, Fault> {
    let (before, failed): (u64, u64);
    // SAFETY: as above.
    unsafe {
        asm!("call {}", sym exeunt_critical_section_leave, in("rdi") section,
            out("rax") before, out("rcx") _, out("rdx") failed);
    }
    finish(section, before, failed)
}

#[inline(always)]
fn finish(section: u64, before: u64, failed: u64) -> Result<u32, Fault> {
    if failed == 0 {
        Ok(before as u32)
    } else {
        let size = if failed == offset::OWNING_THREAD { 8 } else { 4 };
        Err(Fault { address: first_bad(section.wrapping_add(failed), size, true), access: Access::Write })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::tests::{half_mapped, install_handler};
    use crate::fault::{load_u32, load_u64, store_u32, store_u64};

    fn free(section: u64) {
        store_u32(section + offset::LOCK_COUNT, FREE).unwrap();
        store_u32(section + offset::RECURSION_COUNT, 0).unwrap();
        store_u64(section + offset::OWNING_THREAD, 0).unwrap();
    }

    #[test]
    fn a_free_section_is_entered_once() {
        install_handler();
        let page = half_mapped();
        free(page);
        assert_eq!(enter(page, 7), Ok(FREE));
        assert_eq!((load_u64(page + 16), load_u32(page + 12)), (Ok(7), Ok(1)));
        assert_eq!(enter(page, 8), Ok(OWNED));
        assert_eq!(load_u64(page + 16), Ok(7));
        store_u32(page + 12, 2).unwrap();
        assert_eq!(leave(page), Ok(OWNED));
        assert_eq!((load_u64(page + 16), load_u32(page + 8)), (Ok(7), Ok(OWNED)));
        assert_eq!(leave(page), Ok(OWNED));
        assert_eq!((load_u64(page + 16), load_u32(page + 8)), (Ok(0), Ok(FREE)));
    }

    #[test]
    fn what_is_contended_is_left_to_others() {
        install_handler();
        let page = half_mapped();
        free(page);
        enter(page, 7).unwrap();
        let waited_for = OWNED.wrapping_sub(4);
        store_u32(page + 8, waited_for).unwrap();
        assert_eq!(leave(page), Ok(waited_for));
        assert_eq!((load_u64(page + 16), load_u32(page + 8)), (Ok(0), Ok(waited_for)));
    }

    #[test]
    fn a_fault_says_where() {
        install_handler();
        let page = half_mapped();
        let fault = |address| Err(Fault { address, access: Access::Write });
        for section in [0, 4096, 0x8000_0000_0000, u64::MAX - 63] {
            assert_eq!(enter(section, 1), fault(section + 8));
            assert_eq!(leave(section), fault(section + 12));
        }
        // The second half of the section is on a page there is not.
        let section = page + 4096 - 16;
        store_u32(section + 8, FREE).unwrap();
        store_u32(section + 12, 1).unwrap();
        assert_eq!(enter(section, 1), fault(page + 4096));
        assert_eq!(leave(section), fault(page + 4096));
    }
}
