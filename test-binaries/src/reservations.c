// Large reservations, sections that are committed in parts, locked, offered and discarded memory, guard pages, heaps with limits.
#include "check.h"
#include <string.h>

enum { PAGE = 0x1000 };
#define TB ((SIZE_T)1 << 40)

static char *base;

static void query(const char *name, const void *address) {
    MEMORY_BASIC_INFORMATION m;
    if (!VirtualQuery(address, &m, sizeof m)) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    if (m.State == MEM_FREE) {
        printf("%s: state 0x%lx protect 0x%lx\n", name, m.State, m.Protect);
        return;
    }
    printf("%s: at 0x%I64x size 0x%I64x state 0x%lx protect 0x%lx type 0x%lx\n", name,
           (LONGLONG)((char *)m.BaseAddress - base), (LONGLONG)m.RegionSize, m.State, m.Protect, m.Type);
}

static void large(void) {
    DWORD before = GetTickCount();
    base = VirtualAlloc(NULL, 4 * TB, MEM_RESERVE, PAGE_NOACCESS);
    NUM("4 TB", base != NULL);
    query("reserved", base);
    NUM("commit 1 TB into it", VirtualAlloc(base + TB, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) == base + TB);
    base[TB + PAGE] = 1;
    query("before", base + 5 * PAGE);
    query("committed", base + TB);
    query("after", base + TB + 2 * PAGE);
    OK("decommit", VirtualFree(base + TB, PAGE, MEM_DECOMMIT));
    query("decommitted", base + TB);
    query("left", base + TB + PAGE);
    char *more = VirtualAlloc(NULL, 16 * TB, MEM_RESERVE, PAGE_NOACCESS);
    NUM("16 TB", more != NULL);
    NUM("its last page", VirtualAlloc(more + 16 * TB - PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    more[16 * TB - 1] = 1;
    OK("release", VirtualFree(more, 0, MEM_RELEASE));
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    query("free", base + TB);
    for (int i = 0; i < 20; i++) {
        char *p = VirtualAlloc(NULL, TB / 64, MEM_RESERVE, PAGE_READWRITE);
        VirtualFree(p, 0, MEM_RELEASE);
    }
    NUM("twenty times 16 GB, at once", GetTickCount() - before < 10000);
    NUM("more than there is", VirtualAlloc(NULL, 120 * TB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == NULL);
    char *low = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);
    char *high = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
    NUM("top down is above", high > low);
    VirtualFree(low, 0, MEM_RELEASE);
    VirtualFree(high, 0, MEM_RELEASE);
}

static void sections(void) {
    HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 1, 0, NULL);
    NUM("section of 4 GB, reserved", h != NULL);
    char *a = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0x100000), *b = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0x10000, 0x10000);
    base = a;
    query("a view", a);
    NUM("commit in the view", VirtualAlloc(a + 0x10000, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) == a + 0x10000);
    query("committed", a + 0x10000);
    query("the rest", a + 0x12000);
    a[0x10000] = 5;
    NUM("seen in the other view", b[0]);
    base = b;
    query("committed there", b);
    char *c = MapViewOfFile(h, FILE_MAP_READ, 0, 0x10000, 0x10000);
    NUM("and in a later one", c[0]);
    SetLastError(0);
    NUM("decommit a view", VirtualFree(a + 0x10000, PAGE, MEM_DECOMMIT));
    OK("unmap", UnmapViewOfFile(a));
    OK("unmap", UnmapViewOfFile(b));
    OK("unmap", UnmapViewOfFile(c));
    CloseHandle(h);
}

static void residency(void) {
    DWORD old;
    base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    OK("unlock what is not locked", VirtualUnlock(base, PAGE));
    OK("lock", VirtualLock(base, 2 * PAGE));
    OK("lock again", VirtualLock(base, PAGE));
    OK("unlock", VirtualUnlock(base, 2 * PAGE));
    OK("unlock again", VirtualUnlock(base, PAGE));
    VirtualFree(base + 4 * PAGE, PAGE, MEM_DECOMMIT);
    NUM("lock reserved memory", VirtualLock(base + 4 * PAGE, PAGE));
    VirtualProtect(base + 5 * PAGE, PAGE, PAGE_NOACCESS, &old);
    NUM("lock memory without access", VirtualLock(base + 5 * PAGE, PAGE));
    WIN32_MEMORY_RANGE_ENTRY ranges[2] = {{base, PAGE}, {base + 2 * PAGE, PAGE}};
    OK("prefetch", PrefetchVirtualMemory(GetCurrentProcess(), 2, ranges, 0));
    OK("prefetch with flags", PrefetchVirtualMemory(GetCurrentProcess(), 2, ranges, 1));
    OK("prefetch nothing", PrefetchVirtualMemory(GetCurrentProcess(), 0, ranges, 0));
    HMODULE dll = LoadLibraryA("kernelbase.dll");
    DWORD(WINAPI *offer)(void *, SIZE_T, int) = (void *)GetProcAddress(dll, "OfferVirtualMemory");
    DWORD(WINAPI *reclaim)(void *, SIZE_T) = (void *)GetProcAddress(dll, "ReclaimVirtualMemory");
    DWORD(WINAPI *discard)(void *, SIZE_T) = (void *)GetProcAddress(dll, "DiscardVirtualMemory");
    if (!offer || !reclaim || !discard) {
        printf("no OfferVirtualMemory\n");
        return;
    }
    memset(base, 7, 2 * PAGE);
    NUM("offer", offer(base, 2 * PAGE, 1));
    query("offered", base);
    // ERROR_BUSY would say that the contents are gone.
    DWORD got = reclaim(base, 2 * PAGE);
    NUM("reclaim", got == ERROR_SUCCESS || got == ERROR_BUSY);
    NUM("as it was", got == ERROR_BUSY || base[PAGE] == 7);
    NUM("offer with a bad priority", offer(base, PAGE, 9));
    NUM("offer half a page", offer(base, PAGE / 2, 1));
    NUM("offer a reserved page", offer(base + 4 * PAGE, PAGE, 1) != 0);
    NUM("discard", discard(base, PAGE));
    base[0] = 1;
    NUM("written afterwards", base[0]);
    NUM("discard half a page", discard(base, PAGE / 2));
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
}

static LONG guarded;

static LONG CALLBACK handler(EXCEPTION_POINTERS *e) {
    if (e->ExceptionRecord->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    guarded++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void guards(void) {
    void *h = AddVectoredExceptionHandler(1, handler);
    base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    query("four guard pages", base);
    *(volatile char *)(base + PAGE) = 1;
    *(volatile char *)(base + PAGE) = 2;
    NUM("hit once", guarded);
    query("no longer one", base + PAGE);
    query("still guarded", base + 2 * PAGE);
    RemoveVectoredExceptionHandler(h);
    VirtualFree(base, 0, MEM_RELEASE);
}

static DWORD raised;
static void *out[5];

static LONG CALLBACK heap_handler(EXCEPTION_POINTERS *e) {
    if (e->ExceptionRecord->ExceptionCode != STATUS_NO_MEMORY)
        return EXCEPTION_CONTINUE_SEARCH;
    raised = e->ExceptionRecord->ExceptionCode;
    __builtin_longjmp(out, 1);
}

// The exception that an allocation ends with, or 0.
static DWORD exception_of(HANDLE heap, DWORD flags, SIZE_T size) {
    raised = 0;
    if (!__builtin_setjmp(out))
        HeapAlloc(heap, flags, size);
    return raised;
}

static void heaps(void) {
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0x1000, 0x40000);
    NUM("heap of fixed size", heap != NULL);
    char *p = HeapAlloc(heap, HEAP_ZERO_MEMORY, 1000);
    NUM("block", p != NULL && p[0] == 0 && p[999] == 0);
    NUM("too large for it", HeapAlloc(heap, 0, 0x50000) == NULL);
    int n = 0;
    while (n < 100000 && HeapAlloc(heap, 0, 0x1000))
        n++;
    NUM("full in the end", n > 20 && n < 0x40);
    NUM("HeapValidate", HeapValidate(heap, 0, NULL));
    OK("HeapLock", HeapLock(heap));
    PROCESS_HEAP_ENTRY e = {0};
    int busy = 0, found = 0;
    while (HeapWalk(heap, &e)) {
        busy += (e.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
        found |= e.lpData == p && e.cbData == 1000;
    }
    NUM("HeapWalk ends with", GetLastError());
    NUM("all blocks found", busy >= n + 1);
    NUM("with their sizes", found);
    OK("HeapUnlock", HeapUnlock(heap));
    ULONG mode = 99;
    SIZE_T length = 0;
    OK("HeapQueryInformation", HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof mode, &length));
    NUM("size", length);
    OK("a byte too small", HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof mode - 1, &length));
    OK("HeapDestroy", HeapDestroy(heap));
    OK("HeapSetInformation", HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0));
    SetLastError(0);
    NUM("initial above maximum", HeapCreate(0, 0x20000, 0x10000) == NULL);
    heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0x40000);
    void *h = AddVectoredExceptionHandler(1, heap_handler);
    HEX("too much for it", exception_of(heap, 0, (SIZE_T)1 << 61));
    HEX("not too much", exception_of(heap, 0, 100));
    HEX("for one call", exception_of(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, (SIZE_T)1 << 61));
    RemoveVectoredExceptionHandler(h);
    HeapDestroy(heap);
}

int main(void) {
    large();
    sections();
    residency();
    guards();
    heaps();
    return 0;
}
