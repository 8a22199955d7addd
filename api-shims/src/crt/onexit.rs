//! Functions to call at the end of the program or of a DLL: `atexit`, `_onexit` and the onexit tables of the newer runtime.
//!
//! process.h and corecrt_startup.h.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use abi::{CrtResult, InOut, Ptr, fault, shim};
use syscall_xlate::Cx;

use super::files::flush_all;
use super::guest::ok;
use super::host;
use super::state::process;

/// What is to be called at the end.
#[derive(Default)]
pub(super) struct AtExit {
    /// Functions of `atexit` and `_onexit`. A leaf lock.
    functions: Mutex<Vec<u64>>,
    /// Functions of `at_quick_exit`. A leaf lock.
    quick: Mutex<Vec<u64>>,
    /// The program's thread-local destructors.
    thread_local: Mutex<u64>,
}

fn take_last(functions: &Mutex<Vec<u64>>) -> Option<u64> {
    functions.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn add(functions: &Mutex<Vec<u64>>, function: u64) {
    functions.lock().unwrap_or_else(PoisonError::into_inner).push(function);
}

/// Calls what was registered, last first; functions registered meanwhile count.
fn run(cx: &Cx, functions: &Mutex<Vec<u64>>) {
    while let Some(function) = take_last(functions) {
        cx.call_guest(function, []);
    }
}

/// Registers a function to call at exit; gives it back.
#[shim(full)]
pub(crate) fn _onexit(cx: &Cx, function: Ptr<u8>) -> Ptr<u8> {
    if !function.is_null() {
        add(&process(cx).at_exit.functions, function.address());
    }
    function
}

/// Registers a function to call at exit.
#[shim(full)]
pub(crate) fn atexit(cx: &Cx, func: Ptr<u8>) -> i32 {
    if func.is_null() {
        return 1;
    }
    add(&process(cx).at_exit.functions, func.address());
    0
}

/// Registers a function to call at exit.
#[shim(full)]
pub(crate) fn _crt_atexit(cx: &Cx, function: Ptr<u8>) -> i32 {
    atexit(cx, function)
}

/// Registers a function to call at quick exit.
#[shim(full)]
pub(crate) fn _crt_at_quick_exit(cx: &Cx, function: Ptr<u8>) -> i32 {
    if function.is_null() {
        return 1;
    }
    add(&process(cx).at_exit.quick, function.address());
    0
}

/// Registers the program's destructor of thread-local variables.
#[shim(full)]
pub(crate) fn _register_thread_local_exe_atexit_callback(cx: &Cx, callback: Ptr<u8>) {
    *process(cx).at_exit.thread_local.lock().unwrap_or_else(PoisonError::into_inner) = callback.address();
}

/// Empties an onexit table, three pointers of a DLL's own.
#[shim(full)]
pub(crate) fn _initialize_onexit_table(table: Ptr<u64>) -> CrtResult<i32> {
    if table.is_null() {
        return ok(-1);
    }
    table.write_slice(&[0, 0, 0])?;
    ok(0)
}

/// Registers a function in a DLL's onexit table.
#[shim(full)]
pub(crate) fn _register_onexit_function(cx: &Cx, table: Ptr<u64>, function: Ptr<u8>) -> CrtResult<i32> {
    if table.is_null() {
        return ok(-1);
    }
    let _held = process(cx).locks.get(ONEXIT_LOCK).hold(cx.thread.id());
    let pointers = table.read_slice(3)?;
    match push(cx, pointers[0], pointers[1], pointers[2], function.address())? {
        Some(pointers) => table.write_slice(&pointers)?,
        None => return ok(-1),
    }
    ok(0)
}

/// `_EXIT_LOCK1`
const ONEXIT_LOCK: i32 = 8;

/// Appends a function to the array from `first` to `last` with room up to `end`; gives the three pointers as they are then.
fn push(cx: &Cx, first: u64, last: u64, end: u64, function: u64) -> Result<Option<[u64; 3]>, abi::Fault> {
    let (mut first, mut last, mut end) = (first, last, end);
    if first == 0 || last >= end {
        let used = last.saturating_sub(first);
        let larger = used.saturating_mul(2).max(256);
        let grown = if first == 0 {
            host::allocate(cx, larger as usize, false)
        } else {
            host::reallocate(cx, first, larger as usize)
        };
        let Some(grown) = grown else { return Ok(None) };
        (first, last, end) = (grown, grown.wrapping_add(used), grown.wrapping_add(larger));
    }
    fault::store_u64(last, function)?;
    Ok(Some([first, last.wrapping_add(8), end]))
}

/// Calls the functions of a DLL's onexit table, last first, and empties it.
#[shim(full)]
pub(crate) fn _execute_onexit_table(cx: &Cx, table: Ptr<u64>) -> CrtResult<i32> {
    if table.is_null() {
        return ok(-1);
    }
    loop {
        // Read again for each call: a function may register more.
        let pointers = table.read_slice(3)?;
        let (first, last) = (pointers[0], pointers[1]);
        if first == 0 || last <= first {
            if first != 0 {
                host::free(cx, first);
            }
            table.write_slice(&[0, 0, 0])?;
            return ok(0);
        }
        table.offset(1).write(&(last - 8))?;
        let function = fault::load_u64(last - 8)?;
        drop(pointers);
        if function != 0 {
            cx.call_guest(function, []);
        }
    }
}

/// Registers a function in a DLL's own array of functions to call when it goes.
#[shim(full)]
pub(crate) fn __dllonexit(cx: &Cx, func: Ptr<u8>, pbegin: InOut<u64>, pend: InOut<u64>) -> CrtResult<Ptr<u8>> {
    let (first, last) = (pbegin.read()?, pend.read()?);
    // The caller keeps no capacity: the block's own size is it.
    let end = if first == 0 { 0 } else { first + host::size_of(cx, first).unwrap_or(0) as u64 };
    let Some([first, last, _]) = push(cx, first, last, end & !7, func.address())? else { return ok(Ptr::NULL) };
    pbegin.set(first)?;
    pend.set(last)?;
    ok(func)
}

/// Ends what the runtime began: calls registered functions, writes what streams hold back.
pub(super) fn clean_up(cx: &Cx) {
    let at_exit = &process(cx).at_exit;
    let thread_local = std::mem::take(&mut *at_exit.thread_local.lock().unwrap_or_else(PoisonError::into_inner));
    if thread_local != 0 {
        // A callback of TLS kind: module, DLL_PROCESS_DETACH, NULL.
        cx.call_guest(thread_local, [0, 0, 0]);
    }
    run(cx, &at_exit.functions);
    flush_all(cx, true);
}

/// Ends the program: calls registered functions, writes what streams hold back, ends the process.
#[shim(full)]
pub(crate) fn exit(cx: &Cx, status: i32) -> Infallible {
    clean_up(cx);
    cx.exit_process(status as u32)
}

/// Ends the process at once.
#[shim(full)]
pub(crate) fn _exit(cx: &Cx, status: i32) -> Infallible {
    cx.exit_process(status as u32)
}

/// Calls the functions of `at_quick_exit` and ends the process.
#[shim(full)]
pub(crate) fn quick_exit(cx: &Cx, status: i32) -> Infallible {
    run(cx, &process(cx).at_exit.quick);
    cx.exit_process(status as u32)
}

/// Does what `exit` does, and returns.
#[shim(full)]
pub(crate) fn _cexit(cx: &Cx) {
    clean_up(cx);
}

/// Does what `_exit` does, and returns: nothing.
#[shim(full)]
pub(crate) fn _c_exit() {}

/// Exit code of a runtime error (`abort`, `_amsg_exit`).
const RUNTIME_ERROR: u32 = 3;

/// Ends the program abnormally: raises `SIGABRT`, then ends the process with exit code 3.
#[shim(partial = "no report is offered for debugging")]
pub(crate) fn abort(cx: &Cx) -> Infallible {
    abort_program(cx)
}

/// What msvcrt.dll's `abort` says
/// (<https://learn.microsoft.com/previous-versions/visualstudio/visual-studio-2010/k089yyh0(v=vs.100)>); later runtimes say nothing.
const ABORT_TEXT: &[u8] = b"\r\nThis application has requested the Runtime to terminate it in an unusual way.\r\n\
    Please contact the application's support team for more information.\r\n";

/// Ends the program abnormally: says so on standard error, raises `SIGABRT`, then ends the process with exit code 3.
#[shim(partial = "no report is offered for debugging", name = "abort")]
pub(crate) fn abort_saying_so(cx: &Cx) -> Infallible {
    if let Some(handle) = host::standard_handle(cx, 2) {
        let _ = host::write(cx, handle, ABORT_TEXT);
    }
    abort_program(cx)
}

/// `abort`, for others that end so.
pub(super) fn abort_program(cx: &Cx) -> ! {
    super::signal::raise_abort(cx);
    cx.exit_process(RUNTIME_ERROR)
}

/// Prints a runtime error's number and ends the process with exit code 255.
#[shim(partial = "the error's text is its number")]
pub(crate) fn _amsg_exit(cx: &Cx, rterrnum: i32) -> Infallible {
    let text = format!("\r\nruntime error R6{rterrnum:03}\r\n");
    if let Some(handle) = host::standard_handle(cx, 2) {
        let _ = host::write(cx, handle, text.as_bytes());
    }
    cx.exit_process(255)
}

/// Calls each function of an array, but for NULL entries.
#[shim(full)]
pub(crate) fn _initterm(cx: &Cx, first: Ptr<u64>, last: Ptr<u64>) -> CrtResult<()> {
    let mut at = first.address();
    while at < last.address() {
        let function = fault::load_u64(at)?;
        if function != 0 {
            cx.call_guest(function, []);
        }
        at += 8;
    }
    ok(())
}

/// Calls each function of an array, but for NULL entries, until one fails; gives its result.
#[shim(full)]
pub(crate) fn _initterm_e(cx: &Cx, first: Ptr<u64>, last: Ptr<u64>) -> CrtResult<i32> {
    let mut at = first.address();
    while at < last.address() {
        let function = fault::load_u64(at)?;
        if function != 0 {
            let result = cx.call_guest(function, []) as i32;
            if result != 0 {
                return ok(result);
            }
        }
        at += 8;
    }
    ok(0)
}

/// What msvcrt.dll does when the process ends without `exit`: writes what streams hold back, but for those that a thread which is gone
/// had locked.
pub(crate) fn detach(cx: &Cx) {
    flush_all(cx, false);
}
