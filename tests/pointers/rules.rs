//! What is known of some functions beforehand, each with its reason. A function that is not here returns, or raises an access violation.

/// What a function may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Is not called.
    Never,
    /// Is not given NULL, with which it may wait for ever.
    NotNull,
    /// Is not given memory full of something: a lock that is held, or an object with others to wait for.
    NotFull,
    /// May end the process, with a message, or raise anything.
    Ends,
    /// May raise other exceptions than access violations.
    Raises,
    /// Is called in a process of its own, because of what it leaves behind.
    Alone,
}

/// The rule for a function, with its reason.
pub fn of(name: &str) -> Option<Rule> {
    RULES.iter().find(|(names, ..)| names.split(' ').any(|of| of == name)).map(|&(_, rule, _)| rule)
}

/// All names that there are rules for.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().flat_map(|(names, ..)| names.split(' '))
}

/// Names, what they may do, and why.
const RULES: &[(&str, Rule, &str)] = &[
    (
        "kernel32!AcquireSRWLockExclusive kernel32!AcquireSRWLockShared kernel32!EnterCriticalSection ntdll!RtlEnterCriticalSection \
         kernel32!ReleaseSRWLockExclusive kernel32!ReleaseSRWLockShared kernel32!SleepConditionVariableCS \
         kernel32!SleepConditionVariableSRW kernel32!DeleteSynchronizationBarrier kernel32!EnterSynchronizationBarrier",
        Rule::NotFull,
        "waits until the lock is free or the others are there, or raises that the lock is not held",
    ),
    ("ntdll!NtSuspendThread", Rule::Never, "suspends its caller for good"),
    (
        "ntdll!NtReleaseKeyedEvent ntdll!NtWaitForAlertByThreadId ntdll!NtWaitForKeyedEvent ntdll!NtWaitForSingleObject ntdll!RtlWaitOnAddress",
        Rule::NotNull,
        "no time limit, and nobody signals",
    ),
    (
        "kernel32!RaiseException msvcrt!_CxxThrowException ntdll!RtlRaiseException",
        Rule::Raises,
        "what it is told to raise",
    ),
    (
        "kernel32!CallbackMayRunLong kernel32!CancelThreadpoolIo kernel32!CloseThreadpool kernel32!CloseThreadpoolCleanupGroup \
         kernel32!CloseThreadpoolCleanupGroupMembers kernel32!CloseThreadpoolIo kernel32!CloseThreadpoolTimer kernel32!CloseThreadpoolWait \
         kernel32!CloseThreadpoolWork kernel32!DisassociateCurrentThreadFromCallback kernel32!FreeLibraryWhenCallbackReturns \
         kernel32!IsThreadpoolTimerSet kernel32!LeaveCriticalSectionWhenCallbackReturns kernel32!QueryThreadpoolStackInformation \
         kernel32!ReleaseMutexWhenCallbackReturns kernel32!ReleaseSemaphoreWhenCallbackReturns kernel32!SetEventWhenCallbackReturns \
         kernel32!SetThreadpoolStackInformation kernel32!SetThreadpoolThreadMaximum kernel32!SetThreadpoolThreadMinimum \
         kernel32!SetThreadpoolTimer kernel32!SetThreadpoolTimerEx kernel32!SetThreadpoolWait kernel32!SetThreadpoolWaitEx \
         kernel32!StartThreadpoolIo kernel32!SubmitThreadpoolWork kernel32!WaitForThreadpoolIoCallbacks \
         kernel32!WaitForThreadpoolTimerCallbacks kernel32!WaitForThreadpoolWaitCallbacks kernel32!WaitForThreadpoolWorkCallbacks \
         ntdll!TpCallbackMayRunLong",
        Rule::Raises,
        "STATUS_INVALID_PARAMETER for what is no object of the thread pool's",
    ),
    ("kernel32!DeleteFiber kernel32!SwitchToFiber", Rule::Raises, "STATUS_INVALID_PARAMETER for what is no fiber"),
    ("kernel32!HeapReAlloc", Rule::Raises, "HEAP_GENERATE_EXCEPTIONS is among the flags of -1"),
    (
        "msvcrt!longjmp ntdll!NtContinue ntdll!RtlRestoreContext",
        Rule::Ends,
        "goes where zeros or ones say, with a stack that is not there",
    ),
    (
        "kernel32!RaiseFailFastException ntdll!NtRaiseException",
        Rule::Ends,
        "what is raised is no handler's to handle: fail fast, or said to have been seen by all of them",
    ),
    (
        "ntdll!RtlUnwind ntdll!RtlUnwindEx",
        Rule::Ends,
        "without a target it unwinds all frames; one that is no frame's is STATUS_INVALID_UNWIND_TARGET",
    ),
    ("msvcrt!_assert msvcrt!_wassert", Rule::Ends, "the assertion has failed"),
    ("kernel32!QueueUserAPC ntdll!NtQueueApcThread", Rule::Alone, "a later wait makes the call that it queues"),
    (
        "kernel32!AddVectoredContinueHandler kernel32!AddVectoredExceptionHandler",
        Rule::Alone,
        "the handler is called at the next exception, and its own fault calls it again",
    ),
];
