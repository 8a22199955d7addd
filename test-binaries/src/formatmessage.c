// FormatMessage: from the program's message table, from text, from the system; inserts, widths, sizes.
#include "check.h"
#include <string.h>

static void show(const char *name, DWORD n, const char *text) {
    DWORD error = GetLastError();
    if (n)
        printf("%s: %lu ", name, n), STR("text", text);
    else
        printf("%s: error %lu\n", name, error);
}

static void from_string(const char *name, const char *format, DWORD flags, ...) {
    char out[256] = "";
    va_list list;
    va_start(list, flags);
    SetLastError(0);
    DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | flags, format, 0, 0, out, sizeof out, &list);
    va_end(list);
    show(name, n, out);
}

static void from_table(const char *name, DWORD id, DWORD flags, ...) {
    char out[256] = "";
    va_list list;
    va_start(list, flags);
    SetLastError(0);
    DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | flags, NULL, id, 0, out, sizeof out, &list);
    va_end(list);
    show(name, n, out);
}

static void from_system(const char *name, DWORD id, DWORD flags) {
    char out[256] = "";
    SetLastError(0);
    DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | flags, NULL, id, 0, out, sizeof out, NULL);
    show(name, n, out);
}

int main(void) {
    from_string("plain", "plain", 0);
    from_string("inserts", "%1 and %2", 0, "one", "two");
    from_string("out of order", "%2 then %1", 0, "one", "two");
    from_string("the same twice", "%1%1", 0, "x");
    from_string("number", "%1!d! %2!u! %3!x! %4!08X!", 0, -5, 5u, 255, 0xbeef);
    from_string("width", "[%1!6s!] [%2!-6s!] [%3!.2s!]", 0, "abc", "def", "ghi");
    from_string("star", "[%1!*s!]", 0, 6, "abc");
    from_string("wide insert", "%1!S! %2!ls!", 0, L"wide", L"too");
    from_string("64 bits", "%1!I64d!", 0, 1234567890123ll);
    from_string("percent", "100%%", 0);
    from_string("line end", "a%nb", 0);
    from_string("escapes", "%b%.%!%r", 0);
    from_string("the rest is dropped", "end%0dropped", 0);
    from_string("line ends become blanks", "a\nb\r\nc", FORMAT_MESSAGE_MAX_WIDTH_MASK);
    from_string("line ends are made whole", "a\nb\rc", 0);
    from_string("inserts left alone", "%1 %2!d! %n", FORMAT_MESSAGE_IGNORE_INSERTS);
    DWORD_PTR array[] = {(DWORD_PTR) "first", 7};
    char out[256];
    DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1 %2!d!", 0, 0, out, sizeof out, (va_list *)array);
    show("array", n, out);
    char *allocated = NULL;
    n = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1", 0, 0, (LPSTR)&allocated, 0, (va_list *)array);
    show("allocated", n, allocated);
    NUM("LocalFree", LocalFree(allocated) == NULL);
    SetLastError(0);
    n = FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "too long", 0, 0, out, 4, NULL);
    show("too small", n, out);
    SetLastError(0);
    n = FormatMessageA(0, NULL, 0, 0, out, sizeof out, NULL);
    show("no source", n, out);

    from_table("table", 1, 0);
    from_table("table with inserts", 2, 0, "a.txt", 3, "end");
    from_table("table, no line end", 0x1000, 0);
    from_table("table, missing", 99, 0);
    from_table("table, missing, then the system", 2000000, FORMAT_MESSAGE_FROM_SYSTEM);

    from_system("system 0", 0, 0);
    from_system("system 2", 2, 0);
    from_system("system 5", 5, 0);
    from_system("system 87", 87, 0);
    from_system("system 183", 183, 0);
    from_system("system without line end", 2, FORMAT_MESSAGE_MAX_WIDTH_MASK);
    from_system("system, HRESULT", 0x80070005, 0);
    from_system("system, missing", 123456789, 0);
    wchar_t wide[128];
    NUM("wide", FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 6, 0, wide, 128, NULL));
    WSTR("text", wide);
    return 0;
}
