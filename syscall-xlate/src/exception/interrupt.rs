//! From a signal to an exception: the interrupted thread's registers are put on its stack, and it goes on in the dispatcher.
//!
//! Runs in the signal handler: nothing here allocates or takes a lock.

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, Fault, NTSTATUS, Ptr, fault};

use super::assembly::{interrupted_entry, make_sane};
use crate::Cx;

/// First parameter of an access violation for a fetch of an instruction.
pub(crate) const EXECUTE: u64 = 8;

/// What must be left of a stack of ours for the dispatcher to run on, in bytes.
const LEAST_ROOM: u64 = 96 * 1024;

/// The legacy area of an XSAVE image, in bytes.
const LEGACY: usize = 512;
/// `FP_XSTATE_MAGIC1`, at offset 464 of the area in a signal frame: more than the legacy area is there (Linux, asm/sigcontext.h).
const XSTATE_MAGIC: u32 = 0x4650_5853;
/// Parts of an XSAVE image that a context has room for, x87 and SSE, and the one that the kernel itself gives back, protection keys.
const NOT_EXTENDED: u64 = 0x203;
/// The part with the upper halves of AVX' registers; its offset is the same on all processors.
const AVX: u64 = 4;
/// Bytes of an image that has no part behind it.
const WITH_AVX: usize = LEGACY + 64 + 256;
/// The largest XSAVE image copied, in bytes.
const LARGEST_AREA: usize = 16 * 1024;

/// Flags that a dispatcher does not run with: TF, DF, AC.
pub(crate) const NOT_WHILE_DISPATCHING: i64 = 0x4_0500;

/// Where registers of a context are in a signal frame, in the order of [`CONTEXT::integer`].
const ORDER: [libc::c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// The registers of a signal frame as a context.
pub(crate) fn context_of(frame: &libc::ucontext_t) -> CONTEXT {
    let registers = &frame.uc_mcontext.gregs;
    let mut context = CONTEXT::ZERO;
    context.ContextFlags = CONTEXT::FULL | CONTEXT::SEGMENTS;
    context.integer = ORDER.map(|index| registers[index as usize] as u64);
    context.Rip = registers[libc::REG_RIP as usize] as u64;
    context.EFlags = registers[libc::REG_EFL as usize] as u32;
    // CS, GS, FS and SS in one word; the data segments are null in 64-bit code.
    let packed = registers[libc::REG_CSGSFS as usize] as u64;
    context.segments = [packed as u16, 0, 0, (packed >> 32) as u16, (packed >> 16) as u16, (packed >> 48) as u16];
    let state = frame.uc_mcontext.fpregs as u64;
    let mut legacy = [0; LEGACY];
    if state != 0 && fault::read(state, &mut legacy).is_ok() {
        context.x87.copy_from_slice(&legacy[..160]);
        for (value, bytes) in context.xmm.iter_mut().zip(legacy[160..416].chunks_exact(16)) {
            let mut word = [0; 16];
            word.copy_from_slice(bytes);
            *value = u128::from_le_bytes(word);
        }
        context.MxCsr = u32::from_le_bytes([legacy[24], legacy[25], legacy[26], legacy[27]]);
    }
    context
}

/// Puts a context that the guest may have written into a signal frame, which the thread goes on with.
pub(crate) fn put_context(context: &CONTEXT, frame: &mut libc::ucontext_t) {
    let mut context = *context;
    make_sane(&mut context);
    let state = frame.uc_mcontext.fpregs as u64;
    let registers = &mut frame.uc_mcontext.gregs;
    for (index, value) in ORDER.into_iter().zip(context.integer) {
        registers[index as usize] = value as i64;
    }
    registers[libc::REG_RIP as usize] = context.Rip as i64;
    registers[libc::REG_EFL as usize] = i64::from(context.EFlags);
    let mut legacy = [0; LEGACY];
    if state != 0 && fault::read(state, &mut legacy).is_ok() {
        legacy[..160].copy_from_slice(&context.x87);
        for (bytes, value) in legacy[160..416].chunks_exact_mut(16).zip(context.xmm) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        let _ = fault::write(state, &legacy);
        // The first word behind it says which parts are in use, x87 and SSE among them now.
        if extended_state(frame).0 != 0
            && let Ok(used) = fault::load_u64(state + LEGACY as u64)
        {
            let _ = fault::store_u64(state + LEGACY as u64, used | 3);
        }
    }
}

/// Sends the thread that `frame` interrupted in guest code into the dispatcher when the signal handler returns. False when its stack has no room
/// or is none: then nothing is changed, and nobody can be asked.
pub(crate) fn interrupt(cx: &Cx<'_>, exception: &Exception, frame: &mut libc::ucontext_t) -> bool {
    let mut context = context_of(frame);
    if exception.code == NTSTATUS::STATUS_BREAKPOINT {
        // Linux tells of what is behind the instruction, Windows of the instruction.
        context.Rip = context.Rip.wrapping_sub(1);
    }
    if exception.code == NTSTATUS::STATUS_SINGLE_STEP {
        context.EFlags &= !0x100;
    }
    let mut rsp = context.rsp();
    if let Some(stack) = cx.thread.stack()
        && stack.contains(rsp.wrapping_sub(1))
    {
        if rsp < stack.lowest() + LEAST_ROOM {
            return false;
        }
        if exception.code == NTSTATUS::STATUS_STACK_OVERFLOW {
            stack.open_guard();
        }
        // What lies in the guard pages is needed now.
        rsp = rsp.min(stack.base());
    }
    match put(&context, exception, frame, rsp) {
        Ok(placed) => {
            let registers = &mut frame.uc_mcontext.gregs;
            registers[libc::REG_RIP as usize] = interrupted_entry() as i64;
            registers[libc::REG_RSP as usize] = placed.record as i64;
            registers[libc::REG_RDI as usize] = placed.record as i64;
            registers[libc::REG_RBX as usize] = placed.context as i64;
            registers[libc::REG_R12 as usize] = placed.area as i64;
            registers[libc::REG_R13 as usize] = placed.parts as i64;
            registers[libc::REG_EFL as usize] &= !NOT_WHILE_DISPATCHING;
            true
        }
        Err(_) => false,
    }
}

/// What was put on the stack, and where. The record is the lowest.
struct Placed {
    record: u64,
    context: u64,
    area: u64,
    parts: u64,
}

fn put(context: &CONTEXT, exception: &Exception, frame: &libc::ucontext_t, rsp: u64) -> Result<Placed, Fault> {
    let state = frame.uc_mcontext.fpregs as u64;
    let (whole, parts) = extended_state(frame);
    let parts = parts & !NOT_EXTENDED;
    // A stack may be a small one, and these parts are seldom in use.
    let size = match if whole == 0 { 0 } else { fault::load_u64(state + LEGACY as u64)? & parts } {
        0 => 0,
        AVX => WITH_AVX.min(whole),
        _ => whole,
    };
    let area = rsp.wrapping_sub(size as u64) & !63;
    let at = if size == 0 { rsp } else { area };
    let at = (at & !15).wrapping_sub(CONTEXT::SIZE as u64);
    let record = at.wrapping_sub(EXCEPTION_RECORD::SIZE as u64) & !15;
    let mut copied = 0;
    while copied < size {
        let mut bytes = [0; LEGACY];
        let now = (size - copied).min(bytes.len());
        fault::read(state + copied as u64, &mut bytes[..now])?;
        fault::write(area.wrapping_add(copied as u64), &bytes[..now])?;
        copied += now;
    }
    context.write(at)?;
    Ptr::at(record).write(&EXCEPTION_RECORD::new(exception, context.Rip))?;
    Ok(Placed { record, context: at, area: if size == 0 { 0 } else { area }, parts })
}

/// Size and parts of the XSAVE image in a signal frame; (0, 0) where it has none, or one that is too large.
fn extended_state(frame: &libc::ucontext_t) -> (usize, u64) {
    let state = frame.uc_mcontext.fpregs as u64;
    let read = || -> Result<(u32, u64, u32), Fault> {
        Ok((fault::load_u32(state + 464)?, fault::load_u64(state + 472)?, fault::load_u32(state + 480)?))
    };
    match read() {
        Ok((XSTATE_MAGIC, parts, size)) if (LEGACY + 64..=LARGEST_AREA).contains(&(size as usize)) => {
            (size as usize, parts)
        }
        _ => (0, 0),
    }
}
