// Sections: mappings of memory and of files, views, names, sizes, refusals.
#include "check.h"
#include <string.h>

static HANDLE map(const char *name, HANDLE file, DWORD protect, DWORD size, const char *object) {
    SetLastError(0);
    HANDLE h = CreateFileMappingA(file, NULL, protect, 0, size, object);
    printf("%s: %s %lu\n", name, h ? "created" : "error", GetLastError());
    return h;
}

static char *view(const char *name, HANDLE section, DWORD access, DWORD offset, SIZE_T size) {
    SetLastError(0);
    char *p = MapViewOfFile(section, access, 0, offset, size);
    printf("%s: %s %lu\n", name, p ? "mapped" : "error", GetLastError());
    return p;
}

static void memory(void) {
    HANDLE h = map("memory", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0x20000, NULL);
    char *a = view("view", h, FILE_MAP_WRITE, 0, 0), *b = view("second view", h, FILE_MAP_READ, 0x10000, 0x1000);
    NUM("on a 64 KB boundary", ((ULONG_PTR)a & 0xffff) == 0);
    NUM("zeroed", a[0] == 0 && a[0x1ffff] == 0);
    a[0x10000] = 5;
    NUM("seen through the other", b[0]);
    MEMORY_BASIC_INFORMATION m;
    VirtualQuery(b, &m, sizeof m);
    printf("query: size 0x%I64x state 0x%lx protect 0x%lx type 0x%lx\n", (LONGLONG)m.RegionSize, m.State, m.Protect, m.Type);
    view("offset off the granularity", h, FILE_MAP_READ, 0x1000, 0x1000);
    NUM("offset past the end", MapViewOfFile(h, FILE_MAP_READ, 0, 0x20000, 0x1000) == NULL);
    view("size past the end", h, FILE_MAP_READ, 0x10000, 0x20000);
    CloseHandle(h);
    NUM("views outlive the handle", a[0x10000]);
    OK("unmap", UnmapViewOfFile(a));
    OK("unmap", UnmapViewOfFile(b));
    OK("unmap again", UnmapViewOfFile(b));
    map("memory of size 0", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, NULL);
    map("protection 0", INVALID_HANDLE_VALUE, 0, 0x1000, NULL);
}

static void files(void) {
    DWORD n;
    char text[16] = "";
    HANDLE f = CreateFileA("f", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    map("an empty file", f, PAGE_READWRITE, 0, NULL);
    WriteFile(f, "0123456789", 10, &n, NULL);
    HANDLE h = map("a file", f, PAGE_READWRITE, 0, NULL);
    char *p = view("view", h, FILE_MAP_WRITE, 0, 0);
    NUM("contents", memcmp(p, "0123456789", 10) == 0);
    NUM("zero after the end", p[10] == 0 && p[4095] == 0);
    p[1] = 'x';
    p[12] = 'y';
    OK("flush", FlushViewOfFile(p, 0));
    SetFilePointer(f, 0, NULL, FILE_BEGIN);
    ReadFile(f, text, 15, &n, NULL);
    printf("through ReadFile: %lu \"%s\"\n", n, text);
    SetFilePointer(f, 2, NULL, FILE_BEGIN);
    WriteFile(f, "z", 1, &n, NULL);
    NUM("WriteFile through the view", p[2] == 'z');
    char *copy = view("copy on write", h, FILE_MAP_COPY, 0, 0);
    copy[0] = '#';
    NUM("the copy changed alone", copy[0] == '#' && p[0] == '0');
    UnmapViewOfFile(copy);
    UnmapViewOfFile(p);
    CloseHandle(h);
    h = map("larger than the file", f, PAGE_READWRITE, 5000, NULL);
    NUM("the file grew", GetFileSize(f, NULL));
    CloseHandle(h);
    h = map("read only", f, PAGE_READONLY, 0, NULL);
    view("write view of it", h, FILE_MAP_WRITE, 0, 0);
    CloseHandle(h);
    map("read only and larger", f, PAGE_READONLY, 10000, NULL);
    CloseHandle(f);
    f = CreateFileA("f", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    map("writable from a read handle", f, PAGE_READWRITE, 0, NULL);
    h = map("copy on write from a read handle", f, PAGE_WRITECOPY, 0, NULL);
    p = view("view", h, FILE_MAP_COPY, 0, 0);
    p[0] = '!';
    UnmapViewOfFile(p);
    CloseHandle(h);
    CloseHandle(f);
    map("a bad handle", f, PAGE_READONLY, 0, NULL);
}

static void names(void) {
    HANDLE a = map("named", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0x1000, "exeunt-test-section");
    HANDLE b = map("named again", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0x5000, "exeunt-test-section");
    HANDLE c = OpenFileMappingA(FILE_MAP_READ, FALSE, "exeunt-test-section");
    char *p = view("view", a, FILE_MAP_WRITE, 0, 0), *q = view("view of the opened", c, FILE_MAP_READ, 0, 0);
    strcpy(p, "shared");
    STR("seen", q);
    view("the first size counts", b, FILE_MAP_READ, 0, 0x5000);
    CloseHandle(a);
    CloseHandle(b);
    CloseHandle(c);
    UnmapViewOfFile(p);
    UnmapViewOfFile(q);
    SetLastError(0);
    NUM("gone", OpenFileMappingA(FILE_MAP_READ, FALSE, "exeunt-test-section") == NULL);
    NUM("error", GetLastError());
}

int main(void) {
    memory();
    files();
    names();
    return 0;
}
