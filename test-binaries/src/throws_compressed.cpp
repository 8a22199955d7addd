// C++ exceptions through functions with compressed tables (__CxxFrameHandler4): throws_compressed.s has them.
#include "msvc.h"

extern "C" {
int catches(int (*function)(int), int argument);
int destroys(int (*function)(int), int argument);
int nests(int (*function)(int), int argument);
void promises(int (*function)(int), int argument);
}

static char trail[16];
static int length;

extern "C" void ended(const int *object) {
    trail[length++] = (char)*object;
    trail[length] = 0;
}

static int raise(int value) {
    if (value < 0)
        return value;
    if (value < 10)
        throw value;
    throw (char)value;
}

static int raise_once(int value) {
    if (value == 5)
        throw 6;
    return value + 100;
}

static int destroys_and_raises(int value) { return destroys(raise, value); }
static int catches_and_raises(int value) { return catches(raise, value); }

static void ends_badly() {
    line("terminate", "called");
    ExitProcess(17);
}

extern "C" void start() {
    check("nothing thrown", catches(raise, -4));
    check("int", catches(raise, 5));
    try {
        check("char", catches(raise, 'c'));
    } catch (char caught) {
        check("char passes", caught);
    }
    try {
        destroys(raise, 3);
    } catch (int caught) {
        check("through objects", caught);
    }
    line("in order", trail);
    length = 0;
    check("objects within", catches(destroys_and_raises, 7));
    line("in order", trail);
    check("out of a catch block, caught in it", nests(raise, 8));
    check("nothing thrown out of the catch block", nests(raise_once, 5));
    check("caught further in", catches(catches_and_raises, 9));
    set_terminate(ends_badly);
    if (ends_with(GetCommandLineA(), " noexcept"))
        promises(raise, 1);
    ExitProcess(0);
}
