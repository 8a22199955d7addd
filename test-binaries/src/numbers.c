// Text to numbers and back: strtol, strtod, atoi, _itoa, _gcvt, and their limits.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void integer(const char *text, int base) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, base);
    printf("strtol(\"%s\", %d): %ld rest \"%s\" errno %d\n", text, base, n, end, errno);
}

static void unsigned_integer(const char *text, int base) {
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, base);
    printf("strtoul(\"%s\", %d): %lu rest \"%s\" errno %d\n", text, base, n, end, errno);
}

static void wide_integer(const char *text, int base) {
    char *end;
    errno = 0;
    long long n = _strtoi64(text, &end, base);
    printf("_strtoi64(\"%s\", %d): %I64d rest \"%s\" errno %d\n", text, base, n, end, errno);
    errno = 0;
    unsigned long long u = _strtoui64(text, &end, base);
    printf("_strtoui64(\"%s\", %d): %I64u rest \"%s\" errno %d\n", text, base, u, end, errno);
}

typedef double STRTOD(const char *, char **);

// mingw-w64 has a strtod of its own; the C runtime's is asked for by its address.
static STRTOD *runtime_strtod;

static void real(const char *text) {
    char *end;
    errno = 0;
    union { double d; unsigned long long bits; } u;
    u.d = runtime_strtod(text, &end);
    printf("strtod(\"%s\"): %I64x rest \"%s\" errno %d\n", text, u.bits, end, errno);
}

void *__stdcall GetModuleHandleA(const char *);
void *__stdcall GetProcAddress(void *, const char *);

int main(void) {
    runtime_strtod = (STRTOD *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "strtod");
    static const char *const integers[] = {"0",  "42",   "-42",  "+7",   "  12x", "0x1f", "0X1F", "017",  "z",          "",          "-",
                                           "08",   "1010", "zz",   "2147483647", "2147483648", "-2147483648", "-2147483649", "99999999999", "\t5", "1 2"};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        integer(integers[i], 10);
        integer(integers[i], 0);
        integer(integers[i], 16);
        integer(integers[i], 36);
    }
    integer("1010", 2);
    unsigned_integer("4294967295", 10);
    unsigned_integer("4294967296", 10);
    unsigned_integer("-1", 10);
    unsigned_integer("ffffffff", 16);
    wide_integer("9223372036854775807", 10);
    wide_integer("9223372036854775808", 10);
    wide_integer("-9223372036854775808", 10);
    wide_integer("-9223372036854775809", 10);
    wide_integer("18446744073709551615", 10);
    wide_integer("18446744073709551616", 10);
    wide_integer("0xffffffffffffffff", 0);
    printf("atoi: %d %d %d\n", atoi("12abc"), atoi("-5"), atoi(""));
    printf("atol: %ld\n", atol(" 77 "));
    printf("_atoi64: %I64d\n", _atoi64("-1234567890123"));
    wchar_t *wide_end;
    long n = wcstol(L"-77rest", &wide_end, 10);
    printf("wcstol: %ld rest %ls\n", n, wide_end);
    printf("_wtoi: %d\n", _wtoi(L"123"));

    static const char *const reals[] = {"0", "-0", "1", "1.5", "-2.25e3", "1e308", "1e309", "-1e309", "1e-308", "4.9e-324", "1e-400", ".5",
                                        "5.", ".", "e5", "1e", "1e+", "1e5x", "  3.25", "0.1", "123456789012345678", "9007199254740993",
                                        "2.2250738585072011e-308", "1.7976931348623157e308", "1d2", "+1.", "3,5"};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        real(reals[i]);
    printf("atof: %.3f\n", atof("2.5x"));

    char text[80];
    static const int bases[] = {2, 8, 10, 16, 36};
    for (int i = 0; i < 5; i++) {
        printf("_itoa base %d: %s", bases[i], _itoa(12345, text, bases[i]));
        printf(" %s", _itoa(-1, text, bases[i]));
        printf(" %s", _ultoa(4000000000u, text, bases[i]));
        printf(" %s\n", _i64toa(-1234567890123, text, bases[i]));
    }
    printf("_ui64toa: %s\n", _ui64toa(18446744073709551615ull, text, 10));
    int point, sign;
    printf("_ecvt: %s", _ecvt(-123.456, 5, &point, &sign));
    printf(" %d %d\n", point, sign);
    printf("_fcvt: %s", _fcvt(123.456, 2, &point, &sign));
    printf(" %d %d\n", point, sign);
    printf("_gcvt: %s", _gcvt(0.00001234, 4, text));
    printf(" %s\n", _gcvt(1234.5, 6, text));
    printf("abs: %d %ld %I64d\n", abs(-5), labs(-6L), _abs64(-7));
    div_t d = div(-7, 2);
    printf("div: %d %d\n", d.quot, d.rem);
    printf("rotate: %u %u\n", _rotl(0x80000001u, 4), _rotr(0x80000001u, 4));
    srand(1);
    printf("rand: %d", rand());
    printf(" %d", rand());
    printf(" %d\n", rand());
    srand(1234);
    printf("rand after srand(1234): %d", rand());
    printf(" %d\n", rand());
    return 0;
}
