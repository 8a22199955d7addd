// Synchronization barriers, address waits, slim locks tried, one-time initialization shared: what lives in the program's own memory.
#define _WIN32_WINNT 0x0602
#include "check.h"

// Newer than the headers.
typedef struct {
    DWORD reserved1, reserved2;
    ULONG_PTR reserved3[2];
    DWORD reserved4, reserved5;
} BARRIER;
typedef BOOL(WINAPI *init_fn)(BARRIER *, LONG, LONG);
typedef BOOL(WINAPI *enter_fn)(BARRIER *, DWORD);
typedef BOOL(WINAPI *delete_fn)(BARRIER *);
static init_fn init;
static enter_fn enter;
static delete_fn delete;

static BARRIER barrier;
static volatile LONG lasts, come, early;

enum { THREADS = 4, ROUNDS = 200 };

static DWORD CALLBACK rounds(void *flags) {
    for (LONG i = 1; i <= ROUNDS; i++) {
        InterlockedIncrement(&come);
        if (enter(&barrier, (DWORD)(ULONG_PTR)flags))
            InterlockedIncrement(&lasts);
        if (come < i * THREADS)
            InterlockedIncrement(&early);
    }
    return 0;
}

static void run(const char *name, DWORD flags) {
    lasts = come = early = 0;
    OK(name, init(&barrier, THREADS, 100));
    HANDLE threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, rounds, (void *)(ULONG_PTR)flags, 0, NULL);
    NUM("all through", WaitForMultipleObjects(THREADS, threads, TRUE, 20000));
    NUM("one last of each round", lasts);
    NUM("nobody went on early", early);
    NUM("deleted", delete(&barrier));
}

static void barriers(void) {
    HMODULE kernel32 = GetModuleHandleA("kernel32.dll");
    init = (init_fn)(void *)GetProcAddress(kernel32, "InitializeSynchronizationBarrier");
    enter = (enter_fn)(void *)GetProcAddress(kernel32, "EnterSynchronizationBarrier");
    delete = (delete_fn)(void *)GetProcAddress(kernel32, "DeleteSynchronizationBarrier");
    NUM("there", init && enter && delete);
    if (!init || !enter || !delete)
        return;
    OK("for one", init(&barrier, 1, -1));
    NUM("alone is the last", enter(&barrier, 0));
    NUM("and again", enter(&barrier, 0));
    NUM("deleted", delete(&barrier));
    OK("for none", init(&barrier, 0, 0));
    run("four threads", 0);
    run("blocking only", 2);
    run("never deleted", 4);
}

static volatile LONG word;

static DWORD CALLBACK sleeper(void *parameter) {
    (void)parameter;
    LONG seen = 0;
    while (word == seen)
        if (!WaitOnAddress((void *)&word, &seen, sizeof word, 5000))
            return 1;
    return 0;
}

static void addresses(void) {
    LONG same = 0, different = 1;
    OK("another value", WaitOnAddress((void *)&word, &different, 4, 5000));
    OK("the same value", WaitOnAddress((void *)&word, &same, 4, 5));
    OK("one byte", WaitOnAddress((void *)&word, &same, 1, 0));
    OK("three bytes", WaitOnAddress((void *)&word, &same, 3, 0));
    HANDLE threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, sleeper, NULL, 0, NULL);
    Sleep(10);
    word = 1;
    WakeByAddressAll((void *)&word);
    NUM("all woken", WaitForMultipleObjects(3, threads, TRUE, 5000));
    DWORD code = 9;
    GetExitCodeThread(threads[0], &code);
    NUM("in time", code);
}

static void locks(void) {
    SRWLOCK lock = SRWLOCK_INIT;
    NUM("try a free one", TryAcquireSRWLockExclusive(&lock));
    NUM("try a taken one", TryAcquireSRWLockExclusive(&lock));
    NUM("nor as a reader", TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    NUM("a reader", TryAcquireSRWLockShared(&lock));
    NUM("another", TryAcquireSRWLockShared(&lock));
    NUM("no writer", TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
    AcquireSRWLockExclusive(&lock);
    OK("nobody wakes", SleepConditionVariableSRW(&variable, &lock, 5, 0));
    NUM("taken again", TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
}

static void once(void) {
    INIT_ONCE first = INIT_ONCE_STATIC_INIT;
    BOOL pending = 9;
    void *context = NULL;
    OK("not done", InitOnceBeginInitialize(&first, INIT_ONCE_CHECK_ONLY, &pending, &context));
    OK("shared", InitOnceBeginInitialize(&first, INIT_ONCE_ASYNC, &pending, &context));
    NUM("pending", pending);
    OK("shared by another", InitOnceBeginInitialize(&first, INIT_ONCE_ASYNC, &pending, &context));
    OK("the first to be done", InitOnceComplete(&first, INIT_ONCE_ASYNC, (void *)16));
    OK("the second", InitOnceComplete(&first, INIT_ONCE_ASYNC, (void *)32));
    OK("done", InitOnceBeginInitialize(&first, INIT_ONCE_CHECK_ONLY, &pending, &context));
    NUM("not pending", pending);
    NUM("the first one's", (LONG_PTR)context);
    INIT_ONCE second = INIT_ONCE_STATIC_INIT;
    OK("begun", InitOnceBeginInitialize(&second, 0, &pending, NULL));
    OK("failed", InitOnceComplete(&second, INIT_ONCE_INIT_FAILED, NULL));
    OK("begun again", InitOnceBeginInitialize(&second, 0, &pending, NULL));
    OK("done", InitOnceComplete(&second, 0, NULL));
    OK("neither", InitOnceBeginInitialize(&second, INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, &pending, NULL));
}

int main(void) {
    barriers();
    addresses();
    locks();
    once();
    return 0;
}
