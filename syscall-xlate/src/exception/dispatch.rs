//! Looking for who handles an exception (what `RtlDispatchException` does).

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS, Ptr};

use super::assembly::{self, Crossing, call_handler, restore};
use super::lent::{LentContext, LentDispatcher, LentPointers, LentRecord, code_and_flags, set_record_flags};
use super::vectored::List;
use super::{DISPATCHER_CONTEXT, EXCEPTION_POINTERS, disposition, flags, unhandled};
use crate::unwind::walk::{End, Passed, pass, settle, to_guest};
use crate::unwind::{self, FunctionEntry, unwind_into};
use crate::{Cx, gate};

/// Where a thread goes on that a signal interrupted in guest code.
pub(super) extern "sysv64" fn interrupted(record: u64, context: u64) {
    let Some(cx) = gate::current() else { std::process::abort() };
    dispatch(&cx, record, context, context);
}

/// Raises an exception at the call that `caller` is the context of. When a handler says that execution goes on, it does so after the call.
pub fn raise(cx: &Cx<'_>, caller: &CONTEXT, exception: &Exception) -> ! {
    raise_record(cx, caller, EXCEPTION_RECORD::new(exception, caller.Rip))
}

/// [`raise`] with a record.
pub fn raise_record(cx: &Cx<'_>, caller: &CONTEXT, record: EXCEPTION_RECORD) -> ! {
    let (lent_record, context) = (LentRecord::new(), LentContext::new());
    lent_record.set(&record);
    context.set(caller);
    dispatch(cx, lent_record.address(), context.address(), std::ptr::from_ref(caller) as u64);
    restore(&mut context.get())
}

/// Raises an exception of a shim's in the guest that called it. Returns when the shim is to be run again: a handler has mended what was wrong.
pub(crate) fn raise_from_shim(cx: &Cx<'_>, exception: &Exception) {
    let mut caller = assembly::capture();
    if to_guest(&mut caller, |_| true).is_err() {
        crate::report::unhandled_call(cx, exception, &caller);
    }
    let (record, context) = (LentRecord::new(), LentContext::new());
    record.set(&EXCEPTION_RECORD::new(exception, caller.Rip));
    context.set(&caller);
    dispatch(cx, record.address(), context.address(), &raw const caller as u64);
    let mut changed = context.get();
    if changed.Rip != caller.Rip || changed.rsp() != caller.rsp() {
        restore(&mut changed);
    }
}

/// Tells the vectored handlers of an exception that the caller handles itself where they do not, as system functions do that talk to debuggers.
pub fn tell(cx: &Cx<'_>, caller: &CONTEXT, exception: &Exception) {
    let vectored = &cx.process.vectored;
    if vectored.is_empty() {
        return;
    }
    let (record, context, pointers) = (LentRecord::new(), LentContext::new(), LentPointers::new());
    record.set(&EXCEPTION_RECORD::new(exception, caller.Rip));
    context.set(caller);
    pointers.set(&EXCEPTION_POINTERS { ExceptionRecord: record.address(), ContextRecord: context.address() });
    if vectored.ask(cx, List::Exception, pointers.address()) {
        vectored.ask(cx, List::Continue, pointers.address());
    }
}

/// Raises an exception of the dispatcher's own: `outer` is what it was about.
pub(super) fn raise_here(cx: &Cx<'_>, code: NTSTATUS, outer: u64) -> ! {
    let context = assembly::capture();
    let record = EXCEPTION_RECORD {
        ExceptionFlags: flags::NONCONTINUABLE,
        ExceptionRecord: outer as usize,
        ..EXCEPTION_RECORD::new(&Exception::new(code, &[]), context.Rip)
    };
    raise_record(cx, &context, record)
}

/// Asks everybody in turn. Returns when execution goes on with the context, which may be another one by then. What it calls, it calls in the
/// name of the context at `outer`.
pub(super) fn dispatch(cx: &Cx<'_>, record: u64, context: u64, outer: u64) {
    let pointers = LentPointers::new();
    pointers.set(&EXCEPTION_POINTERS { ExceptionRecord: record, ContextRecord: context });
    let vectored = &cx.process.vectored;
    if vectored.ask(cx, List::Exception, pointers.address()) || search(cx, record, context, outer) {
        vectored.ask(cx, List::Continue, pointers.address());
        return;
    }
    unhandled::last_chance(cx, record, context, pointers.address());
}

/// A frame that is passed.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// `None` for a leaf function.
    pub(super) establisher: Option<u64>,
    /// What its handler is told, if it has one of the kind that was asked for.
    pub(super) told: Option<DISPATCHER_CONTEXT>,
}

impl Step {
    /// Passes the frame at `own`, where `caller` is a context of the same thread. If it has a handler of this kind (`unwind::flags`), `caller` is
    /// its caller's context afterwards; otherwise `own` is, except at the frame of the establisher `target`.
    pub(super) fn up(
        cx: &Cx<'_>,
        own: &mut CONTEXT,
        caller: &mut CONTEXT,
        kind: u8,
        target: Option<u64>,
    ) -> Result<Self, End> {
        let (establisher, handled) = match pass(cx, own, caller, kind, target)? {
            Passed::Leaf => return Ok(Self { establisher: None, told: None }),
            Passed::Reached => return Ok(Self { establisher: target, told: None }),
            Passed::Without(establisher) => (establisher, None),
            Passed::Handled(entry, establisher, handler) => (establisher, Some((entry, handler))),
        };
        if establisher % 8 != 0 || establisher > cx.thread.stack_base() {
            return Err(End::Bad);
        }
        let told = handled.map(|(entry, handler)| DISPATCHER_CONTEXT {
            ControlPc: own.Rip,
            ImageBase: entry.image_base,
            FunctionEntry: entry.address,
            EstablisherFrame: establisher,
            LanguageHandler: handler.routine,
            HandlerData: handler.data,
            ..DISPATCHER_CONTEXT::default()
        });
        Ok(Self { establisher: Some(establisher), told })
    }

    /// The frame that another unwind was at, with its handler as far as it got. Fails when its dispatcher context makes no sense.
    pub(super) fn taken_over(told: DISPATCHER_CONTEXT, own: &mut CONTEXT, caller: &mut CONTEXT) -> Result<Self, End> {
        own.read_from(told.ContextRecord).map_err(|_| End::Bad)?;
        own.Rip = told.ControlPc;
        let function = Ptr::at(told.FunctionEntry).read().map_err(|_| End::Bad)?;
        let entry = FunctionEntry { image_base: told.ImageBase, address: told.FunctionEntry, function };
        caller.clone_from(own);
        unwind_into(&entry, told.ControlPc, caller)?;
        Ok(Self { establisher: Some(told.EstablisherFrame), told: Some(told) })
    }
}

/// What the dispatcher context at `address` says.
pub(super) fn dispatcher_at(address: u64) -> Option<DISPATCHER_CONTEXT> {
    Ptr::<DISPATCHER_CONTEXT>::at(address).read().ok()
}

/// Asks the frames' handlers. True when execution goes on with the context. Walks from the handlers go on with the context at `outer`. Not part of
/// [`dispatch`]: programs that handle exceptions by vectored handlers do so on stacks of a few KB.
#[inline(never)]
fn search(cx: &Cx<'_>, record: u64, context_at: u64, outer: u64) -> bool {
    let Ok(mut context) = CONTEXT::read(context_at) else { return false };
    let mut above = context;
    let (dispatcher, caller) = (LentDispatcher::new(), LentContext::new());
    let kept = code_and_flags(record).1 & !(flags::UNWIND | flags::STACK_INVALID | flags::NESTED_CALL);
    // The frame whose handler this exception happened in.
    let mut nested = 0;
    if settle(&mut context).is_err() {
        return false;
    }
    loop {
        let mut taken_over = None;
        let crossed = to_guest(&mut context, |crossing| match crossing {
            Crossing::Exception(at) => {
                nested = nested.max(dispatcher_at(at).map_or(0, |told| told.EstablisherFrame));
                true
            }
            Crossing::Unwind(at) => {
                taken_over = dispatcher_at(at);
                false
            }
            Crossing::Interrupted => true,
        });
        let step = crossed.and_then(|()| match taken_over {
            Some(told) => Step::taken_over(told, &mut context, &mut above),
            None => Step::up(cx, &mut context, &mut above, unwind::flags::EHANDLER, None),
        });
        let mut next = match step {
            Ok(Step { told: None, .. }) => continue,
            Ok(step) => step.told,
            Err(end) => {
                if end == End::Bad {
                    set_record_flags(record, kept | flags::STACK_INVALID);
                }
                return false;
            }
        };
        while let Some(told) = next.take() {
            let told = DISPATCHER_CONTEXT { ContextRecord: caller.address(), ..told };
            dispatcher.set(&told);
            caller.set(&above);
            set_record_flags(record, kept | if nested == 0 { 0 } else { flags::NESTED_CALL });
            let arguments = [record, told.EstablisherFrame, context_at, dispatcher.address()];
            let answer = call_handler(arguments, told.LanguageHandler, false, outer);
            if nested == told.EstablisherFrame {
                nested = 0;
            }
            match answer {
                disposition::CONTINUE_EXECUTION => {
                    if code_and_flags(record).1 & flags::NONCONTINUABLE != 0 {
                        raise_here(cx, NTSTATUS::STATUS_NONCONTINUABLE_EXCEPTION, record);
                    }
                    return true;
                }
                disposition::CONTINUE_SEARCH => {}
                disposition::NESTED_EXCEPTION => nested = nested.max(dispatcher.get().EstablisherFrame),
                disposition::COLLIDED_UNWIND => match Step::taken_over(dispatcher.get(), &mut context, &mut above) {
                    Ok(step) => next = step.told,
                    Err(_) => return false,
                },
                _ => raise_here(cx, NTSTATUS::STATUS_INVALID_DISPOSITION, record),
            }
        }
        context.take_frame(&above);
    }
}
