//! Long jumps: an unwind to the frame that a jump buffer names. What fills the buffer is `crate::jump`.

use std::ops::ControlFlow;

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, Fault, fault, register};

use super::assembly::restore;
use super::lent::LentRecord;
use super::unwinding::{Target, unwind_to};
use super::{LONGJUMP, flags};
use crate::{Cx, unwind};

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

/// Puts what `setjmp` saved into `context`.
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

/// Whether the frames up to the one that the buffer names are known to have no termination handler, from the one of the caller of `longjmp`
/// whose integer registers are given. They are changed. Where it is not known, [`long_jump`] finds out.
pub fn leaves_nothing(cx: &Cx<'_>, buffer: u64, registers: &mut [u64; 16]) -> bool {
    let mut passed = || -> Result<bool, Fault> {
        let frame = fault::load_u64(buffer.wrapping_add(offset::FRAME))?;
        let mut pc = fault::load_u64(registers[register::RSP].wrapping_sub(8))?;
        loop {
            let rsp = registers[register::RSP];
            let next = cx.thread.plans.with(pc, unwind::changes(), |plan| {
                if plan.handler(unwind::flags::UHANDLER).is_some() {
                    return Ok(ControlFlow::Break(false));
                }
                if plan.establisher(registers) == Some(frame) {
                    return Ok(ControlFlow::Break(true));
                }
                plan.leave(registers).map(ControlFlow::Continue)
            });
            match next.transpose()? {
                Some(ControlFlow::Continue(address)) if registers[register::RSP] > rsp => pc = address,
                Some(ControlFlow::Break(known)) => return Ok(known),
                _ => return Ok(false),
            }
        }
    };
    passed().unwrap_or(false)
}

/// Returns from the `setjmp` that filled the buffer once more, with `value`, or 1 for 0. `caller` is the context of the caller of `longjmp`; the
/// frames between run their termination handlers where the buffer has a frame.
///
/// # Errors
/// A [`Fault`] where the buffer cannot be read.
pub fn long_jump(cx: &Cx<'_>, caller: &CONTEXT, buffer: u64, value: u32) -> Result<std::convert::Infallible, Fault> {
    let value = u64::from(value.max(1));
    let frame = fault::load_u64(buffer.wrapping_add(offset::FRAME))?;
    if frame == 0 {
        let mut context = *caller;
        load(buffer, &mut context)?;
        context.integer[register::RAX] = value;
        restore(&mut context);
    }
    let ip = fault::load_u64(buffer.wrapping_add(offset::RIP))?;
    let record = LentRecord::new();
    let told = EXCEPTION_RECORD::new(&Exception::new(LONGJUMP, &[buffer]), caller.Rip);
    record.set(&EXCEPTION_RECORD { ExceptionFlags: flags::UNWINDING, ..told });
    unwind_to(cx, caller, Target { frame, ip, record: record.address(), value })
}
