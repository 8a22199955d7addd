// Kernel objects: events, semaphores, mutexes, named objects, waits for one and for many.
#include "check.h"

static DWORD WINAPI takes_mutex(void *mutex) {
    return WaitForSingleObject(mutex, 0);
}

static DWORD WINAPI keeps_mutex(void *mutex) {
    WaitForSingleObject(mutex, INFINITE);
    return 0;
}

static DWORD WINAPI sets_later(void *event) {
    Sleep(30);
    SetEvent(event);
    return 0;
}

static DWORD on_thread(LPTHREAD_START_ROUTINE routine, void *parameter) {
    DWORD code;
    HANDLE h = CreateThread(NULL, 0, routine, parameter, 0, NULL);
    WaitForSingleObject(h, INFINITE);
    GetExitCodeThread(h, &code);
    CloseHandle(h);
    return code;
}

static void events(void) {
    HANDLE automatic = CreateEventA(NULL, FALSE, FALSE, NULL), manual = CreateEventA(NULL, TRUE, TRUE, NULL);
    NUM("auto, not set", WaitForSingleObject(automatic, 0));
    OK("set", SetEvent(automatic));
    NUM("auto, set", WaitForSingleObject(automatic, 0));
    NUM("auto, taken", WaitForSingleObject(automatic, 0));
    NUM("manual, set", WaitForSingleObject(manual, 0));
    NUM("manual, still set", WaitForSingleObject(manual, 0));
    OK("reset", ResetEvent(manual));
    NUM("manual, reset", WaitForSingleObject(manual, 10));
    HANDLE h = CreateThread(NULL, 0, sets_later, automatic, 0, NULL);
    NUM("set by another thread", WaitForSingleObject(automatic, 10000));
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);
    NUM("signal and wait", SignalObjectAndWait(manual, manual, 0, FALSE));
    CloseHandle(automatic);
    OK("set a closed one", SetEvent(automatic));
    CloseHandle(manual);
}

static void semaphores(void) {
    LONG before = -1;
    HANDLE s = CreateSemaphoreA(NULL, 1, 3, NULL);
    NUM("take", WaitForSingleObject(s, 0));
    NUM("empty", WaitForSingleObject(s, 0));
    OK("release 2", ReleaseSemaphore(s, 2, &before));
    NUM("count before", before);
    OK("release past the maximum", ReleaseSemaphore(s, 2, &before));
    OK("release 0", ReleaseSemaphore(s, 0, &before));
    OK("release 1", ReleaseSemaphore(s, 1, &before));
    NUM("count before", before);
    CloseHandle(s);
    SetLastError(0);
    NUM("initial above maximum", CreateSemaphoreA(NULL, 4, 3, NULL) == NULL);
    NUM("error", GetLastError());
}

static void mutexes(void) {
    HANDLE m = CreateMutexA(NULL, TRUE, NULL);
    NUM("owner takes it again", WaitForSingleObject(m, 0));
    NUM("another thread", on_thread(takes_mutex, m));
    OK("release", ReleaseMutex(m));
    NUM("another thread, still held", on_thread(takes_mutex, m));
    OK("release", ReleaseMutex(m));
    OK("release a free one", ReleaseMutex(m));
    on_thread(keeps_mutex, m);
    NUM("owner ended: abandoned", WaitForSingleObject(m, 0));
    NUM("once only", WaitForSingleObject(m, 0));
    CloseHandle(m);
}

static void many(void) {
    HANDLE h[3] = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL)};
    NUM("any, none set", WaitForMultipleObjects(3, h, FALSE, 0));
    SetEvent(h[1]);
    SetEvent(h[2]);
    NUM("any, the first set", WaitForMultipleObjects(3, h, FALSE, 0));
    NUM("any, the next", WaitForMultipleObjects(3, h, FALSE, 0));
    SetEvent(h[0]);
    NUM("all, one missing", WaitForMultipleObjects(3, h, TRUE, 10));
    NUM("nothing was taken", WaitForSingleObject(h[0], 0));
    SetEvent(h[0]);
    SetEvent(h[1]);
    NUM("all", WaitForMultipleObjects(3, h, TRUE, 1000));
    NUM("all taken", WaitForMultipleObjects(2, h, FALSE, 0));
    SetLastError(0);
    HANDLE twice[2] = {h[0], h[0]};
    HEX("all, the same twice", WaitForMultipleObjects(2, twice, TRUE, 0));
    NUM("error", GetLastError());
    HEX("count 0", WaitForMultipleObjects(0, h, FALSE, 0));
    NUM("error", GetLastError());
    HEX("count 65", WaitForMultipleObjects(65, h, FALSE, 0));
    NUM("error", GetLastError());
    HANDLE bad[2] = {h[0], NULL};
    HEX("a bad handle", WaitForMultipleObjects(2, bad, FALSE, 0));
    NUM("error", GetLastError());
    for (int i = 0; i < 3; i++)
        CloseHandle(h[i]);
}

static void names(void) {
    SetLastError(99);
    HANDLE first = CreateEventA(NULL, TRUE, FALSE, "exeunt-test-event");
    NUM("new name", GetLastError());
    HANDLE second = CreateEventA(NULL, FALSE, TRUE, "exeunt-test-event");
    NUM("known name", GetLastError());
    SetEvent(second);
    NUM("same object, manual", WaitForSingleObject(first, 0) == 0 && WaitForSingleObject(first, 0) == 0);
    HANDLE opened = OpenEventA(EVENT_ALL_ACCESS, FALSE, "exeunt-test-event");
    NUM("open", opened != NULL);
    SetLastError(0);
    NUM("other type", CreateMutexA(NULL, FALSE, "exeunt-test-event") == NULL);
    NUM("error", GetLastError());
    NUM("other case is another name", OpenEventA(EVENT_ALL_ACCESS, FALSE, "EXEUNT-test-event") == NULL);
    NUM("error", GetLastError());
    HANDLE local = OpenEventA(EVENT_ALL_ACCESS, FALSE, "Local\\exeunt-test-event");
    NUM("Local\\ is the same folder", local != NULL);
    CloseHandle(local);
    CloseHandle(first);
    CloseHandle(second);
    CloseHandle(opened);
    SetLastError(0);
    NUM("gone with the last handle", OpenEventA(EVENT_ALL_ACCESS, FALSE, "exeunt-test-event") == NULL);
    NUM("error", GetLastError());
}

int main(void) {
    events();
    semaphores();
    mutexes();
    many();
    names();
    return 0;
}
