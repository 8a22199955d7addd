// The C runtime's floating-point control: _controlfp, _statusfp, _clearfp, _fpclass and the class tests.
#include <float.h>
#include <math.h>
#include <stdio.h>

// The status bits have the values of the mask bits.
static volatile double zero, one = 1, three = 3, huge = 1e308;

int main(void) {
    printf("start: %x\n", _controlfp(0, 0) & (_MCW_EM | _MCW_RC));
    printf("status: %x\n", _clearfp() & 0);
    volatile double x = one / three;
    printf("inexact: %d\n", (_statusfp() & _EM_INEXACT) != 0);
    _clearfp();
    printf("cleared: %x\n", _statusfp());
    x = one / zero;
    printf("zero divide: %d\n", (_statusfp() & _EM_ZERODIVIDE) != 0);
    x = huge * huge;
    printf("overflow: %d\n", (_statusfp() & _EM_OVERFLOW) != 0);
    x = zero / zero;
    printf("invalid: %d\n", (_clearfp() & _EM_INVALID) != 0);
    printf("round down: %x\n", _controlfp(_RC_DOWN, _MCW_RC) & _MCW_RC);
    x = -one / three;
    printf("a third, down: %.17f\n", x);
    printf("round up: %x\n", _controlfp(_RC_UP, _MCW_RC) & _MCW_RC);
    x = -one / three;
    printf("a third, up: %.17f\n", x);
    printf("round near: %x\n", _controlfp(_RC_NEAR, _MCW_RC) & _MCW_RC);
    printf("_fpclass: %x %x %x %x\n", _fpclass(1.0), _fpclass(-0.0), _fpclass(one / zero), _fpclass(5e-324));
    printf("_isnan: %d %d\n", _isnan(zero / zero), _isnan(1.0));
    printf("_finite: %d %d\n", _finite(1.0) != 0, _finite(one / zero));
    printf("_copysign: %.1f\n", _copysign(3.0, -1.0));
    printf("_nextafter: %d\n", _nextafter(1.0, 2.0) > 1.0);
    printf("_logb: %.1f\n", _logb(8.0));
    printf("math: %.6f %.6f %.6f %.6f\n", sqrt(2.0), sin(1.0), exp(1.0), log(10.0));
    printf("math: %.6f %.6f %.6f %.6f\n", pow(2.0, 0.5), fmod(7.5, 2.0), atan2(1.0, -1.0), cosh(1.0));
    printf("math: %.1f %.1f %.1f %.1f\n", floor(-1.5), ceil(-1.5), fabs(-2.5), ldexp(0.75, 3));
    double whole;
    int exponent;
    x = modf(-3.75, &whole);
    printf("modf: %.2f %.2f\n", x, whole);
    x = frexp(48.0, &exponent);
    printf("frexp: %.2f %d\n", x, exponent);
    return 0;
}
