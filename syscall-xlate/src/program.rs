//! Running a program: load it, make its first thread, call its entry point, end the process.

use std::fmt;
use std::io;
use std::sync::Arc;

use abi::{CONTEXT, NTSTATUS, NtResult};
use loader::graph::LoadError;
use loader::{Image, ImageError};

use crate::process::Options;
use crate::signals::AlternateStack;
use crate::sync::stop::may_stand;
use crate::sync::{Mutant, ThreadObject};
use crate::{Cx, Process, Thread, gate, hosts};

/// What to run.
pub struct Program {
    /// The image, checked to be a program that can run here.
    pub image: Image,
    /// Its arguments, without its name.
    pub arguments: Vec<std::ffi::OsString>,
}

/// Why a program did not start.
#[derive(Debug)]
pub enum StartError {
    /// The file is not a program for us.
    Image(ImageError),
    /// It, or what it needs, cannot be loaded.
    Load(LoadError),
    /// The host is short of something.
    Host(io::Error),
}

impl std::error::Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => error.fmt(f),
            Self::Load(error) => error.fmt(f),
            Self::Host(error) => write!(f, "the host is short of memory: {error}"),
        }
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Host(error)
    }
}

/// Runs a program in this host process, which ends with it.
///
/// # Errors
/// Only what keeps it from starting.
pub fn run(options: Options, program: Program) -> Result<std::convert::Infallible, StartError> {
    program.image.check_program().map_err(StartError::Image)?;
    let stack = program.image.headers().stack_reserve;
    let process = Process::new(options)?;
    process.console.belongs_to_program();
    let path = program.image.path().map(std::path::Path::to_path_buf).unwrap_or_default();
    process.load_program(program.image).map_err(StartError::Load)?;
    process.fill_program_parameters(&path, &program.arguments)?;
    let _alternate = AlternateStack::new()?;
    let thread = Thread::new(process, hosts::this_thread(), Some(stack))?;
    let attached = thread.attach();
    let code = thread.run_on_guest_stack(first_thread, 0);
    let cx = Cx { process: thread.process(), thread: &thread };
    cx.end_thread(code as u32);
    drop(attached);
    forget_if_left(thread);
    // Other threads are left: the last one ends the process.
    loop {
        std::thread::park();
    }
}

/// The first thread's work, on the guest's stack.
extern "win64" fn first_thread(_: u64) -> u64 {
    let Some(cx) = gate::current() else { return 0 };
    if let Err(status) = cx.attach_program() {
        cx.exit_process(status.0);
    }
    match cx.process.program().and_then(|program| program.entry()) {
        Some(entry) => {
            cx.thread.object().set_start(entry);
            let code = cx.call_guest(entry, [cx.process.peb()]);
            returned(code)
        }
        None => u64::from(NTSTATUS::STATUS_INVALID_IMAGE_FORMAT.0),
    }
}

impl Cx<'_> {
    /// Ends the process as `ExitProcess` does: modules are told, then it is gone.
    pub fn exit_process(&self, code: u32) -> ! {
        if self.process.begin_exit(self.thread.id()) {
            self.run_fls_callbacks();
            self.detach_process();
        }
        self.process.exit(code)
    }

    /// Ends the process at once, as `TerminateProcess` does: nobody is told.
    pub fn terminate_process(&self, code: u32) -> ! {
        self.process.exit(code)
    }

    /// Ends the calling thread as `ExitThread` does.
    pub fn exit_thread(&self, code: u32) -> ! {
        self.thread.leave(u64::from(code))
    }

    /// Ends the calling thread if it was told to. For where it holds nothing: after a wait.
    pub fn end_if_terminated(&self) {
        if let Some(status) = self.thread.object().termination() {
            self.thread.leave(u64::from(status))
        }
    }

    /// Suspends a thread once more; gives how often it was suspended before. It runs no guest code then.
    ///
    /// # Errors
    /// `STATUS_THREAD_IS_TERMINATING` for one that has ended, `STATUS_SUSPEND_COUNT_EXCEEDED` at 127, `STATUS_UNSUCCESSFUL` for one that stays in
    /// a call for long.
    pub fn suspend_thread(&self, thread: &ThreadObject) -> NtResult<u32> {
        if thread.has_ended() {
            return Err(NTSTATUS::STATUS_THREAD_IS_TERMINATING);
        }
        let before = thread.stop().suspend()?;
        if std::ptr::eq(thread, &raw const **self.thread.object()) {
            drop(may_stand());
            self.end_if_terminated();
        } else {
            thread.stop().await_standing(thread.host_id())?;
        }
        Ok(before)
    }

    /// The guest's registers of another thread, which is suspended for that if it is not yet.
    ///
    /// # Errors
    /// As [`Self::suspend_thread`]; `STATUS_UNSUCCESSFUL` also for a thread that was not in guest code yet.
    pub fn thread_context(&self, thread: &ThreadObject) -> NtResult<CONTEXT> {
        self.suspend_thread(thread)?;
        let context = thread.stop().context(thread.host_id());
        thread.resume();
        context
    }

    /// Changes the registers that a suspended thread goes on with.
    ///
    /// # Errors
    /// `STATUS_UNSUCCESSFUL` for a thread that is not suspended, or in a call.
    pub fn set_thread_context(&self, thread: &ThreadObject, change: impl FnOnce(&mut CONTEXT)) -> NtResult<()> {
        thread.stop().set_context(change)
    }

    /// Ends a thread without telling anybody, as `TerminateThread` does. One that blocks in a call other than a wait ends at its next wait.
    pub fn terminate_thread(&self, thread: &ThreadObject, status: u32) {
        thread.terminate(status);
        if std::ptr::eq(thread, &raw const **self.thread.object()) {
            self.end_if_terminated();
        } else {
            thread.stop().await_ending(thread.host_id());
        }
    }

    /// What is to be done when a thread's guest code is over; the last thread ends the process.
    pub(crate) fn end_thread(&self, code: u32) {
        self.leave_pool();
        let last = self.process.thread_ends();
        if last {
            // The guest is told on its own stack, and may end the thread once more meanwhile.
            let code = self.thread.run_on_guest_stack(ending_process, u64::from(code)) as u32;
            self.process.exit(code);
        }
        // A terminated thread's end is not told to anybody.
        let code = match self.thread.object().termination() {
            Some(status) => status,
            None => {
                self.thread.run_on_guest_stack(ending_thread, 0);
                code
            }
        };
        self.forget_thread();
        self.abandon_mutants();
        self.thread.object().end(code);
    }
}

impl Cx<'_> {
    /// What the thread owns becomes free, and says so to the next owner.
    fn abandon_mutants(&self) {
        let thread = self.thread.id();
        self.process.mutants.abandon(thread);
        self.process.names.all::<Mutant>().iter().for_each(|mutant| mutant.abandon(thread));
    }
}

/// The last thread's last work, on the guest's stack.
extern "win64" fn ending_process(code: u64) -> u64 {
    let Some(cx) = gate::current() else { return code };
    cx.exit_process(code as u32)
}

/// A thread's last work, on the guest's stack.
extern "win64" fn ending_thread(_: u64) -> u64 {
    if let Some(cx) = gate::current() {
        cx.run_fls_callbacks();
        cx.detach_thread();
    }
    0
}

/// A guest thread to be started.
#[derive(Clone, Copy, Debug)]
pub struct NewThread {
    /// Where it begins.
    pub start: u64,
    /// Its argument.
    pub parameter: u64,
    /// Bytes of stack; 0 for the program's default.
    pub stack: u64,
    /// Whether it waits for [`ThreadObject::resume`] before it runs any guest code.
    pub suspended: bool,
}

impl Cx<'_> {
    /// Starts a guest thread.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY` when the host is short of memory or threads.
    pub fn start_thread(&self, new: NewThread) -> NtResult<Arc<ThreadObject>> {
        start_thread_of(&self.thread.process_arc(), new)
    }
}

/// Starts a guest thread of a process. The caller need not be one.
///
/// # Errors
/// As [`Cx::start_thread`].
pub(crate) fn start_thread_of(process: &Arc<Process>, new: NewThread) -> NtResult<Arc<ThreadObject>> {
    let stack = if new.stack == 0 { process.default_stack() } else { new.stack };
    // One that waits knows nothing of the processors that the process is limited to.
    let host = process.hosts.take(!process.affinity.is_limited()).map_err(|_| NTSTATUS::STATUS_NO_MEMORY)?;
    let thread = Thread::new(process.clone(), host.id(), Some(stack)).map_err(|_| NTSTATUS::STATUS_NO_MEMORY)?;
    process.thread_begins();
    let object = thread.object().clone();
    object.set_start(new.start);
    object.stop().begin_blocked();
    if new.suspended {
        let _ = object.stop().suspend();
    }
    host.run(move || run_thread(thread, new));
    Ok(object)
}

/// A later thread's life, on the host's stack. True when nothing of it is left on the host thread.
fn run_thread(thread: Box<Thread>, new: NewThread) -> bool {
    let object = thread.object().clone();
    let attached = thread.attach();
    // Blocked from before anybody knew of it, so that it could be suspended at once.
    drop(may_stand());
    let mut start = (new.start, new.parameter);
    let code = thread.run_on_guest_stack(later_thread, &raw mut start as u64) as u32;
    Cx { process: thread.process(), thread: &thread }.end_thread(code);
    drop(attached);
    let unlimited = !thread.process().affinity.is_limited();
    !forget_if_left(thread) && unlimited && object.leaves_host_as_it_was()
}

/// Drops a thread that has ended, unless shims that its fibers were left in refer to it when they go on: true.
fn forget_if_left(thread: Box<Thread>) -> bool {
    let left = thread.process().fibers.has_left_by(thread.id());
    if left {
        std::mem::forget(thread);
    }
    left
}

/// A later thread's work, on the guest's stack.
extern "win64" fn later_thread(start: u64) -> u64 {
    let Some(cx) = gate::current() else { return 0 };
    // Who ended it while it was blocked has not waited for it.
    cx.end_if_terminated();
    // SAFETY: `start_thread` passes the address of a pair that lives until this returns.
    let (start, parameter) = unsafe { *(start as *const (u64, u64)) };
    match cx.attach_thread() {
        Ok(()) => {
            let code = cx.call_guest(start, [parameter]);
            returned(code)
        }
        Err(status) => u64::from(status.0),
    }
}

/// The guest's first function has returned, on whatever thread: it may have become a fiber. Not to be merged with what ran before.
#[inline(never)]
fn returned(code: u64) -> ! {
    match gate::current() {
        Some(cx) => cx.thread.leave(code),
        None => std::process::abort(),
    }
}
