// LoadLibrary, GetProcAddress, FreeLibrary: counts, errors, DllMain's reasons.
#include "say.h"
#include <string.h>

static void load(const char *name) {
    SetLastError(0);
    HMODULE dll = LoadLibraryA(name);
    say("load %s: %s %lu", name, dll ? "loaded" : "error", GetLastError());
    if (dll)
        FreeLibrary(dll);
}

static void find(const char *label, HMODULE dll, const char *name) {
    SetLastError(0);
    FARPROC f = GetProcAddress(dll, name);
    if (f)
        say("%s: found", label);
    else
        say("%s: error %lu", label, GetLastError());
}

int main(void) {
    say("not loaded: %d", GetModuleHandleA("dll_a.dll") == NULL);
    HMODULE a = LoadLibraryA("dll_a.dll");
    say("loaded: %d", a != NULL);
    HMODULE again = LoadLibraryA("DLL_A");
    say("again, other case, no suffix: %d", again == a);
    say("GetModuleHandle: %d", GetModuleHandleA("dll_a") == a);
    char path[MAX_PATH];
    DWORD n = GetModuleFileNameA(a, path, MAX_PATH);
    char *base = strrchr(path, '\\');
    say("GetModuleFileName: %d %s", n == strlen(path), base ? base + 1 : path);
    SetLastError(0);
    n = GetModuleFileNameA(a, path, 4);
    say("GetModuleFileName too small: %lu error %lu", n, GetLastError());
    int (*add)(int, int) = (int (*)(int, int))(void *)GetProcAddress(a, "a_add");
    say("call: %d", add(20, 22));
    int (*seven)(void) = (int (*)(void))(void *)GetProcAddress(a, MAKEINTRESOURCEA(7));
    say("call by ordinal: %d", seven());
    say("same by name and ordinal: %d", (void *)GetProcAddress(a, MAKEINTRESOURCEA(3)) == (void *)add);
    say("data: %d", *(int *)(void *)GetProcAddress(a, "a_counter"));
    find("missing name", a, "a_none");
    find("names are case sensitive", a, "A_Add");
    say("missing ordinal: %d", GetProcAddress(a, MAKEINTRESOURCEA(8)) == NULL);
    say("ordinal past the end: %d", GetProcAddress(a, MAKEINTRESOURCEA(999)) == NULL);
    say("empty name: %d", GetProcAddress(a, "") == NULL);
    HMODULE by_address = NULL;
    say("GetModuleHandleEx by address: %d",
        GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (const char *)(void *)add, &by_address) && by_address == a);
    say("free: %d", FreeLibrary(a));
    say("still there: %d", GetModuleHandleA("dll_a.dll") == a);
    say("free: %d", FreeLibrary(a));
    say("gone: %d", GetModuleHandleA("dll_a.dll") == NULL);

    HMODULE fwd = LoadLibraryA("dll_fwd.dll");
    say("dependency is loaded: %d", GetModuleHandleA("dll_a.dll") != NULL);
    HMODULE chained = LoadLibraryA("dll_chain.dll");
    int (*chain)(void) = (int (*)(void))(void *)GetProcAddress(chained, MAKEINTRESOURCEA(5));
    say("forwarder to forwarder by ordinal: %d", chain());
    say("forwarder is the function itself: %d",
        GetProcAddress(fwd, "f_tick") == GetProcAddress(GetModuleHandleA("kernel32"), "GetTickCount"));
    say("free: %d %d", FreeLibrary(chained), FreeLibrary(fwd));
    say("dependency is gone: %d", GetModuleHandleA("dll_a.dll") == NULL);

    load("dll_none.dll");
    load("dll_refuses.dll");
    load("nowhere\\dll_a.dll");
    load("kernel32.dll");
    load("KERNEL32");
    find("kernel32 by handle", GetModuleHandleA("kernel32.dll"), "CreateFileW");
    say("own module: %d", GetModuleHandleA(NULL) == *(HMODULE *)(__readgsqword(0x60) + 0x10));
    SetLastError(0);
    BOOL ok = FreeLibrary((HMODULE)(ULONG_PTR)0x10000);
    say("bad handle: %d error %lu", ok, GetLastError());
    return 0;
}
