//! Tells a debugger of the host's which modules of the guest's there are: gdb's interface for code that is made at run time
//! (<https://sourceware.org/gdb/current/onlinedocs/gdb.html/JIT-Interface.html>).
//!
//! A debugger reads a list of ELF files in memory, and stops the process when it changes. The files are made by another process, `exeunt
//! symbolize`: no parser of symbol files runs in a guest's.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use loader::Module;

use crate::Process;

/// `jit_code_entry`
#[repr(C)]
struct Entry {
    next: AtomicPtr<Entry>,
    previous: AtomicPtr<Entry>,
    file: *const u8,
    size: u64,
}

/// `jit_descriptor`
#[repr(C)]
struct Descriptor {
    version: u32,
    action: AtomicU32,
    relevant: AtomicPtr<Entry>,
    first: AtomicPtr<Entry>,
}

/// `jit_actions_t`
mod action {
    pub(super) const NONE: u32 = 0;
    pub(super) const REGISTER: u32 = 1;
    pub(super) const UNREGISTER: u32 = 2;
}

/// What a debugger looks at.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static __jit_debug_descriptor: Descriptor = Descriptor {
    version: 1,
    action: AtomicU32::new(action::NONE),
    relevant: AtomicPtr::new(ptr::null_mut()),
    first: AtomicPtr::new(ptr::null_mut()),
};

/// Where a debugger stops the process to look at the descriptor.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    std::hint::black_box(&__jit_debug_descriptor);
}

/// Where a debugger can stop the process when nobody has handled an exception of the guest's: behind the report, on the thread at fault.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn exeunt_unhandled_exception(code: u32) {
    std::hint::black_box(code);
}

/// A module that a debugger knows of.
struct Known {
    /// Its address does not change.
    entry: Box<Entry>,
    /// What the entry refers to.
    _file: Vec<u8>,
}

// SAFETY: the pointer is to what the value itself owns, and never changes.
unsafe impl Send for Known {}

/// The modules that a debugger knows of, by address. The lock is that of the list, too, which a process has but one of: a leaf lock.
static KNOWN: Mutex<BTreeMap<u64, Known>> = Mutex::new(BTreeMap::new());

impl Process {
    /// Makes the debugger's list say what is loaded, where one was asked for.
    pub(crate) fn tell_debugger(&self, modules: &[Arc<Module>]) {
        let diagnostics = self.diagnostics();
        let (true, Some(program)) = (diagnostics.debugger, &diagnostics.symbolizer) else { return };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<u64> =
            known.keys().copied().filter(|&base| modules.iter().all(|module| module.base() != base)).collect();
        gone.iter().filter_map(|base| known.remove(base)).for_each(unregister);
        for module in modules {
            if !known.contains_key(&module.base())
                && let Some(file) = elf_of(program, module)
            {
                known.insert(module.base(), register(file));
            }
        }
    }
}

/// The ELF file for a module of the guest's. `None` where nothing is known of it.
fn elf_of(program: &CStr, module: &Module) -> Option<Vec<u8>> {
    let path = module.host_path()?;
    let mut command = Command::new(OsStr::from_bytes(program.to_bytes()));
    command.args(["symbolize", "--elf", &format!("{:#x}", module.base())]).arg(path);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    (output.status.success() && !output.stdout.is_empty()).then_some(output.stdout)
}

fn tell(action: u32, entry: *mut Entry) {
    __jit_debug_descriptor.relevant.store(entry, Ordering::SeqCst);
    __jit_debug_descriptor.action.store(action, Ordering::SeqCst);
    __jit_debug_register_code();
    __jit_debug_descriptor.action.store(action::NONE, Ordering::SeqCst);
    __jit_debug_descriptor.relevant.store(ptr::null_mut(), Ordering::SeqCst);
}

/// Puts a file at the list's front.
fn register(file: Vec<u8>) -> Known {
    let next = __jit_debug_descriptor.first.load(Ordering::SeqCst);
    let mut entry = Box::new(Entry {
        next: AtomicPtr::new(next),
        previous: AtomicPtr::new(ptr::null_mut()),
        file: file.as_ptr(),
        size: file.len() as u64,
    });
    let address = &raw mut *entry;
    // SAFETY: entries of the list live, and are only changed under the lock.
    if let Some(next) = unsafe { next.as_ref() } {
        next.previous.store(address, Ordering::SeqCst);
    }
    __jit_debug_descriptor.first.store(address, Ordering::SeqCst);
    tell(action::REGISTER, address);
    Known { entry, _file: file }
}

/// Takes a file out of the list.
fn unregister(mut known: Known) {
    let entry = &mut *known.entry;
    let (next, previous) = (entry.next.load(Ordering::SeqCst), entry.previous.load(Ordering::SeqCst));
    // SAFETY: entries of the list live, and are only changed under the lock.
    unsafe {
        match previous.as_ref() {
            Some(previous) => previous.next.store(next, Ordering::SeqCst),
            None => __jit_debug_descriptor.first.store(next, Ordering::SeqCst),
        }
        if let Some(next) = next.as_ref() {
            next.previous.store(previous, Ordering::SeqCst);
        }
    }
    tell(action::UNREGISTER, entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of the list, first to last, and whether the way back is the same.
    fn listed() -> (Vec<u64>, bool) {
        let (mut sizes, mut sound) = (Vec::new(), true);
        let (mut at, mut before) = (__jit_debug_descriptor.first.load(Ordering::SeqCst), ptr::null_mut());
        // SAFETY: as in `register`.
        while let Some(entry) = unsafe { at.as_ref() } {
            sound &= entry.previous.load(Ordering::SeqCst) == before;
            sizes.push(entry.size);
            before = at;
            at = entry.next.load(Ordering::SeqCst);
        }
        (sizes, sound)
    }

    #[test]
    fn the_list_has_what_is_registered() {
        let _lock = KNOWN.lock().unwrap();
        let [first, second, third] = [1, 2, 3].map(|size| register(vec![0; size]));
        assert_eq!(listed(), (vec![3, 2, 1], true));
        unregister(second);
        assert_eq!(listed(), (vec![3, 1], true));
        unregister(third);
        unregister(first);
        assert_eq!(listed(), (vec![], true));
    }
}
