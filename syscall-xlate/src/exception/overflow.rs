//! What the guest is told at the border of its stack, where a shim went through the guard for it.

use abi::{Exception, NTSTATUS};

use super::assembly::capture;
use super::dispatch::raise_from_shim;
use crate::unwind::walk::to_guest;
use crate::{Cx, low};

/// First parameter of an access violation for a load, and of a general protection fault.
const READ: u64 = 0;
/// First parameter for a store.
const WRITE: u64 = 1;

/// Looks at a call of the guest's `function` that cannot simply be made. Comes back when it can.
#[cold]
#[inline(never)]
pub(crate) fn before_callback(cx: &Cx<'_>, function: u64) {
    // The call itself would fault, in our code; on Windows, it does so in the system's.
    while !low::is_canonical(function) {
        raise_from_shim(cx, &Exception::new(NTSTATUS::STATUS_ACCESS_VIOLATION, &[READ, u64::MAX]));
    }
    let rsp = capture().rsp();
    overflow_at(cx, rsp, rsp);
}

/// Closes the guard behind a shim, or tells the guest which called it from within the guard.
#[cold]
#[inline(never)]
pub(crate) fn after_overflow(cx: &Cx<'_>) {
    let own = capture();
    let mut guest = own;
    // Without a guest to tell, the guard is as good as the shim's.
    if to_guest(&mut guest, |_| true).is_ok() {
        overflow_at(cx, own.rsp(), guest.rsp());
    }
}

/// Raises a stack overflow where the guest, whose RSP is `guest`, is in the lent guard; closes it where we, too, are out of it.
fn overflow_at(cx: &Cx<'_>, own: u64, guest: u64) {
    let Some(stack) = cx.thread.stack().filter(|stack| stack.is_lent()) else { return cx.thread.note_guard() };
    // On another stack, which the guest switched to, nothing is known of this one.
    let overflown = stack.contains(own) && !stack.close_guard(own) && guest < stack.limit();
    if overflown {
        stack.open_guard();
    }
    cx.thread.note_guard();
    if overflown {
        raise_from_shim(cx, &Exception::new(NTSTATUS::STATUS_STACK_OVERFLOW, &[WRITE, guest]));
    }
}
