// A program without relocations at the old base 0x400000.
#include "check.h"

static const char *const words[] = {"absolute", "pointers", "hold"};

int main(void) {
    HEX("base", (ULONG_PTR)GetModuleHandleA(NULL));
    for (int i = 0; i < 3; i++)
        STR("word", words[i]);
    return 0;
}
