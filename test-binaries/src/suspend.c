// Stopping threads: suspension of running, waiting and calling threads, their registers, their end.
#include "check.h"

static volatile LONG64 counter;
static volatile LONG go, reached;

static DWORD WINAPI __attribute__((noreturn)) spin(void *unused) {
    (void)unused;
    for (;;)
        counter++;
}

static DWORD WINAPI until_told(void *unused) {
    (void)unused;
    while (!go)
        counter++;
    return 7;
}

static DWORD WINAPI wait_for(void *event) {
    WaitForSingleObject(event, INFINITE);
    reached = 1;
    return 8;
}

static DWORD WINAPI calls(void *unused) {
    (void)unused;
    while (!go) {
        SetLastError(3);
        if (GetLastError() != 3)
            return 1;
        counter += GetCurrentThreadId() != 0;
    }
    return 9;
}

static DWORD WINAPI read_pipe(void *pipe) {
    char c;
    DWORD n;
    ReadFile(pipe, &c, 1, &n, NULL);
    reached = c;
    return 10;
}

static DWORD WINAPI suspend_self(void *unused) {
    (void)unused;
    DWORD before = SuspendThread(GetCurrentThread());
    reached = 1;
    return before;
}

static void __attribute__((noreturn)) landed(void) {
    ExitThread(11);
}

static HANDLE start(LPTHREAD_START_ROUTINE function, void *argument) {
    counter = 0;
    go = reached = 0;
    return CreateThread(NULL, 0, function, argument, 0, NULL);
}

static void await_running(void) {
    while (!counter)
        Sleep(1);
}

// Gives a thread that may run on a busy machine its time.
static int moves(void) {
    LONG64 before = counter;
    for (int i = 0; i < 30 && counter == before; i++)
        Sleep(10);
    return counter != before;
}

static DWORD ended(HANDLE thread) {
    DWORD code = 0;
    if (WaitForSingleObject(thread, 20000) != WAIT_OBJECT_0)
        return 0xdead;
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static int in_function(DWORD64 rip, void *function) {
    return rip >= (DWORD64)function && rip < (DWORD64)function + 128;
}

int main(void) {
    puts("a running thread");
    HANDLE thread = start(until_told, NULL);
    await_running();
    NUM("suspended before", SuspendThread(thread));
    NUM("moves", moves());
    NUM("suspended before", SuspendThread(thread));
    NUM("resumed from", ResumeThread(thread));
    NUM("moves", moves());
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    OK("its context", GetThreadContext(thread, &context));
    NUM("in its function", in_function(context.Rip, until_told));
    NUM("on a stack", context.Rsp != 0 && (char *)context.Rsp != (char *)&context);
    NUM("resumed from", ResumeThread(thread));
    NUM("moves", moves());
    NUM("not suspended any more", ResumeThread(thread));
    go = 1;
    NUM("ends with", ended(thread));

    puts("a waiting thread");
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    thread = start(wait_for, event);
    Sleep(20);
    NUM("suspended before", SuspendThread(thread));
    SetEvent(event);
    NUM("waits on", WaitForSingleObject(thread, 30) == WAIT_TIMEOUT);
    NUM("went on", reached);
    NUM("resumed from", ResumeThread(thread));
    NUM("ends with", ended(thread));
    NUM("went on", reached);

    puts("a reading thread");
    HANDLE from, to;
    DWORD n;
    OK("pipe", CreatePipe(&from, &to, NULL, 0));
    thread = start(read_pipe, from);
    Sleep(20);
    NUM("suspended before", SuspendThread(thread));
    WriteFile(to, "x", 1, &n, NULL);
    NUM("waits on", WaitForSingleObject(thread, 30) == WAIT_TIMEOUT);
    NUM("went on", reached);
    NUM("resumed from", ResumeThread(thread));
    NUM("ends with", ended(thread));
    NUM("went on", reached == 'x');

    puts("a calling thread, many times");
    thread = start(calls, NULL);
    await_running();
    int stood = 0, in_order = 0;
    for (int i = 0; i < 500; i++) {
        in_order += SuspendThread(thread) == 0;
        LONG64 before = counter;
        for (volatile int spin = 0; spin < 2000; spin++)
            ;
        stood += counter == before;
        in_order += ResumeThread(thread) == 1;
    }
    NUM("counts were right", in_order);
    NUM("stood still", stood);
    NUM("moves", moves());
    go = 1;
    NUM("ends with", ended(thread));

    puts("other registers");
    thread = start(spin, NULL);
    await_running();
    SuspendThread(thread);
    context.ContextFlags = CONTEXT_CONTROL;
    OK("its context", GetThreadContext(thread, &context));
    NUM("in its function", in_function(context.Rip, spin));
    context.Rip = (DWORD64)landed;
    context.Rsp = (context.Rsp & ~(DWORD64)15) - 8;
    OK("changed", SetThreadContext(thread, &context));
    CONTEXT again = {.ContextFlags = CONTEXT_CONTROL};
    OK("read again", GetThreadContext(thread, &again));
    NUM("as set", again.Rip == context.Rip && again.Rsp == context.Rsp);
    ResumeThread(thread);
    NUM("ends with", ended(thread));

    puts("a thread that suspends itself");
    thread = start(suspend_self, NULL);
    DWORD depth;
    while ((depth = ResumeThread(thread)) == 0)
        Sleep(1);
    NUM("resumed from", depth);
    NUM("ends with", ended(thread));
    NUM("went on", reached);

    puts("ends");
    thread = start(spin, NULL);
    await_running();
    OK("a running thread", TerminateThread(thread, 21));
    NUM("ends with", ended(thread));
    NUM("moves", moves());
    thread = start(spin, NULL);
    await_running();
    SuspendThread(thread);
    OK("a suspended thread", TerminateThread(thread, 22));
    NUM("ends with", ended(thread));
    thread = start(wait_for, CreateEventA(NULL, TRUE, FALSE, NULL));
    Sleep(20);
    OK("a waiting thread", TerminateThread(thread, 23));
    NUM("ends with", ended(thread));
    thread = CreateThread(NULL, 0, wait_for, event, CREATE_SUSPENDED, NULL);
    OK("a thread that has not begun", TerminateThread(thread, 24));
    NUM("ends with", ended(thread));

    puts("bad input");
    thread = CreateThread(NULL, 0, wait_for, event, CREATE_SUSPENDED, NULL);
    int most = 1;
    while (most < 200 && SuspendThread(thread) != (DWORD)-1)
        most++;
    NUM("suspended at most", most);
    NUM("refused", GetLastError());
    while (ResumeThread(thread) > 1)
        ;
    NUM("ends with", WaitForSingleObject(thread, 20000));
    SetLastError(0);
    NUM("after its end", (int)SuspendThread(thread));
    NUM("refused", GetLastError());
    CloseHandle(thread);
    SetLastError(0);
    NUM("no handle", (int)SuspendThread(NULL));
    NUM("refused", GetLastError());
    SetLastError(0);
    NUM("an event's handle", (int)SuspendThread(event));
    NUM("refused", GetLastError());
    OK("context of no thread", GetThreadContext(event, &context));
    return 0;
}
