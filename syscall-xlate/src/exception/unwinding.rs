//! Unwinding to a frame (what `RtlUnwindEx` does), and going on there.

use abi::{CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS};

use super::assembly::{Crossing, call_handler, call_under, restore};
use super::dispatch::{Step, dispatcher_at, raise_here};
use super::lent::{LentContext, LentDispatcher, LentRecord, code_and_flags, record_at, set_record_flags};
use super::{DISPATCHER_CONTEXT, LONGJUMP, UNWIND_CONSOLIDATE, disposition, flags, jump};
use crate::Cx;
use crate::unwind::walk::to_guest;
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
    let mut context = frames(cx, start, target, record);
    context.integer[abi::register::RAX] = target.value;
    if code_and_flags(record).0 != UNWIND_CONSOLIDATE {
        context.Rip = target.ip;
    }
    go_on(cx, context, Some(record))
}

/// Unwinds the frames; gives the context of the target. Walks from the handlers go on with `start`.
fn frames(cx: &Cx<'_>, start: &CONTEXT, target: Target, record: u64) -> CONTEXT {
    let outer = std::ptr::from_ref(start) as u64;
    let (mut context, mut above) = (*start, *start);
    let (dispatcher, own) = (LentDispatcher::new(), LentContext::new());
    let exit = if target.frame == 0 { flags::EXIT_UNWIND } else { 0 };
    let (code, told) = code_and_flags(record);
    let kept = told & !(flags::UNWIND | flags::NESTED_CALL) | flags::UNWINDING | exit;
    let jumps = code == LONGJUMP;
    let end = (target.frame != 0).then_some(target.frame);
    loop {
        let mut taken_over = None;
        let crossed = to_guest(&mut context, |crossing| match crossing {
            Crossing::Unwind(at) => {
                taken_over = dispatcher_at(at);
                false
            }
            Crossing::Exception(_) | Crossing::Interrupted => true,
        });
        let mut collided = if taken_over.is_some() { flags::COLLIDED_UNWIND } else { 0 };
        let step = crossed.and_then(|()| match taken_over {
            Some(told) => Step::taken_over(told, &mut context, &mut above),
            None => Step::up(cx, &mut context, &mut above, unwind::flags::UHANDLER, end),
        });
        let Ok(Step { mut establisher, told: mut next }) = step else {
            // A jump buffer says all that is needed, even where the frames do not.
            if jumps {
                return context;
            }
            if exit != 0 {
                super::unhandled::end(cx, record, &context);
            }
            raise_here(cx, NTSTATUS::STATUS_BAD_STACK, record);
        };
        if end.is_some_and(|end| establisher.is_some_and(|frame| frame > end)) {
            if jumps {
                return context;
            }
            raise_here(cx, NTSTATUS::STATUS_INVALID_UNWIND_TARGET, record);
        }
        let passed = next.is_none();
        while let Some(told) = next.take() {
            let at_target = told.EstablisherFrame == target.frame;
            let told = DISPATCHER_CONTEXT { ContextRecord: own.address(), TargetIp: target.ip, ..told };
            context.integer[abi::register::RAX] = target.value;
            dispatcher.set(&told);
            own.set(&context);
            set_record_flags(record, kept | collided | if at_target { flags::TARGET_UNWIND } else { 0 });
            let arguments = [record, told.EstablisherFrame, own.address(), dispatcher.address()];
            let answer = call_handler(arguments, told.LanguageHandler, true, outer);
            match answer {
                // What the handler changed in the context of the target counts.
                disposition::CONTINUE_SEARCH => own.get_into(&mut context),
                disposition::COLLIDED_UNWIND => {
                    collided = flags::COLLIDED_UNWIND;
                    match Step::taken_over(dispatcher.get(), &mut context, &mut above) {
                        Ok(step) => (establisher, next) = (step.establisher, step.told),
                        Err(_) => raise_here(cx, NTSTATUS::STATUS_BAD_STACK, record),
                    }
                }
                _ => raise_here(cx, NTSTATUS::STATUS_INVALID_DISPOSITION, record),
            }
        }
        if end.is_some() && establisher == end {
            return context;
        }
        if !passed {
            context.take_frame(&above);
        }
    }
}

/// Goes on with a context (what `RtlRestoreContext` does): a record that tells of a long jump or of a consolidation says where.
pub fn go_on(cx: &Cx<'_>, mut context: CONTEXT, record: Option<u64>) -> ! {
    if let Some(at) = record
        && matches!(code_and_flags(at).0, LONGJUMP | UNWIND_CONSOLIDATE)
    {
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
    restore(&mut context)
}
