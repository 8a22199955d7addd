//! Hardware faults, as signals.
//!
//! In this order: an access of ours to guest memory goes on at its fixup; the shared user page comes to life; a shim that runs out of
//! the guest's stack gets its own room; and what is left is an exception of the guest, or a bug of ours.

use std::arch::asm;
use std::io;
use std::sync::Once;

use abi::{CONTEXT, Exception, NTSTATUS, fault};

use crate::demand::{self, Access};
use crate::service::entry;
use crate::service::trap::{self, Trapped};
use crate::stack::Stack;
use crate::sync::stop::Then;
use crate::{Cx, exception, gate, jump, low, report, unwind};

/// Bytes of a thread's alternate signal stack: the report of a crash is written on it.
const ALTERNATE_SIZE: usize = 128 * 1024;

/// An alternate signal stack, in force on the thread that made it until dropped there.
#[derive(Debug)]
pub(crate) struct AlternateStack {
    address: *mut libc::c_void,
    before: libc::stack_t,
}

impl AlternateStack {
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn new() -> io::Result<Self> {
        let rw = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh mapping, which stays until this value is dropped.
        unsafe {
            let address = libc::mmap(std::ptr::null_mut(), ALTERNATE_SIZE, rw, flags, -1, 0);
            if address == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let stack = libc::stack_t { ss_sp: address, ss_flags: 0, ss_size: ALTERNATE_SIZE };
            let mut before = std::mem::zeroed();
            libc::sigaltstack(&raw const stack, &raw mut before);
            Ok(Self { address, before })
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        // SAFETY: puts back what was in force before, then unmaps our own mapping.
        unsafe {
            libc::sigaltstack(&raw const self.before, std::ptr::null_mut());
            libc::munmap(self.address, ALTERNATE_SIZE);
        }
    }
}

/// The signals that faults of the CPU come as.
const SIGNALS: [libc::c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];

/// Installs the handler for the host process, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // SAFETY: the handler is async-signal-safe up to the point where it ends the process.
    ONCE.call_once(|| unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        for signal in SIGNALS {
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
        action.sa_sigaction = dispatched as *const () as usize;
        libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut());
    });
}

/// `si_code` of a `SIGSYS` for an instruction that Syscall User Dispatch has caught.
const SYS_USER_DISPATCH: libc::c_int = 2;

extern "C" fn dispatched(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    ignore_alignment();
    // SAFETY: the kernel passes valid pointers to a SA_SIGINFO handler.
    let (info, frame) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    // Also on a thread that is no guest's any more.
    if info.si_code == SYS_USER_DISPATCH && trap::did_for_host(frame) {
        return;
    }
    let (Some(cx), SYS_USER_DISPATCH) = (gate::current(), info.si_code) else { return by_default(signal) };
    if let Trapped::Exception(exception) = trap::dispatched(&cx, frame)
        && !exception::interrupt(&cx, &exception, frame)
    {
        report::unhandled_call(&cx, &exception, &exception::context_of(frame));
    }
}

/// Bit of a page fault's error code that says the access was a write.
const FAULT_WRITE: i64 = 2;
/// Bit of a page fault's error code that says an instruction was fetched.
const FAULT_FETCH: i64 = 16;
/// `si_code` of a signal that a kernel fault sent, not a process.
const SI_KERNEL: libc::c_int = 0x80;

/// `si_code` of a `SIGBUS` for an address that is not aligned.
const BUS_ADRALN: libc::c_int = 1;
/// `si_code` of a `SIGTRAP` for a single step.
const TRAP_TRACE: libc::c_int = 2;
/// `si_code` of a `SIGTRAP` for a debug register.
const TRAP_HWBKPT: libc::c_int = 4;

/// `si_code` values of `SIGFPE` (Linux, asm-generic/siginfo.h).
mod fpe {
    pub(super) const INTDIV: i32 = 1;
    pub(super) const INTOVF: i32 = 2;
}

/// The processor's number of the trap for a floating-point exception of a vector instruction (`#XM`).
const VECTOR_TRAP: i64 = 19;

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    ignore_alignment();
    // SAFETY: the kernel passes valid pointers to a SA_SIGINFO handler.
    let (info, frame) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    let registers = &mut frame.uc_mcontext.gregs;
    let rip = registers[libc::REG_RIP as usize] as u64;
    let code = registers[libc::REG_ERR as usize];
    // SAFETY: for these signals the kernel fills in an address.
    let address = unsafe { info.si_addr() } as u64;
    let memory_fault = signal == libc::SIGSEGV || signal == libc::SIGBUS;
    // First of all: our code may have been interrupted anywhere, with any lock.
    if rip >= low::END && is_debugging(signal, info.si_code) {
        registers[libc::REG_EFL as usize] &= !(TRAP_FLAG | ALIGNMENT_CHECK);
        return;
    }
    // Whoever it is that looks, the guest or we for it.
    if memory_fault && demand::provide(address, 1, access(code)) {
        return;
    }
    let rsp = registers[libc::REG_RSP as usize] as u64;
    if let Some(on) = fault::fixup(rip) {
        // The fault may be of the host's side of a copy, which is on the stack.
        if !gate::current().is_some_and(|cx| lend_guard(&cx, rsp, address)) {
            registers[libc::REG_RIP as usize] = on as i64;
        }
        return;
    }
    if let Some(on) = entry::fixup(rip) {
        registers[libc::REG_RIP as usize] = on as i64;
        return;
    }
    let Some(cx) = gate::current() else { return by_default(signal) };
    if signal == libc::SIGSEGV && info.si_code == SI_KERNEL && trap::refused(&cx, frame) {
        return;
    }
    // A jump of the guest's to where no code is may lead anywhere.
    let nowhere = memory_fault && code & FAULT_FETCH != 0 && address == rip;
    let host = rip >= low::END && !nowhere && !jump::is_jump(rip);
    if memory_fault && host && lend_guard(&cx, rsp, address) {
        return;
    }
    let context = exception::context_of(frame);
    let trap = frame.uc_mcontext.gregs[libc::REG_TRAPNO as usize];
    let exception = exception(&cx, (signal, trap), info, code, &context, address);
    if memory_fault && host && cx.thread.lends(address) {
        report::fault_for_guest(&cx, &exception, &context);
    }
    if host && !exception::is_restoring(rip) {
        report::internal_fault(&cx, &exception, &context);
    }
    // A fast failure asks nobody.
    let asked = !host && exception.code != NTSTATUS::STATUS_STACK_BUFFER_OVERRUN;
    if !(asked && exception::interrupt(&cx, &exception, frame)) {
        report::unhandled_call(&cx, &exception, &context);
    }
}

/// What may be used below RSP (System V ABI for x86-64, 3.2.2).
const RED_ZONE: u64 = 128;

/// Opens the guard of the guest's stack to host code that has come to it with its own frames.
fn lend_guard(cx: &Cx<'_>, rsp: u64, address: u64) -> bool {
    let own = address >= rsp.wrapping_sub(RED_ZONE);
    let lent = own && cx.thread.stack().is_some_and(|stack| stack.in_guard(address) && stack.lend_guard());
    if lent {
        cx.thread.note_guard();
    }
    lent
}

/// EFLAGS: an exception after each instruction.
const TRAP_FLAG: i64 = 0x100;
/// EFLAGS: an exception for each misaligned access.
const ALIGNMENT_CHECK: i64 = 0x4_0000;

/// True for what a flag of the guest's own code does, which host code runs without.
fn is_debugging(signal: libc::c_int, code: libc::c_int) -> bool {
    (signal, code) == (libc::SIGTRAP, TRAP_TRACE) || (signal, code) == (libc::SIGBUS, BUS_ADRALN)
}

/// Clears this thread's alignment check, which a signal handler inherits.
fn ignore_alignment() {
    // SAFETY: changes one flag that the compiler knows nothing of.
    unsafe {
        asm!("pushfq", "and dword ptr [rsp], {mask}", "popfq", mask = const !ALIGNMENT_CHECK as i32);
    }
}

/// The signal that stops a thread: one that neither the C library nor programs use.
fn stop_signal() -> libc::c_int {
    libc::SIGRTMIN() + 6
}

/// Interrupts a thread of this process, for [`crate::sync::stop`]. False when there is none of this identifier.
pub(crate) fn send_stop(thread: u32) -> bool {
    static ONCE: Once = Once::new();
    // SAFETY: the handler runs on threads of ours, and what it may take a lock of is not held by guest code.
    ONCE.call_once(|| unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = stop as *const () as usize;
        // Calls of ours that are interrupted go on.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigaction(stop_signal(), &raw const action, std::ptr::null_mut());
    });
    // SAFETY: sends a signal that has a handler.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, stop_signal()) == 0 }
}

extern "C" fn stop(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid pointer to a SA_SIGINFO handler.
    let frame = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let Some(cx) = gate::current() else { return };
    cx.process.services.obey(&cx);
    let stop = cx.thread.object().stop();
    if frame.uc_mcontext.gregs[libc::REG_RIP as usize] as u64 >= low::END {
        let registers = || {
            let mut context = exception::context_of(frame);
            unwind::walk::to_guest_from_interrupted(&mut context).ok().map(|()| context)
        };
        return stop.pass(registers);
    }
    match stop.stand(|| exception::context_of(frame)) {
        Then::GoOn(None) => {}
        Then::GoOn(Some(context)) => exception::put_context(&context, frame),
        Then::End => {
            let registers = &mut frame.uc_mcontext.gregs;
            registers[libc::REG_RIP as usize] = gate::end_terminated as *const () as i64;
            // As behind a call: what is below the guest's stack pointer is nobody's.
            registers[libc::REG_RSP as usize] = (registers[libc::REG_RSP as usize] & !15) - 8;
            registers[libc::REG_EFL as usize] &= !exception::NOT_WHILE_DISPATCHING;
        }
    }
}

/// What a page fault's error code says of the access.
fn access(code: i64) -> Access {
    match code {
        code if code & FAULT_FETCH != 0 => Access::Execute,
        code if code & FAULT_WRITE != 0 => Access::Write,
        _ => Access::Read,
    }
}

/// The exception Windows raises for a fault of the CPU.
fn exception(
    cx: &Cx<'_>,
    (signal, trap): (libc::c_int, i64),
    info: &libc::siginfo_t,
    code: i64,
    context: &CONTEXT,
    address: u64,
) -> Exception {
    let kind = if code & FAULT_FETCH != 0 { exception::EXECUTE } else { u64::from(code & FAULT_WRITE != 0) };
    match signal {
        // A general protection fault comes without an address, that of the stack segment as another signal; Windows reports a read of the
        // last address then.
        libc::SIGSEGV | libc::SIGBUS if info.si_code == SI_KERNEL => exception::refused(context)
            .unwrap_or_else(|| Exception::new(NTSTATUS::STATUS_ACCESS_VIOLATION, &[0, u64::MAX])),
        libc::SIGSEGV => {
            let overflow = |stack: &Stack| stack.in_guard(address) || stack.is_below(address);
            let code = if cx.thread.stack().is_some_and(overflow) {
                NTSTATUS::STATUS_STACK_OVERFLOW
            } else if context.Rip < low::END && cx.process.memory.guard_hit(address) {
                NTSTATUS::STATUS_GUARD_PAGE_VIOLATION
            } else {
                NTSTATUS::STATUS_ACCESS_VIOLATION
            };
            Exception::new(code, &[kind, address])
        }
        libc::SIGBUS if info.si_code == BUS_ADRALN => Exception::new(NTSTATUS::STATUS_DATATYPE_MISALIGNMENT, &[]),
        libc::SIGBUS => {
            let why = u64::from(NTSTATUS::STATUS_END_OF_FILE.0);
            Exception::new(NTSTATUS::STATUS_IN_PAGE_ERROR, &[kind, address, why])
        }
        libc::SIGFPE => {
            let code = match info.si_code {
                fpe::INTDIV => exception::divided(context),
                fpe::INTOVF => NTSTATUS::STATUS_INTEGER_OVERFLOW,
                _ => exception::floating(context, trap == VECTOR_TRAP),
            };
            // Floating-point exceptions have one parameter, which is 0.
            let float = !matches!(info.si_code, fpe::INTDIV | fpe::INTOVF);
            Exception::new(code, if float { &[0] } else { &[] })
        }
        libc::SIGILL => Exception::new(NTSTATUS::STATUS_ILLEGAL_INSTRUCTION, &[]),
        libc::SIGTRAP if matches!(info.si_code, TRAP_TRACE | TRAP_HWBKPT) => {
            Exception::new(NTSTATUS::STATUS_SINGLE_STEP, &[])
        }
        _ => Exception::new(NTSTATUS::STATUS_BREAKPOINT, &[0]),
    }
}

/// Gives the signal its default meaning and returns to the fault, which then ends the process.
fn by_default(signal: libc::c_int) {
    // SAFETY: resets one signal.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Ends the process by `signal`, as a crash of a native program does. No core file: the memory is not what a debugger expects.
pub(crate) fn die(signal: libc::c_int) -> ! {
    // SAFETY: resets and unblocks one signal and sends it to this thread.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        let mut only = std::mem::zeroed();
        libc::sigemptyset(&raw mut only);
        libc::sigaddset(&raw mut only, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, std::ptr::null_mut());
        libc::raise(signal);
        libc::_exit(128 + signal)
    }
}

/// The signal that stands for an exception: the one its cause gives a native program.
pub(crate) fn signal_for(code: NTSTATUS) -> libc::c_int {
    match code {
        NTSTATUS::STATUS_INTEGER_DIVIDE_BY_ZERO
        | NTSTATUS::STATUS_INTEGER_OVERFLOW
        | NTSTATUS::STATUS_FLOAT_DIVIDE_BY_ZERO
        | NTSTATUS::STATUS_FLOAT_OVERFLOW
        | NTSTATUS::STATUS_FLOAT_UNDERFLOW
        | NTSTATUS::STATUS_FLOAT_INEXACT_RESULT
        | NTSTATUS::STATUS_FLOAT_INVALID_OPERATION
        | NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND
        | NTSTATUS::STATUS_FLOAT_STACK_CHECK => libc::SIGFPE,
        NTSTATUS::STATUS_ILLEGAL_INSTRUCTION | NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION => libc::SIGILL,
        NTSTATUS::STATUS_BREAKPOINT | NTSTATUS::STATUS_SINGLE_STEP => libc::SIGTRAP,
        NTSTATUS::STATUS_ACCESS_VIOLATION | NTSTATUS::STATUS_STACK_OVERFLOW | NTSTATUS::STATUS_IN_PAGE_ERROR => {
            libc::SIGSEGV
        }
        _ => libc::SIGABRT,
    }
}
