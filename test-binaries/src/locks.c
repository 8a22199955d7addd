// User-mode locks: critical sections, slim locks, condition variables, one-time initialization.
#include "check.h"

static CRITICAL_SECTION section;
static SRWLOCK slim = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static int full, value, total;

static DWORD WINAPI tries_section(void *parameter) {
    (void)parameter;
    BOOL got = TryEnterCriticalSection(&section);
    if (got)
        LeaveCriticalSection(&section);
    return (DWORD)got;
}

static DWORD WINAPI adds(void *parameter) {
    (void)parameter;
    for (int i = 0; i < 10000; i++) {
        EnterCriticalSection(&section);
        total++;
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI adds_slim(void *parameter) {
    (void)parameter;
    for (int i = 0; i < 10000; i++) {
        AcquireSRWLockExclusive(&slim);
        total++;
        ReleaseSRWLockExclusive(&slim);
    }
    return 0;
}

static DWORD WINAPI tries_slim(void *shared) {
    BOOL got = shared ? TryAcquireSRWLockShared(&slim) : TryAcquireSRWLockExclusive(&slim);
    if (got)
        shared ? ReleaseSRWLockShared(&slim) : ReleaseSRWLockExclusive(&slim);
    return (DWORD)got;
}

static DWORD WINAPI produces(void *parameter) {
    (void)parameter;
    for (int i = 1; i <= 100; i++) {
        EnterCriticalSection(&section);
        while (full)
            SleepConditionVariableCS(&changed, &section, INFINITE);
        value = i;
        full = 1;
        LeaveCriticalSection(&section);
        WakeAllConditionVariable(&changed);
    }
    return 0;
}

static BOOL CALLBACK once(PINIT_ONCE init, PVOID parameter, PVOID *context) {
    (void)init;
    ++*(int *)parameter;
    *context = (void *)0x1230;
    return TRUE;
}

static BOOL CALLBACK fails(PINIT_ONCE init, PVOID parameter, PVOID *context) {
    (void)init, (void)context;
    ++*(int *)parameter;
    return FALSE;
}

static DWORD on_threads(int count, LPTHREAD_START_ROUTINE routine, void *parameter) {
    HANDLE h[8] = {0};
    DWORD code = 0;
    for (int i = 0; i < count; i++)
        h[i] = CreateThread(NULL, 0, routine, parameter, 0, NULL);
    WaitForMultipleObjects((DWORD)count, h, TRUE, INFINITE);
    GetExitCodeThread(h[0], &code);
    for (int i = 0; i < count; i++)
        CloseHandle(h[i]);
    return code;
}

int main(void) {
    OK("InitializeCriticalSectionAndSpinCount", InitializeCriticalSectionAndSpinCount(&section, 100));
    NUM("free", on_threads(1, tries_section, NULL));
    EnterCriticalSection(&section);
    NUM("recursive", TryEnterCriticalSection(&section));
    NUM("held", on_threads(1, tries_section, NULL));
    LeaveCriticalSection(&section);
    NUM("held once", on_threads(1, tries_section, NULL));
    LeaveCriticalSection(&section);
    NUM("free again", on_threads(1, tries_section, NULL));
    on_threads(4, adds, NULL);
    NUM("four threads", total);

    total = 0;
    on_threads(4, adds_slim, NULL);
    NUM("four threads, slim", total);
    AcquireSRWLockShared(&slim);
    NUM("shared beside shared", on_threads(1, tries_slim, &slim));
    NUM("exclusive beside shared", on_threads(1, tries_slim, NULL));
    ReleaseSRWLockShared(&slim);
    AcquireSRWLockExclusive(&slim);
    NUM("shared beside exclusive", on_threads(1, tries_slim, &slim));
    ReleaseSRWLockExclusive(&slim);

    total = 0;
    HANDLE producer = CreateThread(NULL, 0, produces, NULL, 0, NULL);
    for (int i = 0; i < 100; i++) {
        EnterCriticalSection(&section);
        while (!full)
            SleepConditionVariableCS(&changed, &section, INFINITE);
        total += value;
        full = 0;
        LeaveCriticalSection(&section);
        WakeAllConditionVariable(&changed);
    }
    WaitForSingleObject(producer, INFINITE);
    CloseHandle(producer);
    NUM("through a condition variable", total);
    EnterCriticalSection(&section);
    OK("nobody wakes", SleepConditionVariableCS(&changed, &section, 10));
    NUM("section is held again", on_threads(1, tries_section, NULL) == 0);
    LeaveCriticalSection(&section);
    AcquireSRWLockExclusive(&slim);
    OK("nobody wakes, slim", SleepConditionVariableSRW(&changed, &slim, 10, 0));
    ReleaseSRWLockExclusive(&slim);
    DeleteCriticalSection(&section);

    INIT_ONCE init = INIT_ONCE_STATIC_INIT;
    int calls = 0;
    void *context = NULL;
    NUM("once, failing", InitOnceExecuteOnce(&init, fails, &calls, NULL));
    OK("once", InitOnceExecuteOnce(&init, once, &calls, &context));
    HEX("context", (ULONG_PTR)context);
    context = NULL;
    OK("once more", InitOnceExecuteOnce(&init, once, &calls, &context));
    HEX("context", (ULONG_PTR)context);
    NUM("calls", calls);
    INIT_ONCE begun = INIT_ONCE_STATIC_INIT;
    BOOL pending = FALSE;
    OK("begin", InitOnceBeginInitialize(&begun, 0, &pending, NULL));
    NUM("pending", pending);
    OK("complete", InitOnceComplete(&begun, 0, (void *)0x40));
    OK("begin again", InitOnceBeginInitialize(&begun, 0, &pending, &context));
    NUM("pending", pending);
    HEX("context", (ULONG_PTR)context);
    return 0;
}
