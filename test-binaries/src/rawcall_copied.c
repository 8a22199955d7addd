// ntdll's stubs as they lie in memory: their bytes, their numbers, their order, and copies of them that run.
#include "rawcall.h"
#include <stdlib.h>

// `test byte ptr [7ffe0308h], 1; jne +3; syscall; ret; int 2e; ret`
static const BYTE stub_tail[] = {0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f, 0x01,
                                 0x75, 0x03, 0x0f, 0x05, 0xc3, 0xcd, 0x2e, 0xc3};
#define STUB_SIZE 24

typedef struct {
    BYTE *address;
    DWORD number;
} FOUND;

static int by_address(const void *a, const void *b) {
    const FOUND *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static const char *const names[] = {"NtClose", "NtCreateEvent", "NtSetEvent", "NtWaitForSingleObject",
                                    "NtAllocateVirtualMemory", "NtProtectVirtualMemory", "NtFreeVirtualMemory",
                                    "NtQueryVirtualMemory", "NtQuerySystemTime", "NtResetEvent"};
enum { CLOSE, CREATE_EVENT, SET_EVENT, WAIT, ALLOCATE, PROTECT, FREE, QUERY, TIME, RESET_EVENT, COUNT };

// Does the same with services from anywhere.
static void use(const char *what, BYTE *const *code) {
    char line[80];
#define SAY(name, value) (snprintf(line, sizeof line, "%s: %s", what, name), HEX(line, value))
    HANDLE event = NULL;
    SAY("close a handle that is none", CALL(code[CLOSE], BAD_HANDLE, 0, 0, 0, 0, 0));
    SAY("create an event with five arguments", CALL(code[CREATE_EVENT], &event, EVENT_ALL_ACCESS, 0, 1, 0, 0));
    LARGE_INTEGER now = {.QuadPart = 0};
    SAY("wait for it", CALL(code[WAIT], event, 0, &now, 0, 0, 0));
    LONG before = 7;
    SAY("set it", CALL(code[SET_EVENT], event, &before, 0, 0, 0, 0));
    SAY("it was not set", before);
    SAY("wait for it again", CALL(code[WAIT], event, 0, &now, 0, 0, 0));
    SAY("reset it", CALL(code[RESET_EVENT], event, 0, 0, 0, 0, 0));
    SAY("close it", CALL(code[CLOSE], event, 0, 0, 0, 0, 0));
    void *memory = NULL;
    SIZE_T size = 100;
    ULONG old = 0;
    SAY("allocate with six arguments",
        CALL(code[ALLOCATE], SELF, &memory, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    SAY("that is a page", size);
    memset(memory, 1, size);
    SAY("protect it", CALL(code[PROTECT], SELF, &memory, &size, PAGE_READONLY, &old, 0));
    SAY("it was", old);
    MEMORY_BASIC_INFORMATION about;
    SAY("query it", CALL(code[QUERY], SELF, memory, 0, &about, sizeof about, 0));
    SAY("it is", about.Protect);
    size = 0;
    SAY("free it", CALL(code[FREE], SELF, &memory, &size, MEM_RELEASE, 0, 0));
    FILETIME time;
    LARGE_INTEGER told = {.QuadPart = 0};
    SAY("ask for the time", CALL(code[TIME], &told, 0, 0, 0, 0, 0));
    GetSystemTimeAsFileTime(&time);
    LONGLONG passed = (((LONGLONG)time.dwHighDateTime << 32) | time.dwLowDateTime) - told.QuadPart;
    SAY("it is now", passed > -100000000 && passed < 100000000);
    SAY("a pointer that is none", CALL(code[TIME], 8, 0, 0, 0, 0, 0));
}

int main(void) {
    BYTE *base = ntdll();
    NUM("ntdll is loaded", base == (BYTE *)GetModuleHandleA("ntdll.dll"));
    BYTE *stubs[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char line[64], zw[64];
        stubs[i] = stub_of(names[i]);
        snprintf(zw, sizeof zw, "Zw%s", names[i] + 2);
        snprintf(line, sizeof line, "%s", names[i]);
        HEX(line, stub_number(stubs[i]));
        snprintf(line, sizeof line, "%s is as on Windows 10", names[i]);
        NUM(line, !memcmp(stubs[i], stub_head, 4) && !memcmp(stubs[i] + 8, stub_tail, sizeof stub_tail));
        snprintf(line, sizeof line, "%s is the same, and what GetProcAddress tells", zw);
        NUM(line, stub_of(zw) == stubs[i] && (BYTE *)GetProcAddress((HMODULE)base, names[i]) == stubs[i]);
    }

    // Numbers by order: the stubs lie in the order of their numbers.
    static FOUND found[1024];
    int count = 0, ascending = 1, spaced = 1;
    for (DWORD index = 0; index < exports(base)->NumberOfNames && count < 1024; index++) {
        const char *name = export_name(base, index);
        if (name[0] == 'Z' && name[1] == 'w') {
            found[count].address = export_address(base, index);
            found[count].number = stub_number(found[count].address);
            count++;
        }
    }
    qsort(found, count, sizeof *found, by_address);
    for (int i = 1; i < count; i++) {
        ascending &= found[i].number > found[i - 1].number;
        spaced &= found[i].address - found[i - 1].address == 32 * (LONGLONG)(found[i].number - found[i - 1].number);
    }
    NUM("there are services", count >= COUNT);
    NUM("their order is that of their numbers", ascending);
    NUM("each takes 32 bytes", spaced);
    NUM("a stub's neighbours have its neighbours' numbers", stub_number(stubs[CLOSE] + 32) == stub_number(stubs[CLOSE]) + 1 &&
                                                               stub_number(stubs[CLOSE] - 32) == stub_number(stubs[CLOSE]) - 1);

    // Copies of whole stubs, one behind the other, in pages that are writable or not.
    BYTE block[COUNT * STUB_SIZE], *finished[COUNT], *writable[COUNT], *built[COUNT];
    for (int i = 0; i < COUNT; i++)
        memcpy(block + STUB_SIZE * i, stubs[i], STUB_SIZE);
    BYTE *code = finished_code(block, sizeof block), *other = writable_code(sizeof block);
    memcpy(other, block, sizeof block);
    for (int i = 0; i < COUNT; i++) {
        finished[i] = code + STUB_SIZE * i;
        writable[i] = other + STUB_SIZE * i;
    }
    use("copy", finished);
    use("copy in writable pages", writable);

    // Stubs made anew with the numbers read from ntdll's.
    BYTE plain[COUNT * 16];
    memset(plain, 0xcc, sizeof plain);
    for (int i = 0; i < COUNT; i++)
        put_plain(plain + 16 * i, number_of(names[i]));
    code = finished_code(plain, sizeof plain);
    for (int i = 0; i < COUNT; i++)
        built[i] = code + 16 * i;
    use("made anew", built);

    // The stubs themselves, and copies of them after that.
    use("in place", stubs);
    use("in place again", stubs);
    NUM("their numbers stay", stub_number(stubs[CLOSE]) == number_of("NtClose"));
    NUM("their instruction stays", !memcmp(stubs[CLOSE] + 18, "\x0f\x05\xc3", 3));
    for (int i = 0; i < COUNT; i++)
        memcpy(other + STUB_SIZE * i, stubs[i], STUB_SIZE);
    use("copy of what has run", writable);

    // A jump to the instruction in ntdll, so that the call seems to come from there: `mov r10, rcx; mov eax, number; jmp [rip]`.
    BYTE *instruction = stubs[QUERY] + 18, indirect[COUNT * 32];
    memset(indirect, 0xcc, sizeof indirect);
    for (int i = 0; i < COUNT; i++) {
        put_plain(indirect + 32 * i, number_of(names[i]));
        memcpy(indirect + 32 * i + 8, "\xff\x25\0\0\0\0", 6);
        memcpy(indirect + 32 * i + 14, &instruction, 8);
    }
    code = finished_code(indirect, sizeof indirect);
    for (int i = 0; i < COUNT; i++)
        built[i] = code + 32 * i;
    use("by ntdll's instruction", built);
    return 0;
}
