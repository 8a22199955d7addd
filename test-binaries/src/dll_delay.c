// Delay imports: the DLL is loaded by the first call through it.
#include "say.h"

int a_add(int x, int y);
int a_count(void);

int main(void) {
    say("before the first call: %d", GetModuleHandleA("dll_a.dll") == NULL);
    say("first call: %d", a_add(1, 2));
    say("after the first call: %d", GetModuleHandleA("dll_a.dll") != NULL);
    say("second call: %d", a_add(3, 4));
    say("another function: %d", a_count());
    return 0;
}
