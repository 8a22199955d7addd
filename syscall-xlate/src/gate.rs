//! The call path: how a call of the guest reaches a shim, and how its result goes back.
//!
//! `#[shim]` makes two entries for each function. The plain one, which import tables are bound to when nobody watches, finds the
//! thread's [`Cx`] and runs the shim. The traced one does the same with a record before and after.

use std::arch::asm;
use std::cell::Cell;
use std::ptr;

use abi::{EXCEPTION_ACCESS_VIOLATION, Exception, Outcome, Ret, Row, Value, fault};

use crate::{Process, Thread, exception, low, teb, trace};

thread_local! {
    /// The guest thread that this host thread is; null for a thread the guest knows nothing of.
    static CURRENT: Cell<*const Thread> = const { Cell::new(ptr::null()) };
}

/// What a shim is called in: the process and the thread of the caller.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The caller's process.
    pub process: &'a Process,
    /// The caller's thread.
    pub thread: &'a Thread,
}

impl Cx<'_> {
    /// Calls a function of the guest's with up to six integer arguments.
    ///
    /// The guest may never come back: it may throw, long-jump or end the thread past the caller, who therefore holds no lock and owns
    /// nothing with a destructor at this time.
    pub fn call_guest<const N: usize>(&self, function: u64, arguments: [u64; N]) -> u64 {
        const { assert!(N <= 6) };
        if !low::is_canonical(function) || self.thread.has_lent_guard() {
            exception::before_callback(self, function);
        }
        let argument = |index: usize| arguments.get(index).copied().unwrap_or_default();
        type Function = extern "win64" fn(u64, u64, u64, u64, u64, u64) -> u64;
        // SAFETY: the address is the guest's to give; a wrong one faults in the guest, as on Windows. Arguments beyond those
        // a function takes are ignored in this calling convention.
        let function = unsafe { std::mem::transmute::<u64, Function>(function) };
        function(argument(0), argument(1), argument(2), argument(3), argument(4), argument(5))
    }
}

/// The current thread of the guest, for signal handlers and hooks; `None` on a thread the guest knows nothing of.
pub(crate) fn current<'a>() -> Option<Cx<'a>> {
    let thread = CURRENT.get();
    // SAFETY: set by `attach` to a thread that stays until `detach`, on this very thread.
    unsafe { thread.as_ref() }.map(|thread| Cx { process: thread.process(), thread })
}

/// Where a terminated thread is sent from guest code, on the guest's stack: it ends.
pub(crate) extern "sysv64" fn end_terminated() -> ! {
    if let Some(cx) = current() {
        cx.end_if_terminated();
    }
    // Only a thread that is terminated is sent here.
    std::process::abort()
}

/// Makes this host thread the guest thread `thread`, which must outlive its time as such; null ends that.
pub(crate) fn set_current(thread: *const Thread) {
    CURRENT.set(thread);
}

/// The context of a call that came in from the guest: its TEB says which thread it is. The thread-local of [`current`] says the same,
/// but is a function call away, for which a shim's entry would have to save ten vector registers.
#[inline(always)]
fn context<'a>() -> Cx<'a> {
    let thread: *const Thread;
    // SAFETY: entries are called by guest threads only, whose GS is their TEB, which holds the address of their `Thread`.
    let thread = unsafe {
        asm!("mov {}, gs:[{}]", out(reg) thread, const teb::offset::THREAD, options(pure, readonly, nostack, preserves_flags));
        &*thread
    };
    Cx { process: thread.process(), thread }
}

/// [`Thread::has_lent_guard`] of the caller, in one instruction.
#[inline(always)]
fn has_lent_guard() -> bool {
    let lent: u32;
    // SAFETY: as above. The value may change at each call, hence not `pure`.
    unsafe {
        asm!("mov {:e}, gs:[{}]", out(reg) lent, const teb::offset::GUARD_LENT, options(readonly, nostack, preserves_flags));
    }
    lent != 0
}

/// Runs a shim for an untraced call.
#[inline(always)]
pub fn plain<R: Ret>(shim: impl Fn(&Cx<'_>) -> R) -> R::Raw {
    let cx = context();
    loop {
        let outcome = shim(&cx).outcome();
        if let Some(raw) = deliver(&cx, outcome) {
            return raw;
        }
    }
}

/// As [`plain`], where `again` is the same call once more. An entry without a loop saves the ten vector registers of the guest's convention
/// only on the ways through it that need them.
#[inline(always)]
pub fn plain_or<R: Ret>(shim: impl Fn(&Cx<'_>) -> R, again: impl FnOnce() -> R::Raw) -> R::Raw {
    let cx = context();
    match deliver(&cx, shim(&cx).outcome()) {
        Some(raw) => raw,
        None => again(),
    }
}

/// Runs a shim for a traced call: records its arguments, then its result and what it wrote.
pub fn traced<R: Ret, const N: usize>(
    arguments: &[Value],
    after: impl Fn() -> [Option<Value>; N],
    row: &'static Row,
    shim: impl Fn(&Cx<'_>) -> R,
) -> R::Raw {
    let cx = context();
    loop {
        let call = trace::begin(&cx, row, arguments);
        let result = shim(&cx);
        trace::end(&cx, call, &result, &after);
        if let Some(raw) = deliver(&cx, result.outcome()) {
            return raw;
        }
    }
}

/// Sets what the outcome sets and gives the value, or raises the exception. `None` when a handler of the guest's has mended what was wrong: the
/// shim is to be run again, as Windows runs the instruction again.
#[inline(always)]
fn deliver<R>(cx: &Cx<'_>, outcome: Outcome<R>) -> Option<R> {
    if let Some(error) = outcome.last_error {
        cx.thread.set_last_error(error);
    }
    if let Some(error) = outcome.errno {
        cx.thread.set_errno(error);
    }
    if has_lent_guard() {
        after_overflow();
    }
    if let Some(exception) = outcome.raises {
        // What is raised by `RaiseException` on Windows goes on behind it when a handler says so: the function fails.
        return if raise(cx, exception) { None } else { Some(outcome.raw) };
    }
    Some(outcome.raw)
}

/// In the guest's convention, so that an entry which calls nothing else need not save the vector registers that ours does not keep.
#[cold]
#[inline(never)]
extern "win64" fn after_overflow() {
    if let Some(cx) = current() {
        exception::after_overflow(&cx);
    }
}

/// Raises an exception in the guest, at the place of its call; true when that is a fault, which is tried again where a handler goes on. In the
/// guest's convention as [`after_overflow`] is.
#[cold]
#[inline(never)]
extern "win64" fn raise(cx: &Cx<'_>, exception: Box<Exception>) -> bool {
    // It may be the end of this frame.
    let copy = *exception;
    exception::raise_from_shim(cx, &copy);
    copy.code == EXCEPTION_ACCESS_VIOLATION
}

/// Argument slot of a variadic call; the guest's own caller wrote it, so that only a wild jump makes it fault.
#[inline]
pub fn argument_slot(address: u64) -> u64 {
    fault::load_u64(address).unwrap_or_default()
}
