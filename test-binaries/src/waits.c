// Waits with what cannot be waited for: closed, foreign and wrong handles, too many, bad pointers; signal and wait; overlapped results.
#define _WIN32_WINNT 0x0602
#include "check.h"
#include <winternl.h>

#define WAIT(name, call) show_wait(name, (SetLastError(0xdead), (call)))

static void show_wait(const char *name, DWORD result) {
    DWORD error = GetLastError();
    if (result == WAIT_FAILED)
        printf("%s: failed, error %lu\n", name, error);
    else
        printf("%s: %lu\n", name, result);
}

static HANDLE unnamed_event(BOOL manual, BOOL set) {
    return CreateEventA(NULL, manual, set, NULL);
}

static void CALLBACK call(ULONG_PTR number) {
    NUM("call", number);
}

static void handles(void) {
    HANDLE event = unnamed_event(TRUE, TRUE), gone = unnamed_event(TRUE, TRUE), less;
    CloseHandle(gone);
    OK("set when closed", SetEvent(gone));
    OK("closed again", CloseHandle(gone));
    WAIT("a signalled one", WaitForSingleObject(event, 0));
    WAIT("low bits do not count", WaitForSingleObject((HANDLE)((ULONG_PTR)event | 3), 0));
    WAIT("a closed one", WaitForSingleObject(gone, 0));
    WAIT("none", WaitForSingleObject(NULL, 0));
    WAIT("one there never was", WaitForSingleObject((HANDLE)0x7654320, 0));
    WAIT("its own thread", WaitForSingleObject(GetCurrentThread(), 1));
    WAIT("its own process", WaitForSingleObject(GetCurrentProcess(), 1));
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &less, EVENT_MODIFY_STATE, FALSE, 0);
    WAIT("without the right to wait", WaitForSingleObject(less, 0));
    OK("but with that to set", SetEvent(less));
    CloseHandle(less);
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &less, SYNCHRONIZE, FALSE, 0);
    WAIT("with the right to wait", WaitForSingleObject(less, 0));
    OK("but not to set", SetEvent(less));
    OK("nor to reset", ResetEvent(less));
    CloseHandle(less);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    WAIT("what cannot be waited for", WaitForSingleObject(section, 0));
    OK("an event that is none", SetEvent(section));
    OK("a mutex that is none", ReleaseMutex(event));
    OK("a semaphore that is none", ReleaseSemaphore(event, 1, NULL));
    OK("a timer that is none", CancelWaitableTimer(event));
    OK("a thread that is none", GetExitCodeThread(event, &(DWORD){0}));
    CloseHandle(section);
    CloseHandle(event);
}

static void many(void) {
    HANDLE events[65];
    for (int i = 0; i < 65; i++)
        events[i] = unnamed_event(TRUE, i == 40 || i == 63);
    WAIT("sixty-four, any", WaitForMultipleObjects(64, events, FALSE, 0));
    WAIT("sixty-four, all", WaitForMultipleObjects(64, events, TRUE, 0));
    WAIT("sixty-five", WaitForMultipleObjects(65, events, FALSE, 0));
    WAIT("none", WaitForMultipleObjects(0, events, FALSE, 0));
    WAIT("absurdly many", WaitForMultipleObjects(0x40000001, events, FALSE, 0));
    HANDLE pair[2] = {events[0], NULL};
    WAIT("one of them none", WaitForMultipleObjects(2, pair, FALSE, 0));
    pair[0] = events[40];
    WAIT("after a signalled one", WaitForMultipleObjects(2, pair, FALSE, 0));
    pair[1] = events[41];
    WAIT("the first that is signalled", WaitForMultipleObjects(2, pair, FALSE, 0));
    WAIT("not all", WaitForMultipleObjects(2, pair, TRUE, 5));
    pair[1] = (HANDLE)((ULONG_PTR)events[63] | 1);
    WAIT("all", WaitForMultipleObjects(2, pair, TRUE, 0));
    CloseHandle(events[7]);
    WAIT("one of many closed", WaitForMultipleObjects(64, events, FALSE, 0));
    QueueUserAPC(call, GetCurrentThread(), 1);
    WAIT("alertable, but signalled", WaitForMultipleObjectsEx(2, pair, FALSE, 1000, TRUE));
    WAIT("alertable", WaitForSingleObjectEx(events[0], 1000, TRUE));
    WAIT("no call is left", WaitForSingleObjectEx(events[0], 5, TRUE));
    for (int i = 0; i < 65; i++)
        if (i != 7)
            CloseHandle(events[i]);
}

#ifndef STATUS_PENDING
#define STATUS_PENDING 0x103
#endif

typedef NTSTATUS(NTAPI *wait_one)(HANDLE, BOOLEAN, LARGE_INTEGER *);
typedef NTSTATUS(NTAPI *wait_many)(ULONG, HANDLE *, int, BOOLEAN, LARGE_INTEGER *);
typedef NTSTATUS(NTAPI *set_event)(HANDLE, LONG *);

static void pointers(void) {
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    wait_one one = (wait_one)(void *)GetProcAddress(ntdll, "NtWaitForSingleObject");
    wait_many some = (wait_many)(void *)GetProcAddress(ntdll, "NtWaitForMultipleObjects");
    set_event set = (set_event)(void *)GetProcAddress(ntdll, "NtSetEvent");
    HANDLE event = unnamed_event(TRUE, TRUE);
    LARGE_INTEGER now = {.QuadPart = 0};
    char *page = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_NOACCESS);
    HEX("one", one(event, FALSE, &now));
    HEX("a limit nowhere", one(event, FALSE, (LARGE_INTEGER *)page));
    HEX("handles nowhere", some(1, (HANDLE *)page, 1, FALSE, &now));
    HEX("too many", some(65, &event, 1, FALSE, &now));
    HEX("a bad handle", one((HANDLE)0x7654320, FALSE, &now));
    VirtualAlloc(page, 4096, MEM_COMMIT, PAGE_READWRITE);
    char *odd = page + 4096 - 8 - 3;
    memcpy(odd, &event, sizeof event);
    HEX("misaligned handles", some(1, (HANDLE *)odd, 1, FALSE, &now));
    *(HANDLE *)(page + 4096 - 8) = event;
    HEX("half of them mapped", some(2, (HANDLE *)(page + 4096 - 8), 1, FALSE, &now));
    HEX("set, with nowhere to say what was", set(event, (LONG *)(page + 4096)));
    VirtualFree(page, 0, MEM_RELEASE);
    CloseHandle(event);
}

static void signal_and_wait(void) {
    HANDLE first = unnamed_event(FALSE, FALSE), second = unnamed_event(FALSE, TRUE);
    WAIT("both", SignalObjectAndWait(first, second, 0, FALSE));
    WAIT("the first was signalled", WaitForSingleObject(first, 0));
    WAIT("the second was taken", SignalObjectAndWait(first, second, 5, FALSE));
    ResetEvent(first);
    WAIT("nothing to wait for", SignalObjectAndWait(first, NULL, 0, FALSE));
    WAIT("nothing to signal", SignalObjectAndWait(NULL, second, 0, FALSE));
    WAIT("a thread cannot be signalled", SignalObjectAndWait(GetCurrentThread(), second, 0, FALSE));
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    SetEvent(second);
    WAIT("a mutex is released", SignalObjectAndWait(mutex, second, 0, FALSE));
    OK("it was", ReleaseMutex(mutex));
    SetEvent(second);
    WAIT("one that is not owned", SignalObjectAndWait(mutex, second, 0, FALSE));
    WAIT("a semaphore", SignalObjectAndWait(semaphore, second, 0, FALSE));
    WAIT("a full one", SignalObjectAndWait(semaphore, second, 0, FALSE));
    QueueUserAPC(call, GetCurrentThread(), 2);
    WAIT("alertable", SignalObjectAndWait(first, second, 1000, TRUE));
}

static void overlapped(void) {
    char folder[MAX_PATH], name[MAX_PATH], text[8] = {0};
    DWORD bytes = 77;
    GetTempPathA(sizeof folder, folder);
    GetTempFileNameA(folder, "wai", 0, name);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    OVERLAPPED request = {.hEvent = unnamed_event(TRUE, FALSE)};
    WriteFile(file, "abcdef", 6, NULL, &request);
    OK("written", GetOverlappedResult(file, &request, &bytes, TRUE));
    NUM("bytes", bytes);
    ReadFile(file, text, 4, NULL, &request);
    OK("read", GetOverlappedResult(file, &request, &bytes, TRUE));
    NUM("bytes", bytes);
    STR("text", text);
    request.Internal = STATUS_PENDING;
    ResetEvent(request.hEvent);
    OK("under way", GetOverlappedResult(file, &request, &bytes, FALSE));
    OK("still under way", GetOverlappedResultEx(file, &request, &bytes, 5, FALSE));
    QueueUserAPC(call, GetCurrentThread(), 3);
    OK("a call comes first", GetOverlappedResultEx(file, &request, &bytes, 1000, TRUE));
    request.Internal = 0xc000014b;
    OK("failed", GetOverlappedResult(file, &request, &bytes, TRUE));
    OK("nothing to cancel", CancelIo(file));
    OK("nor of one request", CancelIoEx(file, &request));
    OK("of no file", CancelIo((HANDLE)0x7654320));
    OK("of no thread", CancelSynchronousIo((HANDLE)0x7654320));
    OK("of this thread", CancelSynchronousIo(GetCurrentThread()));
    CloseHandle(file);
}

int main(void) {
    handles();
    many();
    pointers();
    signal_and_wait();
    overlapped();
    return 0;
}
