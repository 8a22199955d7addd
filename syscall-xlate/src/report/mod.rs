//! What exeunt says when a guest crashes.
//!
//! Written where nothing can be relied on, signal handlers included: each line goes from a fixed buffer to standard error as soon as it is
//! known, and the guest's memory is only looked at with accesses that may fail. A report that comes to harm ends the process as it would have.

mod frames;
mod memory;
mod symbolizer;
mod text;
mod thrown;

use std::ffi::CString;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS};

use crate::debugger::exeunt_unhandled_exception;
use crate::minidump::{Cause, Parts, Request};
use crate::say::say;
use crate::unwind::host;
use crate::unwind::walk::to_guest;
use crate::{Cx, exception, gate, low, signals};
use frames::{Found, Frame, Frames};
use memory::There;
use symbolizer::Answers;
use text::{Text, line};
use thrown::Thrown;

/// What is done about a process that crashes.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// exeunt itself, which finds symbols for a report (`exeunt symbolize`); without it there are those of exports only.
    pub symbolizer: Option<CString>,
    /// Where a minidump goes.
    pub minidump: Option<PathBuf>,
    /// Shows what the program says to a debugger on standard error.
    pub debug_output: bool,
    /// Tells a debugger of the host's which modules there are.
    pub debugger: bool,
}

impl Cx<'_> {
    /// Shows what the program says to a debugger (`OutputDebugString`), where that is wanted: each line on standard error.
    pub fn show_debug_output(&self, text: &[u16]) {
        if self.process.diagnostics().debug_output {
            let text = String::from_utf16_lossy(text);
            text.lines().for_each(|said| say(format_args!("debug: {said}")));
        }
    }
}

/// An address as module and offset, where it is in a module.
struct Place<'a>(&'a Cx<'a>, u64);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.1;
        match self.0.process.module_of(address) {
            Some(module) => write!(f, "{}+{:#x}", module.name(), address - module.base()),
            None if address >= low::END => write!(f, "{address:#x} (exeunt)"),
            None => write!(f, "{address:#x}"),
        }
    }
}

/// The export at or before an address, in brackets.
struct Exported<'a>(&'a Cx<'a>, u64);

impl fmt::Display for Exported<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(module) = self.0.process.module_of(self.1) else { return Ok(()) };
        let rva = self.1 - module.base();
        match module.nearest_export(self.1) {
            Some((symbol, start)) if u64::from(start) == rva => write!(f, " ({symbol})"),
            Some((symbol, start)) => write!(f, " ({symbol}+{:#x})", rva - u64::from(start)),
            None => Ok(()),
        }
    }
}

/// The exceptions whose first two parameters are an access and its address.
fn access(exception: &Exception) -> Option<(&'static str, u64)> {
    let is_access = matches!(
        exception.code,
        NTSTATUS::STATUS_ACCESS_VIOLATION | NTSTATUS::STATUS_IN_PAGE_ERROR | NTSTATUS::STATUS_GUARD_PAGE_VIOLATION
    );
    let how = match exception.parameters[0] {
        0 => "reading",
        1 => "writing",
        _ => "executing",
    };
    (is_access && exception.count >= 2).then_some((how, exception.parameters[1]))
}

/// What an exception was about, in words.
struct What<'a>(&'a Exception);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exception = self.0;
        let name = exception.code.name().or_else(|| thrown::name(exception.code.0));
        write!(f, "{:#010X} ({})", exception.code.0, name.unwrap_or("a code of the program's own"))?;
        match access(exception) {
            Some((how, address)) => write!(f, ", {how} {address:#x}"),
            None => Ok(()),
        }
    }
}

/// Names of [`CONTEXT::integer`].
const REGISTERS: [&str; 16] =
    ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

/// Reports an exception that nobody handled, with the registers of the place it happened at, and ends the process by the matching signal.
pub(crate) fn unhandled(cx: &Cx<'_>, record: &EXCEPTION_RECORD, context: &CONTEXT) -> ! {
    let exception = record.exception();
    let signal = signals::signal_for(exception.code);
    begin(exception.code, signal);
    // A shim that raised it is still on the stack.
    let shim = frames::shim_at(cx, &exception::capture());
    let mut by = Text::new();
    if let Some(row) = shim {
        let _ = write!(by, "{}, called ", row.name);
    }
    let by = std::str::from_utf8(by.bytes()).unwrap_or_default();
    line(format_args!("unhandled exception {} at {by}{}", What(&exception), Place(cx, context.Rip)));
    details(cx, &exception, context);
    registers(context);
    back_trace(cx, context);
    tail(cx);
    if let Some(path) = &cx.process.diagnostics().minidump {
        match write_minidump(cx, path, record, context) {
            Ok(()) => line(format_args!("a minidump is in {}", path.display())),
            Err(error) => line(format_args!("the minidump {} could not be written: {error}", path.display())),
        }
    }
    line(format_args!("exit code {:#010X} ({})", exception.code.0, exception.code.0));
    if cx.process.diagnostics().debugger {
        // SAFETY: takes back the timer of `begin`: who debugs takes their time.
        unsafe { libc::alarm(0) };
        exeunt_unhandled_exception(exception.code.0);
    }
    end(cx, exception.code, signal)
}

/// Writes a dump with all threads, what their stacks point to, and the list of regions.
fn write_minidump(cx: &Cx<'_>, path: &Path, record: &EXCEPTION_RECORD, context: &CONTEXT) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    let cause = Cause { thread: cx.thread.id(), record: *record, context: *context };
    let parts = Parts::INDIRECT_MEMORY | Parts::MEMORY_INFO | Parts::THREAD_INFO;
    let mut outcome = Ok(());
    let written = cx.write_minidump(context, &Request { parts, cause: Some(cause), streams: Vec::new() }, |piece| {
        outcome = std::io::Write::write_all(&mut file, piece);
        outcome.as_ref().map_or(Err(NTSTATUS::STATUS_UNSUCCESSFUL), |()| Ok(()))
    });
    outcome.and(written.map_err(|_| std::io::ErrorKind::Other.into()))
}

/// What else is known of the exception itself.
fn details(cx: &Cx<'_>, exception: &Exception, context: &CONTEXT) {
    match access(exception) {
        // The guard is gone with the exception.
        Some((_, address)) if exception.code == NTSTATUS::STATUS_GUARD_PAGE_VIOLATION => {
            line(format_args!("  {address:#x} was on a guard page, and is {}", There(cx, address)));
        }
        Some((_, address)) => line(format_args!("  {address:#x} is {}", There(cx, address))),
        None => {}
    }
    match exception.code {
        NTSTATUS::STATUS_STACK_OVERFLOW => {
            if let Some(stack) = cx.thread.stack() {
                let size = (stack.base() - stack.limit()) / 1024;
                line(format_args!("  the thread's stack of {size} KB is full"));
            }
        }
        NTSTATUS::STATUS_STACK_BUFFER_OVERRUN => {
            let code = exception.parameters[0];
            match thrown::fast_fail(code) {
                Some(name) => line(format_args!("  the program ended itself: __fastfail({code}), {name}")),
                None => line(format_args!("  the program ended itself: __fastfail({code})")),
            }
        }
        _ if thrown::name(exception.code.0).is_some() => {
            let mut text = Text::new();
            let _ = write!(text, "{}", Thrown(exception));
            match std::str::from_utf8(text.bytes()) {
                Ok(text) if !text.is_empty() => line(format_args!("  {text}")),
                _ => {}
            }
        }
        _ if access(exception).is_none() && exception.count != 0 => {
            let mut text = Text::new();
            for value in exception.parameters.iter().take(exception.count.min(15) as usize) {
                let _ = write!(text, " {value:#x}");
            }
            line(format_args!("  its parameters are{}", std::str::from_utf8(text.bytes()).unwrap_or_default()));
        }
        _ => {}
    }
    if context.Rip < low::END && access(exception).is_none_or(|(_, address)| address != context.Rip) {
        let mut bytes = [0; 15];
        let readable = abi::fault::read(context.Rip, &mut bytes).is_ok();
        if !readable && cx.process.module_of(context.Rip).is_none() {
            line(format_args!("  the code is in {}", There(cx, context.Rip)));
        }
    }
}

fn registers(context: &CONTEXT) {
    for row in (0..16).step_by(4) {
        let mut text = Text::new();
        for (name, value) in REGISTERS.iter().zip(&context.integer).skip(row).take(4) {
            let _ = write!(text, " {name:>3}={value:016x}");
        }
        line(format_args!(" {}", std::str::from_utf8(text.bytes()).unwrap_or_default()));
    }
    line(format_args!("  rip={:016x} eflags={:08x} mxcsr={:08x}", context.Rip, context.EFlags, context.MxCsr));
}

/// Reports an exception that a shim raised where no guest called it.
pub(crate) fn unhandled_call(cx: &Cx<'_>, exception: &Exception, context: &CONTEXT) -> ! {
    unhandled(cx, &EXCEPTION_RECORD::new(exception, context.Rip), context)
}

/// Reports a fault of host code that the guest is to blame for, at the place of its call.
pub(crate) fn fault_for_guest(cx: &Cx<'_>, exception: &Exception, context: &CONTEXT) -> ! {
    let mut guest = *context;
    let found = host::unwind_interrupted_host(&mut guest).is_ok() && to_guest(&mut guest, |_| true).is_ok();
    unhandled_call(cx, exception, if found { &guest } else { context })
}

/// Reports a fault in our own code.
pub(crate) fn internal_fault(cx: &Cx<'_>, exception: &Exception, context: &CONTEXT) -> ! {
    begin(exception.code, libc::SIGABRT);
    line(format_args!(
        "internal error: {} in exeunt itself at {:#x}; this is a bug of exeunt's",
        What(exception),
        context.Rip
    ));
    let mut context = *context;
    let _ = host::unwind_interrupted_host(&mut context);
    back_trace(cx, &context);
    tail(cx);
    end(cx, exception.code, libc::SIGABRT)
}

/// How long a report may take, in seconds: what it needs may be held by the code at fault.
const LONGEST: u32 = 20;

/// The thread that writes a report; 0 before.
static REPORTING: AtomicU32 = AtomicU32::new(0);
/// What the report is of.
static CODE: AtomicU32 = AtomicU32::new(0);
/// How the process is to end.
static SIGNAL: AtomicI32 = AtomicI32::new(libc::SIGABRT);

/// One thread reports. Others that crash meanwhile wait for the end, and an exception of the report ends it.
fn begin(code: NTSTATUS, signal: libc::c_int) {
    let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
    match REPORTING.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            CODE.store(code.0, Ordering::Relaxed);
            SIGNAL.store(signal, Ordering::Relaxed);
            // SAFETY: sets two signals' dispositions, to a handler that calls what a handler may, and a timer. The C library's heap aborts when
            // the guest has damaged it.
            unsafe {
                libc::signal(libc::SIGALRM, cut_short as *const () as usize);
                libc::signal(libc::SIGABRT, cut_short as *const () as usize);
                libc::alarm(LONGEST);
            }
        }
        Err(owner) if owner == thread => cut_short(0),
        Err(_) => loop {
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        },
    }
}

/// Ends a report that has come to harm, and the process as it would have ended.
extern "C" fn cut_short(_: libc::c_int) -> ! {
    /// Asked to be cut short already: what is left to do does harm as well.
    static TWICE: AtomicU32 = AtomicU32::new(0);
    let signal = SIGNAL.load(Ordering::Relaxed);
    if TWICE.swap(1, Ordering::AcqRel) == 0 {
        line(format_args!("the report ends here: the process is too damaged"));
        if let Some(cx) = gate::current() {
            end(&cx, NTSTATUS(CODE.load(Ordering::Relaxed)), signal);
        }
    }
    signals::die(signal)
}

fn end(cx: &Cx<'_>, code: NTSTATUS, signal: libc::c_int) -> ! {
    cx.process.crashed(code.0);
    signals::die(signal)
}

/// Lists the guest's frames from `context` up.
fn back_trace(cx: &Cx<'_>, context: &CONTEXT) {
    let frames = Frames::of(cx, context);
    let program = cx.process.diagnostics().symbolizer.as_deref();
    let mut answers = program.and_then(|program| Answers::of(cx, program, frames.all()));
    for (index, frame) in frames.all().iter().enumerate() {
        let mut room = [0; 1024];
        let symbol = answers.as_mut().map_or("", |answers| answers.next(&mut room));
        write_frame(cx, index, frame, symbol);
    }
    if frames.cut {
        line(format_args!("  and more"));
    }
}

fn write_frame(cx: &Cx<'_>, index: usize, frame: &Frame, symbol: &str) {
    let mut text = Text::new();
    let how = match frame.found {
        Found::Guess => "perhaps by",
        _ if index == 0 => "at",
        _ => "by",
    };
    let _ = match (frame.found, symbol) {
        (Found::Shim(name), _) => write!(text, "  {how} {name} (exeunt)"),
        (_, "") => write!(text, "  {how} {}{}", Place(cx, frame.address), Exported(cx, frame.address)),
        (_, symbol) => write!(text, "  {how} {} {symbol}", Place(cx, frame.address)),
    };
    if frame.times > 1 {
        let _ = write!(text, ", {} times", frame.times);
    }
    line(format_args!("{}", std::str::from_utf8(text.bytes()).unwrap_or_default()));
}

/// Writes the last calls, where they are kept.
fn tail(cx: &Cx<'_>) {
    let Some(tracer) = cx.process.tracer() else { return };
    let mut first = true;
    tracer.tail(|call| {
        if std::mem::take(&mut first) {
            line(format_args!("the last calls:"));
        }
        line(format_args!("  {}", call.trim_end()));
    });
}

/// Says that a panic is a bug of exeunt's, with the last calls of the guest where they are known, and ends the process with `status`.
pub fn panicked(message: fmt::Arguments<'_>, advice: fmt::Arguments<'_>, status: i32) -> ! {
    line(message);
    line(advice);
    if let Some(cx) = gate::current() {
        tail(&cx);
        cx.process.crashed(status as u32);
    }
    // SAFETY: ends the process. Destructors and handlers of the host must not run: guest threads may still use what they destroy.
    unsafe { libc::_exit(status) }
}
