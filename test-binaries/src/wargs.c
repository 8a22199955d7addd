// wmain's argv: arguments outside the ANSI code page arrive whole.
#include "check.h"

int _CRT_glob = 0;

int wmain(int argc, wchar_t **argv) {
    char name[32];
    NUM("argc", argc);
    for (int i = 1; i < argc; i++) {
        sprintf(name, "argv[%d]", i);
        WSTR(name, argv[i]);
    }
    return 0;
}
