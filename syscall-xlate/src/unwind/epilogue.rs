//! Epilogues: recognised by their instructions, and carried on from the middle.
//!
//! Microsoft's "x64 prolog and epilog" fixes their form: `add rsp, n` or `lea rsp, n[fp]`, pops of integer registers, then `ret` or a
//! jump out of the function. No exception handler of the function applies in them.

use abi::{CONTEXT, fault};

use super::info::{FunctionEntry, Info, Operation};
use super::{Saved, UnwindError};

/// Bytes of code looked at: the longest epilogue has 8 + 16 pops of 2 + 6.
const LONGEST: usize = 48;

/// Code from an address on, as far as it is readable.
struct Code {
    bytes: [u8; LONGEST],
    at: usize,
}

impl Code {
    fn at(address: u64) -> Self {
        let mut bytes = [0xcc; LONGEST];
        if fault::read(address, &mut bytes).is_err() {
            // The function may end at the last readable byte.
            for (offset, byte) in (0..).zip(&mut bytes) {
                match fault::load_u8(address.wrapping_add(offset)) {
                    Ok(value) => *byte = value,
                    Err(_) => break,
                }
            }
        }
        Self { bytes, at: 0 }
    }

    fn peek<const N: usize>(&self) -> [u8; N] {
        let mut next = [0xcc; N];
        for (to, from) in next.iter_mut().zip(self.bytes.get(self.at..).unwrap_or_default()) {
            *to = *from;
        }
        next
    }

    fn i8(&mut self) -> u64 {
        let [value] = self.peek::<1>();
        self.at += 1;
        i64::from(value as i8) as u64
    }

    fn i32(&mut self) -> u64 {
        let value = i32::from_le_bytes(self.peek());
        self.at += 4;
        i64::from(value) as u64
    }
}

/// If `pc` is in an epilogue of `function`, does in `context` what is left of it, up to its return or jump, which is left to the caller: RSP
/// is then at the return address.
pub(super) fn finish(
    function: &FunctionEntry,
    info: &Info,
    pc: u64,
    context: &mut CONTEXT,
    saved: &mut Saved,
) -> Result<bool, UnwindError> {
    let known = match info.version {
        2 if !in_listed_epilogue(function, info, pc)? => return Ok(false),
        version => version == 2,
    };
    // Integer registers are all that an epilogue changes.
    let before = (context.integer, saved.integer);
    let left = run(function, info, pc, known, context, saved);
    if left != Ok(true) {
        (context.integer, saved.integer) = before;
    }
    left
}

/// Whether the unwind codes of version 2 list an epilogue at `pc`.
fn in_listed_epilogue(function: &FunctionEntry, info: &Info, pc: u64) -> Result<bool, UnwindError> {
    let end = function.image_base.wrapping_add(u64::from(function.function.EndAddress));
    let mut length = None;
    for code in info.codes() {
        let Operation::Epilogue { low, high } = code?.operation else { break };
        let from_end = match length {
            None => {
                length = Some(u64::from(low));
                // Bit 0: one epilogue ends with the function.
                if high & 1 == 0 {
                    continue;
                }
                u64::from(low)
            }
            Some(_) => u64::from(low) | u64::from(high) << 8,
        };
        let start = end.wrapping_sub(from_end);
        if from_end != 0 && pc.wrapping_sub(start) < length.unwrap_or_default() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn run(
    function: &FunctionEntry,
    info: &Info,
    pc: u64,
    known: bool,
    context: &mut CONTEXT,
    saved: &mut Saved,
) -> Result<bool, UnwindError> {
    let mut code = Code::at(pc);
    free_stack(&mut code, info, context);
    let mut popped = code.at > 0;
    loop {
        let (register, size) = match code.peek::<2>() {
            [byte @ 0x58..=0x5f, _] => (byte & 7, 1),
            [0x41 | 0x49, byte @ 0x58..=0x5f] => (8 + (byte & 7), 2),
            _ => break,
        };
        code.at += size;
        popped = true;
        super::pop(context, saved, register)?;
    }
    let at = pc.wrapping_add(code.at as u64);
    Ok(match code.peek::<3>() {
        // ret, ret n, rep ret
        [0xc3 | 0xc2, ..] | [0xf3, 0xc3, _] => true,
        // jmp rel8, jmp rel32: a tail call when it leaves the function.
        [opcode @ (0xe9 | 0xeb), ..] => {
            code.at += 1;
            let distance = if opcode == 0xeb { code.i8() } else { code.i32() };
            let target = pc.wrapping_add(code.at as u64).wrapping_add(distance);
            let within = target
                .checked_sub(function.image_base)
                .and_then(|offset| u32::try_from(offset).ok())
                .is_some_and(|offset| function.function.contains(offset) && offset != function.function.BeginAddress);
            known || !within && (popped || follows_pop(at))
        }
        // jmp [memory] without displacement, jmp with REX.W: the forms that compilers keep for tail calls.
        [0xff, modrm, _] | [0x41 | 0x48 | 0x49, 0xff, modrm] if modrm & 0x38 == 0x20 => {
            let marked = matches!(code.peek::<1>(), [0x48 | 0x49]);
            known || (modrm & 0xc0 == 0 || marked) && (popped || follows_pop(at))
        }
        _ => false,
    })
}

/// Does the first instruction of an epilogue, if it is the one that frees the frame.
fn free_stack(code: &mut Code, info: &Info, context: &mut CONTEXT) {
    match code.peek::<3>() {
        [0x48, 0x83, 0xc4] => {
            code.at += 3;
            let size = code.i8();
            context.set_rsp(context.rsp().wrapping_add(size));
        }
        [0x48, 0x81, 0xc4] => {
            code.at += 3;
            let size = code.i32();
            context.set_rsp(context.rsp().wrapping_add(size));
        }
        // lea rsp, [fp + n]; a base of r12 has a SIB byte.
        [rex @ (0x48 | 0x49), 0x8d, modrm] if modrm & 0x38 == 0x20 && info.frame_register != 0 => {
            let base = modrm & 7 | (rex & 1) << 3;
            if base != info.frame_register {
                return;
            }
            let start = code.at;
            code.at += 3;
            if modrm & 7 == 4 {
                let [sib] = code.peek::<1>();
                code.at += 1;
                if sib != 0x24 {
                    code.at = start;
                    return;
                }
            }
            let displacement = match modrm >> 6 {
                0 if modrm & 7 != 5 => 0,
                1 => code.i8(),
                2 => code.i32(),
                _ => {
                    code.at = start;
                    return;
                }
            };
            let frame = context.integer[usize::from(base & 15)];
            context.set_rsp(frame.wrapping_add(displacement));
        }
        _ => {}
    }
}

/// Whether the instruction before `address` is one of an epilogue. A jump alone is not enough: the return address of a call may be a jump to
/// another part of the function.
fn follows_pop(address: u64) -> bool {
    let mut before = [0; 7];
    if fault::read(address.wrapping_sub(7), &mut before).is_err() {
        return false;
    }
    matches!(before, [.., 0x58..=0x5f] | [.., 0x48, 0x83, 0xc4, _] | [0x48, 0x81, 0xc4, ..])
}
