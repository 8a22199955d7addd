// The environment: get, set, delete, expand, enumerate; names ignore case.
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void block(const char *name, const wchar_t *want) {
    wchar_t *strings = GetEnvironmentStringsW();
    int found = 0;
    for (wchar_t *s = strings; *s; s += wcslen(s) + 1)
        if (!wcscmp(s, want))
            found++;
    NUM(name, found);
    NUM("FreeEnvironmentStringsW", FreeEnvironmentStringsW(strings));
}

static void get(const char *name, const char *variable, DWORD size) {
    char buffer[64] = "untouched";
    SetLastError(0);
    DWORD n = GetEnvironmentVariableA(variable, buffer, size);
    // With too small a buffer its contents are undefined.
    printf("%s: returns %lu error %lu buffer \"%s\"\n", name, n, GetLastError(), n < size ? buffer : "");
}

static void expand(const char *name, const char *text, DWORD size) {
    char buffer[128] = "untouched";
    DWORD n = ExpandEnvironmentStringsA(text, buffer, size);
    printf("%s: %d \"%s\"\n", name, n == strlen(buffer) + 1, n <= size ? buffer : "too small");
}

// The runtime's environment is a copy made at the start, which only its own functions change.
static int runtime_copy(void) {
    SetEnvironmentVariableA("EXEUNT_OUTSIDE", "changed");
    SetEnvironmentVariableA("EXEUNT_LATE", "late");
    STR("getenv of a variable changed by the system's function", getenv("EXEUNT_OUTSIDE"));
    STR("getenv of a variable added by it", getenv("EXEUNT_LATE"));
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "copy"))
        return runtime_copy();
    get("from outside", "EXEUNT_OUTSIDE", 64);
    get("from outside, other case", "exeunt_Outside", 64);
    get("missing", "EXEUNT_MISSING", 64);

    OK("set", SetEnvironmentVariableA("Exeunt_Var", "value"));
    get("get", "Exeunt_Var", 64);
    get("get in capitals", "EXEUNT_VAR", 64);
    get("get with room for exactly the text and its end", "exeunt_var", 6);
    get("get one too small", "exeunt_var", 5);
    get("get with no buffer", "exeunt_var", 0);
    OK("set again in other case", SetEnvironmentVariableA("EXEUNT_VAR", "second"));
    get("get after setting again", "Exeunt_Var", 64);

    OK("set one more", SetEnvironmentVariableA("EXEUNT_LISTED", "listed"));
    block("in the block", L"EXEUNT_LISTED=listed");

    OK("set empty", SetEnvironmentVariableA("EXEUNT_VAR", ""));
    get("get empty", "EXEUNT_VAR", 64);
    OK("delete", SetEnvironmentVariableA("EXEUNT_VAR", NULL));
    get("get deleted", "EXEUNT_VAR", 64);
    OK("delete deleted", SetEnvironmentVariableA("EXEUNT_VAR", NULL));
    OK("empty name", SetEnvironmentVariableA("", "x"));
    OK("name with equals sign", SetEnvironmentVariableA("A=B", "x"));

    OK("set wide", SetEnvironmentVariableW(L"EXEUNT_WIDE", L"\u00e9\u4e16"));
    wchar_t wide[16];
    NUM("wide length", GetEnvironmentVariableW(L"exeunt_wide", wide, 16));
    WSTR("wide value", wide);

    SetEnvironmentVariableA("EXEUNT_A", "one");
    SetEnvironmentVariableA("EXEUNT_B", "%EXEUNT_A%");
    expand("expand", "<%EXEUNT_A%>", 128);
    expand("expand is not recursive", "%EXEUNT_B%", 128);
    expand("expand ignores case", "%exeunt_a%%EXEUNT_A%", 128);
    expand("unknown stays", "%EXEUNT_MISSING%", 128);
    expand("lone percent", "100% sure", 128);
    expand("two percents", "a%%b", 128);
    DWORD need = ExpandEnvironmentStringsW(L"%EXEUNT_A%", NULL, 0);
    NUM("room needed, wide", need);

    STR("getenv of the start", getenv("EXEUNT_OUTSIDE"));
    NUM("_putenv", _putenv("EXEUNT_CRT=crt"));
    STR("getenv", getenv("exeunt_crt"));
    get("_putenv reaches the process", "EXEUNT_CRT", 64);
    NUM("_putenv removes", _putenv("EXEUNT_CRT="));
    STR("getenv of removed", getenv("EXEUNT_CRT"));
    get("removed from the process", "EXEUNT_CRT", 64);
    return 0;
}
