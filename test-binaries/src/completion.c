// Completion ports: order, limits, time, threads, files, and the error modes that a program sets beside them.
#include "check.h"

static void got(const char *name, HANDLE port, DWORD millis) {
    DWORD bytes = 77;
    ULONG_PTR key = 77;
    OVERLAPPED *overlapped = (OVERLAPPED *)(ULONG_PTR)0x4d;
    SetLastError(0xdead);
    BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, millis);
    DWORD error = GetLastError();
    if (ok)
        printf("%s: bytes %lu key %lu overlapped %s\n", name, bytes, (unsigned long)key, overlapped ? "set" : "NULL");
    else
        printf("%s: error %lu overlapped %s\n", name, error, overlapped ? "set" : "NULL");
}

static void post(HANDLE port, DWORD bytes, ULONG_PTR key) {
    if (!PostQueuedCompletionStatus(port, bytes, key, NULL))
        printf("post failed: %lu\n", GetLastError());
}

static HANDLE new_port(DWORD threads) {
    return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, threads);
}

static void bad_handles(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG count;
    got("get of no port", NULL, 0);
    got("get of an event", event, 0);
    OK("post to no port", PostQueuedCompletionStatus(NULL, 1, 2, NULL));
    OK("post to an event", PostQueuedCompletionStatus(event, 1, 2, NULL));
    OK("get many of no port", GetQueuedCompletionStatusEx(NULL, &entry, 1, &count, 0, FALSE));
    OK("no file with a port", CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0) != NULL);
    OK("an event as a file", CreateIoCompletionPort(event, port, 0, 0) != NULL);
    OK("set event on a port", SetEvent(port));
    OK("close", CloseHandle(port));
    OK("close again", CloseHandle(port));
    got("get of a closed port", port, 0);
    CloseHandle(event);
}

static void order(void) {
    HANDLE port = new_port(1);
    OVERLAPPED overlapped;
    got("empty", port, 0);
    got("empty, after a while", port, 20);
    for (int i = 1; i <= 3; i++)
        post(port, 10 * i, i);
    for (int i = 1; i <= 3; i++)
        got("in order", port, INFINITE);
    got("empty again", port, 0);
    OK("post with overlapped", PostQueuedCompletionStatus(port, 0xffffffff, (ULONG_PTR)-1, &overlapped));
    got("all ones", port, 0);
    NUM("wait for an empty port", WaitForSingleObject(port, 0));
    post(port, 0, 0);
    NUM("wait for a full port", WaitForSingleObject(port, 0));
    NUM("and it stays so", WaitForSingleObject(port, 0));
    got("zeros", port, 0);
    NUM("wait when taken", WaitForSingleObject(port, 0));
    CloseHandle(port);
}

static void CALLBACK call(ULONG_PTR number) {
    NUM("call", number);
}

static void many(void) {
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[8];
    ULONG count = 0;
    for (int i = 1; i <= 6; i++)
        post(port, 100 * i, i);
    for (int round = 0; round < 2; round++) {
        OK("many", GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE));
        NUM("count", count);
        for (ULONG i = 0; i < count; i++)
            printf("  key %lu bytes %lu status %lu\n", (unsigned long)entries[i].lpCompletionKey,
                   entries[i].dwNumberOfBytesTransferred, (unsigned long)entries[i].Internal);
    }
    OK("many of none", GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE));
    OK("many of none, after a while", GetQueuedCompletionStatusEx(port, entries, 4, &count, 10, FALSE));
    QueueUserAPC(call, GetCurrentThread(), 1);
    OK("not alertable", GetQueuedCompletionStatusEx(port, entries, 4, &count, 5, FALSE));
    OK("alertable", GetQueuedCompletionStatusEx(port, entries, 4, &count, INFINITE, TRUE));
    OK("no more calls", GetQueuedCompletionStatusEx(port, entries, 4, &count, 5, TRUE));
    QueueUserAPC(call, GetCurrentThread(), 2);
    post(port, 1, 9);
    OK("a packet before a call", GetQueuedCompletionStatusEx(port, entries, 4, &count, INFINITE, TRUE));
    NUM("its key", entries[0].lpCompletionKey);
    NUM("the call is still there", SleepEx(0, TRUE));
    CloseHandle(port);
}

struct worker {
    HANDLE port;
    HANDLE thread;
    ULONG_PTR key;
    DWORD error;
};

static DWORD WINAPI work_once(void *argument) {
    struct worker *worker = argument;
    DWORD bytes;
    OVERLAPPED *overlapped;
    worker->error = 0;
    if (!GetQueuedCompletionStatus(worker->port, &bytes, &worker->key, &overlapped, INFINITE))
        worker->error = GetLastError();
    return 0;
}

static void start(struct worker *worker, HANDLE port) {
    worker->port = port;
    worker->key = 0;
    worker->thread = CreateThread(NULL, 0, work_once, worker, 0, NULL);
    Sleep(200); // Until it waits.
}

static void finish(struct worker *worker) {
    NUM("worker ends", WaitForSingleObject(worker->thread, 5000));
    CloseHandle(worker->thread);
}

static void threads(void) {
    struct worker workers[3];
    HANDLE port = new_port(4);
    start(&workers[0], port);
    post(port, 0, 5);
    finish(&workers[0]);
    NUM("the waiting thread gets it", workers[0].key);
    got("and nobody else", port, 0);

    for (int i = 0; i < 3; i++)
        start(&workers[i], port);
    for (int i = 1; i <= 3; i++)
        post(port, 0, i);
    ULONG_PTR sum = 0;
    for (int i = 0; i < 3; i++) {
        finish(&workers[i]);
        sum += workers[i].key;
    }
    NUM("each packet once", sum);

    start(&workers[0], port);
    OK("close while waiting", CloseHandle(port));
    finish(&workers[0]);
    NUM("the waiting thread is told", workers[0].error);
}

static LONG volatile taken;
static LONG volatile total;

static DWORD WINAPI work_on(void *port) {
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key) {
        InterlockedIncrement(&taken);
        InterlockedExchangeAdd(&total, (LONG)key);
        if (key % 50 == 0)
            Sleep(1);
    }
    return 0;
}

static void pool(void) {
    HANDLE port = new_port(2);
    HANDLE pool[4];
    for (int i = 0; i < 4; i++)
        pool[i] = CreateThread(NULL, 0, work_on, port, 0, NULL);
    for (int i = 1; i <= 1000; i++)
        post(port, 0, i);
    for (int i = 0; i < 4; i++)
        post(port, 0, 0);
    NUM("all workers end", WaitForMultipleObjects(4, pool, TRUE, 20000));
    NUM("packets", taken);
    NUM("sum", total);
    for (int i = 0; i < 4; i++)
        CloseHandle(pool[i]);
    CloseHandle(port);
}

static char file_name[MAX_PATH];

static HANDLE open(DWORD flags, DWORD how) {
    return CreateFileA(file_name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, how, flags, NULL);
}

// Whether it is done at once or later is the system's affair.
static void started(const char *name, BOOL ok) {
    DWORD error = GetLastError();
    if (ok || error == ERROR_IO_PENDING)
        printf("%s: started\n", name);
    else
        printf("%s: error %lu\n", name, error);
}

static void files(void) {
    char buffer[16] = {0}, folder[MAX_PATH];
    OVERLAPPED overlapped = {0};
    GetTempPathA(sizeof folder, folder);
    GetTempFileNameA(folder, "cmp", 0, file_name);
    HANDLE port = new_port(0), other = new_port(0);
    HANDLE plain = open(0, CREATE_ALWAYS);
    OK("a synchronous file", CreateIoCompletionPort(plain, port, 1, 0) != NULL);
    CloseHandle(plain);
    HANDLE file = open(FILE_FLAG_OVERLAPPED, CREATE_ALWAYS);
    NUM("the same port", CreateIoCompletionPort(file, port, 42, 0) == port);
    OK("twice", CreateIoCompletionPort(file, port, 43, 0) != NULL);
    OK("another port", CreateIoCompletionPort(file, other, 43, 0) != NULL);
    got("nothing yet", port, 0);
    started("write", WriteFile(file, "0123456789", 10, NULL, &overlapped));
    got("written", port, 5000);
    NUM("bytes in overlapped", overlapped.InternalHigh);
    overlapped.Offset = 4;
    started("read", ReadFile(file, buffer, 16, NULL, &overlapped));
    got("read", port, 5000);
    STR("text", buffer);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    started("read for the event alone", ReadFile(file, buffer, 4, NULL, &overlapped));
    NUM("event", WaitForSingleObject(event, 5000));
    got("no packet", port, 20);
    overlapped.hEvent = event;
    started("read for both", ReadFile(file, buffer, 4, NULL, &overlapped));
    NUM("event", WaitForSingleObject(event, 5000));
    got("packet", port, 5000);
    overlapped.hEvent = NULL;
    OK("flags of no file", SetFileCompletionNotificationModes(NULL, 1));
    HANDLE made = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    CloseHandle(file);
    file = open(FILE_FLAG_OVERLAPPED, OPEN_EXISTING);
    HANDLE own = CreateIoCompletionPort(file, NULL, 7, 0);
    NUM("a port of its own", own && own != made);
    OK("skip on success", SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    overlapped.Offset = 0;
    BOOL at_once = ReadFile(file, buffer, 4, NULL, &overlapped);
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *done = NULL;
    BOOL packet = GetQueuedCompletionStatus(own, &bytes, &key, &done, at_once ? 20 : 5000);
    NUM("a packet only for what took longer", packet == !at_once && (done != NULL) == packet);
    CloseHandle(own);
    overlapped.Offset = 2;
    started("read when the port is gone", ReadFile(file, buffer, 4, NULL, &overlapped));
    CloseHandle(file);
    DeleteFileA(file_name);
}

static void modes(void) {
    DWORD old = 77;
    HEX("error mode", SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX) & ~1u);
    HEX("error mode before", SetErrorMode(SEM_NOGPFAULTERRORBOX));
    HEX("error mode now", GetErrorMode());
    OK("thread error mode", SetThreadErrorMode(SEM_FAILCRITICALERRORS, NULL));
    OK("thread error mode", SetThreadErrorMode(SEM_NOGPFAULTERRORBOX, &old));
    HEX("before", old);
    HEX("now", GetThreadErrorMode());
    OK("no mode of a thread", SetThreadErrorMode(0x10, &old));
    HEX("unchanged", GetThreadErrorMode());
}

int main(void) {
    bad_handles();
    order();
    many();
    threads();
    pool();
    files();
    modes();
    return 0;
}
