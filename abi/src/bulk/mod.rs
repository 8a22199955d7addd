//! Whole-block work on guest memory: moving, filling, searching, comparing, all of it fault-proof.
//!
//! These are what a C runtime's `memmove` and `strlen` need, at the speed a program expects of them. Each is assembly without a
//! stack frame, so that a fault anywhere in it can go on at one place, which returns a failure; which address it was is then found by
//! going over the same memory slowly.

mod assembly;

use crate::{Access, Fault, fault};
pub(crate) use assembly::fixup;
use assembly::*;

/// Addresses at and above this one are the kernel's or not canonical.
const USER_END: u64 = 0x0000_8000_0000_0000;

fn is_block(address: u64, len: usize) -> bool {
    address.checked_add(len as u64).is_some_and(|end| end <= USER_END)
}

/// The first byte of a block that cannot be accessed; its last one where all can be by now.
#[cold]
fn probe(address: u64, len: usize, access: Access) -> Fault {
    let end = address.saturating_add(len as u64);
    let mut at = address;
    while at < end {
        // Reading tells of missing pages; that a page cannot be written is found by storing what is there.
        match fault::load_u8(at) {
            Err(_) => return Fault { address: at, access },
            Ok(byte) if access == Access::Write && fault::store_u8(at, byte).is_err() => {
                return Fault { address: at, access };
            }
            Ok(_) => at = (at | 0xfff).saturating_add(1),
        }
    }
    Fault { address: end.saturating_sub(1), access }
}

/// Which of a source and a target is bad.
#[cold]
fn probe_both(to: u64, from: u64, len: usize) -> Fault {
    let read = probe(from, len, Access::Read);
    if fault::load_u8(read.address).is_err() { read } else { probe(to, len, Access::Write) }
}

/// Moves `len` bytes, which may overlap, within guest memory.
///
/// # Errors
/// A [`Fault`] where memory cannot be read or written; some bytes may have moved.
#[inline]
pub fn copy(to: u64, from: u64, len: usize) -> Result<(), Fault> {
    // SAFETY: what is overwritten is the guest's to lose; a fault is caught by `fixup`.
    if is_block(to, len) && is_block(from, len) && unsafe { exeunt_bulk_move(to, from, len) }.failed == 0 {
        return Ok(());
    }
    Err(probe_both(to, from, len))
}

/// Fills `len` bytes of guest memory.
///
/// # Errors
/// A [`Fault`] where memory cannot be written.
#[inline]
pub fn fill(to: u64, byte: u8, len: usize) -> Result<(), Fault> {
    // SAFETY: as for `copy`.
    if is_block(to, len) && unsafe { exeunt_bulk_fill(to, byte, len) }.failed == 0 {
        return Ok(());
    }
    Err(probe(to, len, Access::Write))
}

/// The length of a text of bytes, without its closing zero.
///
/// # Errors
/// A [`Fault`] where the text runs into memory that cannot be read.
#[inline]
pub fn length8(text: u64) -> Result<usize, Fault> {
    if text < USER_END {
        // SAFETY: reads only; a fault is caught by `fixup`.
        let done = unsafe { exeunt_bulk_length8(text) };
        if done.failed == 0 {
            return Ok(done.value as usize);
        }
    }
    Err(probe(text, usize::MAX, Access::Read))
}

/// The length in units of a text of UTF-16 units, without its closing zero.
///
/// # Errors
/// A [`Fault`] where the text runs into memory that cannot be read.
#[inline]
pub fn length16(text: u64) -> Result<usize, Fault> {
    if !text.is_multiple_of(2) {
        let mut at = text;
        while fault::load_u16(at)? != 0 {
            at = at.wrapping_add(2);
        }
        return Ok((at.wrapping_sub(text) / 2) as usize);
    }
    if text < USER_END {
        // SAFETY: as for `length8`.
        let done = unsafe { exeunt_bulk_length16(text) };
        if done.failed == 0 {
            return Ok((done.value / 2) as usize);
        }
    }
    Err(probe(text, usize::MAX, Access::Read))
}

/// The offset of the first `byte` in a block.
///
/// # Errors
/// A [`Fault`] where memory before it cannot be read.
#[inline]
pub fn find(block: u64, byte: u8, len: usize) -> Result<Option<usize>, Fault> {
    if block < USER_END || len == 0 {
        // SAFETY: as for `length8`.
        let done = unsafe { exeunt_bulk_find(block, byte, len) };
        if done.failed == 0 {
            return Ok(Some(done.value as usize).filter(|&offset| offset < len));
        }
    }
    Err(probe(block, len, Access::Read))
}

/// The offset of the first `byte` or of the closing zero of a text, whichever comes first.
///
/// # Errors
/// A [`Fault`] where the text runs into memory that cannot be read.
#[inline]
pub fn find_or_zero(text: u64, byte: u8) -> Result<usize, Fault> {
    if text < USER_END {
        // SAFETY: as for `length8`.
        let done = unsafe { exeunt_bulk_find_or_zero(text, byte) };
        if done.failed == 0 {
            return Ok(done.value as usize);
        }
    }
    Err(probe(text, usize::MAX, Access::Read))
}

/// The difference of the first two bytes of two blocks that differ; 0 where none do.
///
/// # Errors
/// A [`Fault`] where memory before it cannot be read.
#[inline]
pub fn compare(a: u64, b: u64, len: usize) -> Result<i32, Fault> {
    if is_block(a, len) && is_block(b, len) {
        // SAFETY: as for `length8`.
        let done = unsafe { exeunt_bulk_compare(a, b, len) };
        if done.failed == 0 {
            return Ok(done.value as i32);
        }
    }
    let first = probe(a, len, Access::Read);
    Err(if fault::load_u8(first.address).is_err() { first } else { probe(b, len, Access::Read) })
}

/// The difference of the first two bytes of two texts that differ, within `limit` bytes; 0 where none do.
///
/// # Errors
/// A [`Fault`] where memory before it cannot be read.
#[inline]
pub fn compare_text(a: u64, b: u64, limit: usize) -> Result<i32, Fault> {
    if a < USER_END && b < USER_END {
        // SAFETY: as for `length8`.
        let done = unsafe { exeunt_bulk_compare_text(a, b, limit) };
        if done.failed == 0 {
            return Ok(done.value as i32);
        }
    }
    let first = probe(a, limit, Access::Read);
    Err(if fault::load_u8(first.address).is_err() { first } else { probe(b, limit, Access::Read) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::tests::{half_mapped, install_handler};

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|index| (index * 7 + index / 251) as u8).collect()
    }

    #[test]
    fn blocks_move_whatever_their_length_and_overlap() {
        for len in (0..140).chain([255, 256, 1000, 2047, 2048, 2049, 5000]) {
            for (to, from) in [(0usize, 6000usize), (0, 1), (1, 0), (0, 17), (17, 0), (40, 0), (0, 40), (3, 3), (33, 0)]
            {
                let mut memory = pattern(12_000);
                let mut expected = memory.clone();
                expected.copy_within(from..from + len, to);
                let base = memory.as_mut_ptr() as u64;
                assert_eq!(copy(base + to as u64, base + from as u64, len), Ok(()));
                assert!(memory == expected, "{len} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn blocks_fill_exactly() {
        for len in (0..70).chain([1000, 1024, 1025, 4000]) {
            let mut memory = vec![1u8; 5000];
            let base = memory.as_mut_ptr() as u64;
            fill(base + 3, 9, len).unwrap();
            assert!(memory.iter().enumerate().all(|(at, &byte)| (byte == 9) == (3..3 + len).contains(&at)), "{len}");
        }
    }

    #[test]
    fn texts_are_measured_up_to_the_end_of_a_page() {
        install_handler();
        let page = half_mapped();
        for len in 0..50u64 {
            let text = page + 4096 - len - 1;
            fill(text, b'x', len as usize).unwrap();
            fault::store_u8(page + 4095, 0).unwrap();
            assert_eq!(length8(text), Ok(len as usize));
            assert_eq!(find_or_zero(text, b'y'), Ok(len as usize));
            assert_eq!(find(text, 0, 1000), Ok(Some(len as usize)));
            assert_eq!(find(text, b'y', len as usize + 1), Ok(None));
            fault::store_u8(page + 4095, 1).unwrap();
            let beyond = Fault { address: page + 4096, access: Access::Read };
            assert_eq!(length8(text), Err(beyond));
            assert_eq!(find(text, 0, 1000), Err(beyond));
            let wide = page + 4096 - 2 * len - 2;
            fill(wide, 1, 2 * len as usize).unwrap();
            fault::store_u16(page + 4094, 0).unwrap();
            assert_eq!(length16(wide), Ok(len as usize));
        }
        fill(page + 4000, 3, 96).unwrap();
        fault::store_u16(page + 4093, 0).unwrap();
        assert_eq!(length16(page + 4001), Ok(46));
    }

    #[test]
    fn comparing_stops_at_the_first_difference() {
        install_handler();
        let page = half_mapped();
        for len in 0..60usize {
            let (a, b) = (page + 100, page + 4096 - len as u64 - 1);
            let mut text = pattern(len).iter().map(|byte| byte | 1).collect::<Vec<u8>>();
            text.push(0);
            fault::write(a, &text).unwrap();
            fault::write(b, &text).unwrap();
            assert_eq!(compare(a, b, len + 1), Ok(0));
            assert_eq!(compare_text(a, b, usize::MAX), Ok(0));
            for at in 0..len {
                let kept = fault::load_u8(b + at as u64).unwrap();
                fault::store_u8(b + at as u64, kept ^ 2).unwrap();
                let difference = i32::from(kept) - i32::from(kept ^ 2);
                assert_eq!(compare(a, b, len + 1), Ok(difference));
                assert_eq!(compare_text(a, b, usize::MAX), Ok(difference));
                assert_eq!(compare_text(a, b, at), Ok(0));
                fault::store_u8(b + at as u64, kept).unwrap();
            }
        }
        fill(page, 0, 4096).unwrap();
        assert_eq!(compare(page, page + 4090, 10), Err(Fault { address: page + 4096, access: Access::Read }));
    }

    #[test]
    fn a_bad_block_is_named() {
        install_handler();
        let page = half_mapped();
        assert_eq!(copy(page, page + 4000, 200), Err(Fault { address: page + 4096, access: Access::Read }));
        assert_eq!(copy(page + 4000, page, 200), Err(Fault { address: page + 4096, access: Access::Write }));
        assert_eq!(fill(page + 4000, 0, 2000), Err(Fault { address: page + 4096, access: Access::Write }));
        assert_eq!(length8(0), Err(Fault { address: 0, access: Access::Read }));
        assert!(copy(u64::MAX - 4, page, 8).is_err());
        assert!(fill(USER_END - 4, 0, 8).is_err());
        assert_eq!(copy(0, 0, 0), Ok(()));
    }
}
