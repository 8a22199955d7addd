// Unhandled exceptions of every common kind: `crash KIND`.
#include "say.h"
#include <stdlib.h>
#include <string.h>

static volatile int zero;

static int deeper(volatile char *above) {
    volatile char room[4096];
    room[0] = above ? above[0] + 1 : 0;
    return deeper(room) + room[0];
}

static DWORD WINAPI null_thread(void *parameter) {
    *(volatile int *)parameter = 1;
    return 0;
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    say("crashing: %s", kind);
    if (!strcmp(kind, "write"))
        *(volatile int *)8 = 1;
    if (!strcmp(kind, "read"))
        zero = *(volatile int *)0x10;
    if (!strcmp(kind, "jump"))
        ((void (*)(void))(ULONG_PTR)0x20)();
    if (!strcmp(kind, "non-canonical"))
        zero = *(volatile int *)0x8000000000000000;
    if (!strcmp(kind, "divide"))
        zero = 5 / zero;
    if (!strcmp(kind, "illegal"))
        __asm__ volatile("ud2");
    if (!strcmp(kind, "privileged"))
        __asm__ volatile("hlt");
    if (!strcmp(kind, "breakpoint"))
        DebugBreak();
    if (!strcmp(kind, "stack"))
        return deeper(NULL);
    if (!strcmp(kind, "abort"))
        abort();
    if (!strcmp(kind, "raise"))
        RaiseException(0xe0000001, 0, 0, NULL);
    if (!strcmp(kind, "thread"))
        WaitForSingleObject(CreateThread(NULL, 0, null_thread, NULL, 0, NULL), INFINITE);
    say("still here");
    return 0;
}
