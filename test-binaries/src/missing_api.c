// Imports a function that no Windows has: the program starts, the call stops it.
#include "say.h"

__declspec(dllimport) int WINAPI ExeuntNoSuchFunction(int number);

int main(int argc, char **argv) {
    (void)argv;
    say("started");
    if (argc > 1) {
        say("not called");
        return 0;
    }
    int result = ExeuntNoSuchFunction(1);
    say("returned %d", result);
    return 1;
}
