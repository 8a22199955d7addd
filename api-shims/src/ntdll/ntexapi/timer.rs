//! Waitable timers.

use abi::{BOOLEAN, HANDLE, In, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::{Timer, timer};
use syscall_xlate::wait::{Apc, Timeout};

use super::{check, open};
use crate::ntdll::structs::{OBJECT_ATTRIBUTES, aligned};
use crate::ntdll::winternl::create;

abi::choices! {
    /// Whether a timer stays signalled.
    pub(in crate::ntdll) struct TIMER_TYPE: u32 {
        NotificationTimer = 0;
        SynchronizationTimer = 1;
    }
}

abi::guest_struct! {
    /// A timer in short.
    pub(in crate::ntdll) struct TIMER_BASIC_INFORMATION {
        RemainingTime: i64,
        TimerState: u8,
    }

    /// How a timer is set that may be late.
    pub(in crate::ntdll) struct TIMER_SET_COALESCABLE_TIMER_INFO {
        DueTime: i64,
        TimerApcRoutine: Ptr<u8>,
        TimerContext: Ptr<u8>,
        WakeContext: Ptr<u8>,
        TimerPeriod: u32,
        TolerableDelay: u32,
        PreviousState: Ptr<u8>,
    }
}

/// Makes a timer, or opens the one of this name.
#[shim(full)]
pub(in crate::ntdll) fn NtCreateTimer(
    cx: &Cx,
    TimerHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    TimerType: TIMER_TYPE,
) -> NTSTATUS {
    let manual = match TimerType {
        TIMER_TYPE::NotificationTimer => true,
        TIMER_TYPE::SynchronizationTimer => false,
        _ => return NTSTATUS::STATUS_INVALID_PARAMETER_4,
    };
    create(cx, TimerHandle, ObjectAttributes, timer::MAPPING, DesiredAccess, |place| Ok(Timer::new_in(place, manual)))
}

/// Opens the timer of a name.
#[shim(full)]
pub(in crate::ntdll) fn NtOpenTimer(
    cx: &Cx,
    TimerHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Timer>(cx, TimerHandle, DesiredAccess, ObjectAttributes, timer::MAPPING)
}

/// Takes a timer's setting back; its signal stays as it is.
#[shim(full)]
pub(in crate::ntdll) fn NtCancelTimer(cx: &Cx, TimerHandle: HANDLE, CurrentState: Out<u8>) -> NtResult<()> {
    let timer = cx.process.handles.get::<Timer>(TimerHandle, timer::MODIFY_STATE)?;
    Ok(CurrentState.set_opt(timer.cancel(&cx.process.timers)?.into())?)
}

/// Tells how long it is until a timer is due.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryTimer(
    cx: &Cx,
    TimerHandle: HANDLE,
    TimerInformationClass: u32,
    TimerInformation: Out<TIMER_BASIC_INFORMATION>,
    TimerInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    let size = check(TimerInformationClass, TimerInformation.ptr(), TimerInformationLength)?;
    let (left, signalled) = cx.process.handles.get::<Timer>(TimerHandle, timer::QUERY_STATE)?.query();
    TimerInformation.set(TIMER_BASIC_INFORMATION {
        RemainingTime: left.map_or(0, |left| i64::try_from(left.as_nanos() / 100).unwrap_or(i64::MAX)),
        TimerState: signalled.into(),
    })?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Sets a timer: when it signals first, how often then, and what it calls.
#[shim(partial = "a change of the system time does not move an absolute due time; the machine is not woken from sleep")]
pub(in crate::ntdll) fn NtSetTimer(
    cx: &Cx,
    TimerHandle: HANDLE,
    DueTime: In<i64>,
    TimerApcRoutine: Ptr<u8>,
    TimerContext: Ptr<u8>,
    ResumeTimer: BOOLEAN,
    Period: i32,
    PreviousState: Out<u8>,
) -> NTSTATUS {
    let work = || -> NtResult<()> {
        let due = DueTime.read()?;
        let period = u32::try_from(Period).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER_6)?;
        let before = set(cx, TimerHandle, due, period, TimerApcRoutine, TimerContext)?;
        Ok(PreviousState.set_opt(before.into())?)
    };
    match work() {
        Err(status) => status,
        // It is set, but does not wake the machine.
        Ok(()) if ResumeTimer.0 => NTSTATUS::STATUS_TIMER_RESUME_IGNORED,
        Ok(()) => NTSTATUS::STATUS_SUCCESS,
    }
}

/// Sets a timer as `NtSetTimer` does, with a delay the system may add.
#[shim(partial = "as NtSetTimer; the delay is not used")]
pub(in crate::ntdll) fn NtSetTimerEx(
    cx: &Cx,
    TimerHandle: HANDLE,
    TimerSetInformationClass: u32,
    TimerSetInformation: In<TIMER_SET_COALESCABLE_TIMER_INFO>,
    TimerSetInformationLength: u32,
) -> NtResult<()> {
    // TimerSetCoalescableTimer is the only one.
    if TimerSetInformationClass != 0 {
        return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS);
    }
    aligned(TimerSetInformation.ptr())?;
    let size = <TIMER_SET_COALESCABLE_TIMER_INFO as abi::Guest>::layout(TimerSetInformation.ptr().width()).size;
    if TimerSetInformationLength as usize != size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let wanted = TimerSetInformation.read()?;
    let period = i32::try_from(wanted.TimerPeriod).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)?;
    let routine = wanted.TimerApcRoutine;
    let before = set(cx, TimerHandle, wanted.DueTime, period.unsigned_abs(), routine, wanted.TimerContext)?;
    wanted.PreviousState.opt().map_or(Ok(()), |previous| Ok(previous.write(&before.into())?))
}

fn set(cx: &Cx, handle: HANDLE, due: i64, period: u32, routine: Ptr<u8>, context: Ptr<u8>) -> NtResult<bool> {
    let timer = cx.process.handles.get::<Timer>(handle, timer::MODIFY_STATE)?;
    let apc = routine.opt().map(|routine| {
        let apc = Apc { routine: routine.address(), arguments: [context.address(), 0, 0] };
        (cx.thread.object().waiter().clone(), apc)
    });
    timer.set(&cx.process.timers, Timeout::from_nt(Some(due)), period, apc)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_timer_is_set_with_a_delay_and_without() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, previous) = (guest.buffer(8), guest.buffer(1));
            let due = guest.bytes(&(-600_000_000i64).to_le_bytes());
            guest.call("ntdll!NtCreateTimer", &[at, 0x1f_0003, 0, 2]);
            guest.call("ntdll!NtCreateTimer", &[at, 0x1f_0003, 0, 0]);
            let timer = guest.read::<u64>(at);
            guest.call("ntdll!NtSetTimer", &[timer, due, 0, 0, 0, 0, previous]);
            guest.call("ntdll!NtSetTimer", &[timer, due, 0, 0, 1, 0, 0]);
            guest.call("ntdll!NtSetTimer", &[timer, due, 0, 0, 0, u64::MAX, 0]);
            let info = guest.bytes(&[-1i64 as u64, 0, 0, 0, 0, previous].map(u64::to_le_bytes).concat());
            guest.call("ntdll!NtSetTimerEx", &[timer, 0, info, 48]);
            guest.call("ntdll!NtSetTimerEx", &[timer, 0, info, 47]);
            guest.call("ntdll!NtSetTimerEx", &[timer, 1, info, 48]);
            guest.call("ntdll!NtSetTimerEx", &[timer, 0, info + 2, 48]);
            guest.call("ntdll!NtWaitForSingleObject", &[timer, 0, 0]);
            guest.call("ntdll!NtCancelTimer", &[timer, previous]);
            guest.call("ntdll!NtQueryTimer", &[timer, 0, info + 1, 16, 0]);
            guest.call("ntdll!NtSetEventBoostPriority", &[timer]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateTimer(TimerHandle=@1, DesiredAccess=2031619, ObjectAttributes=NULL, TimerType=2) = STATUS_INVALID_PARAMETER_4
        ntdll!NtCreateTimer(TimerHandle=&h1, DesiredAccess=2031619, ObjectAttributes=NULL, TimerType=NotificationTimer) = STATUS_SUCCESS
        ntdll!NtSetTimer(TimerHandle=h1, DueTime=&-600000000, TimerApcRoutine=NULL, TimerContext=NULL, ResumeTimer=FALSE, Period=0, PreviousState=&0) = STATUS_SUCCESS
        ntdll!NtSetTimer(TimerHandle=h1, DueTime=&-600000000, TimerApcRoutine=NULL, TimerContext=NULL, ResumeTimer=TRUE, Period=0, PreviousState=NULL) = STATUS_TIMER_RESUME_IGNORED
        ntdll!NtSetTimer(TimerHandle=h1, DueTime=&-600000000, TimerApcRoutine=NULL, TimerContext=NULL, ResumeTimer=FALSE, Period=-1, PreviousState=NULL) = STATUS_INVALID_PARAMETER_6
        ntdll!NtSetTimerEx(TimerHandle=h1, TimerSetInformationClass=0, TimerSetInformation=&{DueTime=-1, TimerApcRoutine=NULL, TimerContext=NULL, WakeContext=NULL, TimerPeriod=0, TolerableDelay=0, PreviousState=@2}, TimerSetInformationLength=48) = STATUS_SUCCESS
        ntdll!NtSetTimerEx(TimerHandle=h1, TimerSetInformationClass=0, TimerSetInformation=&{DueTime=-1, TimerApcRoutine=NULL, TimerContext=NULL, WakeContext=NULL, TimerPeriod=0, TolerableDelay=0, PreviousState=@2}, TimerSetInformationLength=47) = STATUS_INFO_LENGTH_MISMATCH
        ntdll!NtSetTimerEx(TimerHandle=h1, TimerSetInformationClass=1, TimerSetInformation=&{DueTime=-1, TimerApcRoutine=NULL, TimerContext=NULL, WakeContext=NULL, TimerPeriod=0, TolerableDelay=0, PreviousState=@2}, TimerSetInformationLength=48) = STATUS_INVALID_INFO_CLASS
        ntdll!NtSetTimerEx(TimerHandle=h1, TimerSetInformationClass=0, TimerSetInformation=&{DueTime=281474976710655, TimerApcRoutine=NULL, TimerContext=NULL, WakeContext=NULL, TimerPeriod=0, TolerableDelay=1048576, PreviousState=@3}, TimerSetInformationLength=48) = STATUS_DATATYPE_MISALIGNMENT
        ntdll!NtWaitForSingleObject(Handle=h1, Alertable=FALSE, Timeout=NULL) = STATUS_SUCCESS
        ntdll!NtCancelTimer(TimerHandle=h1, CurrentState=&1) = STATUS_SUCCESS
        ntdll!NtQueryTimer(TimerHandle=h1, TimerInformationClass=0, TimerInformation=@4, TimerInformationLength=16, ReturnLength=NULL) = STATUS_DATATYPE_MISALIGNMENT
        ntdll!NtSetEventBoostPriority(EventHandle=h1) = STATUS_OBJECT_TYPE_MISMATCH
        ");
    }
}
