// msvcrt's printf of integers, characters, text and pointers: flags, widths, precisions, size prefixes, bounds.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define P(...) row(#__VA_ARGS__, __VA_ARGS__)

// Prints the arguments as written, the count returned, and the text between bars.
static void row(const char *source, const char *format, ...) __attribute__((format(ms_printf, 2, 0)));
static void row(const char *source, const char *format, ...) {
    char buffer[600];
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, format);
    int n = vsprintf(buffer, format, list);
    __builtin_ms_va_end(list);
    printf("%s -> %d |%s|\n", source, n, buffer);
}

static void integers(void) {
    static const char *formats[] = {"%d",   "%5d",   "%-5d",  "%05d", "%+d",   "% d",   "%+5d", "%+-5d", "%.3d",  "%5.3d",
                                    "%-5.3d", "%05.3d", "%.0d", "%u",   "%5u",  "%x",    "%X",   "%#x",   "%#X",   "%08x",
                                    "%#08x",  "%#.4x",  "%#10.4x", "%o", "%#o",  "%#.3o", "%i",   "%hd",   "%hu",   "%hx",
                                    "%ld",    "%lu",    "%lx",  "% 05d", "%-05d|", "%+.0d", "%1d",  "%20.10d"};
    static const int values[] = {0, 1, -1, 42, -42, 12345678, 65536 + 7, 2147483647, -2147483647 - 1};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            char buffer[64];
            int n = sprintf(buffer, formats[f], values[v]);
            printf("%s of %d -> %d |%s|\n", formats[f], values[v], n, buffer);
        }
}

static void sizes(void) {
    P("%I64d", INT64_MIN);
    P("%I64u", UINT64_MAX);
    P("%I64x", 0x123456789abcdefLL);
    P("%I64X", 0x123456789abcdefLL);
    P("%20I64d", -5LL);
    P("%020I64d", -5LL);
    P("%I32d", 77);
    P("%I32u", -1);
    P("%Id", (intptr_t)-9);
    P("%Ix", (intptr_t)-9);
    P("%lld", -5LL);
    P("%llu", 18446744073709551615ULL);
    P("%llx", 0xfedcba9876543210ULL);
    P("%llo", 0777777777777777777777LL);
    P("%p", (void *)0x1234abcd);
    P("%p", NULL);
    P("%20p", (void *)0xfedc);
    P("%-20p|", (void *)0xfedc);
    P("%*d", 6, 42);
    P("%*d", -6, 42);
    P("%.*d", 4, 42);
    P("%.*d", -4, 42);
    P("%-*.*d|", 8, 4, 42);
    P("%%");
    P("%c", 'A');
    P("%5c", 'A');
    P("%-5c|", 'A');
    P("%05c", 'A');
    P("%hc", 'B');
    P("%lc", L'C');
    P("%C", L'D');
}

static void texts(void) {
    P("%s", "text");
    P("%10s", "text");
    P("%-10s|", "text");
    P("%.2s", "text");
    P("%10.2s", "text");
    P("%-10.2s|", "text");
    P("%.0s", "text");
    P("%.s", "text");
    P("%010s", "text");
    P("%s", "");
    P("%s", (char *)NULL);
    P("%.3s", (char *)NULL);
    P("%10s", (char *)NULL);
    P("%hs", "narrow");
    P("%ls", L"wide");
    P("%ws", L"wide");
    P("%S", L"wide");
    P("%.3ls", L"wide");
    P("%10ls", L"wide");
    P("%-10ls|", L"wide");
    P("%ls", (wchar_t *)NULL);
    P("%hS", "narrow");
    P("%.*s", 3, "abcdef");
    P("%.*s", -1, "abcdef");
}

static void bounds(void) {
    char buffer[16];
    memset(buffer, '#', sizeof buffer);
    printf("_snprintf fits: %d", _snprintf(buffer, 8, "%s", "1234567"));
    printf(" \"%s\"\n", buffer);
    memset(buffer, '#', sizeof buffer);
    printf("_snprintf exactly full: %d", _snprintf(buffer, 8, "%s", "12345678"));
    printf(" \"%.10s\"\n", buffer);
    memset(buffer, '#', sizeof buffer);
    printf("_snprintf too long: %d", _snprintf(buffer, 8, "%s", "123456789"));
    printf(" \"%.10s\"\n", buffer);
    printf("_snprintf counts: %d\n", _snprintf(NULL, 0, "%d", 12345));
    printf("_scprintf: %d\n", _scprintf("%d %s", 12345, "abc"));
    wchar_t wide[32];
    int n = _snwprintf(wide, 32, L"%s %S %hs %ls %d %c %C", L"wide", "narrow", "h", L"l", 7, L'x', 'y');
    printf("_snwprintf: %d %ls\n", n, wide);
    n = _snwprintf(wide, 4, L"%s", L"12345");
    printf("_snwprintf too long: %d\n", n);
    n = printf("returned by printf\n");
    printf("count: %d\n", n);
    n = fprintf(stderr, "to stderr %d\n", 1);
    printf("count: %d\n", n);
}

int main(void) {
    integers();
    sizes();
    texts();
    bounds();
    return 0;
}
