// A DLL whose DllMain and TLS callback raise an exception when the environment says so: RAISE names the occasion.
#include <string.h>
#include <windows.h>

static void raise_at(const char *occasion) {
    char wanted[32] = "";
    GetEnvironmentVariableA("RAISE", wanted, sizeof wanted);
    if (!strcmp(wanted, occasion))
        RaiseException(0xe0000001, 0, 0, NULL);
    if (!strcmp(wanted, "fault") && !strcmp(occasion, "attach"))
        *(volatile int *)16 = 1;
}

static const char *const occasions[] = {"detach", "attach", "thread attach", "thread detach"};
static const char *const tls_occasions[] = {"TLS detach", "TLS attach", "TLS thread attach", "TLS thread detach"};

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reserved;
    raise_at(occasions[reason]);
    return TRUE;
}

static void NTAPI callback(PVOID module, DWORD reason, PVOID reserved) {
    (void)module, (void)reserved;
    raise_at(tls_occasions[reason]);
}

__attribute__((section(".CRT$XLF"), used)) PIMAGE_TLS_CALLBACK callback_entry = callback;
