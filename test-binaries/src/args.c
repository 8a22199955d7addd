// The command line: argv as the C runtime parses it from whatever quoting the host chose.
#include "check.h"
#include <stdlib.h>
#include <wchar.h>

int _CRT_glob = 0; // argv as given, wildcards are not expanded

// The text after the first argument, which Windows ends at its closing quote or at the first blank.
static const wchar_t *tail(const wchar_t *line) {
    int quoted = 0;
    while (*line && (quoted || (*line != L' ' && *line != L'\t'))) {
        if (*line == L'"')
            quoted = !quoted;
        line++;
    }
    while (*line == L' ' || *line == L'\t')
        line++;
    return line;
}

static const char *base_name(const char *path) {
    const char *base = path;
    for (const char *p = path; *p; p++)
        if (*p == '\\' || *p == '/')
            base = p + 1;
    return base;
}

int main(int argc, char **argv) {
    char name[32];
    NUM("argc", argc);
    STR("program", base_name(argv[0]));
    for (int i = 1; i < argc; i++) {
        sprintf(name, "argv[%d]", i);
        STR(name, argv[i]);
    }
    NUM("terminated", argv[argc] == NULL);
    NUM("something follows the name", *tail(GetCommandLineW()) != 0);

    const char *narrow = GetCommandLineA();
    const wchar_t *wide = GetCommandLineW();
    size_t n = 0;
    while (narrow[n] && (unsigned char)narrow[n] < 0x80 && wide[n] == (wchar_t)narrow[n])
        n++;
    NUM("narrow equals wide up to non-ascii", !narrow[n] || (unsigned char)narrow[n] >= 0x80);
    NUM("same pointer each time", GetCommandLineW() == wide && GetCommandLineA() == narrow);
    return 0;
}
