// What a service costs by each way into it. With the argument `time`, in nanoseconds a call; without, only that all ways lead there.
#include "rawcall.h"
#include <stdlib.h>

#define ROUNDS 2000000

NTSYSAPI LONG NTAPI NtClose(HANDLE);

static int timed;

static void measure(const char *what, void *code, DWORD number, int rounds) {
    int right = 1;
    LARGE_INTEGER from, to, frequency;
    QueryPerformanceFrequency(&frequency);
    for (int i = 0; i < 1000; i++)
        right &= CALL(code, BAD_HANDLE, number, 0, 0, 0, 0) == 0xc0000008;
    QueryPerformanceCounter(&from);
    for (int i = 0; i < (timed ? rounds : 1000); i++)
        CALL(code, BAD_HANDLE, number, 0, 0, 0, 0);
    QueryPerformanceCounter(&to);
    double each = (double)(to.QuadPart - from.QuadPart) * 1e9 / (double)frequency.QuadPart / rounds;
    if (timed)
        printf("%s: %.1f ns\n", what, each);
    else
        NUM(what, right);
}

int main(int argc, char **argv) {
    timed = argc > 1 && !strcmp(argv[1], "time");
    DWORD number = number_of("NtClose");
    BYTE *stub = stub_of("NtClose"), copy[24], plain[PLAIN_SIZE], middle[24];
    memcpy(copy, stub, sizeof copy);
    put_plain(plain, number);
    // push rbx; mov r10, rcx; mov eax, number; syscall; pop rbx; ret
    memcpy(middle, "\x53\x4c\x8b\xd1\xb8\0\0\0\0\x0f\x05\x5b\xc3", 13);
    memcpy(middle + 5, &number, 4);
    BYTE *writable = writable_code(0x1000);
    put_plain(writable, number);
    // Twice each, the better of which counts on a busy machine.
    for (int i = 0; i < 2; i++) {
        measure("imported", (void *)NtClose, number, ROUNDS);
        measure("ntdll's stub", stub, number, ROUNDS);
        measure("a copy of it", finished_code(copy, sizeof copy), number, ROUNDS);
        measure("a stub made anew", finished_code(plain, sizeof plain), number, ROUNDS);
        measure("in the middle of a function", finished_code(middle, 13), number, ROUNDS);
        measure("trapped, in writable pages", writable, number, ROUNDS / 20);
    }
    return 0;
}
