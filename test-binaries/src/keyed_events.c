// Keyed events: those who wait and those who release meet at a key.
#include "check.h"
#include <winternl.h>

typedef NTSTATUS(NTAPI *create_fn)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
typedef NTSTATUS(NTAPI *meet_fn)(HANDLE, void *, BOOLEAN, LARGE_INTEGER *);

static create_fn create;
static meet_fn wait_for, release;
static HANDLE event;
static volatile LONG met;
static char keys[16] __attribute__((aligned(16)));

static LARGE_INTEGER *in_ms(LARGE_INTEGER *time, int ms) {
    time->QuadPart = -10000LL * ms;
    return time;
}

static DWORD CALLBACK waits(void *key) {
    NTSTATUS status = wait_for(event, key, FALSE, NULL);
    InterlockedIncrement(&met);
    return status;
}

static DWORD CALLBACK releases(void *key) {
    NTSTATUS status = release(event, key, FALSE, NULL);
    InterlockedIncrement(&met);
    return status;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, void *key) {
    return CreateThread(NULL, 0, routine, key, 0, NULL);
}

static void joined(const char *name, HANDLE thread) {
    DWORD code = 0;
    NUM(name, WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    HEX("its status", code);
    CloseHandle(thread);
}

static void CALLBACK call(ULONG_PTR number) {
    NUM("call", number);
}

static DWORD CALLBACK rounds(void *side) {
    DWORD failed = 0;
    for (int i = 0; i < 1000; i++)
        failed += (side ? wait_for : release)(event, keys + 2 * (i % 3), FALSE, NULL) != 0;
    return failed;
}

int main(void) {
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    create = (create_fn)(void *)GetProcAddress(ntdll, "NtCreateKeyedEvent");
    wait_for = (meet_fn)(void *)GetProcAddress(ntdll, "NtWaitForKeyedEvent");
    release = (meet_fn)(void *)GetProcAddress(ntdll, "NtReleaseKeyedEvent");
    LARGE_INTEGER soon, now = {.QuadPart = 0};
    HEX("created", create(&event, 0xf0003, NULL, 0));
    HEX("wait, nobody comes", wait_for(event, keys, FALSE, in_ms(&soon, 5)));
    HEX("release, nobody comes", release(event, keys, FALSE, in_ms(&soon, 5)));
    HEX("wait, nobody is there", wait_for(event, keys, FALSE, &now));
    HEX("release, nobody is there", release(event, keys, FALSE, &now));
    HEX("wait at an odd key", wait_for(event, keys + 1, FALSE, &now));
    HEX("release at an odd key", release(event, keys + 1, FALSE, &now));
    HEX("wait for no event", wait_for((HANDLE)0x1234568, keys, FALSE, &now));
    HEX("release of no event", release((HANDLE)0x1234568, keys, FALSE, &now));
    HANDLE other = CreateEventA(NULL, TRUE, FALSE, NULL), less;
    HEX("wait for another kind", wait_for(other, keys, FALSE, &now));
    HEX("one that can only be waited for", create(&less, 1, NULL, 0));
    HEX("release of it", release(less, keys, FALSE, &now));
    HEX("wait for it", wait_for(less, keys, FALSE, &now));
    CloseHandle(less);
    HEX("one that can only be released", create(&less, 2, NULL, 0));
    HEX("wait for it", wait_for(less, keys, FALSE, &now));
    HEX("release of it", release(less, keys, FALSE, &now));

    HANDLE thread = start(waits, keys);
    Sleep(10);
    NUM("waits", met);
    HEX("release at another key", release(event, keys + 2, FALSE, in_ms(&soon, 5)));
    NUM("still waits", met);
    HEX("release", release(event, keys, FALSE, in_ms(&soon, 5000)));
    joined("released", thread);
    thread = start(releases, keys);
    Sleep(10);
    NUM("waits to release", met);
    HEX("wait", wait_for(event, keys, FALSE, in_ms(&soon, 5000)));
    joined("met", thread);
    met = 0;
    HANDLE threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = start(waits, keys);
    Sleep(20);
    HEX("one of three", release(event, keys, FALSE, in_ms(&soon, 5000)));
    for (int i = 0; i < 500 && met < 1; i++)
        Sleep(1);
    Sleep(5);
    NUM("met", met);
    HEX("another", release(event, keys, FALSE, in_ms(&soon, 5000)));
    HEX("the last", release(event, keys, FALSE, in_ms(&soon, 5000)));
    for (int i = 0; i < 3; i++)
        joined("released", threads[i]);

    QueueUserAPC(call, GetCurrentThread(), 1);
    HEX("alertable", wait_for(event, keys, TRUE, in_ms(&soon, 5000)));
    QueueUserAPC(call, GetCurrentThread(), 2);
    HEX("not alertable", wait_for(event, keys, FALSE, in_ms(&soon, 5)));
    HEX("alertable release", release(event, keys, TRUE, in_ms(&soon, 5000)));

    threads[0] = start(rounds, NULL);
    threads[1] = start(rounds, keys);
    joined("a thousand rounds", threads[0]);
    joined("and on the other side", threads[1]);
    event = NULL;
    met = 0;
    thread = start(waits, keys);
    Sleep(5);
    HEX("the system's own", release(NULL, keys, FALSE, in_ms(&soon, 5000)));
    joined("released", thread);
    return 0;
}
