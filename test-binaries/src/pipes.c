// Anonymous pipes: reads, writes, peeks, closed ends.
#include "check.h"
#include <string.h>

static HANDLE r, w;

static DWORD WINAPI writes_later(void *parameter) {
    DWORD n;
    (void)parameter;
    Sleep(20);
    WriteFile(w, "later", 5, &n, NULL);
    return n;
}

static DWORD WINAPI writes_much(void *parameter) {
    static char block[100000];
    DWORD n = 0;
    (void)parameter;
    memset(block, 'm', sizeof block);
    WriteFile(w, block, sizeof block, &n, NULL);
    return n;
}

static void read(const char *name, DWORD size) {
    char buffer[32] = "";
    DWORD n = 99;
    SetLastError(0);
    BOOL ok = ReadFile(r, buffer, size, &n, NULL);
    DWORD error = GetLastError();
    printf("%s: %s %lu, %lu \"%s\"\n", name, ok ? "ok" : "error", ok ? 0 : error, n, buffer);
}

static void peek(const char *name, DWORD size) {
    char buffer[32] = "";
    DWORD n = 99, available = 99, left = 99;
    SetLastError(0);
    BOOL ok = PeekNamedPipe(r, size ? buffer : NULL, size, &n, &available, &left);
    if (ok)
        printf("%s: read %lu available %lu \"%s\"\n", name, n, available, buffer);
    else
        printf("%s: error %lu\n", name, GetLastError());
}

int main(void) {
    DWORD n = 0;
    OK("CreatePipe", CreatePipe(&r, &w, NULL, 0));
    NUM("type", GetFileType(r));
    peek("peek when empty", 10);
    OK("write", WriteFile(w, "hello pipe", 10, &n, NULL));
    NUM("written", n);
    peek("peek", 5);
    peek("peek at counts only", 0);
    read("read a part", 4);
    OK("write more", WriteFile(w, "!!", 2, &n, NULL));
    peek("peek over two writes", 20);
    read("read the rest", 20);
    OK("write nothing", WriteFile(w, "", 0, &n, NULL));
    NUM("written", n);
    OK("write to the read end", WriteFile(r, "x", 1, &n, NULL));
    char c;
    OK("read from the write end", ReadFile(w, &c, 1, &n, NULL));

    HANDLE h = CreateThread(NULL, 0, writes_later, NULL, 0, NULL);
    read("read blocks until there is something", 20);
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);

    h = CreateThread(NULL, 0, writes_much, NULL, 0, NULL);
    static char block[4096];
    DWORD total = 0;
    while (total < 100000 && ReadFile(r, block, sizeof block, &n, NULL) && n)
        total += n;
    NUM("more than fits goes through", total);
    WaitForSingleObject(h, INFINITE);
    GetExitCodeThread(h, &n);
    NUM("written at once", n);
    CloseHandle(h);

    WriteFile(w, "last", 4, &n, NULL);
    CloseHandle(w);
    peek("peek with the writer gone", 10);
    read("what is left", 20);
    read("then the end", 20);
    peek("peek at the end", 10);
    CloseHandle(r);

    CreatePipe(&r, &w, NULL, 0);
    CloseHandle(r);
    OK("write with the reader gone", WriteFile(w, "x", 1, &n, NULL));
    CloseHandle(w);
    return 0;
}
