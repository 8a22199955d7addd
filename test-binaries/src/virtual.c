// Virtual memory: reserve, commit, protect, query, decommit, release, and what is refused.
#include "check.h"
#include <string.h>

static char *base;

// Prints what VirtualQuery says, addresses relative to the reservation.
static void query(const char *name, const void *address) {
    MEMORY_BASIC_INFORMATION m;
    if (!VirtualQuery(address, &m, sizeof m)) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    printf("%s: at 0x%I64x size 0x%I64x state 0x%lx protect 0x%lx type 0x%lx allocated 0x%lx\n", name,
           (LONGLONG)((char *)m.BaseAddress - base), (LONGLONG)m.RegionSize, m.State, m.Protect, m.Type, m.AllocationProtect);
}

static void *allocate(const char *name, void *address, SIZE_T size, DWORD type, DWORD protect) {
    SetLastError(0);
    char *p = VirtualAlloc(address, size, type, protect);
    if (p && base)
        printf("%s: at 0x%I64x\n", name, (LONGLONG)(p - base));
    else
        printf("%s: %s %lu\n", name, p ? "allocated" : "error", GetLastError());
    return p;
}

static int runs(void) {
    static const unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; // mov eax, 42; ret
    char *p = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD old;
    memcpy(p, code, sizeof code);
    OK("make executable", VirtualProtect(p, 4096, PAGE_EXECUTE_READ, &old));
    HEX("old protection", old);
    OK("FlushInstructionCache", FlushInstructionCache(GetCurrentProcess(), p, 4096));
    int result = ((int (*)(void))(void *)p)();
    OK("release", VirtualFree(p, 0, MEM_RELEASE));
    return result;
}

int main(void) {
    SYSTEM_INFO info;
    DWORD old = 0;
    GetSystemInfo(&info);
    NUM("page size", info.dwPageSize);
    NUM("granularity", info.dwAllocationGranularity);
    NUM("architecture", info.wProcessorArchitecture);
    NUM("processors", info.dwNumberOfProcessors > 0);

    base = allocate("reserve", NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS);
    NUM("on a 64 KB boundary", ((ULONG_PTR)base & 0xffff) == 0);
    query("reserved", base);
    allocate("commit two pages", base + 0x1000, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    query("before", base);
    query("committed", base + 0x2fff);
    query("after", base + 0x3000);
    NUM("zeroed", base[0x1000] == 0 && base[0x2fff] == 0);
    base[0x1000] = 5;
    allocate("commit by byte addresses", base + 0x4ffe, 4, MEM_COMMIT, PAGE_READWRITE);
    query("two pages", base + 0x4000);
    allocate("commit again keeps contents", base + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    NUM("kept", base[0x1000]);
    OK("protect", VirtualProtect(base + 0x1000, 0x1000, PAGE_READONLY, &old));
    HEX("old", old);
    query("read only", base + 0x1000);
    query("its neighbour", base + 0x2000);
    OK("protect reserved memory", VirtualProtect(base, 0x1000, PAGE_READONLY, &old));
    OK("protect without old", VirtualProtect(base + 0x1000, 0x1000, PAGE_READWRITE, NULL));
    OK("protect with nonsense", VirtualProtect(base + 0x1000, 0x1000, 0x33, &old));
    OK("guard", VirtualProtect(base + 0x2000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old));
    query("guarded", base + 0x2000);
    OK("decommit", VirtualFree(base + 0x1000, 0x1000, MEM_DECOMMIT));
    query("decommitted", base + 0x1000);
    allocate("commit after decommit", base + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    NUM("zeroed again", base[0x1000]);
    OK("release with a size", VirtualFree(base, 0x1000, MEM_RELEASE));
    OK("release inside", VirtualFree(base + 0x1000, 0, MEM_RELEASE));
    OK("free without a type", VirtualFree(base, 0, 0));
    allocate("reserve over it", base, 0x1000, MEM_RESERVE, PAGE_READWRITE);
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    NUM("release again", VirtualFree(base, 0, MEM_RELEASE));
    allocate("reserve there again", base, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    OK("release", VirtualFree(base, 0, MEM_RELEASE));
    allocate("commit what is not reserved", base, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(base, 0, MEM_RELEASE);

    base = NULL;
    allocate("size 0", NULL, 0, MEM_COMMIT, PAGE_READWRITE);
    allocate("protection 0", NULL, 0x1000, MEM_COMMIT, 0);
    allocate("type 0", NULL, 0x1000, 0, PAGE_READWRITE);
    allocate("in kernel space", (void *)0xffff800000000000, 0x1000, MEM_RESERVE, PAGE_READWRITE);
    allocate("absurd size", NULL, (SIZE_T)1 << 62, MEM_RESERVE, PAGE_READWRITE);
    allocate("reserve 64 GB", NULL, (SIZE_T)64 << 30, MEM_RESERVE, PAGE_NOACCESS);
    MEMORY_BASIC_INFORMATION m;
    NUM("query address 0", VirtualQuery(NULL, &m, sizeof m) == sizeof m && m.State == MEM_FREE);
    VirtualQuery(main, &m, sizeof m);
    printf("code: state 0x%lx protect 0x%lx type 0x%lx\n", m.State, m.Protect, m.Type);
    NUM("code belongs to the image", m.AllocationBase == GetModuleHandleA(NULL));
    VirtualQuery(&m, &m, sizeof m);
    printf("stack: state 0x%lx protect 0x%lx type 0x%lx\n", m.State, m.Protect, m.Type);
    NUM("code made at run time returns", runs());
    return 0;
}
