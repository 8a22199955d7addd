//! winternl.h: services on handles, waits, processes and threads, and what runtimes ask of ntdll.

mod device;
mod process;
mod process_list;
mod set;
mod system;
mod thread;

use std::convert::Infallible;
use std::sync::Arc;

use abi::{BOOLEAN, Guest, HANDLE, In, NTSTATUS, NtResult, Out, PCSTR, PCWSTR, Ptr, Raises, WIN32_ERROR, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::Heaps;
use syscall_xlate::object::access::SYNCHRONIZE;
use syscall_xlate::object::{Access, Created, GenericMapping, Object, Place};
use syscall_xlate::sync::process as process_object;
use syscall_xlate::sync::thread as thread_object;
use syscall_xlate::sync::{Event, Semaphore, event, mutant, semaphore};
use syscall_xlate::wait::{self, MAXIMUM_WAIT_OBJECTS, Timeout, Woken};
use syscall_xlate::{scheduling, time};

pub(super) use device::*;
pub(super) use process::*;
pub(super) use set::*;
pub(super) use system::*;
pub(super) use thread::*;

use super::structs::{Attributes, OBJECT_ATTRIBUTES, STRING, UNICODE_STRING};

abi::choices! {
    /// Whether a wait is for all or any of its objects.
    pub(super) struct WAIT_TYPE: u32 {
        WaitAll = 0;
        WaitAny = 1;
    }

    /// Whether an event stays signalled.
    pub(super) struct EVENT_TYPE: u32 {
        NotificationEvent = 0;
        SynchronizationEvent = 1;
    }
}

/// Base priority of the normal class.
const NORMAL_PRIORITY: i32 = 8;

/// Closes a handle.
#[shim(full)]
pub(super) fn NtClose(cx: &Cx, Handle: HANDLE) -> NtResult<()> {
    match Handle {
        HANDLE::CURRENT_PROCESS | HANDLE::CURRENT_THREAD => Ok(()),
        handle => cx.process.handles.close(handle),
    }
}

/// Makes an event, or opens the one of this name.
#[shim(full)]
pub(super) fn NtCreateEvent(
    cx: &Cx,
    EventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    EventType: EVENT_TYPE,
    InitialState: BOOLEAN,
) -> NTSTATUS {
    let manual = match EventType {
        EVENT_TYPE::NotificationEvent => true,
        EVENT_TYPE::SynchronizationEvent => false,
        _ => return NTSTATUS::STATUS_INVALID_PARAMETER,
    };
    create(cx, EventHandle, ObjectAttributes, event::MAPPING, DesiredAccess, |place| {
        Ok(Event::new_in(place, manual, InitialState.0))
    })
}

/// Makes a mutant, or opens the one of this name.
#[shim(full)]
pub(super) fn NtCreateMutant(
    cx: &Cx,
    MutantHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    InitialOwner: BOOLEAN,
) -> NTSTATUS {
    let owner = InitialOwner.0.then(|| cx.thread.id());
    create(cx, MutantHandle, ObjectAttributes, mutant::MAPPING, DesiredAccess, |place| {
        Ok(cx.process.mutants.create_in(place, owner))
    })
}

/// Makes a semaphore, or opens the one of this name.
#[shim(full)]
pub(super) fn NtCreateSemaphore(
    cx: &Cx,
    SemaphoreHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    InitialCount: i32,
    MaximumCount: i32,
) -> NTSTATUS {
    create(cx, SemaphoreHandle, ObjectAttributes, semaphore::MAPPING, DesiredAccess, |place| {
        Semaphore::new_in(place, InitialCount, MaximumCount)
    })
}

/// Makes an object, or opens the one of this name; the handle's place is looked at first.
pub(super) fn create<T: Object>(
    cx: &Cx,
    result: Out<HANDLE>,
    attributes: Ptr<OBJECT_ATTRIBUTES>,
    mapping: GenericMapping,
    access: Access,
    make: impl FnOnce(Option<Place>) -> NtResult<Arc<T>>,
) -> NTSTATUS {
    create_with(cx, result, attributes, mapping, access, |attributes| {
        cx.process.names.create(attributes.name_to_make(cx)?.as_ref(), make)
    })
}

/// As [`create`], where `make` looks the name up.
pub(super) fn create_with<T: Object>(
    cx: &Cx,
    result: Out<HANDLE>,
    attributes: Ptr<OBJECT_ATTRIBUTES>,
    mapping: GenericMapping,
    access: Access,
    make: impl FnOnce(&Attributes) -> NtResult<Created<T>>,
) -> NTSTATUS {
    let work = || -> NtResult<NTSTATUS> {
        result.set(HANDLE::NULL)?;
        let attributes = Attributes::read(attributes)?;
        let created = match make(&attributes) {
            Err(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH) if !attributes.open_if => {
                return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
            }
            created => created?,
        };
        if created.existed && !attributes.open_if {
            return Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION);
        }
        result.set(cx.process.handles.insert(created.object, mapping.map(access), attributes.flags)?)?;
        Ok(if created.existed { NTSTATUS::STATUS_OBJECT_NAME_EXISTS } else { NTSTATUS::STATUS_SUCCESS })
    };
    work().unwrap_or_else(|status| status)
}

/// Lets time pass, or runs the calls queued to the thread.
#[shim(full)]
pub(super) fn NtDelayExecution(cx: &Cx, Alertable: BOOLEAN, DelayInterval: In<i64>) -> NTSTATUS {
    match DelayInterval.read() {
        Err(fault) => fault.into(),
        Ok(interval) => {
            let waiter = cx.thread.object().waiter();
            match wait::delay(waiter, Alertable.0, Timeout::from_nt(Some(interval))) {
                Woken::Timeout => NTSTATUS::STATUS_SUCCESS,
                woken => finish(cx, woken),
            }
        }
    }
}

/// What a wait returns, after the queued calls have run where it ended for them.
pub(super) fn finish(cx: &Cx, woken: Woken) -> NTSTATUS {
    match woken {
        Woken::Killed => cx.end_if_terminated(),
        Woken::Apc => {
            while let Some(apc) = cx.thread.object().waiter().take_apc() {
                cx.call_guest(apc.routine, apc.arguments);
            }
        }
        _ => {}
    }
    woken.status()
}

/// Gives the number of the processor the thread runs on.
#[shim(full)]
pub(super) fn NtGetCurrentProcessorNumber(cx: &Cx) -> abi::Varying<u32> {
    abi::Varying(cx.process.affinity.current())
}

/// Refuses every process but the caller's own.
pub(super) fn own(cx: &Cx, handle: HANDLE) -> NtResult<()> {
    match cx.is_own_process(handle, process_object::QUERY_LIMITED_INFORMATION)? {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_NOT_SUPPORTED),
    }
}

/// Writes information whose buffer must have exactly its size; the size is told in any case.
fn put<T: Guest>(buffer: Ptr<u8>, length: u32, returned: Out<u32>, value: &T) -> NtResult<()> {
    let size = T::layout(buffer.width()).size as u32;
    returned.set_opt(size)?;
    if length != size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    Ok(buffer.cast::<T>().write(value)?)
}

/// Writes text and what closes it behind a string that describes it; the size is told in any case.
fn put_text(buffer: Ptr<u8>, length: u32, returned: Out<u32>, text: &[u16], end: &[u16]) -> NtResult<()> {
    let head = UNICODE_STRING::layout(buffer.width()).size;
    let bytes = 2 * text.len().min(usize::from(u16::MAX) / 2 - 1);
    let maximum = bytes + 2 * end.len();
    let size = (head + maximum) as u32;
    returned.set_opt(size)?;
    if length < size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let place = buffer.byte_offset(head as u64).cast::<u16>();
    let string = UNICODE_STRING { Length: bytes as u16, MaximumLength: maximum as u16, Buffer: place };
    buffer.cast::<UNICODE_STRING>().write(&string)?;
    let units: Vec<u16> = text.iter().take(bytes / 2).chain(end).copied().collect();
    Ok(place.write_slice(&units)?)
}

/// Gives the performance counter, and its frequency.
#[shim(full)]
pub(super) fn NtQueryPerformanceCounter(
    PerformanceCounter: Out<abi::Varying<u64>>,
    PerformanceFrequency: Out<i64>,
) -> NtResult<()> {
    PerformanceCounter.set(abi::Varying(time::performance_counter() as u64))?;
    Ok(PerformanceFrequency.set_opt(time::PERFORMANCE_FREQUENCY)?)
}

/// Gives the system time in units of 100 ns since 1601.
#[shim(full)]
pub(super) fn NtQuerySystemTime(SystemTime: Out<abi::Varying<u64>>) -> NtResult<()> {
    Ok(SystemTime.set(abi::Varying(time::system_time() as u64))?)
}

/// Gives a mutant back once.
#[shim(full)]
pub(super) fn NtReleaseMutant(cx: &Cx, MutantHandle: HANDLE, PreviousCount: Out<i32>) -> NtResult<()> {
    let before = mutant::release(&cx.process.handles, MutantHandle, cx.thread.id())?;
    Ok(PreviousCount.set_opt(before)?)
}

/// Lets more threads pass a semaphore.
#[shim(full)]
pub(super) fn NtReleaseSemaphore(
    cx: &Cx,
    SemaphoreHandle: HANDLE,
    ReleaseCount: i32,
    PreviousCount: Out<i32>,
) -> NtResult<()> {
    let before = semaphore::release(&cx.process.handles, SemaphoreHandle, ReleaseCount)?;
    Ok(PreviousCount.set_opt(before)?)
}

/// Takes an event's signal away.
#[shim(full)]
pub(super) fn NtResetEvent(cx: &Cx, EventHandle: HANDLE, PreviousState: Out<i32>) -> NtResult<()> {
    Ok(PreviousState.set_opt(event::reset(&cx.process.handles, EventHandle)?.into())?)
}

/// Resumes a thread once.
#[shim(full)]
pub(super) fn NtResumeThread(cx: &Cx, ThreadHandle: HANDLE, PreviousSuspendCount: Out<u32>) -> NtResult<()> {
    Ok(PreviousSuspendCount.set_opt(cx.thread_of(ThreadHandle, thread_object::SUSPEND_RESUME)?.resume())?)
}

/// Signals an event.
#[shim(full)]
pub(super) fn NtSetEvent(cx: &Cx, EventHandle: HANDLE, PreviousState: Out<i32>) -> NtResult<()> {
    Ok(PreviousState.set_opt(event::set(&cx.process.handles, EventHandle)?.into())?)
}

/// Signals one object and waits for another.
#[shim(full)]
pub(super) fn NtSignalAndWaitForSingleObject(
    cx: &Cx,
    SignalHandle: HANDLE,
    WaitHandle: HANDLE,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    let woken = timeout(Timeout).and_then(|limit| cx.signal_and_wait(SignalHandle, WaitHandle, Alertable.0, limit));
    woken.map_or_else(|status| status, |woken| finish(cx, woken))
}

/// Suspends a thread once more.
#[shim(full)]
pub(super) fn NtSuspendThread(cx: &Cx, ThreadHandle: HANDLE, PreviousSuspendCount: Out<u32>) -> NtResult<()> {
    let thread = cx.thread_of(ThreadHandle, thread_object::SUSPEND_RESUME)?;
    Ok(PreviousSuspendCount.set_opt(cx.suspend_thread(&thread)?)?)
}

/// Ends a process at once.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtTerminateProcess(cx: &Cx, ProcessHandle: HANDLE, ExitStatus: u32) -> NtResult<()> {
    // NULL is the caller's process, whose other threads end.
    if !ProcessHandle.is_null() {
        own(cx, ProcessHandle)?;
    }
    cx.terminate_process(ExitStatus)
}

/// Waits for any or all of several objects.
#[shim(full)]
pub(super) fn NtWaitForMultipleObjects(
    cx: &Cx,
    Count: u32,
    Handles: Ptr<HANDLE>,
    WaitType: WAIT_TYPE,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    match wait_for_many(cx, Count, Handles, WaitType, Alertable.0, Timeout) {
        Ok(woken) => finish(cx, woken),
        Err(status) => status,
    }
}

fn wait_for_many(
    cx: &Cx,
    count: u32,
    handles: Ptr<HANDLE>,
    how: WAIT_TYPE,
    alertable: bool,
    limit: Ptr<i64>,
) -> NtResult<Woken> {
    if !(1..=MAXIMUM_WAIT_OBJECTS).contains(&(count as usize)) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_1);
    }
    let timeout = timeout(limit)?;
    let handles = handles.read_slice(count as usize)?;
    let objects = handles.into_iter().map(|handle| cx.object(handle, SYNCHRONIZE)).collect::<NtResult<Vec<_>>>()?;
    let dispatchers = objects.iter().map(wait::waitable).collect::<NtResult<Vec<_>>>()?;
    let waiter = cx.thread.object().waiter();
    match how {
        WAIT_TYPE::WaitAll => wait::all(waiter, &dispatchers, alertable, timeout),
        WAIT_TYPE::WaitAny => wait::any(waiter, &dispatchers, alertable, timeout),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER_3),
    }
}

pub(super) fn timeout(limit: Ptr<i64>) -> NtResult<Timeout> {
    Ok(Timeout::from_nt(limit.opt().map(Ptr::read).transpose()?))
}

/// Waits for an object.
#[shim(full)]
pub(super) fn NtWaitForSingleObject(cx: &Cx, Handle: HANDLE, Alertable: BOOLEAN, Timeout: Ptr<i64>) -> NTSTATUS {
    let work = || -> NtResult<Woken> {
        let object = cx.object(Handle, SYNCHRONIZE)?;
        Ok(wait::one(cx.thread.object().waiter(), wait::waitable(&object)?, Alertable.0, timeout(Timeout)?))
    };
    match work() {
        Ok(woken) => finish(cx, woken),
        Err(status) => status,
    }
}

/// Lets another thread run.
#[shim(full)]
pub(super) fn NtYieldExecution(cx: &Cx) -> NtResult<()> {
    scheduling::yield_execution();
    cx.end_if_terminated();
    Ok(())
}

/// Ends the process as `ExitProcess` does.
#[shim(full)]
pub(super) fn RtlExitUserProcess(cx: &Cx, ExitStatus: u32) -> Infallible {
    cx.exit_process(ExitStatus)
}

/// Ends the thread as `ExitThread` does.
#[shim(full)]
pub(super) fn RtlExitUserThread(cx: &Cx, ExitStatus: u32) -> Infallible {
    cx.exit_thread(ExitStatus)
}

/// Frees the buffer of a string that a conversion made.
#[shim(full)]
pub(super) fn RtlFreeUnicodeString(cx: &Cx, UnicodeString: Ptr<UNICODE_STRING>) -> Raises<()> {
    let string = UnicodeString.read()?;
    let _ = cx.process.heaps.free(Heaps::PROCESS, string.Buffer.address());
    Ok(UnicodeString.write(&UNICODE_STRING::default())?)
}

/// Gives the process environment block.
#[shim(full)]
pub(super) fn RtlGetCurrentPeb(cx: &Cx) -> Ptr<u8> {
    Ptr::at(cx.process.peb())
}

/// Describes text with a closing zero by a string.
#[shim(full)]
pub(super) fn RtlInitAnsiString(DestinationString: Out<STRING>, SourceString: PCSTR) -> Raises<()> {
    let length = SourceString.opt().map(PCSTR::read).transpose()?.map_or(0, |text| text.len());
    let length = u16::try_from(length).unwrap_or(u16::MAX - 1);
    let maximum = if SourceString.is_null() { 0 } else { length + 1 };
    Ok(DestinationString.set(STRING { Length: length, MaximumLength: maximum, Buffer: SourceString.ptr() })?)
}

/// Describes text with a closing zero by a string.
#[shim(full)]
pub(super) fn RtlInitUnicodeString(DestinationString: Out<UNICODE_STRING>, SourceString: PCWSTR) -> Raises<()> {
    // Documented: what is too long is cut to 65,532 bytes.
    const LONGEST: u16 = 0xfffc;
    let length = SourceString.opt().map(PCWSTR::read).transpose()?.map_or(0, |text| 2 * text.len());
    let length = u16::try_from(length).unwrap_or(LONGEST).min(LONGEST);
    let maximum = if SourceString.is_null() { 0 } else { length + 2 };
    Ok(DestinationString.set(UNICODE_STRING { Length: length, MaximumLength: maximum, Buffer: SourceString.ptr() })?)
}

/// Gives the Win32 error of a status.
#[shim(full)]
pub(super) fn RtlNtStatusToDosError(Status: u32) -> WIN32_ERROR {
    NTSTATUS(Status).into()
}

/// Gives the calling thread's last error.
#[shim(full)]
pub(super) fn RtlGetLastWin32Error(cx: &Cx) -> WIN32_ERROR {
    cx.thread.last_error()
}

/// Sets the calling thread's last error.
#[shim(full)]
pub(super) fn RtlSetLastWin32Error(cx: &Cx, LastError: u32) {
    cx.thread.set_last_error(WIN32_ERROR(LastError));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn an_event_is_waited_for_by_its_status() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let place = guest.buffer(8);
            guest.call("ntdll!NtCreateEvent", &[place, 0x1f_0003, 0, 1, 0]);
            let event = guest.read::<u64>(place);
            let now = guest.buffer(8);
            guest.call("ntdll!NtWaitForSingleObject", &[event, 0, now]);
            guest.call("ntdll!NtSetEvent", &[event, 0]);
            guest.call("ntdll!NtWaitForMultipleObjects", &[1, place, 1, 0, 0]);
            guest.call("ntdll!NtWaitForMultipleObjects", &[2, 16, 1, 0, 0]);
            guest.call("ntdll!NtClose", &[event]);
            guest.call("ntdll!NtClose", &[event]);
            guest.call("ntdll!NtCreateEvent", &[16, 0, 0, 0, 0]);
            guest.call("ntdll!RtlNtStatusToDosError", &[0xC000_0034]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateEvent(EventHandle=&h1, DesiredAccess=2031619, ObjectAttributes=NULL, EventType=SynchronizationEvent, InitialState=FALSE) = STATUS_SUCCESS
        ntdll!NtWaitForSingleObject(Handle=h1, Alertable=FALSE, Timeout=@2) = STATUS_TIMEOUT
        ntdll!NtSetEvent(EventHandle=h1, PreviousState=NULL) = STATUS_SUCCESS
        ntdll!NtWaitForMultipleObjects(Count=1, Handles=@1, WaitType=WaitAny, Alertable=FALSE, Timeout=NULL) = STATUS_SUCCESS
        ntdll!NtWaitForMultipleObjects(Count=2, Handles=@3, WaitType=WaitAny, Alertable=FALSE, Timeout=NULL) = STATUS_ACCESS_VIOLATION
        ntdll!NtClose(Handle=h1) = STATUS_SUCCESS
        ntdll!NtClose(Handle=h1) = STATUS_INVALID_HANDLE
        ntdll!NtCreateEvent(EventHandle=@3, DesiredAccess=0, ObjectAttributes=NULL, EventType=NotificationEvent, InitialState=FALSE) = STATUS_ACCESS_VIOLATION
        ntdll!RtlNtStatusToDosError(Status=3221225524) = ERROR_FILE_NOT_FOUND
        ");
    }
}
