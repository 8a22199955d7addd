// The C runtime's text and memory functions, narrow and wide, and its character classes.
#include "check.h"
#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

// Only the sign of a comparison is defined.
#define SIGN(name, value) NUM(name, ((value) > 0) - ((value) < 0))

static void memory(void) {
    char a[16] = "0123456789", b[16];
    memcpy(b, a, 11);
    STR("memcpy", b);
    memmove(a + 2, a, 6);
    STR("memmove up", a);
    memmove(a, a + 2, 6);
    STR("memmove down", a);
    memset(a, '-', 3);
    STR("memset", a);
    SIGN("memcmp unsigned", memcmp("\xff", "\x01", 1));
    NUM("memchr", (char *)memchr(b, '5', 10) - b);
    NUM("memchr missing", memchr(b, 'x', 10) == NULL);
    NUM("_memicmp", _memicmp("ABC", "abc", 3));
    NUM("_memccpy", (char *)_memccpy(a, "one,two", ',', 8) - a);
}

static void narrow(void) {
    char a[32] = "text";
    NUM("strlen", strlen(a));
    NUM("strnlen", strnlen(a, 2));
    STR("strcat", strcat(a, "+more"));
    STR("strncat", strncat(a, "123456", 3));
    STR("strncpy pads", strncpy(a, "ab", 6));
    NUM("padded", a[2] == 0 && a[5] == 0 && a[6] == 'o');
    SIGN("strcmp", strcmp("a", "b"));
    SIGN("strcmp unsigned", strcmp("\xe9", "z"));
    SIGN("strncmp", strncmp("abcd", "abce", 3));
    SIGN("_stricmp", _stricmp("HeLLo", "hEllO"));
    SIGN("_stricmp underscore sorts before letters", _stricmp("_", "A"));
    SIGN("_strnicmp", _strnicmp("HELLOx", "helloy", 5));
    STR("strchr", strchr("a.b.c", '.'));
    STR("strrchr", strrchr("a.b.c", '.'));
    STR("strchr of the end", strchr("abc", 0));
    STR("strstr", strstr("haystack", "st"));
    STR("strstr of nothing", strstr("hay", ""));
    STR("strstr missing", strstr("hay", "x"));
    NUM("strspn", strspn("112233x", "123"));
    NUM("strcspn", strcspn("abcxyz", "zx"));
    STR("strpbrk", strpbrk("key=value", "=:"));
    char list[] = ",one,,two;three";
    for (char *t = strtok(list, ",;"); t; t = strtok(NULL, ",;"))
        STR("strtok", t);
    char flip[] = "abc";
    STR("_strrev", _strrev(flip));
    char mixed[] = "MiXed \xe9";
    STR("_strlwr", _strlwr(mixed));
    STR("_strupr", _strupr(mixed));
    STR("_strset", _strset(flip, 'z'));
}

static void wide(void) {
    wchar_t a[32] = L"text";
    NUM("wcslen", wcslen(a));
    WSTR("wcscat", wcscat(a, L"\u4e16"));
    WSTR("wcsncpy", wcsncpy(a, L"wide", 5));
    SIGN("wcscmp", wcscmp(L"\u4e16", L"a"));
    SIGN("wcsncmp", wcsncmp(L"abcd", L"abce", 3));
    SIGN("_wcsicmp", _wcsicmp(L"ABC", L"abc"));
    WSTR("wcschr", wcschr(L"a.b.c", L'.'));
    WSTR("wcsrchr", wcsrchr(L"a.b.c", L'.'));
    WSTR("wcsstr", wcsstr(L"haystack", L"st"));
    NUM("wcsspn", wcsspn(L"112x", L"12"));
    WSTR("wcspbrk", wcspbrk(L"key=v", L"="));
    wchar_t list[] = L"one two";
    WSTR("wcstok", wcstok(list, L" "));
    WSTR("wcstok", wcstok(NULL, L" "));
    wchar_t *copy = _wcsdup(L"copy");
    WSTR("_wcsdup", copy);
    WSTR("_wcsupr", _wcsupr(copy));
    free(copy);
    char out[16];
    NUM("wcstombs", wcstombs(out, L"abc", sizeof out));
    STR("converted", out);
    NUM("wcstombs outside the locale", (int)wcstombs(out, L"a\u4e16", sizeof out));
    NUM("mbstowcs", mbstowcs(a, "xyz", 32));
    WSTR("converted", a);
    NUM("mblen", mblen("abc", 3));
    NUM("mbtowc", mbtowc(a, "q", 1));
    NUM("wctomb", wctomb(out, L'w'));
}

static void classes(void) {
    struct { const char *name; int (*is)(int); } tests[] = {
        {"isalpha", isalpha}, {"isdigit", isdigit}, {"isalnum", isalnum}, {"isspace", isspace}, {"isupper", isupper}, {"islower", islower},
        {"ispunct", ispunct}, {"isprint", isprint}, {"isgraph", isgraph}, {"iscntrl", iscntrl}, {"isxdigit", isxdigit},
    };
    for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
        int count = 0, sum = 0;
        for (int c = -1; c < 256; c++)
            if (tests[t].is(c)) {
                count++;
                sum += c;
            }
        printf("%s: %d characters, sum %d\n", tests[t].name, count, sum);
    }
    int sum = 0;
    for (int c = 0; c < 256; c++)
        sum += toupper(c) * 3 + tolower(c);
    NUM("toupper and tolower", sum);
    NUM("iswalpha", iswalpha(L'\u00e9') != 0);
    NUM("iswdigit", iswdigit(L'7') != 0);
    NUM("iswspace", iswspace(L'\u3000') != 0);
    HEX("towupper", towupper(L'q'));
    HEX("towlower", towlower(L'A'));
    NUM("__isascii", __isascii(200));
    NUM("_isctype", _isctype('A', _UPPER | _HEX) != 0);
}

static void locales(void) {
    STR("locale at the start", setlocale(LC_ALL, NULL));
    STR("set C", setlocale(LC_ALL, "C"));
    STR("nonsense", setlocale(LC_ALL, "nonsense"));
    struct lconv *l = localeconv();
    STR("decimal point", l->decimal_point);
    STR("thousands separator", l->thousands_sep);
    NUM("strcoll", strcoll("a", "a"));
    char out[8];
    NUM("strxfrm", strxfrm(out, "abc", 8));
    STR("transformed", out);
    NUM("MB_CUR_MAX", MB_CUR_MAX);
}

int main(void) {
    memory();
    narrow();
    wide();
    classes();
    locales();
    return 0;
}
