//! What the instruction at a fault says of the exception, where the host's signal says less than Windows does.

use abi::{CONTEXT, Exception, NTSTATUS, fault, register};

/// An instruction's prefixes, opcode and what follows.
struct Instruction {
    /// The REX prefix, 0 for none.
    rex: u8,
    /// Whether a prefix makes operands 16 bits wide.
    narrow: bool,
    /// Whether a prefix selects FS or GS.
    segment: bool,
    /// Address of the first byte of the opcode.
    opcode: u64,
}

/// Instructions are no longer than 15 bytes.
const MOST_PREFIXES: u64 = 14;

fn byte(address: u64) -> u8 {
    fault::load_u8(address).unwrap_or_default()
}

impl Instruction {
    fn at(rip: u64) -> Self {
        let mut found = Self { rex: 0, narrow: false, segment: false, opcode: rip };
        for offset in 0..MOST_PREFIXES {
            found.opcode = rip.wrapping_add(offset);
            match byte(found.opcode) {
                0x66 => found.narrow = true,
                0x64 | 0x65 => found.segment = true,
                0x67 | 0xf2 | 0xf3 | 0x2e | 0x36 | 0x3e | 0x26 => {}
                rex @ 0x40..=0x4f => {
                    found.rex = rex;
                    continue;
                }
                _ => return found,
            }
            // A REX prefix counts right before the opcode only.
            found.rex = 0;
        }
        found
    }

    /// The operand in memory or a register of an instruction with a ModRM byte behind a one-byte opcode and no immediate; `None` when it
    /// cannot be read.
    fn operand(&self, context: &CONTEXT, size: u64) -> Option<u64> {
        let mask = if size == 8 { u64::MAX } else { (1 << (8 * size)) - 1 };
        let modrm = byte(self.opcode.wrapping_add(1));
        let (mode, rm) = (modrm >> 6, usize::from(modrm & 7));
        let extended = |number: usize, bit: u8| number | usize::from(self.rex & bit != 0) << 3;
        if mode == 3 {
            // Without REX, 8-bit registers 4 to 7 are the high halves of the first four.
            let (number, shift) =
                if size == 1 && self.rex == 0 && rm >= 4 { (rm - 4, 8) } else { (extended(rm, 1), 0) };
            return Some(context.integer[number & 15] >> shift & mask);
        }
        if self.segment {
            return None;
        }
        let mut at = self.opcode.wrapping_add(2);
        let mut address = 0u64;
        let mut displacement = match mode {
            1 => 1,
            2 => 4,
            _ => 0,
        };
        if rm == register::RSP {
            let sib = byte(at);
            at = at.wrapping_add(1);
            let (index, base) = (extended(usize::from(sib >> 3 & 7), 2), usize::from(sib & 7));
            if index != register::RSP {
                address = address.wrapping_add(context.integer[index & 15] << (sib >> 6));
            }
            if base == register::RBP && mode == 0 {
                displacement = 4;
            } else {
                address = address.wrapping_add(context.integer[extended(base, 1) & 15]);
            }
        } else if rm == register::RBP && mode == 0 {
            // Relative to the next instruction, which begins behind the displacement.
            displacement = 4;
            address = at.wrapping_add(4);
        } else {
            address = context.integer[extended(rm, 1) & 15];
        }
        let offset = match displacement {
            1 => i64::from(byte(at) as i8),
            4 => i64::from(fault::load_u32(at).ok()? as i32),
            _ => 0,
        };
        let mut value = [0; 8];
        fault::read(address.wrapping_add_signed(offset), value.get_mut(..size as usize)?).ok()?;
        Some(u64::from_le_bytes(value))
    }
}

/// The exception of a division that failed: the host does not tell a divisor of zero from a quotient that does not fit.
pub(crate) fn divided(context: &CONTEXT) -> NTSTATUS {
    let instruction = Instruction::at(context.Rip);
    let size = match (byte(instruction.opcode), instruction.rex & 8 != 0, instruction.narrow) {
        (0xf6, ..) => 1,
        (_, true, _) => 8,
        (_, _, true) => 2,
        _ => 4,
    };
    match instruction.operand(context, size) {
        Some(divisor) if divisor != 0 => NTSTATUS::STATUS_INTEGER_OVERFLOW,
        _ => NTSTATUS::STATUS_INTEGER_DIVIDE_BY_ZERO,
    }
}

/// Bits of the x87's status and control words and, shifted, of MXCSR.
mod float {
    pub(super) const INVALID: u32 = 1;
    pub(super) const DENORMAL: u32 = 2;
    pub(super) const DIVISION: u32 = 4;
    pub(super) const OVERFLOW: u32 = 8;
    pub(super) const UNDERFLOW: u32 = 16;
    pub(super) const ALL: u32 = 63;
    /// Of the x87's status: the operation was invalid because of its stack.
    pub(super) const STACK: u32 = 64;
    /// Where MXCSR has the masks.
    pub(super) const MASKS: u32 = 7;
}

/// The exception of a floating-point instruction: of those that are not masked, the one that the processor finds first. The host's signal does not
/// tell a denormal operand from an underflow, or a full stack from an invalid operation.
pub(crate) fn floating(context: &CONTEXT, vector: bool) -> NTSTATUS {
    let [control, status] = [0, 2].map(|at| match context.x87.get(at..at + 2) {
        Some(&[low, high]) => u32::from(u16::from_le_bytes([low, high])),
        _ => 0,
    });
    let (raised, masked) = if vector { (context.MxCsr, context.MxCsr >> float::MASKS) } else { (status, control) };
    let found = raised & !masked & float::ALL;
    match found & found.wrapping_neg() {
        float::INVALID if !vector && status & float::STACK != 0 => NTSTATUS::STATUS_FLOAT_STACK_CHECK,
        float::DENORMAL => NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND,
        float::DIVISION => NTSTATUS::STATUS_FLOAT_DIVIDE_BY_ZERO,
        float::OVERFLOW => NTSTATUS::STATUS_FLOAT_OVERFLOW,
        float::UNDERFLOW => NTSTATUS::STATUS_FLOAT_UNDERFLOW,
        0 | float::INVALID => NTSTATUS::STATUS_FLOAT_INVALID_OPERATION,
        _ => NTSTATUS::STATUS_FLOAT_INEXACT_RESULT,
    }
}

/// What an instruction that the processor refused says of the exception: `None` for an access to an address that cannot be.
pub(crate) fn refused(context: &CONTEXT) -> Option<Exception> {
    let opcode = Instruction::at(context.Rip).opcode;
    match (byte(opcode), byte(opcode.wrapping_add(1))) {
        // int 29h: __fastfail, with its code in ECX.
        (0xcd, 0x29) => Some(Exception {
            flags: super::flags::NONCONTINUABLE,
            ..Exception::new(NTSTATUS::STATUS_STACK_BUFFER_OVERRUN, &[context.integer[register::RCX] & 0xffff_ffff])
        }),
        // int 2Ch: an assertion of the kernel's kind; int 2Dh: a message to a debugger that is not there.
        (0xcd, 0x2c) => Some(Exception::new(NTSTATUS::STATUS_ASSERTION_FAILURE, &[])),
        (0xcd, 0x2d) => Some(Exception::new(NTSTATUS::STATUS_BREAKPOINT, &[0])),
        // in, out, ins, outs, hlt, cli, sti; lgdt and its like, moves to control and debug registers, rdmsr, wrmsr and so on.
        (0x6c..=0x6f | 0xe4..=0xe7 | 0xec..=0xef | 0xf4 | 0xfa | 0xfb, _)
        | (0x0f, 0x00 | 0x01 | 0x06 | 0x08 | 0x09 | 0x20..=0x23 | 0x30 | 0x32 | 0x33) => {
            Some(Exception::new(NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION, &[]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the division whose bytes these are says, with all registers as given.
    fn division(code: &[u8], value: u64) -> NTSTATUS {
        crate::signals::install();
        let mut padded = code.to_vec();
        padded.resize(32, 0x90);
        let mut context = CONTEXT { integer: [value; 16], ..CONTEXT::ZERO };
        context.Rip = padded.as_ptr() as u64;
        divided(&context)
    }

    #[test]
    fn the_divisor_tells_an_overflow_from_a_division_by_zero() {
        let zero = NTSTATUS::STATUS_INTEGER_DIVIDE_BY_ZERO;
        let overflow = NTSTATUS::STATUS_INTEGER_OVERFLOW;
        let memory = [0u64, 5];
        let (none, five) = (&raw const memory[0] as u64, &raw const memory[1] as u64);
        for (code, value, expected) in [
            // idiv ecx; idiv r9; div ch; div cl; div r9b; idiv cx
            (&[0xf7, 0xf9][..], 0, zero),
            (&[0xf7, 0xf9], 1 << 32, zero),
            (&[0xf7, 0xf9], 7, overflow),
            (&[0x49, 0xf7, 0xf9], 1 << 32, overflow),
            (&[0xf6, 0xf5], 0x00ff, zero),
            (&[0xf6, 0xf1], 0x00ff, overflow),
            (&[0x41, 0xf6, 0xf1], 0xff00, zero),
            (&[0x66, 0xf7, 0xf9], 0x1_0000, zero),
            // div dword [rcx]; div qword [rcx + 8]; div dword [r9 - 128]; div dword [rcx + disp32]
            (&[0xf7, 0x31], five, overflow),
            (&[0xf7, 0x31], none, zero),
            (&[0x48, 0xf7, 0x71, 8], none, overflow),
            (&[0x41, 0xf7, 0x71, 0x80], five + 128, overflow),
            (&[0xf7, 0xb1, 0, 1, 0, 0], five - 256, overflow),
            // div dword [rsp]; div dword [rbp + 8]; div dword [rip + 0], whose divisor is code
            (&[0xf7, 0x34, 0x24], five, overflow),
            (&[0xf7, 0x75, 8], none, overflow),
            (&[0xf7, 0x35, 0, 0, 0, 0], 0, overflow),
            // A divisor that cannot be read.
            (&[0xf7, 0x31], 8, zero),
        ] {
            assert_eq!(division(code, value), expected, "{code:x?} with {value:#x}");
        }
    }

    #[test]
    fn a_floating_point_exception_is_the_first_that_is_not_masked() {
        let x87 = |control: u16, status: u16| {
            let mut context = CONTEXT::ZERO;
            context.x87[..2].copy_from_slice(&control.to_le_bytes());
            context.x87[2..4].copy_from_slice(&status.to_le_bytes());
            floating(&context, false)
        };
        assert_eq!(x87(0x37e, 0x01), NTSTATUS::STATUS_FLOAT_INVALID_OPERATION);
        assert_eq!(x87(0x37e, 0x41), NTSTATUS::STATUS_FLOAT_STACK_CHECK);
        assert_eq!(x87(0x37d, 0x02), NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND);
        assert_eq!(x87(0x35f, 0x3f), NTSTATUS::STATUS_FLOAT_INEXACT_RESULT);
        let sse = |mxcsr| floating(&CONTEXT { MxCsr: mxcsr, ..CONTEXT::ZERO }, true);
        assert_eq!(sse(0x1f80 & !0x100 | 0x3f), NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND);
        assert_eq!(sse(0x1f80 & !0x200 | 0x04), NTSTATUS::STATUS_FLOAT_DIVIDE_BY_ZERO);
        assert_eq!(sse(0x1f80 & !0x400 | 0x28), NTSTATUS::STATUS_FLOAT_OVERFLOW);
        assert_eq!(sse(0x1f80 & !0x1800 | 0x30), NTSTATUS::STATUS_FLOAT_UNDERFLOW);
    }

    #[test]
    fn privileged_instructions_are_known_by_their_bytes() {
        let code = |bytes: &[u8]| {
            let bytes = [bytes, &[0x90; 16]].concat();
            refused(&CONTEXT { Rip: bytes.as_ptr() as u64, ..CONTEXT::ZERO }).map(|exception| exception.code)
        };
        crate::signals::install();
        assert_eq!(code(&[0xf4]), Some(NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION));
        assert_eq!(code(&[0x0f, 0x20, 0xc0]), Some(NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION));
        assert_eq!(code(&[0x66, 0xef]), Some(NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION));
        assert_eq!(code(&[0xcd, 0x29]), Some(NTSTATUS::STATUS_STACK_BUFFER_OVERRUN));
        assert_eq!(code(&[0x0f, 0x28, 0x41, 1]), None);
    }
}
