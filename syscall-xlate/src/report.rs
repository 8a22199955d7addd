//! What exeunt says when a guest crashes.
//!
//! Written from signal handlers: text goes to a fixed buffer and from there to standard error by one system call.

use std::fmt::{self, Write};

use abi::{Exception, NTSTATUS, fault};

use crate::{Cx, low, signals};

/// The general registers of an interrupted thread, indexed by `libc::REG_*`.
pub(crate) type Registers = [libc::greg_t; 23];

/// Text of fixed size; what does not fit is cut.
struct Text {
    bytes: [u8; 16384],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 16384], len: 0 }
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

/// An address as module and offset, where it is in a module.
struct Place<'a>(&'a Cx<'a>, u64);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.process.place_of(self.1) {
            Some(place) => f.write_str(&place),
            None if self.1 >= low::END => write!(f, "{:#x} (exeunt)", self.1),
            None => write!(f, "{:#x}", self.1),
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

const REGISTERS: [(&str, libc::c_int); 16] = [
    ("rax", libc::REG_RAX),
    ("rbx", libc::REG_RBX),
    ("rcx", libc::REG_RCX),
    ("rdx", libc::REG_RDX),
    ("rsi", libc::REG_RSI),
    ("rdi", libc::REG_RDI),
    ("rbp", libc::REG_RBP),
    ("rsp", libc::REG_RSP),
    ("r8", libc::REG_R8),
    ("r9", libc::REG_R9),
    ("r10", libc::REG_R10),
    ("r11", libc::REG_R11),
    ("r12", libc::REG_R12),
    ("r13", libc::REG_R13),
    ("r14", libc::REG_R14),
    ("r15", libc::REG_R15),
];

/// Reports an exception of the CPU that nobody handled, and ends the process by the matching signal.
pub(crate) fn unhandled_fault(cx: &Cx<'_>, exception: &Exception, registers: &Registers, signal: libc::c_int) -> ! {
    let mut text = Text::new();
    let rip = registers[libc::REG_RIP as usize] as u64;
    let _ = writeln!(text, "exeunt: unhandled exception {} at {}", What(exception), Place(cx, rip));
    for row in REGISTERS.chunks(4) {
        text.write_str("exeunt:  ").ok();
        for (name, index) in row {
            let _ = write!(text, " {name:>3}={:016x}", registers[*index as usize]);
        }
        text.write_str("\n").ok();
    }
    back_trace(cx, &mut text, rip, registers[libc::REG_RSP as usize] as u64);
    end(cx, &text, exception.code, signal)
}

/// Reports an exception that was raised by a call and that nobody handled.
pub(crate) fn unhandled(cx: &Cx<'_>, exception: &Exception) -> ! {
    let mut text = Text::new();
    let _ = writeln!(text, "exeunt: unhandled exception {} raised by a call", What(exception));
    let stack = &raw const text as u64;
    back_trace(cx, &mut text, 0, stack);
    end(cx, &text, exception.code, signals::signal_for(exception.code))
}

/// Reports a fault in our own code.
pub(crate) fn internal_fault(cx: &Cx<'_>, exception: &Exception, registers: &Registers) -> ! {
    let mut text = Text::new();
    let rip = registers[libc::REG_RIP as usize] as u64;
    let _ = writeln!(
        text,
        "exeunt: internal error: {} in exeunt itself at {rip:#x}; this is a bug of exeunt's",
        What(exception)
    );
    back_trace(cx, &mut text, 0, registers[libc::REG_RSP as usize] as u64);
    end(cx, &text, exception.code, libc::SIGABRT)
}

fn end(cx: &Cx<'_>, text: &Text, code: NTSTATUS, signal: libc::c_int) -> ! {
    text.print();
    cx.process.crashed(code.0);
    signals::die(signal)
}

/// Frames shown.
const FRAMES: usize = 24;
/// Stack words looked at.
const WORDS: u64 = 4096;

/// Lists what look like return addresses into modules on the stack.
fn back_trace(cx: &Cx<'_>, text: &mut Text, rip: u64, rsp: u64) {
    let mut frames = 0;
    if let Some(place) = cx.process.place_of(rip) {
        let _ = writeln!(text, "exeunt:   at {place}");
    }
    for word in 0..WORDS {
        let Ok(value) = fault::load_u64((rsp & !7) + 8 * word) else { return };
        if value >= low::END || !follows_call(value) {
            continue;
        }
        if let Some(place) = cx.process.place_of(value) {
            let _ = writeln!(text, "exeunt:   by {place}");
            frames += 1;
            if frames == FRAMES {
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
