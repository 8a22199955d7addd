//! What unwinding from an address comes to, kept, so that a program which throws again and again has its tables read once.
//!
//! A plan is what [`unwind_into`](super::unwind_into) did at an address where it always does the same: behind the prologue of a
//! function whose code and tables nobody can write. It is a thread's own, and worthless once the process's modules or the
//! protection of their pages change ([`forget`]).

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use abi::{CONTEXT, Fault, fault, register};

use super::{Base, Frame, FunctionEntry, Handler};

/// Counts what makes plans worthless, in all processes that this one simulates.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// Makes all plans worthless: a module is gone, or pages of one can be written.
pub(crate) fn forget() {
    CHANGES.fetch_add(1, Ordering::Release);
}

/// Where a function's prologue saved registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Saves {
    /// Bit N for register N.
    registers: u16,
    /// By register number, in bytes from the frame's base.
    at: [u32; 16],
}

impl Saves {
    /// `None` where they are not at fixed distances behind `base`.
    fn new(addresses: [u64; 16], base: u64, has_stack_pointer: bool) -> Option<Self> {
        let mut saves = Self::default();
        for (number, (address, at)) in addresses.into_iter().zip(&mut saves.at).enumerate() {
            if address != 0 {
                if has_stack_pointer && number == register::RSP {
                    return None;
                }
                *at = u32::try_from(address.checked_sub(base)?).ok()?;
                saves.registers |= 1 << number;
            }
        }
        Some(saves)
    }

    /// The registers and their offsets.
    fn each(&self) -> impl Iterator<Item = (usize, u64)> {
        let mut left = self.registers;
        std::iter::from_fn(move || {
            let number = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            self.at.get(number).map(|&at| (number, u64::from(at)))
        })
    }
}

/// What unwinding from one address comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The function; `None` for a leaf.
    function: Option<(FunctionEntry, Option<Handler>)>,
    base: Base,
    integer: Saves,
    xmm: Saves,
    /// Of the return address, in bytes from the frame's base.
    return_at: u32,
}

impl Plan {
    /// The plan of a function that has no entry.
    const LEAF: Self = Self {
        function: None,
        base: Base::STACK_POINTER,
        integer: Saves { registers: 0, at: [0; 16] },
        xmm: Saves { registers: 0, at: [0; 16] },
        return_at: 0,
    };

    /// What was just done: `rsp` is that of the caller.
    pub(super) fn observed(entry: FunctionEntry, frame: &Frame, rsp: u64) -> Option<Self> {
        let base = frame.establisher;
        Some(Self {
            function: Some((entry, frame.handler)),
            base: frame.base?,
            integer: Saves::new(frame.saved.integer, base, true)?,
            xmm: Saves::new(frame.saved.xmm, base, false)?,
            return_at: u32::try_from(rsp.checked_sub(base)?.checked_sub(8)?).ok()?,
        })
    }

    /// The function's entry and its handler for exceptions or unwinding (`flags`), if it has one.
    #[inline]
    pub(crate) fn handler(&self, kind: u8) -> Option<(FunctionEntry, Handler)> {
        let (entry, handler) = self.function?;
        Some((entry, handler.filter(|handler| handler.flags & kind != 0)?))
    }

    /// What identifies the frame that has these integer registers; `None` for that of a leaf.
    #[inline]
    pub(crate) fn establisher(&self, integer: &[u64; 16]) -> Option<u64> {
        self.function.map(|_| self.base.of(integer))
    }

    /// Turns the integer registers into those of the caller; gives where that is.
    ///
    /// # Errors
    /// The stack cannot be read; the registers are worthless then.
    #[inline]
    pub(crate) fn leave(&self, integer: &mut [u64; 16]) -> Result<u64, Fault> {
        let base = self.base.of(integer);
        for (number, at) in self.integer.each() {
            integer[number & 15] = fault::load_u64(base.wrapping_add(at))?;
        }
        let at = base.wrapping_add(u64::from(self.return_at));
        integer[register::RSP] = at.wrapping_add(8);
        fault::load_u64(at)
    }

    /// Turns `context` into that of the caller.
    ///
    /// # Errors
    /// As [`Self::leave`].
    #[inline]
    pub(crate) fn unwind(&self, context: &mut CONTEXT) -> Result<(), Fault> {
        if self.xmm.registers != 0 {
            let base = self.base.of(&context.integer);
            for (number, at) in self.xmm.each() {
                let mut value = [0; 16];
                fault::read(base.wrapping_add(at), &mut value)?;
                context.xmm[number & 15] = u128::from_le_bytes(value);
            }
        }
        context.Rip = self.leave(&mut context.integer)?;
        Ok(())
    }
}

/// A plan and its address, 0 for none: no code is there.
type Slot = RefCell<(u64, Plan)>;

/// A thread's plans.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    /// What [`CHANGES`] was when they were made.
    changes: Cell<u64>,
    /// The plans of an address are in one set only, those used last first.
    sets: OnceCell<Box<[[Slot; Self::WAYS]; Self::SETS]>>,
}

impl Plans {
    const SETS: usize = 64;
    const WAYS: usize = 2;

    /// Which set an address belongs to (multiplicative hashing).
    #[inline]
    fn set_of(address: u64) -> usize {
        (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::SETS.ilog2())) as usize
    }

    /// What `with` gives for the plan of `address`; `None` when there is none. `changes` is what [`changes`] says.
    #[inline]
    pub(crate) fn with<T>(&self, address: u64, changes: u64, with: impl FnOnce(&Plan) -> T) -> Option<T> {
        if self.changes.get() != changes {
            return None;
        }
        let set = self.sets.get()?.get(Self::set_of(address))?;
        let slot = set.iter().filter_map(|slot| slot.try_borrow().ok()).find(|slot| slot.0 == address)?;
        Some(with(&slot.1))
    }

    /// Keeps what was done at `address` (for a function: its entry, its frame, and its caller's RSP), where it is always the same. `changes` is what
    /// [`changes`] said before the tables were read.
    pub(super) fn keep(&self, address: u64, changes: u64, done: Option<(FunctionEntry, &Frame, u64)>) {
        let plan = match done {
            None => Some(Plan::LEAF),
            Some((entry, frame, rsp)) => Plan::observed(entry, frame, rsp),
        };
        let Some(plan) = plan else { return };
        let empty = || std::array::from_fn(|_| Slot::new((0, Plan::LEAF)));
        let sets = self.sets.get_or_init(|| Box::new(std::array::from_fn(|_| empty())));
        if self.changes.replace(changes) != changes {
            sets.iter().flatten().for_each(|slot| put(slot, (0, Plan::LEAF)));
        }
        if let Some([first, second]) = sets.get(Self::set_of(address)) {
            if let Ok(before) = first.try_borrow().map(|slot| *slot) {
                put(second, before);
            }
            put(first, (address, plan));
        }
    }
}

fn put(slot: &Slot, value: (u64, Plan)) {
    if let Ok(mut slot) = slot.try_borrow_mut() {
        *slot = value;
    }
}

/// How often plans have become worthless: to be asked before the tables are read.
#[inline]
pub(crate) fn changes() -> u64 {
    CHANGES.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(plans: &Plans, address: u64, changes: u64) -> bool {
        plans.with(address, changes, |plan| *plan == Plan::LEAF) == Some(true)
    }

    #[test]
    fn what_was_used_last_is_kept() {
        let plans = Plans::default();
        let of_one_set: Vec<u64> = (1u64..).filter(|&address| Plans::set_of(address) == 7).take(3).collect();
        of_one_set.iter().for_each(|&address| plans.keep(address, 0, None));
        assert_eq!(of_one_set.iter().map(|&address| leaf(&plans, address, 0)).collect::<Vec<_>>(), [false, true, true]);
        assert!(!leaf(&plans, 0x1234_5678, 0));
    }

    #[test]
    fn plans_from_before_a_change_are_not_used() {
        let plans = Plans::default();
        plans.keep(0x1000, 3, None);
        assert!(leaf(&plans, 0x1000, 3) && !leaf(&plans, 0x1000, 4));
        plans.keep(0x2000, 4, None);
        assert!(!leaf(&plans, 0x1000, 4) && leaf(&plans, 0x2000, 4));
    }
}
