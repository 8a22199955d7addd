//! The language handler of functions in C++ (`__CxxFrameHandler3`, `__CxxFrameHandler4`).

use abi::{EXCEPTION_RECORD, Fault, NTSTATUS, Ptr, fault};

use super::build;
use super::catch::{aim, enter, leave, mark, marked};
use super::tables::{Action, Encoding, Handler, MOST_ENTRIES, OUTERMOST, Tables, TryBlock};
use super::throw::{Catchable, Thrown, is_any};
use crate::Cx;
use crate::exception::{DISPATCHER_CONTEXT, LentPointers, disposition, flags, record_at};
use crate::exception::{EXCEPTION_POINTERS, LONGJUMP};
use crate::unwind::{RUNTIME_FUNCTION, flags as unwind_flags};

/// What a handler is called with.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Address of the `EXCEPTION_RECORD`.
    pub record: u64,
    /// Address of the `CONTEXT`.
    pub context: u64,
    /// Address of the `DISPATCHER_CONTEXT`.
    pub dispatcher: u64,
    /// The function that makes C++ exceptions of others (`_set_se_translator`); 0 for none.
    pub translator: u64,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Others are asked.
    GoesOn,
    /// `std::terminate` is to be called.
    Terminates,
}

/// A frame as its tables see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) tables: Tables,
    pub(super) pc: u64,
    /// What identifies it.
    pub(super) establisher: u64,
    /// The frame that it works on: its own, or for a catch block that of the function it stands in.
    pub(super) root: u64,
    /// For a catch block whose tables are its function's: the `try` block that it belongs to.
    catch_of: Option<TryBlock>,
}

/// How many entries a function may be chained to.
const MOST_CHAINED: u32 = 32;
/// What `ScopeIndex` is more than the state that the frame is at while one of its objects is destroyed.
const DESTROYING: i32 = 2;

impl Frame {
    fn read(told: &DISPATCHER_CONTEXT, encoding: Encoding) -> Result<Option<Self>, Fault> {
        let at = fault::load_u32(told.HandlerData)?;
        let begin = first_byte(told)?;
        let base = told.ImageBase;
        let Some(tables) = Tables::read(encoding, base.wrapping_add(at.into()), base, begin)? else { return Ok(None) };
        let establisher = told.EstablisherFrame;
        let mut frame = Self { tables, pc: told.ControlPc, establisher, root: establisher, catch_of: None };
        let mut parent = tables.parent;
        if encoding == Encoding::Plain {
            let state = tables.state_at(told.ControlPc)?;
            if let Some((block, offset)) = catch_block(&tables, begin, state)? {
                (frame.catch_of, parent) = (Some(block), Some(offset));
            }
        }
        if let Some(offset) = parent {
            frame.root = fault::load_u64(establisher.wrapping_add(offset.into()))?;
        }
        Ok(Some(frame))
    }

    /// True when a state is one of this frame's, not of another that shares its tables.
    fn has(&self, state: i32) -> bool {
        state > OUTERMOST && self.catch_of.is_none_or(|block| block.catches_in(state))
    }

    /// True for a `try` block that stands in this frame's code.
    fn has_block(&self, block: &TryBlock) -> bool {
        self.has(block.low) && self.has(block.catch_high)
    }

    fn is_catch(&self) -> bool {
        self.catch_of.is_some() || self.tables.parent.is_some()
    }

    /// Where a catch block's variable is.
    fn variable(&self, handler: &Handler) -> u64 {
        self.root.wrapping_add_signed(handler.variable.into())
    }
}

/// The first byte of the function of a frame: that of the entry that its own is chained to.
fn first_byte(told: &DISPATCHER_CONTEXT) -> Result<u64, Fault> {
    let mut function: RUNTIME_FUNCTION = Ptr::at(told.FunctionEntry).read()?;
    for _ in 0..MOST_CHAINED {
        let info = told.ImageBase.wrapping_add(function.UnwindData.into());
        let [head, _, count, _] = fault::load_u32(info)?.to_le_bytes();
        if head >> 3 & unwind_flags::CHAININFO == 0 {
            break;
        }
        function = Ptr::at(info.wrapping_add(4 + 2 * u64::from(count.next_multiple_of(2)))).read()?;
    }
    Ok(told.ImageBase.wrapping_add(function.BeginAddress.into()))
}

/// The `try` block that the catch block with its code at `begin` belongs to, and where its frame has the address of the function's. When several
/// share the code, the one that the state is in.
fn catch_block(tables: &Tables, begin: u64, state: i32) -> Result<Option<(TryBlock, u32)>, Fault> {
    let mut found = None;
    for block in tables.try_blocks() {
        let block = block?;
        for handler in tables.handlers(&block) {
            let handler = handler?;
            if handler.code == begin {
                if block.catches_in(state) {
                    return Ok(Some((block, handler.parent)));
                }
                found = found.or(Some((block, handler.parent)));
            }
        }
    }
    Ok(found)
}

/// Looks for a catch block, or destroys the frame's objects. Does not return when a catch block runs.
///
/// # Errors
/// A [`Fault`] where the tables or the frame cannot be accessed.
pub fn handle(cx: &Cx<'_>, asked: &Asked, encoding: Encoding) -> Result<Verdict, Fault> {
    let told: DISPATCHER_CONTEXT = Ptr::at(asked.dispatcher).read()?;
    let record = record_at(asked.record);
    let Some(frame) = Frame::read(&told, encoding)? else { return Ok(Verdict::GoesOn) };
    // The frame of a handler that is called for a search has its context's mark in its caller's, which is a copy.
    let running = marked(Ptr::at(told.ContextRecord).read()?, frame.establisher);
    if record.ExceptionFlags & flags::UNWIND != 0 {
        unwind(cx, asked, &frame, &record, running)?;
        return Ok(Verdict::GoesOn);
    }
    search(cx, asked, &frame, &told, running)
}

/// The state that a frame is at.
fn state(frame: &Frame, told: &DISPATCHER_CONTEXT, running: Option<(i32, u64)>) -> Result<i32, Fault> {
    match (told.ScopeIndex as i32, running) {
        (0, None) => frame.tables.state_at(told.ControlPc),
        (0, Some((state, _))) => Ok(state),
        (index, _) => Ok(index.wrapping_sub(DESTROYING)),
    }
}

/// The exception that a record tells of, where `throw;` is the one whose catch block runs: its record, context and object.
fn exception(cx: &Cx<'_>, asked: &Asked, record: &EXCEPTION_RECORD) -> Option<(u64, u64, Option<Thrown>)> {
    let thrown = Thrown::of(record);
    if !thrown.is_some_and(|thrown| thrown.is_rethrow()) {
        return Some((asked.record, asked.context, thrown));
    }
    let thread = &cx.thread.cxx;
    let current = thread.record();
    (current != 0).then(|| (current, thread.context(), Thrown::of(&record_at(current))))
}

fn search(
    cx: &Cx<'_>,
    asked: &Asked,
    frame: &Frame,
    told: &DISPATCHER_CONTEXT,
    running: Option<(i32, u64)>,
) -> Result<Verdict, Fault> {
    let record = record_at(asked.record);
    let is_cxx = Thrown::of(&record).is_some();
    if is_cxx && (told.ScopeIndex != 0 || out_of_copy(cx, frame)) {
        return Ok(Verdict::Terminates);
    }
    if !is_cxx && frame.tables.synchronous {
        return Ok(Verdict::GoesOn);
    }
    let Some(what) = exception(cx, asked, &record) else { return Ok(Verdict::Terminates) };
    if !is_cxx && asked.translator != 0 && frame.tables.try_count != 0 {
        let pointers = LentPointers::new();
        pointers.set(&EXCEPTION_POINTERS { ExceptionRecord: asked.record, ContextRecord: asked.context });
        cx.call_guest(asked.translator, [record.ExceptionCode.into(), pointers.address()]);
    }
    let state = state(frame, told, running)?;
    for block in frame.tables.try_blocks() {
        let block = block?;
        if !block.covers(state) || !frame.has_block(&block) {
            continue;
        }
        for handler in frame.tables.handlers(&block) {
            let handler = handler?;
            let kind = match what.2 {
                Some(thrown) if !is_any(&handler)? => thrown.caught_by(&handler)?,
                _ => is_any(&handler)?.then(Catchable::default),
            };
            let Some(kind) = kind else { continue };
            if let Some(thrown) = what.2 {
                build(cx, &thrown, &handler, &kind, frame.variable(&handler))?;
            }
            enter(cx, frame, what, &block, &handler)?;
        }
    }
    let ends = frame.tables.noexcept && !frame.is_catch();
    Ok(if ends { Verdict::Terminates } else { Verdict::GoesOn })
}

/// Whether an exception has come out of a copy constructor that makes the object for a catch block.
fn out_of_copy(cx: &Cx<'_>, frame: &Frame) -> bool {
    let copying = cx.thread.cxx.copying.get();
    if copying == 0 {
        return false;
    }
    // A place that the stack has come back from: the constructor was left by a jump.
    if copying < crate::exception::capture().rsp() {
        cx.thread.cxx.copying.set(0);
        return false;
    }
    frame.establisher > copying
}

fn unwind(
    cx: &Cx<'_>,
    asked: &Asked,
    frame: &Frame,
    record: &EXCEPTION_RECORD,
    running: Option<(i32, u64)>,
) -> Result<(), Fault> {
    let aim = aim(record);
    let at_target = record.ExceptionFlags & flags::TARGET_UNWIND != 0;
    if let Some((_, caught)) = running {
        // The catch block of this frame is left by an exception, which may be its own.
        let thrown = aim.as_ref().map_or(0, |aim| super::catch::object_of(aim.caught));
        leave(cx, caught, thrown);
    }
    let code = NTSTATUS(record.ExceptionCode);
    let counts =
        aim.is_some() || code == super::EXCEPTION || code == crate::exception::UNWIND_CONSOLIDATE || code == LONGJUMP;
    let last = match &aim {
        Some(aim) if at_target => aim.state,
        // What a long jump leads to is in this frame: its objects stay.
        _ if at_target => return Ok(()),
        _ => OUTERMOST,
    };
    if counts || !frame.tables.synchronous {
        destroy_to(cx, asked, frame, running, last)?;
    }
    if let Some(aim) = aim.filter(|_| at_target) {
        Ptr::at(asked.context).write(&mark(aim.caught)?)?;
    }
    Ok(())
}

/// Destroys the frame's objects from its state to `last`.
fn destroy_to(cx: &Cx<'_>, asked: &Asked, frame: &Frame, running: Option<(i32, u64)>, last: i32) -> Result<(), Fault> {
    let mut told: DISPATCHER_CONTEXT = Ptr::at(asked.dispatcher).read()?;
    let mut now = state(frame, &told, running)?;
    for _ in 0..MOST_ENTRIES {
        if now == last || !frame.has(now) {
            break;
        }
        let (parent, action) = frame.tables.leave(now)?;
        now = parent;
        if action == Action::None {
            continue;
        }
        // Where an unwind that takes over goes on, and what says that an exception comes out of a destructor.
        told.ScopeIndex = now.wrapping_add(DESTROYING) as u32;
        Ptr::at(asked.dispatcher).write(&told)?;
        match action {
            Action::None => {}
            Action::Funclet(code) => {
                cx.call_guest(code, [frame.root, frame.root]);
            }
            Action::Destroy(code, offset) => {
                cx.call_guest(code, [frame.root.wrapping_add(offset)]);
            }
            Action::DestroyBehind(code, offset) => {
                cx.call_guest(code, [fault::load_u64(frame.root.wrapping_add(offset))?]);
            }
        }
    }
    told.ScopeIndex = 0;
    Ptr::at(asked.dispatcher).write(&told)
}

/// What a handler answers for a verdict that is not the end.
pub const CONTINUE_SEARCH: u32 = disposition::CONTINUE_SEARCH;
