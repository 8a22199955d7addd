// Operations on files whose end is told by the thread pool or by a queued call: I/O objects, older bindings, ReadFileEx, WriteFileEx.
#include "check.h"
#include <string.h>

static HANDLE done;
static volatile LONG calls, total;
static ULONG last_error, last_bytes;
static void *last_context, *last_overlapped;
static BOOL other_thread;
static DWORD main_thread;

static void CALLBACK completed(TP_CALLBACK_INSTANCE *instance, void *context, void *overlapped, ULONG error, ULONG_PTR bytes, TP_IO *io) {
    (void)instance;
    (void)io;
    last_context = context;
    last_overlapped = overlapped;
    last_error = error;
    last_bytes = (ULONG)bytes;
    other_thread = GetCurrentThreadId() != main_thread;
    InterlockedAdd(&total, (LONG)bytes);
    InterlockedIncrement(&calls);
    SetEvent(done);
}

static void CALLBACK bound(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    last_error = error;
    last_bytes = bytes;
    last_overlapped = overlapped;
    SetEvent(done);
}

static void CALLBACK queued(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    last_error = error;
    last_bytes = bytes;
    last_overlapped = overlapped;
    other_thread = GetCurrentThreadId() != main_thread;
}

static HANDLE make(const wchar_t *name, DWORD flags) {
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, flags, NULL);
}

static BOOL under_way(BOOL result) {
    return result || GetLastError() == ERROR_IO_PENDING;
}

int main(void) {
    main_thread = GetCurrentThreadId();
    done = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE file = make(L"pooled", FILE_FLAG_OVERLAPPED), plain = make(L"plain", 0);
    int context;
    TP_IO *io = CreateThreadpoolIo(file, completed, &context, NULL);
    NUM("an I/O object", io != NULL);
    SetLastError(0);
    NUM("a second for the file", CreateThreadpoolIo(file, completed, &context, NULL) != NULL);
    NUM("error", GetLastError());
    NUM("for what waits", CreateThreadpoolIo(plain, completed, &context, NULL) != NULL);
    NUM("error", GetLastError());
    NUM("for no file", CreateThreadpoolIo((HANDLE)0xbad0, completed, &context, NULL) != NULL);
    NUM("error", GetLastError());

    OVERLAPPED overlapped = {0};
    StartThreadpoolIo(io);
    NUM("write", under_way(WriteFile(file, "sixteen bytes...", 16, NULL, &overlapped)));
    NUM("it is told", WaitForSingleObject(done, 5000));
    WaitForThreadpoolIoCallbacks(io, FALSE);
    NUM("calls", calls);
    NUM("error", last_error);
    NUM("bytes", last_bytes);
    NUM("the context", last_context == &context);
    NUM("the request", last_overlapped == &overlapped);
    NUM("another thread", other_thread);

    char text[17] = "";
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.Offset = 8;
    StartThreadpoolIo(io);
    NUM("read", under_way(ReadFile(file, text, 8, NULL, &overlapped)));
    WaitForSingleObject(done, 5000);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    STR("text", text);
    NUM("calls", calls);

    StartThreadpoolIo(io);
    NUM("read no handle", under_way(ReadFile((HANDLE)0xbad0, text, 8, NULL, &overlapped)));
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    NUM("nothing is told", calls);

    OVERLAPPED many[32];
    memset(many, 0, sizeof many);
    calls = total = 0;
    for (int i = 0; i < 32; i++) {
        many[i].Offset = 16 * i;
        StartThreadpoolIo(io);
        if (!under_way(WriteFile(file, "0123456789abcdef", 16, NULL, &many[i]))) {
            CancelThreadpoolIo(io);
            printf("a write failed: %ld\n", GetLastError());
        }
    }
    WaitForThreadpoolIoCallbacks(io, FALSE);
    NUM("all are told", calls);
    NUM("bytes in all", total);
    NUM("size", GetFileSize(file, NULL));
    CloseThreadpoolIo(io);
    CloseHandle(file);

    file = make(L"bound", FILE_FLAG_OVERLAPPED);
    ResetEvent(done);
    OK("bind", BindIoCompletionCallback(file, bound, 0));
    OK("with flags", BindIoCompletionCallback(file, bound, 1));
    OK("what waits", BindIoCompletionCallback(plain, bound, 0));
    memset(&overlapped, 0, sizeof overlapped);
    NUM("write", under_way(WriteFile(file, "five!", 5, NULL, &overlapped)));
    NUM("it is told", WaitForSingleObject(done, 5000));
    NUM("error", last_error);
    NUM("bytes", last_bytes);
    NUM("the request", last_overlapped == &overlapped);
    CloseHandle(file);

    file = make(L"queued", FILE_FLAG_OVERLAPPED);
    memset(&overlapped, 0, sizeof overlapped);
    last_bytes = 0;
    OK("write", WriteFileEx(file, "seven..", 7, &overlapped, queued));
    NUM("not told yet", last_bytes);
    NUM("it is told", SleepEx(5000, TRUE));
    NUM("error", last_error);
    NUM("bytes", last_bytes);
    NUM("the request", last_overlapped == &overlapped);
    NUM("another thread", other_thread);
    memset(text, 0, sizeof text);
    OK("read", ReadFileEx(file, text, 16, &overlapped, queued));
    NUM("it is told", SleepEx(5000, TRUE));
    NUM("bytes", last_bytes);
    STR("text", text);
    OK("read no file", ReadFileEx((HANDLE)0xbad0, text, 16, &overlapped, queued));
    NUM("nothing is told", SleepEx(0, TRUE));
    CloseHandle(file);
    CloseHandle(plain);
    return 0;
}
