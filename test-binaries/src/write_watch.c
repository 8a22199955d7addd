// Write watch: which pages have been written, by the program and by the system for it.
#include "check.h"
#include <string.h>

enum { PAGE = 0x1000, PAGES = 64 };

static char *base;

static void show(const char *name, DWORD flags, char *from, SIZE_T size, ULONG_PTR limit) {
    void *addresses[PAGES];
    ULONG_PTR count = limit;
    DWORD granularity = 0;
    if (GetWriteWatch(flags, from, size, addresses, &count, &granularity)) {
        printf("%s: refused\n", name);
        return;
    }
    printf("%s: granularity %lu, %I64u:", name, granularity, (ULONGLONG)count);
    for (ULONG_PTR i = 0; i < count; i++)
        printf(" %I64d", (LONGLONG)((char *)addresses[i] - base) / PAGE);
    printf("\n");
}

static void all(const char *name, DWORD flags) {
    show(name, flags, base, PAGES * PAGE, PAGES);
}

int main(void) {
    DWORD n, old;
    base = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    NUM("watched memory", base != NULL);
    all("fresh", 0);
    volatile char c = base[3 * PAGE];
    NUM("zero", c);
    all("after a read", 0);
    base[3 * PAGE] = 1;
    base[5 * PAGE + 4095] = 1;
    base[40 * PAGE] = 1;
    all("after writes", 0);
    all("still", 0);
    show("a part", 0, base + 4 * PAGE, 10 * PAGE, PAGES);
    show("at most two", 0, base, PAGES * PAGE, 2);
    all("and reset", WRITE_WATCH_FLAG_RESET);
    all("after the reset", 0);
    base[3 * PAGE] = 2;
    all("written again", 0);
    NUM("ResetWriteWatch", ResetWriteWatch(base, PAGES * PAGE));
    all("after ResetWriteWatch", 0);
    memset(base + 10 * PAGE - 1, 1, PAGE + 2);
    all("across pages", WRITE_WATCH_FLAG_RESET);

    // What the system writes into a buffer counts as well.
    HANDLE file = CreateFileA("f", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, "0123456789", 10, &n, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK("ReadFile", ReadFile(file, base + 20 * PAGE - 5, 10, &n, NULL));
    NUM("read", n == 10 && memcmp(base + 20 * PAGE - 5, "0123456789", 10) == 0);
    all("after ReadFile", WRITE_WATCH_FLAG_RESET);
    OK("WriteFile from it", WriteFile(file, base + 20 * PAGE - 5, 10, &n, NULL));
    all("after WriteFile", 0);
    CloseHandle(file);
    DeleteFileA("f");

    SYSTEMTIME *time = (SYSTEMTIME *)(base + 30 * PAGE);
    GetSystemTime(time);
    all("after GetSystemTime", WRITE_WATCH_FLAG_RESET);

    OK("read only", VirtualProtect(base + 50 * PAGE, PAGE, PAGE_READONLY, &old));
    OK("writable again", VirtualProtect(base + 50 * PAGE, PAGE, PAGE_READWRITE, &old));
    all("after a change of protection", 0);
    base[50 * PAGE] = 1;
    all("written after it", WRITE_WATCH_FLAG_RESET);

    // Memory that is reserved first, and committed in parts.
    char *reserved = VirtualAlloc(NULL, (SIZE_T)1 << 32, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
    NUM("4 GB reserved", reserved != NULL);
    char *first = base;
    base = reserved;
    VirtualAlloc(base + 8 * PAGE, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    all("committed", 0);
    base[9 * PAGE] = 1;
    show("in all of it", WRITE_WATCH_FLAG_RESET, base, (SIZE_T)1 << 32, PAGES);
    base[10 * PAGE] = 1;
    show("then", 0, base, (SIZE_T)1 << 32, PAGES);
    base = first;

    char *plain = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONG_PTR count = 1;
    void *address;
    NUM("not watched", GetWriteWatch(0, plain, PAGE, &address, &count, &n) != 0);
    NUM("reset what is not watched", ResetWriteWatch(plain, PAGE) != 0);
    NUM("past the end", GetWriteWatch(0, base, (PAGES + 1) * PAGE, &address, &count, &n) != 0);
    NUM("unknown flags", GetWriteWatch(2, base, PAGE, &address, &count, &n) != 0);
    NUM("size 0", GetWriteWatch(0, base, 0, &address, &count, &n) != 0);
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    NUM("after release", GetWriteWatch(0, base, PAGE, &address, &count, &n) != 0);
    return 0;
}
