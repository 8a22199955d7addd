// A DLL with a function by name, one by ordinal only, data, and a DllMain that says why it is called.
#include "say.h"

__declspec(dllexport) int a_counter = 5;

__declspec(dllexport) int a_add(int x, int y) {
    return x + y;
}

// Exported as ordinal 7 without a name.
int a_seven(void) {
    return 7;
}

__declspec(dllexport) int a_count(void) {
    return ++a_counter;
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll;
    say("dll_a: %s%s", reason_name(reason), reserved ? ", static or at exit" : "");
    return TRUE;
}
