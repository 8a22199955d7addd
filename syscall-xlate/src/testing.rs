//! Calling one shim, as a guest would, and looking at its trace.
//!
//! ```text
//! let trace = testing::trace(api_shims::dlls(), |guest| {
//!     let name = guest.wide("missing.txt");
//!     guest.call("kernel32!DeleteFileW", &[name]);
//! });
//! insta::assert_snapshot!(trace, @r#"kernel32!DeleteFileW(lpFileName="missing.txt") = FALSE (ERROR_FILE_NOT_FOUND)"#);
//! ```

use std::arch::naked_asm;
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use abi::{Guest as GuestValue, Ptr, WIN32_ERROR};

use crate::dll::{Dll, Target};
use crate::low::Block;
use crate::process::{Options, Version};
use crate::report::Diagnostics;
use crate::trace::{Config, Filter, Format, Tracer};
use crate::{Cx, Process};

/// Bytes of guest memory a test has for its strings and buffers.
const ARENA: usize = 1 << 20;

/// A guest that does what a test says.
pub struct Guest<'a> {
    /// The context its calls are made in.
    pub cx: &'a Cx<'a>,
    arena: Block,
    used: Cell<u64>,
}

/// Runs `body` as a fresh process's only thread and gives the stable trace of the calls it makes.
///
/// # Panics
/// When memory is short, or the body panics.
pub fn trace(dlls: &'static [&'static Dll], body: impl FnOnce(&Guest<'_>)) -> String {
    let log = Log::default();
    let config = Config {
        filter: Filter::default(),
        format: Format::Text,
        summary: false,
        stable: true,
        tail: false,
        output: Box::new(log.clone()),
    };
    run(dlls, Some(Tracer::new(config)), body);
    let bytes = log.0.lock().expect("nobody panics while writing").clone();
    String::from_utf8(bytes).expect("a trace is text")
}

/// Runs `body` as [`trace`] does, without the trace.
///
/// # Panics
/// When memory is short, or the body panics.
pub fn run<R>(dlls: &'static [&'static Dll], tracer: Option<Tracer>, body: impl FnOnce(&Guest<'_>) -> R) -> R {
    // Its own: processes of one root share names.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let run = format!("exeunt-test-drive-{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let private_drive = Some(std::env::temp_dir().join(run));
    let options = Options {
        dlls,
        version: Version::WINDOWS_10,
        tracer,
        status_file: None,
        private_drive,
        diagnostics: Diagnostics::default(),
    };
    let process = Process::new(options).expect("there is memory for a process");
    let arena = Block::new(ARENA, false).expect("there is memory for a test's strings");
    let result = process.with_thread(|cx| body(&Guest { cx, arena, used: Cell::new(0) }));
    result.expect("there is memory for a thread")
}

impl Guest<'_> {
    /// Calls `dll!function` through its traced entry, with each argument in an 8-byte slot: integers as they are, a `double` by its bits.
    /// Gives the integer result.
    ///
    /// # Panics
    /// When there is no such shim.
    pub fn call(&self, name: &str, arguments: &[u64]) -> u64 {
        self.invoke(name, arguments).0
    }

    /// As [`Self::call`], for a function that returns a `double`.
    ///
    /// # Panics
    /// When there is no such shim.
    pub fn call_f64(&self, name: &str, arguments: &[u64]) -> f64 {
        f64::from_bits(self.invoke(name, arguments).1)
    }

    fn invoke(&self, name: &str, arguments: &[u64]) -> (u64, u64) {
        let (stem, function) = name.split_once('!').expect("a call is named dll!function");
        let dlls = self.cx.process.dlls();
        let dll = dlls.iter().position(|dll| dll.stem() == stem).unwrap_or_else(|| panic!("there is no {stem}.dll"));
        let exports = dlls[dll].exports;
        let export = exports.iter().position(|export| export.name == function);
        let export = export.unwrap_or_else(|| panic!("{stem}.dll has no {function}"));
        let Target::Code(row) = exports[export].target else { panic!("{name} is not a function") };
        self.cx.thread.set_traced_export(Process::trace_context(dll, export));
        let mut slots = arguments.to_vec();
        slots.resize(arguments.len().max(4).next_multiple_of(2), 0);
        let mut result = (0, 0);
        // SAFETY: `row.traced` is an entry in the Windows convention; the slots are its arguments.
        unsafe { invoke(row.traced.address(), slots.as_ptr(), slots.len(), (&raw mut result).cast()) };
        result
    }

    /// The last error.
    pub fn last_error(&self) -> WIN32_ERROR {
        self.cx.thread.last_error()
    }

    /// Address of `len` zeroed bytes of guest memory, aligned to 16.
    ///
    /// # Panics
    /// When a test asks for more than a mebibyte in all.
    pub fn buffer(&self, len: usize) -> u64 {
        let at = self.used.get().next_multiple_of(16);
        self.used.set(at + len as u64);
        assert!(self.used.get() <= ARENA as u64, "a test's guest memory is used up");
        self.arena.address() + at
    }

    /// Address of a copy of `bytes`.
    pub fn bytes(&self, bytes: &[u8]) -> u64 {
        let at = self.buffer(bytes.len());
        Ptr::at(at).write_bytes(bytes).expect("the arena is writable");
        at
    }

    /// Address of the text in UTF-16 with a closing zero.
    pub fn wide(&self, text: &str) -> u64 {
        self.bytes(&text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>())
    }

    /// Address of the text's bytes with a closing zero.
    pub fn ansi(&self, text: &str) -> u64 {
        self.bytes(&[text.as_bytes(), b"\0"].concat())
    }

    /// Reads a value.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read<T: GuestValue>(&self, address: u64) -> T {
        Ptr::<T>::at(address).read().expect("the test reads its own memory")
    }
}

/// Calls `entry` with the `count` (even, at least 4) slots at `slots`, the first four also in floating-point registers; stores rax and xmm0.
///
/// # Safety
/// `entry` is a function in the Windows x64 convention that takes these arguments.
#[unsafe(naked)]
unsafe extern "sysv64" fn invoke(entry: u64, slots: *const u64, count: usize, result: *mut [u64; 2]) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push rdi",
        "mov rbx, rcx",
        "mov rax, rdi",
        "lea r10, [rsi + 8 * rdx]",
        "2:",
        "sub r10, 8",
        "push qword ptr [r10]",
        "cmp r10, rsi",
        "ja 2b",
        "mov rcx, [rsp]",
        "mov rdx, [rsp + 8]",
        "mov r8, [rsp + 16]",
        "mov r9, [rsp + 24]",
        "movq xmm0, rcx",
        "movq xmm1, rdx",
        "movq xmm2, r8",
        "movq xmm3, r9",
        "call rax",
        "mov [rbx], rax",
        "movq [rbx + 8], xmm0",
        "mov rbx, [rbp - 8]",
        "leave",
        "ret",
    )
}

/// An output that can be read afterwards.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics while writing").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
