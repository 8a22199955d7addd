// Threads: parameters, exit codes, suspension, ids, last error of its own, the C runtime's threads.
#include "check.h"
#include <process.h>

static DWORD WINAPI returns(void *parameter) {
    return (DWORD)(INT_PTR)parameter;
}

static DWORD WINAPI exits(void *parameter) {
    ExitThread((DWORD)(INT_PTR)parameter + 1);
}

static DWORD WINAPI own_id(void *parameter) {
    *(DWORD *)parameter = GetCurrentThreadId();
    return 0;
}

static DWORD WINAPI own_error(void *parameter) {
    DWORD start = GetLastError();
    SetLastError(77);
    *(DWORD *)parameter = start;
    return GetLastError();
}

static DWORD WINAPI waits(void *parameter) {
    return WaitForSingleObject(parameter, INFINITE);
}

static DWORD WINAPI counts(void *parameter) {
    for (int i = 0; i < 1000; i++)
        InterlockedIncrement((volatile LONG *)parameter);
    return 0;
}

static DWORD WINAPI deep_stack(void *parameter) {
    volatile char room[1500000];
    (void)parameter;
    for (int i = 0; i < 1500000; i += 4096)
        room[i] = 1;
    return room[4096] + room[1499136];
}

static unsigned __stdcall crt_thread(void *parameter) {
    _endthreadex((unsigned)(INT_PTR)parameter * 2);
    return 0;
}

static volatile LONG crt_ran;

static void __cdecl crt_simple(void *parameter) {
    InterlockedExchange(&crt_ran, (LONG)(INT_PTR)parameter);
}

static DWORD join(HANDLE h) {
    DWORD code = 0xdead;
    NUM("wait", WaitForSingleObject(h, 10000));
    GetExitCodeThread(h, &code);
    CloseHandle(h);
    return code;
}

int main(void) {
    NUM("returned", join(CreateThread(NULL, 0, returns, (void *)5, 0, NULL)));
    NUM("ExitThread", join(CreateThread(NULL, 0, exits, (void *)5, 0, NULL)));

    DWORD id = 0, seen = 0, code;
    HANDLE h = CreateThread(NULL, 0, own_id, &seen, CREATE_SUSPENDED, &id);
    OK("exit code while running", GetExitCodeThread(h, &code));
    NUM("STILL_ACTIVE", code);
    NUM("waiting for it times out", WaitForSingleObject(h, 20));
    NUM("suspend again, count before", SuspendThread(h));
    NUM("resume, count before", ResumeThread(h));
    NUM("resume, count before", ResumeThread(h));
    NUM("GetThreadId", GetThreadId(h) == id);
    NUM("exit code", join(h));
    NUM("id inside is id outside", seen == id && id != 0);
    NUM("not the main thread's", id != GetCurrentThreadId());

    SetLastError(123);
    DWORD start = 99;
    NUM("last error in a thread", join(CreateThread(NULL, 0, own_error, &start, 0, NULL)));
    NUM("where it started at", start);

    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE many[32];
    for (int i = 0; i < 32; i++)
        many[i] = CreateThread(NULL, 0, waits, event, 0, NULL);
    NUM("none has ended", WaitForMultipleObjects(32, many, FALSE, 20));
    SetEvent(event);
    NUM("all have ended", WaitForMultipleObjects(32, many, TRUE, 10000));
    for (int i = 0; i < 32; i++)
        CloseHandle(many[i]);

    LONG total = 0;
    for (int i = 0; i < 8; i++)
        many[i] = CreateThread(NULL, 0, counts, &total, 0, NULL);
    WaitForMultipleObjects(8, many, TRUE, 10000);
    NUM("interlocked total", total);
    for (int i = 0; i < 8; i++)
        CloseHandle(many[i]);

    NUM("a stack of 2 MB", join(CreateThread(NULL, 2 << 20, deep_stack, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)));

    h = CreateThread(NULL, 0, waits, CreateEventA(NULL, TRUE, FALSE, NULL), 0, NULL);
    NUM("priority", GetThreadPriority(h));
    OK("set priority", SetThreadPriority(h, THREAD_PRIORITY_BELOW_NORMAL));
    NUM("priority", GetThreadPriority(h));
    OK("TerminateThread", TerminateThread(h, 44));
    NUM("terminated", join(h));

    HANDLE real = NULL;
    OK("duplicate the pseudo handle",
       DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &real, 0, FALSE, DUPLICATE_SAME_ACCESS));
    NUM("is this thread", GetThreadId(real) == GetCurrentThreadId());
    NUM("runs on", WaitForSingleObject(real, 0));
    CloseHandle(real);
    OK("exit code of a closed handle", GetExitCodeThread(real, &code));

    unsigned crt_id = 0;
    h = (HANDLE)_beginthreadex(NULL, 0, crt_thread, (void *)21, 0, &crt_id);
    NUM("_beginthreadex gives an id", crt_id == GetThreadId(h));
    NUM("_endthreadex", join(h));
    _beginthread(crt_simple, 0, (void *)9);
    for (int i = 0; i < 1000 && !crt_ran; i++)
        Sleep(5);
    NUM("_beginthread ran", crt_ran);
    return 0;
}
