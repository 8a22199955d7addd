// What ntdll tells of threads and processes and lets be changed, alerts, walks, memory, and Win32's functions of the same kind.
#include "check.h"
#include <winternl.h>
#include <string.h>

#define SELF ((HANDLE)(LONG_PTR)-1)
#define THIS_THREAD ((HANDLE)(LONG_PTR)-2)
#define BAD ((HANDLE)0xbad0)

static NTSTATUS(NTAPI *set_thread)(HANDLE, ULONG, void *, ULONG);
static NTSTATUS(NTAPI *query_thread)(HANDLE, ULONG, void *, ULONG, ULONG *);
static NTSTATUS(NTAPI *set_process)(HANDLE, ULONG, void *, ULONG);
static NTSTATUS(NTAPI *query_process)(HANDLE, ULONG, void *, ULONG, ULONG *);
static NTSTATUS(NTAPI *alert)(HANDLE);
static NTSTATUS(NTAPI *wait_for_alert)(void *, LARGE_INTEGER *);
static NTSTATUS(NTAPI *queue_apc)(HANDLE, HANDLE, void *, void *, void *, void *);
static NTSTATUS(NTAPI *next_thread)(HANDLE, HANDLE, ULONG, ULONG, ULONG, HANDLE *);
static NTSTATUS(NTAPI *next_process)(HANDLE, ULONG, ULONG, ULONG, HANDLE *);
static NTSTATUS(NTAPI *in_job)(HANDLE, HANDLE);
static NTSTATUS(NTAPI *read_memory)(HANDLE, void *, void *, SIZE_T, SIZE_T *);
static NTSTATUS(NTAPI *write_memory)(HANDLE, void *, void *, SIZE_T, SIZE_T *);
static NTSTATUS(NTAPI *set_memory)(HANDLE, ULONG, SIZE_T, void *, void *, ULONG);
static void(NTAPI *flush_buffers)(void);
static NTSTATUS(NTAPI *default_locale)(BOOLEAN, ULONG *);
static NTSTATUS(NTAPI *set_time)(LARGE_INTEGER *, LARGE_INTEGER *);
static NTSTATUS(NTAPI *query_system)(ULONG, void *, ULONG, ULONG *);
static BOOL(WINAPI *set_thread_information)(HANDLE, int, void *, DWORD);
static BOOL(WINAPI *get_thread_information)(HANDLE, int, void *, DWORD);
static BOOL(WINAPI *set_process_information)(HANDLE, int, void *, DWORD);
static BOOL(WINAPI *get_process_information)(HANDLE, int, void *, DWORD);
static UINT(WINAPI *firmware_tables)(DWORD, void *, DWORD);
static UINT(WINAPI *firmware_table)(DWORD, DWORD, void *, DWORD);

// A function that is not there says so.
static ULONG_PTR absent(void) {
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return 0;
}

#define GET(from, name, variable)                                                                                                          \
    if (!(variable = (void *)GetProcAddress(from, name)))                                                                                  \
    printf("no " name "\n"), variable = (void *)absent

static void find(void) {
    HMODULE nt = GetModuleHandleA("ntdll"), kernel = GetModuleHandleA("kernel32");
    GET(nt, "NtSetInformationThread", set_thread);
    GET(nt, "NtQueryInformationThread", query_thread);
    GET(nt, "NtSetInformationProcess", set_process);
    GET(nt, "NtQueryInformationProcess", query_process);
    GET(nt, "NtAlertThreadByThreadId", alert);
    GET(nt, "NtWaitForAlertByThreadId", wait_for_alert);
    GET(nt, "NtQueueApcThreadEx", queue_apc);
    GET(nt, "NtGetNextThread", next_thread);
    GET(nt, "NtGetNextProcess", next_process);
    GET(nt, "NtIsProcessInJob", in_job);
    GET(nt, "NtReadVirtualMemory", read_memory);
    GET(nt, "NtWriteVirtualMemory", write_memory);
    GET(nt, "NtSetInformationVirtualMemory", set_memory);
    GET(nt, "NtFlushProcessWriteBuffers", flush_buffers);
    GET(nt, "NtQueryDefaultLocale", default_locale);
    GET(nt, "NtSetSystemTime", set_time);
    GET(nt, "NtQuerySystemInformation", query_system);
    GET(kernel, "SetThreadInformation", set_thread_information);
    GET(kernel, "GetThreadInformation", get_thread_information);
    GET(kernel, "SetProcessInformation", set_process_information);
    GET(kernel, "GetProcessInformation", get_process_information);
    GET(kernel, "EnumSystemFirmwareTables", firmware_tables);
    GET(kernel, "GetSystemFirmwareTable", firmware_table);
}

static volatile LONG steps, alerted_with;
static DWORD CALLBACK waits(void *unused) {
    (void)unused;
    LARGE_INTEGER limit = {.QuadPart = -300000000};
    alerted_with = wait_for_alert(NULL, &limit);
    InterlockedIncrement(&steps);
    return 0;
}

static void NTAPI called(void *a, void *b, void *c) {
    printf("called with %d %d %d\n", (int)(ULONG_PTR)a, (int)(ULONG_PTR)b, (int)(ULONG_PTR)c);
}

static DWORD CALLBACK sleeps(void *unused) {
    (void)unused;
    Sleep(INFINITE);
    return 0;
}

static void threads(void) {
    LONG priority = 2;
    HEX("base priority", set_thread(THIS_THREAD, 3, &priority, 4));
    NUM("Win32 sees it", GetThreadPriority(GetCurrentThread()));
    priority = 7;
    HEX("a priority there is not", set_thread(THIS_THREAD, 3, &priority, 4));
    HEX("a wrong length", set_thread(THIS_THREAD, 3, &priority, 3));
    HEX("no thread", set_thread(BAD, 3, &priority, 4));
    priority = 0;
    HEX("as before", set_thread(THIS_THREAD, 3, &priority, 4));
    priority = 10;
    HEX("priority", set_thread(THIS_THREAD, 2, &priority, 4));
    priority = 0;
    HEX("a priority that is none", set_thread(THIS_THREAD, 2, &priority, 4));
    SetThreadPriority(GetCurrentThread(), 0);
    DWORD_PTR mask = 1, all, system;
    GetProcessAffinityMask(SELF, &all, &system);
    HEX("processors", set_thread(THIS_THREAD, 4, &mask, 8));
    mask = 0;
    HEX("no processors", set_thread(THIS_THREAD, 4, &mask, 8));
    HEX("all of them", set_thread(THIS_THREAD, 4, &all, 8));
    HANDLE token = NULL;
    HEX("impersonate nobody", set_thread(THIS_THREAD, 5, &token, 8));
    token = BAD;
    HEX("impersonate somebody", set_thread(THIS_THREAD, 5, &token, 8));
    ULONG processor = 65;
    HEX("a processor there cannot be", set_thread(THIS_THREAD, 13, &processor, 4));
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"worker");
    HEX("name", set_thread(THIS_THREAD, 38, &name, sizeof name));
    BYTE buffer[256];
    ULONG size = 0;
    HEX("ask for the name", query_thread(THIS_THREAD, 38, buffer, sizeof buffer, &size));
    NUM("size", size);
    WSTR("name", ((UNICODE_STRING *)buffer)->Length == 12 ? L"worker" : L"?");
    HEX("hide", set_thread(THIS_THREAD, 17, NULL, 0));
    HEX("hide with a value", set_thread(THIS_THREAD, 17, &priority, 4));
    BYTE hidden = 0;
    HEX("is it hidden", query_thread(THIS_THREAD, 17, &hidden, 1, NULL));
    NUM("hidden", hidden);
    HEX("a class there is not", set_thread(THIS_THREAD, 999, &priority, 4));

    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, sleeps, NULL, CREATE_SUSPENDED, &id);
    void *start = NULL;
    HEX("start address", query_thread(thread, 9, &start, 8, &size));
    NUM("it is the function", start == (void *)sleeps);
    NUM("size", size);
    HEX("start address in four bytes", query_thread(thread, 9, &start, 4, NULL));
    start = (void *)find;
    HEX("set it", set_thread(thread, 9, &start, 8));
    start = NULL;
    query_thread(thread, 9, &start, 8, NULL);
    NUM("set", start == (void *)find);
    HANDLE weak = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    HEX("priority without the right", set_thread(weak, 3, &priority, 4));
    CloseHandle(weak);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static void alerts(void) {
    DWORD id;
    LARGE_INTEGER limit = {.QuadPart = -200000};
    HEX("nobody alerts", wait_for_alert(NULL, &limit));
    HEX("alert oneself", alert((HANDLE)(ULONG_PTR)GetCurrentThreadId()));
    HEX("alert again", alert((HANDLE)(ULONG_PTR)GetCurrentThreadId()));
    HEX("it is remembered", wait_for_alert(NULL, &limit));
    HEX("once", wait_for_alert(NULL, &limit));
    HANDLE thread = CreateThread(NULL, 0, waits, NULL, 0, &id);
    Sleep(20);
    HEX("alert a thread", alert((HANDLE)(ULONG_PTR)id));
    DWORD ended = WaitForSingleObject(thread, 60000);
    HEX("it is alerted", alerted_with);
    NUM("it ends", ended);
    NUM("steps", steps);
    CloseHandle(thread);
    HEX("alert no thread", alert((HANDLE)0x7ffffff0));
    HEX("queue a call", queue_apc(THIS_THREAD, NULL, called, (void *)1, (void *)2, (void *)3));
    NUM("it runs", SleepEx(1000, TRUE));
    HEX("queue to no thread", queue_apc(BAD, NULL, called, NULL, NULL, NULL));
}

static void walks(void) {
    HANDLE first = NULL, next = NULL;
    HEX("the first thread", next_thread(SELF, NULL, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &first));
    NUM("it has an identifier", GetThreadId(first) != 0);
    NUM("of this process", GetProcessIdOfThread(first) == GetCurrentProcessId());
    int threads = 1;
    NTSTATUS status;
    while (!(status = next_thread(SELF, first, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &next)) && threads < 100) {
        CloseHandle(first);
        first = next;
        threads++;
    }
    HEX("no more", status);
    NUM("there is at least one", threads >= 1);
    NUM("nothing is given", next == NULL);
    CloseHandle(first);
    HEX("threads of nothing", next_thread(BAD, NULL, 0, 0, 0, &next));
    HEX("wrong flags", next_thread(SELF, NULL, 0, 0, 1, &next));
    HEX("a process", next_process(NULL, PROCESS_QUERY_LIMITED_INFORMATION, 0, 0, &first));
    CloseHandle(first);
    HEX("behind no process", next_process(BAD, 0, 0, 0, &next));
    HEX("in a job", in_job(SELF, NULL));
    HEX("nothing in a job", in_job(BAD, NULL));
    BOOL is = 7;
    OK("Win32 asks, too", IsProcessInJob(SELF, NULL, &is));
    NUM("it is", is);
}

static void memory(void) {
    char from[] = "some bytes", to[16] = "";
    SIZE_T done = 0;
    HEX("read", read_memory(SELF, from, to, sizeof from, &done));
    NUM("bytes", done);
    STR("text", to);
    HEX("write", write_memory(SELF, to, "other", 5, &done));
    STR("text", to);
    HEX("read what is not there", read_memory(SELF, (void *)16, to, 4, &done));
    HEX("read no process", read_memory(BAD, from, to, 4, &done));
    struct {
        void *address;
        SIZE_T bytes;
    } range = {from, sizeof from};
    ULONG flags = 0;
    HEX("prefetch", set_memory(SELF, 0, 1, &range, &flags, 4));
    HEX("prefetch nothing", set_memory(SELF, 0, 0, &range, &flags, 4));
    HEX("with a wrong length", set_memory(SELF, 0, 1, &range, &flags, 3));
    HEX("a class there is not", set_memory(SELF, 99, 1, &range, &flags, 4));
    flush_buffers();
    FlushProcessWriteBuffers();
}

static void processes(void) {
    ULONG mode = 0, size = 0;
    SetErrorMode(SEM_FAILCRITICALERRORS);
    HEX("hard errors", query_process(SELF, 12, &mode, 4, &size));
    NUM("are not shown", mode & 1);
    mode = 1;
    HEX("show them", set_process(SELF, 12, &mode, 4));
    NUM("Win32 sees it", GetErrorMode() & SEM_FAILCRITICALERRORS);
    struct {
        BYTE foreground, class;
    } class = {0, 5};
    HEX("priority class", set_process(SELF, 18, &class, 2));
    HEX("Win32 sees it", GetPriorityClass(SELF));
    class.class = 9;
    HEX("a class there is not", set_process(SELF, 18, &class, 2));
    class.class = 2;
    set_process(SELF, 18, &class, 2);
    DWORD_PTR all, system, none = 0;
    GetProcessAffinityMask(SELF, &all, &system);
    HEX("processors", set_process(SELF, 21, &all, 8));
    HEX("no processors", set_process(SELF, 21, &none, 8));
    HEX("a wrong length", set_process(SELF, 12, &mode, 3));
    HEX("an unknown class", set_process(SELF, 999, &mode, 4));
    HEX("no process", set_process(BAD, 12, &mode, 4));
    ULONG locale = 0;
    HEX("locale", default_locale(TRUE, &locale));
    HEX("is", locale);
}

static void information(void) {
    ULONG priority = 3;
    OK("memory priority", set_thread_information(THIS_THREAD, 0, &priority, 4));
    priority = 0;
    OK("ask for it", get_thread_information(THIS_THREAD, 0, &priority, 4));
    NUM("it is", priority);
    priority = 9;
    OK("one there is not", set_thread_information(THIS_THREAD, 0, &priority, 4));
    OK("a wrong length", set_thread_information(THIS_THREAD, 0, &priority, 3));
    OK("no thread", set_thread_information(BAD, 0, &priority, 4));
    struct {
        ULONG version, control, state;
    } power = {1, 1, 1};
    OK("power", set_thread_information(THIS_THREAD, 3, &power, sizeof power));
    OK("a process's power", set_process_information(SELF, 4, &power, sizeof power));
    power.control = 0;
    OK("a state that is not controlled", set_process_information(SELF, 4, &power, sizeof power));
    OK("a process's memory priority", get_process_information(SELF, 0, &priority, 4));
    NUM("it is", priority);
    struct {
        USHORT machine, reserved;
        ULONG attributes;
    } machine = {0, 0, 0};
    OK("the machine", get_process_information(SELF, 9, &machine, sizeof machine));
    HEX("it is", machine.machine);
    OK("a class there is not", get_process_information(SELF, 99, &machine, sizeof machine));
    SetLastError(0);
    NUM("tables of nobody", firmware_tables('XXXX', NULL, 0));
    NUM("error", GetLastError());
    SetLastError(0);
    NUM("a table there is not", firmware_table('ACPI', 'ZZZZ', NULL, 0));
    NUM("error", GetLastError() != 0);
    ULONG asked[4] = {'XXXX', 0, 0, 0}, size = 0;
    HEX("the same by ntdll", query_system(76, asked, sizeof asked, &size));
    HEX("in a buffer too small", query_system(76, asked, 15, &size));
}

int main(void) {
    find();
    threads();
    alerts();
    walks();
    memory();
    processes();
    information();
    return 0;
}
