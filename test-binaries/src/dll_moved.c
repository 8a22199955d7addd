// Two DLLs that want the same base.
#include "say.h"

int main(void) {
    HMODULE a = LoadLibraryA("dll_a.dll"), clash = LoadLibraryA("dll_clash.dll");
    say("both loaded: %d", a && clash);
    say("at different bases: %d", a != clash);
    const char *(*word)(int) = (const char *(*)(int))(void *)GetProcAddress(clash, "clash_word");
    for (int i = 0; i < 3; i++)
        say("word: %s", word(i));
    int (*add)(int, int) = (int (*)(int, int))(void *)GetProcAddress(a, "a_add");
    say("the other: %d", add(40, 2));
    say("free: %d %d", FreeLibrary(clash), FreeLibrary(a));
    return 0;
}
