// A program of the Universal C Runtime: api-ms-win-crt-* imports, with the start-up that Visual C++ gives a program.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FILE FILE;
typedef void (*INITIALIZER)(void);

// Declared here, because the headers are msvcrt's.
extern int _configure_narrow_argv(int mode);
extern int _initialize_narrow_environment(void);
extern void _set_app_type(int type);
extern int *__p___argc(void);
extern char ***__p___argv(void);
extern char **_get_initial_narrow_environment(void);
extern void _initterm(INITIALIZER *first, INITIALIZER *last);
extern int _initterm_e(int (**first)(void), int (**last)(void));
extern int *__p__commode(void);
extern int _set_fmode(int mode);
extern int _set_new_mode(int mode);
extern int _configthreadlocale(int mode);
extern int _crt_atexit(void (*function)(void));
extern void exit(int code) __attribute__((noreturn));
extern void _exit(int code) __attribute__((noreturn));

extern FILE *__acrt_iob_func(unsigned index);
extern int __stdio_common_vfprintf(uint64_t options, FILE *file, const char *format, void *locale, va_list list);
extern int __stdio_common_vsprintf(uint64_t options, char *buffer, size_t size, const char *format, void *locale, va_list list);
extern int __stdio_common_vsscanf(uint64_t options, const char *text, size_t size, const char *format, void *locale, va_list list);
extern FILE *fopen(const char *path, const char *mode);
extern int fclose(FILE *file);
extern char *fgets(char *buffer, int size, FILE *file);
extern int fputs(const char *text, FILE *file);
extern size_t strlen(const char *text);
extern double strtod(const char *text, char **end);
extern long strtol(const char *text, char **end, int base);
extern void free(void *block);
extern void *calloc(size_t count, size_t size);
extern void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
extern char *getenv(const char *name);
__declspec(dllimport) extern int *_errno(void);
extern int toupper(int c);
__declspec(dllimport) extern double sqrt(double x);

// _CRT_INTERNAL_PRINTF_STANDARD_ROUNDING, as the start-up of today's compilers sets it.
static const uint64_t STANDARD_ROUNDING = 1 << 5;

static void print(const char *format, ...) {
    va_list list;
    va_start(list, format);
    __stdio_common_vfprintf(STANDARD_ROUNDING, __acrt_iob_func(1), format, NULL, list);
    va_end(list);
}

static int sprint(uint64_t options, char *buffer, size_t size, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int n = __stdio_common_vsprintf(options, buffer, size, format, NULL, list);
    va_end(list);
    return n;
}

static int scan(const char *text, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int n = __stdio_common_vsscanf(0, text, (size_t)-1, format, NULL, list);
    va_end(list);
    return n;
}

static void c_initializer(void) {
    print("initializer\n");
}

static int c_failing_initializer(void) {
    print("initializer with a result\n");
    return 0;
}

static void at_exit(void) {
    print("atexit\n");
}

static int compare(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static int run(int argc, char **argv) {
    char text[64], *end;
    for (int i = 1; i < argc; i++)
        print("argv[%d]: %s\n", i, argv[i]);
    print("exponent has two digits: %e %g\n", 1e5, 1e-7);
    print("halves to even, exactly: %.0f %.0f %.2f\n", 0.5, 2.5, 2.675);
    print("exactly half, without the option: %d", sprint(0, text, sizeof text, "%.0f %.0f", 0.5, 2.5));
    print(" %s\n", text);
    print("infinite: %f %F %e\n", 1e308 * 10, 1e308 * 10, -1e308 * 10);
    print("C99 sizes: %zu %lld %hhd %td\n", (size_t)1 << 40, -5ll, 300, (ptrdiff_t)-1);
    print("hexadecimal: %a\n", 1.0);
    print("text: %s %ls %S %10.3s|\n", "narrow", L"wide", L"Wide", "cut off");
    print("pointer: %p\n", (void *)0x1234);
    // Options: 1 = _snprintf's old rule, 2 = the standard's.
    print("vsnprintf: %d", sprint(2, text, 4, "%s", "abcdef"));
    print(" %s\n", text);
    print("_vsnprintf: %d\n", sprint(1, text, 4, "%s", "abcdef"));
    int a = 0;
    print("sscanf: %d", scan("42 words", "%d %63s", &a, text));
    print(" %d %s\n", a, text);
    print("strtod: %.3f", strtod("0x1.8p1rest", &end));
    print(" %s\n", end);
    print("strtol: %ld", strtol("99999999999", NULL, 10));
    print(" errno %d\n", *_errno());
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof *numbers, compare);
    print("qsort: %d %d %d\n", numbers[0], numbers[1], numbers[2]);
    char *zeroed = calloc(4, 4);
    print("calloc: %d\n", zeroed[15]);
    free(zeroed);
    FILE *f = fopen("u", "w");
    fputs("line\n", f);
    fclose(f);
    f = fopen("u", "rb");
    fgets(text, 64, f);
    print("file: %d %s\n", (int)strlen(text), text[4] == '\r' ? "crlf" : "lf");
    fclose(f);
    print("missing: %d", fopen("none", "r") == NULL);
    print(" errno %d\n", *_errno());
    print("exclusive: %d", fopen("u", "wx") == NULL);
    print(" errno %d\n", *_errno());
    print("getenv: %s\n", getenv("EXEUNT_UCRT"));
    print("toupper: %c\n", toupper('q'));
    print("sqrt: %.6f\n", sqrt(2.0));
    return 5;
}

void start(void) {
    static INITIALIZER initializers[] = {NULL, c_initializer};
    static int (*failing[])(void) = {NULL, c_failing_initializer};
    _set_app_type(1);
    _set_fmode(0x4000);
    *__p__commode() = 0;
    _configure_narrow_argv(1);
    _initialize_narrow_environment();
    _configthreadlocale(0);
    _set_new_mode(0);
    if (_initterm_e(failing, failing + 2))
        _exit(255);
    _initterm(initializers, initializers + 2);
    _crt_atexit(at_exit);
    _get_initial_narrow_environment();
    exit(run(*__p___argc(), *__p___argv()));
}
