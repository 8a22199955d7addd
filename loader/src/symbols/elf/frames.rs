//! `.debug_frame` from an image's unwind information: how a debugger comes from a function to its caller.
//!
//! Prologues are told instruction by instruction, epilogues not at all: `.pdata` does not say where they are.

use std::borrow::Cow;

use gimli::write::{
    Address, CallFrameInstruction as Rule, CommonInformationEntry, DebugFrame, EndianVec, FrameDescriptionEntry,
    FrameTable,
};
use gimli::{Encoding, Format, LittleEndian, Register, SectionId, X86_64};

use super::Contents;
use crate::bytes;
use crate::image::Image;
use crate::unwind::RuntimeFunction;

/// Entries that one function's information may be chained over.
const LONGEST_CHAIN: usize = 32;
/// `UNW_FLAG_CHAININFO`
const CHAINED: u8 = 4;
/// The unit of saved registers' places, in bytes.
const UNIT: i32 = 8;

/// By Windows' numbers.
const REGISTERS: [Register; 16] = [
    X86_64::RAX,
    X86_64::RCX,
    X86_64::RDX,
    X86_64::RBX,
    X86_64::RSP,
    X86_64::RBP,
    X86_64::RSI,
    X86_64::RDI,
    X86_64::R8,
    X86_64::R9,
    X86_64::R10,
    X86_64::R11,
    X86_64::R12,
    X86_64::R13,
    X86_64::R14,
    X86_64::R15,
];

/// One step of a prologue.
#[derive(Clone, Copy)]
enum Step {
    Push(Register),
    Allocate(u32),
    SetFrame,
    /// At an offset from the frame's base.
    Save(Register, u32),
}

/// A function's prologue: steps with the offsets behind their instructions, in order.
#[derive(Default)]
struct Prologue {
    steps: Vec<(u32, Step)>,
    /// The frame register, and its distance from where RSP was.
    frame: Option<(Register, u32)>,
}

pub(super) fn section(image: &Image, base: u64) -> Option<Contents<'static>> {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let mut cie = CommonInformationEntry::new(encoding, 1, -UNIT as i8, X86_64::RA);
    cie.add_instruction(Rule::Cfa(X86_64::RSP, UNIT));
    cie.add_instruction(Rule::Offset(X86_64::RA, -UNIT));
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for function in (0..image.function_count()).map_while(|index| image.function(index)) {
        let Some(length) = function.end.checked_sub(function.begin).filter(|&length| length != 0) else { continue };
        let Some(rules) = prologue(image, &function).and_then(|prologue| rules(&prologue, length)) else { continue };
        let mut entry = FrameDescriptionEntry::new(Address::Constant(base + u64::from(function.begin)), length);
        rules.into_iter().for_each(|(offset, rule)| entry.add_instruction(offset, rule));
        table.add_fde(cie, entry);
    }
    let mut section = DebugFrame::from(EndianVec::new(LittleEndian));
    table.write_debug_frame(&mut section).ok()?;
    Some((SectionId::DebugFrame, Cow::Owned(section.0.into_vec())))
}

/// What a function and those that it continues did to the stack. `None` for what cannot be told: interrupt handlers and damaged tables.
fn prologue(image: &Image, function: &RuntimeFunction) -> Option<Prologue> {
    let mut all = Prologue::default();
    let mut unwind_info = function.unwind_info;
    for depth in 0..LONGEST_CHAIN {
        let [head, _, count, frame] = image.array_at::<4>(unwind_info)?;
        matches!(head & 7, 1 | 2).then_some(())?;
        let size = 2 * u32::from(count);
        // The last one may end where its section does.
        let codes = if size == 0 { Cow::Borrowed(&[][..]) } else { image.read(unwind_info.checked_add(4)?, size)? };
        let mut steps = steps(&codes, head & 7)?;
        if frame & 15 != 0 && all.frame.is_none() {
            all.frame = Some((*REGISTERS.get(usize::from(frame & 15))?, 16 * u32::from(frame >> 4)));
        }
        if depth != 0 {
            // Done before this part of the function begins.
            steps.iter_mut().for_each(|(offset, _)| *offset = 0);
        }
        // Listed last first.
        steps.reverse();
        all.steps.splice(0..0, steps);
        if head >> 3 & CHAINED == 0 {
            return Some(all);
        }
        // The handler's place, at an even code.
        let parent = unwind_info.checked_add(4 + size.next_multiple_of(4))?;
        unwind_info = image.u32_at(parent.checked_add(8)?)?;
    }
    None
}

/// Unwind codes as they are listed (<https://learn.microsoft.com/cpp/build/exception-handling-x64#struct-unwind_code>).
fn steps(codes: &[u8], version: u8) -> Option<Vec<(u32, Step)>> {
    let near = |at: usize| bytes::array::<2>(codes, at).map(|value| u32::from(u16::from_le_bytes(value)));
    let mut steps = Vec::new();
    let mut at = 0;
    while at < codes.len() {
        let (offset, code) = (*codes.get(at)?, *codes.get(at + 1)?);
        let (operation, info) = (code & 15, code >> 4);
        let integer = *REGISTERS.get(usize::from(info))?;
        let vector = Register(X86_64::XMM0.0 + u16::from(info));
        let (length, step) = match operation {
            0 => (1, Some(Step::Push(integer))),
            1 if info == 0 => (2, Some(Step::Allocate(8 * near(at + 2)?))),
            1 if info == 1 => (3, Some(Step::Allocate(bytes::u32_at(codes, at + 2)?))),
            2 => (1, Some(Step::Allocate(8 * u32::from(info) + 8))),
            3 => (1, Some(Step::SetFrame)),
            4 => (2, Some(Step::Save(integer, 8 * near(at + 2)?))),
            5 => (3, Some(Step::Save(integer, bytes::u32_at(codes, at + 2)?))),
            6 if version == 2 => (1, None),
            7 if version == 2 => (3, None),
            8 => (2, Some(Step::Save(vector, 16 * near(at + 2)?))),
            9 => (3, Some(Step::Save(vector, bytes::u32_at(codes, at + 2)?))),
            _ => return None,
        };
        steps.extend(step.map(|step| (u32::from(offset), step)));
        at += 2 * length;
    }
    Some(steps)
}

/// The rules for each place in a function of `length` bytes.
fn rules(prologue: &Prologue, length: u32) -> Option<Vec<(u32, Rule)>> {
    // How far the frame's base is below the stack pointer at the caller's call.
    let mut base = UNIT;
    for (_, step) in &prologue.steps {
        match step {
            Step::Push(_) => base = base.checked_add(UNIT)?,
            Step::Allocate(size) => base = base.checked_add(i32::try_from(*size).ok()?)?,
            Step::SetFrame => break,
            Step::Save(..) => {}
        }
    }
    let (mut depth, mut framed) = (UNIT, false);
    let mut rules = Vec::new();
    let mut last = 0;
    for &(offset, step) in &prologue.steps {
        let offset = offset.max(last);
        last = offset;
        // Code that is split off its function is shorter than the prologue.
        if offset >= length {
            break;
        }
        match step {
            Step::Push(register) => {
                depth = depth.checked_add(UNIT)?;
                rules.extend((!framed).then_some((offset, Rule::CfaOffset(depth))));
                rules.push((offset, Rule::Offset(register, -depth)));
            }
            Step::Allocate(size) => {
                depth = depth.checked_add(i32::try_from(size).ok()?)?;
                rules.extend((!framed).then_some((offset, Rule::CfaOffset(depth))));
            }
            Step::SetFrame => {
                let (register, above) = prologue.frame?;
                framed = true;
                rules.push((offset, Rule::Cfa(register, depth.checked_sub(above as i32)?)));
            }
            Step::Save(register, at) => {
                let place = i32::try_from(at).ok()?.checked_sub(base)?;
                // What is not at a multiple of the unit cannot be told.
                (place % UNIT == 0).then_some(())?;
                rules.push((offset, Rule::Offset(register, place)));
            }
        }
    }
    Some(rules)
}
