// The older thread pool: work items, registered waits, timer queues, bound files.
#include "check.h"

static volatile LONG count, fired;
static HANDLE gate, reached;

static void reset(void) {
    count = fired = 0;
    ResetEvent(gate);
    ResetEvent(reached);
}

static DWORD CALLBACK work(void *context) {
    InterlockedExchangeAdd(&count, (LONG)(LONG_PTR)context);
    SetEvent(reached);
    return 0;
}

static DWORD CALLBACK exits(void *context) {
    SetEvent(context);
    ExitThread(5);
}

static void work_items(void) {
    reset();
    OK("queued", QueueUserWorkItem(work, (void *)4, WT_EXECUTEDEFAULT));
    NUM("it ran", WaitForSingleObject(reached, 5000));
    NUM("with its context", count);
    reset();
    OK("long", QueueUserWorkItem(work, (void *)5, WT_EXECUTELONGFUNCTION));
    NUM("it ran", WaitForSingleObject(reached, 5000));
    reset();
    OK("persistent", QueueUserWorkItem(work, (void *)6, WT_EXECUTEINPERSISTENTTHREAD));
    NUM("it ran", WaitForSingleObject(reached, 5000));
    reset();
    for (int i = 0; i < 100; i++)
        QueueUserWorkItem(work, (void *)1, 0);
    for (int i = 0; i < 2000 && count < 100; i++)
        Sleep(1);
    NUM("a hundred", count);
    reset();
    OK("one that ends its thread", QueueUserWorkItem(exits, reached, 0));
    NUM("it ran", WaitForSingleObject(reached, 5000));
    reset();
    OK("another after that", QueueUserWorkItem(work, (void *)2, 0));
    NUM("it ran", WaitForSingleObject(reached, 5000));
}

static void CALLBACK waited(void *context, BOOLEAN timed_out) {
    (void)context;
    fired = timed_out;
    InterlockedIncrement(&count);
    SetEvent(reached);
}

static void CALLBACK blocks(void *context, BOOLEAN timed_out) {
    (void)context, (void)timed_out;
    SetEvent(reached);
    WaitForSingleObject(gate, 5000);
    InterlockedIncrement(&count);
}

static void waits(void) {
    reset();
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), wait;
    OK("registered once", RegisterWaitForSingleObject(&wait, event, waited, NULL, INFINITE, WT_EXECUTEONLYONCE));
    SetEvent(event);
    NUM("called", WaitForSingleObject(reached, 5000));
    NUM("not for the time", fired);
    SetEvent(event);
    Sleep(20);
    NUM("once", count);
    NUM("the event is left alone", WaitForSingleObject(event, 0));
    OK("unregistered", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));

    reset();
    OK("registered again", RegisterWaitForSingleObject(&wait, event, waited, NULL, INFINITE, WT_EXECUTEDEFAULT));
    for (int i = 1; i <= 3; i++) {
        SetEvent(event);
        for (int n = 0; n < 2000 && count < i; n++)
            Sleep(1);
    }
    NUM("called each time", count);
    OK("unregistered and waited for", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    SetEvent(event);
    NUM("not waited for any more", WaitForSingleObject(event, 100));

    reset();
    OK("with a limit", RegisterWaitForSingleObject(&wait, event, waited, NULL, 10, WT_EXECUTEONLYONCE));
    NUM("called", WaitForSingleObject(reached, 5000));
    NUM("for the time", fired);
    OK("unregistered", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));

    reset();
    OK("one that blocks", RegisterWaitForSingleObject(&wait, event, blocks, NULL, INFINITE, WT_EXECUTEONLYONCE));
    SetEvent(event);
    WaitForSingleObject(reached, 5000);
    OK("a callback is left", UnregisterWait(wait));
    SetEvent(gate);
    for (int n = 0; n < 2000 && !count; n++)
        Sleep(1);
    NUM("it ends", count);

    reset();
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    OK("one more that blocks", RegisterWaitForSingleObject(&wait, event, blocks, NULL, INFINITE, WT_EXECUTEONLYONCE));
    SetEvent(event);
    WaitForSingleObject(reached, 5000);
    OK("an event for its end", UnregisterWaitEx(wait, done));
    NUM("not yet", WaitForSingleObject(done, 0));
    SetEvent(gate);
    NUM("now", WaitForSingleObject(done, 5000));
    OK("no object", RegisterWaitForSingleObject(&wait, (HANDLE)0x1234568, waited, NULL, INFINITE, 0));
}

static void CALLBACK ticks(void *context, BOOLEAN timed_out) {
    fired = timed_out;
    if (InterlockedIncrement(&count) == (LONG)(LONG_PTR)context)
        SetEvent(reached);
}

static volatile DWORD first_thread, threads_differ;

static void CALLBACK same_thread(void *context, BOOLEAN timed_out) {
    (void)timed_out;
    if (!first_thread)
        first_thread = GetCurrentThreadId();
    else if (first_thread != GetCurrentThreadId())
        threads_differ = 1;
    ticks(context, TRUE);
}

static void timers(void) {
    reset();
    HANDLE queue = CreateTimerQueue(), timer;
    NUM("a timer queue", queue != NULL);
    OK("once", CreateTimerQueueTimer(&timer, queue, ticks, (void *)1, 5, 0, 0));
    NUM("called", WaitForSingleObject(reached, 5000));
    NUM("for the time", fired);
    Sleep(20);
    NUM("once", count);
    OK("too late to change", ChangeTimerQueueTimer(queue, timer, 1, 0));
    Sleep(20);
    NUM("not updated", count);
    OK("deleted", DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));

    reset();
    OK("again and again", CreateTimerQueueTimer(&timer, queue, ticks, (void *)4, 0, 5, 0));
    NUM("called", WaitForSingleObject(reached, 5000));
    OK("deleted", DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    LONG then = count;
    Sleep(30);
    NUM("none after that", count - then);

    reset();
    OK("late", CreateTimerQueueTimer(&timer, queue, ticks, (void *)1, 60000, 0, 0));
    OK("changed to soon", ChangeTimerQueueTimer(queue, timer, 5, 0));
    NUM("called", WaitForSingleObject(reached, 5000));
    DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE);

    reset();
    OK("in the timer's thread", CreateTimerQueueTimer(&timer, queue, same_thread, (void *)5, 1, 2,
                                                       WT_EXECUTEINTIMERTHREAD));
    NUM("called", WaitForSingleObject(reached, 5000));
    DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE);
    NUM("always the same", threads_differ);

    reset();
    OK("one that blocks", CreateTimerQueueTimer(&timer, queue, blocks, NULL, 1, 0, 0));
    WaitForSingleObject(reached, 5000);
    OK("a callback is left", DeleteTimerQueueTimer(queue, timer, NULL));
    SetEvent(gate);
    for (int n = 0; n < 2000 && !count; n++)
        Sleep(1);
    NUM("it ends", count);

    reset();
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    CreateTimerQueueTimer(&timer, queue, blocks, NULL, 1, 0, WT_EXECUTELONGFUNCTION);
    WaitForSingleObject(reached, 5000);
    OK("an event for its end", DeleteTimerQueueTimer(queue, timer, done));
    NUM("not yet", WaitForSingleObject(done, 20));
    SetEvent(gate);
    NUM("now", WaitForSingleObject(done, 5000));
    NUM("it has ended", count);
    OK("the empty queue", DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));

    reset();
    queue = CreateTimerQueue();
    CreateTimerQueueTimer(&timer, queue, ticks, (void *)99, 0, 1, 0);
    Sleep(10);
    OK("the queue and its timers", DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    then = count;
    Sleep(20);
    NUM("none after that", count - then);

    reset();
    OK("in the default queue", CreateTimerQueueTimer(&timer, NULL, ticks, (void *)1, 1, 0, 0));
    NUM("called", WaitForSingleObject(reached, 5000));
    OK("deleted", DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
    OK("no timer", DeleteTimerQueueTimer(NULL, NULL, NULL));
    OK("no queue", DeleteTimerQueueEx(NULL, NULL));
}

static void CALLBACK completed(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    NUM("error", error);
    NUM("bytes", bytes);
    SetEvent(reached);
    (void)overlapped;
}

static void files(void) {
    reset();
    char folder[MAX_PATH], name[MAX_PATH];
    GetTempPathA(sizeof folder, folder);
    GetTempFileNameA(folder, "tmq", 0, name);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    OK("bound", BindIoCompletionCallback(file, completed, 0));
    OVERLAPPED overlapped = {0};
    WriteFile(file, "hello", 5, NULL, &overlapped);
    NUM("called", WaitForSingleObject(reached, 5000));
    OK("bound twice", BindIoCompletionCallback(file, completed, 0));
    OK("not a file", BindIoCompletionCallback((HANDLE)0x1234568, completed, 0));
    CloseHandle(file);
}

int main(void) {
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    reached = CreateEventA(NULL, TRUE, FALSE, NULL);
    work_items();
    waits();
    timers();
    files();
    return 0;
}
