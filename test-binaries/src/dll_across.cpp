// A DLL that throws to throws_across, and catches what that throws.
#define IN_DLL
#include "across.h"

static int alive;

int dll_alive() {
    return alive;
}

void dll_throws(int kind) {
    Counted local(&alive);
    switch (kind) {
    case 0:
        throw 5;
    case 1:
        throw (const char *)"a pointer";
    case 2:
        throw Said(6);
    case 3:
        throw Both(7, 8);
    default:
        throw local;
    }
}

int dll_calls(Called *function, int argument) {
    Counted local(&alive);
    return function(argument) + alive;
}

int dll_catches(Called *function, int argument) {
    Counted local(&alive);
    try {
        return function(argument);
    } catch (int caught) {
        return 1000 + caught;
    }
}

int dll_rethrows(Called *function, int argument) {
    Counted local(&alive);
    try {
        return function(argument);
    } catch (Said &caught) {
        caught.text[0] = 'S';
        throw;
    } catch (...) {
        Counted another(&alive);
        throw;
    }
}

void dll_nests(Called *function, int argument) {
    try {
        function(argument);
    } catch (...) {
        std::throw_with_nested(Said(argument + 1));
    }
}

std::exception_ptr dll_keeps(Called *function, int argument) {
    try {
        function(argument);
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

int dll_promises(Called *function, int argument) noexcept {
    return function(argument);
}
