//! Guest memory that becomes code, and code that stops being it: told by the address space before it is so.
//!
//! Pages that the guest cannot write are looked at before they can be executed. Of those that can be written as well, nobody knows what they
//! will hold, so that the threads are armed at once.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult, fault};

use super::site::{AROUND, recognise};
use super::{Traps, arm, patch};
use crate::{Process, gate, low};

/// Bytes looked at in one go.
const CHUNK: u64 = 0x1_0000;

/// The process that changes its memory; `None` before it has a thread.
fn with_process(act: impl FnOnce(&Process)) {
    if let Some(cx) = gate::current() {
        act(cx.process);
    }
}

/// Whether the threads are ready for whatever code there is.
pub(crate) fn is_expected() -> bool {
    gate::current().is_none_or(|cx| cx.process.services.is_armed())
}

/// Pages will be executable and writable, by this address or another.
pub(crate) fn appears_writable() {
    with_process(|process| process.services.arm(process, Traps::Guest));
}

/// Code of the guest's in the host's memory. A leaf lock; taken in signal handlers on threads that do not hold it.
static ABROAD: Mutex<Vec<Range<u64>>> = Mutex::new(Vec::new());

fn abroad() -> MutexGuard<'static, Vec<Range<u64>>> {
    ABROAD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether code at an address is the guest's.
pub(crate) fn is_guest(address: u64) -> bool {
    address < low::END || abroad().iter().any(|code| code.contains(&address))
}

/// Pages in the host's memory will be the guest's code, or are not any more.
///
/// # Errors
/// `STATUS_NOT_SUPPORTED` among the host's libraries.
pub(crate) fn appears_abroad(address: u64, size: u64, executable: bool) -> NtResult<()> {
    let range = address..address.saturating_add(size);
    abroad().retain(|code| code.end <= range.start || code.start >= range.end);
    if !executable {
        return Ok(());
    }
    if range.end > arm::libraries() {
        return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
    }
    abroad().push(range);
    with_process(|process| process.services.arm(process, Traps::AllButLibraries));
    Ok(())
}

/// Pages that are readable and not writable will be executable.
pub(crate) fn appears(address: u64, size: u64) {
    with_process(|process| look_at(process, address, size));
}

/// Code will be writable: it is again what the guest wrote.
pub(crate) fn becomes_writable(address: u64, size: u64) {
    patch::undo(address, size);
}

/// Code is no more.
pub(crate) fn goes(address: u64, size: u64) {
    patch::forget(address, size);
}

/// Looks at pages that will be executable. Stubs as ntdll has are patched; for anything else that is or might be a system call instruction
/// the threads are armed.
pub(crate) fn look_at(process: &Process, address: u64, size: u64) {
    if process.services.is_armed() {
        return;
    }
    let end = address.saturating_add(size);
    let mut at = address;
    while at < end {
        let to = (at + CHUNK).min(end);
        if look_at_chunk(at, to).is_err() {
            return process.services.arm(process, Traps::Guest);
        }
        at = to;
    }
}

/// There is something that only a trap can deal with.
struct NeedsTrap;

fn look_at_chunk(from: u64, to: u64) -> Result<(), NeedsTrap> {
    let (code, start) = read_around(from, to)?;
    // An instruction may begin on the page before, and end on the one behind.
    let (first, last) = ((from - start) as usize, (to - start) as usize);
    let mut at = first.saturating_sub(1);
    while let Some(place) = next_candidate(&code, at).filter(|&place| place < last) {
        let site = recognise(&code, place).filter(|site| site.is_stub && place >= first).ok_or(NeedsTrap)?;
        if !patch::stub(start, &code, &site) {
            return Err(NeedsTrap);
        }
        at = place + 2;
    }
    Ok(())
}

/// The bytes of `from..to` and of what can be read around it, and where they begin.
fn read_around(from: u64, to: u64) -> Result<(Vec<u8>, u64), NeedsTrap> {
    let around = AROUND as u64;
    for (before, behind) in [(around, around), (0, around), (around, 0), (0, 0)] {
        let start = from.saturating_sub(before);
        let mut code = vec![0; (to + behind - start) as usize];
        if fault::read(start, &mut code).is_ok() {
            return Ok((code, start));
        }
    }
    Err(NeedsTrap)
}

/// Where the next bytes are that may be an instruction which enters the host's kernel: `syscall`, `sysenter`, `int 80`.
fn next_candidate(code: &[u8], from: usize) -> Option<usize> {
    let found = code.get(from..)?.windows(2).position(|pair| matches!(pair, [0x0f, 0x05 | 0x34] | [0xcd, 0x80]))?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_found_at_any_offset() {
        let code = [0xb8, 0x90, 0x0f, 0x05, 0xc3, 0x0f, 0x0f, 0x34, 0xcd, 0x80, 0xcd, 0x2e, 0x0f];
        let found: Vec<_> =
            std::iter::successors(next_candidate(&code, 0), |&at| next_candidate(&code, at + 1)).collect();
        assert_eq!(found, [2, 6, 8]);
    }
}
