// Services by numbers that are written in the program, a column for each Windows version it knows: the way of programs that never look at
// ntdll. Which column is the system's, it finds in KUSER_SHARED_DATA and the PEB.
#include "rawcall.h"

#define NONE 0xffff
enum { W7, W10, W11, W11_24H2, VERSIONS };
static const DWORD builds[VERSIONS] = {7601, 19045, 22631, 26100};

static const struct {
    const char *name;
    WORD number[VERSIONS];
} services[] = {
    {"NtClose", {0x0c, 0x0f, 0x0f, 0x0f}},
    {"NtWaitForSingleObject", {0x01, 0x04, 0x04, 0x04}},
    {"NtAllocateVirtualMemory", {0x15, 0x18, 0x18, 0x18}},
    {"NtFreeVirtualMemory", {0x1b, 0x1e, 0x1e, 0x1e}},
    {"NtProtectVirtualMemory", {0x4d, 0x50, 0x50, 0x50}},
    {"NtQueryVirtualMemory", {0x20, 0x23, 0x23, 0x23}},
    {"NtCreateEvent", {0x45, 0x48, 0x48, 0x48}},
    {"NtCreateMutant", {0x9a, 0xb4, 0xb8, 0xba}},
    {"NtCreateSemaphore", {0xa3, 0xc0, 0xc5, 0xc7}},
    {"NtReleaseMutant", {0x1d, 0x20, 0x20, 0x20}},
    {"NtReleaseSemaphore", {0x07, 0x0a, 0x0a, 0x0a}},
    {"NtResetEvent", {0x141, 0x17a, 0x185, 0x187}},
    {"NtSetEvent", {0x0b, 0x0e, 0x0e, 0x0e}},
    {"NtRemoveIoCompletionEx", {0x139, 0x172, 0x17d, 0x17f}},
    {"NtSuspendThread", {0x17b, 0x1be, 0x1cc, 0x1cf}},
    {"NtQuerySystemTime", {0x57, 0x5a, 0x5a, 0x5a}},
};
#define COUNT (int)(sizeof services / sizeof *services)

// r10 and eax are the caller's business, as in a stub of its own assembly.
STATUS raw(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
__asm__("raw:\n\tmovl wanted(%rip), %eax\n\tmovq %rcx, %r10\n\tsyscall\n\tret");
__attribute__((used)) DWORD wanted __asm__("wanted");

static int version;

static STATUS call(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    for (int i = 0; i < COUNT; i++)
        if (!strcmp(services[i].name, name))
            wanted = services[i].number[version];
    return raw(a, b, c, d, e, f);
}

int main(void) {
    DWORD build = *(volatile DWORD *)0x7ffe0260 & 0xffff, major = *(volatile DWORD *)0x7ffe026c;
    BYTE *peb = (BYTE *)__readgsqword(0x60);
    NUM("the PEB says the same build", *(WORD *)(peb + 0x120) == build);
    NUM("the PEB says the same major version", *(DWORD *)(peb + 0x118) == major);
    for (version = 0; version < VERSIONS && builds[version] != build; version++)
        ;
    NUM("the version is known", version < VERSIONS);
    if (version == VERSIONS)
        return 1;
    int same = 0;
    for (int i = 0; i < COUNT; i++)
        same += number_of(services[i].name) == services[i].number[version];
    NUM("services whose number ntdll has as well", same);

    HANDLE event = NULL, mutant = NULL, semaphore = NULL;
    LARGE_INTEGER now = {.QuadPart = 0};
    LONG before = 9;
    HEX("create an event", call("NtCreateEvent", (uint64_t)&event, EVENT_ALL_ACCESS, 0, 0, 1, 0));
    HEX("wait for it", call("NtWaitForSingleObject", (uint64_t)event, 0, (uint64_t)&now, 0, 0, 0));
    HEX("reset it", call("NtResetEvent", (uint64_t)event, (uint64_t)&before, 0, 0, 0, 0));
    NUM("it was set", before);
    HEX("wait for it again", call("NtWaitForSingleObject", (uint64_t)event, 0, (uint64_t)&now, 0, 0, 0));
    HEX("set it", call("NtSetEvent", (uint64_t)event, 0, 0, 0, 0, 0));
    NUM("Win32 sees that", WaitForSingleObject(event, 0));
    HEX("create a mutant", call("NtCreateMutant", (uint64_t)&mutant, MUTANT_ALL_ACCESS, 0, 1, 0, 0));
    HEX("release it", call("NtReleaseMutant", (uint64_t)mutant, 0, 0, 0, 0, 0));
    HEX("release it again", call("NtReleaseMutant", (uint64_t)mutant, 0, 0, 0, 0, 0));
    HEX("create a semaphore", call("NtCreateSemaphore", (uint64_t)&semaphore, SEMAPHORE_ALL_ACCESS, 0, 1, 2, 0));
    HEX("release it once", call("NtReleaseSemaphore", (uint64_t)semaphore, 1, (uint64_t)&before, 0, 0, 0));
    NUM("its count was", before);
    HEX("release it once more", call("NtReleaseSemaphore", (uint64_t)semaphore, 1, 0, 0, 0, 0));
    void *memory = NULL;
    SIZE_T size = 0x3000;
    ULONG old = 0;
    HEX("allocate", call("NtAllocateVirtualMemory", SELF, (uint64_t)&memory, 0, (uint64_t)&size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    HEX("protect", call("NtProtectVirtualMemory", SELF, (uint64_t)&memory, (uint64_t)&size, PAGE_NOACCESS, (uint64_t)&old, 0));
    HEX("it was", old);
    MEMORY_BASIC_INFORMATION about;
    HEX("query", call("NtQueryVirtualMemory", SELF, (uint64_t)memory, 0, (uint64_t)&about, sizeof about, 0));
    HEX("its size", about.RegionSize);
    size = 0;
    HEX("free", call("NtFreeVirtualMemory", SELF, (uint64_t)&memory, (uint64_t)&size, MEM_RELEASE, 0, 0));
    HEX("suspend no thread", call("NtSuspendThread", BAD_HANDLE, 0, 0, 0, 0, 0));
    HEX("take packets from no port", call("NtRemoveIoCompletionEx", BAD_HANDLE, (uint64_t)&about, 1, (uint64_t)&old, (uint64_t)&now, 0));
    HEX("the time to nowhere", call("NtQuerySystemTime", 0x10, 0, 0, 0, 0, 0));
    HEX("close the event", call("NtClose", (uint64_t)event, 0, 0, 0, 0, 0));
    HEX("close it again", call("NtClose", (uint64_t)event, 0, 0, 0, 0, 0));
    wanted = 0x1fff;
    HEX("a number that is no service's", raw(0, 0, 0, 0, 0, 0));
    return 0;
}
