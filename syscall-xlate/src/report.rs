//! What exeunt says when a guest crashes.
//!
//! Written where nothing can be relied on, signal handlers included: each line goes from a fixed buffer to standard error as soon as it is known.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS, fault};

use crate::unwind::host;
use crate::unwind::walk::{to_guest, up};
use crate::{Cx, low, signals};

/// Text of fixed size; what does not fit is cut.
struct Text {
    bytes: [u8; 2048],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 2048], len: 0 }
    }

    /// Writes it all to standard error.
    fn print(&self) {
        let mut rest = &self.bytes[..self.len];
        while !rest.is_empty() {
            // SAFETY: writes initialised bytes.
            let written = unsafe { libc::write(2, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(count) if count > 0 => rest = &rest[count..],
                _ => return,
            }
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let taken = text.len().min(room);
        self.bytes[self.len..self.len + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        Ok(())
    }
}

/// An address as module and offset, where it is in a module, with the export before it.
struct Place<'a>(&'a Cx<'a>, u64);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.1;
        let Some(module) = self.0.process.module_of(address) else {
            let whose = if address >= low::END { " (exeunt)" } else { "" };
            return write!(f, "{address:#x}{whose}");
        };
        let rva = address - module.base();
        write!(f, "{}+{rva:#x}", module.name())?;
        match module.nearest_export(address) {
            Some((symbol, start)) if u64::from(start) == rva => write!(f, " ({symbol})"),
            Some((symbol, start)) => write!(f, " ({symbol}+{:#x})", rva - u64::from(start)),
            None => Ok(()),
        }
    }
}

/// What an exception was about, in words.
struct What<'a>(&'a Exception);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exception = self.0;
        write!(f, "{:#010X} ({})", exception.code.0, exception.code.name().unwrap_or("a code of the program's own"))?;
        if exception.code == NTSTATUS::STATUS_ACCESS_VIOLATION && exception.count >= 2 {
            let how = match exception.parameters[0] {
                0 => "reading",
                1 => "writing",
                _ => "executing",
            };
            write!(f, ", {how} {:#x}", exception.parameters[1])?;
        }
        Ok(())
    }
}

/// Names of [`CONTEXT::integer`].
const REGISTERS: [&str; 16] =
    ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

/// Reports an exception that nobody handled, with the registers of the place it happened at, and ends the process by the matching signal.
pub(crate) fn unhandled(cx: &Cx<'_>, record: &EXCEPTION_RECORD, context: &CONTEXT) -> ! {
    begin();
    let mut text = Text::new();
    let exception = record.exception();
    let _ = writeln!(text, "exeunt: unhandled exception {} at {}", What(&exception), Place(cx, context.Rip));
    for row in (0..16).step_by(4) {
        text.write_str("exeunt:  ").ok();
        for (name, value) in REGISTERS.iter().zip(&context.integer).skip(row).take(4) {
            let _ = write!(text, " {name:>3}={value:016x}");
        }
        text.write_str("\n").ok();
    }
    text.print();
    back_trace(cx, context);
    end(cx, exception.code, signals::signal_for(exception.code))
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
    begin();
    // What follows may need what the code at fault holds: it gets a while, not forever.
    // SAFETY: sets one signal's disposition and a timer.
    unsafe {
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::alarm(INTERNAL_REPORT_SECONDS);
    }
    let mut text = Text::new();
    let _ = writeln!(
        text,
        "exeunt: internal error: {} in exeunt itself at {:#x}; this is a bug of exeunt's",
        What(exception),
        context.Rip
    );
    text.print();
    let mut context = *context;
    let _ = host::unwind_interrupted_host(&mut context);
    back_trace(cx, &context);
    end(cx, exception.code, libc::SIGABRT)
}

/// How long the report of an error of our own may take.
const INTERNAL_REPORT_SECONDS: u32 = 5;

/// The thread that writes a report; 0 before.
static REPORTING: AtomicU32 = AtomicU32::new(0);

/// One thread reports. Others that crash meanwhile wait for the end, and an exception of the report ends it.
fn begin() {
    let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
    match REPORTING.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {}
        Err(owner) if owner == thread => signals::die(libc::SIGABRT),
        Err(_) => loop {
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        },
    }
}

fn end(cx: &Cx<'_>, code: NTSTATUS, signal: libc::c_int) -> ! {
    cx.process.crashed(code.0);
    signals::die(signal)
}

/// Frames shown.
const FRAMES: usize = 32;
/// Stack words looked at where there is no unwind information.
const WORDS: u64 = 4096;

/// Lists the guest's frames from `context` up, each as it is found.
fn back_trace(cx: &Cx<'_>, context: &CONTEXT) {
    let mut context = *context;
    for frame in 0..FRAMES {
        if to_guest(&mut context, |_| true).is_err() {
            return;
        }
        let place = Place(cx, context.Rip);
        let mut text = Text::new();
        let _ = writeln!(text, "exeunt:   {} {place}", if frame == 0 { "at" } else { "by" });
        text.print();
        let entry = cx.process.function_entry(context.Rip);
        let before = context;
        let known = up(entry.as_ref(), &mut context).is_ok()
            && (entry.is_some() || host::is_host(context.Rip) || cx.process.module_of(context.Rip).is_some());
        if !known {
            return scan(cx, before.rsp(), FRAMES - frame);
        }
    }
}

/// Lists what look like return addresses into modules on the stack.
fn scan(cx: &Cx<'_>, rsp: u64, mut frames: usize) {
    for word in 0..WORDS {
        let Ok(value) = fault::load_u64((rsp & !7).wrapping_add(8 * word)) else { return };
        if value < low::END && follows_call(value) && cx.process.module_of(value).is_some() {
            let mut text = Text::new();
            let _ = writeln!(text, "exeunt:   perhaps by {}", Place(cx, value));
            text.print();
            frames -= 1;
            if frames == 0 {
                return;
            }
        }
    }
}

/// True when the bytes before an address can be a call instruction.
fn follows_call(address: u64) -> bool {
    let byte = |back: u64| fault::load_u8(address.wrapping_sub(back)).unwrap_or_default();
    // E8 rel32, or FF /2 with a ModRM byte and up to five more.
    byte(5) == 0xe8 || (2..=7).any(|back| byte(back) == 0xff && byte(back - 1) & 0x38 == 0x10)
}
