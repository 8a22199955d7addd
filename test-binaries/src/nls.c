// Case, comparison, mapping, character types, locale data for the invariant and the US English locale.
#include "check.h"
#include <string.h>
#include <wchar.h>

static void compare(const char *name, DWORD flags, const wchar_t *a, const wchar_t *b) {
    int n = CompareStringW(LOCALE_INVARIANT, flags, a, -1, b, -1);
    printf("%s: %d\n", name, n - CSTR_EQUAL);
}

static void map(const char *name, DWORD flags, const wchar_t *text) {
    wchar_t out[64];
    int n = LCMapStringW(LOCALE_INVARIANT, flags, text, -1, out, 64);
    if (n)
        WSTR(name, out);
    else
        printf("%s: error %lu\n", name, GetLastError());
}

static void info(const char *name, LCTYPE type) {
    wchar_t out[80];
    int n = GetLocaleInfoW(0x409, type, out, 80);
    if (n)
        WSTR(name, out);
    else
        printf("%s: error %lu\n", name, GetLastError());
}

static void types(const char *name, DWORD which, const wchar_t *text) {
    WORD type[16] = {0};
    int n = (int)wcslen(text);
    if (!GetStringTypeW(which, text, n, type)) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    printf("%s:", name);
    for (int i = 0; i < n; i++)
        printf(" %x", type[i]);
    printf("\n");
}

int main(void) {
    wchar_t w[32] = L"stra\u00dfe \u00e9\u0436\u03c9";
    WSTR("CharUpperW", CharUpperW(w));
    WSTR("CharLowerW", CharLowerW(w));
    HEX("CharUpperW of a character", (ULONG_PTR)CharUpperW((LPWSTR)(ULONG_PTR)0xe9));
    char a[] = "abc \xe9";
    STR("CharUpperA", CharUpperA(a));
    NUM("CharUpperBuffW", CharUpperBuffW(w, 4));
    WSTR("four of it", w);
    NUM("IsCharAlphaW", IsCharAlphaW(L'\u0436'));
    NUM("IsCharUpperW", IsCharUpperW(L'\u0416'));
    NUM("IsCharAlphaNumericW", IsCharAlphaNumericW(L'_'));
    const char *next = CharNextA("ab");
    STR("CharNextA", next);
    wchar_t path[] = L"abc";
    WSTR("CharPrevW", CharPrevW(path, path + 2));

    compare("equal", 0, L"abc", L"abc");
    compare("less", 0, L"abc", L"abd");
    compare("shorter is less", 0, L"ab", L"abc");
    compare("case is the last to decide", 0, L"a", L"A");
    compare("letters before case", 0, L"B", L"a");
    compare("ignoring case", NORM_IGNORECASE, L"HeLLo", L"hEllO");
    compare("accents", 0, L"cote", L"cot\u00e9");
    compare("ignoring accents", NORM_IGNORENONSPACE, L"cote", L"cot\u00e9");
    compare("ignoring symbols", NORM_IGNORESYMBOLS, L"a.b", L"ab");
    compare("digits before letters", 0, L"9", L"a");
    NUM("lengths count", CompareStringW(LOCALE_INVARIANT, 0, L"abcX", 3, L"abcY", 3));
    NUM("lstrcmpiA", lstrcmpiA("HELLO", "hello"));
    NUM("lstrlenW", lstrlenW(L"four"));
    NUM("CompareStringOrdinal", CompareStringOrdinal(L"a", -1, L"B", -1, FALSE));
    NUM("CompareStringOrdinal, ignoring case", CompareStringOrdinal(L"\u00e9", -1, L"\u00c9", -1, TRUE));
    SetLastError(0);
    NUM("bad flags", CompareStringW(LOCALE_INVARIANT, 0x00800000, L"a", -1, L"b", -1));
    NUM("error", GetLastError());

    map("upper", LCMAP_UPPERCASE, L"abc \u00e9\u0436");
    map("lower", LCMAP_LOWERCASE, L"ABC \u00c9\u0416");
    map("katakana", LCMAP_KATAKANA, L"\u3042");
    map("full width", LCMAP_FULLWIDTH, L"a1");
    map("half width", LCMAP_HALFWIDTH, L"\uff21\uff11");
    map("title case", LCMAP_TITLECASE, L"a fIRST word");
    NUM("room needed", LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, L"abc", -1, NULL, 0));
    wchar_t small[2];
    SetLastError(0);
    NUM("too small", LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, L"abc", -1, small, 2));
    NUM("error", GetLastError());
    NUM("LCMapStringEx", LCMapStringEx(L"en-US", LCMAP_UPPERCASE, L"xyz", 3, w, 32, NULL, NULL, 0));

    types("CT_CTYPE1", CT_CTYPE1, L"aZ5 \t.\u00e9\u4e16");
    types("CT_CTYPE2", CT_CTYPE2, L"a5 .");
    types("CT_CTYPE3", CT_CTYPE3, L"a5");
    types("CT_CTYPE4", 8, L"a");

    info("language", LOCALE_SENGLANGUAGE);
    info("ISO language", LOCALE_SISO639LANGNAME);
    info("decimal", LOCALE_SDECIMAL);
    info("thousand", LOCALE_STHOUSAND);
    info("list", LOCALE_SLIST);
    info("ANSI code page", LOCALE_IDEFAULTANSICODEPAGE);
    info("OEM code page", LOCALE_IDEFAULTCODEPAGE);
    info("short date", LOCALE_SSHORTDATE);
    info("January", LOCALE_SMONTHNAME1);
    info("Monday", LOCALE_SDAYNAME1);
    info("name", LOCALE_SNAME);
    HEX("LocaleNameToLCID", LocaleNameToLCID(L"de-DE", 0));
    wchar_t name[32];
    NUM("LCIDToLocaleName", LCIDToLocaleName(0x407, name, 32, 0));
    WSTR("name", name);
    NUM("IsValidLocale", IsValidLocale(0x409, LCID_INSTALLED));
    HEX("GetUserDefaultLCID", GetUserDefaultLCID());
    NUM("FoldStringW", FoldStringW(MAP_FOLDDIGITS, L"\u0661\u0662", -1, w, 32));
    WSTR("folded", w);
    return 0;
}
