//! Hand-assembled unwind information, one test for each code and each place where a function can be.

use super::plan::Plan;
use super::*;
use abi::register::{RBP, RBX, RDI, RSI, RSP};

/// An image of one function at 0x100 with its unwind information at 0x400, and a stack.
struct Image {
    bytes: Vec<u8>,
    stack: Vec<u64>,
}

const BEGIN: u32 = 0x100;
const END: u32 = 0x200;
const INFO: u32 = 0x400;

impl Image {
    /// `prologue` bytes of prologue, the frame register byte, and the codes.
    fn new(version: u8, flags: u8, prologue: u8, frame: u8, codes: &[[u8; 2]]) -> Self {
        crate::signals::install();
        let mut image = Self { bytes: vec![0x90; 0x800], stack: (0..64).map(|word| 0xa000 + word).collect() };
        image.info(INFO, version, flags, prologue, frame, codes);
        image
    }

    fn info(&mut self, at: u32, version: u8, flags: u8, prologue: u8, frame: u8, codes: &[[u8; 2]]) -> usize {
        let head = [version | flags << 3, prologue, codes.len() as u8, frame];
        let padding = [[0; 2]];
        let codes = codes.iter().chain(padding.iter().take(codes.len() % 2));
        let bytes: Vec<u8> = head.into_iter().chain(codes.copied().flatten()).collect();
        self.put(at as usize, &bytes)
    }

    /// Writes bytes and gives the offset behind them.
    fn put(&mut self, at: usize, bytes: &[u8]) -> usize {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        at + bytes.len()
    }

    fn base(&self) -> u64 {
        self.bytes.as_ptr() as u64
    }

    fn stack_at(&self, word: usize) -> u64 {
        &raw const self.stack[word] as u64
    }

    /// A context at `offset` from the function's start with RSP at the stack's word 0.
    fn context(&self, offset: u32) -> CONTEXT {
        let mut context = CONTEXT { integer: std::array::from_fn(|number| 0x1000 + number as u64), ..CONTEXT::ZERO };
        context.Rip = self.base() + u64::from(BEGIN + offset);
        context.set_rsp(self.stack_at(0));
        context
    }

    fn entry(&self) -> FunctionEntry {
        let function = RUNTIME_FUNCTION { BeginAddress: BEGIN, EndAddress: END, UnwindData: INFO };
        FunctionEntry { image_base: self.base(), address: 0, function }
    }

    fn unwind(&self, context: &mut CONTEXT) -> Frame {
        let before = *context;
        let frame = unwind(&self.entry(), context.Rip, context).unwrap();
        if let Some(plan) = Plan::observed(self.entry(), &frame, context.rsp()) {
            self.check(&plan, before);
        }
        frame
    }

    /// A plan does what the tables say, also further up the stack.
    fn check(&self, plan: &Plan, context: CONTEXT) {
        let mut moved = context;
        let stack = self.stack_at(0)..self.stack_at(self.stack.len() / 2);
        moved.integer.iter_mut().filter(|value| stack.contains(value)).for_each(|value| *value += 8 * 13);
        let (mut by_tables, mut by_plan) = (moved, moved);
        let frame = unwind(&self.entry(), moved.Rip, &mut by_tables).unwrap();
        assert_eq!(plan.establisher(&moved.integer), Some(frame.establisher));
        assert_eq!(plan.handler(3).map(|(_, handler)| handler), frame.handler);
        plan.unwind(&mut by_plan).unwrap();
        let registers = |context: &CONTEXT| (context.integer, context.xmm, context.Rip);
        assert_eq!(registers(&by_plan), registers(&by_tables));
    }

    /// Whether the frame has a plan at an offset from the function's start.
    fn is_planned(&self, offset: u32, adjust: impl FnOnce(&mut CONTEXT)) -> bool {
        let mut context = self.context(offset);
        adjust(&mut context);
        let frame = self.unwind(&mut context);
        Plan::observed(self.entry(), &frame, context.rsp()).is_some()
    }
}

/// `Rip` and the word of the stack that RSP is at.
fn went(image: &Image, context: &CONTEXT) -> (u64, u64) {
    (context.Rip, (context.rsp() - image.stack_at(0)) / 8)
}

const PUSH: u8 = 0;
const LARGE: u8 = 1;
const SMALL: u8 = 2;
const FPREG: u8 = 3;
const SAVE: u8 = 4;
const SAVE_FAR: u8 = 5;
const EPILOG: u8 = 6;
const SPARE: u8 = 7;
const XMM: u8 = 8;
const XMM_FAR: u8 = 9;
const MACHFRAME: u8 = 10;

#[test]
fn pushed_registers_come_back_in_reverse() {
    let image = Image::new(1, 0, 2, 0, &[[2, PUSH | 6 << 4], [1, PUSH | 3 << 4]]);
    let mut context = image.context(0x10);
    let frame = image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa002, 3));
    assert_eq!((context.integer[RSI], context.integer[RBX]), (0xa000, 0xa001));
    assert_eq!(frame.establisher, image.stack_at(0));
    assert_eq!((frame.saved.integer[RSI], frame.saved.integer[RBX]), (image.stack_at(0), image.stack_at(1)));
    assert_eq!(frame.handler, None);
}

#[test]
fn allocations_of_all_three_sizes_are_freed() {
    for codes in [vec![[4, SMALL | 2 << 4]], vec![[4, LARGE], [3, 0]], vec![[4, LARGE | 1 << 4], [24, 0], [0, 0]]] {
        let image = Image::new(1, 0, 4, 0, &codes);
        let mut context = image.context(0x10);
        image.unwind(&mut context);
        assert_eq!(went(&image, &context), (0xa003, 4), "{codes:?}");
    }
}

#[test]
fn a_prologue_is_undone_as_far_as_it_went() {
    let image = Image::new(1, 1, 6, 0, &[[6, SMALL | 3 << 4], [2, PUSH | 7 << 4], [1, PUSH | 3 << 4]]);
    for (offset, expected) in [(0, (0xa000, 1)), (1, (0xa001, 2)), (2, (0xa002, 3)), (5, (0xa002, 3))] {
        let mut context = image.context(offset);
        let frame = image.unwind(&mut context);
        assert_eq!(went(&image, &context), expected, "at {offset}");
        assert_eq!(frame.handler, None);
    }
    let mut context = image.context(6);
    image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa006, 7));
    assert_eq!((context.integer[RDI], context.integer[RBX]), (0xa004, 0xa005));
}

#[test]
fn a_frame_register_finds_the_frame_whatever_rsp_is() {
    // push rbp; sub rsp, 32; lea rbp, [rsp + 16]
    let codes = [[10, FPREG], [5, SMALL | 3 << 4], [1, PUSH | 5 << 4]];
    let image = Image::new(1, 0, 10, 5 | 1 << 4, &codes);
    let mut context = image.context(0x40);
    context.integer[RBP] = image.stack_at(8) + 16;
    let frame = image.unwind(&mut context);
    assert_eq!(frame.establisher, image.stack_at(8));
    assert_eq!(went(&image, &context), (0xa00d, 14));
    assert_eq!(context.integer[RBP], 0xa00c);
    // Before it is set, RSP counts.
    let mut context = image.context(5);
    let frame = image.unwind(&mut context);
    assert_eq!((frame.establisher, went(&image, &context)), (image.stack_at(0), (0xa005, 6)));
}

#[test]
fn saved_registers_are_found_near_and_far() {
    let codes = [
        [20, XMM_FAR | 7 << 4],
        [32, 0],
        [0, 0],
        [16, XMM | 6 << 4],
        [1, 0],
        [12, SAVE_FAR | 6 << 4],
        [16, 0],
        [0, 0],
        [8, SAVE | 3 << 4],
        [1, 0],
        [4, SMALL | 5 << 4],
    ];
    let image = Image::new(1, 0, 20, 0, &codes);
    let mut context = image.context(0x20);
    let frame = image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa006, 7));
    assert_eq!((context.integer[RBX], context.integer[RSI]), (0xa001, 0xa002));
    assert_eq!(context.xmm[6], 0xa003_u128 << 64 | 0xa002);
    assert_eq!(context.xmm[7], 0xa005_u128 << 64 | 0xa004);
    assert_eq!((frame.saved.xmm[6], frame.saved.xmm[7]), (image.stack_at(2), image.stack_at(4)));
}

#[test]
fn a_machine_frame_gives_rip_and_rsp() {
    for (error_code, skipped) in [(0, 0), (1, 1)] {
        let mut image = Image::new(1, 0, 1, 0, &[[1, SMALL], [0, MACHFRAME | error_code << 4]]);
        image.stack[1 + skipped] = 0x1234;
        image.stack[4 + skipped] = 0x5678;
        let mut context = image.context(0x10);
        image.unwind(&mut context);
        assert_eq!((context.Rip, context.rsp()), (0x1234, 0x5678));
    }
}

#[test]
fn a_later_part_goes_on_with_what_it_is_chained_to() {
    let mut image = Image::new(1, 4, 4, 0, &[[4, SAVE | 6 << 4], [0, 0]]);
    let chained = [0x80, 0x100, 0x500].map(u32::to_le_bytes).concat();
    image.put(INFO as usize + 8, &chained);
    let end = image.info(0x500, 1, 1, 5, 0, &[[5, SMALL | 1 << 4], [1, PUSH | 3 << 4]]);
    image.put(end, &0x700u32.to_le_bytes());
    let mut context = image.context(0x20);
    let frame = image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa003, 4));
    assert_eq!((context.integer[RSI], context.integer[RBX]), (0xa000, 0xa002));
    let data = image.base() + end as u64 + 4;
    assert_eq!(frame.handler, Some(Handler { flags: 1, routine: image.base() + 0x700, data }));
}

#[test]
fn a_chain_without_end_is_refused() {
    let mut image = Image::new(1, 4, 0, 0, &[]);
    let own = [BEGIN, END, INFO].map(u32::to_le_bytes).concat();
    image.put(INFO as usize + 4, &own);
    let mut context = image.context(0x20);
    let before = context.integer;
    assert_eq!(unwind(&image.entry(), context.Rip, &mut context), Err(UnwindError::BadTable));
    assert_eq!(context.integer, before);
}

#[test]
fn codes_that_mean_nothing_are_refused() {
    for (version, codes) in [
        (1, vec![[1, 11]]),
        (1, vec![[1, EPILOG]]),
        (1, vec![[1, SPARE], [0, 0], [0, 0]]),
        (1, vec![[1, LARGE | 2 << 4], [0, 0]]),
        (1, vec![[1, LARGE]]),
        (1, vec![[1, MACHFRAME | 2 << 4]]),
        (3, vec![]),
    ] {
        let image = Image::new(version, 0, 1, 0, &codes);
        let mut context = image.context(0x20);
        assert_eq!(unwind(&image.entry(), context.Rip, &mut context), Err(UnwindError::BadTable), "{codes:?}");
    }
}

#[test]
fn a_handler_applies_in_the_body_only() {
    let mut image = Image::new(1, 3, 4, 0, &[[4, SMALL]]);
    image.put(INFO as usize + 8, &0x600u32.to_le_bytes());
    // add rsp, 8; ret
    image.put(0x1fb, &[0x48, 0x83, 0xc4, 8, 0xc3]);
    let handler = |offset| image.unwind(&mut image.context(offset)).handler;
    let data = image.base() + u64::from(INFO) + 12;
    assert_eq!(handler(0x10), Some(Handler { flags: 3, routine: image.base() + 0x600, data }));
    assert_eq!(handler(2), None);
    assert_eq!(handler(0xfb), None);
    assert_eq!(handler(0xff), None);
}

#[test]
fn an_epilogue_is_carried_on_from_its_middle() {
    let mut image = Image::new(1, 0, 6, 0, &[[6, SMALL | 3 << 4], [3, PUSH | 7 << 4], [2, PUSH | 12 << 4]]);
    // add rsp, 32; pop rdi; pop r12; ret
    image.put(0x1f8, &[0x48, 0x83, 0xc4, 32, 0x5f, 0x41, 0x5c, 0xc3]);
    for (offset, expected) in [(0xf8, (0xa006, 7)), (0xfc, (0xa002, 3)), (0xfd, (0xa001, 2)), (0xff, (0xa000, 1))] {
        let mut context = image.context(offset);
        image.unwind(&mut context);
        assert_eq!(went(&image, &context), expected, "at {offset:#x}");
    }
    let mut context = image.context(0xf8);
    image.unwind(&mut context);
    assert_eq!((context.integer[RDI], context.integer[12]), (0xa004, 0xa005));
}

#[test]
fn an_epilogue_may_restore_rsp_from_the_frame_register() {
    let mut image = Image::new(1, 0, 8, 5 | 2 << 4, &[[8, FPREG], [4, SMALL | 7 << 4], [1, PUSH | 5 << 4]]);
    // lea rsp, [rbp + 32]; pop rbp; ret
    image.put(0x180, &[0x48, 0x8d, 0x65, 32, 0x5d, 0xc3]);
    let mut context = image.context(0x80);
    context.integer[RBP] = image.stack_at(4);
    image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa009, 10));
    assert_eq!(context.integer[RBP], 0xa008);
}

#[test]
fn tail_calls_end_an_epilogue_and_jumps_within_do_not() {
    let mut image = Image::new(1, 0, 1, 0, &[[1, PUSH | 3 << 4]]);
    // pop rbx; jmp (to 0x300)
    image.put(0x180, &[0x5b, 0xe9, 0x7a, 1, 0, 0]);
    let unwound = |image: &Image, offset| {
        let mut context = image.context(offset);
        image.unwind(&mut context);
        went(image, &context)
    };
    assert_eq!(unwound(&image, 0x80), (0xa001, 2));
    assert_eq!(unwound(&image, 0x81), (0xa000, 1));
    // The same jump where no pop stands before it is code of the body, such as a call's return address.
    image.put(0x17b, &[0xe8, 0, 0, 0, 0, 0xe9, 0x7a, 1, 0, 0]);
    assert_eq!(unwound(&image, 0x80), (0xa001, 2));
    // jmp within the function
    image.put(0x180, &[0x5b, 0xeb, 0x10]);
    assert_eq!(unwound(&image, 0x81), (0xa001, 2));
    // pop rbx; rex.w jmp rax
    image.put(0x180, &[0x5b, 0x48, 0xff, 0xe0]);
    assert_eq!(unwound(&image, 0x81), (0xa000, 1));
}

#[test]
fn version_two_lists_its_epilogues() {
    // Two bytes long: one at the function's end, one 0x40 before it; and a padding entry.
    let codes = [[2, EPILOG | 1 << 4], [0x40, EPILOG], [0, EPILOG], [1, PUSH | 3 << 4]];
    let mut image = Image::new(2, 0, 1, 0, &codes);
    for at in [0x150, 0x1c0, 0x1fe] {
        image.put(at, &[0x5b, 0xc3]);
    }
    let unwound = |offset| {
        let mut context = image.context(offset);
        image.unwind(&mut context);
        went(&image, &context)
    };
    assert_eq!([0xc0, 0xc1, 0xfe, 0xff].map(unwound), [(0xa001, 2), (0xa000, 1), (0xa001, 2), (0xa000, 1)]);
    // Not listed: these bytes are no epilogue.
    assert_eq!(unwound(0x51), (0xa001, 2));
}

#[test]
fn version_two_skips_spare_codes() {
    let image = Image::new(2, 0, 1, 0, &[[1, SPARE], [9, 9], [9, 9], [1, PUSH | 3 << 4]]);
    let mut context = image.context(0x20);
    image.unwind(&mut context);
    assert_eq!(went(&image, &context), (0xa001, 2));
}

#[test]
fn a_leaf_function_has_only_its_return_address_on_the_stack() {
    let image = Image::new(1, 0, 0, 0, &[]);
    let mut context = image.context(0);
    unwind_leaf(&mut context).unwrap();
    assert_eq!(went(&image, &context), (0xa000, 1));
}

#[test]
fn a_stack_that_cannot_be_read_is_a_fault_and_changes_nothing() {
    let image = Image::new(1, 0, 1, 0, &[[1, PUSH | 3 << 4]]);
    let mut context = image.context(0x20);
    context.set_rsp(0x10);
    assert!(matches!(unwind(&image.entry(), context.Rip, &mut context), Err(UnwindError::Fault(_))));
    assert_eq!((context.integer[RBX], context.integer[RSP]), (0x1003, 0x10));
    let nowhere = FunctionEntry { image_base: 8, ..image.entry() };
    assert!(matches!(unwind(&nowhere, context.Rip, &mut context), Err(UnwindError::Fault(_))));
}

#[test]
fn tables_of_the_program_are_found_until_deleted() {
    crate::signals::install();
    let tables = DynamicTables::default();
    let rows: Vec<u8> = [[0x30u32, 0x40, 0], [0x10, 0x20, 4]].concat().into_iter().flat_map(u32::to_le_bytes).collect();
    let at = rows.as_ptr() as u64;
    tables.add(at, 2, 0x10_0000).unwrap();
    assert!(tables.source(0x10_0008).is_none());
    let Some(tables::Source::Rows(found)) = tables.source(0x10_0018) else { panic!("the table is there") };
    assert!(!found.sorted);
    assert_eq!(tables.source(0x10_0040), None);
    assert!(tables.delete(at));
    assert!(!tables.delete(at));
    assert_eq!(tables.source(0x10_0018), None);
    assert!(tables.add(8, 2, 0x10_0000).is_err());

    let callback = TableCallback { identifier: 0x20_0003, base: 0x20_0000, length: 0x1000, callback: 1, context: 2 };
    tables.add_callback(callback);
    assert_eq!(tables.source(0x20_0fff), Some(tables::Source::Callback(callback)));
    assert_eq!(tables.source(0x20_1000), None);

    let growable = tables.add_growable(at, 1, 0x30_0000, 0x30_1000);
    tables.grow(growable, 2);
    assert!(matches!(tables.source(0x30_0000), Some(tables::Source::Rows(rows)) if rows.count == 2));
    assert!(tables.delete(growable));
}

#[test]
fn only_what_is_always_the_same_is_planned() {
    let pushes = Image::new(1, 0, 2, 0, &[[2, PUSH | 6 << 4], [1, PUSH | 3 << 4]]);
    assert!(pushes.is_planned(0x10, |_| ()) && pushes.is_planned(2, |_| ()) && !pushes.is_planned(1, |_| ()));
    let interrupt = Image::new(1, 0, 1, 0, &[[1, SMALL], [0, MACHFRAME]]);
    assert!(!interrupt.is_planned(0x10, |_| ()));
    // push rbp; mov rbp, rsp; sub rsp, 32
    let framed = Image::new(1, 0, 8, 5, &[[8, SMALL | 3 << 4], [4, FPREG], [1, PUSH | 5 << 4]]);
    assert!(framed.is_planned(0x10, |context| context.integer[RBP] = context.rsp() + 64));
    // push rbp; mov rbp, rsp; push rbx: the last push is found by RSP, which may be anywhere by then.
    let pushed_later = Image::new(1, 0, 5, 5, &[[5, PUSH | 3 << 4], [4, FPREG], [1, PUSH | 5 << 4]]);
    assert!(!pushed_later.is_planned(0x10, |context| context.integer[RBP] = context.rsp() + 64));
    let mut stack_pointer = Image::new(1, 0, 4, 0, &[[4, SAVE | 4 << 4], [1, 0], [2, SMALL | 3 << 4]]);
    stack_pointer.stack[1] = stack_pointer.stack_at(4);
    assert!(!stack_pointer.is_planned(0x10, |_| ()));
}
