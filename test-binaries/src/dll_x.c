// Half of a circle: imports dll_y, which imports this.
#include "say.h"

__declspec(dllimport) int y_number(int depth);

__declspec(dllexport) int x_number(int depth) {
    return depth ? 10 * y_number(depth - 1) + 1 : 1;
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reserved;
    say("dll_x: %s", reason_name(reason));
    return TRUE;
}
