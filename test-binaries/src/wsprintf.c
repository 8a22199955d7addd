// user32's small printf: no floating point, its own rules.
#include "check.h"
#include <string.h>

#define P(...) row(#__VA_ARGS__, __VA_ARGS__)

static void row(const char *source, const char *format, ...) {
    char out[1025];
    va_list list;
    va_start(list, format);
    int n = wvsprintfA(out, format, list);
    va_end(list);
    printf("%s -> %d |%s|\n", source, n, out);
}

int main(void) {
    P("plain");
    P("%d %i %u", -5, 6, 7u);
    P("%5d|%-5d|%05d", 42, 42, 42);
    P("%x %X %#x %08X", 255, 255, 255, 0xbeef);
    P("%ld %lu %lx", -5l, 5ul, 255ul);
    P("%.3d", 7);
    P("%c%C", 'a', L'b');
    P("%s %10s|%-10s|%.2s", "text", "text", "text", "text");
    P("%S %ls %hs", L"wide", L"wide", "narrow");
    P("%p", (void *)0x1234);
    P("%I64d %I64x", -5ll, 0x123456789abcll);
    P("%%");
    P("%s", (char *)NULL);
    wchar_t wide[64];
    NUM("wsprintfW", wsprintfW(wide, L"%s %S %d", L"wide", "narrow", 5));
    WSTR("text", wide);
    static char big[2000], out[1100];
    memset(big, 'x', sizeof big - 1);
    NUM("at most 1024 bytes", wsprintfA(out, "%s", big) <= 1024);
    return 0;
}
