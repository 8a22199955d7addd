// A DLL whose preferred base is dll_a's: one of the two must move, and its pointers with it.
#include <windows.h>

static const char *const words[] = {"moved", "pointers", "hold"};

__declspec(dllexport) const char *clash_word(int i) {
    return i >= 0 && i < 3 ? words[i] : "?";
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reason, (void)reserved;
    return TRUE;
}
