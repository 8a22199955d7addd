// What the programs with raw system calls share: ntdll's stubs, read as programs read them that do not trust GetProcAddress.
#ifndef RAWCALL_H
#define RAWCALL_H

#include "check.h"
#include <stdint.h>
#include <string.h>

typedef uint32_t STATUS;
// As many arguments as any service here has.
typedef STATUS(NTAPI *SERVICE)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
#define CALL(code, a, b, c, d, e, f)                                                                                   \
    ((SERVICE)(void *)(code))((uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), (uint64_t)(f))

#define SELF ((uint64_t)-1)
#define BAD_HANDLE 0xbad0

static const BYTE stub_head[] = {0x4c, 0x8b, 0xd1, 0xb8};

// ntdll, by way of the loader's lists.
static inline BYTE *ntdll(void) {
    BYTE *peb = (BYTE *)__readgsqword(0x60);
    LIST_ENTRY *head = (LIST_ENTRY *)(*(BYTE **)(peb + 0x18) + 0x10);
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        wchar_t *name = *(wchar_t **)((BYTE *)at + 0x60);
        if (name && !_wcsicmp(name, L"ntdll.dll"))
            return *(BYTE **)((BYTE *)at + 0x30);
    }
    return NULL;
}

static inline IMAGE_EXPORT_DIRECTORY *exports(BYTE *base) {
    IMAGE_NT_HEADERS *nt = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    return (IMAGE_EXPORT_DIRECTORY *)(base + nt->OptionalHeader.DataDirectory[0].VirtualAddress);
}

static inline const char *export_name(BYTE *base, DWORD index) {
    return (const char *)(base + ((DWORD *)(base + exports(base)->AddressOfNames))[index]);
}

static inline BYTE *export_address(BYTE *base, DWORD index) {
    WORD ordinal = ((WORD *)(base + exports(base)->AddressOfNameOrdinals))[index];
    return base + ((DWORD *)(base + exports(base)->AddressOfFunctions))[ordinal];
}

static inline BYTE *stub_of(const char *name) {
    BYTE *base = ntdll();
    for (DWORD index = 0; base && index < exports(base)->NumberOfNames; index++)
        if (!strcmp(export_name(base, index), name))
            return export_address(base, index);
    return NULL;
}

// The number in a stub; all ones when it is none.
static inline DWORD stub_number(const BYTE *stub) {
    DWORD number = ~0u;
    if (stub && !memcmp(stub, stub_head, sizeof stub_head))
        memcpy(&number, stub + 4, 4);
    return number;
}

static inline DWORD number_of(const char *name) {
    return stub_number(stub_of(name));
}

// Pages that can be written and executed.
static inline BYTE *writable_code(SIZE_T size) {
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
}

// Pages of code that cannot be written.
static inline BYTE *finished_code(const BYTE *bytes, SIZE_T size) {
    DWORD old;
    BYTE *code = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memcpy(code, bytes, size);
    VirtualProtect(code, size, PAGE_EXECUTE_READ, &old);
    return code;
}

#define PLAIN_SIZE 11
// `mov r10, rcx; mov eax, number; syscall; ret`
static inline void put_plain(BYTE *at, DWORD number) {
    memcpy(at, stub_head, 4);
    memcpy(at + 4, &number, 4);
    memcpy(at + 8, "\x0f\x05\xc3", 3);
}

#endif
