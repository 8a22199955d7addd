// sscanf and swscanf: conversions, widths, sets, suppression, msvcrt's size prefixes.
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static int a, b, c, n;
static char s[64], t[64];

static void clear(void) {
    a = b = c = n = -1;
    memset(s, 0, sizeof s);
    memset(t, 0, sizeof t);
}

#define I(text, ...) (clear(), n = sscanf(text, __VA_ARGS__), printf("%s of \"%s\": %d, %d %d %d\n", #__VA_ARGS__, text, n, a, b, c))
#define S(text, ...) (clear(), n = sscanf(text, __VA_ARGS__), printf("%s of \"%s\": %d, \"%s\" \"%s\" %d\n", #__VA_ARGS__, text, n, s, t, a))

int main(void) {
    I("12 34 56", "%d %d %d", &a, &b, &c);
    I("12,34", "%d,%d", &a, &b);
    I("12 , 34", "%d,%d", &a, &b);
    I("12 , 34", "%d ,%d", &a, &b);
    I("123456", "%3d%2d%d", &a, &b, &c);
    I("-7 +8", "%d%d", &a, &b);
    I("ff 0xff 077", "%x %x %o", &a, &b, &c);
    I("0x1f 017 19", "%i %i %i", &a, &b, &c);
    I("12abc", "%d%d", &a, &b);
    I("abc", "%d", &a);
    I("", "%d", &a);
    I("   ", "%d", &a);
    I("1 2 3", "%d %*d %d", &a, &b);
    I("5 apples", "%d apples%n", &a, &b);
    I("50%", "%d%%%n", &a, &b);
    I("4294967295", "%u", &a);
    S("hello world", "%s %s", s, t);
    S("hello", "%3s%s", s, t);
    S("abc123", "%[a-z]%d", s, &a);
    S("abc123", "%[^0-9]%[0-9]", s, t);
    S("key = value", "%[^=]=%s", s, t);
    S("]x", "%[]]%s", s, t);
    S("a-b", "%[a-]%s", s, t);
    S("xyz", "%2c%c", s, t);
    S(" x", "%c%c", s, t);
    S(" x", " %c", s);
    S("abc", "%*2s%s", s);
    S("123", "%[a-z]", s);
    short h = -1;
    printf("%%hd: %d", sscanf("70000", "%hd", &h));
    printf(" %d\n", h);
    long long big = -1;
    printf("%%I64d: %d", sscanf("1234567890123456", "%I64d", &big));
    printf(" %I64d\n", big);
    printf("%%lld: %d", sscanf("-1234567890123456", "%lld", &big));
    printf(" %I64d\n", big);
    float f = 0;
    double d = 0;
    printf("%%f %%lf: %d", sscanf("1.5 -2.5e3", "%f %lf", &f, &d));
    printf(" %.3f %.3f\n", f, d);
    void *p = NULL;
    printf("%%p: %d", sscanf("00000000DEADBEEF", "%p", &p));
    printf(" %p\n", p);
    wchar_t w[32] = L"";
    printf("%%ls: %d", sscanf("wide text", "%ls", w));
    printf(" %ls\n", w);
    printf("%%S: %d", sscanf("wide text", "%S", w));
    printf(" %ls\n", w);
    clear();
    printf("swscanf: %d", swscanf(L"12 word narrow", L"%d %s %hs", &a, w, s));
    printf(" %d %ls %s\n", a, w, s);
    return 0;
}
