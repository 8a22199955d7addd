//! Exceptions of the guest: raising, dispatching, unwinding.
//!
//! The order is Windows': vectored handlers, the handlers of the frames from the innermost out, the unhandled filter, the report. All of it
//! runs on the guest's stack, and any guest code called may throw, jump or end the thread past it: nothing here owns anything across a call.

mod assembly;
mod dispatch;
mod instruction;
mod interrupt;
mod jump;
mod lent;
mod overflow;
mod scope;
mod unhandled;
mod unwinding;
mod vectored;

use abi::{NTSTATUS, guest_struct};

pub(crate) use assembly::{Crossing, capture, crossing, is_restoring};
pub(crate) use dispatch::raise_from_shim;
pub use dispatch::{raise, raise_record, tell};
pub(crate) use instruction::{divided, floating, refused};
pub(crate) use interrupt::{EXECUTE, NOT_WHILE_DISPATCHING, context_of, interrupt, put_context};
pub use jump::{leaves_nothing, long_jump};
pub(crate) use lent::{Lent, LentPointers, LentRecord, record_at};
pub(crate) use overflow::{after_overflow, before_callback};
pub use scope::c_specific_handler;
pub use unwinding::{Target, go_on, unwind_to};
pub use vectored::{List, Position, Vectored};

/// Bits of `ExceptionFlags`.
pub mod flags {
    /// Execution cannot go on where it happened.
    pub const NONCONTINUABLE: u32 = 0x1;
    /// Frames are being unwound.
    pub const UNWINDING: u32 = 0x2;
    /// All frames are being unwound.
    pub const EXIT_UNWIND: u32 = 0x4;
    /// The stack makes no sense.
    pub const STACK_INVALID: u32 = 0x8;
    /// It happened in a handler that is still running.
    pub const NESTED_CALL: u32 = 0x10;
    /// The frame is the one that is unwound to.
    pub const TARGET_UNWIND: u32 = 0x20;
    /// An unwind met another one that it takes over.
    pub const COLLIDED_UNWIND: u32 = 0x40;
    /// All that say that frames are being unwound.
    pub const UNWIND: u32 = UNWINDING | EXIT_UNWIND | TARGET_UNWIND | COLLIDED_UNWIND;
}

/// What vectored handlers and filters answer.
pub mod answer {
    /// Execution goes on with the context.
    pub const CONTINUE_EXECUTION: i32 = -1;
    /// Others are asked.
    pub const CONTINUE_SEARCH: i32 = 0;
    /// The frame's handler runs.
    pub const EXECUTE_HANDLER: i32 = 1;
}

/// What language handlers answer (`EXCEPTION_DISPOSITION`).
pub mod disposition {
    /// Execution goes on with the context.
    pub const CONTINUE_EXECUTION: u32 = 0;
    /// The next frame is asked.
    pub const CONTINUE_SEARCH: u32 = 1;
    /// The exception happened in a handler.
    pub const NESTED_EXCEPTION: u32 = 2;
    /// The unwind goes on with the dispatcher context of another one.
    pub const COLLIDED_UNWIND: u32 = 3;
}

/// `STATUS_UNWIND_CONSOLIDATE`: what is unwound to is a function that says where to go on.
pub(crate) const UNWIND_CONSOLIDATE: NTSTATUS = NTSTATUS::STATUS_UNWIND_CONSOLIDATE;
/// `STATUS_LONGJUMP`.
pub(crate) const LONGJUMP: NTSTATUS = NTSTATUS::STATUS_LONGJUMP;

guest_struct! {
    /// `EXCEPTION_POINTERS`.
    pub struct EXCEPTION_POINTERS {
        /// Address of the `EXCEPTION_RECORD`.
        pub ExceptionRecord: u64,
        /// Address of the `CONTEXT`.
        pub ContextRecord: u64,
    }

    /// What a language handler is told of its frame.
    pub struct DISPATCHER_CONTEXT {
        /// The address in the function.
        pub ControlPc: u64,
        /// What the function's entry is relative to.
        pub ImageBase: u64,
        /// Address of the `RUNTIME_FUNCTION`.
        pub FunctionEntry: u64,
        /// What identifies the frame.
        pub EstablisherFrame: u64,
        /// Where an unwind ends.
        pub TargetIp: u64,
        /// Address of the frame's context in an unwind, of its caller's in a search.
        pub ContextRecord: u64,
        /// The handler.
        pub LanguageHandler: u64,
        /// Its data.
        pub HandlerData: u64,
        /// Unused.
        pub HistoryTable: u64,
        /// The handler's own count of what it has done.
        pub ScopeIndex: u32,
        /// Padding.
        pub Fill0: u32,
    }
}
