// The floating-point control words a thread starts with, seen before any C runtime.
#include <windows.h>

static void print(const char *name, DWORD value) {
    static const char digits[] = "0123456789abcdef";
    char line[80];
    DWORD n = 0, written;
    while (*name)
        line[n++] = *name++;
    line[n++] = ':';
    line[n++] = ' ';
    for (int shift = 12; shift >= 0; shift -= 4)
        line[n++] = digits[(value >> shift) & 15];
    line[n++] = '\r';
    line[n++] = '\n';
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, n, &written, NULL);
}

static DWORD control(void) {
    unsigned short word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    return word;
}

static DWORD mxcsr(void) {
    DWORD word;
    __asm__ volatile("stmxcsr %0" : "=m"(word));
    return word;
}

static DWORD WINAPI thread(void *parameter) {
    (void)parameter;
    print("thread's control word", control());
    print("thread's mxcsr", mxcsr());
    return 0;
}

void start(void) {
    print("control word", control());
    print("mxcsr", mxcsr());
    DWORD changed = 0x9fc0;
    __asm__ volatile("ldmxcsr %0" : : "m"(changed));
    HANDLE h = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);
    print("mxcsr over calls", mxcsr());
    ExitProcess(0);
}
