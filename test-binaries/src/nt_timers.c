// Timers, sections, completion ports and waits by ntdll's services.
#include "check.h"
#include <winternl.h>
#include <string.h>

#define MILLISECOND 10000LL

typedef struct {
    LARGE_INTEGER RemainingTime;
    BOOLEAN TimerState;
} TIMER;

typedef struct {
    void *BaseAddress;
    ULONG Attributes;
    LARGE_INTEGER Size;
} SECTION;

#define FUNCTIONS(F) \
    F(NtCreateTimer, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int)) \
    F(NtOpenTimer, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtSetTimer, (HANDLE, LARGE_INTEGER *, void *, void *, BOOLEAN, LONG, BOOLEAN *)) \
    F(NtCancelTimer, (HANDLE, BOOLEAN *)) \
    F(NtQueryTimer, (HANDLE, int, void *, ULONG, ULONG *)) \
    F(NtSignalAndWaitForSingleObject, (HANDLE, HANDLE, BOOLEAN, LARGE_INTEGER *)) \
    F(NtCreateSection, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG, HANDLE)) \
    F(NtOpenSection, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtQuerySection, (HANDLE, int, void *, SIZE_T, SIZE_T *)) \
    F(NtCreateIoCompletion, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG)) \
    F(NtOpenIoCompletion, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtQueryIoCompletion, (HANDLE, int, void *, ULONG, ULONG *)) \
    F(NtSetIoCompletion, (HANDLE, void *, void *, NTSTATUS, SIZE_T))
#define DECLARE(name, types) typedef NTSTATUS (NTAPI *name##_t) types; static name##_t p##name;
FUNCTIONS(DECLARE)

static OBJECT_ATTRIBUTES *attributes(const wchar_t *name, ULONG flags) {
    static OBJECT_ATTRIBUTES to;
    static UNICODE_STRING string;
    string.Length = string.MaximumLength = (USHORT)(2 * wcslen(name));
    string.Buffer = (wchar_t *)name;
    to.Length = sizeof to;
    to.ObjectName = &string;
    to.Attributes = flags;
    return &to;
}

static LARGE_INTEGER *in_ms(int milliseconds) {
    static LARGE_INTEGER due;
    due.QuadPart = -milliseconds * MILLISECOND;
    return &due;
}

static int calls;
static void *context_seen;
static void NTAPI called(void *context, ULONG low, LONG high) {
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    long long then = (long long)high << 32 | low, at = (long long)now.dwHighDateTime << 32 | now.dwLowDateTime;
    calls += at - then >= 0 && at - then < 5000 * MILLISECOND;
    context_seen = context;
}

static void timers(void) {
    HANDLE timer, other, weak;
    BOOLEAN before = 9;
    ULONG length = 0;
    TIMER info;
    HEX("create", pNtCreateTimer(&timer, TIMER_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_timer", 0), 1));
    HEX("again", pNtCreateTimer(&other, TIMER_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_timer", 0), 1));
    HEX("open or create", pNtCreateTimer(&other, TIMER_ALL_ACCESS,
        attributes(L"\\BaseNamedObjects\\exeunt_timer", OBJ_OPENIF), 0));
    NtClose(other);
    HEX("open", pNtOpenTimer(&other, TIMER_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_timer", 0)));
    HEX("not found", pNtOpenTimer(&weak, TIMER_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_none", 0)));
    HEX("wrong type of timer", pNtCreateTimer(&weak, TIMER_ALL_ACCESS, NULL, 2));
    HEX("query", pNtQueryTimer(timer, 0, &info, sizeof info, &length));
    NUM("length", length);
    NUM("state", info.TimerState);
    HEX("query, short", pNtQueryTimer(timer, 0, &info, sizeof info - 1, NULL));
    HEX("query, nowhere", pNtQueryTimer(timer, 0, (void *)16, sizeof info, NULL));
    HEX("query, wrong handle", pNtQueryTimer((HANDLE)0xdead0, 0, &info, sizeof info, NULL));
    HEX("set", pNtSetTimer(timer, in_ms(5000), NULL, NULL, FALSE, 0, &before));
    NUM("before", before);
    pNtQueryTimer(other, 0, &info, sizeof info, NULL);
    NUM("time left", info.RemainingTime.QuadPart > 4000 * MILLISECOND && info.RemainingTime.QuadPart <= 5000 * MILLISECOND);
    HEX("wait", WaitForSingleObject(timer, 0));
    HEX("cancel", pNtCancelTimer(other, &before));
    NUM("state", before);
    HEX("set", pNtSetTimer(other, in_ms(1), NULL, NULL, FALSE, 0, &before));
    HEX("wait", WaitForSingleObject(timer, 5000));
    HEX("once", WaitForSingleObject(timer, 20));
    HEX("periodic", pNtSetTimer(timer, in_ms(1), NULL, NULL, FALSE, 2, NULL));
    HEX("wait", WaitForSingleObject(timer, 5000));
    HEX("wait", WaitForSingleObject(other, 5000));
    HEX("wait", WaitForSingleObject(timer, 5000));
    HEX("cancel", pNtCancelTimer(timer, NULL));
    WaitForSingleObject(timer, 0);
    HEX("not any more", WaitForSingleObject(timer, 20));
    HEX("call", pNtSetTimer(timer, in_ms(1), (void *)called, &calls, FALSE, 0, NULL));
    HEX("sleep", SleepEx(5000, TRUE));
    NUM("calls", calls);
    NUM("context", context_seen == &calls);
    HEX("call, cancelled", pNtSetTimer(timer, in_ms(2000), (void *)called, &calls, FALSE, 0, &before));
    NUM("before", before);
    HEX("cancel by the other", pNtCancelTimer(other, NULL));
    HEX("sleep", SleepEx(30, TRUE));
    HEX("no time", pNtSetTimer(timer, NULL, NULL, NULL, FALSE, 0, NULL));
    HEX("negative period", pNtSetTimer(timer, in_ms(1), NULL, NULL, FALSE, -1, NULL));
    HEX("wrong handle", pNtSetTimer((HANDLE)0xdead0, in_ms(1), NULL, NULL, FALSE, 0, NULL));
    HEX("cancel, wrong handle", pNtCancelTimer((HANDLE)0xdead0, NULL));
    HEX("no right to set", DuplicateHandle(GetCurrentProcess(), timer, GetCurrentProcess(), &weak, SYNCHRONIZE, 0, 0));
    HEX("set", pNtSetTimer(weak, in_ms(1), NULL, NULL, FALSE, 0, NULL));
    HEX("query", pNtQueryTimer(weak, 0, &info, sizeof info, NULL));
    NtClose(weak);
    NtClose(other);
    NtClose(timer);
    HEX("gone", pNtOpenTimer(&other, TIMER_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_timer", 0)));

    HEX("unnamed, manual", pNtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 0));
    LARGE_INTEGER past = {.QuadPart = 1};
    HEX("in the past", pNtSetTimer(timer, &past, NULL, NULL, FALSE, 0, NULL));
    HEX("wait", WaitForSingleObject(timer, 5000));
    HEX("stays", WaitForSingleObject(timer, 0));
    HEX("cancel", pNtCancelTimer(timer, &before));
    NUM("state", before);
    HEX("set", pNtSetTimer(timer, in_ms(5000), NULL, NULL, FALSE, 0, &before));
    NUM("before", before);
    HEX("not any more", WaitForSingleObject(timer, 0));
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HEX("set an event", pNtSetTimer(event, in_ms(1), NULL, NULL, FALSE, 0, NULL));
    NtClose(event);
    NtClose(timer);
}

static void signal_and_wait(void) {
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL), other = CreateEventW(NULL, FALSE, TRUE, NULL);
    HANDLE semaphore = CreateSemaphoreW(NULL, 1, 1, NULL), mutex = CreateMutexW(NULL, FALSE, NULL), weak;
    HEX("event and event", pNtSignalAndWaitForSingleObject(event, other, FALSE, NULL));
    HEX("is signalled", WaitForSingleObject(event, 0));
    HEX("itself", pNtSignalAndWaitForSingleObject(event, event, FALSE, in_ms(1)));
    HEX("time", pNtSignalAndWaitForSingleObject(event, other, FALSE, in_ms(1)));
    HEX("full semaphore", pNtSignalAndWaitForSingleObject(semaphore, event, FALSE, in_ms(1)));
    HEX("mutex not owned", pNtSignalAndWaitForSingleObject(mutex, event, FALSE, in_ms(1)));
    HEX("timer nowhere", pNtSignalAndWaitForSingleObject(event, other, FALSE, (void *)16));
    HEX("process", pNtSignalAndWaitForSingleObject(GetCurrentProcess(), event, FALSE, in_ms(1)));
    HEX("wrong handle", pNtSignalAndWaitForSingleObject((HANDLE)0xdead0, event, FALSE, in_ms(1)));
    HEX("wait for nothing", pNtSignalAndWaitForSingleObject(event, (HANDLE)0xdead0, FALSE, in_ms(1)));
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0);
    HEX("no right to set", pNtSignalAndWaitForSingleObject(weak, other, FALSE, in_ms(1)));
    NtClose(weak);
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, EVENT_MODIFY_STATE, FALSE, 0);
    HEX("no right to wait", pNtSignalAndWaitForSingleObject(other, weak, FALSE, in_ms(1)));
    NtClose(weak);
    NtClose(event);
    NtClose(other);
    NtClose(semaphore);
    NtClose(mutex);
}

static void sections(void) {
    HANDLE section, other;
    LARGE_INTEGER size = {.QuadPart = 5000};
    SIZE_T length = 0;
    SECTION info;
    HEX("create", pNtCreateSection(&section, SECTION_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_section", 0), &size,
        PAGE_READWRITE, SEC_COMMIT, NULL));
    HEX("open", pNtOpenSection(&other, SECTION_QUERY, attributes(L"\\BaseNamedObjects\\exeunt_section", 0)));
    HEX("query", pNtQuerySection(other, 0, &info, sizeof info, &length));
    BIG("length", length);
    HEX("attributes", info.Attributes);
    BIG("size", info.Size.QuadPart);
    HEX("query, short", pNtQuerySection(other, 0, &info, sizeof info - 1, NULL));
    HEX("query, nowhere", pNtQuerySection(other, 0, (void *)16, sizeof info, NULL));
    HEX("wrong handle", pNtQuerySection((HANDLE)0xdead0, 0, &info, sizeof info, NULL));
    NtClose(other);
    HEX("open to map", pNtOpenSection(&other, SECTION_MAP_READ, attributes(L"\\BaseNamedObjects\\exeunt_section", 0)));
    HEX("query", pNtQuerySection(other, 0, &info, sizeof info, NULL));
    NtClose(other);
    NtClose(section);
    HEX("gone", pNtOpenSection(&other, SECTION_QUERY, attributes(L"\\BaseNamedObjects\\exeunt_section", 0)));
    HEX("reserved", pNtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_RESERVE, NULL));
    HEX("query", pNtQuerySection(section, 0, &info, sizeof info, NULL));
    HEX("attributes", info.Attributes);
    NtClose(section);
    HANDLE file = CreateFileW(L"section.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
        FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD written;
    WriteFile(file, "0123456789", 10, &written, NULL);
    HEX("of a file", pNtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file));
    HEX("query", pNtQuerySection(section, 0, &info, sizeof info, NULL));
    HEX("attributes", info.Attributes);
    BIG("size", info.Size.QuadPart);
    NtClose(section);
    NtClose(file);
}

static void completion(void) {
    HANDLE port, other;
    ULONG length = 0;
    LONG depth = -1;
    HEX("create", pNtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_port", 0), 0));
    HEX("open", pNtOpenIoCompletion(&other, IO_COMPLETION_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_port", 0)));
    HEX("post", pNtSetIoCompletion(other, NULL, NULL, 0, 0));
    HEX("query", pNtQueryIoCompletion(port, 0, &depth, sizeof depth, &length));
    NUM("length", length);
    NUM("depth", depth);
    HEX("query, short", pNtQueryIoCompletion(port, 0, &depth, 3, NULL));
    HEX("query, wrong handle", pNtQueryIoCompletion((HANDLE)0xdead0, 0, &depth, sizeof depth, NULL));
    NtClose(other);
    NtClose(port);
    HEX("gone", pNtOpenIoCompletion(&other, IO_COMPLETION_ALL_ACCESS, attributes(L"\\BaseNamedObjects\\exeunt_port", 0)));
}

int main(int argc, char **argv) {
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
#define FIND(name, types) if (!(p##name = (name##_t)(void *)GetProcAddress(ntdll, #name))) printf("missing " #name "\n");
    FUNCTIONS(FIND)
    const char *part = argc > 1 ? argv[1] : "";
    if (!strcmp(part, "timers"))
        timers();
    else if (!strcmp(part, "signal_and_wait"))
        signal_and_wait();
    else if (!strcmp(part, "sections"))
        sections();
    else if (!strcmp(part, "completion"))
        completion();
    return 0;
}
