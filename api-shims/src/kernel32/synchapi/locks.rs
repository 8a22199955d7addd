//! Locks in the program's own memory.

use abi::{Fault, InOut, NTSTATUS, Out, Ptr, Raises, Refusal, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::init_once::Begun;
use syscall_xlate::sync::srw_lock::Mode;
use syscall_xlate::sync::{Slept, condition, critical_section, init_once, srw_lock};
use syscall_xlate::wait::Timeout;

/// `RTL_CRITICAL_SECTION`; what is in it is the service's business.
pub(crate) enum CRITICAL_SECTION {}
/// `RTL_SRWLOCK`
pub(in crate::kernel32) enum SRWLOCK {}
/// `RTL_CONDITION_VARIABLE`
pub(in crate::kernel32) enum CONDITION_VARIABLE {}
/// `RTL_RUN_ONCE`
pub(in crate::kernel32) enum INIT_ONCE {}

abi::flags! {
    /// How `InitOnceBeginInitialize` begins and `InitOnceComplete` ends.
    pub(in crate::kernel32) struct INIT_ONCE_FLAGS: u32 {
        INIT_ONCE_CHECK_ONLY = 1;
        INIT_ONCE_ASYNC = 2;
        INIT_ONCE_INIT_FAILED = 4;
    }

    /// How `SleepConditionVariableSRW` takes the lock.
    pub(in crate::kernel32) struct CONDITION_VARIABLE_FLAGS: u32 {
        CONDITION_VARIABLE_LOCKMODE_SHARED = 1;
    }
}

/// Takes a slim lock for one writer.
#[shim(full)]
pub(in crate::kernel32) fn AcquireSRWLockExclusive(cx: &Cx, SRWLock: Ptr<SRWLOCK>) -> Raises<()> {
    Ok(srw_lock::acquire(&cx.process.addresses, SRWLock.address(), Mode::Exclusive)?)
}

/// Takes a slim lock for a reader.
#[shim(full)]
pub(in crate::kernel32) fn AcquireSRWLockShared(cx: &Cx, SRWLock: Ptr<SRWLOCK>) -> Raises<()> {
    Ok(srw_lock::acquire(&cx.process.addresses, SRWLock.address(), Mode::Shared)?)
}

/// Makes a critical section useless until it is initialized again.
#[shim(full)]
pub(in crate::kernel32) fn DeleteCriticalSection(lpCriticalSection: Ptr<CRITICAL_SECTION>) -> Raises<()> {
    Ok(critical_section::delete(lpCriticalSection.address())?)
}

/// Enters a critical section, as often as its owner likes.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn EnterCriticalSection(cx: &Cx, lpCriticalSection: Ptr<CRITICAL_SECTION>) -> Raises<()> {
    Ok(critical_section::enter(&cx.process.addresses, lpCriticalSection.address(), cx.thread.id())?)
}

/// Begins what is to be done once, waiting for another thread that is at it.
#[shim(full)]
pub(in crate::kernel32) fn InitOnceBeginInitialize(
    cx: &Cx,
    lpInitOnce: Ptr<INIT_ONCE>,
    dwFlags: INIT_ONCE_FLAGS,
    fPending: Out<i32>,
    lpContext: Out<Ptr<u8>>,
) -> Win32Result<()> {
    let known = INIT_ONCE_FLAGS::INIT_ONCE_CHECK_ONLY | INIT_ONCE_FLAGS::INIT_ONCE_ASYNC;
    if !known.contains(dwFlags) || dwFlags == known {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let shared = dwFlags.contains(INIT_ONCE_FLAGS::INIT_ONCE_ASYNC);
    let check_only = dwFlags.contains(INIT_ONCE_FLAGS::INIT_ONCE_CHECK_ONLY);
    match init_once::begin(&cx.process.addresses, lpInitOnce.address(), shared, check_only).map_err(raise_fault)? {
        Begun::Done(context) => {
            lpContext.set_opt(Ptr::at(context))?;
            Ok(fPending.set(0)?)
        }
        Begun::Yours => Ok(fPending.set(1)?),
        Begun::NotDone => {
            fPending.set(1)?;
            Err(WIN32_ERROR::ERROR_GEN_FAILURE.into())
        }
    }
}

/// Ends what `InitOnceBeginInitialize` began.
#[shim(full)]
pub(in crate::kernel32) fn InitOnceComplete(
    cx: &Cx,
    lpInitOnce: Ptr<INIT_ONCE>,
    dwFlags: INIT_ONCE_FLAGS,
    lpContext: Ptr<u8>,
) -> Win32Result<()> {
    let failed = dwFlags.contains(INIT_ONCE_FLAGS::INIT_ONCE_INIT_FAILED);
    let shared = dwFlags.contains(INIT_ONCE_FLAGS::INIT_ONCE_ASYNC);
    if failed && (shared || !lpContext.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let context = (!failed).then_some(lpContext.address());
    init_once::complete(&cx.process.addresses, lpInitOnce.address(), shared, context).map_err(raise_fault)
}

/// Calls a function once, however many threads come; they all get its context.
#[shim(full)]
pub(in crate::kernel32) fn InitOnceExecuteOnce(
    cx: &Cx,
    InitOnce: Ptr<INIT_ONCE>,
    InitFn: Ptr<u8>,
    Parameter: Ptr<u8>,
    Context: InOut<Ptr<u8>>,
) -> Win32Result<()> {
    let once = InitOnce.address();
    if let Begun::Done(context) = init_once::begin(&cx.process.addresses, once, false, false).map_err(raise_fault)? {
        return {
            let _: () = if Context.is_null() {
            } else {
                Context.set(Ptr::at(context))?
            };
            Ok(())
        };
    }
    let done = cx.call_guest(InitFn.address(), [once, Parameter.address(), Context.address()]) as u32 != 0;
    let context = match (done, Context.opt()) {
        (false, _) => None,
        (true, None) => Some(0),
        (true, Some(context)) => Some(context.read()?.address()),
    };
    init_once::complete(&cx.process.addresses, once, false, context).map_err(raise_fault)?;
    // What the function set as last error stays.
    if done { Ok(()) } else { Err(cx.thread.last_error().into()) }
}

/// The status of bad memory is an exception in these functions.
fn raise_fault(status: NTSTATUS) -> Refusal<WIN32_ERROR> {
    match status {
        NTSTATUS::STATUS_ACCESS_VIOLATION => abi::Exception::new(status, &[]).into(),
        // Another thread that shared the initialization was first.
        NTSTATUS::STATUS_UNSUCCESSFUL => WIN32_ERROR::ERROR_GEN_FAILURE.into(),
        status => status.into(),
    }
}

/// Makes a one-time initialization new.
#[shim(full)]
pub(in crate::kernel32) fn InitOnceInitialize(InitOnce: Ptr<INIT_ONCE>) -> Raises<()> {
    Ok(InitOnce.cast::<u64>().write(&0)?)
}

/// Makes a condition variable new.
#[shim(full)]
pub(in crate::kernel32) fn InitializeConditionVariable(ConditionVariable: Ptr<CONDITION_VARIABLE>) -> Raises<()> {
    Ok(ConditionVariable.cast::<u64>().write(&0)?)
}

/// Makes a critical section free.
#[shim(full)]
pub(in crate::kernel32) fn InitializeCriticalSection(lpCriticalSection: Ptr<CRITICAL_SECTION>) -> Raises<()> {
    Ok(critical_section::initialize(lpCriticalSection.address(), 0)?)
}

/// Makes a critical section free, with a spin count.
#[shim(full)]
pub(in crate::kernel32) fn InitializeCriticalSectionAndSpinCount(
    lpCriticalSection: Ptr<CRITICAL_SECTION>,
    dwSpinCount: u32,
) -> Win32Result<()> {
    Ok(critical_section::initialize(lpCriticalSection.address(), dwSpinCount)?)
}

/// Makes a critical section free, with a spin count and flags.
#[shim(full)]
pub(in crate::kernel32) fn InitializeCriticalSectionEx(
    lpCriticalSection: Ptr<CRITICAL_SECTION>,
    dwSpinCount: u32,
    Flags: u32,
) -> Win32Result<()> {
    let _ = Flags; // They choose between kinds of debug information, of which we keep none.
    Ok(critical_section::initialize(lpCriticalSection.address(), dwSpinCount)?)
}

/// Makes a slim lock free.
#[shim(full)]
pub(in crate::kernel32) fn InitializeSRWLock(SRWLock: Ptr<SRWLOCK>) -> Raises<()> {
    Ok(SRWLock.cast::<u64>().write(&0)?)
}

/// Leaves a critical section once.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn LeaveCriticalSection(cx: &Cx, lpCriticalSection: Ptr<CRITICAL_SECTION>) -> Raises<()> {
    Ok(critical_section::leave(&cx.process.addresses, lpCriticalSection.address())?)
}

/// Gives a slim lock back that was taken for a writer.
#[shim(full)]
pub(in crate::kernel32) fn ReleaseSRWLockExclusive(cx: &Cx, SRWLock: Ptr<SRWLOCK>) -> Raises<()> {
    release(cx, SRWLock, Mode::Exclusive)
}

/// Gives a slim lock back that was taken for a reader.
#[shim(full)]
pub(in crate::kernel32) fn ReleaseSRWLockShared(cx: &Cx, SRWLock: Ptr<SRWLOCK>) -> Raises<()> {
    release(cx, SRWLock, Mode::Shared)
}

/// Giving back what is not taken raises `STATUS_RESOURCE_NOT_OWNED`.
fn release(cx: &Cx, lock: Ptr<SRWLOCK>, mode: Mode) -> Raises<()> {
    match srw_lock::release(&cx.process.addresses, lock.address(), mode)? {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_RESOURCE_NOT_OWNED.into()),
    }
}

/// Changes a critical section's spin count and gives the one before.
#[shim(full)]
pub(in crate::kernel32) fn SetCriticalSectionSpinCount(
    lpCriticalSection: Ptr<CRITICAL_SECTION>,
    dwSpinCount: u32,
) -> Raises<u32> {
    Ok(critical_section::set_spin_count(lpCriticalSection.address(), dwSpinCount)?)
}

/// Leaves a critical section, sleeps on a condition variable, and enters it again.
#[shim(full)]
pub(in crate::kernel32) fn SleepConditionVariableCS(
    cx: &Cx,
    ConditionVariable: Ptr<CONDITION_VARIABLE>,
    CriticalSection: Ptr<CRITICAL_SECTION>,
    dwMilliseconds: u32,
) -> Win32Result<()> {
    let (waits, section) = (&cx.process.addresses, CriticalSection.address());
    let slept = condition::sleep::<Fault>(
        waits,
        ConditionVariable.address(),
        Timeout::from_millis(dwMilliseconds),
        || critical_section::leave(waits, section),
        || critical_section::enter(waits, section, cx.thread.id()),
    );
    in_time(slept?)
}

/// Gives a slim lock back, sleeps on a condition variable, and takes it again.
#[shim(full)]
pub(in crate::kernel32) fn SleepConditionVariableSRW(
    cx: &Cx,
    ConditionVariable: Ptr<CONDITION_VARIABLE>,
    SRWLock: Ptr<SRWLOCK>,
    dwMilliseconds: u32,
    Flags: CONDITION_VARIABLE_FLAGS,
) -> Win32Result<()> {
    let shared = Flags.contains(CONDITION_VARIABLE_FLAGS::CONDITION_VARIABLE_LOCKMODE_SHARED);
    let mode = if shared { Mode::Shared } else { Mode::Exclusive };
    let (waits, lock) = (&cx.process.addresses, SRWLock.address());
    let slept = condition::sleep::<Box<abi::Exception>>(
        waits,
        ConditionVariable.address(),
        Timeout::from_millis(dwMilliseconds),
        || release(cx, SRWLock, mode),
        || Ok(srw_lock::acquire(waits, lock, mode)?),
    );
    in_time(slept.map_err(Refusal::Raises)?)
}

fn in_time(slept: Slept) -> Win32Result<()> {
    match slept {
        Slept::Woken => Ok(()),
        Slept::Timeout => Err(WIN32_ERROR::ERROR_TIMEOUT.into()),
    }
}

/// Takes a slim lock for one writer, if that is possible at once.
#[shim(full)]
pub(in crate::kernel32) fn TryAcquireSRWLockExclusive(SRWLock: Ptr<SRWLOCK>) -> Raises<bool> {
    Ok(srw_lock::try_acquire(SRWLock.address(), Mode::Exclusive)?)
}

/// Takes a slim lock for a reader, if that is possible at once.
#[shim(full)]
pub(in crate::kernel32) fn TryAcquireSRWLockShared(SRWLock: Ptr<SRWLOCK>) -> Raises<bool> {
    Ok(srw_lock::try_acquire(SRWLock.address(), Mode::Shared)?)
}

/// Enters a critical section unless another thread is in it.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn TryEnterCriticalSection(cx: &Cx, lpCriticalSection: Ptr<CRITICAL_SECTION>) -> Raises<bool> {
    Ok(critical_section::try_enter(lpCriticalSection.address(), cx.thread.id())?)
}

/// Wakes all threads that sleep on a condition variable.
#[shim(full)]
pub(in crate::kernel32) fn WakeAllConditionVariable(cx: &Cx, ConditionVariable: Ptr<CONDITION_VARIABLE>) -> Raises<()> {
    Ok(condition::wake(&cx.process.addresses, ConditionVariable.address(), usize::MAX)?)
}

/// Wakes a thread that sleeps on a condition variable.
#[shim(full)]
pub(in crate::kernel32) fn WakeConditionVariable(cx: &Cx, ConditionVariable: Ptr<CONDITION_VARIABLE>) -> Raises<()> {
    Ok(condition::wake(&cx.process.addresses, ConditionVariable.address(), 1)?)
}
