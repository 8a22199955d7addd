//! Which pages of watched memory have been written (`MEM_WRITE_WATCH`).

use abi::{NTSTATUS, NtResult};

use super::{AddressSpace, PAGE, watch::Watcher};

impl AddressSpace {
    /// At most `limit` pages of a watched range that have been written since it was reserved or they were last reset, ascending
    /// (`NtGetWriteWatch`). With `reset`, those count as not written from here on.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER_1` where the range is not within one allocation that is watched.
    pub fn written(&self, base: u64, size: u64, reset: bool, limit: usize) -> NtResult<Vec<u64>> {
        let (watcher, from, to) = self.watched(base, size)?;
        watcher.written(from, to, reset, limit)
    }

    /// Counts all pages of a watched range as not written (`NtResetWriteWatch`).
    ///
    /// # Errors
    /// As [`Self::written`].
    pub fn reset_written(&self, base: u64, size: u64) -> NtResult<()> {
        let (watcher, from, to) = self.watched(base, size)?;
        watcher.reset(from, to)
    }

    fn watched(&self, base: u64, size: u64) -> NtResult<(&Watcher, u64, u64)> {
        let end = base.checked_add(size).filter(|_| size != 0).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER_1)?;
        let from = base / PAGE * PAGE;
        let to = end.checked_next_multiple_of(PAGE).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER_1)?;
        let watched = self.lock().holding(from, to).is_ok_and(|(_, allocation)| allocation.watched);
        let watcher = self.watcher().filter(|_| watched).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER_1)?;
        Ok((watcher, from, to))
    }
}

#[cfg(test)]
mod tests {
    use abi::{Buffer, fault};

    use super::super::tests::space;
    use super::super::*;
    use crate::file::{At, anonymous_pipe};

    const WATCHED: u32 = 0x2000 | 0x20_0000;

    #[test]
    fn pages_written_by_anyone_are_told_once_reset() {
        let memory = space();
        if memory.watcher().is_none() {
            assert_eq!(
                memory.allocate(0, GRANULE, WATCHED, PAGE_READWRITE),
                Err(NTSTATUS::STATUS_NOT_SUPPORTED),
                "a host that cannot watch says so"
            );
            return;
        }
        let (base, size) = memory.allocate(0, 4 << 20, WATCHED, PAGE_READWRITE).unwrap();
        memory.allocate(base, size, 0x1000, PAGE_READWRITE).unwrap();
        let written = |reset| memory.written(base, size, reset, 1000).unwrap();
        assert!(written(false).is_empty());
        assert_eq!(fault::load_u8(base + 5 * PAGE), Ok(0));
        assert!(written(false).is_empty());
        fault::store_u8(base + 5 * PAGE, 1).unwrap();
        fault::store_u8(base + 700 * PAGE, 1).unwrap();
        assert_eq!(written(false), [base + 5 * PAGE, base + 700 * PAGE]);
        assert_eq!(memory.written(base, size, true, 1).unwrap(), [base + 5 * PAGE]);
        assert_eq!(written(true), [base + 700 * PAGE]);
        assert!(written(true).is_empty());
        let (reader, writer) = anonymous_pipe(0).unwrap();
        writer.write(Buffer { address: b"abc".as_ptr() as u64, len: 3 }, At::Position).unwrap();
        let target = Buffer { address: base + 900 * PAGE, len: 3 };
        assert_eq!(reader.read(target, At::Position), Ok(3));
        assert_eq!(written(true), [base + 900 * PAGE], "a system call's writes count");
        fault::store_u8(base + 5 * PAGE, 2).unwrap();
        memory.reset_written(base, size).unwrap();
        assert!(written(false).is_empty());
        memory.decommit(base, 10 * PAGE).unwrap();
        memory.allocate(base, 10 * PAGE, 0x1000, PAGE_READWRITE).unwrap();
        fault::store_u8(base + PAGE, 2).unwrap();
        assert_eq!(written(false), [base + PAGE]);
        assert_eq!(memory.written(base, size + PAGE, false, 9), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
        memory.release(base, 0).unwrap();
        assert_eq!(memory.written(base, PAGE, false, 9), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
    }

    #[test]
    fn what_is_not_watched_is_refused() {
        let memory = space();
        let (base, size) = memory.allocate(0, GRANULE, 0x3000, PAGE_READWRITE).unwrap();
        assert_eq!(memory.written(base, size, false, 9), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
        assert_eq!(memory.reset_written(base, 0), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
        assert_eq!(memory.reset_written(base, u64::MAX), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
    }
}
