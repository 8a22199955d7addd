//! Changing code of the guest's so that it calls the entry by itself.
//!
//! A site is changed in one of two ways, both of which leave every instruction's start where it was, so that a jump to one does the same as
//! before. Where ntdll's stubs look at `KUSER_SHARED_DATA.SystemCall`, a jump by way of a fixed address takes that look's place: the number
//! and the instruction stay, and a copy of the stub works wherever it lies. Elsewhere a jump to a trampoline takes the place of loading the
//! number. Pages that the guest may write are left alone, and are as the guest wrote them before it may.

use std::collections::BTreeMap;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use abi::fault;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use super::entry;
use super::site::{AROUND, Between, Site, recognise};
use crate::Cx;

/// `int 2e`, which does the same as `syscall` and traps by itself.
const INT_2E: [u8; 2] = [0xcd, 0x2e];
/// Bytes of either instruction.
const LENGTH: u64 = 2;
const PAGE: u64 = 4096;

/// Code that was changed.
struct Change {
    original: Vec<u8>,
    changed: Vec<u8>,
}

/// What was changed in the host process, by address. Taken in signal handlers on threads in guest code, and under the lock of the address
/// space's books; nothing else is locked under it but the trampolines.
static CHANGES: Mutex<BTreeMap<u64, Change>> = Mutex::new(BTreeMap::new());

fn changes() -> MutexGuard<'static, BTreeMap<u64, Change>> {
    CHANGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Patches a stub in code that nobody executes yet, whose bytes `code` begins at `start`. No instruction is left in it that would enter the
/// host's kernel. False when that cannot be done.
pub(super) fn stub(start: u64, code: &[u8], site: &Site) -> bool {
    let Some((place, bytes)) = jump(start, site) else { return false };
    let Some(original) = code.get(place..site.call + 2) else { return false };
    let mut changed = original.to_vec();
    changed[..bytes.len()].copy_from_slice(&bytes);
    let tail = changed.len() - 2;
    changed[tail..].copy_from_slice(&INT_2E);
    change(start + place as u64, original, &changed, libc::PROT_READ)
}

/// Patches the site of an instruction that has trapped, with this number, where it is safe: then it traps no more.
pub(super) fn after_trap(cx: &Cx<'_>, address: u64, number: u32) {
    let Some((start, code)) = read_around(address) else { return };
    let Some(site) = recognise(&code, (address - start) as usize).filter(|site| site.number == number) else { return };
    // With a prefix it would be another instruction.
    let has_prefix =
        |at: usize| at == 0 || matches!(code.get(at - 1), Some(0x40..=0x4f | 0x66 | 0x67 | 0xf2 | 0xf3) | None);
    if !site.is_stub && has_prefix(site.load) {
        return;
    }
    let load = start + site.load as u64;
    let patch = || {
        let Some((place, bytes)) = jump(start, &site) else { return };
        let (from, size) = (start + place as u64, bytes.len());
        let Some(original) = code.get(place..place + size) else { return };
        // Another thread may be in the middle of it: only what changes at once is changed.
        let one_store = from / 8 == (from + size as u64 - 1) / 8;
        if one_store || cx.process.thread_objects.living().len() == 1 {
            change(from, original, &bytes, libc::PROT_READ | libc::PROT_EXEC);
        }
    };
    cx.process.memory.if_only_code(load, address + LENGTH - load, patch);
}

/// The bytes around an instruction, and where they begin: fewer where the page before it, or the one behind, cannot be read.
fn read_around(address: u64) -> Option<(u64, Vec<u8>)> {
    let (before, behind) = (address.checked_sub(AROUND as u64)?, address + AROUND as u64);
    let page = address / PAGE * PAGE;
    let (first, last) = (before.max(page), behind.min(page + PAGE));
    [(before, behind), (first, behind), (before, last), (first, last)].into_iter().find_map(|(from, to)| {
        let mut code = vec![0; (to - from) as usize];
        fault::read(from, &mut code).ok().map(|()| (from, code))
    })
}

/// The jump that a site gets, and at which offset.
fn jump(start: u64, site: &Site) -> Option<(usize, Vec<u8>)> {
    if site.between == Between::Test {
        // jmp qword ptr [slot]
        let mut bytes = vec![0xff, 0x24, 0x25];
        bytes.extend(slot()?.to_le_bytes());
        return Some((site.load + 5, bytes));
    }
    let load = start + site.load as u64;
    let trampoline = trampoline(load, start + site.call as u64 + 2, site)?;
    // jmp rel32
    let mut bytes = vec![0xe9];
    bytes.extend((trampoline.wrapping_sub(load + 5) as i64 as i32).to_le_bytes());
    Some((site.load, bytes))
}

/// Writes code that cannot be written, whose protection is `protection`, and remembers what was there.
fn change(address: u64, original: &[u8], changed: &[u8], protection: libc::c_int) -> bool {
    let mut changes = changes();
    let written = write(address, changed, protection);
    if written {
        changes.insert(address, Change { original: original.to_vec(), changed: changed.to_vec() });
    }
    written
}

/// Puts back what was in the code of a range.
pub(super) fn undo(address: u64, size: u64) {
    let mut changes = changes();
    for (at, change) in take(&mut changes, address, size) {
        let mut now = vec![0; change.changed.len()];
        // The guest may have had others write it meanwhile.
        if fault::read(at, &mut now).is_ok() && now == change.changed {
            write(at, &change.original, libc::PROT_READ | libc::PROT_EXEC);
        }
    }
}

/// Forgets what was changed in a range that is gone.
pub(super) fn forget(address: u64, size: u64) {
    take(&mut changes(), address, size);
}

fn take(changes: &mut BTreeMap<u64, Change>, address: u64, size: u64) -> Vec<(u64, Change)> {
    let end = address.saturating_add(size);
    let within = |at: &u64, change: &Change| *at < end && *at + change.changed.len() as u64 > address;
    // No change is longer than what is looked at around an instruction.
    let range = address.saturating_sub(2 * AROUND as u64)..end;
    let found: Vec<u64> = changes.range(range).filter(|(at, change)| within(at, change)).map(|(at, _)| *at).collect();
    found.into_iter().filter_map(|at| Some((at, changes.remove(&at)?))).collect()
}

/// Writes bytes of pages whose protection is `protection`, in one store where they lie in one aligned word.
fn write(address: u64, bytes: &[u8], protection: libc::c_int) -> bool {
    let (from, to) = (address / PAGE * PAGE, (address + bytes.len() as u64).next_multiple_of(PAGE));
    let protect = |protection| {
        // SAFETY: pages of the guest's own code, whose protection the caller knows and gets back.
        unsafe {
            libc::mprotect(ptr::with_exposed_provenance_mut(from as usize), (to - from) as usize, protection) == 0
        }
    };
    if !protect(protection | libc::PROT_WRITE) {
        return false;
    }
    let word = address / 8 * 8;
    let offset = (address - word) as usize;
    let written = if offset + bytes.len() <= 8 {
        let mut value = [0; 8];
        let read = fault::read(word, &mut value).is_ok();
        value[offset..offset + bytes.len()].copy_from_slice(bytes);
        read && fault::store_u64(word, u64::from_le_bytes(value)).is_ok()
    } else {
        fault::write(address, bytes).is_ok()
    };
    protect(protection) && written
}

/// Address of the word with the entry's address that jumps in stubs use: below 2 GiB, where an instruction can name it wherever it lies.
fn slot() -> Option<u32> {
    /// The page below `KUSER_SHARED_DATA`, and how many below that are tried.
    const FIRST: u64 = 0x7ffd_f000;
    const TRIES: u64 = 256;
    static SLOT: OnceLock<Option<u32>> = OnceLock::new();
    *SLOT.get_or_init(|| {
        (0..TRIES).map(|down| FIRST - down * PAGE).find_map(|at| {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
            let rw = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a fresh mapping that replaces nothing; it is written before anybody knows of it, and never unmapped.
            unsafe {
                let page = libc::mmap(at as *mut _, PAGE as usize, rw, flags, -1, 0);
                if page as u64 != at {
                    return None;
                }
                AtomicU64::from_ptr(page.cast()).store(entry::jump(), Ordering::Relaxed);
                libc::mprotect(page, PAGE as usize, libc::PROT_READ);
            }
            Some(at as u32)
        })
    })
}

/// Memory for trampolines: executable where the guest's code can jump to, writable elsewhere.
struct Room {
    shown: u64,
    written: u64,
    used: u64,
}

/// Taken under [`CHANGES`] or alone.
static ROOMS: Mutex<Vec<Room>> = Mutex::new(Vec::new());

/// More rooms than any program needs, whose code is in a few places.
const MOST_ROOMS: usize = 64;
/// Where the rooms are, for who may take no lock; 0 for one that is not there yet.
static SHOWN: [AtomicU64; MOST_ROOMS] = [const { AtomicU64::new(0) }; MOST_ROOMS];

/// Bytes of a room, and of a trampoline.
const ROOM: u64 = 0x1_0000;
const TRAMPOLINE: u64 = 32;
/// How far from it code may be: what a jump reaches, less a room.
const REACH: u64 = 0x7fff_0000;

/// Makes a trampoline for the site whose number is loaded at `load` and which goes on at `behind`.
fn trampoline(load: u64, behind: u64, site: &Site) -> Option<u64> {
    let mut rooms = ROOMS.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |room: &Room| room.used + TRAMPOLINE <= ROOM && room.shown.abs_diff(load) < REACH;
    let index = match rooms.iter().position(fits) {
        Some(index) => index,
        None => {
            let shown = SHOWN.get(rooms.len())?;
            let room = Room::new(load)?;
            shown.store(room.shown, Ordering::Release);
            rooms.push(room);
            rooms.len() - 1
        }
    };
    let room = rooms.get_mut(index)?;
    let at = room.shown + room.used;
    // mov eax, number
    let mut code = vec![0xb8];
    code.extend(site.number.to_le_bytes());
    if site.between == Between::Move {
        // mov r10, rcx
        code.extend([0x49, 0x89, 0xca]);
    }
    // jmp or call qword ptr [rip + ..], by the words that the room begins with
    let (opcode, word) = if site.returns { (0x25, 0) } else { (0x15, 8) };
    code.extend([0xff, opcode]);
    let next = at + code.len() as u64 + 4;
    code.extend(((room.shown + word).wrapping_sub(next) as i64 as i32).to_le_bytes());
    if !site.returns {
        // jmp rel32
        let next = next + 5;
        code.push(0xe9);
        code.extend((behind.wrapping_sub(next) as i64 as i32).to_le_bytes());
    }
    fault::write(room.written + room.used, &code).ok()?;
    room.used += TRAMPOLINE;
    Some(at)
}

/// Where the code goes on that called a service by a trampoline, when `address` is where the service returns to: walks up a stack find there
/// what they look for.
pub(crate) fn behind(address: u64) -> Option<u64> {
    let mut rooms = SHOWN.iter().map(|shown| shown.load(Ordering::Acquire)).take_while(|&shown| shown != 0);
    rooms.find(|&shown| (shown..shown + ROOM).contains(&address))?;
    let mut jump = [0; 5];
    fault::read(address, &mut jump).ok()?;
    let [0xe9, distance @ ..] = jump else { return None };
    Some((address + 5).wrapping_add_signed(i32::from_le_bytes(distance).into()))
}

impl Room {
    /// A room that code at `near` reaches.
    fn new(near: u64) -> Option<Self> {
        /// How far apart the places are that are tried.
        const STEP: u64 = 0x40_0000;
        let file = memfd_create("trampolines", MemfdFlags::CLOEXEC).ok()?;
        ftruncate(&file, ROOM).ok()?;
        let map = |at: u64, protection, flags| {
            // SAFETY: a fresh mapping that replaces nothing, and is never unmapped.
            let got = unsafe {
                libc::mmap(at as *mut _, ROOM as usize, protection, libc::MAP_SHARED | flags, file.as_raw_fd(), 0)
            };
            (got != libc::MAP_FAILED).then_some(got as u64)
        };
        let written = map(0, libc::PROT_READ | libc::PROT_WRITE, 0)?;
        let base = near / ROOM * ROOM;
        let places =
            (1..REACH / STEP).flat_map(|step| [base.checked_sub(step * STEP), Some(base + step * STEP)]).flatten();
        let shown = places
            .filter(|&at| (0x1_0000..crate::low::END - ROOM).contains(&at))
            .find_map(|at| map(at, libc::PROT_READ | libc::PROT_EXEC, libc::MAP_FIXED_NOREPLACE))?;
        fault::store_u64(written, entry::jump()).ok()?;
        fault::store_u64(written + 8, entry::call()).ok()?;
        Some(Self { shown, written, used: TRAMPOLINE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trampoline_goes_on_behind_the_instruction() {
        let load = 0x18_2000_0003;
        let site = Site { load: 3, call: 8, number: 0x18, between: Between::Nothing, returns: false, is_stub: false };
        let at = trampoline(load, load + 7, &site).unwrap();
        assert!(at.abs_diff(load) < REACH);
        // mov eax, number; call; jmp
        assert_eq!(behind(at + 11), Some(load + 7));
        assert_eq!(behind(at), None, "that is where it begins");
        assert_eq!(behind(load), None, "that is no trampoline");
        let mut code = [0; 16];
        fault::read(at, &mut code).unwrap();
        let instructions = iced_x86::Decoder::with_ip(64, &code, at, iced_x86::DecoderOptions::NONE).into_iter();
        let [number, call, jump] = instructions.take(3).collect::<Vec<_>>()[..] else { panic!("there are three") };
        assert_eq!(number.immediate32(), 0x18);
        assert_eq!(fault::load_u64(call.ip_rel_memory_address()), Ok(entry::call()));
        assert_eq!(jump.near_branch_target(), load + 7);
        let stub = Site { between: Between::Move, returns: true, is_stub: true, ..site };
        let other = trampoline(load, load + 7, &stub).unwrap();
        fault::read(other, &mut code).unwrap();
        let mut instructions = iced_x86::Decoder::with_ip(64, &code, other, iced_x86::DecoderOptions::NONE).into_iter();
        let jump = instructions.nth(2).unwrap();
        assert_eq!(fault::load_u64(jump.ip_rel_memory_address()), Ok(entry::jump()));
    }

    #[test]
    fn what_was_changed_is_undone_or_forgotten() {
        let memory = crate::low::Block::new(0x1_0000, false).unwrap();
        let address = memory.address() + 0x100;
        let now = || fault::load_u64(address).unwrap();
        fault::store_u64(address, 0x1111).unwrap();
        let (original, changed) = (0x1111_u64.to_le_bytes(), 0x2222_u64.to_le_bytes());
        assert!(change(address, &original, &changed, libc::PROT_READ));
        assert_eq!(now(), 0x2222);
        undo(address + 8, 8);
        assert_eq!(now(), 0x2222, "that is behind it");
        undo(address + 4, 1);
        assert_eq!(now(), 0x1111);
        assert!(change(address, &original, &changed, libc::PROT_READ));
        forget(memory.address(), 0x1_0000);
        undo(address, 8);
        assert_eq!(now(), 0x2222);
    }
}
