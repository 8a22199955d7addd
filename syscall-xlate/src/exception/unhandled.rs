//! What happens to an exception that nobody handled: the program's filter is asked, then the process ends.

use abi::{CONTEXT, NTSTATUS};

use super::dispatch::raise_here;
use super::lent::{code_and_flags, record_at};
use super::vectored::List;
use super::{answer, flags};
use crate::{Cx, report};

/// Asks the filter. Returns when it says that execution goes on, which is as if a frame's handler had said so.
#[inline(never)]
pub(super) fn last_chance(cx: &Cx<'_>, record: u64, context: u64, pointers: u64) {
    match ask_filter(cx, pointers) {
        Some(answer::CONTINUE_EXECUTION) if code_and_flags(record).1 & flags::NONCONTINUABLE != 0 => {
            raise_here(cx, NTSTATUS::STATUS_NONCONTINUABLE_EXCEPTION, record)
        }
        Some(answer::CONTINUE_EXECUTION) => {
            cx.process.vectored.ask(cx, List::Continue, pointers);
        }
        // The program has dealt with it in its own way; the process ends with the exception's code, as on Windows.
        Some(answer::EXECUTE_HANDLER) => cx.terminate_process(record_at(record).ExceptionCode),
        _ => {
            let context = CONTEXT::read(context).unwrap_or(CONTEXT::ZERO);
            end(cx, record, &context)
        }
    }
}

/// Reports the exception and ends the process.
pub(super) fn end(cx: &Cx<'_>, record: u64, context: &CONTEXT) -> ! {
    report::unhandled(cx, &record_at(record), context)
}

/// The answer of the program's filter, if it has one.
fn ask_filter(cx: &Cx<'_>, pointers: u64) -> Option<i32> {
    match cx.process.vectored.filter() {
        0 => None,
        filter => Some(cx.call_guest(filter, [pointers]) as i32),
    }
}

impl Cx<'_> {
    /// `UnhandledExceptionFilter`: what the program's filter says of the exception at `pointers` (`EXCEPTION_POINTERS`). Without one the
    /// process ends with a report.
    ///
    /// # Errors
    /// A fault where the pointers cannot be read.
    pub fn unhandled_exception(&self, pointers: u64) -> Result<i32, abi::Fault> {
        if let Some(answer) = ask_filter(self, pointers) {
            return Ok(answer);
        }
        let told = abi::Ptr::<super::EXCEPTION_POINTERS>::at(pointers).read()?;
        let context = CONTEXT::read(told.ContextRecord)?;
        end(self, told.ExceptionRecord, &context)
    }

    /// Ends the process with an exception that nobody is asked about.
    pub fn fail_fast(&self, record: &abi::EXCEPTION_RECORD, context: &CONTEXT) -> ! {
        report::unhandled(self, record, context)
    }
}
