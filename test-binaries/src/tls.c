// Thread-local storage: TlsAlloc slots, the TLS directory's template, its callbacks, and __thread.
#include "say.h"

extern ULONG _tls_index;
extern char _tls_start[];

// Lies in the image's TLS template: each thread starts with its own copy.
__attribute__((section(".tls$M"))) int native_tls = 42;

static __thread int emulated_tls = 17;
static DWORD slot;

static int *native(void) {
    char **blocks = (char **)__readgsqword(0x58);
    return (int *)(void *)(blocks[_tls_index] + ((char *)&native_tls - _tls_start));
}

static void NTAPI callback(PVOID module, DWORD reason, PVOID reserved) {
    (void)reserved;
    say("TLS callback: %s%s", reason_name(reason), module == GetModuleHandleA(NULL) ? "" : ", wrong module");
}

__attribute__((section(".CRT$XLF"), used)) PIMAGE_TLS_CALLBACK callback_entry = callback;

static DWORD WINAPI thread(void *parameter) {
    int number = (int)(INT_PTR)parameter;
    say("thread %d: template value %d, __thread %d", number, *native(), emulated_tls);
    say("thread %d: slot starts empty: %d", number, TlsGetValue(slot) == NULL);
    *native() = number;
    emulated_tls = number;
    TlsSetValue(slot, parameter);
    say("thread %d: now %d, %d, %d", number, *native(), emulated_tls, (int)(INT_PTR)TlsGetValue(slot));
    return 0;
}

int main(void) {
    slot = TlsAlloc();
    say("TlsAlloc: %d", slot != TLS_OUT_OF_INDEXES);
    SetLastError(5);
    void *value = TlsGetValue(slot);
    say("empty: %d, last error cleared: %lu", value == NULL, GetLastError());
    say("TlsSetValue: %d", TlsSetValue(slot, (void *)0x1234));
    say("TlsGetValue: %p", TlsGetValue(slot));
    say("template value: %d", *native());
    *native() = 43;
    emulated_tls = 18;
    for (int i = 1; i <= 2; i++) {
        HANDLE h = CreateThread(NULL, 0, thread, (void *)(INT_PTR)i, 0, NULL);
        WaitForSingleObject(h, INFINITE);
        CloseHandle(h);
    }
    say("main keeps its own: %d, %d, %p", *native(), emulated_tls, TlsGetValue(slot));
    say("TlsFree: %d", TlsFree(slot));
    SetLastError(0);
    BOOL ok = TlsFree(slot);
    say("TlsFree again: %d error %lu", ok, GetLastError());
    SetLastError(0);
    ok = TlsSetValue(100000, NULL);
    say("TlsSetValue past the end: %d error %lu", ok, GetLastError());

    DWORD slots[1100];
    int count = 0;
    while (count < 1100 && (slots[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        count++;
    say("slots, at least 1000 of at most 1088: %d", count >= 1000 && count <= 1088);
    say("the last works: %d", TlsSetValue(slots[count - 1], (void *)1) && TlsGetValue(slots[count - 1]) == (void *)1);
    while (count)
        TlsFree(slots[--count]);
    slot = TlsAlloc();
    say("a freed slot comes back empty: %d", TlsGetValue(slot) == NULL);
    return 0;
}
