// Ends with the number given: `exitcode NUMBER [exit|_exit|ExitProcess|TerminateProcess|return]`.
#include "check.h"
#include <process.h>
#include <stdlib.h>
#include <string.h>

static void at_exit(void) {
    puts("atexit ran");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 2)
        return 0;
    unsigned code = strtoul(argv[1], NULL, 0);
    const char *how = argc > 2 ? argv[2] : "return";
    atexit(at_exit);
    printf("ending by %s\n", how);
    fflush(stdout);
    if (!strcmp(how, "return") || !strcmp(how, "exit"))
        fputs("flushed at the end\n", stdout);
    if (!strcmp(how, "exit"))
        exit((int)code);
    if (!strcmp(how, "_exit"))
        _exit((int)code);
    if (!strcmp(how, "ExitProcess"))
        ExitProcess(code);
    if (!strcmp(how, "TerminateProcess"))
        TerminateProcess(GetCurrentProcess(), code);
    return (int)code;
}
