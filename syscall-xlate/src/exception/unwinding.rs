//! Unwinding to a frame (what `RtlUnwindEx` does), and going on there.

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS};

use super::assembly::{Crossing, call_handler, call_under, restore};
use super::dispatch::{Called, Step, dispatcher_at, raise_here};
use super::lent::{LentContext, LentDispatcher, LentRecord, record_at, set_record_flags};
use super::{DISPATCHER_CONTEXT, LONGJUMP, UNWIND_CONSOLIDATE, disposition, flags, jump};
use crate::Cx;
use crate::unwind::walk::{End, to_guest};
use crate::unwind::{self};

/// Where an unwind leads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target {
    /// What identifies the frame; 0 unwinds all.
    pub frame: u64,
    /// Where execution goes on in it.
    pub ip: u64,
    /// Address of the exception's record; 0 for an unwind without one.
    pub record: u64,
    /// What RAX is there.
    pub value: u64,
}

/// Calls the termination handlers of the frames from `start` up to the target, and goes on there.
pub fn unwind_to(cx: &Cx<'_>, start: &CONTEXT, target: Target) -> ! {
    let own_record = LentRecord::new();
    let record = if target.record == 0 {
        own_record.set(&EXCEPTION_RECORD::new(&Exception::new(NTSTATUS::STATUS_UNWIND, &[]), start.Rip));
        own_record.address()
    } else {
        target.record
    };
    let mut context = frames(cx, *start, target, record);
    context.integer[abi::register::RAX] = target.value;
    let told = record_at(record);
    if told.ExceptionCode != UNWIND_CONSOLIDATE.0 {
        context.Rip = target.ip;
    }
    go_on(cx, context, Some(record))
}

/// Unwinds the frames; gives the context of the target.
fn frames(cx: &Cx<'_>, mut context: CONTEXT, target: Target, record: u64) -> CONTEXT {
    let (dispatcher, own) = (LentDispatcher::new(), LentContext::new());
    let exit = if target.frame == 0 { flags::EXIT_UNWIND } else { 0 };
    let kept = record_at(record).ExceptionFlags & !(flags::UNWIND | flags::NESTED_CALL) | flags::UNWINDING | exit;
    let jumps = record_at(record).ExceptionCode == LONGJUMP.0;
    loop {
        let mut taken_over = None;
        let crossed = to_guest(&mut context, |crossing| match crossing {
            Crossing::Unwind(at) => {
                taken_over = dispatcher_at(at);
                false
            }
            Crossing::Exception(_) | Crossing::Interrupted(_) => true,
        });
        let mut collided = 0;
        let step = match (crossed, taken_over) {
            (Ok(()), Some(told)) => {
                collided = flags::COLLIDED_UNWIND;
                Called::taken_over(told)
                    .map(|called| Step {
                        caller: called.caller,
                        establisher: Some(told.EstablisherFrame),
                        called: Some(called),
                    })
                    .ok_or(End::Bad)
            }
            (Ok(()), None) => Called::next(cx, context, unwind::flags::UHANDLER),
            (Err(end), _) => Err(end),
        };
        let Ok(Step { mut caller, mut establisher, called: mut next }) = step else {
            // A jump buffer says all that is needed, even where the frames do not.
            if jumps {
                return context;
            }
            if exit != 0 {
                super::unhandled::end(cx, record, &context);
            }
            raise_here(cx, NTSTATUS::STATUS_BAD_STACK, record);
        };
        if let Some(called) = &next {
            context = called.own;
        }
        if target.frame != 0 && establisher.is_some_and(|frame| frame > target.frame) {
            if jumps {
                return context;
            }
            raise_here(cx, NTSTATUS::STATUS_INVALID_UNWIND_TARGET, record);
        }
        while let Some(called) = next.take() {
            let at_target = called.told.EstablisherFrame == target.frame;
            let told = DISPATCHER_CONTEXT { ContextRecord: own.address(), TargetIp: target.ip, ..called.told };
            context = called.own;
            context.integer[abi::register::RAX] = target.value;
            dispatcher.set(&told);
            own.set(&context);
            set_record_flags(record, kept | collided | if at_target { flags::TARGET_UNWIND } else { 0 });
            let arguments = [record, told.EstablisherFrame, own.address(), dispatcher.address()];
            let answer = call_handler(arguments, told.LanguageHandler, true);
            match answer {
                // What the handler changed in the context of the target counts.
                disposition::CONTINUE_SEARCH => context = own.get(),
                disposition::COLLIDED_UNWIND => {
                    collided = flags::COLLIDED_UNWIND;
                    next = Called::taken_over(dispatcher.get());
                    if let Some(called) = &next {
                        (caller, establisher) = (called.caller, Some(called.told.EstablisherFrame));
                    }
                }
                _ => raise_here(cx, NTSTATUS::STATUS_INVALID_DISPOSITION, record),
            }
        }
        if target.frame != 0 && establisher == Some(target.frame) {
            return context;
        }
        context = caller;
    }
}

/// Goes on with a context (what `RtlRestoreContext` does): a record that tells of a long jump or of a consolidation says where.
pub fn go_on(cx: &Cx<'_>, mut context: CONTEXT, record: Option<u64>) -> ! {
    if let Some(at) = record {
        let told = record_at(at);
        let (code, first) = (NTSTATUS(told.ExceptionCode), told.ExceptionInformation[0] as u64);
        if code == LONGJUMP && told.NumberParameters >= 1 {
            match jump::load(first, &mut context) {
                Ok(()) => {}
                Err(fault) => super::dispatch::raise(cx, &super::assembly::capture(), &fault.into()),
            }
        } else if code == UNWIND_CONSOLIDATE && told.NumberParameters >= 1 {
            let lent = LentContext::new();
            lent.set(&context);
            let ip = call_under(first, at, lent.address());
            context = lent.get();
            context.Rip = ip;
        }
    }
    restore(&context)
}
