//! What a shim says about itself.

use std::fmt;

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
