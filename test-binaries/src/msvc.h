// What a program for Microsoft's C++ ABI needs when there is no SDK: declarations, output, and what the compiler expects to find.
#ifndef MSVC_H
#define MSVC_H

typedef unsigned long DWORD;
typedef unsigned long long u64;
typedef decltype(sizeof 0) size_t;

extern "C" {
__declspec(dllimport) void *GetStdHandle(DWORD);
__declspec(dllimport) int WriteFile(void *, const void *, DWORD, DWORD *, void *);
__declspec(dllimport) char *GetCommandLineA();
__declspec(dllimport) __declspec(noreturn) void ExitProcess(unsigned);
__declspec(dllimport) void *GetProcessHeap();
__declspec(dllimport) void *HeapAlloc(void *, DWORD, size_t);
__declspec(dllimport) int HeapFree(void *, DWORD, void *);
__declspec(dllimport) void *CreateThread(void *, size_t, DWORD (*)(void *), void *, DWORD, DWORD *);
__declspec(dllimport) DWORD WaitForSingleObject(void *, DWORD);
__declspec(dllimport) int CloseHandle(void *);
__declspec(dllimport) void RaiseException(DWORD, DWORD, DWORD, const u64 *);
__declspec(dllimport) int EnumSystemLocalesA(int (*)(char *), DWORD);

typedef void (*Handler)();
__declspec(dllimport) Handler set_terminate(Handler);
__declspec(dllimport) void ***__current_exception();
__declspec(dllimport) void ***__current_exception_context();
__declspec(dllimport) int *__processing_throw();
__declspec(dllimport) int __uncaught_exceptions();
typedef void (*Translator)(unsigned, void *);
__declspec(dllimport) Translator _set_se_translator(Translator);
}

// One line, written at once: threads may print, too.
inline void line(const char *name, const char *text) {
    char buffer[256];
    int n = 0;
    for (; *name && n < 120; name++)
        buffer[n++] = *name;
    buffer[n++] = ':';
    buffer[n++] = ' ';
    for (; *text && n < 250; text++)
        buffer[n++] = *text;
    buffer[n++] = '\r';
    buffer[n++] = '\n';
    DWORD written;
    WriteFile(GetStdHandle((DWORD)-11), buffer, (DWORD)n, &written, nullptr);
}

inline void check(const char *name, long long value) {
    char digits[24];
    int n = 23;
    digits[n] = 0;
    u64 rest = value < 0 ? (u64)0 - (u64)value : (u64)value;
    do {
        digits[--n] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--n] = '-';
    line(name, digits + n);
}

inline bool ends_with(const char *text, const char *end) {
    const char *a = text, *b = end;
    while (*a)
        a++;
    while (*b)
        b++;
    while (b > end && a > text)
        if (*--a != *--b)
            return false;
    return b == end;
}

#endif
