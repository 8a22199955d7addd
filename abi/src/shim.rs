//! What a shim says about itself.

use std::fmt;
use std::mem::offset_of;

use crate::CONTEXT;

/// How much of an API a shim does. Honest: a partial one says what is missing, a stub says why that is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All that is documented.
    Full,
    /// Some of it; the text says what is missing.
    Partial(&'static str),
    /// An honest constant answer; the text says why that is enough.
    Stub(&'static str),
}

impl Support {
    /// `full`, `partial` or `stub`.
    pub const fn level(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial(_) => "partial",
            Self::Stub(_) => "stub",
        }
    }

    /// What is missing, or why a stub is enough.
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::Full => None,
            Self::Partial(note) | Self::Stub(note) => Some(note),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.note() {
            None => f.write_str(self.level()),
            Some(note) => write!(f, "{}: {note}", self.level()),
        }
    }
}

/// What a caller can get wrong about a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A number: any is a value.
    Value,
    /// An address: nothing need be there.
    Pointer,
    /// A handle: nothing need stand behind it.
    Handle,
}

/// One parameter, as the source spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Microsoft's name.
    pub name: &'static str,
    /// Its type.
    pub ty: &'static str,
    /// Bytes of its slot that count on x64.
    pub size: usize,
    /// Stack bytes it takes on x86: 4 for pointers, 8 for 64-bit integers and `double`.
    pub size32: usize,
    /// What a caller can get wrong about it.
    pub kind: ParamKind,
}

/// All that is known of a shim. `#[shim]` writes it down.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The exported name, unless the table gives another.
    pub name: &'static str,
    /// The first paragraph of its documentation.
    pub doc: &'static str,
    /// How much of it is done.
    pub support: Support,
    /// The parameters, in order.
    pub params: &'static [Param],
    /// The return type.
    pub ret: &'static str,
    /// The Rust module it stands in, which ends with the SDK header's name.
    pub module: &'static str,
    /// True for a function with variable arguments.
    pub variadic: bool,
    /// Called by the guest when nobody watches.
    pub plain: Entry,
    /// Called by the guest when the call is traced.
    pub traced: Entry,
}

/// The address of a function in the guest's calling convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry(pub *const ());

impl Entry {
    /// The address, as it stands in an import table.
    pub fn address(self) -> u64 {
        self.0 as u64
    }
}

// SAFETY: the address of code, which is never written and never goes away.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

/// Implemented by `#[shim]` for a type of the function's name, by which a table names the shim.
pub trait Shim {
    /// What is known of it.
    const ROW: Row;
}

/// A variadic shim: [`variadic_entry`] enters it with the address of its argument slots.
pub trait Variadic {
    /// Runs the shim. Slot `n` of the arguments is at `slots + 8 * n`.
    extern "win64" fn enter<const TRACED: bool>(slots: u64) -> u64;
}

/// The guest's entry to a variadic shim: stores the register arguments in their home space, which the caller provides, so that
/// all arguments lie in one row of slots ("x64 calling convention: varargs" in Microsoft's documentation).
#[unsafe(naked)]
pub extern "win64" fn variadic_entry<S: Variadic, const TRACED: bool>() -> u64 {
    std::arch::naked_asm!(
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "lea rcx, [rsp + 8]",
        "jmp {enter}",
        enter = sym S::enter::<TRACED>,
    )
}

/// A shim that is told its caller's registers: [`caller_entry`] enters it.
pub trait FromCaller {
    /// Runs the shim. Slot `n` of the arguments is at `slots + 8 * n`.
    extern "win64" fn enter<const TRACED: bool>(caller: &CONTEXT, slots: u64) -> u64;
}

/// Bytes that [`caller_entry`] takes of the stack: the context, home space for four arguments, and what aligns it.
const CALLER_FRAME: usize = CONTEXT::SIZE + 32 + 8;
/// Offset of the context in them.
const CALLER_CONTEXT: usize = 32;

macro_rules! at {
    ($field:ident) => {
        CALLER_CONTEXT + offset_of!(CONTEXT, $field)
    };
}

/// The guest's entry to a shim that needs its caller's registers. Fills a context with them; the directives tell unwinders of the frame.
#[unsafe(naked)]
pub extern "win64" fn caller_entry<S: FromCaller, const TRACED: bool>() -> u64 {
    std::arch::naked_asm!(
        ".cfi_startproc",
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "pushfq",
        ".cfi_adjust_cfa_offset 8",
        "sub rsp, {frame} - 8",
        ".cfi_adjust_cfa_offset {frame} - 8",
        "mov [rsp + {integer}], rax",
        "mov [rsp + {integer} + 8], rcx",
        "mov [rsp + {integer} + 16], rdx",
        "mov [rsp + {integer} + 24], rbx",
        "mov [rsp + {integer} + 40], rbp",
        "mov [rsp + {integer} + 48], rsi",
        "mov [rsp + {integer} + 56], rdi",
        "mov [rsp + {integer} + 64], r8",
        "mov [rsp + {integer} + 72], r9",
        "mov [rsp + {integer} + 80], r10",
        "mov [rsp + {integer} + 88], r11",
        "mov [rsp + {integer} + 96], r12",
        "mov [rsp + {integer} + 104], r13",
        "mov [rsp + {integer} + 112], r14",
        "mov [rsp + {integer} + 120], r15",
        "mov eax, [rsp + {frame} - 8]",
        "mov [rsp + {eflags}], eax",
        "lea rax, [rsp + {frame} + 8]",
        "mov [rsp + {integer} + 32], rax",
        "mov rax, [rsp + {frame}]",
        "mov [rsp + {rip}], rax",
        "fxsave64 [rsp + {fxsave}]",
        "stmxcsr [rsp + {mxcsr}]",
        "mov [rsp + {segments}], cs",
        "mov [rsp + {segments} + 2], ds",
        "mov [rsp + {segments} + 4], es",
        "mov [rsp + {segments} + 6], fs",
        "mov [rsp + {segments} + 8], gs",
        "mov [rsp + {segments} + 10], ss",
        "mov dword ptr [rsp + {flags}], {full}",
        "lea rcx, [rsp + {context}]",
        "lea rdx, [rsp + {frame} + 8]",
        "call {enter}",
        "add rsp, {frame}",
        ".cfi_adjust_cfa_offset -{frame}",
        "ret",
        ".cfi_endproc",
        frame = const CALLER_FRAME,
        context = const CALLER_CONTEXT,
        integer = const at!(integer),
        eflags = const at!(EFlags),
        rip = const at!(Rip),
        fxsave = const at!(x87),
        mxcsr = const at!(MxCsr),
        segments = const at!(segments),
        flags = const at!(ContextFlags),
        full = const CONTEXT::FULL | CONTEXT::SEGMENTS,
        enter = sym S::enter::<TRACED>,
    )
}
