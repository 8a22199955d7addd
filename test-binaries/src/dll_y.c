// Half of a circle: imports dll_x, which imports this.
#include "say.h"

__declspec(dllimport) int x_number(int depth);

__declspec(dllexport) int y_number(int depth) {
    return depth ? 10 * x_number(depth - 1) + 2 : 2;
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    (void)dll, (void)reserved;
    say("dll_y: %s", reason_name(reason));
    return TRUE;
}
