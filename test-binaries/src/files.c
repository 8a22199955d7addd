// CreateFile's dispositions, sharing and access; attributes, pointers, ends, moves, copies, times.
#include "check.h"
#include <string.h>

static HANDLE open_as(const char *path, DWORD access, DWORD share, DWORD disposition) {
    SetLastError(0xdead);
    return CreateFileA(path, access, share, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

// Opens, prints the last error (which also says "existed before" on success), closes.
static void try_open(const char *name, const char *path, DWORD access, DWORD share, DWORD disposition) {
    HANDLE h = open_as(path, access, share, disposition);
    DWORD error = GetLastError();
    printf("%s: %s %lu\n", name, h == INVALID_HANDLE_VALUE ? "error" : "opened", error);
    if (h != INVALID_HANDLE_VALUE)
        CloseHandle(h);
}

static void put(const char *path, const char *text) {
    DWORD n;
    HANDLE h = open_as(path, GENERIC_WRITE, 0, CREATE_ALWAYS);
    WriteFile(h, text, (DWORD)strlen(text), &n, NULL);
    CloseHandle(h);
}

static void show(const char *name, const char *path) {
    char buffer[64] = "";
    DWORD n = 0;
    HANDLE h = open_as(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    if (h == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    ReadFile(h, buffer, 63, &n, NULL);
    CloseHandle(h);
    printf("%s: %lu \"%s\"\n", name, n, buffer);
}

static void dispositions(void) {
    try_open("OPEN_EXISTING missing", "a", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("TRUNCATE_EXISTING missing", "a", GENERIC_WRITE, 0, TRUNCATE_EXISTING);
    try_open("CREATE_NEW", "a", GENERIC_WRITE, 0, CREATE_NEW);
    try_open("CREATE_NEW again", "a", GENERIC_WRITE, 0, CREATE_NEW);
    try_open("OPEN_ALWAYS existing", "a", GENERIC_WRITE, 0, OPEN_ALWAYS);
    try_open("OPEN_ALWAYS missing", "b", GENERIC_WRITE, 0, OPEN_ALWAYS);
    try_open("CREATE_ALWAYS existing", "a", GENERIC_WRITE, 0, CREATE_ALWAYS);
    try_open("CREATE_ALWAYS missing", "c", GENERIC_WRITE, 0, CREATE_ALWAYS);
    try_open("TRUNCATE_EXISTING without write", "a", GENERIC_READ, 0, TRUNCATE_EXISTING);
    try_open("disposition 0", "a", GENERIC_READ, 0, 0);
    try_open("disposition 6", "a", GENERIC_READ, 0, 6);
    try_open("missing folder", "none\\a", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("missing folder, create", "none\\a", GENERIC_WRITE, 0, CREATE_NEW);
    try_open("empty name", "", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("wildcard in name", "a*", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("a folder without backup semantics", ".", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("other case finds it", "A", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("forward slashes", "./a", GENERIC_READ, 0, OPEN_EXISTING);
}

static void sharing(void) {
    HANDLE h = open_as("a", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    try_open("reader beside reader", "a", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    try_open("writer beside reader", "a", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
    try_open("reader that shares nothing", "a", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("attributes only", "a", 0, 0, OPEN_EXISTING);
    OK("delete while open without share delete", DeleteFileA("a"));
    OK("move while open without share delete", MoveFileA("a", "moved"));
    DWORD n;
    OK("write through read handle", WriteFile(h, "x", 1, &n, NULL));
    CloseHandle(h);
    h = open_as("a", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
    try_open("reader that does not share write beside a writer", "a", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    try_open("reader that shares write beside a writer", "a", GENERIC_READ, FILE_SHARE_WRITE, OPEN_EXISTING);
    char c;
    OK("read through write handle", ReadFile(h, &c, 1, &n, NULL));
    CloseHandle(h);
    OK("use after close", ReadFile(h, &c, 1, &n, NULL));
}

static void pointers(void) {
    put("p", "0123456789");
    HANDLE h = open_as("p", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    LARGE_INTEGER at = {.QuadPart = -3}, now = {.QuadPart = 0};
    OK("3 before the end", SetFilePointerEx(h, at, &now, FILE_END));
    BIG("at", now.QuadPart);
    at.QuadPart = -8;
    OK("before the start", SetFilePointerEx(h, at, &now, FILE_CURRENT));
    at.QuadPart = 0;
    SetFilePointerEx(h, at, &now, FILE_CURRENT);
    BIG("unmoved at", now.QuadPart);
    OK("bad method", SetFilePointerEx(h, at, &now, 3));
    SetLastError(0);
    NUM("SetFilePointer", SetFilePointer(h, 4, NULL, FILE_BEGIN));
    OK("cut here", SetEndOfFile(h));
    BIG("size", (GetFileSizeEx(h, &now), now.QuadPart));
    at.QuadPart = 8;
    SetFilePointerEx(h, at, NULL, FILE_BEGIN);
    DWORD n = 99;
    char buffer[16];
    OK("read past the end", ReadFile(h, buffer, 4, &n, NULL));
    NUM("read", n);
    OK("write past the end", WriteFile(h, "XY", 2, &n, NULL));
    NUM("GetFileSize", GetFileSize(h, NULL));
    SetFilePointer(h, 0, NULL, FILE_BEGIN);
    memset(buffer, '?', sizeof buffer);
    OK("read all", ReadFile(h, buffer, 16, &n, NULL));
    NUM("read", n);
    for (DWORD i = 0; i < n; i++)
        printf("%02x%s", buffer[i], i + 1 < n ? " " : "\n");
    OK("flush", FlushFileBuffers(h));
    OVERLAPPED o = {0};
    o.Offset = 2;
    OK("read at an offset by OVERLAPPED", ReadFile(h, buffer, 2, &n, &o));
    printf("got: %.*s\n", (int)n, buffer);
    o.Offset = 100;
    OK("read past the end by OVERLAPPED", ReadFile(h, buffer, 2, &n, &o));
    CloseHandle(h);
}

static void attributes(void) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    put("t", "12345");
    OK("GetFileAttributesEx", GetFileAttributesExA("t", GetFileExInfoStandard, &data));
    NUM("size", data.nFileSizeLow);
    HEX("attributes but archive", data.dwFileAttributes & ~(FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_NORMAL));
    OK("GetFileAttributesEx missing", GetFileAttributesExA("none", GetFileExInfoStandard, &data));
    HEX("folder", GetFileAttributesA(".") & FILE_ATTRIBUTE_DIRECTORY);
    SetLastError(0);
    HEX("missing", GetFileAttributesA("none"));
    NUM("error", GetLastError());
    OK("set read only", SetFileAttributesA("t", FILE_ATTRIBUTE_READONLY));
    HEX("read only", GetFileAttributesA("t") & FILE_ATTRIBUTE_READONLY);
    try_open("write a read only file", "t", GENERIC_WRITE, 0, OPEN_EXISTING);
    try_open("read a read only file", "t", GENERIC_READ, 0, OPEN_EXISTING);
    try_open("CREATE_ALWAYS over a read only file", "t", GENERIC_WRITE, 0, CREATE_ALWAYS);
    OK("delete a read only file", DeleteFileA("t"));
    OK("set normal", SetFileAttributesA("t", FILE_ATTRIBUTE_NORMAL));

    FILETIME set = {0x12345680, 0x01d00000}, created, accessed, written;
    HANDLE h = open_as("t", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    OK("SetFileTime", SetFileTime(h, NULL, &set, &set));
    OK("GetFileTime", GetFileTime(h, &created, &accessed, &written));
    printf("written: %08lx %08lx\n", written.dwHighDateTime, written.dwLowDateTime);
    printf("accessed: %08lx %08lx\n", accessed.dwHighDateTime, accessed.dwLowDateTime);
    BY_HANDLE_FILE_INFORMATION info;
    OK("GetFileInformationByHandle", GetFileInformationByHandle(h, &info));
    NUM("links", info.nNumberOfLinks);
    NUM("size low", info.nFileSizeLow);
    NUM("written agrees", CompareFileTime(&info.ftLastWriteTime, &set));
    NUM("type", GetFileType(h));
    CloseHandle(h);
    OK("delete", DeleteFileA("t"));
    OK("delete again", DeleteFileA("t"));
    OK("delete a folder", DeleteFileA("."));
}

static void moving(void) {
    put("m1", "one");
    put("m2", "two");
    OK("move onto existing", MoveFileExA("m1", "m2", 0));
    OK("move replacing", MoveFileExA("m1", "m2", MOVEFILE_REPLACE_EXISTING));
    show("moved", "m2");
    show("source", "m1");
    OK("move missing", MoveFileA("m1", "m3"));
    OK("move into missing folder", MoveFileA("m2", "none\\m2"));
    OK("rename to other case", MoveFileA("m2", "M2"));
    OK("copy", CopyFileA("M2", "m4", TRUE));
    OK("copy, fail if exists", CopyFileA("M2", "m4", TRUE));
    OK("copy over", CopyFileA("M2", "m4", FALSE));
    OK("copy missing", CopyFileA("m1", "m4", FALSE));
    show("copied", "m4");
    OK("CreateHardLink", CreateHardLinkA("m5", "m4", NULL));
    show("linked", "m5");
}

static void special(void) {
    HANDLE h = CreateFileA("d", GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NUM("delete on close exists", GetFileAttributesA("d") != INVALID_FILE_ATTRIBUTES);
    CloseHandle(h);
    NUM("deleted on close", GetFileAttributesA("d") == INVALID_FILE_ATTRIBUTES);
    h = CreateFileA("e", FILE_APPEND_DATA, 0, NULL, OPEN_ALWAYS, 0, NULL);
    DWORD n;
    WriteFile(h, "one ", 4, &n, NULL);
    SetFilePointer(h, 0, NULL, FILE_BEGIN);
    WriteFile(h, "two", 3, &n, NULL);
    CloseHandle(h);
    show("append data", "e");
    h = CreateFileA(".", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    NUM("a folder with backup semantics", h != INVALID_HANDLE_VALUE);
    OK("read a folder", ReadFile(h, &n, 1, &n, NULL));
    CloseHandle(h);
    h = open_as("NUL", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    OK("write NUL", WriteFile(h, "x", 1, &n, NULL));
    OK("read NUL", ReadFile(h, &n, 1, &n, NULL));
    NUM("NUL type", GetFileType(h));
    CloseHandle(h);
}

int main(void) {
    dispositions();
    sharing();
    pointers();
    attributes();
    moving();
    special();
    return 0;
}
