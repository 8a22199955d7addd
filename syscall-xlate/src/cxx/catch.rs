//! Running a catch block: the target of its unwind is a consolidation, a function that says where to go on.

use abi::{EXCEPTION_RECORD, Exception, Fault, Ptr, Width, fault, guest_struct};

use super::build::destroy;
use super::handler::Frame;
use super::throw::Thrown;
use super::{Handler, tables::TryBlock};
use crate::exception::{Lent, LentRecord, Target, UNWIND_CONSOLIDATE, capture, record_at, unwind_to};
use crate::{Cx, gate};

guest_struct! {
    /// A catch block that is to run or runs. It stands on the stack, below the frame of its function.
    pub(super) struct Caught {
        /// The exception: its record and context.
        pub record: u64,
        pub context: u64,
        /// What is thrown.
        pub object: u64,
        pub info: u64,
        pub base: u64,
        /// The catch block's code and the frame that it works on.
        pub code: u64,
        pub root: u64,
        /// The frame of the function, or of the catch block, that the `try` block stands in; where it is taken for during the catch block.
        pub frame: u64,
        pub state: i32,
        /// Where it goes on.
        pub ways: u32,
        pub first: u64,
        pub second: u64,
        /// The count of exceptions on their way to be restored.
        pub unwinding: u32,
        /// It runs, and its exception is this thread's current one.
        pub running: u32,
        /// What was the current exception before, and the innermost catch block.
        pub outer_record: u64,
        pub outer_context: u64,
        pub outer: u64,
    }
}

/// Room for [`Caught`].
type LentCaught = Lent<128>;

/// Catch blocks in each other at most: more are not looked at.
const MOST_CAUGHT: u32 = 1 << 16;

/// What marks an unwind as one to a catch block, and a context as one of a frame whose catch block runs.
const MARK: u64 = u64::from_le_bytes(*b"catching");

/// What the record of an unwind says: the block, and the state that its frame is left at.
pub(super) struct Aim {
    pub(super) caught: u64,
    pub(super) state: i32,
}

/// What an unwind with this record leads to; `None` when it is no catch block of ours.
pub(super) fn aim(record: &EXCEPTION_RECORD) -> Option<Aim> {
    let [_, mark, caught, state, ..] = record.ExceptionInformation.map(|parameter| parameter as u64);
    let ours = record.ExceptionCode == UNWIND_CONSOLIDATE.0 && record.NumberParameters >= 4 && mark == MARK;
    ours.then_some(Aim { caught, state: state as i32 })
}

// The mark of a frame whose catch block runs is in its context's home words, which nothing else uses. They travel with the context wherever an
// exception or an unwind meets the frame.
const _: () = assert!(std::mem::offset_of!(abi::CONTEXT, homes) == 0);

/// The mark of the frame whose catch block `caught` is.
pub(super) fn mark(caught: u64) -> Result<[u64; 4], Fault> {
    let told: Caught = Ptr::at(caught).read()?;
    Ok([MARK, told.frame, caught, u64::from(told.state as u32)])
}

/// The state and the [`Caught`] of the frame with these home words.
pub(super) fn marked(homes: [u64; 4], frame: u64) -> Option<(i32, u64)> {
    match homes {
        [MARK, of, caught, state] if of == frame => Some((state as u32 as i32, caught)),
        _ => None,
    }
}

/// Unwinds to the frame of a catch block and runs it.
pub(super) fn enter(
    cx: &Cx<'_>,
    frame: &Frame,
    exception: (u64, u64, Option<Thrown>),
    block: &TryBlock,
    handler: &Handler,
) -> Result<std::convert::Infallible, Fault> {
    let (record, context, thrown) = exception;
    let (state, _) = frame.tables.leave(block.low)?;
    let threads = &cx.thread.cxx;
    let unwinding = threads.unwinding();
    let what = thrown.unwrap_or_default();
    let caught = LentCaught::new();
    // It is our own memory: it can be written.
    let _ = Ptr::at(caught.address()).write(&Caught {
        record,
        context,
        object: what.object,
        info: what.info,
        base: what.base,
        code: handler.code,
        root: frame.root,
        frame: frame.establisher,
        state,
        ways: handler.ways,
        first: handler.goes_on[0],
        second: handler.goes_on[1],
        unwinding,
        ..Caught::default()
    });
    if thrown.is_some() {
        threads.set_unwinding(unwinding.wrapping_add(1));
    }
    let parameters = [run as *const () as u64, MARK, caught.address(), u64::from(state as u32)];
    let told = LentRecord::new();
    told.set(&EXCEPTION_RECORD::new(&Exception::new(UNWIND_CONSOLIDATE, &parameters), frame.pc));
    let target = Target { frame: frame.establisher, ip: handler.code, record: told.address(), value: 0 };
    unwind_to(cx, &capture(), target)
}

/// The function of the consolidation: runs the catch block and ends the exception. Gives where execution goes on.
extern "win64" fn run(record: u64) -> u64 {
    let Some(cx) = gate::current() else { std::process::abort() };
    let caught = aim(&record_at(record)).map_or(0, |aim| aim.caught);
    let Ok(told) = Ptr::<Caught>::at(caught).read() else { return 0 };
    let thread = &cx.thread.cxx;
    thread.set_unwinding(told.unwinding);
    let running = Caught {
        running: 1,
        outer_record: thread.record(),
        outer_context: thread.context(),
        outer: thread.caught.get(),
        ..told
    };
    let _ = Ptr::at(caught).write(&running);
    thread.caught.set(caught);
    thread.set_current(told.record, told.context);
    let answer = cx.call_guest(told.code, [told.root, told.root]);
    leave(&cx, caught, 0);
    match (told.ways, answer) {
        (0, address) => address,
        (2, 1) => told.second,
        _ => told.first,
    }
}

/// Ends a catch block, once: its exception is no longer the current one and is destroyed, unless a catch block around it has the same or it is
/// `thrown` on.
pub(super) fn leave(cx: &Cx<'_>, caught: u64, thrown: u64) {
    let Ok(told) = Ptr::<Caught>::at(caught).read() else { return };
    if told.running == 0 {
        return;
    }
    let running = Caught::offset_of(Width::W64, "running").unwrap_or_default() as u64;
    let _ = fault::store_u32(caught.wrapping_add(running), 0);
    let thread = &cx.thread.cxx;
    thread.caught.set(told.outer);
    if told.object != thrown && !is_caught(told.outer, told.object) {
        let _ = destroy(cx, &Thrown { object: told.object, info: told.info, base: told.base });
    }
    thread.set_current(told.outer_record, told.outer_context);
}

/// The object of a catch block.
pub(super) fn object_of(caught: u64) -> u64 {
    Ptr::<Caught>::at(caught).read().map_or(0, |told| told.object)
}

/// Whether one of the running catch blocks from `caught` out has an object.
fn is_caught(mut caught: u64, object: u64) -> bool {
    for _ in 0..MOST_CAUGHT {
        let Ok(told) = Ptr::<Caught>::at(caught).read() else { return false };
        if told.running != 0 && told.object == object {
            return true;
        }
        // They lie ever higher on the stack: a list that does not was overwritten.
        if told.outer <= caught {
            return false;
        }
        caught = told.outer;
    }
    false
}

const _: () = assert!(size_of::<LentCaught>() == 128);
