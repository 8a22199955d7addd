//! Fault-proof atomic operations on guest memory.
//!
//! As in [`crate::fault`], each operation is a short stretch of assembly that the process's signal handler knows. Misaligned
//! operands work, as they do for the guest's own instructions, except for the 16-byte one, which faults.

use std::arch::{asm, global_asm};

use crate::fault::first_bad;
use crate::{Access, Fault};

global_asm!(
    ".pushsection .text.exeunt_atomic,\"ax\",@progbits",
    ".globl exeunt_atomic_start",
    ".hidden exeunt_atomic_start",
    ".globl exeunt_atomic_end",
    ".hidden exeunt_atomic_end",
    ".globl exeunt_atomic_failed",
    ".hidden exeunt_atomic_failed",
    ".globl exeunt_atomic_cas16_access",
    ".hidden exeunt_atomic_cas16_access",
    ".globl exeunt_atomic_cas16_failed",
    ".hidden exeunt_atomic_cas16_failed",
    // rdi: address, rsi: expected, rdx: new; changes rcx. Returns the value before in rax and 0 in rdx, or anything and 1. So do the others.
    ".p2align 4",
    ".globl exeunt_atomic_cas8",
    ".hidden exeunt_atomic_cas8",
    "exeunt_atomic_cas8:",
    "mov rcx, rdx",
    "mov rax, rsi",
    "xor edx, edx",
    "exeunt_atomic_start:",
    "lock cmpxchg [rdi], rcx",
    "ret",
    ".p2align 4",
    ".globl exeunt_atomic_cas4",
    ".hidden exeunt_atomic_cas4",
    "exeunt_atomic_cas4:",
    "mov ecx, edx",
    "mov eax, esi",
    "xor edx, edx",
    "lock cmpxchg [rdi], ecx",
    "ret",
    // rdi: address, rsi: operand.
    ".p2align 4",
    ".globl exeunt_atomic_swap8",
    ".hidden exeunt_atomic_swap8",
    "exeunt_atomic_swap8:",
    "mov rax, rsi",
    "xor edx, edx",
    "xchg [rdi], rax",
    "ret",
    ".p2align 4",
    ".globl exeunt_atomic_swap4",
    ".hidden exeunt_atomic_swap4",
    "exeunt_atomic_swap4:",
    "mov eax, esi",
    "xor edx, edx",
    "xchg [rdi], eax",
    "ret",
    ".p2align 4",
    ".globl exeunt_atomic_add8",
    ".hidden exeunt_atomic_add8",
    "exeunt_atomic_add8:",
    "mov rax, rsi",
    "xor edx, edx",
    "lock xadd [rdi], rax",
    "ret",
    ".p2align 4",
    ".globl exeunt_atomic_add4",
    ".hidden exeunt_atomic_add4",
    "exeunt_atomic_add4:",
    "mov eax, esi",
    "xor edx, edx",
    "lock xadd [rdi], eax",
    "exeunt_atomic_end:",
    "ret",
    "exeunt_atomic_failed:",
    "mov edx, 1",
    "ret",
    // rdi: address, rsi and rdx: expected, rcx and r8: new. Returns 1 in rax when exchanged, and as above in rdx.
    ".p2align 4",
    ".globl exeunt_atomic_cas16",
    ".hidden exeunt_atomic_cas16",
    "exeunt_atomic_cas16:",
    "mov r9, rbx",
    "mov rax, rsi",
    "mov rbx, rcx",
    "mov rcx, r8",
    "exeunt_atomic_cas16_access:",
    "lock cmpxchg16b [rdi]",
    "sete al",
    "movzx eax, al",
    "xor edx, edx",
    "mov rbx, r9",
    "ret",
    "exeunt_atomic_cas16_failed:",
    "mov edx, 1",
    "mov rbx, r9",
    "ret",
    ".popsection",
);

/// The value before, and whether the operation failed. Two registers in the System V convention.
#[repr(C)]
struct Done {
    before: u64,
    failed: u64,
}

unsafe extern "sysv64" {
    fn exeunt_atomic_cas8();
    fn exeunt_atomic_cas4();
    fn exeunt_atomic_swap8();
    fn exeunt_atomic_swap4();
    fn exeunt_atomic_add8();
    fn exeunt_atomic_add4();
    fn exeunt_atomic_cas16(at: u64, low: u64, high: u64, new_low: u64, new_high: u64) -> Done;
    static exeunt_atomic_start: u8;
    static exeunt_atomic_end: u8;
    static exeunt_atomic_failed: u8;
    static exeunt_atomic_cas16_access: u8;
    static exeunt_atomic_cas16_failed: u8;
}

/// Where a faulting thread goes on, if the instruction at `rip` is one of ours.
pub(crate) fn fixup(rip: u64) -> Option<u64> {
    let at = |symbol: *const u8| symbol as u64;
    if (at(&raw const exeunt_atomic_start)..at(&raw const exeunt_atomic_end)).contains(&rip) {
        Some(at(&raw const exeunt_atomic_failed))
    } else if rip == at(&raw const exeunt_atomic_cas16_access) {
        Some(at(&raw const exeunt_atomic_cas16_failed))
    } else {
        None
    }
}

#[inline(always)]
fn finish(address: u64, size: usize, before: u64, failed: u64) -> Result<u64, Fault> {
    if failed == 0 {
        Ok(before)
    } else {
        Err(Fault { address: first_bad(address, size as u64, true), access: Access::Write })
    }
}

macro_rules! atomics {
    ($($cas:ident $swap:ident $add:ident $asm_cas:ident $asm_swap:ident $asm_add:ident $type:ty),*) => {$(
        #[doc = concat!("Puts `new` in place of `expected` in a `", stringify!($type), "`; gives back the value before.")]
        ///
        /// # Errors
        /// A [`Fault`] where the memory cannot be written.
        #[inline(always)]
        pub fn $cas(address: u64, expected: $type, new: $type) -> Result<$type, Fault> {
            let (before, failed): (u64, u64);
            // SAFETY: a fault is caught by `fixup`; what is overwritten is the guest's to lose. These are all the registers that change.
            unsafe {
                asm!("call {}", sym $asm_cas, in("rdi") address, in("rsi") u64::from(expected), inout("rdx") u64::from(new) => failed,
                    out("rax") before, out("rcx") _);
            }
            finish(address, size_of::<$type>(), before, failed).map(|before| before as $type)
        }

        #[doc = concat!("Puts `value` in a `", stringify!($type), "`; gives back the value before.")]
        ///
        /// # Errors
        /// A [`Fault`] where the memory cannot be written.
        #[inline(always)]
        pub fn $swap(address: u64, value: $type) -> Result<$type, Fault> {
            let (before, failed): (u64, u64);
            // SAFETY: as above.
            unsafe {
                asm!("call {}", sym $asm_swap, in("rdi") address, in("rsi") u64::from(value), out("rax") before, out("rdx") failed);
            }
            finish(address, size_of::<$type>(), before, failed).map(|before| before as $type)
        }

        #[doc = concat!("Adds to a `", stringify!($type), "`, wrapping; gives back the value before.")]
        ///
        /// # Errors
        /// A [`Fault`] where the memory cannot be written.
        #[inline(always)]
        pub fn $add(address: u64, value: $type) -> Result<$type, Fault> {
            let (before, failed): (u64, u64);
            // SAFETY: as above.
            unsafe {
                asm!("call {}", sym $asm_add, in("rdi") address, in("rsi") u64::from(value), out("rax") before, out("rdx") failed);
            }
            finish(address, size_of::<$type>(), before, failed).map(|before| before as $type)
        }
    )*};
}
atomics! {
    compare_exchange_u64 swap_u64 add_u64 exeunt_atomic_cas8 exeunt_atomic_swap8 exeunt_atomic_add8 u64,
    compare_exchange_u32 swap_u32 add_u32 exeunt_atomic_cas4 exeunt_atomic_swap4 exeunt_atomic_add4 u32
}

/// Puts `new` in place of `expected` in 16 bytes, low half first; true when it was there.
///
/// # Errors
/// A [`Fault`] where the memory cannot be written or `address` is not a multiple of 16.
#[inline]
pub fn compare_exchange_u128(address: u64, expected: (u64, u64), new: (u64, u64)) -> Result<bool, Fault> {
    // SAFETY: as above.
    let done = unsafe { exeunt_atomic_cas16(address, expected.0, expected.1, new.0, new.1) };
    if done.failed != 0 && !address.is_multiple_of(16) {
        // The processor says no address for what is not aligned, and Windows says this one.
        return Err(Fault { address: u64::MAX, access: Access::Read });
    }
    finish(address, 16, done.before, done.failed).map(|exchanged| exchanged != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::tests::{half_mapped, install_handler};
    use crate::fault::{load_u32, load_u64, store_u64};

    #[test]
    fn operations_give_the_value_before() {
        install_handler();
        let page = half_mapped();
        store_u64(page, 0xffff_ffff_0000_0001).unwrap();
        assert_eq!(compare_exchange_u32(page, 2, 9), Ok(1));
        assert_eq!(compare_exchange_u32(page, 1, 9), Ok(1));
        assert_eq!(load_u64(page), Ok(0xffff_ffff_0000_0009));
        assert_eq!(add_u32(page, u32::MAX), Ok(9));
        assert_eq!(swap_u32(page + 4, 5), Ok(u32::MAX));
        assert_eq!(load_u64(page), Ok(0x5_0000_0008));
        assert_eq!(add_u64(page, u64::MAX), Ok(0x5_0000_0008));
        assert_eq!(swap_u64(page, 3), Ok(0x5_0000_0007));
        assert_eq!(compare_exchange_u64(page, 3, u64::MAX), Ok(3));
        assert_eq!(compare_exchange_u64(page, 3, 0), Ok(u64::MAX));
        assert_eq!(load_u32(page + 4), Ok(u32::MAX));
        store_u64(page + 8, 7).unwrap();
        assert_eq!(compare_exchange_u128(page, (u64::MAX, 8), (1, 2)), Ok(false));
        assert_eq!(compare_exchange_u128(page, (u64::MAX, 7), (1, 2)), Ok(true));
        assert_eq!((load_u64(page), load_u64(page + 8)), (Ok(1), Ok(2)));
    }

    #[test]
    fn bad_addresses_fault() {
        install_handler();
        let page = half_mapped();
        for address in [0, 16, page + 4096, page + 4094, u64::MAX - 15, 0x8000_0000_0000_0000] {
            let bad = if address == page + 4094 { page + 4096 } else { address };
            let fault = Fault { address: bad, access: Access::Write };
            assert_eq!(compare_exchange_u32(address, 0, 0), Err(fault));
            assert_eq!(compare_exchange_u64(address, 0, 0), Err(fault));
            assert_eq!(swap_u32(address, 0), Err(fault));
            assert_eq!(swap_u64(address, 0), Err(fault));
            assert_eq!(add_u32(address, 0), Err(fault));
            assert_eq!(add_u64(address, 0), Err(fault));
            if address.is_multiple_of(16) {
                assert_eq!(compare_exchange_u128(address, (0, 0), (0, 0)), Err(fault));
            }
        }
        let misaligned = compare_exchange_u128(page + 8, (0, 0), (0, 0));
        assert_eq!(misaligned, Err(Fault { address: u64::MAX, access: Access::Read }));
        assert_eq!(add_u32(page + 1, 1), Ok(0));
    }

    #[test]
    fn many_threads_add_up() {
        install_handler();
        let page = half_mapped();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5000).for_each(|_| assert!(add_u32(page, 1).is_ok())));
            }
        });
        assert_eq!(load_u32(page), Ok(20_000));
    }
}
