//! string.h: blocks of memory.

use abi::{CrtResult, Errno, Ptr, bulk, fault, shim};
use syscall_xlate::Cx;

use crate::crt::guest::{ok, status};

/// Copies a block.
#[shim(full)]
pub(crate) fn memcpy(dest: Ptr<u8>, src: Ptr<u8>, count: usize) -> CrtResult<Ptr<u8>> {
    bulk::copy(dest.address(), src.address(), count)?;
    ok(dest)
}

/// Moves a block, which may overlap its target.
#[shim(full)]
pub(crate) fn memmove(dest: Ptr<u8>, src: Ptr<u8>, count: usize) -> CrtResult<Ptr<u8>> {
    bulk::copy(dest.address(), src.address(), count)?;
    ok(dest)
}

/// Fills a block with a byte.
#[shim(full)]
pub(crate) fn memset(dest: Ptr<u8>, c: i32, count: usize) -> CrtResult<Ptr<u8>> {
    bulk::fill(dest.address(), c as u8, count)?;
    ok(dest)
}

/// Compares two blocks.
#[shim(full)]
pub(crate) fn memcmp(buffer1: Ptr<u8>, buffer2: Ptr<u8>, count: usize) -> CrtResult<i32> {
    ok(bulk::compare(buffer1.address(), buffer2.address(), count)?.signum())
}

/// Finds a byte in a block.
#[shim(full)]
pub(crate) fn memchr(buffer: Ptr<u8>, c: i32, count: usize) -> CrtResult<Ptr<u8>> {
    let found = bulk::find(buffer.address(), c as u8, count)?;
    ok(found.map_or(Ptr::NULL, |offset| buffer.byte_offset(offset as u64)))
}

/// Copies bytes up to and including a given one; gives the address behind it, or NULL.
#[shim(full)]
pub(crate) fn _memccpy(dest: Ptr<u8>, src: Ptr<u8>, c: i32, count: usize) -> CrtResult<Ptr<u8>> {
    let found = bulk::find(src.address(), c as u8, count)?;
    let length = found.map_or(count, |offset| offset + 1);
    bulk::copy(dest.address(), src.address(), length)?;
    ok(found.map_or(Ptr::NULL, |_| dest.byte_offset(length as u64)))
}

/// Compares two blocks without regard to case.
#[shim(full)]
pub(crate) fn _memicmp(buffer1: Ptr<u8>, buffer2: Ptr<u8>, count: usize) -> CrtResult<i32> {
    for offset in 0..count as u64 {
        let a = fault::load_u8(buffer1.address().wrapping_add(offset))?.to_ascii_lowercase();
        let b = fault::load_u8(buffer2.address().wrapping_add(offset))?.to_ascii_lowercase();
        if a != b {
            return ok((i32::from(a) - i32::from(b)).signum());
        }
    }
    ok(0)
}

/// Copies a block into a buffer of a given size; one that does not fit is refused and the buffer zeroed.
#[shim(full)]
pub(crate) fn memcpy_s(cx: &Cx, dest: Ptr<u8>, destSize: usize, src: Ptr<u8>, count: usize) -> CrtResult<i32> {
    if count == 0 {
        return ok(0);
    }
    if dest.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    if src.is_null() || count > destSize {
        bulk::fill(dest.address(), 0, destSize)?;
        return status(cx, Err(if src.is_null() { Errno::EINVAL } else { Errno::ERANGE }));
    }
    bulk::copy(dest.address(), src.address(), count)?;
    ok(0)
}

/// Moves a block into a buffer of a given size; one that does not fit is refused.
#[shim(full)]
pub(crate) fn memmove_s(cx: &Cx, dest: Ptr<u8>, numberOfElements: usize, src: Ptr<u8>, count: usize) -> CrtResult<i32> {
    if count == 0 {
        return ok(0);
    }
    if dest.is_null() || src.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    if count > numberOfElements {
        return status(cx, Err(Errno::ERANGE));
    }
    bulk::copy(dest.address(), src.address(), count)?;
    ok(0)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn blocks_overlap_and_fill_and_are_searched() {
        testing::run(crate::dlls(), None, |guest| {
            let block = guest.bytes(b"0123456789");
            assert_eq!(guest.call("msvcrt!memmove", &[block + 2, block, 6]), block + 2);
            assert_eq!(guest.read::<[u8; 10]>(block), *b"0101234589");
            guest.call("msvcrt!memset", &[block, u64::from(b'x') | 0x100, 3]);
            assert_eq!(guest.call("msvcrt!memchr", &[block, b'1'.into(), 10]), block + 3);
            assert_eq!(guest.call("msvcrt!memchr", &[block, b'1'.into(), 3]), 0);
            assert_eq!(guest.call("msvcrt!memcmp", &[block, block + 1, 3]) as i32, 1);
            assert_eq!(guest.call("msvcrt!memcmp", &[block, block + 1, 2]), 0);
        });
    }

    #[test]
    fn a_block_that_does_not_fit_is_refused_and_cleared() {
        testing::run(crate::dlls(), None, |guest| {
            let (to, from) = (guest.bytes(b"####"), guest.ansi("abcdef"));
            assert_eq!(guest.call("msvcrt!memcpy_s", &[to, 4, from, 5]), 34);
            assert_eq!(guest.read::<u32>(to), 0);
            assert_eq!(guest.call("msvcrt!memcpy_s", &[to, 4, from, 4]), 0);
            assert_eq!(guest.read::<[u8; 4]>(to), *b"abcd");
            assert_eq!(guest.call("msvcrt!memcpy_s", &[0, 4, from, 4]), 22);
        });
    }
}
