// The thread pool: work, timers, waits, I/O, pools of one's own, cleanup groups, what callbacks ask for.
#define _WIN32_WINNT 0x0602
#include "check.h"

static volatile LONG count, running, most_running, told;
static HANDLE gate, reached;

static void reset(void) {
    count = running = most_running = told = 0;
    ResetEvent(gate);
    ResetEvent(reached);
}

static void CALLBACK adds(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance, (void)work;
    InterlockedExchangeAdd(&count, (LONG)(LONG_PTR)context);
}

// Says that it has begun and waits for the gate.
static void CALLBACK holds(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance, (void)context, (void)work;
    LONG now = InterlockedIncrement(&running), most = most_running;
    while (now > most && InterlockedCompareExchange(&most_running, now, most) != most)
        most = most_running;
    SetEvent(reached);
    WaitForSingleObject(gate, 5000);
    InterlockedDecrement(&running);
    InterlockedIncrement(&count);
}

static void CALLBACK simple(PTP_CALLBACK_INSTANCE instance, void *context) {
    (void)instance;
    InterlockedIncrement(&count);
    SetEvent(context);
}

static void work_objects(void) {
    reset();
    PTP_WORK work = CreateThreadpoolWork(adds, (void *)3, NULL);
    NUM("a work object", work != NULL);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    NUM("nothing submitted", count);
    for (int i = 0; i < 1000; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    NUM("a thousand times three", count);
    SubmitThreadpoolWork(work);
    CloseThreadpoolWork(work);
    for (int i = 0; i < 500 && count < 3003; i++)
        Sleep(1);
    NUM("what was submitted before the end", count);
    reset();
    OK("submitted without an object", TrySubmitThreadpoolCallback(simple, reached, NULL));
    NUM("it ran", WaitForSingleObject(reached, 5000));
    NUM("once", count);
}

static void CALLBACK closes(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance;
    CloseThreadpoolWork(work);
    SetEvent(context);
}

static void CALLBACK submits(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance, (void)context;
    if (InterlockedIncrement(&count) < 10)
        SubmitThreadpoolWork(work);
}

static void CALLBACK leaves(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance, (void)work;
    // Later requests of a kind: another kind each.
    SetEventWhenCallbackReturns(instance, context);
}

static void own_pool(void) {
    reset();
    PTP_POOL pool = CreateThreadpool(NULL);
    NUM("a pool", pool != NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    OK("one thread at least", SetThreadpoolThreadMinimum(pool, 1));
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_WORK work = CreateThreadpoolWork(holds, NULL, &environment);
    for (int i = 0; i < 5; i++)
        SubmitThreadpoolWork(work);
    WaitForSingleObject(reached, 5000);
    Sleep(20);
    NUM("one at a time", running);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    NUM("five in all", count);
    NUM("most at a time", most_running);

    reset();
    for (int i = 0; i < 5; i++)
        SubmitThreadpoolWork(work);
    WaitForSingleObject(reached, 5000);
    HANDLE opener = gate;
    // Dropped: all but the one that runs.
    SetThreadpoolThreadMaximum(pool, 1);
    PTP_WORK last = CreateThreadpoolWork(closes, reached, &environment);
    NUM("another object", last != NULL);
    TrySubmitThreadpoolCallback((PTP_SIMPLE_CALLBACK)(void *)simple, reached, NULL);
    WaitForSingleObject(reached, 5000);
    SetEvent(opener);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    NUM("nothing runs", running);
    CloseThreadpoolWork(work);
    ResetEvent(reached);
    SubmitThreadpoolWork(last);
    NUM("closes the object it runs on", WaitForSingleObject(reached, 5000));

    reset();
    PTP_WORK again = CreateThreadpoolWork(submits, NULL, &environment);
    SubmitThreadpoolWork(again);
    for (int i = 0; i < 500 && count < 10; i++)
        Sleep(1);
    WaitForThreadpoolWorkCallbacks(again, FALSE);
    NUM("submits itself", count);
    CloseThreadpoolWork(again);

    reset();
    PTP_WORK sets = CreateThreadpoolWork(leaves, reached, &environment);
    SubmitThreadpoolWork(sets);
    NUM("an event when it returns", WaitForSingleObject(reached, 5000));
    CloseThreadpoolWork(sets);
    CloseThreadpool(pool);
}

// Callbacks that need each other run at a time, on however few processors.
static void CALLBACK meets(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance, (void)context, (void)work;
    if (InterlockedIncrement(&count) == 4)
        SetEvent(gate);
    if (WaitForSingleObject(gate, 5000) == WAIT_OBJECT_0)
        InterlockedIncrement(&told);
}

static void blocked_workers(void) {
    reset();
    PTP_POOL pool = CreateThreadpool(NULL);
    SetThreadpoolThreadMaximum(pool, 8);
    OK("four threads at least", SetThreadpoolThreadMinimum(pool, 4));
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_WORK work = CreateThreadpoolWork(meets, NULL, &environment);
    for (int i = 0; i < 4; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    NUM("callbacks that wait for each other", told);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
}

struct at_end {
    CRITICAL_SECTION section;
    HANDLE mutex, semaphore, event;
    BOOL room;
};

static void CALLBACK asks(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)work;
    struct at_end *end = context;
    end->room = CallbackMayRunLong(instance);
    EnterCriticalSection(&end->section);
    WaitForSingleObject(end->mutex, INFINITE);
    LeaveCriticalSectionWhenCallbackReturns(instance, &end->section);
    ReleaseMutexWhenCallbackReturns(instance, end->mutex);
    ReleaseSemaphoreWhenCallbackReturns(instance, end->semaphore, 2);
    SetEventWhenCallbackReturns(instance, end->event);
}

static void CALLBACK parts(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)context, (void)work;
    DisassociateCurrentThreadFromCallback(instance);
    SetEvent(reached);
    WaitForSingleObject(gate, 5000);
    InterlockedIncrement(&count);
}

static void instances(void) {
    reset();
    struct at_end end = {.mutex = CreateMutexA(NULL, FALSE, NULL), .semaphore = CreateSemaphoreA(NULL, 0, 9, NULL),
                         .event = CreateEventA(NULL, TRUE, FALSE, NULL)};
    InitializeCriticalSection(&end.section);
    PTP_WORK work = CreateThreadpoolWork(asks, &end, NULL);
    SubmitThreadpoolWork(work);
    NUM("event", WaitForSingleObject(end.event, 5000));
    NUM("room for others", end.room);
    NUM("mutex", WaitForSingleObject(end.mutex, 5000));
    NUM("semaphore", WaitForSingleObject(end.semaphore, 5000));
    NUM("semaphore again", WaitForSingleObject(end.semaphore, 5000));
    NUM("and no more", WaitForSingleObject(end.semaphore, 0));
    NUM("critical section", TryEnterCriticalSection(&end.section));
    CloseThreadpoolWork(work);

    work = CreateThreadpoolWork(parts, NULL, NULL);
    SubmitThreadpoolWork(work);
    WaitForSingleObject(reached, 5000);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    NUM("not waited for", count);
    CloseThreadpoolWork(work);
    SetEvent(gate);
    for (int i = 0; i < 500 && !count; i++)
        Sleep(1);
    NUM("but it ends", count);
}

static void CALLBACK ticks(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer) {
    (void)instance, (void)timer;
    if (InterlockedIncrement(&count) == (LONG)(LONG_PTR)context)
        SetEvent(reached);
}

static FILETIME *in_ms(FILETIME *time, int ms) {
    LONGLONG units = -10000LL * ms;
    time->dwLowDateTime = (DWORD)units;
    time->dwHighDateTime = (DWORD)(units >> 32);
    return time;
}

static void timers(void) {
    reset();
    FILETIME due;
    PTP_TIMER timer = CreateThreadpoolTimer(ticks, (void *)1, NULL);
    NUM("not set", IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, in_ms(&due, 10000), 0, 0);
    NUM("set", IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, NULL, 0, 0);
    NUM("taken back", IsThreadpoolTimerSet(timer));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    NUM("no callback", count);
    SetThreadpoolTimer(timer, in_ms(&due, 5), 0, 0);
    NUM("due once", WaitForSingleObject(reached, 5000));
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    Sleep(20);
    NUM("and no more", count);
    CloseThreadpoolTimer(timer);

    reset();
    timer = CreateThreadpoolTimer(ticks, (void *)5, NULL);
    FILETIME now = {0, 0};
    SetThreadpoolTimer(timer, &now, 5, 0);
    NUM("due at once and again", WaitForSingleObject(reached, 5000));
    NUM("still set", IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    LONG then = count;
    Sleep(30);
    NUM("none after that", count - then);
    CloseThreadpoolTimer(timer);
}

static volatile LONG result;

static void CALLBACK waited(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT ended) {
    (void)instance, (void)context, (void)wait;
    result = (LONG)ended;
    InterlockedIncrement(&count);
    SetEvent(reached);
}

static void waits(void) {
    reset();
    FILETIME limit;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(waited, NULL, NULL);
    SetThreadpoolWait(wait, event, NULL);
    Sleep(10);
    NUM("not signalled", count);
    SetEvent(event);
    NUM("signalled", WaitForSingleObject(reached, 5000));
    NUM("wait result", result);
    NUM("the event was taken", WaitForSingleObject(event, 0));
    SetEvent(event);
    Sleep(20);
    NUM("only once", count);
    NUM("the event was left", WaitForSingleObject(event, 0));
    ResetEvent(reached);
    SetThreadpoolWait(wait, event, in_ms(&limit, 5));
    NUM("time is up", WaitForSingleObject(reached, 5000));
    NUM("wait result", result);
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    SetEvent(event);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    NUM("taken back", WaitForSingleObject(event, 100));
    CloseThreadpoolWait(wait);

    // More than one thread can wait for.
    reset();
    enum { MANY = 100 };
    static HANDLE events[MANY];
    static PTP_WAIT many[MANY];
    for (int i = 0; i < MANY; i++) {
        events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
        many[i] = CreateThreadpoolWait(waited, NULL, NULL);
        SetThreadpoolWait(many[i], events[i], NULL);
    }
    for (int i = 0; i < MANY; i++)
        SetEvent(events[i]);
    for (int i = 0; i < 2000 && count < MANY; i++)
        Sleep(1);
    NUM("a hundred waits", count);
    for (int i = 0; i < MANY; i++) {
        WaitForThreadpoolWaitCallbacks(many[i], FALSE);
        CloseThreadpoolWait(many[i]);
        CloseHandle(events[i]);
    }
}

static void CALLBACK cancelled(void *object, void *cleanup) {
    InterlockedExchangeAdd(&told, (LONG)(LONG_PTR)object * (LONG)(LONG_PTR)cleanup);
}

static void CALLBACK never(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer) {
    (void)instance, (void)context, (void)timer;
    InterlockedIncrement(&count);
}

static void groups(void) {
    reset();
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    NUM("a cleanup group", group != NULL);
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, cancelled);
    PTP_WORK work = CreateThreadpoolWork(adds, (void *)1, &environment);
    PTP_TIMER timer = CreateThreadpoolTimer(never, (void *)2, &environment);
    FILETIME due;
    SetThreadpoolTimer(timer, in_ms(&due, 60000), 0, 0);
    for (int i = 0; i < 7; i++)
        SubmitThreadpoolWork(work);
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    NUM("all have run", count);
    NUM("nobody is told", told);

    reset();
    CreateThreadpoolTimer(never, (void *)10, &environment);
    work = CreateThreadpoolWork(adds, (void *)1, &environment);
    CloseThreadpoolWork(work);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, (void *)3);
    NUM("told of the one that was open", told);
    CloseThreadpoolCleanupGroup(group);
}

static void CALLBACK completed(PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped, ULONG error,
                               ULONG_PTR bytes, PTP_IO io) {
    (void)instance, (void)io;
    NUM("context", (LONG_PTR)context);
    NUM("overlapped", overlapped != NULL);
    NUM("error", error);
    NUM("bytes", bytes);
    SetEvent(reached);
}

static void file_io(void) {
    reset();
    char folder[MAX_PATH], name[MAX_PATH];
    GetTempPathA(sizeof folder, folder);
    GetTempFileNameA(folder, "pol", 0, name);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    PTP_IO io = CreateThreadpoolIo(file, completed, (void *)7, NULL);
    NUM("an I/O object", io != NULL);
    StartThreadpoolIo(io);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    OVERLAPPED overlapped = {0};
    StartThreadpoolIo(io);
    if (!WriteFile(file, "hello", 5, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
        CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    NUM("written", WaitForSingleObject(reached, 5000));
    CloseThreadpoolIo(io);
    CloseHandle(file);
}

static void bad_input(void) {
    SetLastError(0);
    NUM("not a handle", CreateThreadpoolIo((HANDLE)0x1234568, completed, NULL, NULL) != NULL);
    NUM("last error", GetLastError());
}

int main(void) {
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    reached = CreateEventA(NULL, TRUE, FALSE, NULL);
    work_objects();
    own_pool();
    blocked_workers();
    instances();
    timers();
    waits();
    groups();
    file_io();
    bad_input();
    return 0;
}
