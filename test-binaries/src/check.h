// What every guest program prints with: one line a check, `name: value`.
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <windows.h>

// A count, a code, a truth value.
#define NUM(name, value) printf("%s: %ld\n", name, (long)(value))
// Flags, code points, HRESULTs.
#define HEX(name, value) printf("%s: 0x%lx\n", name, (unsigned long)(value))
// 64-bit quantities.
#define BIG(name, value) printf("%s: %I64d\n", name, (long long)(value))
// Narrow text in quotes, NULL as such.
#define STR(name, value) show_str(name, value)
// Wide text in quotes, everything outside printable ASCII as \uXXXX.
#define WSTR(name, value) show_wstr(name, value)
// A BOOL result, with the last error when it is FALSE.
#define OK(name, call) show_ok(name, (SetLastError(0xdead), (call)))

// Nothing is lost when the program ends early.
__attribute__((constructor)) static void unbuffered(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
}

static inline void show_str(const char *name, const char *s) {
    if (!s) {
        printf("%s: NULL\n", name);
        return;
    }
    printf("%s: \"", name);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c >= 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    printf("\"\n");
}

static inline void show_wstr(const char *name, const wchar_t *s) {
    if (!s) {
        printf("%s: NULL\n", name);
        return;
    }
    printf("%s: \"", name);
    for (; *s; s++) {
        if (*s < 0x20 || *s >= 0x7f)
            printf("\\u%04x", *s);
        else
            putchar(*s);
    }
    printf("\"\n");
}

static inline void show_ok(const char *name, int ok) {
    unsigned long error = GetLastError();
    if (ok)
        printf("%s: ok\n", name);
    else
        printf("%s: error %lu\n", name, error);
}

#endif
