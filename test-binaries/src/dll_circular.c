// Two DLLs that import each other.
#include "say.h"

__declspec(dllimport) int x_number(int depth);

int main(void) {
    say("across the circle: %d", x_number(4));
    return 0;
}
