//! ntexapi.h: events, mutants, semaphores and keyed events, and what the executive tells of its clock. A header that Microsoft does not
//! publish; the names are those of its symbols.

mod machine;
mod timer;

use std::sync::Arc;

use abi::{BOOLEAN, Guest, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::{Access, GenericMapping, Object};
use syscall_xlate::sync::keyed_event::{self, KeyedEvent, Side};
use syscall_xlate::sync::{Event, Mutant, Semaphore, event, mutant, semaphore};

use super::structs::{Attributes, OBJECT_ATTRIBUTES, aligned};
use super::winternl::{create, finish, timeout};

pub(super) use machine::*;
pub(super) use timer::*;

abi::guest_struct! {
    /// An event in short.
    pub(super) struct EVENT_BASIC_INFORMATION {
        EventType: u32,
        EventState: i32,
    }

    /// A mutant in short.
    pub(super) struct MUTANT_BASIC_INFORMATION {
        CurrentCount: i32,
        OwnedByCaller: u8,
        AbandonedState: u8,
    }

    /// A semaphore in short.
    pub(super) struct SEMAPHORE_BASIC_INFORMATION {
        CurrentCount: i32,
        MaximumCount: i32,
    }
}

/// The only information class of all three.
const BASIC_INFORMATION: u32 = 0;

/// Refuses what is not asked for as the basic information of type `T`, whose buffer must have exactly its size.
pub(super) fn check<T: Guest>(class: u32, buffer: Ptr<T>, length: u32) -> NtResult<u32> {
    aligned(buffer)?;
    let size = T::layout(buffer.width()).size as u32;
    match (class, length) {
        (BASIC_INFORMATION, length) if length == size => Ok(size),
        (BASIC_INFORMATION, _) => Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH),
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}

/// Opens the object of a name.
pub(super) fn open<T: Object>(
    cx: &Cx,
    result: Out<HANDLE>,
    access: Access,
    attributes: Ptr<OBJECT_ATTRIBUTES>,
    mapping: GenericMapping,
) -> NtResult<()> {
    result.set(HANDLE::NULL)?;
    if attributes.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let attributes = Attributes::read(attributes)?;
    let object = cx.process.names.open::<T>(&attributes.name(cx)?)?;
    Ok(result.set(cx.process.handles.insert(object, mapping.map(access), attributes.flags)?)?)
}

/// Takes an event's signal away.
#[shim(full)]
pub(super) fn NtClearEvent(cx: &Cx, EventHandle: HANDLE) -> NtResult<()> {
    event::reset(&cx.process.handles, EventHandle).map(drop)
}

/// Opens the event of a name.
#[shim(full)]
pub(super) fn NtOpenEvent(
    cx: &Cx,
    EventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Event>(cx, EventHandle, DesiredAccess, ObjectAttributes, event::MAPPING)
}

/// Opens the mutant of a name.
#[shim(full)]
pub(super) fn NtOpenMutant(
    cx: &Cx,
    MutantHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Mutant>(cx, MutantHandle, DesiredAccess, ObjectAttributes, mutant::MAPPING)
}

/// Opens the semaphore of a name.
#[shim(full)]
pub(super) fn NtOpenSemaphore(
    cx: &Cx,
    SemaphoreHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Semaphore>(cx, SemaphoreHandle, DesiredAccess, ObjectAttributes, semaphore::MAPPING)
}

/// Signals an event for those that wait now, and takes the signal away.
#[shim(full)]
pub(super) fn NtPulseEvent(cx: &Cx, EventHandle: HANDLE, PreviousState: Out<i32>) -> NtResult<()> {
    let before = cx.process.handles.get::<Event>(EventHandle, event::MODIFY_STATE)?.pulse();
    Ok(PreviousState.set_opt(before.into())?)
}

/// Signals an event that lets one thread pass.
#[shim(partial = "who is woken runs no sooner for it")]
pub(super) fn NtSetEventBoostPriority(cx: &Cx, EventHandle: HANDLE) -> NtResult<()> {
    let manual = cx.process.handles.with(EventHandle, event::MODIFY_STATE, Event::is_manual)?;
    if manual {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    event::set(&cx.process.handles, EventHandle).map(drop)
}

/// Tells whether an event is signalled and stays so.
#[shim(full)]
pub(super) fn NtQueryEvent(
    cx: &Cx,
    EventHandle: HANDLE,
    EventInformationClass: u32,
    EventInformation: Out<EVENT_BASIC_INFORMATION>,
    EventInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let size = check(EventInformationClass, EventInformation.ptr(), EventInformationLength)?;
    let event = cx.process.handles.get::<Event>(EventHandle, event::QUERY_STATE)?;
    EventInformation.set(EVENT_BASIC_INFORMATION {
        // NotificationEvent is 0, SynchronizationEvent 1.
        EventType: u32::from(!event.is_manual()),
        EventState: event.is_signalled().into(),
    })?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Tells who owns a mutant.
#[shim(full)]
pub(super) fn NtQueryMutant(
    cx: &Cx,
    MutantHandle: HANDLE,
    MutantInformationClass: u32,
    MutantInformation: Out<MUTANT_BASIC_INFORMATION>,
    MutantInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let size = check(MutantInformationClass, MutantInformation.ptr(), MutantInformationLength)?;
    let found = cx.process.handles.get::<Mutant>(MutantHandle, mutant::QUERY_STATE)?.query();
    MutantInformation.set(MUTANT_BASIC_INFORMATION {
        CurrentCount: found.count,
        OwnedByCaller: u8::from(found.owner == Some(cx.thread.id())),
        AbandonedState: found.abandoned.into(),
    })?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Tells a semaphore's count.
#[shim(full)]
pub(super) fn NtQuerySemaphore(
    cx: &Cx,
    SemaphoreHandle: HANDLE,
    SemaphoreInformationClass: u32,
    SemaphoreInformation: Out<SEMAPHORE_BASIC_INFORMATION>,
    SemaphoreInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let size = check(SemaphoreInformationClass, SemaphoreInformation.ptr(), SemaphoreInformationLength)?;
    let (count, limit) = cx.process.handles.get::<Semaphore>(SemaphoreHandle, semaphore::QUERY_STATE)?.query();
    SemaphoreInformation.set(SEMAPHORE_BASIC_INFORMATION { CurrentCount: count, MaximumCount: limit })?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Longest and shortest time between two interrupts of Windows' clock, in units of 100 ns.
const LONGEST: u32 = 156_250;
const SHORTEST: u32 = 5_000;

/// Tells how often the clock interrupts, in units of 100 ns.
#[shim(stub = "timers are as precise as the host's, whatever was asked for")]
pub(super) fn NtQueryTimerResolution(
    MaximumTime: Out<u32>,
    MinimumTime: Out<u32>,
    CurrentTime: Out<u32>,
) -> NtResult<()> {
    MaximumTime.set(LONGEST)?;
    MinimumTime.set(SHORTEST)?;
    Ok(CurrentTime.set(SHORTEST)?)
}

/// Asks for a clock that interrupts as often as this, in units of 100 ns.
#[shim(stub = "timers are as precise as the host's, whatever is asked for")]
pub(super) fn NtSetTimerResolution(DesiredTime: u32, SetResolution: BOOLEAN, ActualTime: Out<u32>) -> NtResult<()> {
    let _ = (DesiredTime, SetResolution);
    Ok(ActualTime.set(SHORTEST)?)
}

/// Makes a keyed event, or opens the one of this name.
#[shim(partial = "names are known in this process only")]
pub(super) fn NtCreateKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    Flags: u32,
) -> NTSTATUS {
    // "Reserved": it must be 0.
    if Flags != 0 {
        return NTSTATUS::STATUS_INVALID_PARAMETER_4;
    }
    create(cx, KeyedEventHandle, ObjectAttributes, keyed_event::MAPPING, DesiredAccess, |_| Ok(KeyedEvent::new()))
}

/// Opens the keyed event of a name.
#[shim(partial = "names are known in this process only")]
pub(super) fn NtOpenKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<KeyedEvent>(cx, KeyedEventHandle, DesiredAccess, ObjectAttributes, keyed_event::MAPPING)
}

/// Lets one thread that waits for a key go on, waiting for one to come.
#[shim(full)]
pub(super) fn NtReleaseKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: HANDLE,
    KeyValue: Ptr<u8>,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    meet(cx, KeyedEventHandle, KeyValue, Side::Release, Alertable, Timeout).unwrap_or_else(|status| status)
}

/// Waits for a key to be released.
#[shim(full)]
pub(super) fn NtWaitForKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: HANDLE,
    KeyValue: Ptr<u8>,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    meet(cx, KeyedEventHandle, KeyValue, Side::Wait, Alertable, Timeout).unwrap_or_else(|status| status)
}

fn meet(cx: &Cx, handle: HANDLE, key: Ptr<u8>, side: Side, alertable: BOOLEAN, limit: Ptr<i64>) -> NtResult<NTSTATUS> {
    if key.address() & 1 != 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_1);
    }
    let limit = timeout(limit)?;
    let required = if side == Side::Wait { keyed_event::WAIT } else { keyed_event::WAKE };
    let woken = {
        // The system's own stands behind no handle.
        let event: Arc<KeyedEvent> = match handle {
            HANDLE::NULL => Arc::clone(&cx.process.keyed_event),
            handle => cx.process.handles.get(handle, required)?,
        };
        event.meet(cx.thread.object().waiter(), key.address(), side, alertable.0, limit)?
    };
    Ok(finish(cx, woken))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn nobody_is_released_who_does_not_wait() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, soon) = (guest.buffer(8), guest.bytes(&(-1000i64).to_le_bytes()));
            guest.call("ntdll!NtCreateKeyedEvent", &[at, 0xf_0003, 0, 1]);
            guest.call("ntdll!NtCreateKeyedEvent", &[at, 1, 0, 0]);
            let event = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtWaitForKeyedEvent", &[event, 0x1000, 0, soon]);
            guest.call("ntdll!NtWaitForKeyedEvent", &[event, 0x1001, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[event, 0x1000, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[0, 0x1000, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[0x1238, 0x1000, 0, soon]);
            guest.call("ntdll!NtOpenKeyedEvent", &[at, 1, 0]);
            guest.call("ntdll!NtClose", &[event]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateKeyedEvent(KeyedEventHandle=@1, DesiredAccess=983043, ObjectAttributes=NULL, Flags=1) = STATUS_INVALID_PARAMETER_4
        ntdll!NtCreateKeyedEvent(KeyedEventHandle=&h1, DesiredAccess=1, ObjectAttributes=NULL, Flags=0) = STATUS_SUCCESS
        ntdll!NtWaitForKeyedEvent(KeyedEventHandle=h1, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_TIMEOUT
        ntdll!NtWaitForKeyedEvent(KeyedEventHandle=h1, KeyValue=@4, Alertable=FALSE, Timeout=@3) = STATUS_INVALID_PARAMETER_1
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=h1, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_ACCESS_DENIED
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=0x0, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_TIMEOUT
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=h2, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_INVALID_HANDLE
        ntdll!NtOpenKeyedEvent(KeyedEventHandle=@1, DesiredAccess=1, ObjectAttributes=NULL) = STATUS_INVALID_PARAMETER
        ntdll!NtClose(Handle=h1) = STATUS_SUCCESS
        ");
    }

    #[test]
    fn what_objects_are_is_told() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, about, length) = (guest.buffer(8), guest.buffer(16), guest.buffer(4));
            guest.call("ntdll!NtCreateEvent", &[at, 0x1f_0003, 0, 1, 1]);
            let event = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtQueryEvent", &[event, 0, about, 8, length]);
            guest.call("ntdll!NtClearEvent", &[event]);
            guest.call("ntdll!NtQueryEvent", &[event, 0, about, 8, 0]);
            guest.call("ntdll!NtQueryEvent", &[event, 0, about, 7, 0]);
            guest.call("ntdll!NtQueryEvent", &[event, 1, about, 8, 0]);
            guest.call("ntdll!NtPulseEvent", &[event, about]);
            guest.call("ntdll!NtQuerySemaphore", &[event, 0, about, 8, 0]);
            guest.call("ntdll!NtCreateMutant", &[at, 0x1f_0001, 0, 1]);
            let mutant = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtQueryMutant", &[mutant, 0, about, 8, length]);
            guest.call("ntdll!NtCreateSemaphore", &[at, 0x1f_0003, 0, 2, 5]);
            let semaphore = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtQuerySemaphore", &[semaphore, 0, about, 8, length]);
            guest.call("ntdll!NtOpenEvent", &[at, 0x1f_0003, 0]);
            guest.call("ntdll!NtQueryTimerResolution", &[about, about + 4, about + 8]);
            guest.call("ntdll!NtSetTimerResolution", &[10_000, 1, about]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateEvent(EventHandle=&h1, DesiredAccess=2031619, ObjectAttributes=NULL, EventType=SynchronizationEvent, InitialState=TRUE) = STATUS_SUCCESS
        ntdll!NtQueryEvent(EventHandle=h1, EventInformationClass=0, EventInformation=&{EventType=1, EventState=1}, EventInformationLength=8, ReturnLength=&8) = STATUS_SUCCESS
        ntdll!NtClearEvent(EventHandle=h1) = STATUS_SUCCESS
        ntdll!NtQueryEvent(EventHandle=h1, EventInformationClass=0, EventInformation=&{EventType=1, EventState=0}, EventInformationLength=8, ReturnLength=NULL) = STATUS_SUCCESS
        ntdll!NtQueryEvent(EventHandle=h1, EventInformationClass=0, EventInformation=@2, EventInformationLength=7, ReturnLength=NULL) = STATUS_INFO_LENGTH_MISMATCH
        ntdll!NtQueryEvent(EventHandle=h1, EventInformationClass=1, EventInformation=@2, EventInformationLength=8, ReturnLength=NULL) = STATUS_INVALID_INFO_CLASS
        ntdll!NtPulseEvent(EventHandle=h1, PreviousState=&0) = STATUS_SUCCESS
        ntdll!NtQuerySemaphore(SemaphoreHandle=h1, SemaphoreInformationClass=0, SemaphoreInformation=@2, SemaphoreInformationLength=8, ReturnLength=NULL) = STATUS_OBJECT_TYPE_MISMATCH
        ntdll!NtCreateMutant(MutantHandle=&h2, DesiredAccess=2031617, ObjectAttributes=NULL, InitialOwner=TRUE) = STATUS_SUCCESS
        ntdll!NtQueryMutant(MutantHandle=h2, MutantInformationClass=0, MutantInformation=&{CurrentCount=0, OwnedByCaller=1, AbandonedState=0}, MutantInformationLength=8, ReturnLength=&8) = STATUS_SUCCESS
        ntdll!NtCreateSemaphore(SemaphoreHandle=&h3, DesiredAccess=2031619, ObjectAttributes=NULL, InitialCount=2, MaximumCount=5) = STATUS_SUCCESS
        ntdll!NtQuerySemaphore(SemaphoreHandle=h3, SemaphoreInformationClass=0, SemaphoreInformation=&{CurrentCount=2, MaximumCount=5}, SemaphoreInformationLength=8, ReturnLength=&8) = STATUS_SUCCESS
        ntdll!NtOpenEvent(EventHandle=@1, DesiredAccess=2031619, ObjectAttributes=NULL) = STATUS_INVALID_PARAMETER
        ntdll!NtQueryTimerResolution(MaximumTime=&156250, MinimumTime=&5000, CurrentTime=&5000) = STATUS_SUCCESS
        ntdll!NtSetTimerResolution(DesiredTime=10000, SetResolution=TRUE, ActualTime=&5000) = STATUS_SUCCESS
        ");
    }
}
