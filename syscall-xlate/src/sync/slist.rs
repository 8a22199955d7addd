//! Interlocked singly linked lists, in the guest's own memory.
//!
//! The header is 16 bytes: a depth of 16 bits and a sequence number of 48, then the first entry's address ("SLIST_HEADER" for x64). The
//! sequence number makes two headers with the same first entry differ.

use abi::{Fault, atomic, fault};

/// Bits of the depth.
const DEPTH: u64 = 0xffff;
/// One in the sequence number.
const SEQUENCE: u64 = 0x1_0000;

/// Makes a list empty.
///
/// # Errors
/// A [`Fault`] where the header is not writable.
pub fn initialize(list: u64) -> Result<(), Fault> {
    fault::store_u64(list, 0)?;
    fault::store_u64(list + 8, 0)
}

/// Puts the entries from `first` to `last`, `count` of them and linked already, in front; gives back what was first.
///
/// # Errors
/// A [`Fault`] where header or entries are not writable, or the header is not at a multiple of 16.
pub fn push(list: u64, first: u64, last: u64, count: u32) -> Result<u64, Fault> {
    loop {
        let header = (fault::load_u64(list)?, fault::load_u64(list + 8)?);
        fault::store_u64(last, header.1)?;
        let depth = (header.0 & DEPTH).wrapping_add(u64::from(count)) & DEPTH;
        let new = ((header.0 & !DEPTH).wrapping_add(SEQUENCE) | depth, first);
        if atomic::compare_exchange_u128(list, header, new)? {
            return Ok(header.1);
        }
    }
}

/// Takes the first entry; 0 when there is none.
///
/// # Errors
/// As [`push`].
pub fn pop(list: u64) -> Result<u64, Fault> {
    loop {
        let header = (fault::load_u64(list)?, fault::load_u64(list + 8)?);
        if header.1 == 0 {
            return Ok(0);
        }
        let next = match fault::load_u64(header.1) {
            Ok(next) => next,
            // Another thread may have taken the entry and freed its memory; then the header has changed.
            Err(_) if fault::load_u64(list)? != header.0 => continue,
            Err(fault) => return Err(fault),
        };
        let new = ((header.0 & !DEPTH).wrapping_add(SEQUENCE) | (header.0 & DEPTH).saturating_sub(1), next);
        if atomic::compare_exchange_u128(list, header, new)? {
            return Ok(header.1);
        }
    }
}

/// Takes all entries; gives the first one.
///
/// # Errors
/// As [`push`].
pub fn flush(list: u64) -> Result<u64, Fault> {
    loop {
        let header = (fault::load_u64(list)?, fault::load_u64(list + 8)?);
        let new = ((header.0 & !DEPTH).wrapping_add(SEQUENCE), 0);
        if header.1 == 0 || atomic::compare_exchange_u128(list, header, new)? {
            return Ok(header.1);
        }
    }
}

/// The number of entries, up to 65,535.
///
/// # Errors
/// A [`Fault`] where the header is not readable.
pub fn depth(list: u64) -> Result<u16, Fault> {
    fault::load_u16(list)
}

#[cfg(test)]
mod tests {
    use std::cell::UnsafeCell;

    use super::*;

    #[repr(align(16))]
    struct Memory(UnsafeCell<[u64; 130]>);

    #[test]
    fn entries_come_back_last_first() {
        let memory = Memory(UnsafeCell::new([0; 130]));
        let list = memory.0.get() as u64;
        let entry = |index: u64| list + 16 * (index + 1);
        initialize(list).unwrap();
        assert_eq!((pop(list), flush(list)), (Ok(0), Ok(0)));
        assert_eq!(push(list, entry(0), entry(0), 1), Ok(0));
        assert_eq!(push(list, entry(1), entry(1), 1), Ok(entry(0)));
        fault::store_u64(entry(2), entry(3)).unwrap();
        assert_eq!(push(list, entry(2), entry(3), 2), Ok(entry(1)));
        assert_eq!(depth(list), Ok(4));
        assert_eq!([pop(list), pop(list), pop(list)], [Ok(entry(2)), Ok(entry(3)), Ok(entry(1))]);
        assert_eq!((flush(list), depth(list), pop(list)), (Ok(entry(0)), Ok(0), Ok(0)));
        assert!(push(list + 8, entry(0), entry(0), 1).is_err(), "misaligned");
    }

    #[test]
    fn threads_lose_no_entry() {
        let memory = Memory(UnsafeCell::new([0; 130]));
        let list = memory.0.get() as u64;
        for index in 1..=64 {
            push(list, list + 16 * index, list + 16 * index, 1).unwrap();
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(move || {
                    for _ in 0..2000 {
                        let entry = pop(list).unwrap();
                        if entry != 0 {
                            push(list, entry, entry, 1).unwrap();
                        }
                    }
                });
            }
        });
        assert_eq!(depth(list), Ok(64));
        assert_eq!((0..64).map(|_| pop(list).unwrap()).collect::<std::collections::HashSet<_>>().len(), 64);
    }
}
