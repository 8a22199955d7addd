// Objects that processes share by name. Each run is one of several processes; without arguments it does what one process can see alone.
//   shared_names pong NAME ROUNDS    waits for NAME-ping and sets NAME-pong, ROUNDS times; `ping` is the other side
//   shared_names due NAME            waits for a timer; `set` sets it and stays, holding it
//   shared_names work NAME ROUNDS    takes a mutex and counts in a section, until all have counted ROUNDS and somebody was killed with it
#include "check.h"

#include <stdlib.h>

// A wait that takes this long has been forgotten.
#define FORGOTTEN 20000

struct board {
    volatile LONG owner, before, after, finds;
};

static HANDLE event(const char *name, const char *part, BOOL manual) {
    char full[200];
    snprintf(full, sizeof full, "%s-%s", name, part);
    return CreateEventA(NULL, manual, FALSE, full);
}

static int hand_over(const char *name, int rounds, BOOL first) {
    HANDLE mine = event(name, first ? "pong" : "ping", FALSE), theirs = event(name, first ? "ping" : "pong", FALSE);
    for (int round = 0; round < rounds; round++) {
        if (first)
            SetEvent(theirs);
        DWORD waited = WaitForSingleObject(mine, FORGOTTEN);
        if (waited != WAIT_OBJECT_0) {
            printf("round %d: wait gives 0x%lx\n", round, waited);
            return 1;
        }
        if (!first)
            SetEvent(theirs);
    }
    printf("%d rounds\n", rounds);
    return 0;
}

static int due(const char *name) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, name);
    printf("waiting\n");
    DWORD waited = WaitForSingleObject(timer, FORGOTTEN);
    if (waited != WAIT_OBJECT_0) {
        printf("wait gives 0x%lx\n", waited);
        return 1;
    }
    printf("due\n");
    return 0;
}

static int set(const char *name) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, name);
    LARGE_INTEGER time = {.QuadPart = -3000000};
    if (GetLastError() != ERROR_ALREADY_EXISTS || !SetWaitableTimer(timer, &time, 0, NULL, NULL, FALSE)) {
        printf("not set: %lu\n", GetLastError());
        return 1;
    }
    printf("set\n");
    Sleep(FORGOTTEN);
    return 1;
}

static int work(const char *name, int rounds) {
    char full[200];
    HANDLE mutex = CreateMutexA(NULL, FALSE, name);
    snprintf(full, sizeof full, "%s-board", name);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct board), full);
    struct board *board = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!mutex || !board) {
        printf("no mutex or section: %lu\n", GetLastError());
        return 1;
    }
    for (int working = 0;;) {
        DWORD waited = WaitForSingleObject(mutex, FORGOTTEN);
        if (waited != WAIT_OBJECT_0 && waited != WAIT_ABANDONED) {
            printf("wait gives 0x%lx\n", waited);
            return 1;
        }
        if (board->owner && waited != WAIT_ABANDONED) {
            printf("process %ld left the mutex, and nobody says so\n", board->owner);
            return 1;
        }
        if (!board->owner && board->before != board->after) {
            printf("two at once: %ld and %ld\n", board->before, board->after);
            return 1;
        }
        if (!working++)
            printf("working\n");
        board->finds += waited == WAIT_ABANDONED;
        board->before = board->after;
        board->owner = (LONG)GetCurrentProcessId();
        board->before++;
        // Some work, so that a process is killed in the middle of it now and then.
        for (volatile int i = 0; i < 50000; i++) {
        }
        board->after++;
        LONG done = board->after;
        board->owner = 0;
        if (!ReleaseMutex(mutex)) {
            printf("release: %lu\n", GetLastError());
            return 1;
        }
        if (done >= rounds && board->finds) {
            printf("%ld rounds, abandoned %ld times\n", done, board->finds);
            return 0;
        }
    }
}

static void *address(const char *name) {
    return (void *)GetProcAddress(GetModuleHandleA("ntdll"), name);
}

static void created(const char *name, HANDLE handle) {
    DWORD error = GetLastError();
    printf("%s: %s, error %lu\n", name, handle ? "a handle" : "none", error);
}

static void alone(void) {
    SetLastError(1);
    HANDLE a = CreateEventA(NULL, TRUE, TRUE, "shared-a");
    created("new event", a);
    HANDLE again = CreateEventW(NULL, FALSE, FALSE, L"shared-a");
    created("same event", again);
    NUM("it is the same", WaitForSingleObject(again, 0));
    OK("reset by one handle", ResetEvent(again));
    NUM("seen by the other", WaitForSingleObject(a, 0));
    OK("set", SetEvent(a));
    NUM("it stays manual", WaitForSingleObject(again, 0) + WaitForSingleObject(again, 0));
    created("local is the default", OpenEventA(SYNCHRONIZE, FALSE, "Local\\shared-a"));
    SetLastError(0);
    created("global is another", OpenEventA(SYNCHRONIZE, FALSE, "Global\\shared-a"));
    SetLastError(0);
    created("case counts", OpenEventA(SYNCHRONIZE, FALSE, "SHARED-A"));
    SetLastError(0);
    created("another type", CreateMutexA(NULL, FALSE, "shared-a"));
    SetLastError(0);
    created("opened as another type", OpenSemaphoreW(SYNCHRONIZE, FALSE, L"shared-a"));
    SetLastError(0);
    created("a section of that name", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, "shared-a"));
    SetLastError(0);
    created("a path", CreateEventA(NULL, TRUE, TRUE, "no\\folder"));
    HANDLE limited = OpenEventA(SYNCHRONIZE, FALSE, "shared-a");
    OK("right to wait only: set", SetEvent(limited));
    NUM("right to wait only: wait", WaitForSingleObject(limited, 0));
    CloseHandle(limited);
    CloseHandle(a);
    SetLastError(0);
    created("open while a handle is left", OpenEventA(SYNCHRONIZE, FALSE, "shared-a"));
    OK("pulse", PulseEvent(again));
    NUM("pulsed", WaitForSingleObject(again, 0));

    SetLastError(0);
    HANDLE m = CreateMutexA(NULL, TRUE, "shared-m");
    created("new mutex", m);
    SetLastError(0);
    HANDLE owned = CreateMutexA(NULL, TRUE, "shared-m");
    created("the initial owner of an old one is nobody", owned);
    NUM("taken again", WaitForSingleObject(owned, 0));
    OK("released", ReleaseMutex(m));
    OK("released twice", ReleaseMutex(owned));
    OK("released once too often", ReleaseMutex(m));

    HANDLE s = CreateSemaphoreA(NULL, 1, 2, "shared-s");
    HANDLE t = CreateSemaphoreA(NULL, 0, 9, "shared-s");
    LONG before = -1;
    OK("one more", ReleaseSemaphore(t, 1, &before));
    NUM("before", before);
    OK("beyond the limit of the first", ReleaseSemaphore(t, 1, &before));
    NUM("before is left", before);
    NUM("counts down", WaitForSingleObject(s, 0) + WaitForSingleObject(t, 0));
    NUM("to nothing", WaitForSingleObject(s, 10));

    HANDLE all[3] = {again, s, m};
    SetEvent(again);
    NUM("not all", WaitForMultipleObjects(3, all, TRUE, 10));
    NUM("any", WaitForMultipleObjects(3, all, FALSE, 10));
    ReleaseSemaphore(s, 1, NULL);
    NUM("all", WaitForMultipleObjects(3, all, TRUE, 10));
    NUM("the semaphore is taken", WaitForSingleObject(s, 0));
    OK("and the mutex", ReleaseMutex(m));
    NUM("signal and wait", SignalObjectAndWait(again, m, 10, FALSE));
    OK("released", ReleaseMutex(m));

    HANDLE f = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8192, "shared-f");
    SetLastError(0);
    HANDLE g = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "shared-f");
    created("same section", g);
    int *x = MapViewOfFile(f, FILE_MAP_WRITE, 0, 0, 0), *y = MapViewOfFile(g, FILE_MAP_READ, 0, 0, 8192);
    NUM("the first one's size", y != NULL);
    if (x && y) {
        x[1500] = 77;
        NUM("one memory", y[1500]);
    }
    CloseHandle(f);
    CloseHandle(g);
    SetLastError(0);
    HANDLE h = OpenFileMappingA(FILE_MAP_READ, FALSE, "shared-f");
    created("open by its views only", h);

    typedef struct { USHORT length, maximum; PWSTR buffer; } STRING_;
    typedef struct { ULONG length; HANDLE root; STRING_ *name; ULONG attributes; void *a, *b; } ATTRIBUTES;
    LONG (WINAPI * create)(HANDLE *, ACCESS_MASK, ATTRIBUTES *, int, BOOLEAN) = address("NtCreateEvent");
    STRING_ text = {0, 0, (PWSTR)L"\\BaseNamedObjects\\shared-n"};
    text.length = text.maximum = (USHORT)(2 * wcslen(text.buffer));
    ATTRIBUTES attributes = {sizeof attributes, NULL, &text, 0, NULL, NULL};
    HANDLE n = NULL;
    HEX("NtCreateEvent", create(&n, EVENT_ALL_ACCESS, &attributes, 0, FALSE));
    HEX("NtCreateEvent again", create(&n, EVENT_ALL_ACCESS, &attributes, 0, FALSE));
    attributes.attributes = 0x80;
    HEX("NtCreateEvent, open if", create(&n, EVENT_ALL_ACCESS, &attributes, 0, FALSE));
    SetLastError(0);
    created("its Win32 name", OpenEventA(SYNCHRONIZE, FALSE, "Global\\shared-n"));
}

int main(int argc, char **argv) {
    if (argc == 3)
        return strcmp(argv[1], "due") ? set(argv[2]) : due(argv[2]);
    if (argc < 4) {
        alone();
        return 0;
    }
    int rounds = atoi(argv[3]);
    if (!strcmp(argv[1], "work"))
        return work(argv[2], rounds);
    return hand_over(argv[2], rounds, !strcmp(argv[1], "ping"));
}
