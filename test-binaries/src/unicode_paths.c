// Names beyond ASCII: wide and narrow, case, surrogates, long paths, what a name may not be.
#include "check.h"
#include <string.h>
#include <wchar.h>

static int make(const wchar_t *path) {
    HANDLE h = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    if (h == INVALID_HANDLE_VALUE)
        return 0;
    return CloseHandle(h);
}

static void find(const char *name, const wchar_t *pattern) {
    WIN32_FIND_DATAW data;
    HANDLE h = FindFirstFileW(pattern, &data);
    if (h == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    WSTR(name, data.cFileName);
    FindClose(h);
}

int main(void) {
    OK("accents", make(L"\u00e9t\u00e9.txt"));
    OK("other case exists", make(L"\u00c9T\u00c9.TXT"));
    find("found by other case", L"\u00c9T\u00c9.*");
    NUM("by the ANSI code page", GetFileAttributesA("\xe9t\xe9.txt") != INVALID_FILE_ATTRIBUTES);
    OK("Cyrillic", make(L"\u0436\u0443\u043a"));
    find("found in capitals", L"\u0416\u0423\u041a");
    OK("Chinese", make(L"\u4e16\u754c"));
    OK("a surrogate pair", make(L"\U0001f600.bin"));
    find("found", L"*.bin");
    find("marks", L"\u00e9??.txt");
    OK("composed and decomposed are two names", make(L"e\u0301t\u00e9.txt"));
    OK("a Chinese folder", CreateDirectoryW(L"\u6587\u4ef6", NULL));
    OK("in it", make(L"\u6587\u4ef6\\\u00fc"));
    find("listed", L"\u6587\u4ef6\\\u00fc*");
    WIN32_FIND_DATAA narrow;
    HANDLE h = FindFirstFileA("\xe9*.txt", &narrow);
    STR("narrow name", h != INVALID_HANDLE_VALUE ? narrow.cFileName : NULL);
    FindClose(h);
    h = FindFirstFileW(L"\u4e16*", &(WIN32_FIND_DATAW){0});
    NUM("found", h != INVALID_HANDLE_VALUE);
    FindClose(h);
    OK("rename", MoveFileW(L"\u4e16\u754c", L"\u0394"));
    find("renamed", L"\u03b4");

    OK("a less-than sign", make(L"a<b"));
    OK("a quote", make(L"a\"b"));
    OK("a bar", make(L"a|b"));
    OK("a question mark", make(L"a?b"));
    OK("a control character", make(L"a\001b"));
    OK("a blank at the end", make(L"trimmed "));
    find("is dropped", L"trim*");
    OK("a dot at the end", make(L"dotted."));
    find("is dropped", L"dott*");
    OK("dots and blanks inside stay", make(L"in side. x"));
    find("kept", L"in*");

    // A path longer than MAX_PATH, by the prefix that switches its parsing off.
    wchar_t path[800], name[101];
    wcscpy(path, L"\\\\?\\");
    DWORD n = GetCurrentDirectoryW(300, path + 4);
    for (int i = 0; i < 100; i++)
        name[i] = L'a' + i % 26;
    name[100] = 0;
    int made = 0;
    for (int i = 0; i < 3; i++) {
        wcscat(path, L"\\");
        wcscat(path, name);
        made += CreateDirectoryW(path, NULL) != 0;
    }
    NUM("three folders deep", made);
    NUM("longer than MAX_PATH", wcslen(path) > 4 + n + 300);
    wcscat(path, L"\\file");
    OK("a file there", make(path));
    NUM("it has attributes", GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES);
    wchar_t too_long[300];
    for (int i = 0; i < 299; i++)
        too_long[i] = L'n';
    too_long[299] = 0;
    NUM("a name of 299 characters", make(too_long));
    return 0;
}
