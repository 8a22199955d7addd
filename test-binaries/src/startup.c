// What runs before and after main: constructors, exit functions in reverse order, the program's own view of itself.
#include "check.h"
#include <stdlib.h>
#include <string.h>

extern IMAGE_DOS_HEADER __ImageBase;

static int constructed;

__attribute__((constructor)) static void construct(void) {
    constructed = 1;
}

__attribute__((destructor)) static void destruct(void) {
    puts("destructor");
}

static void first(void) {
    puts("first exit function");
}

static void second(void) {
    puts("second exit function");
}

static int on_exit_function(void) {
    puts("_onexit function");
    return 0;
}

int main(int argc, char **argv, char **envp) {
    NUM("constructor ran", constructed);
    NUM("environment given", envp != NULL && envp[0] != NULL);
    NUM("argc", argc);
    char path[MAX_PATH], *base;
    DWORD n = GetModuleFileNameA(NULL, path, MAX_PATH);
    base = strrchr(path, '\\');
    NUM("has its length", n == strlen(path));
    STR("own file", base ? base + 1 : path);
    NUM("drive letter", path[1] == ':' && path[2] == '\\');
    STR("argv[0] ends so too", strrchr(argv[0], '\\') ? strrchr(argv[0], '\\') + 1 : argv[0]);
    NUM("image base", (char *)&__ImageBase == (char *)GetModuleHandleA(NULL));
    NUM("process id", GetCurrentProcessId() != 0);
    NUM("in the TEB", *(DWORD *)(__readgsqword(0x30) + 0x40) == GetCurrentProcessId());
    NUM("thread id in the TEB", *(DWORD *)(__readgsqword(0x30) + 0x48) == GetCurrentThreadId());
    NUM("not being debugged", IsDebuggerPresent());
    char *parameters = *(char **)(__readgsqword(0x60) + 0x20);
    NUM("process parameters", parameters != NULL);
    WCHAR *image = *(WCHAR **)(parameters + 0x68);
    NUM("image path in them", image != NULL && lstrlenW(image) * 2 == *(USHORT *)(parameters + 0x60));
    WCHAR *line = *(WCHAR **)(parameters + 0x78);
    NUM("command line in them", !lstrcmpW(line, GetCommandLineW()));
    NUM("standard output in them", *(HANDLE *)(parameters + 0x28) == GetStdHandle(STD_OUTPUT_HANDLE));
    atexit(first);
    atexit(second);
    _onexit(on_exit_function);
    return 0;
}
