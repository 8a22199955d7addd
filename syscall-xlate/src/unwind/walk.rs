//! Walking up a stack on which frames of the guest's and of ours take turns.

use abi::CONTEXT;

use super::host::{self, HostError, Step};
use super::{Frame, FunctionEntry, Handler, UnwindError, plan, unwind_into, unwind_leaf};
use crate::Cx;
use crate::exception::{Crossing, crossing};
use crate::service;

/// Frames of ours between two of the guest's, at most; a stack that leads in a circle ends here.
const MOST_HOST_FRAMES: u32 = 4096;

/// Why a walk is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// No frame is left.
    Bottom,
    /// The stack or the tables make no sense.
    Bad,
}

impl From<UnwindError> for End {
    fn from(_: UnwindError) -> Self {
        Self::Bad
    }
}

impl From<HostError> for End {
    fn from(error: HostError) -> Self {
        match error {
            // Threads that did not begin as the guest's end in code without descriptions.
            HostError::Unknown => Self::Bottom,
            HostError::Fault(_) => Self::Bad,
        }
    }
}

/// Turns a context in our code into that of the nearest frame of the guest's above it; one of the guest's stays as it is. `crossed` is told of
/// each call of a handler on the way, and says whether to go on.
///
/// # Errors
/// There is none.
pub(crate) fn to_guest(context: &mut CONTEXT, mut crossed: impl FnMut(Crossing) -> bool) -> Result<(), End> {
    for _ in 0..MOST_HOST_FRAMES {
        if !host::is_host(context.Rip) {
            context.Rip = service_site(context.Rip);
            return if context.Rip == 0 { Err(End::Bottom) } else { Ok(()) };
        }
        if let Some((crossing, outer)) = crossing(context) {
            if crossing.is_told() && !crossed(crossing) {
                return Ok(());
            }
            // The frames between are ours, and known not to matter.
            context.read_from(outer).map_err(|_| End::Bad)?;
            settle(context)?;
            continue;
        }
        if host::unwind_host(context)? == Step::End {
            return Err(End::Bottom);
        }
    }
    Err(End::Bad)
}

/// Where code goes on that is at `address`: behind the site of a system call when that was patched, and `address` is in its trampoline.
fn service_site(address: u64) -> u64 {
    service::behind(address).unwrap_or(address)
}

/// As [`to_guest`], for a context that was interrupted in our code, at any instruction.
///
/// # Errors
/// There is none, or it is not found from there.
pub(crate) fn to_guest_from_interrupted(context: &mut CONTEXT) -> Result<(), End> {
    if host::is_host(context.Rip) && host::unwind_interrupted_host(context)? == Step::End {
        return Err(End::Bottom);
    }
    to_guest(context, |_| true)
}

/// Takes an interrupted context that jumped to where no code is back to the jump, which left a return address at most.
pub(crate) fn settle(context: &mut CONTEXT) -> Result<(), End> {
    if context.Rip == 0 || host::is_host(context.Rip) && !host::is_known(context.Rip) {
        unwind_leaf(context)?;
    }
    Ok(())
}

/// What became of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Passed {
    /// It is a leaf's: `own` is its caller's context.
    Leaf,
    /// It is a function's of this establisher, without a handler of the kind asked for: `own` is its caller's context.
    Without(u64),
    /// It is the one that was looked for, and has no such handler: `own` is as it was.
    Reached,
    /// It has a handler: `own` is as it was, `caller` is its caller's context.
    Handled(FunctionEntry, u64, Handler),
}

/// Passes one frame of the guest's, whose context is `own`; `caller` is another context of the same thread. Stops for a handler of `kind`
/// (`unwind::flags`) and at the frame whose establisher is `target`, if there is one.
///
/// # Errors
/// [`End::Bad`]: the contexts are worthless then.
pub(crate) fn pass(
    cx: &Cx<'_>,
    own: &mut CONTEXT,
    caller: &mut CONTEXT,
    kind: u8,
    target: Option<u64>,
) -> Result<Passed, End> {
    let (pc, rsp) = (own.Rip, own.rsp());
    let planned = cx.thread.plans.with(pc, plan::changes(), |plan| {
        let establisher = plan.establisher(&own.integer);
        if let (Some((entry, handler)), Some(establisher)) = (plan.handler(kind), establisher) {
            caller.take_frame(own);
            plan.unwind(caller).map_err(|_| End::Bad)?;
            return rises(rsp, caller).map(|()| Passed::Handled(entry, establisher, handler));
        }
        if establisher.is_some() && establisher == target {
            return Ok(Passed::Reached);
        }
        plan.unwind(own).map_err(|_| End::Bad)?;
        rises(rsp, own).map(|()| establisher.map_or(Passed::Leaf, Passed::Without))
    });
    planned.unwrap_or_else(|| pass_anew(cx, own, caller, kind, target))
}

/// [`pass`] by the tables.
#[cold]
fn pass_anew(
    cx: &Cx<'_>,
    own: &mut CONTEXT,
    caller: &mut CONTEXT,
    kind: u8,
    target: Option<u64>,
) -> Result<Passed, End> {
    caller.take_frame(own);
    let changes = plan::changes();
    let entry = cx.function_entry(own.Rip);
    let frame = up(entry.as_ref(), caller)?;
    let done = entry.zip(frame);
    if cx.process.is_settled(own.Rip, entry.as_ref()) {
        let done = done.as_ref().map(|(entry, frame)| (*entry, frame, caller.rsp()));
        cx.thread.plans.keep(own.Rip, changes, done);
    }
    let Some((entry, Frame { establisher, handler, .. })) = done else {
        own.take_frame(caller);
        return Ok(Passed::Leaf);
    };
    match handler.filter(|handler| handler.flags & kind != 0) {
        Some(handler) => Ok(Passed::Handled(entry, establisher, handler)),
        None if Some(establisher) == target => Ok(Passed::Reached),
        None => {
            own.take_frame(caller);
            Ok(Passed::Without(establisher))
        }
    }
}

/// Every frame has at least a return address: a stack that does not grow upwards is none.
fn rises(rsp: u64, caller: &CONTEXT) -> Result<(), End> {
    if caller.rsp() > rsp { Ok(()) } else { Err(End::Bad) }
}

/// Unwinds one frame of the guest's, by its entry or as a leaf function.
pub(crate) fn up(entry: Option<&FunctionEntry>, context: &mut CONTEXT) -> Result<Option<Frame>, End> {
    let before = context.rsp();
    let frame = match entry {
        Some(entry) => Some(unwind_into(entry, context.Rip, context)?),
        None => {
            unwind_leaf(context)?;
            None
        }
    };
    rises(before, context)?;
    Ok(frame)
}
