//! Unwinding: from a context in a function to the context of its caller.
//!
//! A guest function is unwound by its unwind information, a frame of the host's by the DWARF information of our own code. All guest
//! memory is read fault-proof.

mod epilogue;
pub(crate) mod host;
mod info;
mod lookup;
mod plan;
mod service;
mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod walk;

use abi::{CONTEXT, Fault, fault, register};

pub(crate) use host::prepare;
use info::{BadCode, Info, Operation};
pub use info::{FunctionEntry, RUNTIME_FUNCTION, flags};
pub(crate) use plan::{Plans, changes, forget};
pub use tables::{DynamicTables, TableCallback};

/// Entries that one function's information may be chained over.
const LONGEST_CHAIN: u32 = 32;

/// Why a frame cannot be unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnwindError {
    /// The stack or the tables cannot be read.
    Fault(Fault),
    /// The tables make no sense.
    BadTable,
}

impl From<Fault> for UnwindError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<BadCode> for UnwindError {
    fn from(bad: BadCode) -> Self {
        match bad {
            BadCode::None => Self::BadTable,
            BadCode::Unreadable(fault) => Self::Fault(fault),
        }
    }
}

/// Where a function had saved its caller's registers (`KNONVOLATILE_CONTEXT_POINTERS`); 0 for a register that it had not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// By register number.
    pub integer: [u64; 16],
    /// `Xmm0` to `Xmm15`.
    pub xmm: [u64; 16],
}

/// A function's handler for exceptions or for unwinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// `flags::EHANDLER` and `flags::UHANDLER`: what it is for.
    pub flags: u8,
    /// Its address.
    pub routine: u64,
    /// Address of its data.
    pub data: u64,
}

/// A frame that was unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What identifies it: where its fixed stack allocation begins.
    pub establisher: u64,
    /// Its handler; `None` in prologues and epilogues, where none applies.
    pub handler: Option<Handler>,
    /// Where the caller's registers were.
    pub saved: Saved,
    /// What it was found by, if all else was at fixed distances from there: not so in prologues, and for machine
    /// frames.
    pub base: Option<Base>,
}

/// What a frame is found by: an integer register, and how many bytes it is above the frame's establisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    register: u8,
    offset: u64,
}

impl Base {
    const STACK_POINTER: Self = Self { register: register::RSP as u8, offset: 0 };

    const fn of(self, integer: &[u64; 16]) -> u64 {
        integer[(self.register & 15) as usize].wrapping_sub(self.offset)
    }
}

/// Turns `context`, which is at `pc` in `function`, into the context of its caller.
///
/// # Errors
/// The stack or the tables cannot be read, or make no sense; `context` is then as it was.
pub fn unwind(function: &FunctionEntry, pc: u64, context: &mut CONTEXT) -> Result<Frame, UnwindError> {
    let mut caller = *context;
    let frame = unwind_into(function, pc, &mut caller)?;
    *context = caller;
    Ok(frame)
}

/// Turns `context`, which is in a function without unwind information, into the context of its caller: such a function has not moved RSP.
///
/// # Errors
/// The stack cannot be read.
pub fn unwind_leaf(context: &mut CONTEXT) -> Result<(), UnwindError> {
    context.Rip = fault::load_u64(context.rsp())?;
    context.set_rsp(context.rsp().wrapping_add(8));
    Ok(())
}

/// As [`unwind`], but `context` is worthless after an error.
pub(crate) fn unwind_into(function: &FunctionEntry, pc: u64, context: &mut CONTEXT) -> Result<Frame, UnwindError> {
    let base = function.image_base;
    let mut info = info_of(base, &function.function)?;
    let offset = pc.wrapping_sub(base.wrapping_add(u64::from(function.function.BeginAddress)));
    let in_prologue = offset < u64::from(info.prologue);
    let establisher = establisher(&info, offset, context)?;
    let mut saved = Saved::default();
    if !in_prologue && epilogue::finish(function, &info, pc, context, &mut saved)? {
        unwind_leaf(context)?;
        let base = (info.frame_register == 0).then_some(Base::STACK_POINTER);
        return Ok(Frame { establisher, handler: None, saved, base });
    }
    let mut handler = None;
    let mut base_of_all = (!in_prologue).then_some(match info.frame_register {
        0 => Base::STACK_POINTER,
        number => Base { register: number, offset: info.frame_offset },
    });
    let mut done = offset;
    let mut way = undo(&info, done, establisher, context, &mut saved)?;
    for _ in 0..LONGEST_CHAIN {
        let Some(chained) = info.chained()? else {
            let kind = info.flags & (flags::EHANDLER | flags::UHANDLER);
            if kind != 0 && !in_prologue {
                let routine = base.wrapping_add(u64::from(fault::load_u32(info.tail())?));
                handler = Some(Handler { flags: kind, routine, data: info.tail().wrapping_add(4) });
            }
            if !way.interrupted {
                unwind_leaf(context)?;
            }
            return Ok(Frame { establisher, handler, saved, base: base_of_all.filter(|_| way.is_fixed) });
        };
        let part = std::mem::replace(&mut info, info_of(base, &chained)?);
        if part.frame_register | info.frame_register != 0 {
            base_of_all = None;
        }
        // The prologue of the function proper is over where a later part begins.
        done = u64::MAX;
        let further = undo(&info, done, establisher, context, &mut saved)?;
        way.interrupted |= further.interrupted;
        way.is_fixed &= further.is_fixed;
    }
    Err(UnwindError::BadTable)
}

fn info_of(base: u64, function: &RUNTIME_FUNCTION) -> Result<Info, UnwindError> {
    let info = Info::read(base.wrapping_add(u64::from(function.UnwindData)))?;
    if matches!(info.version, 1 | 2) { Ok(info) } else { Err(UnwindError::BadTable) }
}

/// What identifies the frame: where RSP is after the prologue, or where the frame register says that it was.
fn establisher(info: &Info, offset: u64, context: &CONTEXT) -> Result<u64, UnwindError> {
    if info.frame_register == 0 {
        return Ok(context.rsp());
    }
    let mut framed = offset >= u64::from(info.prologue) || info.flags & flags::CHAININFO != 0;
    if !framed {
        for code in info.codes() {
            let code = code?;
            framed |= code.operation == Operation::SetFrame && u64::from(code.offset) <= offset;
        }
    }
    let frame = context.integer[usize::from(info.frame_register & 15)];
    Ok(if framed { frame.wrapping_sub(info.frame_offset) } else { context.rsp() })
}

/// How steps of a prologue were undone.
struct Way {
    /// One was a machine frame, which gave RIP and RSP.
    interrupted: bool,
    /// All that was read was at fixed distances from the frame's base.
    is_fixed: bool,
}

/// Undoes those steps of a prologue that lie before `offset`.
fn undo(info: &Info, offset: u64, base: u64, context: &mut CONTEXT, saved: &mut Saved) -> Result<Way, UnwindError> {
    let mut framed = info.frame_register == 0;
    let mut is_fixed = true;
    for code in info.codes() {
        let code = code?;
        if u64::from(code.offset) > offset {
            continue;
        }
        match code.operation {
            Operation::Push(number) => {
                is_fixed &= framed;
                pop(context, saved, number)?;
            }
            Operation::Allocate(size) => context.set_rsp(context.rsp().wrapping_add(size)),
            Operation::SetFrame => {
                is_fixed &= info.frame_register != 0;
                framed = true;
                let frame = context.integer[usize::from(info.frame_register & 15)];
                context.set_rsp(frame.wrapping_sub(info.frame_offset));
            }
            Operation::Save(number, at) => restore(context, saved, number, base.wrapping_add(at))?,
            Operation::SaveXmm(number, at) => {
                let at = base.wrapping_add(at);
                let mut value = [0; 16];
                fault::read(at, &mut value)?;
                context.xmm[usize::from(number & 15)] = u128::from_le_bytes(value);
                saved.xmm[usize::from(number & 15)] = at;
            }
            Operation::MachineFrame { error_code } => {
                let frame = context.rsp().wrapping_add(if error_code { 8 } else { 0 });
                context.Rip = fault::load_u64(frame)?;
                let rsp = fault::load_u64(frame.wrapping_add(24))?;
                context.set_rsp(rsp);
                return Ok(Way { interrupted: true, is_fixed: false });
            }
            Operation::Epilogue { .. } | Operation::Spare => {}
        }
    }
    Ok(Way { interrupted: false, is_fixed: is_fixed && framed })
}

fn restore(context: &mut CONTEXT, saved: &mut Saved, number: u8, at: u64) -> Result<(), Fault> {
    context.integer[usize::from(number & 15)] = fault::load_u64(at)?;
    saved.integer[usize::from(number & 15)] = at;
    Ok(())
}

/// Takes a register from the stack.
fn pop(context: &mut CONTEXT, saved: &mut Saved, number: u8) -> Result<(), Fault> {
    let at = context.rsp();
    context.set_rsp(at.wrapping_add(8));
    if usize::from(number) == register::RSP {
        return Ok(());
    }
    restore(context, saved, number, at)
}
