//! `setjmp` and `longjmp`.

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, Fault, fault, register};

use super::assembly::restore;
use super::lent::LentRecord;
use super::unwinding::{Target, unwind_to};
use super::{LONGJUMP, flags};
use crate::Cx;

/// Offsets in `_JUMP_BUFFER` (setjmp.h).
mod offset {
    pub(super) const FRAME: u64 = 0;
    /// The integer registers of [`super::REGISTERS`], one behind the other.
    pub(super) const REGISTERS: u64 = 0x8;
    pub(super) const RIP: u64 = 0x50;
    pub(super) const MXCSR: u64 = 0x58;
    pub(super) const FPCSR: u64 = 0x5c;
    pub(super) const XMM6: u64 = 0x60;
}

const REGISTERS: [usize; 9] =
    [register::RBX, register::RSP, register::RBP, register::RSI, register::RDI, 12, 13, 14, 15];

/// Saves the registers of `caller`, the caller of `setjmp`, in the jump buffer at `buffer`. `frame` identifies the caller's frame; with 0 a jump
/// does not unwind.
///
/// # Errors
/// A [`Fault`] where the buffer cannot be written.
pub fn set_jump(caller: &CONTEXT, buffer: u64, frame: u64) -> Result<(), Fault> {
    let mut bytes = [0; 256];
    let mut put = |at: u64, value: &[u8]| {
        let at = at as usize;
        if let Some(place) = bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    };
    put(offset::FRAME, &frame.to_le_bytes());
    for (slot, number) in (0..).zip(REGISTERS) {
        put(offset::REGISTERS + 8 * slot, &caller.integer[number].to_le_bytes());
    }
    put(offset::RIP, &caller.Rip.to_le_bytes());
    put(offset::MXCSR, &caller.MxCsr.to_le_bytes());
    put(offset::FPCSR, &caller.x87[..2]);
    for (slot, value) in (0..).zip(&caller.xmm[6..]) {
        put(offset::XMM6 + 16 * slot, &value.to_le_bytes());
    }
    fault::write(buffer, &bytes)
}

/// Puts what [`set_jump`] saved into `context`.
pub(super) fn load(buffer: u64, context: &mut CONTEXT) -> Result<(), Fault> {
    for (slot, number) in (0..).zip(REGISTERS) {
        context.integer[number] = fault::load_u64(buffer.wrapping_add(offset::REGISTERS + 8 * slot))?;
    }
    context.Rip = fault::load_u64(buffer.wrapping_add(offset::RIP))?;
    context.MxCsr = fault::load_u32(buffer.wrapping_add(offset::MXCSR))?;
    let control = fault::load_u16(buffer.wrapping_add(offset::FPCSR))?;
    context.x87[..2].copy_from_slice(&control.to_le_bytes());
    let mut xmm = [0; 160];
    fault::read(buffer.wrapping_add(offset::XMM6), &mut xmm)?;
    for (value, bytes) in context.xmm[6..].iter_mut().zip(xmm.chunks_exact(16)) {
        let mut word = [0; 16];
        word.copy_from_slice(bytes);
        *value = u128::from_le_bytes(word);
    }
    Ok(())
}

/// Returns from [`set_jump`]'s caller's `setjmp` once more, with `value`, or 1 for 0. `caller` is the context of the caller of `longjmp`; the
/// frames between run their termination handlers where the buffer has a frame.
///
/// # Errors
/// A [`Fault`] where the buffer cannot be read.
pub fn long_jump(cx: &Cx<'_>, caller: &CONTEXT, buffer: u64, value: u32) -> Result<std::convert::Infallible, Fault> {
    let value = u64::from(value.max(1));
    let frame = fault::load_u64(buffer.wrapping_add(offset::FRAME))?;
    let mut context = *caller;
    load(buffer, &mut context)?;
    context.integer[register::RAX] = value;
    if frame == 0 {
        restore(&context);
    }
    let record = LentRecord::new();
    let told = EXCEPTION_RECORD::new(&Exception::new(LONGJUMP, &[buffer]), caller.Rip);
    record.set(&EXCEPTION_RECORD { ExceptionFlags: flags::UNWINDING, ..told });
    unwind_to(cx, caller, Target { frame, ip: context.Rip, record: record.address(), value })
}
