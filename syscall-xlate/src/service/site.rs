//! Recognising a system call instruction and the few before it.

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, Register};

/// Bytes that are looked at before and behind an instruction.
pub(super) const AROUND: usize = 24;

/// `mov eax, imm32`
const LOAD: usize = 5;
/// `mov r10, rcx`
const MOVE: usize = 3;
/// `test byte ptr [KUSER_SHARED_DATA.SystemCall], 1; jne short 3`
const TEST: usize = 10;
/// `KUSER_SHARED_DATA.SystemCall`
const SYSTEM_CALL: u64 = 0x7ffe_0308;

/// What lies between loading the number and the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    Nothing,
    /// `mov r10, rcx`
    Move,
    /// The look at `KUSER_SHARED_DATA.SystemCall`.
    Test,
}

/// A system call instruction whose number is loaded shortly before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// Where the number is loaded, in 5 bytes: as an offset.
    pub(super) load: usize,
    /// The instruction.
    pub(super) call: usize,
    pub(super) number: u32,
    pub(super) between: Between,
    /// `ret` follows.
    pub(super) returns: bool,
    /// It moves RCX to R10 as well and returns: a stub as ntdll has, and nothing else.
    pub(super) is_stub: bool,
}

/// Looks at the instruction at `at` in `code`.
pub(super) fn recognise(code: &[u8], at: usize) -> Option<Site> {
    [(0, Between::Nothing), (MOVE, Between::Move), (TEST, Between::Test)]
        .into_iter()
        .find_map(|(size, between)| site(code, at, at.checked_sub(size + LOAD)?, between))
}

fn site(code: &[u8], call: usize, load: usize, between: Between) -> Option<Site> {
    let mut decoder = Decoder::with_ip(64, code.get(load..)?, load as u64, DecoderOptions::NONE);
    let mut next = || decoder.decode();
    let first = next();
    if first.code() != Code::Mov_r32_imm32 || first.op0_register() != Register::EAX || first.len() != LOAD {
        return None;
    }
    let fits = match between {
        Between::Nothing => true,
        Between::Move => is_move(&next()),
        Between::Test => is_test(&next()) && is_skip(&next(), call),
    };
    let instruction = next();
    let calls = instruction.mnemonic() == Mnemonic::Syscall
        || instruction.code() == Code::Int_imm8 && instruction.immediate8() == 0x2e;
    if !fits || !calls || instruction.ip() != call as u64 || instruction.len() != 2 {
        return None;
    }
    let returns = next().code() == Code::Retnq;
    let moves = between == Between::Move || before(code, load).is_some_and(|instruction| is_move(&instruction));
    Some(Site { load, call, number: first.immediate32(), between, returns, is_stub: moves && returns })
}

/// The instruction of the length of a move that ends at `at`.
fn before(code: &[u8], at: usize) -> Option<Instruction> {
    let start = at.checked_sub(MOVE)?;
    Some(Decoder::with_ip(64, code.get(start..at)?, start as u64, DecoderOptions::NONE).decode())
}

fn is_move(instruction: &Instruction) -> bool {
    instruction.mnemonic() == Mnemonic::Mov
        && instruction.len() == MOVE
        && instruction.op0_register() == Register::R10
        && instruction.op1_register() == Register::RCX
}

fn is_test(instruction: &Instruction) -> bool {
    instruction.code() == Code::Test_rm8_imm8
        && instruction.memory_base() == Register::None
        && instruction.memory_index() == Register::None
        && instruction.memory_displacement64() == SYSTEM_CALL
}

fn is_skip(instruction: &Instruction, call: usize) -> bool {
    instruction.code() == Code::Jne_rel8_64 && instruction.near_branch_target() == call as u64 + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVE_LOAD: [u8; 8] = [0x4c, 0x8b, 0xd1, 0xb8, 0x18, 0, 0, 0];

    #[test]
    fn the_stubs_of_windows_are_recognised() {
        let plain = [&MOVE_LOAD[..], &[0x0f, 0x05, 0xc3]].concat();
        let site = recognise(&plain, 8).unwrap();
        let expected = Site { load: 3, call: 8, number: 0x18, between: Between::Nothing, returns: true, is_stub: true };
        assert_eq!(site, expected);
        let tested = [0xf6, 4, 0x25, 8, 3, 0xfe, 0x7f, 1, 0x75, 3, 0x0f, 5, 0xc3, 0xcd, 0x2e, 0xc3];
        let tested = [&MOVE_LOAD[..], &tested].concat();
        assert_eq!(recognise(&tested, 18).unwrap(), Site { call: 18, between: Between::Test, ..expected });
        assert_eq!(recognise(&tested, 21), None, "int 2e is another path of the same stub");
        let late = [0xb8, 0x18, 0, 0, 0, 0x49, 0x89, 0xca, 0xcd, 0x2e, 0xc3];
        assert_eq!(recognise(&late, 8).unwrap(), Site { load: 0, between: Between::Move, ..expected });
    }

    #[test]
    fn code_that_is_not_quite_a_stub_is_told_apart() {
        let inline = [&MOVE_LOAD[..], &[0x0f, 0x05, 0x85, 0xc0]].concat();
        let site = recognise(&inline, 8).unwrap();
        assert!(!site.returns && !site.is_stub);
        let without_move = [0x90, 0x90, 0x90, 0xb8, 1, 0, 0, 0, 0x0f, 0x05, 0xc3];
        assert!(!recognise(&without_move, 8).unwrap().is_stub);
        // `mov r8d, imm32`, a number from memory, too few bytes.
        assert_eq!(recognise(&[0x0f, 0x05, 0xc3], 0), None);
        assert_eq!(recognise(&[0x8b, 5, 1, 2, 3, 4, 0x0f, 0x05, 0xc3], 6), None);
        assert_eq!(recognise(&[0xb9, 1, 0, 0, 0, 0x0f, 0x05, 0xc3], 5), None);
    }
}
