// Imports dll_a, so it is attached after it; its export directory (dll_fwd_edata.s) is all forwarders but one.
#include "say.h"

__declspec(dllimport) int a_add(int x, int y);

int f_own(void) {
    return a_add(100, 1);
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reserved;
    say("dll_fwd: %s", reason_name(reason));
    return TRUE;
}
