//! A crashed process as a minidump, which debuggers for Windows open.
//!
//! Layouts: minidumpapiset.h (<https://learn.microsoft.com/windows/win32/api/minidumpapiset/>). It has the thread that crashed, with its stack and
//! what its registers point to, and all modules. It is made in memory and written last: the report's text does not depend on it.

use std::fs;
use std::path::Path;

use abi::{CONTEXT, EXCEPTION_RECORD, fault};
use loader::Module;

use crate::Cx;

/// `MDMP`
const SIGNATURE: u32 = 0x504D_444D;
/// `MINIDUMP_VERSION`
const VERSION: u32 = 0xA793;
/// `MINIDUMP_STREAM_TYPE`
mod stream {
    pub(super) const THREAD_LIST: u32 = 3;
    pub(super) const MODULE_LIST: u32 = 4;
    pub(super) const MEMORY_LIST: u32 = 5;
    pub(super) const EXCEPTION: u32 = 6;
    pub(super) const SYSTEM_INFO: u32 = 7;
    pub(super) const MISC_INFO: u32 = 15;
}
/// Streams written.
const STREAMS: usize = 6;
/// Size of the header in bytes, and of an entry of the directory behind it.
const HEADER: usize = 32;
const ENTRY: usize = 12;

/// Most of a stack that is written, in bytes.
const MOST_STACK: u64 = 1 << 20;
/// What is written before and behind where a register points to, in bytes.
const AROUND: u64 = 256;
const PAGE: u64 = 4096;

/// The dump as it grows.
struct Dump {
    bytes: Vec<u8>,
    directory: Vec<[u32; 3]>,
}

impl Dump {
    fn u16(&mut self, value: u16) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// A `MINIDUMP_STRING`; gives where it is.
    fn text(&mut self, text: &str) -> u32 {
        let at = self.here();
        let units: Vec<u16> = text.encode_utf16().collect();
        self.u32(2 * units.len() as u32);
        units.into_iter().chain([0]).for_each(|unit| self.u16(unit));
        at
    }

    /// Enters what `write` writes as a stream.
    fn stream(&mut self, kind: u32, write: impl FnOnce(&mut Self)) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = self.here();
        write(self);
        self.directory.push([kind, self.here() - at, at]);
    }

    /// Adds bytes; gives their size and place, as `MINIDUMP_LOCATION_DESCRIPTOR` has them.
    fn data(&mut self, data: &[u8]) -> [u32; 2] {
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let at = self.here();
        self.bytes.extend_from_slice(data);
        [data.len() as u32, at]
    }
}

/// Memory that is in the dump: its address, size and place.
type Block = (u64, [u32; 2]);

/// Writes the dump to a file.
///
/// # Errors
/// The host's.
pub(super) fn write(cx: &Cx<'_>, path: &Path, record: &EXCEPTION_RECORD, context: &CONTEXT) -> std::io::Result<()> {
    fs::write(path, dump(cx, record, context))
}

fn dump(cx: &Cx<'_>, record: &EXCEPTION_RECORD, context: &CONTEXT) -> Vec<u8> {
    let mut dump = Dump { bytes: vec![0; HEADER + STREAMS * ENTRY], directory: Vec::new() };
    let mut registers = [0_u8; CONTEXT::SIZE];
    let _ = context.write(registers.as_mut_ptr() as u64);
    let registers = dump.data(&registers);
    let stack = stack(cx, &mut dump, context.rsp());
    let mut memory: Vec<Block> = stack.into_iter().collect();
    for &pointer in context.integer.iter().chain([&context.Rip]) {
        let from = pointer.saturating_sub(AROUND);
        let apart =
            |&(start, [size, _]): &Block| from.saturating_add(2 * AROUND) <= start || start + u64::from(size) <= from;
        let mut bytes = [0; 2 * AROUND as usize];
        if memory.iter().all(apart) && fault::read(from, &mut bytes).is_ok() {
            memory.push((from, dump.data(&bytes)));
        }
    }
    let modules: Vec<_> = cx.process.all_modules().iter().map(|module| module_entry(&mut dump, module)).collect();
    let version = cx.process.version();
    let service_pack = dump.text(version.service_pack);
    dump.stream(stream::SYSTEM_INFO, |dump| {
        // PROCESSOR_ARCHITECTURE_AMD64, level and revision.
        [9, 6, 0].into_iter().for_each(|value| dump.u16(value));
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get().min(255) as u8);
        // VER_NT_WORKSTATION
        dump.bytes.extend([processors, 1]);
        // VER_PLATFORM_WIN32_NT
        [version.major, version.minor, version.build, 2, service_pack, 0].into_iter().for_each(|value| dump.u32(value));
        [0; 3].into_iter().for_each(|value| dump.u64(value));
    });
    dump.stream(stream::THREAD_LIST, |dump| {
        [1, cx.thread.id(), 0, 0x20, 0].into_iter().for_each(|value| dump.u32(value));
        dump.u64(cx.thread.teb());
        let (start, place) = stack.unwrap_or_default();
        dump.u64(start);
        place.into_iter().chain(registers).for_each(|value| dump.u32(value));
    });
    dump.stream(stream::MODULE_LIST, |dump| {
        dump.u32(modules.len() as u32);
        modules.iter().for_each(|module| dump.bytes.extend_from_slice(module));
    });
    dump.stream(stream::EXCEPTION, |dump| {
        let exception = record.exception();
        [cx.thread.id(), 0, record.ExceptionCode, record.ExceptionFlags].into_iter().for_each(|value| dump.u32(value));
        dump.u64(record.ExceptionRecord as u64);
        dump.u64(record.ExceptionAddress as u64);
        dump.u64(exception.count.into());
        exception.parameters.into_iter().for_each(|value| dump.u64(value));
        registers.into_iter().for_each(|value| dump.u32(value));
    });
    dump.stream(stream::MEMORY_LIST, |dump| {
        dump.u32(memory.len() as u32);
        for (start, place) in &memory {
            dump.u64(*start);
            place.iter().for_each(|&value| dump.u32(value));
        }
    });
    dump.stream(stream::MISC_INFO, |dump| {
        // Size, MINIDUMP_MISC1_PROCESS_ID, and times that are not told.
        [24, 1, cx.process.id(), 0, 0, 0].into_iter().for_each(|value| dump.u32(value));
    });
    finish(dump)
}

/// Writes the header and the directory.
fn finish(mut dump: Dump) -> Vec<u8> {
    let header = [SIGNATURE, VERSION, dump.directory.len() as u32, HEADER as u32];
    let words = header.into_iter().chain([0; 4]).chain(dump.directory.iter().flatten().copied());
    for (to, word) in dump.bytes.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    dump.bytes
}

/// The part of the stack in use.
fn stack(cx: &Cx<'_>, dump: &mut Dump, rsp: u64) -> Option<Block> {
    let start = rsp / PAGE * PAGE;
    let end = cx.thread.stack_base().min(start.checked_add(MOST_STACK)?);
    let mut bytes = Vec::new();
    let mut page = [0; PAGE as usize];
    while start + (bytes.len() as u64) < end && fault::read(start + bytes.len() as u64, &mut page).is_ok() {
        bytes.extend_from_slice(&page);
    }
    (!bytes.is_empty()).then(|| (start, dump.data(&bytes)))
}

/// A `MINIDUMP_MODULE`.
fn module_entry(dump: &mut Dump, module: &Module) -> Vec<u8> {
    let name = dump.text(module.guest_path());
    let pdb = module.image().and_then(|image| image.pdb());
    let record = pdb.map_or([0; 2], |pdb| {
        let age = pdb.age.to_le_bytes();
        dump.data(&[b"RSDS", &pdb.guid[..], &age, pdb.path.as_bytes(), b"\0"].concat())
    });
    let mut entry = Dump { bytes: Vec::new(), directory: Vec::new() };
    entry.u64(module.base());
    [module.size(), 0, 0, name].into_iter().for_each(|value| entry.u32(value));
    // No version resource is told: VS_FIXEDFILEINFO of 13 words.
    [0; 13].into_iter().chain(record).chain([0; 6]).for_each(|value| entry.u32(value));
    entry.bytes
}
