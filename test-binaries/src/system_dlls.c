// The images of the system's DLLs as memory: read by the program, by the C library, by the kernel; described, protected, patched.
#include "check.h"
#include <stdlib.h>
#include <string.h>

static void describe(const char *name, const void *address, HMODULE module) {
    MEMORY_BASIC_INFORMATION info = {0};
    printf("%s:\n", name);
    NUM("  described", VirtualQuery(address, &info, sizeof info) == sizeof info);
    NUM("  of the module", info.AllocationBase == (void *)module);
    HEX("  allocated as", info.AllocationProtect);
    HEX("  protection", info.Protect);
    HEX("  state", info.State);
    HEX("  type", info.Type);
}

int main(void) {
    // Before anything else looks at these two.
    HMODULE version = LoadLibraryA("version.dll"), winmm = LoadLibraryA("winmm.dll");
    DWORD done = 0;
    HANDLE file = CreateFileA("system_dlls.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    OK("written by the kernel", WriteFile(file, version, 0x1000, &done, NULL));
    NUM("bytes", done);
    char head[4] = {0};
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK("read again", ReadFile(file, head, 2, &done, NULL));
    STR("begins with", head);
    CloseHandle(file);
    char copy[4] = {0};
    memcpy(copy, winmm, 2);
    STR("copied by the C library", copy);
    wchar_t root[32];
    memcpy(root, (void *)0x7ffe0030, sizeof root);
    NUM("the shared page as well", root[0] != 0 && root[1] == ':');

    void *function = (void *)GetProcAddress(version, "VerQueryValueW");
    NUM("in the image", (char *)function > (char *)version);
    describe("headers", version, version);
    describe("code", function, version);

    DWORD old = 0;
    OK("made writable", VirtualProtect(function, 16, PAGE_EXECUTE_READWRITE, &old));
    HEX("was", old);
    static const unsigned char answer[] = {0xb8, 42, 0, 0, 0, 0xc3}; // mov eax, 42; ret
    memcpy(function, answer, sizeof answer);
    OK("put back", VirtualProtect(function, 16, old, &old));
    FlushInstructionCache(GetCurrentProcess(), function, sizeof answer);
    NUM("patched", ((int (*)(void))function)());
    return 0;
}
