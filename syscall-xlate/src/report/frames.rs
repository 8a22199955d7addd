//! The guest's stack at a crash: which functions called each other.

use abi::{CONTEXT, Row, fault};

use crate::dll::Target;
use crate::unwind::host;
use crate::unwind::walk::{to_guest, up};
use crate::{Cx, low};

/// Frames kept.
pub(super) const MOST: usize = 48;
/// Frames walked over: a recursion's repeat each other.
const MOST_WALKED: usize = 100_000;
/// Stack words looked at where there is no unwind information.
const WORDS: u64 = 4096;
/// Frames of ours looked at for the function that the guest called.
const MOST_HOST: usize = 256;

/// How a frame was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The instruction at which the thread was.
    Here,
    /// A return address.
    Caller,
    /// Something on the stack that looks like a return address.
    Guess,
    /// A call of the guest's that a shim answers.
    Shim(&'static str),
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) found: Found,
    /// Where its code is; 0 for a shim.
    pub(super) address: u64,
    /// How many frames alike follow each other.
    pub(super) times: u32,
}

/// The frames of a stack, innermost first.
pub(super) struct Frames {
    all: [Frame; MOST],
    count: usize,
    /// There are more.
    pub(super) cut: bool,
}

impl Frames {
    /// Those of the stack at `context`.
    pub(super) fn of(cx: &Cx<'_>, context: &CONTEXT) -> Self {
        let none = Frame { found: Found::Here, address: 0, times: 0 };
        let mut frames = Self { all: [none; MOST], count: 0, cut: false };
        frames.walk(cx, context);
        frames
    }

    pub(super) fn all(&self) -> &[Frame] {
        &self.all[..self.count]
    }

    /// Adds one. False when there is no room.
    fn add(&mut self, found: Found, address: u64) -> bool {
        if let Some(last) = self.count.checked_sub(1).and_then(|last| self.all.get_mut(last))
            && (last.found, last.address) == (found, address)
        {
            last.times += 1;
            return true;
        }
        match self.all.get_mut(self.count) {
            Some(free) => {
                *free = Frame { found, address, times: 1 };
                self.count += 1;
                true
            }
            None => {
                self.cut = true;
                false
            }
        }
    }

    fn walk(&mut self, cx: &Cx<'_>, context: &CONTEXT) {
        let mut context = *context;
        let mut found = Found::Here;
        let mut below = context.rsp();
        for _ in 0..MOST_WALKED {
            if let Some(row) = shim_at(cx, &context)
                && !self.add(Found::Shim(row.name), 0)
            {
                return;
            }
            // A return address that leads nowhere was written over, or what it was taken from is none.
            let lost = match found {
                Found::Here => false,
                _ if host::is_host(context.Rip) => !host::is_known(context.Rip.wrapping_sub(1)),
                _ => cx.process.module_of(context.Rip).is_none() && cx.process.function_entry(context.Rip).is_none(),
            };
            if lost {
                let Some((at, address)) = guess(cx, below) else { return };
                context.Rip = address;
                context.set_rsp(at + 8);
                found = Found::Guess;
            }
            if to_guest(&mut context, |_| true).is_err() || !self.add(found, context.Rip) {
                return;
            }
            below = context.rsp();
            found = Found::Caller;
            let entry = cx.process.function_entry(context.Rip);
            if up(entry.as_ref(), &mut context).is_err() {
                // Lost, as above.
                context.Rip = 0;
            }
        }
        self.cut = true;
    }
}

/// The first word on the stack from `rsp` on that looks like a return address into a module, and where it is.
fn guess(cx: &Cx<'_>, rsp: u64) -> Option<(u64, u64)> {
    for word in 0..WORDS {
        let at = (rsp & !7).wrapping_add(8 * word);
        let value = fault::load_u64(at).ok()?;
        if value < low::END && follows_call(value) && cx.process.module_of(value).is_some() {
            return Some((at, value));
        }
    }
    None
}

/// The shim whose entry is the outermost of our frames at `context`.
pub(super) fn shim_at(cx: &Cx<'_>, context: &CONTEXT) -> Option<&'static Row> {
    let mut context = *context;
    let mut last = None;
    for _ in 0..MOST_HOST {
        if !host::is_host(context.Rip) {
            break;
        }
        last = host::function_start(context.Rip.wrapping_sub(1)).or(last);
        if host::unwind_host(&mut context) != Ok(host::Step::Caller) {
            break;
        }
    }
    row_at(cx, last?)
}

/// The shim with an entry at `start`.
fn row_at(cx: &Cx<'_>, start: u64) -> Option<&'static Row> {
    let mut exports = cx.process.dlls().iter().flat_map(|dll| dll.exports.iter());
    exports.find_map(|export| match export.target {
        Target::Code(row) if row.plain.0 as u64 == start || row.traced.0 as u64 == start => Some(row),
        _ => None,
    })
}

/// True when the bytes before an address can be a call instruction.
fn follows_call(address: u64) -> bool {
    let byte = |back: u64| fault::load_u8(address.wrapping_sub(back)).unwrap_or_default();
    // E8 rel32, or FF /2 with a ModRM byte and up to five more.
    byte(5) == 0xe8 || (2..=7).any(|back| byte(back) == 0xff && byte(back - 1) & 0x38 == 0x10)
}
