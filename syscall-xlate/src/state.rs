//! State that a DLL keeps for each process or thread, by type.
//!
//! A shim has no statics. What a DLL must remember between calls is a type of its own, made by `Default` when first asked for:
//! `cx.process.state::<Streams>()`. The type names its slot, so that finding it costs an index and a comparison.

use std::any::Any;
use std::sync::OnceLock;

/// Slots for [`ProcessState`] and for [`ThreadState`] types.
const SLOTS: usize = 32;

/// A DLL's state for a process. `SLOT` is below 32 and used by no other type; the crate of the shims lists them.
pub trait ProcessState: Any + Default + Send + Sync {
    /// Its slot.
    const SLOT: usize;
}

/// A DLL's state for a thread. Slots are separate from those of [`ProcessState`].
pub trait ThreadState: Any + Default {
    /// Its slot.
    const SLOT: usize;
}

/// The states of a process.
#[derive(Default)]
pub(crate) struct ProcessStates([OnceLock<Box<dyn Any + Send + Sync>>; SLOTS]);

impl ProcessStates {
    pub(crate) fn get<T: ProcessState>(&self) -> &T {
        const { assert!(T::SLOT < SLOTS) };
        let slot = self.0[T::SLOT].get_or_init(|| Box::<T>::default());
        slot.downcast_ref().expect("two types of state share a slot")
    }
}

/// The states of a thread.
#[derive(Default)]
pub(crate) struct ThreadStates([std::cell::OnceCell<Box<dyn Any>>; SLOTS]);

impl ThreadStates {
    pub(crate) fn get<T: ThreadState>(&self) -> &T {
        const { assert!(T::SLOT < SLOTS) };
        let slot = self.0[T::SLOT].get_or_init(|| Box::<T>::default());
        slot.downcast_ref().expect("two types of state share a slot")
    }
}
