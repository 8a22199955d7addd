// What throws_across and its DLL throw to each other. Both use the C++ runtime of a third DLL, dll_cxx.
#ifndef ACROSS_H
#define ACROSS_H

#include <exception>
#include <initializer_list>
#include <stdio.h>

// Says what it is by a function that the compiler puts into every module that uses it.
struct Said : std::exception {
    char text[32];
    explicit Said(int number) { sprintf(text, "said %d", number); }
    const char *what() const noexcept override { return text; }
};

struct Left {
    int left;
    virtual ~Left() {}
};

struct Right {
    int right;
    virtual ~Right() {}
};

struct Both : Left, virtual Right {
    Both(int l, int r) { left = l, right = r; }
};

// An object that counts: the count is its module's.
struct Counted {
    int *alive;
    explicit Counted(int *alive) : alive(alive) { ++*alive; }
    Counted(const Counted &other) : alive(other.alive) { ++*alive; }
    ~Counted() { --*alive; }
};

typedef int Called(int);

#ifdef IN_DLL
#define ACROSS extern "C" __declspec(dllexport)
#else
#define ACROSS extern "C" __declspec(dllimport)
#endif

// Objects of the DLL that exist.
ACROSS int dll_alive();
// Throws: 0 an int, 1 a pointer, 2 a Said, 3 a Both, 4 a Counted.
ACROSS void dll_throws(int kind);
// Calls the function with an object in its frame.
ACROSS int dll_calls(Called *function, int argument);
// Calls the function and catches ints of its: 1000 and the int.
ACROSS int dll_catches(Called *function, int argument);
// Calls the function and throws again what it throws.
ACROSS int dll_rethrows(Called *function, int argument);
// Calls the function and throws an int of its own, with what the function throws nested in it.
ACROSS void dll_nests(Called *function, int argument);
// Keeps what the function throws, and throws it.
ACROSS std::exception_ptr dll_keeps(Called *function, int argument);
// Calls the function, which must not throw.
ACROSS int dll_promises(Called *function, int argument) noexcept;

#endif
