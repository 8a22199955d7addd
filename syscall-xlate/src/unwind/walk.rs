//! Walking up a stack on which frames of the guest's and of ours take turns.

use abi::CONTEXT;

use super::host::{self, HostError, Step};
use super::{Frame, FunctionEntry, UnwindError, unwind_into, unwind_leaf};
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
    // Every frame has at least a return address: a stack that does not grow upwards is none.
    if context.rsp() <= before {
        return Err(End::Bad);
    }
    Ok(frame)
}
