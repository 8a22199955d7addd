// Unbuffered output for programs in which several modules or threads print: one WriteFile a line.
#ifndef SAY_H
#define SAY_H

#include <stdarg.h>
#include <stdio.h>
#include <windows.h>

static inline void say(const char *format, ...) {
    char line[256];
    va_list list;
    va_start(list, format);
    int n = vsprintf(line, format, list);
    va_end(list);
    line[n++] = '\r';
    line[n++] = '\n';
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)n, &written, NULL);
}

// The reason DllMain and TLS callbacks are called with.
static inline const char *reason_name(DWORD reason) {
    static const char *const names[] = {"process detach", "process attach", "thread attach", "thread detach"};
    return reason < 4 ? names[reason] : "?";
}

#endif
