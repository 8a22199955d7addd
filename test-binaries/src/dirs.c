// Folders: creating, removing, listing by pattern, the current one, full and temporary paths.
#include "check.h"
#include <stdlib.h>
#include <string.h>

static void put(const char *path) {
    CloseHandle(CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

// Names that match, sorted, because the order of a listing is the file system's.
static void list(const char *pattern) {
    WIN32_FIND_DATAA data;
    char names[32][32];
    int n = 0;
    SetLastError(0);
    HANDLE h = FindFirstFileA(pattern, &data);
    if (h == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", pattern, GetLastError());
        return;
    }
    do
        if (n < 32)
            sprintf(names[n++], "%.29s%s", data.cFileName, data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? "/" : "");
    while (FindNextFileA(h, &data));
    DWORD end = GetLastError();
    qsort(names, (size_t)n, sizeof *names, by_name);
    printf("%s:", pattern);
    for (int i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf(" (end %lu, close %d)\n", end, FindClose(h));
}

static void full(const char *path) {
    char out[MAX_PATH], *part = NULL;
    DWORD n = GetFullPathNameA(path, MAX_PATH, out, &part);
    printf("full %s: %s, part %s, %d\n", path, out, part ? part : "NULL", n == strlen(out));
}

static void device(const char *path) {
    char out[MAX_PATH];
    DWORD n = GetFullPathNameA(path, MAX_PATH, out, NULL);
    printf("device %s: %s, %d\n", path, out, n == strlen(out));
}

int main(void) {
    OK("create", CreateDirectoryA("d", NULL));
    OK("create again", CreateDirectoryA("d", NULL));
    OK("create in missing", CreateDirectoryA("none\\d", NULL));
    OK("create with slash", CreateDirectoryA("d/sub\\", NULL));
    OK("remove full", RemoveDirectoryA("d"));
    OK("remove missing", RemoveDirectoryA("none"));
    put("d\\one.txt");
    put("d\\two.TXT");
    put("d\\three.c");
    put("d\\noext");
    put("d\\a.b.c");
    put("d\\Mixed.Case");
    OK("remove a file", RemoveDirectoryA("d\\noext"));

    list("d\\*");
    list("d\\*.*");
    list("d\\*.txt");
    list("d\\*.c");
    list("d\\n*.");
    list("d\\t*.");
    list("d\\?w?.txt");
    list("d\\t????.?");
    list("d\\two.T??");
    list("d\\t*");
    list("d\\*e*");
    list("d\\one.txt");
    list("d\\ONE.TXT");
    list("d\\mixed.case");
    list("d\\none*");
    list("none\\*");
    list("d");
    list("d\\");
    list("d/*.b.c");

    char cwd[MAX_PATH], before[MAX_PATH], expect[MAX_PATH];
    DWORD n = GetCurrentDirectoryA(MAX_PATH, before);
    NUM("current directory has its length", n == strlen(before));
    NUM("room needed", GetCurrentDirectoryA(0, NULL) == n + 1);
    NUM("a drive letter and no slash at the end", before[1] == ':' && before[2] == '\\' && before[n - 1] != '\\');
    OK("enter", SetCurrentDirectoryA("d\\sub"));
    GetCurrentDirectoryA(MAX_PATH, cwd);
    sprintf(expect, "%s\\d\\sub", before);
    NUM("inside", !strcmp(cwd, expect));
    OK("leave", SetCurrentDirectoryA("..\\.."));
    GetCurrentDirectoryA(MAX_PATH, cwd);
    NUM("back", !strcmp(cwd, before));
    OK("enter missing", SetCurrentDirectoryA("none"));
    OK("enter a file", SetCurrentDirectoryA("d\\noext"));
    OK("remove sub", RemoveDirectoryA("d\\sub"));

    char out[MAX_PATH], *part;
    n = GetFullPathNameA("x\\..\\y.txt", MAX_PATH, out, &part);
    sprintf(expect, "%s\\y.txt", before);
    NUM("relative", !strcmp(out, expect) && n == strlen(out) && !strcmp(part, "y.txt"));
    NUM("room needed", GetFullPathNameA("y.txt", 3, out, NULL) == strlen(before) + 7);
    full("C:\\a\\.\\b\\..\\c");
    full("C:\\a/b//c");
    full("C:\\..\\..\\a");
    full("C:\\a\\b\\");
    full("C:\\");
    full("C:\\a\\...\\b");
    full("C:\\dots...");
    full("C:\\blank ");
    full("C:\\a \\b");
    full("\\\\server\\share\\a\\..\\b");
    full("\\\\server\\share\\..\\..\\b");
    full("\\\\?\\C:\\a\\..\\b");
    full("\\\\.\\pipe\\x");
    device("C:\\a\\NUL");
    device("NUL");
    device("con");
    device("COM1:");
    full("C:\\*?");

    n = GetTempPathA(MAX_PATH, out);
    NUM("temporary folder ends in a slash", n == strlen(out) && out[n - 1] == '\\');
    NUM("and exists", (GetFileAttributesA(out) & FILE_ATTRIBUTE_DIRECTORY) != 0);
    NUM("GetTempFileName with a number", GetTempFileNameA(".", "exeunt", 0x1234, out));
    printf("name: %s\n", out);
    NUM("not created", GetFileAttributesA(out) == INVALID_FILE_ATTRIBUTES);
    NUM("GetTempFileName", GetTempFileNameA(".", "exeunt", 0, out) != 0);
    NUM("created", GetFileAttributesA(out) != INVALID_FILE_ATTRIBUTES);
    NUM("named", !strncmp(out, ".\\exe", 5) && !strcmp(out + strlen(out) - 4, ".tmp"));
    OK("delete", DeleteFileA(out));
    HEX("drive type of nothing", GetDriveTypeA("none\\"));
    n = GetWindowsDirectoryA(out, MAX_PATH);
    NUM("windows directory", n == strlen(out) && !_stricmp(out, "C:\\windows"));
    n = GetSystemDirectoryA(out, MAX_PATH);
    NUM("system directory", n == strlen(out) && !_stricmp(out, "C:\\windows\\system32"));
    return 0;
}
