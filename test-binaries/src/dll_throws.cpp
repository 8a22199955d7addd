// A DLL that throws, for throws_msvc: its types are its own copies.
#include "msvc.h"

struct A {
    int a = 21;
    virtual ~A() {}
};
struct B {
    int b = 22;
    virtual ~B() {}
};
struct AB : A, B {
    int ab = 23;
};

extern "C" __declspec(dllexport) void throw_from_dll(int kind) {
    switch (kind) {
    case 0:
        throw 5;
    case 1:
        throw "from the DLL";
    default:
        throw AB();
    }
}

extern "C" int start(void *, DWORD, void *) { return 1; }
