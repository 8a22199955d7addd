// Placeholders: reservations that are split, joined, and replaced by memory and views; views and memory with requirements.
#include "check.h"
#include <string.h>

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#define MEM_REPLACE_PLACEHOLDER 0x4000
#define MEM_COALESCE_PLACEHOLDERS 1
#define MEM_PRESERVE_PLACEHOLDER 2
#endif

typedef struct {
    void *lowest, *highest;
    SIZE_T alignment;
} REQUIREMENTS;

typedef struct {
    ULONG64 type;
    void *pointer;
} PARAMETER;

static void *(WINAPI *alloc2)(HANDLE, void *, SIZE_T, ULONG, ULONG, PARAMETER *, ULONG);
static void *(WINAPI *map3)(HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG, PARAMETER *, ULONG);
static BOOL(WINAPI *unmap2)(HANDLE, void *, ULONG);
static void *(WINAPI *alloc_app)(void *, SIZE_T, ULONG, ULONG);
static BOOL(WINAPI *protect_app)(void *, SIZE_T, ULONG, ULONG *);
static void *(WINAPI *map_app)(HANDLE, ULONG, ULONG64, SIZE_T);

static char *base;
enum { K = 0x10000 };

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
    printf("%s: allocation at 0x%I64x, size 0x%I64x state 0x%lx protect 0x%lx type 0x%lx\n", name,
           (LONGLONG)((char *)m.AllocationBase - base), (LONGLONG)m.RegionSize, m.State, m.Protect,
           m.Type);
}

// The documentation does not say with which error the wrong use of placeholders fails.
static void refused(const char *name, int done) {
    printf("%s: %s\n", name, done ? "done" : "refused");
}

static char *placeholder(SIZE_T size) {
    return alloc2(NULL, NULL, size, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
}

static char *replace(void *at, SIZE_T size) {
    return alloc2(NULL, at, size, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
}

static BOOL split(void *at, SIZE_T size) {
    return VirtualFree(at, size, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
}

static BOOL join(void *at, SIZE_T size) {
    return VirtualFree(at, size, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
}

static void memory(void) {
    DWORD old;
    base = placeholder(4 * K);
    NUM("placeholder", base != NULL && ((ULONG_PTR)base & 0xffff) == 0);
    query("it is reserved", base);
    refused("commit in it", VirtualAlloc(base, K, MEM_COMMIT, PAGE_READWRITE) != NULL);
    refused("protect it", VirtualProtect(base, K, PAGE_READWRITE, &old));
    refused("reserve over it", VirtualAlloc(base, K, MEM_RESERVE, PAGE_READWRITE) != NULL);
    refused("replace a part", replace(base, K) != NULL);
    OK("split off the second quarter", split(base + K, K));
    query("first part", base);
    query("second part", base + K);
    query("third part", base + 2 * K);
    NUM("replace the second", replace(base + K, K) == base + K);
    query("now committed", base + K);
    base[K] = 1;
    NUM("written", base[K]);
    refused("join over memory", join(base, 4 * K));
    OK("back to a placeholder", split(base + K, K));
    query("again a placeholder", base + K);
    refused("join two of three, wrong size", join(base, 2 * K + K / 2));
    OK("join two of three", join(base, 2 * K));
    query("two of three", base);
    OK("join the rest", join(base, 4 * K));
    query("whole again", base);
    refused("join one alone", join(base, 4 * K));
    NUM("replace all", replace(base, 4 * K) == base);
    NUM("zeroed", base[K]);
    OK("decommit within", VirtualFree(base + K, K, MEM_DECOMMIT));
    query("decommitted", base + K);
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    query("free", base);
    char *plain = VirtualAlloc(NULL, 2 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    refused("make a placeholder of plain memory", split(plain, K));
    refused("replace plain memory", replace(plain, 2 * K) != NULL);
    VirtualFree(plain, 0, MEM_RELEASE);
    base = placeholder(2 * K);
    OK("release a placeholder", VirtualFree(base, 0, MEM_RELEASE));
    refused("VirtualAlloc makes none", VirtualAlloc(NULL, K, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS) != NULL);
    refused("a placeholder with access",
            alloc2(NULL, NULL, K, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) != NULL);
}

// A ring buffer: two views of one section, side by side, as the documentation's example does it.
static void ring(void) {
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, K, NULL);
    base = placeholder(2 * K);
    OK("split in halves", split(base, K));
    char *first = map3(section, NULL, base, 0, K, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    char *second = map3(section, NULL, base + K, 0, K, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    NUM("first view", first == base);
    NUM("second view", second == base + K);
    memcpy(base + K - 2, "ring", 4);
    NUM("around the end", memcmp(base, "ng", 2) == 0 && memcmp(base + 2 * K - 2, "ri", 2) == 0);
    query("a view", base + K);
    OK("unmap to a placeholder", unmap2(GetCurrentProcess(), first, MEM_PRESERVE_PLACEHOLDER));
    query("placeholder again", base);
    NUM("replace by memory", replace(base, K) == base);
    NUM("another memory", base[0] == 0 && base[K] == 'n');
    OK("unmap for good", unmap2(GetCurrentProcess(), second, 0));
    query("free", base + K);
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    char *plain = map3(section, NULL, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0);
    NUM("a view anywhere", plain != NULL && plain[0] == 'n');
    refused("leave a placeholder where none was", unmap2(GetCurrentProcess(), plain, MEM_PRESERVE_PLACEHOLDER));
    OK("unmap", unmap2(GetCurrentProcess(), plain, 0));
    char *app = map_app(section, FILE_MAP_READ, 0, 0);
    NUM("MapViewOfFileFromApp", app != NULL && app[0] == 'n');
    OK("unmap", UnmapViewOfFile(app));
    CloseHandle(section);
}

static void *within(ULONG_PTR lowest, ULONG_PTR highest, SIZE_T alignment) {
    REQUIREMENTS r = {(void *)lowest, (void *)highest, alignment};
    PARAMETER p = {1, &r};
    SetLastError(0);
    return alloc2(NULL, NULL, 0x3000, MEM_RESERVE, PAGE_READWRITE, &p, 1);
}

static void wrong(const char *name, const void *got) {
    printf("%s: %s %lu\n", name, got ? "got" : "error", GetLastError());
}

static void requirements(void) {
    char *p = within(0, 0x7fffffff, 0);
    NUM("below 2 GB", p != NULL && (ULONG_PTR)p < 0x80000000);
    char *q = within((ULONG_PTR)1 << 41, ((ULONG_PTR)1 << 42) - 1, 1 << 24);
    NUM("in a range, aligned", q >= (char *)((ULONG_PTR)1 << 41) && q < (char *)((ULONG_PTR)1 << 42) && !((ULONG_PTR)q & 0xffffff));
    OK("release", VirtualFree(p, 0, MEM_RELEASE));
    OK("release", VirtualFree(q, 0, MEM_RELEASE));
    wrong("a bound that is no granule's", within(0x1000, 0, 0));
    wrong("an end that is no granule's", within(0, 0x80000000, 0));
    wrong("an alignment that is no power of two", within(0, 0, 0x30000));
    wrong("an alignment below a granule", within(0, 0, 0x1000));
    REQUIREMENTS r = {0};
    PARAMETER twice[2] = {{1, &r}, {1, &r}}, unknown = {7, NULL};
    SetLastError(0);
    wrong("the same parameter twice", alloc2(NULL, NULL, K, MEM_RESERVE, PAGE_READWRITE, twice, 2));
    SetLastError(0);
    wrong("an unknown parameter", alloc2(NULL, NULL, K, MEM_RESERVE, PAGE_READWRITE, &unknown, 1));
    SetLastError(0);
    wrong("parameters without an array", alloc2(NULL, NULL, K, MEM_RESERVE, PAGE_READWRITE, NULL, 1));
    p = alloc_app(NULL, K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONG old = 0;
    NUM("VirtualAllocFromApp", p != NULL);
    OK("VirtualProtectFromApp", protect_app(p, K, PAGE_READONLY, &old));
    HEX("old protection", old);
    VirtualFree(p, 0, MEM_RELEASE);
}

int main(void) {
    HMODULE dll = LoadLibraryA("kernelbase.dll");
    alloc2 = (void *)GetProcAddress(dll, "VirtualAlloc2");
    map3 = (void *)GetProcAddress(dll, "MapViewOfFile3");
    unmap2 = (void *)GetProcAddress(dll, "UnmapViewOfFile2");
    alloc_app = (void *)GetProcAddress(dll, "VirtualAllocFromApp");
    protect_app = (void *)GetProcAddress(dll, "VirtualProtectFromApp");
    map_app = (void *)GetProcAddress(dll, "MapViewOfFileFromApp");
    NUM("kernelbase.dll has them", alloc2 && map3 && unmap2 && alloc_app && protect_app && map_app);
    memory();
    ring();
    requirements();
    return 0;
}
