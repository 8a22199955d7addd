//! Fault-proof copies to and from guest memory.
//!
//! A guest pointer may be anything, and the memory behind it may go while it is used. Each access below is one short
//! stretch of assembly whose addresses are known. When it faults, the process's signal handler asks [`fixup`] where to go
//! on, and the access returns a [`Fault`]. There is no lock, no state and no system call: any thread may fault at any time.

use std::arch::{asm, global_asm};

/// How memory was accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
}

/// An access to guest memory that is not there, or not there for this kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first address that could not be accessed.
    pub address: u64,
    /// What was tried.
    pub access: Access,
}

global_asm!(
    ".pushsection .text.exeunt_fault,\"ax\",@progbits",
    ".globl exeunt_fault_copy",
    ".hidden exeunt_fault_copy",
    ".globl exeunt_fault_pair_start",
    ".hidden exeunt_fault_pair_start",
    ".globl exeunt_fault_pair_end",
    ".hidden exeunt_fault_pair_end",
    ".globl exeunt_fault_copy_start",
    ".hidden exeunt_fault_copy_start",
    ".globl exeunt_fault_copy_end",
    ".hidden exeunt_fault_copy_end",
    ".globl exeunt_fault_load8",
    ".hidden exeunt_fault_load8",
    ".globl exeunt_fault_load8_start",
    ".hidden exeunt_fault_load8_start",
    ".globl exeunt_fault_load4",
    ".hidden exeunt_fault_load4",
    ".globl exeunt_fault_load2",
    ".hidden exeunt_fault_load2",
    ".globl exeunt_fault_load1",
    ".hidden exeunt_fault_load1",
    ".globl exeunt_fault_load_end",
    ".hidden exeunt_fault_load_end",
    ".globl exeunt_fault_load_failed",
    ".hidden exeunt_fault_load_failed",
    ".globl exeunt_fault_store8",
    ".hidden exeunt_fault_store8",
    ".globl exeunt_fault_store_start",
    ".hidden exeunt_fault_store_start",
    ".globl exeunt_fault_store4",
    ".hidden exeunt_fault_store4",
    ".globl exeunt_fault_store2",
    ".hidden exeunt_fault_store2",
    ".globl exeunt_fault_store1",
    ".hidden exeunt_fault_store1",
    ".globl exeunt_fault_store_end",
    ".hidden exeunt_fault_store_end",
    ".globl exeunt_fault_store_failed",
    ".hidden exeunt_fault_store_failed",
    // rdi: to, rsi: from, rdx: length. Returns the bytes left to copy: 0 when all went well.
    ".p2align 4",
    "exeunt_fault_copy:",
    "mov rcx, rdx",
    "cmp rdx, 16",
    "jae 4f",
    "cmp rdx, 8",
    "jb 2f",
    // What is copied here is copied once more by the byte-wise copy when it faults: rdi, rsi and rcx always say what is left.
    "exeunt_fault_pair_start:",
    "mov rax, [rsi]",
    "mov r8, [rsi + rdx - 8]",
    "mov [rdi], rax",
    "mov [rdi + rdx - 8], r8",
    "xor eax, eax",
    "ret",
    "4:",
    "cmp rdx, {by_vectors}",
    "ja 2f",
    "cmp rdx, 64",
    "jb 5f",
    "3:",
    "movups xmm0, [rsi]",
    "movups xmm1, [rsi + 16]",
    "movups xmm2, [rsi + 32]",
    "movups xmm3, [rsi + 48]",
    "movups [rdi], xmm0",
    "movups [rdi + 16], xmm1",
    "movups [rdi + 32], xmm2",
    "movups [rdi + 48], xmm3",
    "add rsi, 64",
    "add rdi, 64",
    "sub rcx, 64",
    "cmp rcx, 64",
    "jae 3b",
    // What is left is less than 64 bytes, but 16 were there before.
    "5:",
    "cmp rcx, 16",
    "jbe 6f",
    "movups xmm0, [rsi]",
    "movups [rdi], xmm0",
    "add rsi, 16",
    "add rdi, 16",
    "sub rcx, 16",
    "jmp 5b",
    "6:",
    "movups xmm0, [rsi + rcx - 16]",
    "movups [rdi + rcx - 16], xmm0",
    "xor eax, eax",
    "exeunt_fault_pair_end:",
    "ret",
    "2:",
    "exeunt_fault_copy_start:",
    "rep movsb",
    "exeunt_fault_copy_end:",
    "mov rax, rcx",
    "ret",
    // rdi: address. Returns the value in rax and 0 in rdx, or anything and 1.
    ".p2align 4",
    "exeunt_fault_load8:",
    "xor edx, edx",
    "exeunt_fault_load8_start:",
    "mov rax, [rdi]",
    "ret",
    ".p2align 4",
    "exeunt_fault_load4:",
    "xor edx, edx",
    "mov eax, [rdi]",
    "ret",
    ".p2align 4",
    "exeunt_fault_load2:",
    "xor edx, edx",
    "movzx eax, word ptr [rdi]",
    "ret",
    ".p2align 4",
    "exeunt_fault_load1:",
    "xor edx, edx",
    "movzx eax, byte ptr [rdi]",
    "exeunt_fault_load_end:",
    "ret",
    "exeunt_fault_load_failed:",
    "mov edx, 1",
    "ret",
    // rdi: address, rsi: value. Returns 0, or 1.
    ".p2align 4",
    "exeunt_fault_store8:",
    "xor eax, eax",
    "exeunt_fault_store_start:",
    "mov [rdi], rsi",
    "ret",
    ".p2align 4",
    "exeunt_fault_store4:",
    "xor eax, eax",
    "mov [rdi], esi",
    "ret",
    ".p2align 4",
    "exeunt_fault_store2:",
    "xor eax, eax",
    "mov [rdi], si",
    "ret",
    ".p2align 4",
    "exeunt_fault_store1:",
    "xor eax, eax",
    "mov [rdi], sil",
    "exeunt_fault_store_end:",
    "ret",
    "exeunt_fault_store_failed:",
    "mov eax, 1",
    "ret",
    ".popsection",
    by_vectors = const LONGEST_BY_VECTORS,
);

/// Longer copies are left to the processor's own loop, which takes a while to begin.
const LONGEST_BY_VECTORS: usize = 2048;

unsafe extern "sysv64" {
    fn exeunt_fault_copy(to: u64, from: u64, len: usize) -> usize;
    fn exeunt_fault_load8();
    fn exeunt_fault_load4();
    fn exeunt_fault_load2();
    fn exeunt_fault_load1();
    fn exeunt_fault_store8();
    fn exeunt_fault_store4();
    fn exeunt_fault_store2();
    fn exeunt_fault_store1();
    static exeunt_fault_pair_start: u8;
    static exeunt_fault_pair_end: u8;
    static exeunt_fault_copy_start: u8;
    static exeunt_fault_copy_end: u8;
    static exeunt_fault_load8_start: u8;
    static exeunt_fault_load_end: u8;
    static exeunt_fault_load_failed: u8;
    static exeunt_fault_store_start: u8;
    static exeunt_fault_store_end: u8;
    static exeunt_fault_store_failed: u8;
}

/// Where to go on after a fault at the instruction `rip`, if it is one of this module's accesses.
///
/// Called by the signal handler; async-signal-safe. The address returned is to be put into RIP, all other registers stay.
pub fn fixup(rip: u64) -> Option<u64> {
    let at = |symbol: *const u8| symbol as u64;
    let (pair, copy, load, store) = (
        at(&raw const exeunt_fault_pair_start)..at(&raw const exeunt_fault_pair_end),
        at(&raw const exeunt_fault_copy_start)..at(&raw const exeunt_fault_copy_end),
        at(&raw const exeunt_fault_load8_start)..at(&raw const exeunt_fault_load_end),
        at(&raw const exeunt_fault_store_start)..at(&raw const exeunt_fault_store_end),
    );
    if pair.contains(&rip) {
        // The byte-wise copy finds out which byte it was.
        Some(copy.start)
    } else if copy.contains(&rip) {
        Some(copy.end)
    } else if load.contains(&rip) {
        Some(at(&raw const exeunt_fault_load_failed))
    } else if store.contains(&rip) {
        Some(at(&raw const exeunt_fault_store_failed))
    } else {
        crate::bulk::fixup(rip).or_else(|| crate::atomic::fixup(rip)).or_else(|| crate::critical_section::fixup(rip))
    }
}

/// Addresses at and above this one are the kernel's or not canonical; a fault there carries no address from the CPU.
const USER_END: u64 = 0x0000_8000_0000_0000;

fn in_user_space(address: u64, len: usize) -> bool {
    address.checked_add(len as u64).is_some_and(|end| end <= USER_END)
}

/// Fills `to` from the guest's memory at `address`.
///
/// # Errors
/// A [`Fault`] at the first byte that cannot be read; `to` may be partly filled then.
pub fn read(address: u64, to: &mut [u8]) -> Result<(), Fault> {
    if to.is_empty() {
        return Ok(());
    }
    if !in_user_space(address, to.len()) {
        return Err(Fault { address, access: Access::Read });
    }
    // SAFETY: `to` is ours and `to.len()` long; a fault on the guest's side is caught by `fixup`.
    let left = unsafe { exeunt_fault_copy(to.as_mut_ptr() as u64, address, to.len()) };
    match left {
        0 => Ok(()),
        left => Err(Fault { address: address + (to.len() - left) as u64, access: Access::Read }),
    }
}

/// Copies `from` to the guest's memory at `address`.
///
/// # Errors
/// A [`Fault`] at the first byte that cannot be written; the bytes before it are written.
pub fn write(address: u64, from: &[u8]) -> Result<(), Fault> {
    if from.is_empty() {
        return Ok(());
    }
    if !in_user_space(address, from.len()) {
        return Err(Fault { address, access: Access::Write });
    }
    // SAFETY: `from` is ours; what the guest's side overwrites is the guest's to lose, a fault there is caught by `fixup`.
    let left = unsafe { exeunt_fault_copy(address, from.as_ptr() as u64, from.len()) };
    match left {
        0 => Ok(()),
        left => Err(Fault { address: address + (from.len() - left) as u64, access: Access::Write }),
    }
}

/// The first address of an access that failed which is bad: its own, or the next page's when it reaches into that and it is there that memory
/// is missing. In the guest's convention, so that who calls it need not save vector registers.
#[cold]
#[inline(never)]
pub(crate) extern "win64" fn first_bad(address: u64, size: u64, write: bool) -> u64 {
    const PAGE: u64 = 4096;
    let next = (address | (PAGE - 1)).wrapping_add(1);
    if address.wrapping_add(size - 1) / PAGE == address / PAGE {
        return address;
    }
    // Adding nothing tells whether a page can be written, and changes nothing.
    let here = if write { crate::atomic::add_u32(address & !3, 0).is_ok() } else { load_u8(address).is_ok() };
    if here { next } else { address }
}

macro_rules! scalar {
    ($($load:ident $store:ident $asm_load:ident $asm_store:ident $type:ty),*) => {$(
        #[doc = concat!("Reads a `", stringify!($type), "` of any alignment at `address`.")]
        ///
        /// # Errors
        /// A [`Fault`] where the memory cannot be read.
        #[inline(always)]
        pub fn $load(address: u64) -> Result<$type, Fault> {
            if address < USER_END {
                let (value, failed): (u64, u64);
                // SAFETY: a fault is caught by `fixup`. These are all the registers that change: an entry in the guest's convention need not
                // save ten vector registers for it, as it would for a call.
                unsafe {
                    asm!("call {}", sym $asm_load, in("rdi") address, out("rax") value, out("rdx") failed, options(readonly));
                }
                if failed == 0 {
                    return Ok(value as $type);
                }
            }
            Err(Fault { address: first_bad(address, size_of::<$type>() as u64, false), access: Access::Read })
        }

        #[doc = concat!("Writes a `", stringify!($type), "` of any alignment at `address`.")]
        ///
        /// # Errors
        /// A [`Fault`] where the memory cannot be written.
        #[inline(always)]
        pub fn $store(address: u64, value: $type) -> Result<(), Fault> {
            if address < USER_END {
                let failed: u64;
                // SAFETY: as for loads; what is overwritten is the guest's to lose.
                unsafe {
                    asm!("call {}", sym $asm_store, in("rdi") address, in("rsi") u64::from(value), out("rax") failed);
                }
                if failed == 0 {
                    return Ok(());
                }
            }
            Err(Fault { address: first_bad(address, size_of::<$type>() as u64, true), access: Access::Write })
        }
    )*};
}
scalar! {
    load_u64 store_u64 exeunt_fault_load8 exeunt_fault_store8 u64,
    load_u32 store_u32 exeunt_fault_load4 exeunt_fault_store4 u32,
    load_u16 store_u16 exeunt_fault_load2 exeunt_fault_store2 u16,
    load_u8 store_u8 exeunt_fault_load1 exeunt_fault_store1 u8
}

/// Reads up to the first zero unit (not included) of a string of `size_of::<T>()`-byte units at `address`, at most `limit` units.
///
/// # Errors
/// A [`Fault`] where the string runs into memory that cannot be read.
pub(crate) fn read_until_zero<const UNIT: usize>(address: u64, limit: usize) -> Result<Vec<u8>, Fault> {
    const PAGE: u64 = 4096;
    let mut bytes = Vec::new();
    let mut at = address;
    let limit = limit.saturating_mul(UNIT);
    while bytes.len() < limit {
        // Never past the page's end in one go: the next page may not be there, and need not be.
        let to_page_end = (PAGE - at % PAGE) as usize;
        let step = if bytes.is_empty() { to_page_end.min(128) } else { to_page_end };
        let step = (step / UNIT * UNIT).max(UNIT).min(limit - bytes.len());
        let start = bytes.len();
        bytes.resize(start + step, 0);
        read(at, &mut bytes[start..])?;
        if let Some(zero) = bytes[start..].chunks_exact(UNIT).position(|unit| unit.iter().all(|&byte| byte == 0)) {
            bytes.truncate(start + zero * UNIT);
            return Ok(bytes);
        }
        at += step as u64;
    }
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Once;

    use super::*;

    /// The smallest handler that serves [`fixup`]; the real one is in the layer above.
    pub(crate) fn install_handler() {
        extern "C" fn handler(_signal: i32, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
            // SAFETY: the kernel passes a valid ucontext to a SA_SIGINFO handler.
            let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
            match fixup(registers[libc::REG_RIP as usize] as u64) {
                Some(rip) => registers[libc::REG_RIP as usize] = rip as i64,
                None => std::process::abort(),
            }
        }
        static ONCE: Once = Once::new();
        // SAFETY: plain sigaction with a handler that touches only the interrupted registers.
        ONCE.call_once(|| unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
            libc::sigaction(libc::SIGSEGV, &raw const action, std::ptr::null_mut());
            libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
        });
    }

    /// Two pages, the second without access.
    pub(crate) fn half_mapped() -> u64 {
        // SAFETY: fresh anonymous mappings at an address the kernel chooses.
        unsafe {
            let rw = libc::PROT_READ | libc::PROT_WRITE;
            let page = libc::mmap(std::ptr::null_mut(), 8192, rw, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            assert_ne!(page, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(page.cast::<u8>().add(4096).cast(), 4096, libc::PROT_NONE), 0);
            page as u64
        }
    }

    #[test]
    fn a_copy_reports_the_first_bad_byte() {
        install_handler();
        let page = half_mapped();
        for len in [1usize, 2, 7, 8, 9, 12, 15, 16, 17, 100] {
            let mut bytes = vec![0u8; len];
            let start = page + 4096 - len as u64;
            assert_eq!(write(start, &vec![7; len]), Ok(()));
            assert_eq!(read(start, &mut bytes), Ok(()));
            assert_eq!(bytes, vec![7; len]);
            let beyond = Fault { address: page + 4096, access: Access::Read };
            assert_eq!(read(start + 1, &mut bytes), Err(beyond), "read of {len}");
            assert_eq!(write(start + 1, &bytes), Err(Fault { access: Access::Write, ..beyond }), "write of {len}");
        }
    }

    #[test]
    fn a_copy_ends_where_its_memory_does() {
        install_handler();
        let page = half_mapped();
        let pattern: Vec<u8> = (0..4096u32).map(|index| (index % 251) as u8 + 1).collect();
        write(page, &pattern).unwrap();
        for len in (1..300).chain(LONGEST_BY_VECTORS - 20..LONGEST_BY_VECTORS + 20) {
            for missing in [0, 1, 5, 15, 16, 17, 33].into_iter().filter(|&missing| missing <= len) {
                let at = 4096 - (len - missing);
                let mut bytes = vec![0u8; len];
                let copied = read(page + at as u64, &mut bytes);
                let fault = Fault { address: page + 4096, access: Access::Read };
                assert_eq!(copied, if missing == 0 { Ok(()) } else { Err(fault) }, "{len} bytes, {missing} missing");
                assert_eq!(bytes[..len - missing], pattern[at..], "{len} bytes, {missing} missing");
            }
        }
    }

    #[test]
    fn scalars_fault_and_carry_values() {
        install_handler();
        let page = half_mapped();
        store_u64(page + 3, 0x1122_3344_5566_7788).unwrap();
        assert_eq!(load_u64(page + 3), Ok(0x1122_3344_5566_7788));
        assert_eq!(load_u32(page + 3), Ok(0x5566_7788));
        assert_eq!(load_u16(page + 3), Ok(0x7788));
        assert_eq!(load_u8(page + 3), Ok(0x88));
        let beyond = Fault { address: page + 4096, access: Access::Read };
        assert_eq!(load_u64(page + 4090), Err(beyond), "the page that is missing, as the processor says it");
        assert_eq!(store_u32(page + 4094, 0), Err(Fault { access: Access::Write, ..beyond }));
        for address in [0, 8, USER_END - 1, USER_END, u64::MAX] {
            assert_eq!(load_u16(address), Err(Fault { address, access: Access::Read }));
            assert_eq!(store_u8(address, 1), Err(Fault { address, access: Access::Write }));
        }
        assert!(read(u64::MAX - 3, &mut [0; 8]).is_err());
    }

    #[test]
    fn a_string_may_end_at_the_last_readable_byte() {
        install_handler();
        let page = half_mapped();
        write(page + 4090, b"abcde\0").unwrap();
        assert_eq!(read_until_zero::<1>(page + 4090, usize::MAX).unwrap(), b"abcde");
        write(page + 4095, b"x").unwrap();
        assert_eq!(read_until_zero::<1>(page + 4090, usize::MAX).unwrap_err().address, page + 4096);
        assert_eq!(read_until_zero::<1>(page + 4090, 3).unwrap(), b"abc");
    }

    #[test]
    fn many_threads_fault_at_once() {
        install_handler();
        let page = half_mapped();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..2000).for_each(|_| assert!(load_u32(page + 4094).is_err())));
            }
        });
    }
}
