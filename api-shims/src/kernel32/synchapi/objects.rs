//! Events, mutexes, semaphores, timers.

use abi::{HANDLE, In, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::{Access, Place};
use syscall_xlate::sync::{Event, Mutant, Semaphore, Timer, event, mutant, semaphore, timer};
use syscall_xlate::wait::{Apc, Timeout};

use crate::kernel32::named::{create, name_a, name_w, open};
use crate::kernel32::structs::SECURITY_ATTRIBUTES;

abi::flags! {
    /// What `CreateEventEx` makes.
    pub(in crate::kernel32) struct CREATE_EVENT: u32 {
        CREATE_EVENT_MANUAL_RESET = 1;
        CREATE_EVENT_INITIAL_SET = 2;
    }

    /// What `CreateMutexEx` makes.
    pub(in crate::kernel32) struct CREATE_MUTEX: u32 {
        CREATE_MUTEX_INITIAL_OWNER = 1;
    }

    /// What `CreateWaitableTimerEx` makes.
    pub(in crate::kernel32) struct CREATE_WAITABLE_TIMER: u32 {
        CREATE_WAITABLE_TIMER_MANUAL_RESET = 1;
        CREATE_WAITABLE_TIMER_HIGH_RESOLUTION = 2;
    }
}

/// Takes a timer's setting back; its signal stays as it is.
#[shim(full)]
pub(in crate::kernel32) fn CancelWaitableTimer(cx: &Cx, hTimer: HANDLE) -> Win32Result<()> {
    cx.process.handles.get::<Timer>(hTimer, timer::MODIFY_STATE)?.cancel(&cx.process.timers)?;
    Ok(())
}

/// Makes an event, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateEventA(
    cx: &Cx,
    lpEventAttributes: In<SECURITY_ATTRIBUTES>,
    bManualReset: bool,
    bInitialState: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    let name = name_a(cx, lpName)?;
    create(cx, lpEventAttributes, &name, event::ALL_ACCESS, |place| {
        Ok(Event::new_in(place, bManualReset, bInitialState))
    })
}

/// Makes an event, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateEventW(
    cx: &Cx,
    lpEventAttributes: In<SECURITY_ATTRIBUTES>,
    bManualReset: bool,
    bInitialState: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    let name = name_w(lpName)?;
    create(cx, lpEventAttributes, &name, event::ALL_ACCESS, |place| {
        Ok(Event::new_in(place, bManualReset, bInitialState))
    })
}

/// Makes an event, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateEventExA(
    cx: &Cx,
    lpEventAttributes: In<SECURITY_ATTRIBUTES>,
    lpName: PCSTR,
    dwFlags: CREATE_EVENT,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let name = name_a(cx, lpName)?;
    create(cx, lpEventAttributes, &name, event::MAPPING.map(dwDesiredAccess), |place| Ok(new_event(place, dwFlags)))
}

/// Makes an event, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateEventExW(
    cx: &Cx,
    lpEventAttributes: In<SECURITY_ATTRIBUTES>,
    lpName: PCWSTR,
    dwFlags: CREATE_EVENT,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let name = name_w(lpName)?;
    create(cx, lpEventAttributes, &name, event::MAPPING.map(dwDesiredAccess), |place| Ok(new_event(place, dwFlags)))
}

fn new_event(place: Option<Place>, flags: CREATE_EVENT) -> std::sync::Arc<Event> {
    let has = |flag| flags.contains(flag);
    Event::new_in(place, has(CREATE_EVENT::CREATE_EVENT_MANUAL_RESET), has(CREATE_EVENT::CREATE_EVENT_INITIAL_SET))
}

/// Makes a mutex, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateMutexA(
    cx: &Cx,
    lpMutexAttributes: In<SECURITY_ATTRIBUTES>,
    bInitialOwner: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    let name = name_a(cx, lpName)?;
    create_mutex(cx, lpMutexAttributes, bInitialOwner, &name, mutant::ALL_ACCESS)
}

/// Makes a mutex, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateMutexW(
    cx: &Cx,
    lpMutexAttributes: In<SECURITY_ATTRIBUTES>,
    bInitialOwner: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    create_mutex(cx, lpMutexAttributes, bInitialOwner, &name_w(lpName)?, mutant::ALL_ACCESS)
}

/// Makes a mutex, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateMutexExA(
    cx: &Cx,
    lpMutexAttributes: In<SECURITY_ATTRIBUTES>,
    lpName: PCSTR,
    dwFlags: CREATE_MUTEX,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let owned = dwFlags.contains(CREATE_MUTEX::CREATE_MUTEX_INITIAL_OWNER);
    let name = name_a(cx, lpName)?;
    create_mutex(cx, lpMutexAttributes, owned, &name, mutant::MAPPING.map(dwDesiredAccess))
}

/// Makes a mutex, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateMutexExW(
    cx: &Cx,
    lpMutexAttributes: In<SECURITY_ATTRIBUTES>,
    lpName: PCWSTR,
    dwFlags: CREATE_MUTEX,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let owned = dwFlags.contains(CREATE_MUTEX::CREATE_MUTEX_INITIAL_OWNER);
    create_mutex(cx, lpMutexAttributes, owned, &name_w(lpName)?, mutant::MAPPING.map(dwDesiredAccess))
}

fn create_mutex(
    cx: &Cx,
    attributes: In<SECURITY_ATTRIBUTES>,
    owned: bool,
    name: &Vec<u16>,
    access: Access,
) -> Win32Result<HANDLE> {
    let owner = owned.then(|| cx.thread.id());
    create(cx, attributes, name, access, |place| Ok(cx.process.mutants.create_in(place, owner)))
}

/// Makes a semaphore, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateSemaphoreA(
    cx: &Cx,
    lpSemaphoreAttributes: In<SECURITY_ATTRIBUTES>,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    let name = name_a(cx, lpName)?;
    create(cx, lpSemaphoreAttributes, &name, semaphore::ALL_ACCESS, |place| {
        Semaphore::new_in(place, lInitialCount, lMaximumCount)
    })
}

/// Makes a semaphore, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateSemaphoreW(
    cx: &Cx,
    lpSemaphoreAttributes: In<SECURITY_ATTRIBUTES>,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    let name = name_w(lpName)?;
    create(cx, lpSemaphoreAttributes, &name, semaphore::ALL_ACCESS, |place| {
        Semaphore::new_in(place, lInitialCount, lMaximumCount)
    })
}

/// Makes a semaphore, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateSemaphoreExW(
    cx: &Cx,
    lpSemaphoreAttributes: In<SECURITY_ATTRIBUTES>,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: PCWSTR,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    if dwFlags != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let (name, access) = (name_w(lpName)?, semaphore::MAPPING.map(dwDesiredAccess));
    create(cx, lpSemaphoreAttributes, &name, access, |place| Semaphore::new_in(place, lInitialCount, lMaximumCount))
}

/// Makes a waitable timer, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateWaitableTimerA(
    cx: &Cx,
    lpTimerAttributes: In<SECURITY_ATTRIBUTES>,
    bManualReset: bool,
    lpTimerName: PCSTR,
) -> Win32Result<HANDLE> {
    let name = name_a(cx, lpTimerName)?;
    create(cx, lpTimerAttributes, &name, timer::ALL_ACCESS, |place| Ok(Timer::new_in(place, bManualReset)))
}

/// Makes a waitable timer, or opens the one of this name.
#[shim(full)]
pub(in crate::kernel32) fn CreateWaitableTimerW(
    cx: &Cx,
    lpTimerAttributes: In<SECURITY_ATTRIBUTES>,
    bManualReset: bool,
    lpTimerName: PCWSTR,
) -> Win32Result<HANDLE> {
    let name = name_w(lpTimerName)?;
    create(cx, lpTimerAttributes, &name, timer::ALL_ACCESS, |place| Ok(Timer::new_in(place, bManualReset)))
}

/// Makes a waitable timer, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateWaitableTimerExW(
    cx: &Cx,
    lpTimerAttributes: In<SECURITY_ATTRIBUTES>,
    lpTimerName: PCWSTR,
    dwFlags: CREATE_WAITABLE_TIMER,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let manual = dwFlags.contains(CREATE_WAITABLE_TIMER::CREATE_WAITABLE_TIMER_MANUAL_RESET);
    let (name, access) = (name_w(lpTimerName)?, timer::MAPPING.map(dwDesiredAccess));
    create(cx, lpTimerAttributes, &name, access, |place| Ok(Timer::new_in(place, manual)))
}

/// Makes a waitable timer, or opens the one of this name, with these rights.
#[shim(full)]
pub(in crate::kernel32) fn CreateWaitableTimerExA(
    cx: &Cx,
    lpTimerAttributes: In<SECURITY_ATTRIBUTES>,
    lpTimerName: PCSTR,
    dwFlags: CREATE_WAITABLE_TIMER,
    dwDesiredAccess: u32,
) -> Win32Result<HANDLE> {
    let manual = dwFlags.contains(CREATE_WAITABLE_TIMER::CREATE_WAITABLE_TIMER_MANUAL_RESET);
    let (name, access) = (name_a(cx, lpTimerName)?, timer::MAPPING.map(dwDesiredAccess));
    create(cx, lpTimerAttributes, &name, access, |place| Ok(Timer::new_in(place, manual)))
}

/// Opens the event of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenEventA(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    open::<Event>(cx, event::MAPPING, dwDesiredAccess, bInheritHandle, &name_a(cx, lpName)?)
}

/// Opens the event of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenEventW(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    open::<Event>(cx, event::MAPPING, dwDesiredAccess, bInheritHandle, &name_w(lpName)?)
}

/// Opens the mutex of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenMutexW(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    open::<Mutant>(cx, mutant::MAPPING, dwDesiredAccess, bInheritHandle, &name_w(lpName)?)
}

/// Opens the semaphore of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenSemaphoreW(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCWSTR,
) -> Win32Result<HANDLE> {
    open::<Semaphore>(cx, semaphore::MAPPING, dwDesiredAccess, bInheritHandle, &name_w(lpName)?)
}

/// Opens the mutex of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenMutexA(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    open::<Mutant>(cx, mutant::MAPPING, dwDesiredAccess, bInheritHandle, &name_a(cx, lpName)?)
}

/// Opens the semaphore of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenSemaphoreA(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpName: PCSTR,
) -> Win32Result<HANDLE> {
    open::<Semaphore>(cx, semaphore::MAPPING, dwDesiredAccess, bInheritHandle, &name_a(cx, lpName)?)
}

/// Opens the waitable timer of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenWaitableTimerA(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpTimerName: PCSTR,
) -> Win32Result<HANDLE> {
    open::<Timer>(cx, timer::MAPPING, dwDesiredAccess, bInheritHandle, &name_a(cx, lpTimerName)?)
}

/// Opens the waitable timer of this name.
#[shim(full)]
pub(in crate::kernel32) fn OpenWaitableTimerW(
    cx: &Cx,
    dwDesiredAccess: u32,
    bInheritHandle: bool,
    lpTimerName: PCWSTR,
) -> Win32Result<HANDLE> {
    open::<Timer>(cx, timer::MAPPING, dwDesiredAccess, bInheritHandle, &name_w(lpTimerName)?)
}

/// Lets pass who waits for an event now, and leaves it unsignalled. One with a name may miss those who wait, of which the
/// documentation warns.
#[shim(full)]
pub(in crate::kernel32) fn PulseEvent(cx: &Cx, hEvent: HANDLE) -> Win32Result<()> {
    cx.process.handles.get::<Event>(hEvent, event::MODIFY_STATE)?.pulse();
    Ok(())
}

/// Gives a mutex back once.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn ReleaseMutex(cx: &Cx, hMutex: HANDLE) -> Win32Result<()> {
    mutant::release(&cx.process.handles, hMutex, cx.thread.id())?;
    Ok(())
}

/// Lets more threads pass a semaphore.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn ReleaseSemaphore(
    cx: &Cx,
    hSemaphore: HANDLE,
    lReleaseCount: i32,
    lpPreviousCount: Out<i32>,
) -> Win32Result<()> {
    let before = semaphore::release(&cx.process.handles, hSemaphore, lReleaseCount)?;
    Ok(lpPreviousCount.set_opt(before)?)
}

/// Takes an event's signal away.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn ResetEvent(cx: &Cx, hEvent: HANDLE) -> Win32Result<()> {
    event::reset(&cx.process.handles, hEvent)?;
    Ok(())
}

/// Signals an event.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn SetEvent(cx: &Cx, hEvent: HANDLE) -> Win32Result<()> {
    event::set(&cx.process.handles, hEvent)?;
    Ok(())
}

/// Sets a timer: when it signals first, how often then, and what it calls.
#[shim(partial = "a change of the system time does not move an absolute due time; the machine is not woken from sleep")]
pub(in crate::kernel32) fn SetWaitableTimer(
    cx: &Cx,
    hTimer: HANDLE,
    lpDueTime: In<i64>,
    lPeriod: i32,
    pfnCompletionRoutine: Ptr<u8>,
    lpArgToCompletionRoutine: Ptr<u8>,
    fResume: bool,
) -> Win32Result<()> {
    set_timer(cx, hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine)?;
    if fResume {
        // Documented: it succeeds where the machine cannot be woken, and says so.
        cx.thread.set_last_error(WIN32_ERROR::ERROR_NOT_SUPPORTED);
    }
    Ok(())
}

/// Sets a timer as `SetWaitableTimer` does, with a delay the system may add.
#[shim(partial = "as SetWaitableTimer; the delay is not used")]
pub(in crate::kernel32) fn SetWaitableTimerEx(
    cx: &Cx,
    hTimer: HANDLE,
    lpDueTime: In<i64>,
    lPeriod: i32,
    pfnCompletionRoutine: Ptr<u8>,
    lpArgToCompletionRoutine: Ptr<u8>,
    WakeContext: Ptr<u8>,
    TolerableDelay: u32,
) -> Win32Result<()> {
    let _ = (WakeContext, TolerableDelay); // A permission, which nobody has to use.
    set_timer(cx, hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine)
}

fn set_timer(
    cx: &Cx,
    handle: HANDLE,
    due: In<i64>,
    period: i32,
    routine: Ptr<u8>,
    argument: Ptr<u8>,
) -> Win32Result<()> {
    let timer = cx.process.handles.get::<Timer>(handle, timer::MODIFY_STATE)?;
    let period = u32::try_from(period).map_err(|_| WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    let apc = routine.opt().map(|routine| {
        let apc = Apc { routine: routine.address(), arguments: [argument.address(), 0, 0] };
        (cx.thread.object().waiter().clone(), apc)
    });
    timer.set(&cx.process.timers, Timeout::from_nt(Some(due.read()?)), period, apc)?;
    Ok(())
}
