//! signal.h: `signal` and `raise`.

use std::sync::atomic::Ordering;

use abi::{CrtFailure, CrtResult, Errno, Outcome, Ptr, Ret, Value, shim};
use syscall_xlate::Cx;
use syscall_xlate::console::{ControlEvent, ControlHandler};

use super::guest::ok;
use super::state::{Keep, keep, process};

/// `SIG_DFL`
const DEFAULT: u64 = 0;
/// `SIG_IGN`
const IGNORE: u64 = 1;
const SIGINT: i32 = 2;
const SIGILL: i32 = 4;
const SIGFPE: i32 = 8;
const SIGSEGV: i32 = 11;
const SIGTERM: i32 = 15;
const SIGBREAK: i32 = 21;
const SIGABRT: i32 = 22;
/// `SIGABRT_COMPAT`
const SIGABRT_COMPAT: i32 = 6;

/// A handler, where failure is `SIG_ERR`.
pub(crate) struct Handler(u64);

impl Ret for Handler {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        Outcome::value(self.0)
    }
    fn result(&self) -> Value {
        match self.0 {
            DEFAULT => Value::Name("SIG_DFL".to_owned()),
            IGNORE => Value::Name("SIG_IGN".to_owned()),
            u64::MAX => Value::Name("SIG_ERR".to_owned()),
            address => Value::address(address),
        }
    }
}

impl CrtFailure for Handler {
    fn failed() -> Self {
        Self(u64::MAX)
    }
}

/// The slot of a signal that there is.
fn slot(signal: i32) -> Option<usize> {
    match signal {
        SIGINT | SIGILL | SIGFPE | SIGSEGV | SIGTERM | SIGBREAK | SIGABRT => Some(signal as usize),
        SIGABRT_COMPAT => Some(SIGABRT as usize),
        _ => None,
    }
}

/// Sets the handler of a signal; gives the one before. Those of `SIGINT` and `SIGBREAK` run on a thread of their own.
#[shim(full)]
pub(crate) fn signal(cx: &Cx, sig: i32, func: Ptr<u8>) -> CrtResult<Handler> {
    // SIG_GET, SIG_SGE and SIG_ACK (2 to 4) are for internal use.
    if (2..=4).contains(&func.address()) {
        return Err(Errno::EINVAL.into());
    }
    let slot = slot(sig).ok_or(Errno::EINVAL)?;
    if matches!(sig, SIGINT | SIGBREAK) && func.address() != DEFAULT {
        cx.process.console.add_handler_once(ControlHandler::Own(control)).map_err(|_| Errno::ENOMEM)?;
        cx.hear_control_events();
    }
    ok(Handler(process(cx).signals[slot].swap(func.address(), Ordering::Relaxed)))
}

/// What becomes of a control event; whether the program has a handler for it.
fn control(cx: &Cx<'_>, event: ControlEvent) -> bool {
    match event {
        ControlEvent::CtrlC => call_handler(cx, SIGINT as usize),
        ControlEvent::CtrlBreak => call_handler(cx, SIGBREAK as usize),
        ControlEvent::Close => false,
    }
}

/// Calls the handler of a signal, or does what the signal does without one: ends the process with exit code 3.
#[shim(full)]
pub(crate) fn raise(cx: &Cx, sig: i32) -> CrtResult<i32> {
    let slot = slot(sig).ok_or(Errno::EINVAL)?;
    match call_handler(cx, slot) {
        true => ok(0),
        false => cx.exit_process(3),
    }
}

/// Calls the handler of a signal; false where it has none.
pub(super) fn deliver(cx: &Cx, signal: i32) -> bool {
    slot(signal).is_some_and(|slot| call_handler(cx, slot))
}

fn call_handler(cx: &Cx, slot: usize) -> bool {
    // A handler is good for one signal, but for SIGFPE, where the program's handler gets the code, too.
    match process(cx).signals[slot].swap(DEFAULT, Ordering::Relaxed) {
        DEFAULT => false,
        IGNORE => {
            process(cx).signals[slot].store(IGNORE, Ordering::Relaxed);
            true
        }
        handler => {
            cx.call_guest(handler, [slot as u64, 0]);
            true
        }
    }
}

/// `abort`'s signal.
pub(super) fn raise_abort(cx: &Cx) {
    call_handler(cx, SIGABRT as usize);
}

/// Gives the address of the thread's pointer to exception information, for signal handlers.
#[shim(full)]
pub(crate) fn __pxcptinfoptrs(cx: &Cx) -> CrtResult<Ptr<u64>> {
    ok(Ptr::at(keep(cx, Keep::ExceptionPointers, 8)?))
}

/// Gives the address of the thread's floating-point error code, for handlers of `SIGFPE`.
#[shim(full)]
pub(crate) fn __fpecode(cx: &Cx) -> CrtResult<Ptr<i32>> {
    ok(Ptr::at(keep(cx, Keep::FloatingCode, 8)?))
}
