// msvcrt's printf of floating point: three exponent digits, halves away from zero, 1.#INF.
#include <math.h>
#include <stdint.h>
#include <stdio.h>

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

static void floats(void) {
    static const char *formats[] = {"%f",    "%.0f",  "%.1f",  "%.10f", "%10.2f", "%-10.2f|", "%010.2f", "%+f",   "% f",  "%#.0f",
                                    "%e",    "%.0e",  "%.3e",  "%#.0e", "%E",     "%12.2e",   "%012.2e", "%g",    "%.3g", "%#g",
                                    "%.10g", "%G",    "%.0g",  "%#.3g", "%15g",   "%.17g",    "%.20f",   "%.15e", "%lf",  "%Lf"};
    static const double values[] = {0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 0.1, 1e-5, 123456.0, 1234567.0, 1e10, 1e100, 3.14159265358979, 9.9999995, 1e-300, 5e-324};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            char buffer[400];
            int n = sprintf(buffer, formats[f], values[v]);
            printf("%s of %I64x -> %d |%s|\n", formats[f], ((union { double d; uint64_t u; }){values[v]}).u, n, buffer);
        }
    double inf = INFINITY;
    P("%f", inf);
    P("%f", -inf);
    P("%e", inf);
    P("%g", -inf);
    P("%G", inf);
    P("%10f", inf);
    P("%.0f", inf);
    P("%.2f", inf);
    P("%a", 1.0);
    P("%a", 0.1);
    P("%A", -255.5);
    P("%.3a", 1.0);
    P("%20a", 1.0);
}

int main(void) {
    floats();
    return 0;
}
