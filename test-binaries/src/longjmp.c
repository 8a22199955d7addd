// setjmp and longjmp of the C runtime: out of nested calls, out of a callback, values.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf back;
static int comparisons;

static void nested(int depth, int value) {
    if (!depth)
        longjmp(back, value);
    nested(depth - 1, value);
    puts("not reached");
}

static int jumps(const void *a, const void *b) {
    (void)a, (void)b;
    if (++comparisons == 3)
        longjmp(back, 77);
    return 0;
}

int main(void) {
    volatile int round = 0;
    int value = setjmp(back);
    printf("round %d: setjmp returned %d\n", round, value);
    round = round + 1;
    if (round == 1)
        nested(0, 5);
    if (round == 2)
        nested(20, 0);
    if (round == 3) {
        int numbers[10] = {0};
        qsort(numbers, 10, sizeof *numbers, jumps);
    }
    if (round < 1000)
        if (round > 3) {
            round = 1000;
            nested(3, -1);
        }
    puts("end");
    return 0;
}
