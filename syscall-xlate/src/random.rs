//! Random bytes, from the host's kernel.

use abi::{Fault, NTSTATUS, NtResult, Ptr};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// Bytes that are made at a time for the guest.
const STEP: usize = 4096;

/// Fills `bytes` with random bytes, good for keys.
///
/// # Errors
/// `STATUS_UNSUCCESSFUL` on a host without such a source.
pub fn fill(bytes: &mut [u8]) -> NtResult<()> {
    let mut done = 0;
    while done < bytes.len() {
        match getrandom(&mut bytes[done..], GetRandomFlags::empty()) {
            Ok(count) => done += count,
            Err(Errno::INTR) => {}
            Err(_) => return Err(NTSTATUS::STATUS_UNSUCCESSFUL),
        }
    }
    Ok(())
}

/// A random value of `N` bytes.
///
/// # Errors
/// Those of [`fill`].
pub fn bytes<const N: usize>() -> NtResult<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Fills `len` bytes of guest memory with random bytes.
///
/// # Errors
/// Those of [`fill`], and a fault where the memory cannot be written; what lies before is filled then.
pub fn fill_guest<E: From<Fault> + From<NTSTATUS>>(buffer: Ptr<u8>, len: usize) -> Result<(), E> {
    let mut bytes = [0; STEP];
    let mut done = 0;
    while done < len {
        let now = STEP.min(len - done);
        fill(&mut bytes[..now])?;
        buffer.byte_offset(done as u64).write_bytes(&bytes[..now])?;
        done += now;
    }
    Ok(())
}
