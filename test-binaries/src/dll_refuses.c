// A DLL whose DllMain refuses to attach.
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reserved;
    return reason != DLL_PROCESS_ATTACH;
}
