//! What a function's tables say, whichever way they are encoded.
//!
//! A function is at each of its instructions in a *state*, a number; -1 is the outermost. A state has a parent and an action that leads there: the
//! destruction of an object. A `try` block is a range of states, its catch blocks are another, which ends at `catch_high`. Each catch block is
//! a function of its own (a funclet) that works on the frame of the one that it stands in.

use abi::{Fault, fault};

use super::{compressed, plain};

/// The outermost state.
pub(super) const OUTERMOST: i32 = -1;
/// Entries of a table at most: no compiler makes as many, and more are not looked at.
pub(super) const MOST_ENTRIES: u32 = 1 << 16;

/// How tables are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Words, for `__CxxFrameHandler3` and before.
    Plain,
    /// Bytes and numbers of varying length, for `__CxxFrameHandler4`.
    Compressed,
}

/// What leads from a state to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    None,
    /// The function at an address is called with the frame.
    Funclet(u64),
    /// The destructor at an address is called for the object at an offset in the frame.
    Destroy(u64, u64),
    /// The destructor at an address is called for the object that a pointer at an offset in the frame leads to.
    DestroyBehind(u64, u64),
}

/// A `try` block: states `low` to `high`; those of its catch blocks follow to `catch_high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TryBlock {
    pub(super) low: i32,
    pub(super) high: i32,
    pub(super) catch_high: i32,
    /// Address of the first handler.
    pub(super) handlers: u64,
    pub(super) count: u32,
}

impl TryBlock {
    pub(super) fn covers(&self, state: i32) -> bool {
        (self.low..=self.high).contains(&state)
    }

    /// True for a state of its catch blocks.
    pub(super) fn catches_in(&self, state: i32) -> bool {
        state > self.high && state <= self.catch_high
    }
}

/// A catch block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handler {
    /// Bits of [`super::adjective`].
    pub adjectives: u32,
    /// Address of the type's descriptor; 0 for `catch (...)`.
    pub kind: u64,
    /// Where in the frame its variable is, in bytes; 0 for none.
    pub variable: i32,
    /// Address of its code.
    pub code: u64,
    /// Where its own frame has the address of the function's, in bytes. Plain tables only; compressed ones say it of the funclet.
    pub(super) parent: u32,
    /// Where execution goes on behind it; the funclet says which. Without any it gives the address itself.
    pub(super) goes_on: [u64; 2],
    pub(super) ways: u32,
}

/// The tables of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) encoding: Encoding,
    /// What offsets in the tables are relative to.
    pub(super) base: u64,
    /// Address of the function's first byte.
    pub(super) function: u64,
    /// How many states there are.
    pub(super) states: u32,
    /// Address of the first state's entry.
    pub(super) unwind: u64,
    pub(super) try_count: u32,
    /// Address of the first `try` block.
    pub(super) tries: u64,
    pub(super) ip_count: u32,
    /// Address of the first entry of the map from instructions to states.
    pub(super) ips: u64,
    /// Only C++ exceptions count (`/EHs`).
    pub(super) synchronous: bool,
    pub(super) noexcept: bool,
    /// For a catch block with tables of its own: where its frame has the address of the function's.
    pub(super) parent: Option<u32>,
}

impl Tables {
    /// The tables at `address` of the function that begins at `function`, in the image at `base`; `None` when there are none.
    pub(super) fn read(encoding: Encoding, address: u64, base: u64, function: u64) -> Result<Option<Self>, Fault> {
        match encoding {
            Encoding::Plain => plain::read(address, base, function),
            Encoding::Compressed => compressed::read(address, base, function).map(Some),
        }
    }

    /// The state at an instruction.
    pub(super) fn state_at(&self, pc: u64) -> Result<i32, Fault> {
        match self.encoding {
            Encoding::Plain => plain::state_at(self, pc),
            Encoding::Compressed => compressed::state_at(self, pc),
        }
    }

    /// The parent of a state and what leads there. The parent of a state that is none is the outermost.
    pub(super) fn leave(&self, state: i32) -> Result<(i32, Action), Fault> {
        let Some(index) = u32::try_from(state).ok().filter(|&index| index < self.states) else {
            return Ok((OUTERMOST, Action::None));
        };
        match self.encoding {
            Encoding::Plain => plain::leave(self, index),
            Encoding::Compressed => compressed::leave(self, index),
        }
    }

    /// The `try` blocks, inner ones first.
    pub(super) fn try_blocks(&self) -> impl Iterator<Item = Result<TryBlock, Fault>> {
        let tables = *self;
        let mut cursor = self.tries;
        (0..self.try_count.min(MOST_ENTRIES)).map(move |_| match tables.encoding {
            Encoding::Plain => plain::try_block(&tables, &mut cursor),
            Encoding::Compressed => compressed::try_block(&tables, &mut cursor),
        })
    }

    /// The catch blocks of a `try` block, in the order in which they are asked.
    pub(super) fn handlers(&self, block: &TryBlock) -> impl Iterator<Item = Result<Handler, Fault>> {
        let tables = *self;
        let mut cursor = block.handlers;
        (0..block.count.min(MOST_ENTRIES)).map(move |_| match tables.encoding {
            Encoding::Plain => plain::handler(&tables, &mut cursor),
            Encoding::Compressed => compressed::handler(&tables, &mut cursor),
        })
    }

    /// The address that an offset in the tables stands for; 0 for 0.
    pub(super) fn at(&self, offset: u32) -> u64 {
        at(self.base, offset)
    }
}

/// The address of what is `offset` bytes behind `base`; 0 for an offset of 0.
pub(super) fn at(base: u64, offset: u32) -> u64 {
    if offset == 0 { 0 } else { base.wrapping_add(offset.into()) }
}

/// A signed word.
pub(super) fn signed(address: u64) -> Result<i32, Fault> {
    fault::load_u32(address).map(|value| value as i32)
}
