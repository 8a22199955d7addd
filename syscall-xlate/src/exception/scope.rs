//! The language handler of C: `__try`, `__except` and `__finally` by scope tables.

use abi::{CONTEXT, Fault, Ptr, fault, guest_struct};

use super::lent::{LentPointers, record_at};
use super::unwinding::{Target, unwind_to};
use super::{DISPATCHER_CONTEXT, EXCEPTION_POINTERS, answer, disposition, flags};
use crate::Cx;

guest_struct! {
    /// A `__try` block of a `SCOPE_TABLE`; addresses are relative to the image's.
    struct Scope {
        begin: u32,
        end: u32,
        /// The filter, or 1 for a constant `EXCEPTION_EXECUTE_HANDLER`; the termination handler where `target` is 0.
        handler: u32,
        /// The `__except` block.
        target: u32,
    }
}

/// Value of a scope's handler that stands for the filter `EXCEPTION_EXECUTE_HANDLER`.
const ALWAYS: u32 = 1;

/// `__C_specific_handler`: asks the filters of the frame's `__try` blocks around the exception, or runs their termination handlers. `caller` is the
/// context it was called in.
///
/// # Errors
/// A [`Fault`] where the dispatcher context or the table cannot be read.
pub fn c_specific_handler(
    cx: &Cx<'_>,
    caller: &CONTEXT,
    [record, frame, context, dispatcher]: [u64; 4],
) -> Result<u32, Fault> {
    let told = Ptr::<DISPATCHER_CONTEXT>::at(dispatcher).read()?;
    let exception = record_at(record);
    let count = fault::load_u32(told.HandlerData)?;
    let offset = told.ControlPc.wrapping_sub(told.ImageBase);
    let target = told.TargetIp.wrapping_sub(told.ImageBase);
    let pointers = LentPointers::new();
    let within = |scope: &Scope, offset: u64| (u64::from(scope.begin)..u64::from(scope.end)).contains(&offset);
    for index in told.ScopeIndex..count {
        let scope = Ptr::<Scope>::at(told.HandlerData.wrapping_add(4)).offset(index as usize).read()?;
        if !within(&scope, offset) {
            continue;
        }
        let handler = told.ImageBase.wrapping_add(u64::from(scope.handler));
        if exception.ExceptionFlags & flags::UNWIND == 0 {
            if scope.target == 0 {
                continue;
            }
            let answered = match scope.handler {
                ALWAYS => answer::EXECUTE_HANDLER,
                _ => {
                    pointers.set(&EXCEPTION_POINTERS { ExceptionRecord: record, ContextRecord: context });
                    cx.call_guest(handler, [pointers.address(), frame]) as i32
                }
            };
            if answered < 0 {
                return Ok(disposition::CONTINUE_EXECUTION);
            }
            if answered > 0 {
                let ip = told.ImageBase.wrapping_add(u64::from(scope.target));
                let value = u64::from(exception.ExceptionCode);
                unwind_to(cx, caller, Target { frame, ip, record, value });
            }
            continue;
        }
        let at_target = exception.ExceptionFlags & flags::TARGET_UNWIND != 0;
        // The unwind ends within this block, or in its `__except` block: the blocks around it are not left.
        if at_target && (within(&scope, target) || scope.target != 0 && u64::from(scope.target) == target) {
            break;
        }
        if scope.target == 0 {
            // Where an exception in the termination handler goes on: behind it.
            let behind = DISPATCHER_CONTEXT { ScopeIndex: index + 1, ..Ptr::at(dispatcher).read()? };
            Ptr::at(dispatcher).write(&behind)?;
            cx.call_guest(handler, [1, frame]);
        }
    }
    Ok(disposition::CONTINUE_SEARCH)
}
