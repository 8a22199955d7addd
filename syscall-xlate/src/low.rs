//! Memory for the guest's own structures, below the host's code.
//!
//! Guest images, stacks and blocks lie below [`END`]; the host's executable and libraries above. So an address tells whose it is.

use std::io;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::bulk;

use crate::spare::Spare;

/// The guest's memory ends here; the host's executable and libraries lie above.
pub const END: u64 = 0x5500_0000_0000;

/// True for an address that the CPU takes for one: its upper bits are all the same.
#[inline(always)]
pub(crate) const fn is_canonical(address: u64) -> bool {
    (address << 16).cast_signed() >> 16 == address.cast_signed()
}

/// Where blocks are placed, far above preferred image bases and what a guest asks for by address.
const START: u64 = 0x20_0000_0000;

/// Windows' allocation granularity.
const GRANULE: u64 = 0x1_0000;
const PAGE: usize = 4096;

/// A private mapping that is unmapped on drop.
#[derive(Debug)]
pub(crate) struct Block {
    address: u64,
    size: usize,
}

impl Block {
    /// Maps `size` zeroed bytes, readable and writable or, with `reserve`, without access.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn new(size: usize, reserve: bool) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(START);
        let size = size.next_multiple_of(PAGE);
        let protection = if reserve { libc::PROT_NONE } else { libc::PROT_READ | libc::PROT_WRITE };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
        loop {
            let address = NEXT.fetch_add((size as u64).next_multiple_of(GRANULE) + GRANULE, Ordering::Relaxed);
            if address + size as u64 > END {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            // SAFETY: a fresh mapping that replaces nothing.
            let got = unsafe { libc::mmap(address as *mut _, size, protection, flags, -1, 0) };
            match got {
                libc::MAP_FAILED if io::Error::last_os_error().raw_os_error() == Some(libc::EEXIST) => {}
                libc::MAP_FAILED => return Err(io::Error::last_os_error()),
                _ => return Ok(Self { address, size }),
            }
        }
    }

    /// Its first byte's address.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// The address behind its last byte.
    pub(crate) fn end(&self) -> u64 {
        self.address + self.size as u64
    }

    /// Makes a part readable and writable, or takes all access away.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn protect(&self, from: u64, to: u64, access: bool) -> io::Result<()> {
        debug_assert!(from >= self.address && to <= self.end());
        let protection = if access { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
        // SAFETY: within our own mapping.
        match unsafe {
            libc::mprotect(ptr::with_exposed_provenance_mut(from as usize), (to - from) as usize, protection)
        } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Gives a part's memory back to the host: it is zero when it is read again.
    ///
    /// # Errors
    /// The host's error.
    pub(crate) fn discard(&self, from: u64, to: u64) -> io::Result<()> {
        debug_assert!(from >= self.address && to <= self.end());
        // SAFETY: within our own mapping, which is private and of nothing.
        match unsafe {
            libc::madvise(ptr::with_exposed_provenance_mut(from as usize), (to - from) as usize, libc::MADV_DONTNEED)
        } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Makes a part readable, writable and zero. False where the guest has done something to it that cannot be undone.
    pub(crate) fn renew(&self, from: u64, to: u64) -> bool {
        self.protect(from, to, true).is_ok() && bulk::fill(from, 0, (to - from) as usize).is_ok()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: our own mapping; whoever holds addresses into it has let go of it by contract of the owner.
        unsafe { libc::munmap(self.address as *mut _, self.size) };
    }
}

/// Zeroed memory that a thread has while it runs, of a few pages. It is kept for the next thread when it is dropped.
#[derive(Debug)]
pub(crate) struct ThreadBlock(Option<Block>);

static SPARE: Spare<Block, 32> = Spare::new();

impl ThreadBlock {
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        let size = size.next_multiple_of(PAGE);
        let spare = SPARE.take(|block| block.size == size);
        Ok(Self(Some(spare.map_or_else(|| Block::new(size, false), Ok)?)))
    }
}

impl Deref for ThreadBlock {
    type Target = Block;

    fn deref(&self) -> &Block {
        match &self.0 {
            Some(block) => block,
            None => unreachable!("only `drop` takes it"),
        }
    }
}

impl Drop for ThreadBlock {
    fn drop(&mut self) {
        /// Larger ones take longer to fill with zeros than to map.
        const LARGEST: usize = 16 * PAGE;
        let block = self.0.take_if(|block| block.size <= LARGEST);
        if let Some(block) = block.filter(|block| block.renew(block.address, block.end())) {
            SPARE.give(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::fault;

    use super::*;

    #[test]
    fn what_a_thread_leaves_the_next_does_not_see() {
        crate::signals::install();
        // A size of its own: other tests take and give blocks at the same time.
        const SIZE: usize = 5 * PAGE;
        let first = ThreadBlock::new(SIZE).unwrap();
        let (start, end) = (first.address(), first.end());
        let places = [start, start + 8 * 700, end - 8];
        places.iter().for_each(|&at| fault::store_u64(at, u64::MAX).unwrap());
        first.protect(start, end, false).unwrap();
        drop(first);
        let second = ThreadBlock::new(SIZE).unwrap();
        assert_eq!((second.address(), second.end()), (start, end));
        assert_eq!(places.map(fault::load_u64), [Ok(0); 3]);
        assert!(fault::store_u64(start, 1).is_ok());
        assert_ne!(ThreadBlock::new(SIZE).unwrap().address(), start);
    }
}
