// ntdll's services by themselves: files, objects, threads and their registers.
#include "check.h"
#include <winternl.h>
#include <string.h>

#define SELF ((HANDLE)(LONG_PTR)-1)
#define THIS_THREAD ((HANDLE)(LONG_PTR)-2)
#define BAD ((HANDLE)0xbad0)

typedef struct {
    LONG type, state;
} PAIR;
typedef struct {
    LONG count;
    BOOLEAN owned, abandoned;
} MUTANT_STATE;
typedef struct {
    LARGE_INTEGER times[4], allocation, size;
    ULONG attributes;
} NETWORK_OPEN;

NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LARGE_INTEGER *, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, const void *, ULONG, LARGE_INTEGER *, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK *);
NTSYSAPI NTSTATUS NTAPI NtDeleteFile(OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtQueryAttributesFile(OBJECT_ATTRIBUTES *, void *);
NTSYSAPI NTSTATUS NTAPI NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *, void *);
NTSYSAPI NTSTATUS NTAPI NtCreateEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtOpenEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtQueryEvent(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtClearEvent(HANDLE);
NTSYSAPI NTSTATUS NTAPI NtPulseEvent(HANDLE, LONG *);
NTSYSAPI NTSTATUS NTAPI NtCreateMutant(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtOpenMutant(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtQueryMutant(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtCreateSemaphore(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LONG, LONG);
NTSYSAPI NTSTATUS NTAPI NtOpenSemaphore(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtQuerySemaphore(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtCreateThreadEx(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE, void *, void *, ULONG, ULONG_PTR, SIZE_T, SIZE_T, void *);
NTSYSAPI NTSTATUS NTAPI NtQueueApcThread(HANDLE, void *, void *, void *, void *);
NTSYSAPI NTSTATUS NTAPI NtTestAlert(void);
NTSYSAPI NTSTATUS NTAPI NtGetContextThread(HANDLE, CONTEXT *);
NTSYSAPI NTSTATUS NTAPI NtSetContextThread(HANDLE, const CONTEXT *);
NTSYSAPI NTSTATUS NTAPI NtResumeThread(HANDLE, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NTSYSAPI NTSTATUS NTAPI NtOpenProcess(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NTSYSAPI NTSTATUS NTAPI NtFlushInstructionCache(HANDLE, const void *, SIZE_T);
NTSYSAPI NTSTATUS NTAPI NtContinue(CONTEXT *, BOOLEAN);

static UNICODE_STRING name_string;
static OBJECT_ATTRIBUTES attributes;

static OBJECT_ATTRIBUTES *named(const wchar_t *name, HANDLE root) {
    RtlInitUnicodeString(&name_string, name);
    InitializeObjectAttributes(&attributes, &name_string, OBJ_CASE_INSENSITIVE, root, NULL);
    return &attributes;
}

static void files(void) {
    wchar_t folder[MAX_PATH + 16], path[2 * MAX_PATH];
    GetCurrentDirectoryW(MAX_PATH, folder);
    wsprintfW(path, L"\\??\\%s\\made.txt", folder);
    HANDLE file = NULL, root = NULL;
    IO_STATUS_BLOCK block;
    memset(&block, 0, sizeof block);
    HEX("open what is not there", NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, named(path, NULL), &block, 0, FILE_SYNCHRONOUS_IO_NONALERT));
    HEX("create it", NtCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(path, NULL), &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE,
                                  FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0));
    NUM("created", block.Information);
    HEX("write", NtWriteFile(file, NULL, NULL, NULL, &block, "ten bytes.", 10, NULL, NULL));
    NUM("bytes", block.Information);
    LARGE_INTEGER at = {.QuadPart = 4};
    HEX("write at an offset", NtWriteFile(file, NULL, NULL, NULL, &block, "BYTES", 5, &at, NULL));
    at.QuadPart = -1;
    HEX("write at the end", NtWriteFile(file, NULL, NULL, NULL, &block, "!", 1, &at, NULL));
    char text[32] = "";
    at.QuadPart = 0;
    HEX("read from the beginning", NtReadFile(file, NULL, NULL, NULL, &block, text, sizeof text - 1, &at, NULL));
    NUM("bytes", block.Information);
    STR("text", text);
    HEX("read at the end", NtReadFile(file, NULL, NULL, NULL, &block, text, sizeof text - 1, NULL, NULL));
    at.QuadPart = -3;
    HEX("read at a wrong offset", NtReadFile(file, NULL, NULL, NULL, &block, text, sizeof text - 1, &at, NULL));
    HANDLE event = NULL;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    at.QuadPart = 1;
    HEX("read with an event", NtReadFile(file, event, NULL, NULL, &block, text, 4, &at, NULL));
    NUM("it is set", WaitForSingleObject(event, 0));
    HEX("flush", NtFlushBuffersFile(file, &block));
    HEX("read from no file", NtReadFile(BAD, NULL, NULL, NULL, &block, text, 4, &at, NULL));
    HEX("read from an event", NtReadFile(event, NULL, NULL, NULL, &block, text, 4, &at, NULL));
    HEX("create it again", NtCreateFile(&root, GENERIC_READ | SYNCHRONIZE, named(path, NULL), &block, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, 0, NULL, 0));
    HEX("open it while it is not shared", NtOpenFile(&root, GENERIC_READ | SYNCHRONIZE, named(path, NULL), &block, 7, FILE_SYNCHRONOUS_IO_NONALERT));
    NtClose(event);
    NtClose(file);
    BYTE basic[40];
    NETWORK_OPEN open;
    HEX("attributes by name", NtQueryAttributesFile(named(path, NULL), basic));
    HEX("all attributes by name", NtQueryFullAttributesFile(named(path, NULL), &open));
    BIG("size", open.size.QuadPart);
    NUM("no folder", !(open.attributes & FILE_ATTRIBUTE_DIRECTORY));

    wsprintfW(path, L"\\??\\%s", folder);
    HEX("open the folder", NtOpenFile(&root, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, named(path, NULL), &block, 7, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT));
    HEX("open a file in it", NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, named(L"MADE.TXT", root), &block, 7, FILE_SYNCHRONOUS_IO_NONALERT));
    NUM("opened", block.Information);
    NtClose(file);
    HEX("it is no folder", NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, named(L"made.txt", root), &block, 7, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT));
    HEX("delete it", NtDeleteFile(named(L"made.txt", root)));
    HEX("delete it again", NtDeleteFile(named(L"made.txt", root)));
    HEX("attributes of what is gone", NtQueryAttributesFile(named(L"made.txt", root), basic));
    NtClose(root);
    HEX("a wrong disposition", NtCreateFile(&file, GENERIC_READ, named(path, NULL), &block, NULL, 0, 7, 9, 0, NULL, 0));
}

static void objects(void) {
    HANDLE event = NULL, mutant = NULL, semaphore = NULL, other = NULL;
    wchar_t name[64];
    ULONG size = 0;
    PAIR pair = {9, 9};
    MUTANT_STATE state;
    HEX("event", NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, TRUE));
    HEX("query it", NtQueryEvent(event, 0, &pair, sizeof pair, &size));
    NUM("type", pair.type);
    NUM("state", pair.state);
    NUM("size", size);
    HEX("clear it", NtClearEvent(event));
    HEX("query it with a wrong size", NtQueryEvent(event, 0, &pair, 4, NULL));
    HEX("query it with a wrong class", NtQueryEvent(event, 7, &pair, sizeof pair, NULL));
    LONG before = 9;
    HEX("pulse it", NtPulseEvent(event, &before));
    NUM("it was", before);
    NtQueryEvent(event, 0, &pair, sizeof pair, NULL);
    NUM("it is", pair.state);
    HEX("query no event", NtQueryEvent(BAD, 0, &pair, sizeof pair, NULL));
    HEX("mutant", NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE));
    HEX("query it", NtQueryMutant(mutant, 0, &state, sizeof state, NULL));
    NUM("count", state.count);
    NUM("owned", state.owned);
    NUM("abandoned", state.abandoned);
    HEX("query it as an event", NtQueryEvent(mutant, 0, &pair, sizeof pair, NULL));
    HEX("semaphore", NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 5));
    HEX("query it", NtQuerySemaphore(semaphore, 0, &pair, sizeof pair, NULL));
    NUM("count", pair.type);
    NUM("limit", pair.state);
    wsprintfW(name, L"services-%lu", GetCurrentProcessId());
    HANDLE by_name = CreateEventW(NULL, TRUE, FALSE, name);
    wsprintfW(name, L"\\Sessions\\1\\BaseNamedObjects\\services-none-%lu", GetCurrentProcessId());
    HEX("open an event that is not there", NtOpenEvent(&other, EVENT_ALL_ACCESS, named(name, NULL)));
    HEX("open a mutant that is not there", NtOpenMutant(&other, MUTANT_ALL_ACCESS, named(name, NULL)));
    HEX("open a semaphore that is not there", NtOpenSemaphore(&other, SEMAPHORE_ALL_ACCESS, named(name, NULL)));
    NtClose(by_name);
    NtClose(event);
    NtClose(mutant);
    NtClose(semaphore);
}

static volatile LONG steps, sum;

static void CALLBACK queued(void *a, void *b, void *c) {
    sum += (LONG)(ULONG_PTR)a + 10 * (LONG)(ULONG_PTR)b + 100 * (LONG)(ULONG_PTR)c;
}

static DWORD WINAPI counts(void *value) {
    return (DWORD)(ULONG_PTR)value + 1;
}

static DWORD WINAPI spins(void *unused) {
    while (!unused)
        steps++;
    return 0;
}

static void WINAPI lands(void *value) {
    ExitThread((DWORD)(ULONG_PTR)value);
}

static void threads(void) {
    HANDLE thread = NULL, other = NULL;
    DWORD code = 0;
    ULONG count = 9;
    CLIENT_ID id = {0, 0};
    void *teb = NULL;
    struct {
        SIZE_T total;
        struct {
            SIZE_T attribute, size;
            void *value;
            SIZE_T *returned;
        } each[2];
    } list = {sizeof list, {{0x10003, sizeof id, &id, NULL}, {0x10004, sizeof teb, &teb, NULL}}};
    HEX("create a thread", NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, SELF, counts, (void *)41, 1, 0, 0, 0, &list));
    NUM("its identifier", (DWORD)(ULONG_PTR)id.UniqueThread == GetThreadId(thread));
    NUM("its process", (DWORD)(ULONG_PTR)id.UniqueProcess == GetCurrentProcessId());
    NUM("its TEB says so, too", *(DWORD *)((BYTE *)teb + 0x48) == GetThreadId(thread));
    NUM("it waits", WaitForSingleObject(thread, 20));
    HEX("resume it", NtResumeThread(thread, &count));
    NUM("suspended before", count);
    NUM("it ends", WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    NUM("with", code);
    HEX("resume it", NtResumeThread(BAD, &count));
    CLIENT_ID gone = {0, (HANDLE)0x7ffffff0};
    OBJECT_ATTRIBUTES none;
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    HEX("open no thread", NtOpenThread(&other, THREAD_ALL_ACCESS, &none, &gone));
    NtClose(thread);

    HEX("queue a call", NtQueueApcThread(THIS_THREAD, queued, (void *)1, (void *)2, (void *)3));
    HEX("queue another one", NtQueueApcThread(THIS_THREAD, queued, (void *)4, (void *)5, (void *)6));
    NUM("not run yet", sum);
    HEX("run them", NtTestAlert());
    NUM("run", sum);
    HEX("run none", NtTestAlert());

    NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, SELF, spins, NULL, 0, 0, 0, 0, NULL);
    while (!steps)
        Sleep(1);
    HEX("suspend a thread", NtSuspendThread(thread, &count));
    NUM("suspended before", count);
    CONTEXT context;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_FULL;
    HEX("its registers", NtGetContextThread(thread, &context));
    NUM("it is in its function", context.Rip - (ULONG_PTR)spins < 64);
    context.Rip = (ULONG_PTR)lands;
    context.Rcx = 77;
    context.Rsp = (context.Rsp & ~(DWORD64)15) - 0x48;
    HEX("other registers", NtSetContextThread(thread, &context));
    HEX("resume it", NtResumeThread(thread, &count));
    NUM("it ends", WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    NUM("with", code);
    NtClose(thread);

    NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, SELF, spins, NULL, 0, 0, 0, 0, NULL);
    HEX("end a thread", NtTerminateThread(thread, 33));
    NUM("it ends", WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    NUM("with", code);
    HEX("end no thread", NtTerminateThread(BAD, 33));
    NtClose(thread);

    CLIENT_ID self = {(HANDLE)(ULONG_PTR)GetCurrentProcessId(), (HANDLE)(ULONG_PTR)GetCurrentThreadId()};
    HEX("open the process", NtOpenProcess(&other, PROCESS_ALL_ACCESS, &none, &self));
    NUM("it is this one", GetProcessId(other) == GetCurrentProcessId());
    NtClose(other);
    HEX("open the thread", NtOpenThread(&other, THREAD_ALL_ACCESS, &none, &self));
    NUM("it is this one", GetThreadId(other) == GetCurrentThreadId());
    NtClose(other);
    HEX("flush what there is of caches", NtFlushInstructionCache(SELF, NULL, 0));

    static CONTEXT here;
    static volatile LONG came;
    here.ContextFlags = CONTEXT_FULL;
    RtlCaptureContext(&here);
    if (came++ < 2)
        NtContinue(&here, FALSE);
    NUM("came by here", came);
}

int main(void) {
    files();
    objects();
    threads();
    return 0;
}
